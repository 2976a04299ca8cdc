"""How figures are written on every page: UK money, dates and quantities. Pure functions, value in, text out."""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal

ABSENT = "not known"
MINUS = "\N{MINUS SIGN}"
POUND = "\N{POUND SIGN}"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

Number = Decimal | int | float


def grouped(value: Number, places: int = 0) -> str:
    """Number with thousands separated by commas and a true minus sign; halves are rounded away from zero.

    Minus nothing is nothing: what rounds to zero carries no sign.
    """
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,.{places}f}"


def pounds(value: Number | None, places: int = 2) -> str:
    """GBP, to the penny unless told otherwise: 1234.5 is written with its sign before the pound sign."""
    if value is None:
        return ABSENT
    text = grouped(value, places)
    return f"{MINUS}{POUND}{text[1:]}" if text.startswith(MINUS) else f"{POUND}{text}"


def signed_pounds(value: Number) -> str:
    """GBP as a term of a sum: its sign, a space, and the amount without a sign."""
    text = pounds(value)
    return f"{MINUS} {text[1:]}" if text.startswith(MINUS) else f"+ {text}"


def quantity(value: Number | None, unit: str = "kWh", places: int = 0) -> str:
    """Number and unit, kept on one line by a no-break space."""
    return ABSENT if value is None else f"{grouped(value, places)}\N{NO-BREAK SPACE}{unit}"


def percent(value: Number | None, places: int = 1) -> str:
    """A share given in per cent (not as a fraction)."""
    return ABSENT if value is None else f"{grouped(value, places)}%"


def day(value: dt.date | None) -> str:
    """A date as it is spoken: 3 February 2025."""
    return ABSENT if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def month(value: dt.date) -> str:
    """Month and year, short: Feb 2025."""
    return f"{MONTHS[value.month - 1][:3]} {value.year}"


def moment(value: dt.datetime) -> str:
    """A UTC time, to the minute."""
    return f"{day(value.date())}, {value:%H:%M} UTC"


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Number with its noun in the right form."""
    return f"{grouped(number)} {singular if number == 1 else plural or singular + 's'}"


def spoken_dates(text: str) -> str:
    """The text with each date such as 2025-02-03 written as it is spoken."""
    return re.sub(
        r"\b(\d{4})-(\d\d)-(\d\d)\b", lambda match: day(dt.date(*(int(part) for part in match.groups()))), text
    )


def words(name: str) -> str:
    """A code such as `scale_break` as words: Scale break."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def metric_value(value: Number | None, unit: str) -> str:
    """A metric's total in its own unit: GBP as money, GBP per something to a hundredth of a penny, a share or pct as
    per cent, the rest as number and unit.
    """
    if value is None:
        return ABSENT
    kind = unit.lower()
    if kind in {"gbp", POUND}:
        return pounds(value)
    if kind.startswith(("gbp/", "gbp per ")):
        return f"{pounds(value, 4)}{unit[3:]}"
    if kind in {"pct", "%", "per cent", "percent"}:
        return percent(value, 2)
    if kind == "share":
        return percent(value * 100, 2)
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    places = 0 if exact == exact.to_integral_value() or abs(exact) >= 10_000 else 1
    return quantity(value, unit, places)
