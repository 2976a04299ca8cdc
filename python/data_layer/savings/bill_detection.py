"""What a detector of bills returns, and the arithmetic that these detectors share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from data_layer.savings.bill_inputs import Bill, BillElement, BillLine
from data_layer.savings.detection import Refusal

RECOVERABLE, AVOIDABLE, TIMING, UNBILLED, UNDERCHARGED = (
    "recoverable",
    "avoidable",
    "timing",
    "unbilled",
    "undercharged",
)
BASES = (RECOVERABLE, AVOIDABLE, TIMING, UNBILLED, UNDERCHARGED)
CLAIMED = (RECOVERABLE, AVOIDABLE)
"""Bases that may become a saving; the others are shown beside it."""

ALL_ELEMENTS = "all"
VAT = "vat"
IN_WORDS = {
    "unit": "units",
    "standing": "the standing charge",
    "duos": "network units (DUoS)",
    "tnuos": "the transmission residual (TNUoS)",
    "reactive": "reactive energy",
    "ccl": "the Climate Change Levy",
    VAT: "VAT",
}
PENNY = Decimal("0.01")
ROUNDING_GBP = Decimal("0.05")
"""What the rounding of a bill's lines can come to: less is no finding."""
KWH_TOLERANCE = Decimal("0.005")
LEAST_COVERAGE = Decimal("0.99")


@dataclass(frozen=True)
class BillFinding:
    """One error on one element of one bill.

    found_gbp  pounds to the penny, without VAT except for the element vat; negative where too little was charged
    evidence   figures behind it, JSON-able
    """

    invoice_id: str
    element: str
    error_code: str
    basis: str
    found_gbp: Decimal
    sentence: str
    start_date: date
    end_date: date
    other_invoice_id: str | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)

    def finding_id(self, detector_id: str) -> str:
        """Stable from run to run: 16 hexadecimal digits of a hash of detector, bill, element and error."""
        name = f"{detector_id}|{self.invoice_id}|{self.element}|{self.error_code}"
        return hashlib.sha256(name.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class SkippedBill:
    """A bill that differs and was not judged, with the guard that held it back; amount as far as it differs."""

    invoice_id: str
    reason_code: str
    reason: str
    amount_gbp: Decimal
    start_date: date
    end_date: date


@dataclass(frozen=True)
class BillDetection:
    """A detector's answer for the bills of one metering point; `refusal` when it could judge none of them."""

    findings: tuple[BillFinding, ...] = ()
    skipped: tuple[SkippedBill, ...] = ()
    refusal: Refusal | None = None


def refused_bills(reason_code: str, reason: str) -> BillDetection:
    """An answer that only says why no bill was judged."""
    return BillDetection(refusal=Refusal(reason_code, reason))


def skipped(bill: Bill, reason_code: str, reason: str, amount_gbp: Decimal) -> SkippedBill:
    """A bill held back by a guard."""
    return SkippedBill(bill.invoice_id, reason_code, reason, amount_gbp, bill.start_date, bill.end_date)


def finding(
    bill: Bill, element: str, error_code: str, basis: str, found_gbp: Decimal, sentence: str, **more: object
) -> BillFinding:
    """A finding on a whole bill. `other_invoice_id` and `evidence` may be given by name."""
    return BillFinding(
        invoice_id=bill.invoice_id,
        element=element,
        error_code=error_code,
        basis=basis,
        found_gbp=to_the_penny(found_gbp),
        sentence=sentence,
        start_date=bill.start_date,
        end_date=bill.end_date,
        **more,
    )


def amount_of(element: BillElement, *parts: Decimal) -> Decimal:
    """What the named parts of the difference come to: the whole difference when the rest of it is rounding only.

    Lines are rounded to the penny one by one, so that quantity times a difference of rates is a penny off the
    difference of the lines; the bill's own pennies are what can be claimed.
    """
    named = sum(parts, Decimal(0))
    if named and abs(element.difference_gbp - named) <= ROUNDING_GBP:
        return element.difference_gbp
    return to_the_penny(named)


def is_beyond_rounding(amount_gbp: Decimal) -> bool:
    """More than the rounding of lines can bring."""
    return abs(amount_gbp) > ROUNDING_GBP


def recoverable_or_undercharged(amount_gbp: Decimal) -> str:
    """Basis of an amount that documents decide, by its sign."""
    return RECOVERABLE if amount_gbp > 0 else UNDERCHARGED


def energy_ratio(bill: Bill) -> Decimal | None:
    """Billed over metered kWh of the bill; None where either is not known for all days or nothing was metered."""
    unit = bill.elements.get("unit")
    if unit is None or unit.billed_quantity is None or not unit.virtual_quantity or not unit.has_contract:
        return None
    return unit.billed_quantity / unit.virtual_quantity


def energy_matches(bill: Bill) -> bool:
    """Billed and metered kWh agree within 0.5 %, or both are nothing: only then can rates be judged."""
    ratio = energy_ratio(bill)
    if ratio is None:
        unit = bill.elements.get("unit")
        return unit is None or not (unit.billed_quantity or unit.virtual_quantity)
    return abs(ratio - 1) <= KWH_TOLERANCE


def is_covered(bill: Bill) -> bool:
    """At least 99 % of the half-hours were delivered, so that the metered energy can stand against the bill."""
    return bill.coverage_share is not None and bill.coverage_share >= LEAST_COVERAGE


def is_split_otherwise(bill: Bill, element: str) -> bool:
    """Rates changed within the bill and each rate billed is one that was due: only the split of the energy differs.

    A supplier shares the energy of a bill out by days where nobody read the register on the day of the change.
    """
    billed, due = (
        {(line.rate_band, line.rate_gbp) for line in lines if line.element == element and line.quantity}
        for lines in (bill.lines, bill.virtual_lines)
    )
    return len(due) > len({band for band, _ in due}) and billed == due


def rates(lines: Iterable[BillLine], element: str) -> dict[str, Decimal]:
    """Mean rate of each band of an element, weighted by quantity where a band has several lines."""
    found: dict[str, list[BillLine]] = {}
    for line in lines:
        if line.element == element and line.rate_gbp is not None:
            found.setdefault(line.rate_band, []).append(line)
    means = {}
    for band, members in sorted(found.items()):
        quantity = sum((line.quantity for line in members), Decimal(0))
        if quantity:
            means[band] = sum((line.quantity * line.rate_gbp for line in members), Decimal(0)) / quantity
        else:
            means[band] = members[-1].rate_gbp
    return means


def is_illustrative(bill: Bill, element: str) -> bool:
    """The rate that the element was compared with is not from a published document."""
    return any(line.element == element and not line.is_published for line in bill.virtual_lines)


def to_the_penny(amount_gbp: Decimal) -> Decimal:
    """Half away from nothing, as bills are rounded."""
    return amount_gbp.quantize(PENNY, rounding=ROUND_HALF_UP)


def money(amount_gbp: Decimal) -> str:
    """An amount in a sentence, without its sign: £1,234.56."""
    return f"£{abs(to_the_penny(amount_gbp)):,.2f}"


def rate_text(rate_gbp: Decimal) -> str:
    """A rate in a sentence: 24.301p, or £5.324 from a pound on."""
    if abs(rate_gbp) >= 1:
        whole, _, rest = f"{rate_gbp:.6f}".rstrip("0").partition(".")
        return f"£{whole}.{rest.ljust(2, '0')}"
    text = f"{rate_gbp * 100:.4f}".rstrip("0").rstrip(".")
    return f"{text}p"


def in_words(element: str) -> str:
    """An element of a bill in a sentence."""
    return IN_WORDS.get(element, element.replace("_", " "))


def quantity_text(quantity: Decimal | None, unit: str) -> str:
    """A quantity in a sentence: 1,234.5 kWh."""
    number = Decimal(0) if quantity is None else quantity
    text = f"{number:,.3f}".rstrip("0").rstrip(".")
    return f"{text} {unit}"


def rates_text(means: Mapping[str, Decimal]) -> str:
    """Rates by band in a sentence: 28.1p by day and 21p by night."""
    named = {"all": "", "day": " by day", "night": " by night"}
    return (
        " and ".join(f"{rate_text(rate)}{named.get(band, f' in {band}')}" for band, rate in means.items()) or "nothing"
    )


def claim_text(amount_gbp: Decimal) -> str:
    """What to do about an amount: ask for a credit, or expect a charge."""
    if amount_gbp > 0:
        return f"Ask the supplier for a credit of {money(amount_gbp)}."
    return f"Expect a charge of {money(amount_gbp)} when the supplier corrects it."


def period_text(bill: Bill) -> str:
    """The days of a bill in a sentence."""
    return f"{bill.start_date:%-d %B %Y} to {bill.end_date:%-d %B %Y}"


def decimals(values: Mapping[str, Decimal | None]) -> dict[str, str | None]:
    """Decimals as text, so that JSON keeps them exact."""
    return {key: None if value is None else format(value.normalize(), "f") for key, value in values.items()}
