"""Small made-up bills for the tests of the checks on them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from data_layer.savings.arrays import Period
from data_layer.savings.bill_inputs import Bill, BillElement, BillInputs, BillLine, CapacityTerm

PERIOD = Period(as_of_date=date(2025, 12, 31), start_date=date(2025, 1, 1))
UNITS = {
    "unit": "kwh",
    "duos": "kwh",
    "ccl": "kwh",
    "standing": "day",
    "tnuos": "day",
    "capacity": "kva_day",
    "excess_capacity": "kva_day",
    "reactive": "kvarh",
    "vat": None,
}
ENERGY = ("unit", "duos", "ccl", "reactive")
Figures = tuple[str | int | float | None, str | float | None]


def gbp(value: object) -> Decimal:
    return Decimal(str(value))


def element(name: str, billed: Figures, due: Figures, is_estimated: bool = False, **changes: object) -> BillElement:
    """An element from (quantity, rate) as billed and as due, parted as the mart does it; None is no line."""
    quantity, rate = (gbp(value) for value in billed) if billed else (Decimal(0), Decimal(0))
    due_quantity, due_rate = (gbp(value) for value in due) if due else (Decimal(0), rate)
    net = (quantity * rate).quantize(Decimal("0.01"))
    due_net = (due_quantity * due_rate).quantize(Decimal("0.01"))
    at_due_rate = (quantity * due_rate).quantize(Decimal("0.01"))
    is_energy = name in ENERGY
    of_quantity = at_due_rate - due_net
    given = {
        "element": name,
        "quantity_unit": UNITS[name],
        "billed_quantity": quantity,
        "virtual_quantity": due_quantity,
        "billed_gbp": net,
        "virtual_gbp": due_net,
        "difference_gbp": net - due_net,
        "timing_gbp": Decimal(0),
        "estimate_gbp": of_quantity if is_energy and is_estimated else Decimal(0),
        "rate_difference_gbp": net - at_due_rate,
        "volume_difference_gbp": of_quantity if is_energy and not is_estimated else Decimal(0),
        "fixed_difference_gbp": Decimal(0) if is_energy else of_quantity,
        "unexplained_gbp": Decimal(0),
        "has_contract": True,
        "is_contract_expired": False,
    }
    return BillElement(**(given | changes))


def vat(billed: object, due: object) -> BillElement:
    difference = gbp(billed) - gbp(due)
    amounts = {"billed_gbp": gbp(billed), "virtual_gbp": gbp(due), "difference_gbp": difference}
    return element("vat", (0, 0), (0, 0), unexplained_gbp=difference, quantity_unit=None, **amounts)


def bill(
    *elements: BillElement,
    start: str = "2025-03-01",
    end: str = "2025-03-31",
    invoice_id: str = "B1",
    **changes: object,
) -> Bill:
    """A standing bill, issued six days after its last day, with all readings delivered; lines from the elements."""
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    named = {one.element: one for one in elements}
    given = {
        "invoice_id": invoice_id,
        "status": "standing",
        "supplier_id": "SUP-01",
        "already_billed_by_invoice_id": None,
        "is_estimated": False,
        "is_small_supply": False,
        "coverage_share": Decimal(1),
        "read_unit": None,
        "start_date": first,
        "end_date": last,
        "issue_date": last + timedelta(days=6),
        "elements": named,
        "lines": tuple(
            BillLine(name, "all", one.billed_quantity, _rate(one.billed_gbp, one.billed_quantity), one.billed_gbp)
            for name, one in named.items()
            if one.billed_quantity
        ),
        "virtual_lines": tuple(
            BillLine(name, "all", one.virtual_quantity, _rate(one.virtual_gbp, one.virtual_quantity), one.virtual_gbp)
            for name, one in named.items()
            if one.virtual_quantity
        ),
        "demand_days": (last - first).days + 1,
        "highest_kva": Decimal("80.0"),
    }
    return Bill(**(given | changes))


def _rate(amount: Decimal, quantity: Decimal) -> Decimal:
    return (amount / quantity).quantize(Decimal("0.000001"))


def usual(invoice_id: str = "B1", start: str = "2025-03-01", end: str = "2025-03-31", **changes: object) -> Bill:
    """A right bill: 1,000 kWh at 25p, a standing charge, the levy and VAT."""
    days = (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
    elements = (
        element("unit", (1000, 0.25), (1000, 0.25)),
        element("standing", (days, 2), (days, 2)),
        element("ccl", (1000, 0.008), (1000, 0.008)),
        vat(64, 64),
    )
    return bill(*elements, start=start, end=end, invoice_id=invoice_id, **changes)


def inputs(*bills: Bill, **changes: object) -> BillInputs:
    """The bills of one electricity supply at an open site."""
    given = {
        "meter_id": "1000000000001",
        "site_id": "S1",
        "site_type": "office",
        "fuel": "electricity",
        "charging_band": "LV2",
        "read_unit": None,
        "site_close_date": None,
        "period": PERIOD,
        "bills": bills,
        "capacity_terms": (
            CapacityTerm("capacity", Decimal(100), Decimal("0.05"), date(2023, 1, 1), date(2026, 12, 31)),
        ),
    }
    return BillInputs(**(given | changes))
