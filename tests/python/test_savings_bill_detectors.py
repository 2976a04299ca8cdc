"""The checks of bills, one by one: what each names, to the penny, and one test a guard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from data_layer.savings.bill_inputs import BandRate, BillLine
from data_layer.savings.detectors import (
    billed_energy,
    closed_site,
    excess_capacity,
    gas_unit,
    levy_and_vat,
    reactive_power,
    repeated_bill,
    virtual_bill,
    wrong_band,
    wrong_rate,
)
from savings_bills import bill, element, gbp, inputs, usual, vat


def named(detection):
    """(element, error, basis): pounds of the findings."""
    return {(one.element, one.error_code, one.basis): one.found_gbp for one in detection.findings}


def held_back(detection):
    return [one.reason_code for one in detection.skipped]


MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
LAST_DAYS = dict(zip(MONTHS, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))


# repeated_bill -------------------------------------------------------------------------------------------------------


def test_a_duplicate_is_recoverable_in_full():
    again = usual("B2", already_billed_by_invoice_id="B1", issue_date=date(2025, 4, 20))
    detection = repeated_bill.detect(inputs(usual(), again))
    assert named(detection) == {
        ("unit", "duplicate_bill", "recoverable"): gbp("250.00"),
        ("standing", "duplicate_bill", "recoverable"): gbp("62.00"),
        ("ccl", "duplicate_bill", "recoverable"): gbp("8.00"),
    }
    assert {(one.invoice_id, one.other_invoice_id) for one in detection.findings} == {("B2", "B1")}


def test_an_overlap_is_recoverable_for_its_days_only():
    later = usual("B2", "2025-03-28", "2025-04-30", already_billed_by_invoice_id="B1")
    later = replace(
        later,
        elements={
            name: replace(one, timing_gbp=gbp(8), difference_gbp=gbp(8)) if name == "standing" else one
            for name, one in later.elements.items()
        },
    )
    detection = repeated_bill.detect(inputs(usual(), later))
    assert named(detection) == {("standing", "overlapping_bill", "recoverable"): gbp("8.00")}
    assert detection.findings[0].evidence["repeated_days"] == 4
    assert "28 March 2025 to 31 March 2025" in detection.findings[0].sentence


def test_guard_credit_note():
    """A bill that a credit note took back is not among the standing ones, and what is left repeats nothing."""
    assert repeated_bill.detect(inputs(usual())).findings == ()


def test_a_missing_bill_is_still_to_come_and_no_saving():
    gap = bill(
        element("unit", None, (900, 0.25)),
        element("standing", None, (30, 2)),
        vat(0, 57),
        start="2025-04-01",
        end="2025-04-30",
        invoice_id="gap-1000000000001-20250401",
        status="gap",
    )
    after = usual("B2", "2025-05-01", "2025-05-31")
    detection = repeated_bill.detect(inputs(usual(), after, gaps=(gap,)))
    assert named(detection) == {("all", "missing_bill", "unbilled"): gbp("285.00")}
    assert detection.findings[0].invoice_id == "B1"
    assert (detection.findings[0].start_date, detection.findings[0].end_date) == (date(2025, 4, 1), date(2025, 4, 30))


def test_guard_no_bill_before():
    gap = bill(element("standing", None, (30, 2)), start="2025-02-01", end="2025-02-28", status="gap")
    assert held_back(repeated_bill.detect(inputs(usual(), gaps=(gap,)))) == ["no_bill_before"]


def test_a_bill_that_takes_off_what_was_charged_before_repeats_nothing():
    """900 kWh were estimated and 1,000 used: the bill of the same days charges the 100 that were left out."""
    estimate = bill(element("unit", (900, 0.25), (1000, 0.25), True), is_estimated=True)
    true_up = bill(
        element("unit", (100, 0.25), None, timing_gbp=gbp(250), difference_gbp=gbp(25)),
        invoice_id="B2",
        already_billed_by_invoice_id="B1",
        issue_date=date(2025, 5, 1),
    )
    assert repeated_bill.detect(inputs(estimate, true_up)).findings == ()
    assert virtual_bill.detect(inputs(estimate, true_up)).findings == ()


def test_what_the_bill_before_did_not_charge_is_not_charged_twice():
    energy = bill(element("unit", (1000, 0.25), (1000, 0.25)), element("standing", (0, 0), (31, 2)))
    days = bill(
        element("standing", (31, 2), None, timing_gbp=gbp(62)),
        invoice_id="B2",
        already_billed_by_invoice_id="B1",
        issue_date=date(2025, 5, 1),
    )
    assert repeated_bill.detect(inputs(energy, days)).findings == ()


# closed_site ---------------------------------------------------------------------------------------------------------


def closed_bills(use=0, start="2025-03-30"):
    before = usual("B0", "2025-01-01", "2025-01-31")
    after = bill(
        element("unit", (use, 0.25), (use, 0.25)), element("standing", (30, 2), (30, 2)), vat(12, 12), start=start
    )
    return inputs(before, after, site_close_date=date(2025, 3, 1))


def test_all_of_a_bill_after_closing_is_recoverable():
    bills = closed_bills(10)
    assert named(closed_site.detect(bills)) == {
        ("unit", "closed_site", "recoverable"): gbp("2.50"),
        ("standing", "closed_site", "recoverable"): gbp("60.00"),
    }


def test_guard_grace_period():
    assert closed_site.detect(closed_bills(start="2025-03-29")).findings == ()
    assert closed_site.detect(inputs(usual())).findings == ()


def test_guard_supply_in_use():
    detection = closed_site.detect(closed_bills(400))
    assert detection.findings == ()
    assert held_back(detection) == ["supply_in_use"]
    assert detection.skipped[0].amount_gbp == gbp("160.00")


def test_guard_use_before_not_known():
    bills = closed_bills()
    assert closed_site.detect(replace(bills, bills=bills.bills[1:])).refusal.reason_code == "use_before_not_known"


# billed_energy -------------------------------------------------------------------------------------------------------


def estimated(kwh=1300, is_estimated=True, **changes):
    elements = (
        element("unit", (kwh, 0.25), (1000, 0.25), is_estimated),
        element("ccl", (kwh, 0.008), (1000, 0.008), is_estimated),
        element("standing", (31, 2), (31, 2)),
    )
    return bill(*elements, is_estimated=is_estimated, **changes)


def test_an_estimate_is_timing_and_guard_timing():
    detection = billed_energy.detect(inputs(estimated()))
    assert named(detection) == {
        ("unit", "estimated_bill", "timing"): gbp("75.00"),
        ("ccl", "estimated_bill", "timing"): gbp("2.40"),
    }
    assert "no saving" in detection.findings[0].sentence
    assert named(billed_energy.detect(inputs(estimated(800))))["unit", "estimated_bill", "timing"] == gbp("-50.00")


def test_a_bill_called_actual_with_other_energy_is_wrong():
    detection = billed_energy.detect(inputs(estimated(is_estimated=False)))
    assert named(detection)["unit", "wrong_volume", "recoverable"] == gbp("75.00")


def test_an_estimate_that_agrees_within_half_a_percent_is_right():
    assert billed_energy.detect(inputs(estimated(1005))).findings == ()
    assert billed_energy.detect(inputs(estimated(1006))).findings != ()


def test_guard_low_coverage_of_billed_energy():
    detection = billed_energy.detect(inputs(estimated(coverage_share=Decimal("0.989"))))
    assert detection.findings == ()
    assert held_back(detection) == ["low_coverage"]


def test_energy_that_another_check_has_explained_is_not_named_again():
    bills = inputs(estimated(), explained={("B1", "unit"): gbp(75)})
    assert billed_energy.detect(bills).findings == ()


def test_guard_no_contract_of_billed_energy():
    begun_late = element("unit", (1000, 0.25), (500, 0.25), has_contract=False)
    detection = billed_energy.detect(inputs(bill(begun_late)))
    # what is not parted into rate and volume is nothing to claim either
    assert detection.findings == ()
    assert held_back(detection) == ["no_contract"]


def test_guard_true_up():
    """200 kWh too few by estimate, 200 too many by the next actual read."""
    actual = estimated(1200, is_estimated=False, invoice_id="B2", start="2025-04-01", end="2025-05-01")
    detection = billed_energy.detect(inputs(estimated(800), actual))
    assert {one.basis for one in detection.findings} == {"timing"}
    assert held_back(detection) == ["true_up"]
    alone = billed_energy.detect(inputs(estimated(700), actual))
    assert named(alone)["unit", "wrong_volume", "recoverable"] == gbp("50.00")


# wrong_rate ----------------------------------------------------------------------------------------------------------


def with_rate(rate=0.28, due=0.25, kwh=1000, metered=1000, **changes):
    return bill(element("unit", (kwh, rate), (metered, due), **changes), element("standing", (31, 2.5), (31, 2)))


def test_a_rate_above_or_below_the_contract_is_named_with_both_rates():
    detection = wrong_rate.detect(inputs(with_rate()))
    assert named(detection) == {
        ("unit", "wrong_unit_rate", "recoverable"): gbp("30.00"),
        ("standing", "wrong_standing_rate", "recoverable"): gbp("15.50"),
    }
    assert "28p a kWh where the contract says 25p" in detection.findings[0].sentence
    assert named(wrong_rate.detect(inputs(with_rate(0.2))))["unit", "wrong_unit_rate", "undercharged"] == gbp("-50.00")


def test_the_pennies_of_the_bill_are_claimed_not_those_of_the_product():
    one = element("unit", (1000.033, 0.28), (1000.033, 0.25), unexplained_gbp=gbp("0.01"))
    one = replace(one, rate_difference_gbp=one.difference_gbp - gbp("0.01"))
    assert named(wrong_rate.detect(inputs(bill(one)))) == {
        ("unit", "wrong_unit_rate", "recoverable"): one.difference_gbp
    }


def test_deemed_rates_after_a_contract_are_avoidable():
    detection = wrong_rate.detect(inputs(with_rate(is_contract_expired=True)))
    assert named(detection)["unit", "expired_contract", "avoidable"] == gbp("30.00")
    assert "Sign a new contract" in detection.findings[0].sentence
    cheaper = wrong_rate.detect(inputs(bill(element("unit", (1000, 0.2), (1000, 0.25), is_contract_expired=True))))
    assert cheaper.findings == ()


def test_guard_no_contract_of_a_rate():
    none = element("unit", (1000, 0.28), (1000, 0.25), has_contract=False)
    assert wrong_rate.detect(inputs(bill(none))).refusal.reason_code == "no_contract"
    detection = wrong_rate.detect(inputs(bill(none), usual("B0", "2025-02-01", "2025-02-28")))
    assert held_back(detection) == ["no_contract"]


def test_guard_kwh_differs_for_rates():
    detection = wrong_rate.detect(inputs(with_rate(kwh=1006)))
    assert detection.findings == ()
    assert held_back(detection) == ["kwh_differs"] * 2
    assert len(wrong_rate.detect(inputs(with_rate(kwh=1005))).findings) == 2


# levy_and_vat --------------------------------------------------------------------------------------------------------


def test_levy_on_a_small_supply_and_of_another_year():
    small = bill(element("unit", (500, 0.25), (500, 0.25)), element("ccl", (500, 0.02), None), is_small_supply=True)
    assert named(levy_and_vat.detect(inputs(small))) == {("ccl", "wrong_ccl", "recoverable"): gbp("10.00")}
    old = bill(element("unit", (1000, 0.25), (1000, 0.25)), element("ccl", (1000, 0.006), (1000, 0.008)))
    detection = levy_and_vat.detect(inputs(old))
    assert named(detection) == {("ccl", "wrong_ccl", "undercharged"): gbp("-2.00")}
    assert "0.6p a kWh where 0.8p was in force" in detection.findings[0].sentence


def test_standard_vat_on_a_small_supply():
    small = bill(element("unit", (500, 0.25), (500, 0.25)), vat(25, 6.25), is_small_supply=True)
    detection = levy_and_vat.detect(inputs(small))
    assert named(detection) == {("vat", "wrong_vat", "recoverable"): gbp("18.75")}
    assert "16.1 kWh a day" in detection.findings[0].sentence


def test_guard_use_not_known():
    unknown = bill(vat(25, 6.25), is_small_supply=None)
    assert held_back(levy_and_vat.detect(inputs(unknown))) == ["use_not_known"]


def test_guard_kwh_differs_for_levy_and_vat():
    other = bill(element("unit", (1500, 0.25), (1000, 0.25)), element("ccl", (1500, 0.008), None), vat(25, 6.25))
    assert held_back(levy_and_vat.detect(inputs(other))) == ["kwh_differs"] * 2


# wrong_band ----------------------------------------------------------------------------------------------------------

BANDS = (
    BandRate("LV1", gbp("2.5"), date(2024, 4, 1), date(2025, 3, 31)),
    BandRate("LV2", gbp(4), date(2024, 4, 1), date(2025, 3, 31)),
    BandRate("LV3", gbp(7), date(2024, 4, 1), date(2025, 3, 31)),
    BandRate("LV4", gbp(9), date(2025, 4, 1), None),
)


def with_residual(rate, **changes):
    return inputs(bill(element("tnuos", (31, rate), (31, 4))), residual_rates=BANDS, **changes)


def test_a_dearer_band_is_recoverable_and_guard_dispute_window():
    detection = wrong_band.detect(with_residual(7))
    assert named(detection) == {("tnuos", "wrong_band", "recoverable"): gbp("93.00")}
    assert detection.findings[0].evidence["billed_band"] == "LV3"
    assert "disputed for a limited time" in detection.findings[0].sentence
    assert wrong_band.detect(with_residual(4)).findings == ()


def test_guard_no_band_has_this_rate():
    assert held_back(wrong_band.detect(with_residual(6.5))) == ["no_band_has_this_rate"]
    assert held_back(wrong_band.detect(with_residual(9))) == ["no_band_has_this_rate"]


def test_guard_band_not_known():
    assert wrong_band.detect(with_residual(7, charging_band=None)).refusal.reason_code == "band_not_known"


# reactive_power ------------------------------------------------------------------------------------------------------


def with_reactive(billed=400, chargeable=150, **changes):
    due = (chargeable, 0.1) if chargeable else None
    return inputs(bill(element("reactive", (billed, 0.1), due), **changes))


def test_only_what_is_not_chargeable_is_claimed_and_guard_capital_needed():
    detection = reactive_power.detect(with_reactive())
    assert named(detection) == {("reactive", "wrong_reactive", "recoverable"): gbp("25.00")}
    assert detection.findings[0].evidence["avoidable_with_capital_gbp"] == "15.00"
    assert named(reactive_power.detect(with_reactive(400, 0))) == {
        ("reactive", "wrong_reactive", "recoverable"): gbp("40.00")
    }
    assert reactive_power.detect(with_reactive(150)).findings == ()


def test_guard_no_reactive_readings_of_reactive_power():
    assert reactive_power.detect(with_reactive(demand_days=0)).refusal.reason_code == "no_reactive_readings"


def test_guard_low_coverage_of_reactive_power():
    bills = with_reactive(demand_days=30)
    assert held_back(reactive_power.detect(bills)) == ["low_coverage"]


# gas_unit ------------------------------------------------------------------------------------------------------------


def gas(kwh, metered=1000, is_estimated=False, **changes):
    elements = (
        element("unit", (kwh, 0.06), (metered, 0.06), is_estimated),
        element("ccl", (kwh, 0.008), (metered, 0.008), is_estimated),
    )
    given = {"read_unit": "hcf", "is_estimated": is_estimated} | changes
    return inputs(bill(*elements, **given), fuel="gas", read_unit="m3")


def test_hundreds_of_cubic_feet_for_cubic_metres_and_the_reverse():
    detection = gas_unit.detect(gas(2831.685))
    assert named(detection) == {
        ("unit", "wrong_gas_unit", "recoverable"): gbp("109.90"),
        ("ccl", "wrong_gas_unit", "recoverable"): gbp("14.65"),
    }
    assert "in hcf, the meter counts m3" in detection.findings[0].sentence
    assert named(gas_unit.detect(gas(353.147)))["unit", "wrong_gas_unit", "undercharged"] == gbp("-38.81")


@pytest.mark.parametrize("ratio", [10, 0.1, 35.3147, 11.2, 1.02264])
def test_other_factors_are_known(ratio):
    assert len(gas_unit.detect(gas(1000 * ratio, read_unit=None)).findings) == 2


@pytest.mark.parametrize("ratio", [1.3, 2.7, 2.95, 0.9])
def test_any_other_ratio_is_no_fault_of_the_unit(ratio):
    assert gas_unit.detect(gas(1000 * ratio)).findings == ()


def test_guard_estimated_gas():
    assert held_back(gas_unit.detect(gas(2831.685, is_estimated=True, read_unit="m3"))) == ["estimated"]
    assert len(gas_unit.detect(gas(2831.685, is_estimated=True)).findings) == 2


def test_guard_low_coverage_of_gas():
    assert held_back(gas_unit.detect(gas(2831.685, coverage_share=Decimal("0.5")))) == ["low_coverage"]


# excess_capacity -----------------------------------------------------------------------------------------------------


def year_of_excess(above=4, **changes):
    """Bills of the 12 months, the first few with 20 kVA above the agreed 100 at 9p a kVA and day."""
    bills = []
    for at, month in enumerate(MONTHS):
        days = LAST_DAYS[month]
        elements = [element("capacity", (100 * days, 0.05), (100 * days, 0.05))]
        if at < above:
            elements.append(element("excess_capacity", (20 * days, 0.3), (20 * days, 0.3)))
        bills.append(bill(*elements, start=f"{month}-01", end=f"{month}-{days}", invoice_id=f"B{at + 1:02d}"))
    # 109 kVA is 54,500 Wh in half an hour, and needs 120.
    return inputs(*bills, **({"peak_squared": 54_500**2} | changes))


def test_excess_charges_less_what_agreeing_the_need_would_have_cost():
    # 20 kVA over 120 days at 30p are 720.00; 20 kVA more for 365 days at 5p would have been 365.00.
    detection = excess_capacity.detect(year_of_excess())
    assert sum(one.found_gbp for one in detection.findings) == gbp("355.00")
    assert {one.basis for one in detection.findings} == {"avoidable"}
    assert len(detection.findings) == 4
    assert all(one.found_gbp <= 20 * 31 * gbp("0.3") for one in detection.findings)
    assert detection.findings[0].evidence["need_kva"] == 120


def test_no_saving_where_agreeing_more_costs_more():
    assert excess_capacity.detect(year_of_excess(peak_squared=100_000**2)).findings == ()


def test_guard_one_off_spike():
    assert excess_capacity.detect(year_of_excess(2)).refusal.reason_code == "one_off_spike"
    assert excess_capacity.detect(year_of_excess(0)).refusal is None


def test_guard_short_history_of_excess():
    bills = year_of_excess()
    few = replace(bills, bills=tuple(replace(one, demand_days=20) for one in bills.bills[:2]) + bills.bills[2:])
    assert excess_capacity.detect(few).refusal.reason_code == "short_history"
    assert excess_capacity.detect(replace(bills, bills=bills.bills[:10])).refusal.reason_code == "short_history"


def test_guard_no_capacity_contract_of_excess():
    assert excess_capacity.detect(year_of_excess(capacity_terms=())).refusal.reason_code == "no_capacity_contract"


def test_guard_site_closed_of_excess():
    closed = year_of_excess(site_close_date=date(2025, 11, 30))
    assert excess_capacity.detect(closed).refusal.reason_code == "site_closed"


# virtual_bill --------------------------------------------------------------------------------------------------------


def with_capacity(kva=120, **changes):
    return inputs(bill(element("capacity", (kva * 31, 0.05), (100 * 31, 0.05))), **changes)


def test_capacity_above_the_agreed_is_named_with_both():
    detection = virtual_bill.detect(with_capacity())
    assert named(detection) == {("capacity", "wrong_capacity", "recoverable"): gbp("31.00")}
    assert "120 kVA a day where 100 kVA are agreed" in detection.findings[0].sentence


def test_the_virtual_bill_gets_only_what_is_left():
    bills = with_capacity(explained={("B1", "capacity"): gbp(11)})
    assert named(virtual_bill.detect(bills)) == {("capacity", "wrong_capacity", "recoverable"): gbp("20.00")}
    assert virtual_bill.left_over(gbp(31), gbp(40)) == 0
    assert virtual_bill.left_over(gbp(-31), gbp(-11)) == gbp(-20)
    assert virtual_bill.left_over(gbp(0), gbp(60)) == 0


def test_guard_tolerance_is_five_pounds_or_half_a_percent():
    def left(amount, due):
        one = element("standing", (31, 1), (31, 1), difference_gbp=gbp(amount), virtual_gbp=gbp(due))
        return len(virtual_bill.detect(inputs(bill(one))).findings)

    assert [left(5, 31), left("5.01", 31), left(10, 2000), left("10.01", 2000), left(-6, 31)] == [0, 1, 0, 1, 1]


def test_guard_no_contract_of_the_virtual_bill():
    one = element("standing", (31, 1), None, has_contract=False)
    assert held_back(virtual_bill.detect(inputs(bill(one)))) == ["no_contract"]


def test_guard_contract_expired():
    one = element("capacity", (3720, 0.05), (3100, 0.05), is_contract_expired=True)
    assert held_back(virtual_bill.detect(inputs(bill(one)))) == ["contract_expired"]


def test_guard_kwh_differs_and_low_coverage_of_the_virtual_bill():
    other = bill(element("unit", (1300, 0.25), (1000, 0.25)))
    assert held_back(virtual_bill.detect(inputs(other))) == ["kwh_differs"]
    wrong_rate_of_network = bill(element("duos", (1000, 0.05), (1000, 0.03)), coverage_share=Decimal("0.9"))
    assert held_back(virtual_bill.detect(inputs(wrong_rate_of_network))) == ["low_coverage"]
    reactive = bill(element("reactive", (1000, 0.05), (1000, 0.03)), demand_days=3)
    assert held_back(virtual_bill.detect(inputs(reactive))) == ["low_coverage"]


def test_what_is_left_of_any_other_element_is_unexplained():
    one = bill(element("duos", (1000, 0.05), (1000, 0.03)), vat(20, 10))
    assert set(named(virtual_bill.detect(inputs(one)))) == {
        ("duos", "unexplained_duos", "recoverable"),
        ("vat", "unexplained_vat", "recoverable"),
    }


def test_a_right_bill_has_no_finding_of_any_kind():
    for module in (
        billed_energy,
        closed_site,
        excess_capacity,
        gas_unit,
        levy_and_vat,
        reactive_power,
        repeated_bill,
        virtual_bill,
        wrong_band,
        wrong_rate,
    ):
        detection = module.detect(inputs(usual()))
        assert (detection.findings, detection.skipped, detection.refusal) == ((), (), None)


# rates that change within a bill, elements on two bills, and the limit of a small supply ------------------------------


def shared_out(name, billed_kwh, due_kwh, rates):
    """An element whose rate changes within the bill, with the kWh of each part as billed and as due."""
    amounts = [
        sum((gbp(kwh) * gbp(rate) for kwh, rate in zip(parts, rates, strict=True)), gbp(0))
        for parts in (billed_kwh, due_kwh)
    ]
    one = element(
        name,
        (1000, 0),
        (1000, 0),
        billed_gbp=amounts[0],
        virtual_gbp=amounts[1],
        difference_gbp=amounts[0] - amounts[1],
        rate_difference_gbp=amounts[0] - amounts[1],
    )
    lines, virtual_lines = (
        tuple(
            BillLine(name, "all", gbp(kwh), gbp(rate), gbp(kwh) * gbp(rate))
            for kwh, rate in zip(parts, rates, strict=True)
        )
        for parts in (billed_kwh, due_kwh)
    )
    return one, lines, virtual_lines


def test_guard_split_differs():
    one, lines, virtual_lines = shared_out("unit", (600, 400), (500, 500), ("0.30", "0.20"))
    bills = inputs(bill(one, lines=lines, virtual_lines=virtual_lines))
    for check in (wrong_rate, virtual_bill):
        detection = check.detect(bills)
        assert (detection.findings, held_back(detection)) == ((), ["split_differs"])
    one, lines, virtual_lines = shared_out("ccl", (900, 100), (500, 500), ("0.008", "0.006"))
    energy = element("unit", (1000, 0.25), (1000, 0.25))
    assert held_back(levy_and_vat.detect(inputs(bill(energy, one, lines=lines, virtual_lines=virtual_lines)))) == [
        "split_differs"
    ]


def test_guard_billed_apart():
    energy = bill(element("unit", (1000, 0.25), (1000, 0.25)), element("standing", (0, 0), (31, 2)))
    days = bill(element("standing", (31, 2), (31, 2)), invoice_id="B2")
    assert held_back(virtual_bill.detect(inputs(energy, days))) == ["billed_apart"]
    assert named(virtual_bill.detect(inputs(energy))) == {
        ("standing", "unexplained_standing", "undercharged"): gbp(-62)
    }


def test_guard_at_the_limit():
    """33 kWh a day were read and 33.01 billed: the supplier goes by its own energy."""
    at_limit = bill(
        element("unit", (1023.5, 0.25), (1023, 0.25)), element("ccl", (1023.5, 0.008), None), is_small_supply=True
    )
    detection = levy_and_vat.detect(inputs(at_limit, small_supply_kwh_a_day=Decimal(33)))
    assert (detection.findings, held_back(detection)) == ((), ["at_the_limit"])


def test_capacity_at_another_rate_is_not_told_as_other_kva():
    detection = virtual_bill.detect(inputs(bill(element("capacity", (3100, 0.06), (3100, 0.05)))))
    assert named(detection) == {("capacity", "unexplained_capacity", "recoverable"): gbp("31.00")}
    assert "are agreed" not in detection.findings[0].sentence


def test_an_actual_bill_of_a_closed_site_without_readings_says_how_much_is_used():
    bills = closed_bills()
    no_readings = replace(
        bills.bills[1],
        coverage_share=Decimal(0),
        elements={**bills.bills[1].elements, "unit": element("unit", (1000, 0.25), (0, 0.25))},
    )
    before = bills.bills[0]
    assert held_back(closed_site.detect(replace(bills, bills=(before, no_readings)))) == ["supply_in_use"]
    estimate = replace(no_readings, is_estimated=True)
    detection = closed_site.detect(replace(bills, bills=(before, estimate)))
    assert all("an unknown amount of energy was used" in one.sentence for one in detection.findings)
