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
        -- part of a bill given back leaves the bill standing; a bill that has not come may have been of any amount;
        -- pennies are how the lines of the two were rounded
        and (bills.invoice_id is null or abs(bills.net_gbp + credit_notes.net_gbp) <= 0.05)

),

named_cancellations as (

    -- a second credit for one bill cancels nothing: it is money back twice
    select
        invoice_id,
        cancels_invoice_id

    from credits_with_their_bills
    where credit_number = 1

),

-- a credit that names no bill takes back one of the same supply, days and amount, in the order of issue --------------

credits_without_a_name as (

    select
        invoices.invoice_id,
        invoices.meter_id,
        invoices.period_start_date,
        invoices.period_end_date,
        -invoices.net_gbp as credited_gbp,
        row_number() over (
            partition by
                invoices.meter_id, invoices.period_start_date, invoices.period_end_date, invoices.net_gbp
            order by invoices.issue_date, invoices.invoice_id
        ) as place_number

    from invoices
    where
        invoices.net_gbp < 0
        and invoices.cancels_invoice_id is null

),

bills_not_named as (

    select
        invoices.invoice_id,
        invoices.meter_id,
        invoices.period_start_date,
        invoices.period_end_date,
        invoices.net_gbp,
        row_number() over (
            partition by
                invoices.meter_id, invoices.period_start_date, invoices.period_end_date, invoices.net_gbp
            order by invoices.issue_date, invoices.invoice_id
        ) as place_number

    from invoices
    left join named_cancellations
        on invoices.invoice_id = named_cancellations.cancels_invoice_id
    where
        invoices.invoice_type = 'invoice'
        and invoices.net_gbp > 0
        and named_cancellations.invoice_id is null

),

cancellations as (

    select * from named_cancellations
    union all
    select
        credits_without_a_name.invoice_id,
        bills_not_named.invoice_id as cancels_invoice_id

    from credits_without_a_name
    inner join bills_not_named
        on
            credits_without_a_name.meter_id = bills_not_named.meter_id
            and credits_without_a_name.period_start_date = bills_not_named.period_start_date
            and credits_without_a_name.period_end_date = bills_not_named.period_end_date
            and credits_without_a_name.credited_gbp = bills_not_named.net_gbp
            and credits_without_a_name.place_number = bills_not_named.place_number

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
