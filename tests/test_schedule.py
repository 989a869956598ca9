"""When a source is polled next: pure decisions, input and outcome side by side."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ingest import schedule
from ingest.errors import BellError, NotAFeed, RateLimited, Refused, Unreachable
from ingest.types import SourceState
from tests.conftest import NOW

FEED = SourceState("https://a.test/feed", "news")
SYMBOL = SourceState("yahoo:AAPL", "quotes")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://a.test/x", "a.test"), ("http://A.TEST:81/", "a.test"), ("yahoo:^GSPC", "yahoo"), ("nonsense", "")],
)
def test_sources_of_one_server_share_its_patience(url: str, expected: str) -> None:
    assert schedule.host(url) == expected


@pytest.mark.parametrize(
    ("next_poll", "expected"), [(None, True), (NOW - MINUTE, True), (NOW, True), (NOW + MINUTE, False)]
)
def test_a_source_is_due_when_its_time_has_come(next_poll: datetime | None, expected: bool) -> None:
    assert schedule.is_due(replace(FEED, next_poll=next_poll), NOW) is expected


@pytest.mark.parametrize(("state", "wait"), [(FEED, 30 * MINUTE), (SYMBOL, 15 * MINUTE)])
def test_a_success_forgets_what_went_wrong(state: SourceState, wait: timedelta) -> None:
    before = replace(state, failures=3, last_error="x", held_until=NOW - MINUTE, etag="keep")
    after = schedule.succeeded(before, NOW)
    assert after == replace(state, last_ok=NOW, next_poll=NOW + wait, etag="keep")


@pytest.mark.parametrize(
    ("state", "failures_before", "error", "wait"),
    [
        (FEED, 0, Unreachable("x"), HOUR),
        (FEED, 1, Unreachable("x"), 2 * HOUR),
        (FEED, 4, NotAFeed("x"), 16 * HOUR),
        (FEED, 5, Unreachable("x"), 24 * HOUR),
        (FEED, 10_000, Unreachable("x"), 24 * HOUR),
        (SYMBOL, 0, Unreachable("x"), 30 * MINUTE),
        (FEED, 0, Refused("x", status=500), HOUR),
        (FEED, 0, Refused("x", status=404), 24 * HOUR),
    ],
)
def test_the_wait_doubles_with_each_failure(
    state: SourceState, failures_before: int, error: BellError, wait: timedelta
) -> None:
    after = schedule.failed(replace(state, failures=failures_before, last_ok=NOW - HOUR), error, NOW)
    assert after.next_poll == NOW + wait
    assert (after.failures, after.last_error) == (failures_before + 1, str(error))
    assert (after.held_until, after.enabled, after.last_ok) == (None, True, NOW - HOUR)


def test_what_is_gone_for_good_is_switched_off() -> None:
    after = schedule.failed(replace(FEED, next_poll=NOW), Refused("gone", status=410), NOW)
    assert (after.enabled, after.next_poll) == (False, None)


@pytest.mark.parametrize(
    ("retry_after", "held_until", "next_poll"),
    [
        (NOW + 10 * MINUTE, NOW + 10 * MINUTE, NOW + 30 * MINUTE),
        (NOW + 5 * HOUR, NOW + 5 * HOUR, NOW + 5 * HOUR),
        (NOW, NOW, NOW + 30 * MINUTE),
        (None, NOW + 30 * MINUTE, NOW + 30 * MINUTE),
    ],
)
def test_a_host_that_limits_us_is_held_as_long_as_it_says(
    retry_after: datetime | None, held_until: datetime, next_poll: datetime
) -> None:
    after = schedule.failed(SYMBOL, RateLimited("slow down", retry_after=retry_after), NOW)
    assert (after.held_until, after.next_poll) == (held_until, next_poll)


def test_a_hold_counts_for_the_whole_host_until_it_ends() -> None:
    states = [
        replace(FEED, held_until=NOW + HOUR),
        replace(FEED, url="https://a.test/other", held_until=NOW + 2 * HOUR),
        replace(FEED, url="https://b.test/feed", held_until=NOW),
        SYMBOL,
    ]
    assert schedule.holds(states, NOW) == {"a.test": NOW + 2 * HOUR}


@pytest.mark.parametrize("next_poll", [None, NOW + MINUTE, NOW + 3 * HOUR])
def test_a_held_source_waits_for_the_longer_of_hold_and_turn(next_poll: datetime | None) -> None:
    after = schedule.held(replace(SYMBOL, next_poll=next_poll, failures=1), NOW + HOUR)
    assert after.next_poll == max(NOW + HOUR, next_poll or NOW)
    assert (after.held_until, after.failures) == (NOW + HOUR, 1)
