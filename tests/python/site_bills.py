"""Made-up bills for the tests of pages: one of each kind, with awkward text in them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from data_layer.site.bill_facts import Bill, BillElement, BillFacts, BillFinding, BillLine, BillMonth, Difference

START, END = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
SITE = "Keswick <Main> Street & Co food store"


def amounts(billed: str, virtual: str | None = None, **parts: str) -> Difference:
    """Amounts of an element; without `virtual` what was billed was due."""
    return Difference(
        Decimal(billed),
        Decimal(billed if virtual is None else virtual),
        **{f"{name}_gbp": Decimal(value) for name, value in parts.items()},
    )


def element(name: str, difference: Difference, unit: str | None = "kwh") -> BillElement:
    """An element without quantities."""
    return BillElement(name, difference, None if name == "vat" else unit)


def line(name: str, billed: tuple[str, str, str], due: tuple[str, str, str] | None = None, **more: object) -> BillLine:
    """A line from (quantity, rate, GBP) as billed and as due."""
    quantities, rates, money = zip(
        *(tuple(Decimal(value) for value in side) for side in (billed, due or billed)), strict=True
    )
    units = {"unit": "kwh", "standing": "day", "ccl": "kwh", "capacity": "kva_day", "duos": "kwh"}
    return BillLine(name, more.pop("rate_band", "all"), units[name], *quantities, *rates, *money, **more)


def finding(invoice_id: str, **changes: object) -> BillFinding:
    """Energy billed above the signed rate; `changes` replace fields."""
    content = {
        "finding_id": f"f-{invoice_id}",
        "detector_id": "wrong_rate",
        "invoice_id": invoice_id,
        "other_invoice_id": None,
        "meter_id": "1200000000017",
        "element": "unit",
        "error_code": "wrong_unit_rate",
        "basis": "recoverable",
        "sentence": "Energy was billed at £0.2652 a kWh; <signed> & in force is £0.2452.",
        "found_gbp": Decimal("120.00"),
        "sequenced_gbp": Decimal("120.00"),
        "period_start_date": dt.date(2025, 5, 1),
        "period_end_date": dt.date(2025, 5, 31),
    }
    return BillFinding(**{**content, **changes})


def bill(invoice_id: str, **changes: object) -> Bill:
    """A clean electricity bill of May 2025: 6,000 kWh at £0.2452, 31 days at £1.10 and the levy."""
    content = {
        "invoice_id": invoice_id,
        "status": "standing",
        "meter_id": "1200000000017",
        "site_id": "S0003",
        "site_name": SITE,
        "supplier_name": "Brightwater Energy",
        "contract_id": "K-0001",
        "fuel": "electricity",
        "days_billed": 31,
        "period_start_date": dt.date(2025, 5, 1),
        "period_end_date": dt.date(2025, 5, 31),
        "issue_date": dt.date(2025, 6, 5),
        "coverage_share": Decimal("0.9993"),
        "is_estimated": False,
        "has_contract": True,
        "is_contract_expired": False,
        "is_small_supply": False,
        "elements": (
            element("unit", amounts("1471.20")),
            element("standing", amounts("34.10"), "day"),
            element("ccl", amounts("46.50")),
            element("vat", amounts("310.36")),
        ),
        "lines": (
            line("unit", ("6000", "0.245200", "1471.20")),
            line("standing", ("31", "1.100000", "34.10")),
            line("ccl", ("6000", "0.007750", "46.50"), is_published=False),
        ),
    }
    return Bill(**{**content, **changes})


CLEAN = bill("INV-1000")
WRONG_RATE = bill(
    "INV/2 <b>&",
    elements=(
        element("unit", amounts("1591.20", "1471.20", rate="120.00")),
        element("standing", amounts("34.10"), "day"),
        element("ccl", amounts("46.50")),
        element("vat", amounts("334.36")),
    ),
    lines=(
        line("unit", ("6000", "0.265200", "1591.20"), ("6000", "0.245200", "1471.20"), is_contract_expired=True),
        line("standing", ("31", "1.100000", "34.10")),
        line("ccl", ("6000", "0.007750", "46.50"), is_published=False),
    ),
    findings=(finding("INV/2 <b>&"),),
)
CANCELLED = bill(
    "INV-3000",
    status="cancelled",
    elements=(element("unit", amounts("900.00", "0", timing="900.00")),),
    lines=(),
    cancelled_by_invoice_id="CN-3000",
    replaced_by_invoice_id="INV-3001",
)
CREDIT_NOTE = bill(
    "CN-3000",
    status="credit_note",
    elements=(element("unit", amounts("-900.00", "0", timing="-900.00")),),
    lines=(),
    cancels_invoice_id="INV-3000",
)
REBILL = bill(
    "INV-3001",
    replaces_invoice_id="INV-3000",
    is_estimated=True,
    elements=(element("unit", amounts("1000.00", "900.00", estimate="100.00")),),
    lines=(line("unit", ("4078", "0.245200", "1000.00"), ("3670", "0.245200", "900.00")),),
)
GAP = bill(
    "gap-1200000000017-20250601",
    status="gap",
    issue_date=None,
    days_billed=30,
    period_start_date=dt.date(2025, 6, 1),
    period_end_date=dt.date(2025, 6, 30),
    elements=(element("unit", amounts("0", "700.00", timing="-700.00")),),
    lines=(BillLine("unit", "all", "kwh", None, Decimal(2855), None, Decimal("0.2452"), None, Decimal("700.00")),),
)
UNEXPLAINED = bill(
    "INV-5000",
    site_id="S0011",
    site_name="Harrogate office",
    meter_id="7400000019",
    fuel="gas",
    supplier_name="Northgate Gas",
    elements=(element("unit", amounts("500.00", "460.00", unexplained="40.00")),),
    lines=(line("unit", ("10000", "0.050000", "500.00"), ("10000", "0.046000", "460.00")),),
)
OLD_VAT = finding(
    "INV-0900",
    finding_id="f-old",
    error_code="wrong_vat",
    detector_id="levy_and_vat",
    element="vat",
    sentence="VAT was charged at 20 %; the reduced rate is due.",
    found_gbp=Decimal("15.25"),
    sequenced_gbp=Decimal("15.25"),
    period_start_date=dt.date(2024, 3, 1),
    period_end_date=dt.date(2024, 3, 31),
)
MONTHS = (
    BillMonth(
        dt.date(2025, 5, 1),
        amounts("4675.80", "4375.80", estimate="100.00", rate="160.00", unexplained="40.00"),
        Decimal("-900.00"),
        Decimal(0),
        40 / 4675.80,
    ),
    BillMonth(dt.date(2025, 6, 1), amounts("0.00"), Decimal(0), Decimal("700.00"), None),
    BillMonth(dt.date(2025, 7, 1), amounts("812.00", "811.98", volume="0.02"), Decimal("900.00"), Decimal(0), 0.0),
)


def bill_facts(**changes: object) -> BillFacts:
    """The made-up bills; `changes` replace fields."""
    content = {
        "period_start_date": START,
        "period_end_date": END,
        "bills": (CLEAN, WRONG_RATE, CANCELLED, CREDIT_NOTE, REBILL, GAP, UNEXPLAINED),
        "checked": 30,
        "checked_in_period": 4,
        "bills_in_period": 7,
        "findings": (*WRONG_RATE.findings, OLD_VAT),
        "months": MONTHS,
        "unexplained_gbp": Decimal("40.00"),
        "unexplained_share": 0.0073,
    }
    return BillFacts(**{**content, **changes})
