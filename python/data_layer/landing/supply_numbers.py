"""What a supply number looks like: the MPAN core of electricity, the MPRN of gas. The one place for the rule.

MPAN core: 13 digits, of which the last is a check digit over the first twelve (weights: the primes from 3 to 43 without
11; their sum modulo 11, then modulo 10). MPRN: 6 to 10 digits, without a check digit that every network keeps to.
An id that is not all digits is our own and may be anything.
"""

from __future__ import annotations

MPAN_WEIGHTS = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
MPAN_FORM = "[0-9]{13}"
MPRN_FORM = "[0-9]{6,10}"
SCIENTIFIC_FORM = "[0-9]([.][0-9]+)?[eE][+][0-9]+"
"""What a spreadsheet makes of a long number: 1.23405E+12."""

KINDS = ("mpan", "mprn", "mpan_or_mprn", "own_id", "serial_number")
"""What the identifier of a supplier's file may be. An id of our own that has 13 digits must be an MPAN core."""

MPAN_ADVICE = "An electricity supply number (MPAN core) has 13 digits"
MPRN_ADVICE = "a gas supply number (MPRN) has 6 to 10 digits"


def mpan_check_digit(first_twelve: str) -> int:
    """Thirteenth digit of an MPAN core: weighted sum modulo 11, then modulo 10."""
    if len(first_twelve) != 12 or not first_twelve.isdigit():
        raise ValueError(f"An MPAN core begins with twelve digits; got {first_twelve!r}.")
    weighted = zip(first_twelve, MPAN_WEIGHTS, strict=True)
    return sum(int(digit) * weight for digit, weight in weighted) % 11 % 10


def wrong_check_digit_sql(value: str) -> str:
    """DuckDB SQL: true for 13 digits of which the last does not follow from the others."""
    digits = [f"(ascii(substr({value}, {place}, 1)) - 48)" for place in range(1, 14)]
    total = " + ".join(f"{digit} * {weight}" for digit, weight in zip(digits, MPAN_WEIGHTS, strict=False))
    return f"(regexp_full_match({value}, '{MPAN_FORM}') and ({total}) % 11 % 10 <> {digits[-1]})"


def plain_sql(value: str, kind: str) -> str:
    """DuckDB SQL: the identifier without what spreadsheets and bills write about a number.

    An apostrophe or ="..." about it, spaces between its digits, a trailing .0, and the eight digits of the full MPAN
    before the core go. A serial number loses the apostrophe only.
    """
    if kind == "serial_number":
        return f"ltrim({value}, '''')"
    bare = f"trim({value}, '=''\" ')"
    number = f"regexp_replace(replace({bare}, ' ', ''), '[.]0$', '')"
    core = f"regexp_replace({number}, '^[0-9]{{8}}({MPAN_FORM})$', '\\1')"
    return f"(case when regexp_full_match({bare}, '[0-9][0-9 ]{{5,}}([.]0)?') then {core} else {bare} end)"


def faults(value: str, kind: str) -> list[tuple[str, str, str]]:
    """What can be wrong with an identifier, in the order of looking: condition in DuckDB SQL, reason code, reason.

    value  SQL of the text
    kind   of KINDS, or `electricity` or `gas`: a metering point of that fuel, under a supply number or an id of our own
    """
    found = [_scientific(value)]
    if kind == "serial_number":
        return found
    wrong_length = {
        "mpan": (f"not regexp_full_match({value}, '{MPAN_FORM}')", f"{MPAN_ADVICE}."),
        "mprn": (f"not regexp_full_match({value}, '{MPRN_FORM}')", f"{MPRN_ADVICE.capitalize()}."),
        "mpan_or_mprn": (
            f"not regexp_full_match({value}, '{MPAN_FORM}|{MPRN_FORM}')",
            f"{MPAN_ADVICE}, {MPRN_ADVICE}.",
        ),
        "electricity": (
            f"regexp_full_match({value}, '[0-9]+') and length({value}) <> 13",
            f"{MPAN_ADVICE}; an id of our own has a letter in it.",
        ),
        "gas": (
            f"regexp_full_match({value}, '[0-9]+') and not regexp_full_match({value}, '{MPRN_FORM}')",
            f"{MPRN_ADVICE.capitalize()}; an id of our own has a letter in it.",
        ),
    }
    if kind in wrong_length:
        condition, words = wrong_length[kind]
        advice = f"{words} A spreadsheet may have dropped a leading zero: write the number as text."
        found.append((condition, "wrong_supply_number", advice))
    if kind not in ("mprn", "gas"):
        reason = "The last digit of the MPAN core does not follow from the other twelve: a digit is wrong. Correct it."
        found.append((wrong_check_digit_sql(value), "wrong_check_digit", reason))
    return found


def _scientific(value: str) -> tuple[str, str, str]:
    reason = (
        "A spreadsheet has rounded the number and written it in powers of ten, so its digits are lost. "
        "Ask for the file again with the number as text."
    )
    return f"regexp_full_match({value}, '{SCIENTIFIC_FORM}')", "scientific_notation", reason
