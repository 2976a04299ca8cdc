"""The gate of plausibility at and around its limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from data_layer.site.gates import spend_gate


@pytest.mark.parametrize(
    ("total_gbp", "verdict"),
    [
        ("0.00", "Passed"),
        ("149.99", "Passed"),
        ("150.00", "Needs a note by finance"),
        ("300.00", "Needs a note by finance"),
        ("300.01", "Blocked"),
        ("1000.00", "Blocked"),
        ("1000.01", "Refused"),
    ],
)
def test_limits_are_told_to_the_penny(total_gbp, verdict):
    gate = spend_gate(Decimal(total_gbp), Decimal("1000.00"))
    assert gate.verdict == verdict
    assert gate.share_pct == Decimal(total_gbp) / 10
    assert gate.is_open == (verdict == "Passed")
    assert gate.is_refused == (verdict == "Refused")


@pytest.mark.parametrize("invoiced_gbp", [None, Decimal(0), Decimal("-12.50")])
def test_without_invoiced_spend_nothing_is_passed(invoiced_gbp):
    gate = spend_gate(Decimal("10.00"), invoiced_gbp)
    assert gate.share_pct is None
    assert not gate.is_open
    assert not gate.is_refused
    assert "no invoiced spend to compare with: not reconciled" in gate.sentence
