"""Bills as they are read from the marts: which have a page, what belongs together, that rows come to the metrics."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from data_layer.site import read_bills
from data_layer.site.facts import Estate, RowsDoNotSumError
from data_layer.site.read_bills import read_bill_facts
from data_layer.warehouse.connection import open_warehouse

ESTATE = Estate("Made up", "any", dt.date(2025, 12, 31), dt.date(2025, 1, 1), dt.datetime(2026, 1, 1))
TABLES = {
    "energy.fct_energy_invoice_reconciliation": (
        "invoice_id varchar, meter_id varchar, site_id varchar, supplier_id varchar, contract_id varchar, "
        "already_billed_by_invoice_id varchar, credited_invoice_id varchar, fuel varchar, element varchar, "
        "invoice_status varchar, "
        "quantity_unit varchar, billed_quantity numeric(18,4), virtual_quantity numeric(18,4), "
        "billed_gbp numeric(18,4), virtual_gbp numeric(18,4), timing_gbp numeric(18,4), estimate_gbp numeric(18,4), "
        "rate_difference_gbp numeric(18,4), volume_difference_gbp numeric(18,4), fixed_difference_gbp numeric(18,4), "
        "unexplained_gbp numeric(18,4), reading_coverage_share numeric(9,6), is_estimated boolean, "
        "has_contract boolean, is_contract_expired boolean, is_small_supply boolean, days_billed integer, "
        "period_start_date date, period_end_date date, issue_date date"
    ),
    "energy.fct_energy_invoice_lines": (
        "invoice_id varchar, line_number integer, element varchar, rate_band varchar, quantity_unit varchar, "
        "quantity numeric(18,4), rate_gbp numeric(18,6), net_gbp numeric(18,4)"
    ),
    "energy.fct_energy_virtual_bill_lines": (
        "invoice_id varchar, element varchar, rate_band varchar, quantity_unit varchar, quantity numeric(18,4), "
        "already_billed_quantity numeric(18,4), rate_gbp numeric(18,6), virtual_gbp numeric(18,4), "
        "is_published boolean, is_contract_expired boolean, valid_from_date date"
    ),
    "savings.fct_savings_bill_findings": (
        "finding_id varchar, detector_id varchar, invoice_id varchar, other_invoice_id varchar, meter_id varchar, "
        "element varchar, error_code varchar, basis varchar, sentence varchar, found_gbp numeric(18,4), "
        "sequenced_gbp numeric(18,4), period_start_date date, period_end_date date"
    ),
    "staging.stg_energy__invoices": "invoice_id varchar, cancels_invoice_id varchar",
    "core.dim_sites": "site_id varchar, site_name varchar, valid_from_date date",
    "core.dim_suppliers": "supplier_id varchar, supplier_name varchar",
}


class Metrics:
    """The semantic layer, as far as the pages of bills ask it: the values it would have for the made-up rows."""

    def __init__(self, **changes: str):
        may = {"energy_cost_gbp": "251.00", "standing_bill_gbp": "221.00", "virtual_bill_gbp": "208.00", **changes}
        self.by_month = {name: {5: value} for name, value in may.items()} | {"unexplained_bill_share": {5: 0.01}}

    def query(self, metrics, group_by=(), from_date=None, to_date=None):
        assert (from_date, to_date) == (ESTATE.period_start_date, ESTATE.as_of_date)
        if list(group_by) == ["month"]:
            values = self.by_month[metrics[0]]
            rows = [
                {"month": dt.date(2025, month, 1), metrics[0]: Decimal(value) if isinstance(value, str) else value}
                for month, value in values.items()
            ]
        elif list(group_by) == ["site"]:
            rows = [{"site": "S1", **dict.fromkeys(metrics, Decimal("7.00"))}]
        else:
            rows = [{name: Decimal("3.00") if name.endswith("_gbp") else 0.01 for name in metrics}]
        return pa.Table.from_pylist(rows)


METRICS = Metrics()


def text(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else "'" + str(value).replace("'", "''") + "'"


def insert(warehouse, table: str, **values: object) -> None:
    schema, name = table.split(".")
    columns = ", ".join(values)
    row = ", ".join(map(text, values.values()))
    warehouse.execute(f"insert into {warehouse.schema(schema)}.{name} ({columns}) values ({row})")


def element(warehouse, invoice_id: str, status: str = "standing", **changes: object) -> None:
    """A row of the reconciliation: 100 GBP of energy in May 2025, all of it due."""
    row = {
        "invoice_id": invoice_id,
        "meter_id": "M1",
        "site_id": "S1",
        "supplier_id": "P1",
        "contract_id": "K1",
        "fuel": "electricity",
        "element": "unit",
        "invoice_status": status,
        "quantity_unit": "kwh",
        "billed_gbp": 100,
        "virtual_gbp": 100,
        **dict.fromkeys(read_bills.AMOUNTS[2:], 0),
        "reading_coverage_share": "0.5",
        "is_estimated": False,
        "has_contract": True,
        "is_contract_expired": False,
        "is_small_supply": None,
        "days_billed": 31,
        "period_start_date": "2025-05-01",
        "period_end_date": "2025-05-31",
        "issue_date": "2025-06-05",
    }
    insert(warehouse, "energy.fct_energy_invoice_reconciliation", **{**row, **changes})


def finding(warehouse, finding_id: str, invoice_id: str, error_code: str, basis: str, **changes: object) -> None:
    row = {
        "finding_id": finding_id,
        "detector_id": "made_up",
        "invoice_id": invoice_id,
        "meter_id": "M1",
        "element": "unit",
        "error_code": error_code,
        "basis": basis,
        "sentence": "It's wrong.",
        "found_gbp": 13,
        "sequenced_gbp": 13,
        "period_start_date": "2025-05-01",
        "period_end_date": "2025-05-31",
    }
    insert(warehouse, "savings.fct_savings_bill_findings", **{**row, **changes})


@pytest.fixture
def warehouse(warehouse_config):
    with open_warehouse(warehouse_config) as made:
        for schema in {table.split(".")[0] for table in TABLES}:
            made.execute(f"create schema if not exists {made.schema(schema)}")
        for table, columns in TABLES.items():
            schema, name = table.split(".")
            made.execute(f"create table {made.schema(schema)}.{name} ({columns})")
        fill(made)
        yield made


def fill(warehouse) -> None:
    """May 2025: a bill with a wrong rate, one cancelled and billed again; June is not billed; two old bills."""
    insert(warehouse, "core.dim_sites", site_id="S1", site_name="Old name", valid_from_date="2020-01-01")
    insert(warehouse, "core.dim_sites", site_id="S1", site_name="High Street", valid_from_date="2024-01-01")
    insert(warehouse, "core.dim_suppliers", supplier_id="P1", supplier_name="Brightwater Energy")
    element(warehouse, "wrong", billed_gbp=113, rate_difference_gbp=13)
    element(warehouse, "wrong", element="ccl", contract_id=None, billed_gbp=8, virtual_gbp=8)
    element(warehouse, "wrong", element="vat", contract_id=None, billed_gbp=24, virtual_gbp=24)
    element(warehouse, "first", "cancelled", meter_id="M2", virtual_gbp=0, timing_gbp=100)
    element(
        warehouse,
        "credit",
        "credit_note",
        meter_id="M2",
        billed_gbp=-70,
        virtual_gbp=0,
        timing_gbp=-70,
        issue_date="2025-07-01",
    )
    element(warehouse, "again", meter_id="M2", issue_date="2025-07-02")
    insert(warehouse, "staging.stg_energy__invoices", invoice_id="credit", cancels_invoice_id="first")
    insert(warehouse, "staging.stg_energy__invoices", invoice_id="part", cancels_invoice_id="wrong")
    days = {"period_start_date": "2025-06-01", "period_end_date": "2025-06-30", "days_billed": 30, "issue_date": None}
    element(warehouse, "gap-M1", "gap", billed_gbp=0, virtual_gbp=90, timing_gbp=-90, **days)
    old = {"period_start_date": "2023-05-01", "period_end_date": "2023-05-31"}
    element(warehouse, "old", **old)
    element(warehouse, "old-clean", **old)
    element(warehouse, "gap-old", "gap", billed_gbp=0, timing_gbp=-100, **old)
    finding(warehouse, "f1", "wrong", "wrong_unit_rate", "recoverable")
    finding(warehouse, "f2", "old", "wrong_vat", "recoverable", element="vat", **old)
    finding(
        warehouse,
        "f3",
        "wrong",
        "missing_bill",
        "unbilled",
        element="all",
        period_start_date="2025-06-01",
        period_end_date="2025-06-30",
    )
    line = {"invoice_id": "wrong", "quantity_unit": "kwh"}
    for number, (name, band, quantity, rate, net) in enumerate(
        [("ccl", "all", 1000, "0.008", 8), ("unit", "night", 300, "0.1", 30), ("unit", "day", 830, "0.1", 83)], 1
    ):
        row = {"element": name, "rate_band": band, "quantity": quantity, "rate_gbp": rate, "net_gbp": net}
        insert(warehouse, "energy.fct_energy_invoice_lines", line_number=number, **line, **row)
    for name, band, quantity, before, rate, first in (
        ("unit", "day", 500, 0, "0.08", "2025-05-01"),
        ("unit", "day", 330, 30, "0.09", "2025-05-20"),
        ("unit", "night", 300, 0, "0.1", "2025-05-01"),
    ):
        row = {"element": name, "rate_band": band, "quantity": quantity, "already_billed_quantity": before}
        more = {"rate_gbp": rate, "virtual_gbp": 1, "is_published": band == "day", "is_contract_expired": False}
        insert(warehouse, "energy.fct_energy_virtual_bill_lines", **line, **row, **more, valid_from_date=first)


def test_bills_of_the_12_months_and_those_with_a_finding_have_a_page(warehouse):
    facts = read_bill_facts(warehouse, METRICS, ESTATE)
    assert facts.page_ids == {"wrong", "first", "credit", "again", "gap-M1", "old"}
    assert (facts.checked, facts.checked_in_period, facts.bills_in_period) == (4, 2, 5)
    assert facts.is_complete


def test_head_of_a_bill_is_read_from_its_elements(warehouse):
    bill = one(read_bill_facts(warehouse, METRICS, ESTATE), "wrong")
    assert (bill.site_name, bill.supplier_name, bill.contract_id) == ("High Street", "Brightwater Energy", "K1")
    assert [row.element for row in bill.elements] == ["unit", "ccl", "vat"]
    assert (bill.net.billed_gbp, bill.net.difference_gbp, bill.vat.billed_gbp) == (121, 13, 24)
    assert bill.coverage_share == Decimal("0.5")
    assert bill.period_end_date == dt.date(2025, 5, 31)
    assert bill.verdict == "finding"


def test_lines_stand_beside_each_other_by_element_and_band(warehouse):
    bill = one(read_bill_facts(warehouse, METRICS, ESTATE), "wrong")
    assert [
        (row.element, row.rate_band, row.billed_quantity, row.virtual_quantity, row.due_rate_gbp, row.is_published)
        for row in bill.lines
    ] == [
        ("unit", "day", 830, 500, Decimal("0.08"), True),
        ("unit", "day", None, 300, Decimal("0.09"), True),
        ("unit", "night", 300, 300, Decimal("0.1"), False),
        ("ccl", "all", 1000, None, None, True),
    ]


def test_chain_of_cancelled_credited_and_billed_again(warehouse):
    facts = read_bill_facts(warehouse, METRICS, ESTATE)
    first, credit, again = (one(facts, name) for name in ("first", "credit", "again"))
    assert (first.cancelled_by_invoice_id, first.replaced_by_invoice_id) == ("credit", "again")
    assert credit.cancels_invoice_id == "first"
    assert again.replaces_invoice_id == "first"
    assert one(facts, "wrong").cancelled_by_invoice_id is None, "a credit of a part cancels nothing"


def test_missing_bill_stands_with_the_days_that_no_bill_covers(warehouse):
    facts = read_bill_facts(warehouse, METRICS, ESTATE)
    assert [row.error_code for row in one(facts, "wrong").findings] == ["wrong_unit_rate"]
    (missing,) = one(facts, "gap-M1").findings
    assert (missing.error_code, missing.other_invoice_id) == ("missing_bill", "wrong")
    assert sorted(row.finding_id for row in facts.findings) == ["f1", "f2", "f3"]


def test_months_are_split_and_hold_against_the_metrics(warehouse):
    facts = read_bill_facts(warehouse, METRICS, ESTATE)
    assert [row.month_start_date for row in facts.months] == [dt.date(2025, 5, 1), dt.date(2025, 6, 1)]
    may = facts.months[0]
    may.amounts.require_sum("May")
    assert (may.amounts.billed_gbp, may.amounts.virtual_gbp, may.amounts.rate_gbp) == (221, 208, 13)
    assert (may.taken_back_gbp, may.not_billed_gbp, may.unexplained_share) == (30, 0, 0.01)
    assert (facts.months[1].amounts.billed_gbp, facts.months[1].not_billed_gbp) == (0, 90)


@pytest.mark.parametrize("metric", ["energy_cost_gbp", "standing_bill_gbp", "virtual_bill_gbp"])
def test_a_month_that_is_not_the_metric_stops_the_pages(warehouse, metric):
    wrong = Metrics(**{metric: "221.01"})
    with pytest.raises(RowsDoNotSumError, match=f"{metric} of 2025-05"):
        read_bill_facts(warehouse, wrong, ESTATE)


def test_too_many_bills_leave_a_page_to_those_with_a_finding(warehouse, monkeypatch):
    monkeypatch.setattr(read_bills, "BILLS_WITH_A_PAGE", 4)
    facts = read_bill_facts(warehouse, METRICS, ESTATE)
    assert not facts.is_complete
    assert facts.page_ids == {"wrong", "old", "gap-M1"}
    assert [(row.site_name, row.billed_gbp) for row in facts.sites] == [("High Street", Decimal("7.00"))]
    assert len(facts.findings) == 3, "what was found is counted, with or without a page"


def test_estate_without_bills_has_facts(warehouse):
    warehouse.execute(f"delete from {warehouse.schema('energy')}.fct_energy_invoice_reconciliation")
    facts = read_bill_facts(warehouse, METRICS, ESTATE)
    assert (facts.bills_in_period, facts.period_start_date, list(facts.bills)) == (0, None, [])


def one(facts, invoice_id):
    return next(bill for bill in facts.bills if bill.invoice_id == invoice_id)
