"""What the pages say of bills, as plain data: a bill with its elements, lines and findings, and a month of bills."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property

from data_layer.errors import CheckFailedError
from data_layer.site.formats import count, day, percent, pounds, words

VAT = "vat"
ELEMENTS = {
    "unit": "Energy",
    "duos": "Distribution use of system",
    "standing": "Standing charge",
    "capacity": "Agreed capacity",
    "excess_capacity": "Excess capacity",
    "reactive": "Reactive power",
    "tnuos": "Transmission residual",
    "ccl": "Climate Change Levy",
    VAT: "VAT",
    "all": "Whole bill",
}
"""Names of the elements for people, in the order in which a bill shows them."""

PARTS = ("timing_gbp", "estimate_gbp", "rate_gbp", "volume_gbp", "fixed_gbp", "unexplained_gbp")
"""What a difference is split into, in the order in which pages show it."""

_PART_WORDS = {
    "timing_gbp": "for days that another bill covers",
    "estimate_gbp": "for an estimate instead of the readings",
    "rate_gbp": "for another rate than was due",
    "volume_gbp": "for another quantity than was metered",
    "fixed_gbp": "for other days or kVA of the fixed charges",
    "unexplained_gbp": "that nothing explains",
}

TOLERANCE_GBP = Decimal(5)
TOLERANCE_SHARE = Decimal("0.005")
"""A bill agrees when it is off by no more than the larger of 5 GBP and half a per cent."""

BASES = {
    "recoverable": "Charged, not due",
    "unbilled": "Not charged yet",
    "undercharged": "Charged too little",
    "timing": "Comes back with a later bill",
    "avoidable": "Due, but avoidable",
}
"""What a finding's amount is, by its basis, in the order in which pages show them."""

_OUT_OF_COMPARISON = {
    "cancelled": "This bill was taken back by a credit note: it is in no comparison.",
    "credit_note": "This credit note takes back another bill: it is in no comparison.",
}

VERDICTS = {
    "finding": "With a finding",
    "gap": "Not billed",
    "unexplained": "Not explained",
    "explained": "Differs, explained",
    "agrees": "Agrees",
    "no_contract": "Cannot be checked",
    "cancelled": "Cancelled",
    "credit_note": "Credit note",
}
"""What a bill comes to, in the order in which a list offers them."""


class PartsDoNotSumError(CheckFailedError):
    """The parts of a difference do not add up to it. The message names the bill or the month, and the amounts."""


@dataclass(frozen=True)
class Difference:
    """What was billed, what the virtual bill says, and the parts of the difference between them; GBP, signed.

    billed = virtual + timing + estimate + rate + volume + fixed + unexplained, to the last digit.
    """

    billed_gbp: Decimal = Decimal(0)
    virtual_gbp: Decimal = Decimal(0)
    timing_gbp: Decimal = Decimal(0)
    estimate_gbp: Decimal = Decimal(0)
    rate_gbp: Decimal = Decimal(0)
    volume_gbp: Decimal = Decimal(0)
    fixed_gbp: Decimal = Decimal(0)
    unexplained_gbp: Decimal = Decimal(0)

    @property
    def difference_gbp(self) -> Decimal:
        """Billed less virtual: above zero when more was billed than is due."""
        return self.billed_gbp - self.virtual_gbp

    @property
    def explained_gbp(self) -> Decimal:
        """What the parts say of the difference, without what none of them says."""
        return sum((getattr(self, name) for name in PARTS[:-1]), Decimal(0))

    def __add__(self, other: Difference) -> Difference:
        return Difference(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Difference)))

    def require_sum(self, what: str) -> None:
        """Raise PartsDoNotSumError unless the identity holds exactly."""
        left = self.difference_gbp - self.explained_gbp - self.unexplained_gbp
        if left:
            raise PartsDoNotSumError(
                f"{what}: billed {self.billed_gbp} less virtual {self.virtual_gbp} GBP is not the sum of its parts; "
                f"{left} GBP is left over. The page was not written. Build the energy marts again; if it stays, "
                "fct_energy_invoice_reconciliation splits differences wrongly."
            )


@dataclass(frozen=True)
class BillElement:
    """One element of a bill (or its VAT) beside the virtual bill's. Quantities in `quantity_unit`, None without one."""

    element: str
    amounts: Difference
    quantity_unit: str | None = None
    billed_quantity: Decimal | None = None
    virtual_quantity: Decimal | None = None


@dataclass(frozen=True)
class BillLine:
    """A line as billed beside the line that was due, by element, band and rate; None where one side has no such line.

    virtual_gbp is without the days that another bill covers. is_published is False where the rate that was due is
    illustrative.
    """

    element: str
    rate_band: str
    quantity_unit: str
    billed_quantity: Decimal | None = None
    virtual_quantity: Decimal | None = None
    billed_rate_gbp: Decimal | None = None
    due_rate_gbp: Decimal | None = None
    billed_gbp: Decimal | None = None
    virtual_gbp: Decimal | None = None
    is_published: bool = True
    is_contract_expired: bool = False


@dataclass(frozen=True)
class BillFinding:
    """Something wrong with a bill. GBP without VAT, except for the element vat; below zero when too little was charged.

    The sentence says what is wrong and what to do. Only sequenced_gbp may be added up: it is what no finding
    before has taken.
    """

    finding_id: str
    detector_id: str
    invoice_id: str
    other_invoice_id: str | None
    meter_id: str
    element: str
    error_code: str
    basis: str
    sentence: str
    found_gbp: Decimal
    sequenced_gbp: Decimal
    period_start_date: dt.date
    period_end_date: dt.date

    @property
    def title(self) -> str:
        """The error and the element that it is about."""
        return f"{error_title(self.error_code)}, {ELEMENTS.get(self.element, words(self.element)).lower()}"


@dataclass(frozen=True)
class Bill:
    """A bill, or days that no bill covers (status `gap`). Dates are inclusive.

    status           standing, cancelled, credit_note or gap
    coverage_share   delivered half-hours as a share of those of the period; None where none is expected
    credited_invoice_id  of a credit note that gives back a part: the bill, or its own number where it names none
    """

    invoice_id: str
    status: str
    meter_id: str
    site_id: str
    site_name: str
    supplier_name: str
    contract_id: str | None
    fuel: str
    days_billed: int
    period_start_date: dt.date
    period_end_date: dt.date
    issue_date: dt.date | None
    coverage_share: Decimal | None
    is_estimated: bool
    has_contract: bool
    is_contract_expired: bool
    is_small_supply: bool
    already_billed_by_invoice_id: str | None = None
    cancels_invoice_id: str | None = None
    cancelled_by_invoice_id: str | None = None
    replaces_invoice_id: str | None = None
    replaced_by_invoice_id: str | None = None
    credited_invoice_id: str | None = None
    elements: Sequence[BillElement] = field(default_factory=tuple)
    lines: Sequence[BillLine] = field(default_factory=tuple)
    findings: Sequence[BillFinding] = field(default_factory=tuple)

    @cached_property
    def net(self) -> Difference:
        """All elements without VAT."""
        return sum((row.amounts for row in self.elements if row.element != VAT), Difference())

    @cached_property
    def vat(self) -> Difference:
        """VAT on the lines as billed."""
        return sum((row.amounts for row in self.elements if row.element == VAT), Difference())

    @property
    def tolerance_gbp(self) -> Decimal:
        """How far the bill may be off and still agree."""
        return max(TOLERANCE_GBP, abs(self.net.virtual_gbp) * TOLERANCE_SHARE)

    @property
    def verdict(self) -> str:
        """A key of VERDICTS."""
        if self.status in _OUT_OF_COMPARISON or self.credited_invoice_id is not None:
            return self.status if self.status in _OUT_OF_COMPARISON else "credit_note"
        if self.findings:
            return "finding"
        if self.status == "gap":
            return "gap"
        if not self.has_contract:
            return "no_contract"
        if max(abs(self.net.unexplained_gbp), abs(self.vat.difference_gbp)) > self.tolerance_gbp:
            return "unexplained"
        return "agrees" if abs(self.net.difference_gbp) <= self.tolerance_gbp else "explained"

    @property
    def label(self) -> str:
        """The verdict in a few words: the largest error by its name."""
        if self.verdict != "finding":
            return VERDICTS[self.verdict]
        titles = list(dict.fromkeys(error_title(row.error_code) for row in _largest_first(self.findings)))
        return titles[0] if len(titles) == 1 else f"{titles[0]} and {len(titles) - 1} more"

    @property
    def sentence(self) -> str:
        """What the bill comes to, for people; what its findings say stands beside it."""
        if self.status == "gap":
            return (
                f"No bill covers {day(self.period_start_date)} to {day(self.period_end_date)}. By contract and "
                f"readings these {count(self.days_billed, 'day')} come to {pounds(self.net.virtual_gbp)} without VAT."
            )
        if self.status in _OUT_OF_COMPARISON:
            return _OUT_OF_COMPARISON[self.status]
        if self.credited_invoice_id is not None:
            named = "bill that it does not name"
            if self.credited_invoice_id != self.invoice_id:
                named = f"bill, {self.credited_invoice_id}"
            return f"This credit note gives back a part of a {named}: it is taken off what is claimed there."
        if not self.has_contract:
            return "No contract is known for all days of this bill, so there is nothing to compare it with."
        agrees = self.verdict == "agrees" or not self.net.difference_gbp
        return self._agreement() if agrees else self._parts_of_difference()

    def _agreement(self) -> str:
        net, vat = self.net, self.vat
        if net.difference_gbp:
            share = f" ({percent(100 * abs(net.difference_gbp) / abs(net.virtual_gbp), 2)})" if net.virtual_gbp else ""
            return f"The bill agrees with contract and readings within {pounds(abs(net.difference_gbp))}{share}."
        if not vat.difference_gbp:
            return "The bill agrees with contract and readings to the penny."
        return (
            "Without VAT the bill agrees with contract and readings to the penny; "
            f"{pounds(vat.billed_gbp)} of VAT was charged where {pounds(vat.virtual_gbp)} is due."
        )

    def _parts_of_difference(self) -> str:
        difference_gbp = self.net.difference_gbp
        known = [(name, getattr(self.net, name)) for name in PARTS if getattr(self.net, name)]
        known.sort(key=lambda part: -abs(part[1]))
        said = "; ".join(f"{pounds(value)} {_PART_WORDS[name]}" for name, value in known)
        direction = "more" if difference_gbp > 0 else "less"
        return f"{pounds(abs(difference_gbp))} {direction} was billed than contract and readings say: {said}."

    @property
    def found_gbp(self) -> Decimal:
        """All that its findings come to, each pound once."""
        return sum((row.sequenced_gbp for row in self.findings), Decimal(0))


@dataclass(frozen=True)
class BillMonth:
    """The bills whose last day lies in a month, GBP without VAT.

    amounts            standing bills, signed
    taken_back_gbp     cancelled bills and their credit notes, as billed
    not_billed_gbp     virtual bill of the days that no bill covers
    unexplained_share  of absolute amounts, with VAT, 0 to 1; None where no bill stands
    """

    month_start_date: dt.date
    amounts: Difference
    taken_back_gbp: Decimal
    not_billed_gbp: Decimal
    unexplained_share: float | None


@dataclass(frozen=True)
class ErrorGroup:
    """Findings of one error and basis. Money is what may be added up, GBP without VAT except for wrong_vat."""

    error_code: str
    basis: str
    bills_in_period: int
    period_gbp: Decimal
    bills: int
    all_gbp: Decimal

    @property
    def title(self) -> str:
        """The error's name."""
        return error_title(self.error_code)


@dataclass(frozen=True)
class SiteBills:
    """A site's bills of the 12 months, as the metrics have them."""

    site_name: str
    billed_gbp: Decimal | None
    virtual_gbp: Decimal | None
    unexplained_gbp: Decimal | None


@dataclass(frozen=True)
class BillFacts:
    """Everything that is said of bills.

    period_start_date, period_end_date  the 12 months, inclusive; None without any bill
    bills               those with a page of their own
    checked             standing bills in all that is loaded; checked_in_period those of the 12 months
    bills_in_period     bills, credit notes and gaps of the 12 months
    findings            all of them, whether or not their bill has a page
    unexplained_gbp, unexplained_share  metrics for the 12 months (the share 0 to 1)
    sites               filled only when not every bill of the 12 months has a page
    """

    period_start_date: dt.date | None
    period_end_date: dt.date | None
    bills: Sequence[Bill]
    checked: int
    checked_in_period: int
    bills_in_period: int
    findings: Sequence[BillFinding]
    months: Sequence[BillMonth]
    unexplained_gbp: Decimal | None
    unexplained_share: float | None
    sites: Sequence[SiteBills] = field(default_factory=tuple)

    @cached_property
    def total(self) -> Difference:
        """Standing bills of the 12 months together."""
        return sum((row.amounts for row in self.months), Difference())

    @property
    def taken_back_gbp(self) -> Decimal:
        """Cancelled bills and credit notes of the 12 months."""
        return sum((row.taken_back_gbp for row in self.months), Decimal(0))

    @property
    def not_billed_gbp(self) -> Decimal:
        """What the days of the 12 months that no bill covers would come to."""
        return sum((row.not_billed_gbp for row in self.months), Decimal(0))

    @cached_property
    def page_ids(self) -> frozenset[str]:
        """Bills that can be linked to."""
        return frozenset(bill.invoice_id for bill in self.bills)

    @property
    def is_complete(self) -> bool:
        """Every bill of the 12 months has a page."""
        return not self.sites

    @cached_property
    def groups(self) -> list[ErrorGroup]:
        """Findings by basis and error, the largest of each basis first."""
        groups: dict[tuple[str, str], list[BillFinding]] = defaultdict(list)
        for row in self.findings:
            groups[row.basis, row.error_code].append(row)
        order = {basis: place for place, basis in enumerate(BASES)}
        made = [self._group(error_code, basis, rows) for (basis, error_code), rows in groups.items()]
        return sorted(made, key=lambda row: (order.get(row.basis, len(order)), -abs(row.all_gbp), row.error_code))

    def in_period(self, finding: BillFinding) -> bool:
        """The finding belongs to the 12 months by the last day that it is about."""
        return self.period_start_date <= finding.period_end_date <= self.period_end_date

    def of_basis(self, basis: str) -> tuple[int, Decimal]:
        """Bills of the 12 months with a finding of this basis, and what these come to."""
        rows = [row for row in self.findings if row.basis == basis and self.in_period(row)]
        return len({row.invoice_id for row in rows}), sum((row.sequenced_gbp for row in rows), Decimal(0))

    def _group(self, error_code: str, basis: str, rows: list[BillFinding]) -> ErrorGroup:
        recent = [row for row in rows if self.in_period(row)]
        return ErrorGroup(
            error_code=error_code,
            basis=basis,
            bills_in_period=len({row.invoice_id for row in recent}),
            period_gbp=sum((row.sequenced_gbp for row in recent), Decimal(0)),
            bills=len({row.invoice_id for row in rows}),
            all_gbp=sum((row.sequenced_gbp for row in rows), Decimal(0)),
        )


def error_title(error_code: str) -> str:
    """Name of an error for people."""
    return words(error_code).replace("vat", "VAT").replace("ccl", "CCL")


def _largest_first(findings: Iterable[BillFinding]) -> list[BillFinding]:
    return sorted(findings, key=lambda row: -abs(row.found_gbp))
