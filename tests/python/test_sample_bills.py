"""Bills of the sample estate: right ones are right to the penny, each wrong one is in the truth with its pounds.

Everything is worked out again in landed_bills.py from the written files and the seeds.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from data_layer.sample import generate
from landed_bills import (
    CUBIC_METRE_WH,
    PENNY,
    Landing,
    billed,
    by_element,
    days_between,
    need_kva,
    period_of,
    read_rows,
    vat_row,
)

ERRORS = {
    "wrong_unit_rate": ("wrong_rate", {"recoverable", "undercharged"}, {"unit"}),
    "wrong_standing_rate": ("wrong_rate", {"recoverable"}, {"standing"}),
    "expired_contract": ("wrong_rate", {"avoidable"}, {"unit", "standing"}),
    "wrong_vat": ("levy_and_vat", {"recoverable"}, {"vat"}),
    "wrong_ccl": ("levy_and_vat", {"recoverable"}, {"ccl"}),
    "duplicate_bill": ("repeated_bill", {"recoverable"}, None),
    "overlapping_bill": ("repeated_bill", {"recoverable"}, None),
    "missing_bill": ("repeated_bill", {"unbilled"}, {"all"}),
    "estimated_bill": ("billed_energy", {"timing"}, {"unit", "ccl", "duos"}),
    "wrong_capacity": ("virtual_bill", {"recoverable"}, {"capacity"}),
    "wrong_reactive": ("reactive_power", {"recoverable"}, {"reactive"}),
    "wrong_gas_unit": ("gas_unit", {"recoverable", "undercharged"}, {"unit", "ccl"}),
    "wrong_band": ("wrong_band", {"recoverable"}, {"tnuos"}),
    "closed_site": ("closed_site", {"recoverable"}, None),
    "excess_capacity": ("excess_capacity", {"avoidable"}, {"excess_capacity"}),
}
DATA_CASES = {
    "pulses",
    "supplier-layout",
    "closed-site",
    "profiled-days",
    "better-reads",
    "export-meter",
    "submeter",
}
REPEATED = ("duplicate_bill", "overlapping_bill", "closed_site")
SEED_OF_EVERY_BILL, SEEDS_OF_EVERY_KIND = 1, (2, 3, 11)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    """The default estate: 24 sites, three years."""
    return Landing(generate(24, 3, SEED_OF_EVERY_BILL, tmp_path_factory.mktemp("bills") / "landing").out)


@pytest.fixture(scope="module", params=SEEDS_OF_EVERY_KIND)
def two_years(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Landing:
    return Landing(generate(24, 2, request.param, tmp_path_factory.mktemp("kinds") / "landing").out)


def truths_by_invoice(landing: Landing) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = defaultdict(list)
    for truth in landing.bill_truths:
        if truth["invoice_id"] and truth["error_code"] != "missing_bill":
            found[truth["invoice_id"]].append(truth)
    return found


def vat_of(landing: Landing, invoice: dict, lines: dict) -> Decimal:
    """VAT due on lines as billed."""
    row = vat_row(landing.meters[invoice["meter_id"]]["fuel"])
    is_small = landing.is_small(invoice["meter_id"], *period_of(invoice))
    share = Decimal(row["reduced_rate_pct" if is_small else "standard_rate_pct"]) / 100
    return sum(((net * share).quantize(PENNY, ROUND_HALF_UP) for _, _, net in lines.values()), Decimal(0))


def assert_every_bill_is_right_or_in_the_truth(landing: Landing) -> None:
    truths = truths_by_invoice(landing)
    right = 0
    for invoice in landing.standing:
        lines = billed(invoice)
        assert len(lines) == len(invoice["lines"]), invoice["invoice_id"]
        for quantity, rate, net in lines.values():
            assert net == (quantity * rate).quantize(PENNY, ROUND_HALF_UP)
        due = landing.due(invoice["meter_id"], *period_of(invoice))
        found = truths.get(invoice["invoice_id"], [])
        told = {row["element"]: Decimal(row["gbp"]) for row in found}
        codes = {row["error_code"] for row in found}
        assert len(codes) <= 1, "two planted errors on one bill"
        vat = sum((Decimal(line["vat_gbp"]) for line in invoice["lines"]), Decimal(0))
        assert vat - vat_of(landing, invoice, lines) == told.get("vat", 0), invoice["invoice_id"]
        if not codes or codes & set(REPEATED):
            # Right in itself; a repeated one asks for days that were asked for before.
            assert lines == due, invoice["invoice_id"]
            right += not codes
        else:
            net, net_due = by_element(lines), by_element(due)
            wrong = {
                element: net.get(element, Decimal(0)) - net_due.get(element, Decimal(0)) for element in {*net, *net_due}
            }
            assert {element: gbp for element, gbp in wrong.items() if gbp} == {
                element: gbp for element, gbp in told.items() if element != "vat"
            }, invoice["invoice_id"]
    assert right > 0.9 * len(landing.standing)
    assert set(truths) <= {invoice["invoice_id"] for invoice in landing.standing}


def assert_repeated_days_are_in_the_truth(landing: Landing) -> None:
    """Days that an earlier standing bill covers, and days that none covers."""
    truths = truths_by_invoice(landing)
    missing = {row["invoice_id"]: row for row in landing.bill_truths if row["error_code"] == "missing_bill"}
    by_meter: dict[str, list[dict]] = defaultdict(list)
    for invoice in landing.standing:
        by_meter[invoice["meter_id"]].append(invoice)
    for meter_id, invoices in by_meter.items():
        billed_days: dict[date, dict] = {}
        for invoice in sorted(invoices, key=lambda row: (row["issue_date"], row["invoice_id"])):
            first, last = period_of(invoice)
            again = [day for day in days_between(first, last) if day in billed_days]
            told = {row["element"]: row for row in truths.get(invoice["invoice_id"], [])}
            codes = {row["error_code"] for row in told.values()}
            assert bool(again) == bool(codes & {"duplicate_bill", "overlapping_bill"}), invoice["invoice_id"]
            if again:
                assert again == days_between(again[0], again[-1])
                assert {row["other_invoice_id"] for row in told.values()} == {billed_days[again[0]]["invoice_id"]}
                assert (len(again) == (last - first).days + 1) == (codes == {"duplicate_bill"})
                timing = by_element(landing.due(meter_id, first, last, part=(again[0], again[-1])))
                assert {element: gbp for element, gbp in timing.items() if gbp} == {
                    element: Decimal(row["gbp"]) for element, row in told.items()
                }
            billed_days |= {day: invoice for day in days_between(first, last) if day not in billed_days}
        gaps = [day for day in days_between(min(billed_days), max(billed_days)) if day not in billed_days]
        for begin in [day for day in gaps if day - timedelta(days=1) not in gaps]:
            end = next(day for day in days_between(begin, gaps[-1]) if day + timedelta(days=1) not in gaps)
            truth = missing.pop(billed_days[begin - timedelta(days=1)]["invoice_id"])
            assert (truth["period_start_date"], truth["period_end_date"]) == (str(begin), str(end))
            assert Decimal(truth["gbp"]) == sum(by_element(landing.due(meter_id, begin, end)).values())
            assert end <= landing.last_date - timedelta(days=45)
    assert not missing


def assert_closed_sites_are_in_the_truth(landing: Landing) -> None:
    truths = truths_by_invoice(landing)
    closed = {site_id: row["close_date"] for site_id, row in landing.sites.items() if row["close_date"]}
    assert len(closed) == 1
    for invoice in landing.standing:
        close_date = closed.get(landing.meters[invoice["meter_id"]]["site_id"])
        told = {row["element"]: Decimal(row["gbp"]) for row in truths.get(invoice["invoice_id"], [])}
        codes = {row["error_code"] for row in truths.get(invoice["invoice_id"], [])}
        is_late = close_date and period_of(invoice)[0] > date.fromisoformat(close_date) + timedelta(days=28)
        assert bool(is_late) == ("closed_site" in codes), invoice["invoice_id"]
        if is_late:
            assert told == {element: gbp for element, gbp in by_element(billed(invoice)).items() if gbp}


def assert_excess_is_in_the_truth(landing: Landing) -> None:
    since = landing.last_date.replace(month=1, day=1)
    truths = [row for row in landing.bill_truths if row["error_code"] == "excess_capacity"]
    assert truths
    for truth in truths:
        meter_id = truth["meter_id"]
        agreed, need = landing.agreed_kva(meter_id), need_kva(landing, meter_id)
        paid = sum(
            by_element(billed(invoice)).get("excess_capacity", Decimal(0))
            for invoice in landing.standing
            if invoice["meter_id"] == meter_id and period_of(invoice)[1] >= since
        )
        days = days_between(since, landing.last_date)
        cost = sum((need - agreed) * landing.rate(meter_id, "capacity", "all", day) for day in days)
        assert truth["invoice_id"] is None
        assert Decimal(truth["gbp"]) == (paid - cost).quantize(PENNY, ROUND_HALF_UP)
        assert Decimal(truth["gbp"]) > 40
        months = {
            invoice["period_start_date"][:7]
            for invoice in landing.standing
            if invoice["meter_id"] == meter_id and "excess_capacity" in by_element(billed(invoice))
        }
        assert len(months) >= 12


def assert_credit_notes_take_back_whole_bills(landing: Landing) -> None:
    notes = [row for row in landing.invoices.values() if row["invoice_type"] == "credit_note"]
    rebilled = 0
    for note in notes:
        taken_back = landing.invoices[note["cancels_invoice_id"]]
        assert taken_back["invoice_type"] == "invoice"
        assert taken_back["issue_date"] < note["issue_date"]
        assert period_of(taken_back) == period_of(note)
        assert billed(note) == {
            key: (-quantity, rate, -net) for key, (quantity, rate, net) in billed(taken_back).items()
        }
        assert Decimal(note["gross_gbp"]) == -Decimal(taken_back["gross_gbp"])
        same = [
            row for row in landing.standing if (row["meter_id"], period_of(row)) == (note["meter_id"], period_of(note))
        ]
        assert len(same) == 1, "what was taken back is billed once"
        rebilled += same[0]["issue_date"] > note["issue_date"]
    assert len({note["cancels_invoice_id"] for note in notes}) == len(notes) >= 4
    assert 0 < rebilled < len(notes), "a rebill, and a second bill that was only taken back"


def test_every_bill_is_right_or_in_the_truth(landing: Landing) -> None:
    assert_every_bill_is_right_or_in_the_truth(landing)


def test_every_bill_of_other_seeds_is_right_or_in_the_truth(two_years: Landing) -> None:
    assert_every_bill_is_right_or_in_the_truth(two_years)
    assert_repeated_days_are_in_the_truth(two_years)
    assert_closed_sites_are_in_the_truth(two_years)
    assert_excess_is_in_the_truth(two_years)
    assert_credit_notes_take_back_whole_bills(two_years)


def test_days_billed_twice_or_never_are_in_the_truth(landing: Landing) -> None:
    assert_repeated_days_are_in_the_truth(landing)


def test_bills_after_closing_are_in_the_truth(landing: Landing) -> None:
    assert_closed_sites_are_in_the_truth(landing)


def test_excess_capacity_is_worth_excess_paid_less_the_capacity_needed(landing: Landing) -> None:
    assert_excess_is_in_the_truth(landing)


def test_credit_notes_take_back_whole_bills(landing: Landing) -> None:
    assert_credit_notes_take_back_whole_bills(landing)


def assert_all_kinds(landing: Landing) -> None:
    by_code: dict[str, list[dict]] = defaultdict(list)
    for truth in landing.bill_truths:
        by_code[truth["error_code"]].append(truth)
    assert set(by_code) == set(ERRORS)
    since = str(landing.last_date.replace(month=1, day=1))
    for code, rows in by_code.items():
        detector_id, bases, elements = ERRORS[code]
        assert {row["detector_id"] for row in rows} == {detector_id}
        assert {row["basis"] for row in rows} <= bases
        assert elements is None or {row["element"] for row in rows} <= elements
        for row in rows:
            assert re.fullmatch(r"-?\d+\.\d\d", row["gbp"]) and Decimal(row["gbp"])
        assert any(row["period_end_date"] >= since for row in rows), code
    rates = {row["basis"] for row in by_code["wrong_unit_rate"]}
    assert rates == {"recoverable", "undercharged"}
    for basis, is_positive in (("recoverable", True), ("unbilled", True), ("avoidable", True), ("undercharged", False)):
        assert all((Decimal(row["gbp"]) > 0) == is_positive for row in landing.bill_truths if row["basis"] == basis)
    ids = [row["truth_id"] for row in landing.bill_truths]
    assert len(set(ids)) == len(ids)
    standing = [row for row in landing.standing if row["period_end_date"] < str(landing.last_date)]
    wrong = {row["invoice_id"] for row in landing.bill_truths}
    assert 0.025 <= len(wrong) / len(standing) <= 0.06
    assert {row["truth_id"][7:] for row in landing.planted if row["kind"] == "case"} == DATA_CASES
    faults = {row["truth_id"][7:] for row in landing.planted if row["kind"] == "fault"}
    assert {"summer-time-ignored", "metering-gap"} <= faults


def test_every_kind_of_error_is_planted(landing: Landing) -> None:
    assert_all_kinds(landing)
    earlier = {row["error_code"] for row in landing.bill_truths if row["period_end_date"] < "2025-01-01"}
    assert set(ERRORS) - {"closed_site", "excess_capacity"} <= earlier


def test_every_kind_of_error_is_planted_with_other_seeds(two_years: Landing) -> None:
    assert_all_kinds(two_years)


def test_the_headline_of_the_truth_is_its_rows(landing: Landing) -> None:
    estate = landing.estate

    def total(basis: str, has_invoice: bool) -> Decimal:
        return sum(
            (
                Decimal(row["gbp"])
                for row in landing.bill_truths
                if row["basis"] == basis
                and bool(row["invoice_id"]) == has_invoice
                and row["period_end_date"] >= "2025-01-01"
            ),
            Decimal(0),
        )

    recoverable, expired, excess = total("recoverable", True), total("avoidable", True), total("avoidable", False)
    operations = sum(Decimal(str(row["gbp_12m"])) for row in landing.planted if row["kind"] == "saving")
    spend = sum(Decimal(row["net_gbp"]) for row in landing.invoices.values() if row["period_end_date"] >= "2025-01-01")
    assert {name: Decimal(str(amount)) for name, amount in estate.items() if name.endswith(("_gbp", "_12m"))} == {
        "spend_12m_gbp": spend,
        "planted_operations_gbp_12m": operations,
        "planted_recoverable_gbp_12m": recoverable,
        "planted_expired_contract_gbp_12m": expired,
        "planted_excess_capacity_gbp_12m": excess,
        "planted_union_gbp_12m": operations + recoverable + expired + excess,
    }
    assert Decimal("0.005") < recoverable / spend < Decimal("0.015")
    counted: dict[str, set] = defaultdict(set)
    for row in landing.bill_truths:
        counted[row["error_code"]].add((row["meter_id"], row["invoice_id"]))
    assert estate["planted_bills"] == {code: len(bills) for code, bills in counted.items()}


def test_printed_gas_reads_explain_the_billed_energy(landing: Landing) -> None:
    """Difference of reads x unit x correction x calorific value is the billed kWh, within the register's rounding."""
    per_unit = {"m3": CUBIC_METRE_WH, "hcf": CUBIC_METRE_WH * Fraction("2.83")}
    last_read: dict[str, tuple[str, str]] = {}
    units, joined = set(), 0
    odd = {
        row["invoice_id"] for row in landing.bill_truths if row["error_code"] in ("estimated_bill", "overlapping_bill")
    }
    for invoice in landing.standing:
        is_gas = landing.meters[invoice["meter_id"]]["fuel"] == "gas"
        assert bool(invoice["read_unit"]) == bool(invoice["opening_read"]) == is_gas
        if not is_gas:
            continue
        reads = Decimal(invoice["closing_read"]) - Decimal(invoice["opening_read"])
        kwh = sum(quantity for (element, _), (quantity, _, _) in billed(invoice).items() if element == "unit")
        assert (invoice["correction_factor"], invoice["calorific_value_mj_per_m3"]) == ("1.022640", "39.5000")
        # A register is printed to a thousandth; each of some 1,500 half-hours was rounded to a Wh.
        tolerance = Decimal("0.25") + kwh / 2000
        assert abs(Decimal(float(per_unit[invoice["read_unit"]])) * reads - kwh) <= tolerance, invoice["invoice_id"]
        before = last_read.get(invoice["meter_id"])
        if before and before[0] == str(period_of(invoice)[0] - timedelta(days=1)) and invoice["invoice_id"] not in odd:
            assert invoice["opening_read"] == before[1]
            joined += 1
        is_as_read = invoice["invoice_id"] not in odd
        last_read[invoice["meter_id"]] = (invoice["period_end_date"] if is_as_read else "", invoice["closing_read"])
        units.add(landing.meters[invoice["meter_id"]]["read_unit"])
    assert units == {"m3", "hcf"}
    assert joined > 200


def test_wrong_gas_units_are_printed_on_the_bill(landing: Landing) -> None:
    wrong = {row["invoice_id"] for row in landing.bill_truths if row["error_code"] == "wrong_gas_unit"}
    for invoice in landing.invoices.values():
        own = landing.meters[invoice["meter_id"]]["read_unit"]
        assert (invoice["read_unit"] != own) == (invoice["invoice_id"] in wrong)


def test_rates_of_a_bill_never_change_within_it(landing: Landing) -> None:
    for invoice in landing.standing:
        first, last = period_of(invoice)
        assert not first < date(last.year, 4, 1) <= last


def test_some_months_come_in_two_bills(landing: Landing) -> None:
    parts = [
        row
        for row in landing.standing
        if period_of(row)[0].day > 1 and period_of(row)[0].month == period_of(row)[1].month
    ]
    assert len(parts) >= 3


def test_expired_contracts_have_no_row_for_their_bills(landing: Landing) -> None:
    expired = {row["invoice_id"] for row in landing.bill_truths if row["error_code"] == "expired_contract"}
    uncovered = {
        row["invoice_id"] for row in landing.standing if landing.is_expired(row["meter_id"], period_of(row)[0])
    }
    assert expired == uncovered
    assert any(
        row["period_end_date"] == str(landing.last_date) for row in landing.standing if row["invoice_id"] in expired
    )


def test_a_site_has_the_same_bills_whatever_the_number_of_sites(landing: Landing, tmp_path: Path) -> None:
    small = Landing(generate(13, 3, SEED_OF_EVERY_BILL, tmp_path / "landing").out)
    meters = {meter_id for meter_id, row in landing.meters.items() if row["site_id"] <= "S00013"}
    assert small.invoices == {key: row for key, row in landing.invoices.items() if row["meter_id"] in meters}
    assert len(small.bill_truths) > 20
    assert small.bill_truths == [row for row in landing.bill_truths if row["site_id"] <= "S00013"]
    assert small.planted == [row for row in landing.planted if row["site_id"] <= "S00013"]
    assert small.meters == {key: row for key, row in landing.meters.items() if key in meters}


def test_one_year_has_errors_too(tmp_path: Path) -> None:
    estate = generate(12, 1, 4, tmp_path / "landing", end_date=date(2024, 2, 29))
    truths = json.loads((estate.out / "_truth" / "planted_bills.json").read_text())
    assert {row["error_code"] for row in truths} >= {"duplicate_bill", "missing_bill", "wrong_unit_rate"}
    assert "excess_capacity" not in {row["error_code"] for row in truths}
    assert all(row["period_end_date"] <= "2024-02-29" for row in read_rows(estate.out / "energy" / "invoices_0001.csv"))
