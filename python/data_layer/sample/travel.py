"""Bookings through the travel agency and expense claims."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from data_layer.sample.landing_tables import write_csv
from data_layer.sample.organisation import cost_centres
from data_layer.sample.randomness import generator, pseudonym

TRAVELLERS = 90
BOOKINGS_PER_YEAR = 340
CLAIMS_PER_YEAR = 150
# Mode: share, median net pounds, spread, VAT rate (fares are zero-rated), suppliers.
MODES = {
    "rail": (0.52, 58.0, 0.6, 0, (("TS-01", "Crosspennine Rail"), ("TS-02", "Great Midland Trains"))),
    "hotel": (0.30, 92.0, 0.3, 20, (("TS-11", "Wayfarer Inns"), ("TS-12", "Harbour Hotels"), ("TS-13", "Bed & Board"))),
    "hire_car": (0.08, 74.0, 0.4, 20, (("TS-21", "Roundabout Car Hire"),)),
    "air": (0.07, 118.0, 0.5, 0, (("TS-31", "Northern Skies"), ("TS-32", "Channel Air"))),
    "coach": (0.03, 19.0, 0.4, 0, (("TS-41", "Longway Coaches"),)),
}
EXPENSES = {
    "mileage": (0.40, 0.0, 0.0, 0),
    "subsistence": (0.26, 14.0, 0.5, 20),
    "taxi": (0.16, 16.0, 0.5, 0),
    "parking": (0.18, 8.0, 0.5, 20),
}
MILEAGE_PENCE = 45
BOOKINGS_HEADER = (
    *("booking_id", "traveller_id", "cost_centre_id", "supplier_id", "supplier_name", "travel_mode"),
    *("booking_status", "nights", "net_gbp", "vat_gbp", "booked_date", "travel_start_date", "travel_end_date"),
)
EXPENSES_HEADER = (
    *("expense_line_id", "claim_id", "traveller_id", "cost_centre_id", "booking_id", "expense_type"),
    *("distance_miles", "net_gbp", "vat_gbp", "spend_date"),
)


def write_travel(out: Path, seed: int, first_date: date, last_date: date) -> int:
    """Write travel/bookings.csv and travel/expense_lines.csv; returns the number of bookings.

    About one claim line in eight repeats a booking and names it, so that it must not be counted twice.
    """
    random = generator(seed, "travel")
    days = (last_date - first_date).days + 1
    centres = [centre for centre, _, _ in cost_centres()]
    home_centre = [centres[int(random.integers(0, len(centres)))] for _ in range(TRAVELLERS)]
    people = [pseudonym(seed, "colleague", number) for number in range(TRAVELLERS)]
    # A few travel a great deal, most now and then.
    weights = 1.0 / np.arange(1, TRAVELLERS + 1) ** 0.7
    weights /= weights.sum()

    bookings = []
    modes = list(MODES)
    mode_shares = [MODES[mode][0] for mode in modes]
    for number in range(round(BOOKINGS_PER_YEAR * days / 365.25)):
        person = int(random.choice(TRAVELLERS, p=weights))
        mode = modes[int(random.choice(len(modes), p=mode_shares))]
        _, median, spread, vat_pct, suppliers = MODES[mode]
        supplier_id, supplier_name = suppliers[int(random.integers(0, len(suppliers)))]
        start = _working_day(first_date + timedelta(days=int(random.integers(0, days))), last_date)
        lead_days = int(min(random.exponential(13.0), 120))
        nights = int(random.choice([1, 1, 1, 2, 2, 3])) if mode == "hotel" else None
        stay = nights if nights else int(random.choice([0, 0, 1, 2]))
        # Late booking costs more, as fares do.
        dearer = 1.35 if lead_days < 3 and mode in ("rail", "air") else 1.0
        net_pence = round(100 * median * dearer * (nights or 1) * float(np.exp(spread * random.standard_normal())))
        cancelled = bool(random.random() < 0.06)
        if cancelled:
            net_pence = round(net_pence * float(random.choice([0.0, 0.5, 1.0])))
        bookings.append(
            (
                f"B{number + 1:06d}",
                people[person],
                home_centre[person],
                supplier_id,
                supplier_name,
                mode,
                "cancelled" if cancelled else "travelled",
                nights,
                _pounds(net_pence),
                _pounds(_vat_pence(net_pence, vat_pct)),
                start - timedelta(days=lead_days),
                start,
                start + timedelta(days=stay),
            )
        )
    write_csv(out / "travel" / "bookings.csv", BOOKINGS_HEADER, bookings)
    lines = _expense_lines(random, bookings, people, home_centre, weights, first_date, last_date)
    write_csv(out / "travel" / "expense_lines.csv", EXPENSES_HEADER, lines)
    return len(bookings)


def _expense_lines(
    random: np.random.Generator,
    bookings: list[tuple],
    people: list[str],
    home_centre: list[str],
    weights: np.ndarray,
    first_date: date,
    last_date: date,
) -> list[tuple]:
    days = (last_date - first_date).days + 1
    kinds = list(EXPENSES)
    shares = [EXPENSES[kind][0] for kind in kinds]
    by_person: dict[str, list[tuple]] = {}
    for booking in bookings:
        if booking[6] == "travelled" and booking[5] != "coach":
            by_person.setdefault(booking[1], []).append(booking)
    lines: list[tuple] = []
    for claim in range(round(CLAIMS_PER_YEAR * days / 365.25)):
        person = int(random.choice(TRAVELLERS, p=weights))
        spent = _working_day(first_date + timedelta(days=int(random.integers(0, days))), last_date)
        head = (f"X{claim + 1:05d}", people[person], home_centre[person])
        for _ in range(int(random.integers(1, 5))):
            kind = kinds[int(random.choice(len(kinds), p=shares))]
            _, median, spread, vat_pct = EXPENSES[kind]
            miles = None
            if kind == "mileage":
                tenths = int(random.integers(60, 1800))
                miles, net_pence = f"{tenths / 10:.2f}", (tenths * MILEAGE_PENCE + 5) // 10
            else:
                net_pence = round(100 * median * float(np.exp(spread * random.standard_normal())))
            vat = _pounds(_vat_pence(net_pence, vat_pct))
            lines.append((f"L{len(lines) + 1:06d}", *head, None, kind, miles, _pounds(net_pence), vat, spent))
        mine = by_person.get(people[person])
        if mine and random.random() < 0.35:
            repeat = mine.pop(int(random.integers(0, len(mine))))
            lines.append(
                (f"L{len(lines) + 1:06d}", *head, repeat[0], repeat[5], None, repeat[8], repeat[9], repeat[11])
            )
    return lines


def _working_day(when: date, last_date: date) -> date:
    """The day itself, or the Monday after a weekend; never after `last_date`."""
    moved = when + timedelta(days=(7 - when.weekday()) % 7 if when.weekday() > 4 else 0)
    return moved if moved <= last_date else last_date


def _vat_pence(net_pence: int, vat_pct: int) -> int:
    return (net_pence * vat_pct + 50) // 100


def _pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"
