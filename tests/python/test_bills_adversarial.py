"""Bills as suppliers really send them, each a trap for a claim that would not stand, in one estate on both engines.

Every supply uses 1 kWh each half-hour from 1 January to 29 March 2025 unless it says otherwise, at 25p a kWh and £2 a
day, and bears the levy and VAT of 20 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from bill_estates import build_bill_marts
from conftest import drop_schemas, own_warehouse
from data_layer.landing.load import load_landing
from data_layer.savings.bills import judge_all_bills
from data_layer.warehouse.connection import open_warehouse
from landing_files import csv_text, write

FIRST, LAST = date(2025, 1, 1), date(2025, 3, 29)
LEVY = Decimal("0.00775")
CLAIMED = {"recoverable", "avoidable"}
INDEPENDENT_NETWORK = "2400000000004"


@dataclass
class Estate:
    """Rows of the landing files."""

    contracts: list[str] = field(default_factory=list)
    invoices: dict[str, list[str]] = field(default_factory=lambda: {"1": [], "2": []})
    lines: dict[str, list[str]] = field(default_factory=lambda: {"1": [], "2": []})
    meters: dict[str, tuple[str, Decimal, date, date]] = field(default_factory=dict)

    def supply(self, meter_id, *, rates=(("0.25", "2024-01-01"),), site="S1", wh=1000, first=FIRST, last=LAST):
        """A metering point and its contract: (unit rate, first day) one after the other, no last day."""
        self.meters[meter_id] = (site, Decimal(wh) / 1000, first, last)
        for rate, day in rates:
            self.contracts.append(f"C-{meter_id},{meter_id},P1,Power,unit,all,{rate},kwh,,{day},")
        self.contracts.append(f"C-{meter_id},{meter_id},P1,Power,standing,all,2,day,,{rates[0][1]},")
        return meter_id

    def bill(self, invoice_id, meter_id, period, *, lines=None, issue=None, vat_on_lines=True, file="1", **head):
        """A bill of lines (element, quantity, rate); without lines, those that are due at 25p."""
        first, last = (date.fromisoformat(day) for day in period.split(":"))
        if lines is None:
            lines = self.due(meter_id, first, last)
        net = vat = Decimal(0)
        for number, (element, quantity, rate) in enumerate(lines, start=1):
            amount = _pennies(Decimal(str(quantity)) * Decimal(str(rate)))
            tax = _pennies(amount * head.get("vat_pct", 20) / 100)
            net, vat = net + amount, vat + tax
            unit = {"standing": "day", "capacity": "kva_day"}.get(element, "kwh")
            self.lines[file].append(
                f"{invoice_id},{number},{element},all,{quantity},{unit},{rate},{amount},20.00,"
                f"{tax if vat_on_lines else 0}"
            )
        net += Decimal(head.get("off_by", 0))
        issued = issue or last + timedelta(days=6)
        self.invoices[file].append(
            f"{invoice_id},{meter_id},P1,{head.get('kind', '')},{head.get('cancels', '')},{issued},{first},{last},"
            f"{str(head.get('is_estimated', False)).lower()},{net},{vat},{net + vat}"
        )

    def due(self, meter_id, first, last, rate="0.25", sign=1):
        days = (last - first).days + 1
        kwh = days * 48 * self.meters[meter_id][1] * sign
        return [("unit", kwh, rate), ("standing", days * sign, 2), ("ccl", kwh, LEVY)]

    def credit(self, invoice_id, meter_id, period, **head):
        first, last = (date.fromisoformat(day) for day in period.split(":"))
        head.setdefault("kind", "credit_note")
        lines = head.pop("lines", None) or self.due(meter_id, first, last, sign=-1)
        self.bill(invoice_id, meter_id, period, lines=lines, **head)


def _pennies(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


JAN, FEB, MARCH = "2025-01-01:2025-01-31", "2025-02-01:2025-02-28", "2025-03-01:2025-03-29"


def make_estate() -> Estate:
    estate = Estate()
    supply, bill, credit = estate.supply, estate.bill, estate.credit

    bill("right", supply("usual"), JAN)
    bill("right-2", "usual", FEB)
    bill("vat-1", supply("vat_for_the_whole_bill"), JAN, vat_on_lines=False)

    bill("pen-1", supply("credit_a_penny_off"), JAN)
    credit("pen-1-", "credit_a_penny_off", JAN, cancels="pen-1", off_by="0.01", issue="2025-02-20")
    bill("pen-2", "credit_a_penny_off", JAN, issue="2025-02-21")

    bill("unn-1", supply("credit_names_no_bill"), JAN)
    credit("unn-1-", "credit_names_no_bill", JAN, issue="2025-02-20")
    bill("unn-2", "credit_names_no_bill", JAN, issue="2025-02-21")

    bill("neg-1", supply("credit_is_a_negative_invoice"), JAN)
    credit("neg-1-", "credit_is_a_negative_invoice", JAN, kind="", issue="2025-02-20")
    bill("neg-2", "credit_is_a_negative_invoice", JAN, issue="2025-02-21")

    bill("reb-2", supply("rebill_before_its_credit"), JAN, issue="2025-02-07")
    bill("reb-1", "rebill_before_its_credit", JAN, issue="2025-02-06")
    credit("reb-1-", "rebill_before_its_credit", JAN, cancels="reb-1", issue="2025-02-25")

    dear = [("unit", 1344, "0.30"), ("standing", 28, 2), ("ccl", 1344, LEVY)]
    for name, back in (("given_back", 1344), ("given_back_in_part", 1200)):
        bill(f"{name}-1", supply(name), FEB, lines=dear)
        credit(f"{name}-", name, FEB, cancels=f"{name}-1", lines=[("unit", -back, "0.05")], issue="2025-03-20")

    bill("beg-1", supply("contract_begins_in_mid_bill", rates=(("0.25", "2025-01-16"),)), JAN)
    bill("opn-1", supply("two_open_rates", rates=(("0.20", "2024-01-01"), ("0.25", "2025-01-01"))), JAN)

    estimate = [("unit", 1200, "0.25"), ("standing", 31, 2), ("ccl", 1200, LEVY)]
    bill("est-1", supply("estimate_then_true_up"), JAN, lines=estimate, is_estimated=True)
    bill(
        "est-2", "estimate_then_true_up", FEB, lines=[("unit", 1632, "0.25"), ("standing", 28, 2), ("ccl", 1632, LEVY)]
    )
    bill("tak-1", supply("estimate_taken_off_in_the_bill"), JAN, lines=estimate, is_estimated=True)
    bill(
        "tak-2",
        "estimate_taken_off_in_the_bill",
        "2025-01-01:2025-02-28",
        lines=[
            *(("unit", 2832, "0.25"), ("unit", -1200, "0.25"), ("standing", 59, 2), ("standing", -31, 2)),
            *(("ccl", 2832, LEVY), ("ccl", -1200, LEVY)),
        ],
    )

    bill("apa-1", supply("elements_on_two_bills"), JAN, lines=[("unit", 1488, "0.25"), ("ccl", 1488, LEVY)])
    bill("apa-2", "elements_on_two_bills", JAN, lines=[("standing", 31, 2)])

    bill("idn-1", supply(INDEPENDENT_NETWORK), JAN)
    bill("one-1", supply("bill_of_one_day"), "2025-02-10:2025-02-10")
    bill("pre-1", supply("before_the_first_reading"), "2024-12-01:2024-12-31")
    bill(
        "nol-1", supply("no_lines_of_energy"), JAN, lines=[("unit", 0, "0.25"), ("standing", 31, 2)], is_estimated=True
    )

    limit = [("unit", "1023.5", "0.25"), ("standing", 31, 2), ("ccl", "1023.5", LEVY)]
    bill("lim-1", supply("at_the_limit", wh="687.5"), JAN, lines=limit)

    halves = (("0.25", "2024-01-01"), ("0.30", "2025-01-16"))
    shares = [("unit", 900, "0.25"), ("unit", 588, "0.30"), ("standing", 31, 2), ("ccl", 1488, LEVY)]
    bill("spl-1", supply("rate_changes_in_mid_bill", rates=halves), JAN, lines=shares)

    supply("overlap_with_three")
    for number, days in enumerate(("01:2025-01-10", "11:2025-01-20", "21:2025-01-31"), start=1):
        bill(f"ovr-{number}", "overlap_with_three", f"2025-01-{days}", issue=f"2025-02-0{number}")
    bill("ovr-4", "overlap_with_three", "2025-01-05:2025-02-10", issue="2025-02-15")

    bill("dup-1", supply("again_with_a_day_more"), JAN)
    bill("dup-2", "again_with_a_day_more", "2025-01-01:2025-02-01", lines=estate.due("usual", FIRST, date(2025, 1, 31)))
    bill("dup-3", "again_with_a_day_more", FEB)

    bill("rev-1", supply("revised_later"), JAN, lines=dear)
    bill("rev-1", "revised_later", JAN, file="2")

    closed = supply("closed_without_readings", site="S2", last=date(2025, 1, 10))
    bill("clo-1", closed, "2025-01-01:2025-01-10")
    bill("clo-2", closed, "2025-02-10:2025-02-28")
    return estate


def write_estate(landing: Path, estate: Estate) -> None:
    write(
        landing,
        "energy/sites.csv",
        csv_text(
            "site_id,valid_from_date,site_name,site_type,nation,open_date,close_date",
            ["S1,2020-01-01,High Street,office,england,2020-01-01,", "S2,2020-01-01,Mill,office,england,,2025-01-10"],
        ),
    )
    meters = [f"{meter},2020-01-01,{head[0]},electricity,30" for meter, head in estate.meters.items()]
    write(landing, "energy/meters.csv", csv_text("meter_id,valid_from_date,site_id,fuel,interval_minutes", meters))
    rows = [
        ",".join([meter, "AI", str(first + timedelta(days=day)), "kwh", "A", *[str(kwh)] * 48, "", ""])
        for meter, (_, kwh, first, last) in estate.meters.items()
        for day in range((last - first).days + 1)
    ]
    hours = ",".join(f"hh_{period:02d}" for period in range(1, 51))
    header = f"meter_id,measurement_quantity,settlement_date,unit,reading_type,{hours}"
    write(landing, "energy/readings_hh.csv", csv_text(header, rows))
    header = (
        "contract_id,meter_id,supplier_id,supplier_name,element,rate_band,rate_gbp,rate_unit,agreed_capacity_kva,"
        "valid_from_date,valid_to_date"
    )
    write(landing, "energy/contracts.csv", csv_text(header, estate.contracts))
    for file in ("1", "2"):
        header = (
            "invoice_id,meter_id,supplier_id,invoice_type,cancels_invoice_id,issue_date,period_start_date,"
            "period_end_date,is_estimated,net_gbp,vat_gbp,gross_gbp"
        )
        write(landing, f"energy/invoices_{file}.csv", csv_text(header, estate.invoices[file]))
        header = "invoice_id,line_number,element,rate_band,quantity,quantity_unit,rate_gbp,net_gbp,vat_rate_pct,vat_gbp"
        write(landing, f"energy/invoice_lines_{file}.csv", csv_text(header, estate.lines[file]))


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def found(request, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list]]:
    """Findings by metering point."""
    config = own_warehouse(tmp_path_factory.mktemp(f"bills_{request.param}"), request.param)
    try:
        write_estate(config.landing, make_estate())
        report = load_landing(config)
        assert report.rows_quarantined == 0 and not report.refused, report.summary()
        build_bill_marts(config)
        with open_warehouse(config) as warehouse:
            yield {result.bills.meter_id: result.findings for result in judge_all_bills(warehouse)}
    finally:
        drop_schemas(config)


def claims(found: dict[str, list], meter_id: str) -> dict[tuple[str, str, str], Decimal]:
    return {
        (one.finding.invoice_id, one.finding.element, one.finding.error_code): one.sequenced_gbp
        for one in found[meter_id]
        if one.finding.basis in CLAIMED
    }


WITHOUT_CLAIM = sorted(
    set(make_estate().meters) - {"given_back_in_part", "overlap_with_three", "again_with_a_day_more"}
)
MAY_HAVE_OTHERS = {"estimate_then_true_up", "estimate_taken_off_in_the_bill", "no_lines_of_energy"}
"""An estimate is shown as timing."""


@pytest.mark.parametrize("meter_id", WITHOUT_CLAIM)
def test_nothing_is_claimed_that_would_not_stand(found, meter_id):
    assert claims(found, meter_id) == {}
    others = {one.finding.error_code for one in found[meter_id]} - {"missing_bill"}
    assert others <= ({"estimated_bill"} if meter_id in MAY_HAVE_OTHERS else set())


def test_what_a_credit_note_has_given_back_is_claimed_no_more(found):
    assert claims(found, "given_back_in_part") == {("given_back_in_part-1", "unit", "wrong_unit_rate"): Decimal("7.20")}
    (sentence,) = (one.finding.sentence for one in found["given_back_in_part"] if one.finding.element == "unit")
    assert sentence.endswith("£60.00 of it has been credited since: £7.20 is left.")


def test_days_of_three_bills_are_claimed_once_and_all_three_are_named(found):
    assert claims(found, "overlap_with_three") == {
        ("ovr-4", "unit", "overlapping_bill"): Decimal("324.00"),
        ("ovr-4", "standing", "overlapping_bill"): Decimal("54.00"),
        ("ovr-4", "ccl", "overlapping_bill"): Decimal("10.04"),
    }
    sentences = [one.finding.sentence for one in found["overlap_with_three"] if one.finding.basis in CLAIMED]
    assert all("bills ovr-1, ovr-2 and ovr-3 have charged" in sentence for sentence in sentences)


def test_a_bill_sent_again_with_a_day_more_is_claimed_once(found):
    """January was charged twice, and the one day more once: £372.00 and £62.00 in all, whichever bill bears them."""
    claimed = claims(found, "again_with_a_day_more")
    assert sum(gbp for (_, element, _), gbp in claimed.items() if element == "unit") == Decimal("372.00")
    assert sum(gbp for (_, element, _), gbp in claimed.items() if element == "standing") == Decimal("62.00")
