"""Members and what happened to their membership; nobody here is real."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from data_layer.sample.landing_tables import write_csv
from data_layer.sample.randomness import generator, pseudonym
from data_layer.sample.settlement_calendar import LOCAL_ZONE
from data_layer.sample.site_plans import REGION_CODES

MEMBERS = 5_000
CHANNELS = ("store", "web", "app", "funeral_home", "insurance")
CHANNEL_SHARES = (0.5, 0.2, 0.22, 0.05, 0.03)
HISTORY_YEARS = 12
MEMBERS_HEADER = ("member_id", "home_region", "birth_year")
EVENTS_HEADER = ("event_id", "member_id", "event_type", "join_channel", "event_at")


def write_membership(out: Path, seed: int, first_date: date, last_date: date) -> int:
    """Write membership/members.csv and membership/membership_events.csv; returns the number of members.

    Everybody joins; some leave, a few of them come back, some die. Events before `first_date` are there too, since
    membership is older than the readings.
    """
    random = generator(seed, "membership")
    begins = date(first_date.year - HISTORY_YEARS, 1, 1)
    span_days = (last_date - begins).days
    regions = [*REGION_CODES, "Northern Ireland"]
    members, events = [], []
    for number in range(MEMBERS):
        member_id = pseudonym(seed, "member", number)
        joined = begins + timedelta(days=int(span_days * random.random() ** 0.8))
        age = float(np.clip(random.normal(48, 17), 16, 92))
        region = None if random.random() < 0.01 else regions[int(random.integers(0, len(regions)))]
        birth_year = None if random.random() < 0.02 else max(1900, joined.year - int(age))
        members.append((member_id, region, birth_year))
        events += _life(random, member_id, joined, last_date, dies_sooner=age > 65)
    events.sort(key=lambda event: (event[3], event[0], event[1]))
    rows = [
        (f"E{position:07d}", member_id, kind, channel, moment.astimezone(LOCAL_ZONE).isoformat(timespec="seconds"))
        for position, (member_id, kind, channel, moment) in enumerate(events, 1)
    ]
    write_csv(out / "membership" / "members.csv", MEMBERS_HEADER, members)
    write_csv(out / "membership" / "membership_events.csv", EVENTS_HEADER, rows)
    return len(members)


def _life(
    random: np.random.Generator, member_id: str, joined: date, last_date: date, dies_sooner: bool
) -> list[tuple[str, str, str | None, datetime]]:
    """Events of one member in order: joined, perhaps left and joined again, perhaps died."""

    def moment(when: date) -> datetime:
        midnight = datetime(when.year, when.month, when.day, tzinfo=UTC)
        return midnight + timedelta(seconds=int(random.integers(7 * 3600, 21 * 3600)))

    def channel() -> str:
        return CHANNELS[int(random.choice(len(CHANNELS), p=CHANNEL_SHARES))]

    events: list[tuple[str, str, str | None, datetime]] = [(member_id, "joined", channel(), moment(joined))]
    when = joined
    if random.random() < 0.24:
        when = when + timedelta(days=1 + int(random.exponential(1100)))
        if when <= last_date:
            events.append((member_id, "left", None, moment(when)))
            if random.random() < 0.3:
                when = when + timedelta(days=1 + int(random.exponential(300)))
                if when <= last_date:
                    events.append((member_id, "joined", channel(), moment(when)))
    is_member = events[-1][1] == "joined"
    if is_member and random.random() < (0.16 if dies_sooner else 0.015):
        when = when + timedelta(days=1 + int(random.exponential(1500)))
        if when <= last_date:
            events.append((member_id, "died", None, moment(when)))
    return events
