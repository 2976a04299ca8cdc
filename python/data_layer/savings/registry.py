"""Finds the detectors: each is one Python file with a function `detect`, and one YAML card of the same name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from data_layer.errors import BadInputError
from data_layer.savings import detectors
from data_layer.savings.bill_detection import BillDetection
from data_layer.savings.bill_inputs import BillInputs
from data_layer.savings.detection import Detection, Inputs

EVIDENCE_CLASSES = ("A", "B", "C")
CLAIMS = ("energy", "charge", "bill")
REQUIRED = {
    "id": str,
    "title": str,
    "version": str,
    "evidence_class": str,
    "claims": str,
    "precedence": int,
    "fuels": list,
    "inputs": list,
    "formula": str,
    "guards": list,
    "source": str,
    "owner": str,
}
BILL_KEY = "errors"
"""Key of a card that claims on bills: each error code with what it means, for the reader of a finding."""


class CardError(BadInputError):
    """A detector's card is wrong or missing; the text says which and what to do."""


@dataclass(frozen=True)
class Card:
    """A detector's card, as read from its YAML file. `precedence`: lower is served first where claims overlap."""

    id: str
    title: str
    version: str
    evidence_class: str
    claims: str
    precedence: int
    fuels: tuple[str, ...]
    inputs: tuple[str, ...]
    formula: str
    guards: tuple[dict, ...]
    source: str
    owner: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Detector:
    """A card with its function: of a metering point's readings, or of its bills where the card claims on bills."""

    card: Card
    detect: Callable[[Inputs], Detection] | Callable[[BillInputs], BillDetection]


@cache
def find_detectors(folder: Path | None = None) -> tuple[Detector, ...]:
    """Detectors of the package in order of precedence, then id. Raises CardError."""
    folder = folder or Path(detectors.__file__).parent
    cards = {path.stem: read_card(path) for path in sorted(folder.glob("*.yaml"))}
    modules = {path.stem for path in folder.glob("*.py") if path.stem != "__init__"}
    for name in sorted(modules ^ set(cards)):
        missing = "card" if name in modules else "Python file"
        raise CardError(
            f"Detector {name} has no {missing}: put {name}.{'yaml' if missing == 'card' else 'py'} beside it."
        )
    found = []
    for name, card in cards.items():
        module = importlib.import_module(f"{detectors.__name__}.{name}")
        found.append(Detector(card, module.detect))
    return tuple(sorted(found, key=lambda detector: (detector.card.precedence, detector.card.id)))


def read_card(path: Path) -> Card:
    """Read and check one card. Raises CardError."""
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for key, kind in REQUIRED.items():
        if not isinstance(content.get(key), kind):
            raise CardError(f"{path.name}: `{key}` is missing or not a {kind.__name__}.")
    required = (*REQUIRED, BILL_KEY) if content["claims"] == "bill" else tuple(REQUIRED)
    if unknown := sorted(set(content) - set(required)):
        raise CardError(f"{path.name}: `{unknown[0]}` is not a key of a card. Keys: {', '.join(required)}.")
    if content["id"] != path.stem:
        raise CardError(f"{path.name}: the id is {content['id']}; it must be the file's name.")
    if content["evidence_class"] not in EVIDENCE_CLASSES:
        raise CardError(f"{path.name}: evidence_class must be one of {', '.join(EVIDENCE_CLASSES)}.")
    if content["claims"] not in CLAIMS:
        raise CardError(f"{path.name}: claims must be one of {', '.join(CLAIMS)}.")
    errors = content.get(BILL_KEY)
    if content["claims"] == "bill" and not (isinstance(errors, dict) and errors):
        raise CardError(f"{path.name}: `{BILL_KEY}` must name each error code of the bill and what it means.")
    for guard in content["guards"]:
        if not isinstance(guard, dict) or set(guard) != {"code", "rule"}:
            raise CardError(f"{path.name}: each guard needs a `code` and a `rule`.")
    content["guards"] = tuple(content["guards"])
    return Card(**{key: tuple(value) if isinstance(value, list) else value for key, value in content.items()})
