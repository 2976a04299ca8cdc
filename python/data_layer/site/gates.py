"""The gate of plausibility: what share of the invoiced spend a cautious total may be before people must look at it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

REFUSE_ABOVE_PCT = Decimal(100)
BLOCK_ABOVE_PCT = Decimal(30)
NOTE_FROM_PCT = Decimal(15)


@dataclass(frozen=True)
class SpendGate:
    """What the gate says of a total.

    share_pct   total as a share of the invoiced spend, in per cent; None where no spend is invoiced
    verdict     a few words
    sentence    why, for people
    is_open     True when nobody need do anything
    is_refused  True when the total must not stand as a headline
    """

    share_pct: Decimal | None
    verdict: str
    sentence: str
    is_open: bool = False
    is_refused: bool = False


def spend_gate(total_gbp: Decimal, invoiced_gbp: Decimal | None) -> SpendGate:
    """Hold a cautious total against the spend invoiced for the same period; both in GBP without VAT.

    More than 100 % is refused, more than 30 % blocked, from 15 % on finance must add a note. A spend that is not known,
    nothing or negative cannot be compared with.
    """
    if invoiced_gbp is None or invoiced_gbp <= 0:
        return SpendGate(None, "Not reconciled", "There is no invoiced spend to compare with: not reconciled.")
    share_pct = 100 * total_gbp / invoiced_gbp
    if share_pct > REFUSE_ABOVE_PCT:
        return SpendGate(
            share_pct,
            "Refused",
            "More than everything that was invoiced cannot be saved: the candidates or the invoices are wrong.",
            is_refused=True,
        )
    if share_pct > BLOCK_ABOVE_PCT:
        return SpendGate(
            share_pct,
            "Blocked",
            f"More than {BLOCK_ABOVE_PCT} % of the invoiced spend: not to be used before candidates and invoices have "
            "been reconciled.",
        )
    if share_pct >= NOTE_FROM_PCT:
        return SpendGate(
            share_pct,
            "Needs a note by finance",
            f"Between {NOTE_FROM_PCT} and {BLOCK_ABOVE_PCT} % of the invoiced spend: finance must say why that is "
            "plausible.",
        )
    return SpendGate(share_pct, "Passed", f"Less than {NOTE_FROM_PCT} % of the invoiced spend.", is_open=True)
