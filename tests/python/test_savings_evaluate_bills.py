"""Findings on bills against planted errors: the arithmetic of the comparison, on rows made by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from data_layer.savings.evaluate_bills import NoTruthError, compare, evaluate_bills


def planted(invoice_id="B1", element="unit", error="wrong_unit_rate", gbp="12.34", meter="m1"):
    return {
        "invoice_id": invoice_id,
        "meter_id": meter,
        "element": element,
        "error_code": error,
        "gbp": Decimal(gbp),
    }


def found(invoice_id="B1", element="unit", error="wrong_unit_rate", gbp="12.34", meter="m1"):
    row = planted(invoice_id, element, error, gbp, meter)
    return {**row, "found_gbp": row["gbp"]}


def met(result):
    return [goal["met"] for goal in result["goals"]]


def test_found_to_the_penny_and_off_by_one():
    result = compare([planted(), planted("B2")], [found(), found("B2", gbp="12.35")], [])
    assert (result["planted"], result["found"], result["to_the_penny"]) == (2, 2, 1)
    assert result["errors"]["wrong_unit_rate"]["off"][0]["found_gbp"] == "12.35"
    assert met(result) == [True, False, True, True]


def test_another_name_or_another_element_is_missed():
    for other in (found(error="unexplained_unit"), found(element="ccl"), found("B2")):
        result = compare([planted()], [other], [])
        assert len(result["errors"]["wrong_unit_rate"]["missed"]) == 1
        assert not met(result)[0]


def test_a_finding_where_nothing_was_planted_is_false_above_five_pounds():
    findings = [found("B2", gbp="5.01"), found("B3", gbp="5.00"), found("B1", "ccl", gbp="-9"), found()]
    result = compare([planted()], findings, [])
    assert [(row["invoice_id"], row["element"]) for row in result["false"]] == [("B1", "ccl"), ("B2", "unit")]
    assert not met(result)[2]


def test_another_name_on_a_planted_element_is_not_false_but_missed():
    result = compare([planted()], [found(error="unexplained_unit")], [])
    assert result["false"] == []


def test_what_belongs_to_a_metering_point_is_the_sum_over_its_bills_within_one_percent():
    truth = [planted(None, "excess_capacity", "excess_capacity", "100.00")]
    half = [found(invoice, "excess_capacity", "excess_capacity", "50.50") for invoice in ("B1", "B2")]
    assert compare(truth, half, [])["to_the_penny"] == 1
    off = [*half, found("B3", "excess_capacity", "excess_capacity", "0.01")]
    assert compare(truth, off, [])["to_the_penny"] == 0
    assert compare(truth, off, [])["false"] == []
    other = [found("B1", "excess_capacity", "excess_capacity", "100.00", meter="m2")]
    assert len(compare(truth, other, [])["errors"]["excess_capacity"]["missed"]) == 1
    assert len(compare(truth, other, [])["false"]) == 1


def test_right_bills_are_those_without_a_planted_error():
    bills = [
        ("B1", Decimal(200), Decimal(100)),
        *((f"R{at}", Decimal(100), Decimal("99.5")) for at in range(19)),
        ("R19", Decimal(100), Decimal("99.49")),
    ]
    result = compare([planted(), planted("R1", "all", "missing_bill")], [], bills)
    assert (result["right_bills"], result["right_bills_within"]) == (20, 19)
    assert met(result)[3]
    assert not met(compare([planted()], [], [*bills, ("R20", Decimal(100), Decimal(90))]))[3]


def test_an_estate_without_truth_is_told_so(duckdb_config):
    with pytest.raises(NoTruthError, match="only a sample estate"):
        evaluate_bills(duckdb_config)
