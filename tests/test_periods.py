"""Time expressions: the words beside the days they mean, seen from Friday 27 February 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.understand.periods import find_period, find_periods

TODAY = date(2026, 2, 27)

PERIODS = [
    # words, first day, last day, label
    ("today", "2026-02-27", "2026-02-27", "today"),
    ("yesterday", "2026-02-26", "2026-02-26", "yesterday"),
    ("the day before yesterday", "2026-02-25", "2026-02-25", "on Wed 25 Feb 2026"),
    ("this week", "2026-02-23", "2026-02-27", "this week"),
    ("last week", "2026-02-16", "2026-02-22", "last week"),
    ("this month", "2026-02-01", "2026-02-27", "this month"),
    ("last month", "2026-01-01", "2026-01-31", "last month"),
    ("this quarter", "2026-01-01", "2026-02-27", "this quarter"),
    ("last quarter", "2025-10-01", "2025-12-31", "last quarter"),
    ("this year", "2026-01-01", "2026-02-27", "this year"),
    ("last year", "2025-01-01", "2025-12-31", "last year"),
    ("so far this year", "2026-01-01", "2026-02-27", "this year"),
    ("YTD", "2026-01-01", "2026-02-27", "this year"),
    ("month-to-date", "2026-02-01", "2026-02-27", "this month"),
    ("for the week", "2026-02-23", "2026-02-27", "this week"),
    ("over the weekend", "2026-02-21", "2026-02-22", "over the weekend"),
    # rolling: the base of a move is the last close before the first day
    ("in the past week", "2026-02-21", "2026-02-27", "over the past week"),
    ("over the last week", "2026-02-21", "2026-02-27", "over the past week"),
    ("last 7 days", "2026-02-21", "2026-02-27", "over the past 7 days"),
    ("over a week", "2026-02-21", "2026-02-27", "over the past week"),
    ("past month", "2026-01-28", "2026-02-27", "over the past month"),
    ("over the last 3 months", "2025-11-28", "2026-02-27", "over the past 3 months"),
    ("the past two weeks", "2026-02-14", "2026-02-27", "over the past 2 weeks"),
    ("past year", "2025-02-28", "2026-02-27", "over the past year"),
    ("past 5 years", "2021-02-28", "2026-02-27", "over the past 5 years"),
    ("last 5 trading days", "2026-02-21", "2026-02-27", "over the past 5 trading days"),
    ("past 24 hours", "2026-02-26", "2026-02-27", "over the past 24 hours"),
    ("52-week high", "2025-03-01", "2026-02-27", "over the past 52 weeks"),
    ("a week ago", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("three months ago", "2025-11-27", "2025-11-27", "on Thu 27 Nov 2025"),
    ("one-week change", "2026-02-21", "2026-02-27", "over the past week"),
    ("three-month return", "2025-11-28", "2026-02-27", "over the past 3 months"),
    ("weekly change", "2026-02-21", "2026-02-27", "over the past week"),
    ("week change", "2026-02-21", "2026-02-27", "over the past week"),
    ("the week before last", "2026-02-09", "2026-02-15", "in the week of Mon 9 Feb 2026"),
    ("the month before last", "2025-12-01", "2025-12-31", "in December 2025"),
    ("the quarter before last", "2025-07-01", "2025-09-30", "in Q3 2025"),
    ("the year before last", "2024-01-01", "2024-12-31", "in 2024"),
    ("since New Year", "2026-01-01", "2026-02-27", "since Thu 1 Jan 2026"),
    ("three trading days ago", "2026-02-24", "2026-02-24", "on Tue 24 Feb 2026"),
    # since
    ("since Monday", "2026-02-23", "2026-02-27", "since Mon 23 Feb 2026"),
    ("since February", "2026-02-01", "2026-02-27", "since Sun 1 Feb 2026"),
    ("since 3 Feb", "2026-02-03", "2026-02-27", "since Tue 3 Feb 2026"),
    ("since yesterday", "2026-02-26", "2026-02-27", "since Thu 26 Feb 2026"),
    ("since 2024", "2024-01-01", "2026-02-27", "since Mon 1 Jan 2024"),
    ("since the start of the year", "2026-01-01", "2026-02-27", "since Thu 1 Jan 2026"),
    ("since the end of January", "2026-02-01", "2026-02-27", "since the close of Sat 31 Jan 2026"),
    ("since Wednesday's close", "2026-02-26", "2026-02-27", "since the close of Wed 25 Feb 2026"),
    ("since Friday's close", "2026-02-21", "2026-02-27", "since the close of Fri 20 Feb 2026"),
    # months, quarters, years
    ("in February", "2026-02-01", "2026-02-27", "in February 2026"),
    ("in January 2026", "2026-01-01", "2026-01-31", "in January 2026"),
    ("in March", "2025-03-01", "2025-03-31", "in March 2025"),
    ("last February", "2025-02-01", "2025-02-28", "in February 2025"),
    ("the month of January", "2026-01-01", "2026-01-31", "in January 2026"),
    ("in 2025", "2025-01-01", "2025-12-31", "in 2025"),
    ("Q1 2026", "2026-01-01", "2026-02-27", "in Q1 2026"),
    ("in Q4", "2025-10-01", "2025-12-31", "in Q4 2025"),
    ("first quarter", "2026-01-01", "2026-02-27", "in Q1 2026"),
    ("4Q25", "2025-10-01", "2025-12-31", "in Q4 2025"),
    ("H1 2025", "2025-01-01", "2025-06-30", "in H1 2025"),
    # days
    ("on 2026-02-20", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("20 February 2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("Feb 20", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("February 20th, 2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("the 3rd of March", "2025-03-03", "2025-03-03", "on Mon 3 Mar 2025"),
    ("20-Feb-2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("Friday, 20 February 2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("20.02.2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("02/20/2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("February 29", "2024-02-29", "2024-02-29", "on Thu 29 Feb 2024"),
    ("on the 20th", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("on the 30th", "2026-01-30", "2026-01-30", "on Fri 30 Jan 2026"),
    ("on Friday", "2026-02-27", "2026-02-27", "on Fri 27 Feb 2026"),
    ("last Friday", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("on Wed", "2026-02-25", "2026-02-25", "on Wed 25 Feb 2026"),
    # ranges and portions
    ("between 2 and 13 February", "2026-02-02", "2026-02-13", "from 2 Feb 2026 to 13 Feb 2026"),
    ("from 2 Feb to 13 Feb", "2026-02-02", "2026-02-13", "from 2 Feb 2026 to 13 Feb 2026"),
    ("Feb 2-13, 2026", "2026-02-02", "2026-02-13", "from 2 Feb 2026 to 13 Feb 2026"),
    ("between 13 and 2 February", "2026-02-02", "2026-02-13", "from 2 Feb 2026 to 13 Feb 2026"),
    ("from December 1 to February 3", "2025-12-01", "2026-02-03", "from 1 Dec 2025 to 3 Feb 2026"),
    ("from 20 February to 3 February", "2025-02-20", "2026-02-03", "from 20 Feb 2025 to 3 Feb 2026"),
    ("from 3 Feb 2025 to 5 March", "2025-02-03", "2025-03-05", "from 3 Feb 2025 to 5 Mar 2025"),
    ("between January and February 2026", "2026-01-01", "2026-02-27", "from 1 Jan 2026 to 27 Feb 2026"),
    ("Monday through Wednesday", "2026-02-23", "2026-02-25", "from 23 Feb 2026 to 25 Feb 2026"),
    ("from 3 Feb to now", "2026-02-03", "2026-02-27", "from 3 Feb 2026 to 27 Feb 2026"),
    ("at the end of January", "2026-01-31", "2026-01-31", "at the end of January 2026"),
    ("at the close of Friday", "2026-02-27", "2026-02-27", "on Fri 27 Feb 2026"),
    ("year-end 2025", "2025-12-31", "2025-12-31", "at the end of 2025"),
    ("in the week ending 20 February", "2026-02-14", "2026-02-20", "in the week to Fri 20 Feb 2026"),
    ("the week of 18 February", "2026-02-16", "2026-02-22", "in the week of Mon 16 Feb 2026"),
    ("early January", "2026-01-01", "2026-01-10", "in early January 2026"),
    ("mid-January", "2026-01-11", "2026-01-20", "in mid January 2026"),
    ("in late 2025", "2025-09-01", "2025-12-31", "in late 2025"),
    ("the second half of January", "2026-01-16", "2026-01-31", "in the second half of January 2026"),
    ("the first week of February", "2026-02-01", "2026-02-07", "in the first week of February 2026"),
    ("the last 3 months of 2025", "2025-10-01", "2025-12-31", "in the last 3 months of 2025"),
    ("the last trading day of January", "2026-01-31", "2026-01-31", "on Sat 31 Jan 2026"),
    (
        "between the 30 January close and the 27 February close",
        "2026-01-30",
        "2026-02-27",
        "from 30 Jan 2026 to 27 Feb 2026",
    ),
    ("from the close on Jan 30 to the close on Feb 27", "2026-01-30", "2026-02-27", "from 30 Jan 2026 to 27 Feb 2026"),
    ("2026-02-02/2026-02-13", "2026-02-02", "2026-02-13", "from 2 Feb 2026 to 13 Feb 2026"),
    ("2026-02-02 .. 2026-02-13", "2026-02-02", "2026-02-13", "from 2 Feb 2026 to 13 Feb 2026"),
    ("from 2 Jan 2025 to 14 Mar 2026", "2025-01-02", "2026-02-27", "from 2 Jan 2025 to 27 Feb 2026"),
    ("at the close of January", "2026-01-31", "2026-01-31", "at the end of January 2026"),
    ("the first trading day of 2026", "2026-01-02", "2026-01-02", "on Fri 2 Jan 2026"),
    ("the first trading day of February", "2026-02-02", "2026-02-02", "on Mon 2 Feb 2026"),
    ("the first close of January", "2026-01-02", "2026-01-02", "on Fri 2 Jan 2026"),
    ("the last close of this month", "2026-02-27", "2026-02-27", "on Fri 27 Feb 2026"),
    # in figures, glued, or by the name of a holiday
    ("20251024", "2025-10-24", "2025-10-24", "on Fri 24 Oct 2025"),
    ("2026 02 20", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("2026 Feb 20", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("20Feb2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("20feb", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("Feb-20-2026", "2026-02-20", "2026-02-20", "on Fri 20 Feb 2026"),
    ("20 Feb '25", "2025-02-20", "2025-02-20", "on Thu 20 Feb 2025"),
    ("20-Feb-25", "2025-02-20", "2025-02-20", "on Thu 20 Feb 2025"),
    ("Feb 20, '25", "2025-02-20", "2025-02-20", "on Thu 20 Feb 2025"),
    ("Feb-2025", "2025-02-01", "2025-02-28", "in February 2025"),
    ("9/26/25", "2025-09-26", "2025-09-26", "on Fri 26 Sep 2025"),
    ("New Year's Day", "2026-01-01", "2026-01-01", "on Thu 1 Jan 2026"),
    ("MLK day", "2026-01-19", "2026-01-19", "on Mon 19 Jan 2026"),
    ("Presidents' Day 2026", "2026-02-16", "2026-02-16", "on Mon 16 Feb 2026"),
    ("Good Friday", "2025-04-18", "2025-04-18", "on Fri 18 Apr 2025"),
    ("Good Friday 2024", "2024-03-29", "2024-03-29", "on Fri 29 Mar 2024"),
    ("Good Friday 2026", "2026-04-03", "2026-04-03", "on Fri 3 Apr 2026"),
    ("Memorial Day", "2025-05-26", "2025-05-26", "on Mon 26 May 2025"),
    ("Juneteenth", "2025-06-19", "2025-06-19", "on Thu 19 Jun 2025"),
    ("Independence Day", "2025-07-04", "2025-07-04", "on Fri 4 Jul 2025"),
    ("Labor Day", "2025-09-01", "2025-09-01", "on Mon 1 Sep 2025"),
    ("Thanksgiving", "2025-11-27", "2025-11-27", "on Thu 27 Nov 2025"),
    ("Christmas 2025", "2025-12-25", "2025-12-25", "on Thu 25 Dec 2025"),
    # after today: kept, so that an answer can say that it is not known yet
    ("tomorrow", "2026-02-28", "2026-02-28", "tomorrow"),
    ("next week", "2026-03-02", "2026-03-08", "next week"),
    ("next Friday", "2026-03-06", "2026-03-06", "on Fri 6 Mar 2026"),
    ("in January 2027", "2027-01-01", "2027-01-31", "in January 2027"),
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [("from 2 Feb to 13 Feb", True), ("from 3 Feb to now", True),
     ("between the 2026-02-02 close and the 2026-02-13 close", True), ("between January and March", False),
     ("since 3 Feb", True), ("since Monday", False), ("since February", False), ("since the start of 2026", False),
     ("since 27 February", False), ("on 3 Feb", False), ("this week", False),
     ("between the 30 January close and the 20 February close", True),
     ("from the close on Jan 30 to the close on Feb 20", True), ("2026-02-02/2026-02-13", True),
     ("2026-02-02 .. 2026-02-13", True), ("from 27 Feb to 6 March 2026", False)],
)  # fmt: skip
def test_a_move_starts_from_the_close_of_a_day_that_is_named_as_its_beginning(words: str, expected: bool) -> None:
    said = find_period(f"How did NVDA do {words}?", TODAY)
    assert said is not None
    assert said.period.from_start is expected


@pytest.mark.parametrize(("words", "start", "end", "label"), PERIODS, ids=str)
def test_words_and_the_days_they_mean(words: str, start: str, end: str, label: str) -> None:
    said = find_period(f"How did NVDA do {words}?", TODAY)
    assert said is not None
    period = said.period
    assert (str(period.start), str(period.end), period.label) == (start, end, label)


@pytest.mark.parametrize(
    "text",
    [
        "may rise", "march higher", "may 5 percent more fall", "the Russell 2000", "monday.com", "the 20th century",
        "on the 20th largest", "a 2/20 fee", "trades 24/7", "in 1000 companies",
        "every weekly change", "its opening weekend", "more than in the month before",
        "1/2 of it", "$2025", "200-day average", "a second look", "in the sun", "NVDA", "Feb", "2,025",
    ],
)  # fmt: skip
def test_other_words_are_no_dates(text: str) -> None:
    expected = ["Feb"] if text == "Feb" else []
    assert [text[s.start : s.end] for s in find_periods(text, TODAY).periods] == expected


@pytest.mark.parametrize(
    "text",
    ["30 February", "30 Feb 2026", "2026-13-45", "03/04/2026", "on the 32nd", "Feb 30th", "20250230", "3/4/25", "2/20",
     "25/10/24", "12.02.26", "2-20-26", "31Feb2026", "0001-01-01", "1850-01-01"],
)  # fmt: skip
def test_a_day_that_does_not_exist_or_can_be_read_two_ways_is_none_and_said(text: str) -> None:
    reading = find_periods(f"AAPL close {text}?", TODAY)
    assert reading.periods == ()
    assert reading.unclear == (text.removeprefix("on "),)


@pytest.mark.parametrize(
    ("text", "unclear"),
    [("in 0000", "0000"), ("in 1850", "1850"), ("before Thanksgiving", "Thanksgiving"),
     ("in Christmas week", "Christmas"), ("after New Year's Day 2026", "New Year's Day 2026")],
)  # fmt: skip
def test_a_time_that_no_day_is_known_for_is_said(text: str, unclear: str) -> None:
    assert find_periods(f"AAPL close {text}?", TODAY).unclear == (unclear,)


@pytest.mark.parametrize("text", ["highest close of January", "average close of January", "lowest close of 2025"])
def test_the_closes_of_a_stretch_are_not_its_end(text: str) -> None:
    said = find_period(text, TODAY)
    assert said is not None
    assert said.period.start.day == 1
    assert said.period.end.day == 31


def test_all_periods_of_a_text_are_found_where_they_stand() -> None:
    text = "this week and last month, or on 20 Feb"
    assert [text[s.start : s.end] for s in find_periods(text, TODAY).periods] == ["this week", "last month", "20 Feb"]


def test_a_month_of_one_day_more_or_less_ends_where_the_calendar_does() -> None:
    said = find_period("past month", date(2026, 3, 31))
    assert said is not None
    assert said.period.start == date(2026, 3, 1)  # the close it is measured from is that of 28 February


DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))
SPELLED = ["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%Y", "%A, %d %B %Y"]


@settings(deadline=None)
@given(DAYS, DAYS, st.sampled_from(SPELLED))
def test_a_written_day_is_read_as_that_day(day: date, today: date, form: str) -> None:
    said = find_period(f"close on {day.strftime(form)}", today)
    assert said is not None
    assert (said.period.start, said.period.end) == (day, day)


@settings(deadline=None)
@given(DAYS, DAYS)
def test_a_day_without_a_year_is_the_latest_not_after_today(day: date, today: date) -> None:
    said = find_period(f"on {day.day} {day:%B}", today)
    assert said is not None
    found = said.period.start
    assert (found.day, found.month) == (day.day, day.month)
    assert found <= today
    assert today - found < timedelta(days=366) or (found.month, found.day) == (2, 29)


@settings(deadline=None)
@given(DAYS, DAYS, DAYS)
def test_a_range_holds_both_ends_and_stops_at_today(one: date, other: date, today: date) -> None:
    said = find_period(f"from {one.isoformat()} to {other.isoformat()}", today)
    assert said is not None
    first, last = sorted((one, other))
    assert said.period.start == first
    assert said.period.end == (min(last, today) if first <= today else last)


TIME_WORDS = st.sampled_from(
    "last this next past since between from to and until the end start of week month year quarter days weeks months"
    " 3 31 30 2026 1900 2099 9999 Feb February May Q1 H2 first second half early mid Monday Fri on in ago date"
    " a ' - , 2026-02-30 29 th 31st 0 00 24 hours trading day".split()
)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(TIME_WORDS, max_size=15).map(" ".join)), DAYS)
def test_no_text_raises_and_every_period_is_in_order(text: str, today: date) -> None:
    reading = find_periods(text, today)
    places = [(s.start, s.end) for s in reading.periods]
    assert places == sorted(places)
    for said in reading.periods:
        assert said.start < said.end <= len(text)
        assert said.period.start <= said.period.end
        assert said.period.end <= today or said.period.start > today
