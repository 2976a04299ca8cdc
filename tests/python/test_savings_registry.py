"""A new detector is one file and one card: what is found, and what a wrong card is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data_layer.savings import detectors
from data_layer.savings.registry import CardError, find_detectors, read_card

FOLDER = Path(detectors.__file__).parent


ORDER = [
    "gas_unit",
    "repeated_bill",
    "closed_site",
    "billed_energy",
    "levy_and_vat",
    "wrong_band",
    "wrong_rate",
    "reactive_power",
    "load_when_closed",
    "virtual_bill",
    "excess_capacity",
    "capacity_above_need",
]
# These leave out half-hours or bills, or say how a finding is shown; they hold nothing back by a code.
SILENT = {
    "hours_changed",
    "not_material",
    "credit_note",
    "grace_period",
    "timing",
    "dispute_window",
    "capital_needed",
    "tolerance",
}


def test_errors_of_bills_come_first_then_energy_then_charges_that_are_due():
    found = find_detectors()
    assert [detector.card.id for detector in found] == ORDER
    assert {detector.card.id: detector.card.claims for detector in found if detector.card.claims != "bill"} == {
        "load_when_closed": "energy",
        "capacity_above_need": "charge",
    }
    assert [detector.card.id for detector in found if detector.card.evidence_class != "A"] == ["load_when_closed"]


@pytest.mark.parametrize("name", ORDER)
def test_each_refusal_in_the_code_is_a_guard_on_the_card(name):
    card, code = read_card(FOLDER / f"{name}.yaml"), (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    in_code = {guard["code"] for guard in card.guards if f'"{guard["code"]}"' in code}
    assert in_code == {guard["code"] for guard in card.guards} - SILENT


@pytest.mark.parametrize("name", [name for name in ORDER if read_card(FOLDER / f"{name}.yaml").claims == "bill"])
def test_each_guard_of_a_check_of_bills_has_a_test(name):
    tests = (Path(__file__).parent / "test_savings_bill_detectors.py").read_text(encoding="utf-8")
    card = read_card(FOLDER / f"{name}.yaml")
    assert [guard["code"] for guard in card.guards if f"guard_{guard['code']}" not in tests] == []
    code = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    plain = {error for error in card.errors if f'"{error}"' in code}
    made_of_element = {
        error for error in card.errors if error.startswith(("unexplained_", "wrong_unit", "wrong_stand"))
    }
    assert plain | made_of_element == set(card.errors)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("evidence_class: A", "evidence_class: D"), "evidence_class must be one of"),
        (("owner: Group Energy\n", ""), "`owner` is missing"),
        (("id: capacity_above_need", "id: other"), "must be the file's name"),
        (("precedence: 900", "precedence: 900\nprecedense: 1"), "is not a key of a card"),
        (("claims: charge", "claims: money"), "claims must be one of"),
        (("claims: charge", "claims: bill"), "`errors` must name"),
        (("  - code: site_closed\n", "  - name: site_closed\n"), "needs a `code` and a `rule`"),
    ],
)
def test_a_wrong_card_is_refused_in_plain_words(tmp_path, change, message):
    path = tmp_path / "capacity_above_need.yaml"
    text = (FOLDER / path.name).read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(CardError, match=message):
        read_card(path)


def test_a_file_without_a_card_is_refused(tmp_path):
    for path in FOLDER.glob("*.*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "load_when_closed.yaml").unlink()
    with pytest.raises(CardError, match="has no card"):
        find_detectors(tmp_path)
