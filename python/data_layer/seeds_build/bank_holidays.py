"""Write `seeds/bank_holidays.csv`: bank holidays of each nation of the United Kingdom.

Source: the `holidays` package (MIT), whose dates follow gov.uk/bank-holidays and the Banking and Financial Dealings
Act 1971. A test compares the result with the list published by GOV.UK.

    python -m data_layer.seeds_build.bank_holidays
"""

from __future__ import annotations

import csv
from datetime import date
from importlib.metadata import version
from pathlib import Path

import holidays

NATIONS = {"england": "ENG", "northern_ireland": "NIR", "scotland": "SCT", "wales": "WLS"}
FIRST_YEAR = 2010
LAST_YEAR = 2030
# Beyond this year a holiday may still be moved by proclamation: the date follows the rule, but nobody has published it.
LAST_PUBLISHED_YEAR = 2028
COLUMNS = ["holiday_date", "nation", "holiday_name", "source", "release", "is_published"]
SEED_PATH = Path(__file__).parents[3] / "seeds" / "bank_holidays.csv"


def bank_holidays(first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR) -> list[tuple[date, str, str]]:
    """Return (day, nation, name) of each bank holiday, sorted by day and nation; both years inclusive.

    A holiday that falls on a weekend is kept by its substitute weekday only, as GOV.UK lists it; the package has both.
    """
    years = range(first_year, last_year + 1)
    rows = []
    for nation, subdivision in NATIONS.items():
        calendar = holidays.country_holidays("GB", subdiv=subdivision, years=years)
        rows.extend((day, nation, name) for day, name in calendar.items() if day.isoweekday() <= 5)
    return sorted(rows)


def write_seed(path: Path = SEED_PATH) -> int:
    """Write the seed file and return its number of rows."""
    release = version("holidays")
    rows = bank_holidays()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for day, nation, name in rows:
            published = "true" if day.year <= LAST_PUBLISHED_YEAR else "false"
            writer.writerow([day.isoformat(), nation, name, "Python package holidays (MIT)", release, published])
    return len(rows)


if __name__ == "__main__":
    write_seed()
