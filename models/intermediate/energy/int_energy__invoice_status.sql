with

invoices as (

    select * from {{ ref('stg_energy__invoices') }}

),

credits_with_their_bills as (

    select
        credit_notes.invoice_id,
        credit_notes.cancels_invoice_id,
        row_number() over (
            partition by credit_notes.cancels_invoice_id
            order by credit_notes.issue_date, credit_notes.invoice_id
        ) as credit_number

    from invoices as credit_notes
    left join invoices as bills
        on credit_notes.cancels_invoice_id = bills.invoice_id
    where
        credit_notes.invoice_type = 'credit_note'
        and credit_notes.cancels_invoice_id is not null
        and credit_notes.cancels_invoice_id != credit_notes.invoice_id
        -- part of a bill given back leaves the bill standing; a bill that has not come may have been of any amount
        and (bills.invoice_id is null or bills.net_gbp + credit_notes.net_gbp = 0)

),

cancellations as (

    -- a second credit for one bill cancels nothing: it is money back twice
    select * from credits_with_their_bills
    where credit_number = 1

),

cancelled_invoices as (

    select cancellations.cancels_invoice_id as invoice_id
    from cancellations
    -- a credit that was itself taken back cancels no longer
    left join cancellations as taken_back
        on cancellations.invoice_id = taken_back.cancels_invoice_id
    where taken_back.invoice_id is null

),

final as (

    select
        -- ids
        invoices.invoice_id,

        -- strings
        case
            when cancelled_invoices.invoice_id is not null then 'cancelled'
            when cancellations.invoice_id is not null then 'credit_note'
            else 'standing'
        end as invoice_status

    from invoices
    left join cancelled_invoices
        on invoices.invoice_id = cancelled_invoices.invoice_id
    left join cancellations
        on invoices.invoice_id = cancellations.invoice_id

)

select * from final
