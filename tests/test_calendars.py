"""Promises of ingest/calendars.py: the right calendar, the right hours, the right state to the second."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.calendars import _BY_CODE, _BY_ZONE, calendar_for, sessions, state_at
from ingest.types import Session

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # exchange_calendars under pandas 3

ZONES = {"XNYS": "America/New_York", "XLON": "Europe/London", "XTKS": "Asia/Tokyo", "24/7": "UTC", "24/5": "UTC"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@cache
def year(calendar: str) -> list[Session]:
    return sessions(calendar, date(2025, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("code", "kind", "zone", "calendar"),
    [
        ("NMS", "equity", "America/New_York", "XNYS"),
        ("NYQ", "equity", "America/New_York", "XNYS"),
        ("PCX", "etf", "America/New_York", "XNYS"),
        ("SNP", "index", "America/New_York", "XNYS"),
        ("PNK", "equity", "America/New_York", "XNYS"),
        ("TOR", "fund", "America/Toronto", "XTSE"),
        ("LSE", "equity", "Europe/London", "XLON"),
        ("GER", "equity", "Europe/Berlin", "XETR"),
        ("PAR", "equity", "Europe/Paris", "XPAR"),
        ("EBS", "equity", "Europe/Zurich", "XSWX"),
        ("CPH", "equity", "Europe/Copenhagen", "XCSE"),
        ("JPX", "equity", "Asia/Tokyo", "XTKS"),
        ("HKG", "equity", "Asia/Hong_Kong", "XHKG"),
        ("SHZ", "equity", "Asia/Shanghai", "XSHG"),
        ("NSI", "equity", "Asia/Kolkata", "XBOM"),
        ("ASX", "equity", "Australia/Sydney", "XASX"),
        ("SAO", "equity", "America/Sao_Paulo", "BVMF"),
        ("CMX", "future", "America/New_York", "CMES"),
        ("CCC", "cryptocurrency", "UTC", "24/7"),
        ("CCY", "currency", "Europe/London", "24/5"),
        ("nms", "equity", "America/New_York", "XNYS"),
        ("NEW", "equity", "Europe/Paris", "XPAR"),  # a code of tomorrow: its zone's main market
        ("NEW", "future", "America/Chicago", "CMES"),
        ("NEW", "cryptocurrency", "America/New_York", "24/7"),  # what it is counts before where it is
        ("", "equity", "Antarctica/Troll", "24/5"),
        ("TLV", "equity", "Asia/Jerusalem", "24/5"),
    ],
)
def test_an_instrument_follows_the_calendar_of_its_market(code: str, kind: str, zone: str, calendar: str) -> None:
    assert calendar_for(code, kind, zone) == calendar


@pytest.mark.parametrize("calendar", sorted({*_BY_CODE.values(), *_BY_ZONE.values()}))
def test_every_calendar_that_is_named_can_be_computed(calendar: str) -> None:
    found = sessions(calendar, date(2026, 1, 5), date(2026, 3, 31))
    assert 45 <= len(found) <= 90
    assert all(s.calendar == calendar and s.opens_at < s.closes_at for s in found)
    assert all(a.day < b.day and a.closes_at <= b.opens_at for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("calendar", "day", "opens", "closes"),
    [
        ("XNYS", "2026-03-06", "2026-03-06T14:30", "2026-03-06T21:00"),  # before the clocks change
        ("XNYS", "2026-03-09", "2026-03-09T13:30", "2026-03-09T20:00"),  # after
        ("XNYS", "2025-10-31", "2025-10-31T13:30", "2025-10-31T20:00"),
        ("XNYS", "2025-11-03", "2025-11-03T14:30", "2025-11-03T21:00"),
        ("XNYS", "2025-11-28", "2025-11-28T14:30", "2025-11-28T18:00"),  # the day after Thanksgiving: 13:00 local
        ("XNYS", "2025-12-24", "2025-12-24T14:30", "2025-12-24T18:00"),
        ("XLON", "2026-03-27", "2026-03-27T08:00", "2026-03-27T16:30"),
        ("XLON", "2026-03-30", "2026-03-30T07:00", "2026-03-30T15:30"),
        ("XLON", "2025-12-24", "2025-12-24T08:00", "2025-12-24T12:30"),
        ("XTKS", "2026-03-09", "2026-03-09T00:00", "2026-03-09T06:30"),  # Japan changes no clocks
        ("24/7", "2026-03-07", "2026-03-07T00:00", "2026-03-08T00:00"),  # a Saturday
        ("24/5", "2026-03-06", "2026-03-06T00:00", "2026-03-07T00:00"),
    ],
)
def test_a_session_has_its_exchange_s_hours_in_utc(calendar: str, day: str, opens: str, closes: str) -> None:
    only = date.fromisoformat(day)
    assert sessions(calendar, only, only) == [Session(calendar, only, at(opens), at(closes))]


@pytest.mark.parametrize(
    ("calendar", "day"),
    [
        ("XNYS", "2025-11-27"),  # Thanksgiving
        ("XNYS", "2026-02-28"),  # a Saturday
        ("XLON", "2025-12-25"),
        ("XTKS", "2026-02-11"),  # National Foundation Day
        ("24/5", "2026-03-07"),
    ],
)
def test_there_is_no_session_on_holidays_and_weekends(calendar: str, day: str) -> None:
    assert sessions(calendar, date.fromisoformat(day), date.fromisoformat(day)) == []


def test_sessions_keep_to_the_years_their_calendar_knows() -> None:
    assert sessions("XSHG", date(2099, 1, 1), date(2099, 12, 31)) == []
    assert sessions("XSHG", date(1980, 1, 1), date(1990, 12, 31))[0].day.year == 1990


def test_sessions_do_not_end_with_the_machine_s_clock() -> None:
    far = datetime.now(UTC).year + 5  # the library's own default ends a year from today
    assert len(sessions("XNYS", date(far, 1, 1), date(far, 12, 31))) > 245


def test_both_ends_are_included() -> None:
    assert [s.day.day for s in sessions("XNYS", date(2026, 2, 26), date(2026, 3, 2))] == [26, 27, 2]


STATES = {
    "XNYS": """
        2026-03-06T08:59:59 closed | 2026-03-06T09:00:00 pre | 2026-03-06T14:29:59 pre | 2026-03-06T14:30:00 open
        2026-03-06T20:59:59 open | 2026-03-06T21:00:00 post | 2026-03-06T21:00:01 post | 2026-03-07T00:59:59 post
        2026-03-07T01:00:00 closed | 2026-03-07T15:00:00 closed | 2026-03-08T15:00:00 closed
        2026-03-09T07:59:59 closed | 2026-03-09T08:00:00 pre | 2026-03-09T13:29:59 pre | 2026-03-09T13:30:00 open
        2026-03-09T19:59:59 open | 2026-03-09T20:00:01 post | 2026-03-09T23:59:59 post | 2026-03-10T00:00:00 closed
        2025-10-31T13:29:59 pre | 2025-10-31T13:30:00 open | 2025-10-31T20:00:01 post | 2025-11-01T00:00:00 closed
        2025-11-03T13:30:00 pre | 2025-11-03T14:30:00 open | 2025-11-03T20:30:00 open | 2025-11-03T21:00:01 post
        2025-11-27T15:00:00 closed | 2025-11-28T14:30:00 open | 2025-11-28T17:59:59 open | 2025-11-28T18:00:00 post
        2025-11-28T21:59:59 post | 2025-11-28T22:00:00 closed""",
    "XLON": """
        2026-03-27T07:59:59 closed | 2026-03-27T08:00:00 open | 2026-03-27T16:29:59 open | 2026-03-27T16:30:00 closed
        2026-03-29T10:00:00 closed | 2026-03-30T06:59:59 closed | 2026-03-30T07:00:00 open | 2026-03-30T15:29:59 open
        2026-03-30T15:30:01 closed | 2025-10-24T07:00:00 open | 2025-10-24T15:30:00 closed | 2025-10-27T07:30:00 closed
        2025-10-27T08:00:00 open | 2025-10-27T16:29:59 open | 2025-12-24T12:29:59 open | 2025-12-24T12:30:00 closed
        2025-12-25T10:00:00 closed | 2025-12-26T10:00:00 closed""",
    "XTKS": """
        2026-03-08T23:59:59 closed | 2026-03-09T00:00:00 open | 2026-03-09T06:29:59 open | 2026-03-09T06:30:00 closed
        2025-10-31T06:29:59 open | 2025-11-03T01:00:00 closed | 2025-11-04T00:00:00 open
        2026-02-11T02:00:00 closed""",
    "24/7": "2026-03-07T12:00:00 open | 2025-12-25T00:00:00 open",
    "24/5": "2026-03-06T23:59:59 open | 2026-03-07T00:00:00 closed | 2026-03-09T00:00:00 open",
}
INSTANTS = [
    (calendar, *case.split())
    for calendar, lines in STATES.items()
    for case in lines.replace("\n", " | ").split(" | ")
    if case.strip()
]


@pytest.mark.parametrize(("calendar", "instant", "state"), INSTANTS)
def test_the_state_is_right_to_the_second(calendar: str, instant: str, state: str) -> None:
    assert state_at(year(calendar), at(instant), calendar, ZONES[calendar]) == state


@given(st.integers(0, 400 * 24 * 60), st.sampled_from(["XNYS", "XLON", "XTKS"]))
def test_a_day_on_either_side_is_enough_to_tell_the_state(minute: int, calendar: str) -> None:
    now = at("2025-10-08T00:00:00") + timedelta(minutes=minute)
    near = [s for s in year(calendar) if abs(s.day - now.date()) <= timedelta(days=1)]
    zone = ZONES[calendar]
    assert state_at(near, now, calendar, zone) == state_at(year(calendar), now, calendar, zone)


def test_naming_a_calendar_imports_no_calendar() -> None:
    code = (
        "import sys; from ingest.calendars import calendar_for, state_at; calendar_for('NMS', 'equity', '');"
        "print([m for m in ('exchange_calendars', 'pandas', 'numpy') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
