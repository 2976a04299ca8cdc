"""A new detector is one file and one card: what is found, and what a wrong card is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data_layer.savings import detectors
from data_layer.savings.registry import CardError, find_detectors, read_card

FOLDER = Path(detectors.__file__).parent


def test_energy_claims_are_served_before_charges():
    found = find_detectors()
    assert [detector.card.id for detector in found] == ["load_when_closed", "capacity_above_need"]
    assert [detector.card.evidence_class for detector in found] == ["B", "A"]


@pytest.mark.parametrize("name", ["load_when_closed", "capacity_above_need"])
def test_each_refusal_in_the_code_is_a_guard_on_the_card(name):
    card, code = read_card(FOLDER / f"{name}.yaml"), (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    in_code = {guard["code"] for guard in card.guards if f'"{guard["code"]}"' in code}
    silent = {"hours_changed", "not_material"}  # these leave half-hours out; they refuse no metering point
    assert in_code == {guard["code"] for guard in card.guards} - silent


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("evidence_class: A", "evidence_class: D"), "evidence_class must be one of"),
        (("owner: Group Energy\n", ""), "`owner` is missing"),
        (("id: capacity_above_need", "id: other"), "must be the file's name"),
        (("precedence: 900", "precedence: 900\nprecedense: 1"), "is not a key of a card"),
        (("claims: charge", "claims: money"), "claims must be one of"),
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
