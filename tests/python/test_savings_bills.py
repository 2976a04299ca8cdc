"""The check of bills as a whole: who gets which pound, what is claimed, and what is shown beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from data_layer.savings.allocation import BilledSpan, PoundClaim, allocate_pounds, cap_by_bills
from data_layer.savings.bill_detection import BillDetection, finding
from data_layer.savings.bills import findings_table, judge_bills
from data_layer.savings.detect import bill_candidates, bill_exclusions, judge_meter
from data_layer.savings.registry import find_detectors
from savings_bills import PERIOD, bill, element, gbp, inputs, usual, vat
from savings_meters import office

ELEMENTS = ("unit", "standing", "capacity")


def claim(precedence, detector, name, amount, error="e", place=("B1", "unit")):
    return PoundClaim(precedence, detector, name, *place, error, gbp(amount))


def judge(bills, detectors=None):
    return judge_bills(bills, detectors or find_detectors())


def amounts(result):
    return {
        (one.finding.invoice_id, one.finding.element, one.finding.error_code): one.sequenced_gbp
        for one in result.findings
    }


# allocation ----------------------------------------------------------------------------------------------------------


def test_claims_take_at_most_what_was_billed_in_order_of_precedence():
    claims = [claim(2, "b", "two", 70, "other"), claim(1, "a", "one", 60), claim(3, "c", "three", 5, "third")]
    served = allocate_pounds(claims, {("B1", "unit"): gbp(100)})
    assert served == {"one": gbp(60), "two": gbp(40), "three": gbp(0)}


def test_claims_for_one_error_count_once():
    claims = [claim(1, "a", "one", 60), claim(2, "b", "two", 60), claim(3, "c", "three", 65)]
    assert allocate_pounds(claims, {("B1", "unit"): gbp(100)}) == {"one": gbp(60), "two": gbp(0), "three": gbp(5)}


def test_what_was_charged_too_little_has_no_bound_and_takes_no_room():
    claims = [claim(1, "a", "one", -60), claim(2, "b", "two", 60, "other")]
    assert allocate_pounds(claims, {("B1", "unit"): gbp(60)}) == {"one": gbp(-60), "two": gbp(60)}


def test_a_bill_that_is_missing_bounds_nothing():
    assert allocate_pounds([claim(1, "a", "one", 60, place=("B1", "all"))], {}) == {"one": gbp(60)}


CLAIMS = st.lists(
    st.builds(
        claim,
        st.integers(1, 4),
        st.sampled_from("abc"),
        st.uuids().map(str),
        st.integers(-9_000, 9_000).map(lambda pence: Decimal(pence) / 100),
        st.sampled_from(["e", "f"]),
        st.tuples(st.sampled_from(["B1", "B2"]), st.sampled_from(ELEMENTS)),
    ),
    max_size=12,
)
BILLED = st.fixed_dictionaries(
    {
        (invoice, name): st.integers(0, 9_000).map(lambda pence: Decimal(pence) / 100)
        for invoice in ("B1", "B2")
        for name in ELEMENTS
    }
)


@given(CLAIMS, BILLED, st.randoms())
def test_the_sum_stays_within_the_bill_whatever_the_order(claims, billed, random):
    served = allocate_pounds(claims, billed)
    shuffled = list(claims)
    random.shuffle(shuffled)
    assert allocate_pounds(shuffled, billed) == served
    for place, room in billed.items():
        positive = [one for one in claims if (one.invoice_id, one.element) == place and one.amount_gbp > 0]
        assert sum((served[one.claim_id] for one in positive), Decimal(0)) <= room
    for one in claims:
        assert min(one.amount_gbp, 0) <= served[one.claim_id] <= max(one.amount_gbp, 0)


@given(CLAIMS, BILLED)
def test_the_same_claims_by_a_second_detector_add_nothing(claims, billed):
    copies = [replace(one, detector_id=f"z{one.detector_id}", claim_id=f"copy-{one.claim_id}") for one in claims]
    once, twice = allocate_pounds(claims, billed), allocate_pounds([*claims, *copies], billed)
    assert sum(once.values()) == sum(twice.values())


SPANS = st.lists(
    st.builds(
        lambda order, first, days, pence: BilledSpan(
            (order,),
            date(2025, 1, 1) + timedelta(days=first),
            date(2025, 1, 1) + timedelta(days=first + days),
            Decimal(pence) / 100,
        ),
        st.uuids().map(str),
        st.integers(0, 20),
        st.integers(0, 20),
        st.integers(-100, 3_000),
    ),
    max_size=5,
)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40), SPANS, st.randoms())
def test_a_daily_charge_stays_within_what_the_bills_leave(pence, spans, random):
    daily = {date(2025, 1, 1) + timedelta(days=at): Decimal(amount) / 100 for at, amount in enumerate(pence)}
    capped = cap_by_bills(daily, spans)
    shuffled = list(spans)
    random.shuffle(shuffled)
    assert cap_by_bills(daily, shuffled) == capped
    assert all(0 <= capped[day] <= amount for day, amount in daily.items())
    covered = {day for day in daily for one in spans if one.start_date <= day <= one.end_date}
    assert all(capped[day] == daily[day] for day in daily if day not in covered)
    left = sum((max(one.left_gbp, Decimal(0)) for one in spans), Decimal(0))
    assert sum((capped[day] for day in covered), Decimal(0)) <= left


# detectors together --------------------------------------------------------------------------------------------------


def test_a_right_bill_gives_nothing():
    result = judge(inputs(usual()))
    assert (result.findings, result.skipped, result.refusals) == ([], [], [])


def test_the_specific_check_names_a_fault_and_the_virtual_bill_nothing():
    wrong = bill(element("unit", (1000, 0.28), (1000, 0.25)), element("capacity", (3720, 0.05), (3100, 0.05)))
    assert amounts(judge(inputs(wrong))) == {
        ("B1", "unit", "wrong_unit_rate"): gbp(30),
        ("B1", "capacity", "wrong_capacity"): gbp(31),
    }


def test_a_duplicate_of_a_closed_site_is_claimed_once():
    def after(invoice_id, **changes):
        return bill(
            element("standing", (30, 2), (30, 2)),
            start="2025-05-01",
            end="2025-05-30",
            invoice_id=invoice_id,
            **changes,
        )

    again = after("B2", already_billed_by_invoice_id="B1", issue_date=date(2025, 7, 1))
    before = usual("B0", "2025-01-01", "2025-01-31")
    result = judge(inputs(before, after("B1"), again, site_close_date=date(2025, 2, 1)))
    assert amounts(result) == {
        ("B2", "standing", "duplicate_bill"): gbp(60),
        ("B1", "standing", "closed_site"): gbp(60),
    }


def test_gas_in_the_wrong_unit_is_not_an_unknown_volume_as_well():
    elements = (element("unit", (2831.685, 0.06), (1000, 0.06)), element("ccl", (2831.685, 0.008), (1000, 0.008)))
    result = judge(inputs(bill(*elements, read_unit="hcf"), fuel="gas", read_unit="m3"))
    assert set(amounts(result)) == {("B1", "unit", "wrong_gas_unit"), ("B1", "ccl", "wrong_gas_unit")}


def test_two_detectors_with_the_same_finding_count_once():
    original = next(one for one in find_detectors() if one.card.id == "virtual_bill")

    def same(bills):
        one = bills.bills[0]
        return BillDetection((finding(one, "capacity", "wrong_capacity", "recoverable", gbp(31), "Again."),))

    copy = replace(original, card=replace(original.card, id="the_same_again", precedence=801), detect=same)
    wrong = inputs(bill(element("capacity", (3720, 0.05), (3100, 0.05))))
    for detectors in ([original, copy], [copy, original]):
        values = {one.detector.card.id: one.sequenced_gbp for one in judge(wrong, detectors).findings}
        assert values == {"virtual_bill": gbp(31), "the_same_again": gbp(0)}


def test_rows_say_what_is_wrong_and_ids_are_stable():
    result = judge(inputs(bill(element("unit", (1000, 0.28), (1000, 0.25)))))
    (row,) = findings_table([result]).to_pylist()
    assert row["finding_id"] == result.findings[0].finding_id == "633b4344a5d59132"
    assert (row["basis"], row["found_gbp"], row["sequenced_gbp"]) == ("recoverable", gbp(30), gbp(30))
    assert row["sentence"].startswith("Bill B1 charges units at 28p a kWh")


# candidates and what is shown beside them ----------------------------------------------------------------------------


def test_only_what_costs_more_than_need_be_in_the_12_months_is_a_candidate():
    inside = bill(element("unit", (1000, 0.28), (1000, 0.25)), invoice_id="B2")
    old = bill(element("unit", (1000, 0.29), (1000, 0.25)), start="2024-03-01", end="2024-03-31", invoice_id="B1")
    low = bill(element("unit", (1000, 0.2), (1000, 0.25)), start="2025-04-01", end="2025-04-30", invoice_id="B3")
    guess = bill(
        element("unit", (1300, 0.25), (1000, 0.25), is_estimated=True),
        start="2025-05-01",
        end="2025-05-31",
        invoice_id="B4",
        is_estimated=True,
    )
    gap = bill(
        element("standing", None, (30, 2)), start="2025-06-01", end="2025-06-30", invoice_id="gap-1", status="gap"
    )
    result = judge(inputs(inside, old, low, guess, gaps=(gap,)))
    (candidate,) = bill_candidates(result, PERIOD)
    assert candidate.detector.card.id == "wrong_rate"
    assert [(row["rate_band"], row["settlement_date"], row["sequenced_gbp"]) for row in candidate.rows] == [
        ("unit", date(2025, 3, 31), gbp(30))
    ]
    beside = {row["reason_code"]: row["excluded_gbp"] for row in bill_exclusions(result, PERIOD)}
    assert beside == {
        "outside_period": gbp(40),
        "undercharged": gbp(-50),
        "timing": gbp(75),
        "unbilled": gbp(60),
    }


def test_bills_of_one_last_day_are_one_row_and_one_sentence_names_the_largest():
    def one(invoice_id, rate, start):
        return bill(element("standing", (31, rate), (31, 2)), start=start, invoice_id=invoice_id)

    result = judge(inputs(one("B1", 3, "2025-03-01"), one("B2", 4, "2025-03-01")))
    (candidate,) = bill_candidates(result, PERIOD)
    assert [row["sequenced_gbp"] for row in candidate.rows] == [gbp(93)]
    assert candidate.detection.sentence.startswith("2 bills of the 12 months, £93.00 in all. The largest: Bill B2")
    assert candidate.detection.evidence["gbp_by_error"] == {"wrong_standing_rate": "93.00"}


def test_a_guard_is_shown_with_the_pounds_it_holds_back():
    unknown = bill(vat(25, 5), is_small_supply=None)
    (row,) = [row for row in bill_exclusions(judge(inputs(unknown)), PERIOD) if row["detector_id"] == "levy_and_vat"]
    assert (row["reason_code"], row["excluded_gbp"], row["excluded_days"]) == ("use_not_known", gbp(20), 31)


def test_capacity_above_need_takes_what_the_check_of_the_bill_leaves():
    """100 kVA agreed at 5p; 120 are billed in March: 20 are charged in error, and the need leaves most of the rest."""
    detector = [one for one in find_detectors() if one.card.id == "capacity_above_need"]
    meter = replace(office(), meter_id="1000000000001")

    def total(bills, month):
        (candidate,) = judge_meter(meter, PERIOD, detector, bills).candidates
        return sum(row["sequenced_gbp"] for row in candidate.rows if row["settlement_date"].month == month)

    wrong = judge(inputs(bill(element("capacity", (3720, 0.05), (3100, 0.05)))))
    assert amounts(wrong) == {("B1", "capacity", "wrong_capacity"): gbp(31)}
    free = total(None, 3)
    assert free > 100
    assert total(wrong, 3) == free <= gbp(186) - gbp(31)
    little = judge(inputs(bill(element("capacity", (400, 0.05), (400, 0.05)))))
    assert total(little, 3) == gbp(20)
    assert total(little, 4) == total(None, 4)


def test_a_metering_point_without_a_site_has_findings_and_no_candidate():
    result = judge(inputs(bill(element("unit", (1000, 0.28), (1000, 0.25))), site_id=None))
    assert len(result.findings) == 1
    assert bill_candidates(result, PERIOD) == []
    assert [row["reason_code"] for row in bill_exclusions(result, PERIOD)] == ["no_site"]
