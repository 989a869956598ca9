"""When a source is polled next: pure decisions, input and outcome side by side."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import schedule
from ingest.errors import BellError, NotAFeed, RateLimited, Refused, Unreachable
from ingest.types import SourceState
from tests.conftest import NOW
from tests.sizes import HEADERS

FEED = SourceState("https://a.test/feed", "news")
SYMBOL = SourceState("yahoo:AAPL", "quotes")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.test/x", "https://a.test:443"),
        ("https://A.test:443/y", "https://a.test:443"),
        ("http://a.test/x", "http://a.test:80"),
        ("http://a.test:81/", "http://a.test:81"),
        ("http://a.test:nine/", "http://a.test:80"),
        ("yahoo:^GSPC", "yahoo"),
        ("nonsense", ""),
        ("http://[::1]:81/x", "http://[::1]:81"),
        ("http://[::1]:81", "http://[::1]:81"),
    ],
)
def test_sources_of_one_server_share_its_patience(url: str, expected: str) -> None:
    assert schedule.server(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://a.test/x", "a.test"), ("http://A.TEST:81/", "a.test"), ("yahoo:^GSPC", "yahoo"), ("nonsense", "")],
)
def test_connections_are_counted_by_host_whatever_the_port(url: str, expected: str) -> None:
    assert schedule.host(url) == expected


@pytest.mark.parametrize(
    ("next_poll", "expected"), [(None, True), (NOW - MINUTE, True), (NOW, True), (NOW + MINUTE, False)]
)
def test_a_source_is_due_when_its_time_has_come(next_poll: datetime | None, expected: bool) -> None:
    assert schedule.is_due(replace(FEED, next_poll=next_poll), NOW) is expected


@pytest.mark.parametrize(("state", "wait"), [(FEED, 30 * MINUTE), (SYMBOL, 15 * MINUTE)])
def test_a_success_forgets_what_went_wrong(state: SourceState, wait: timedelta) -> None:
    before = replace(state, failures=3, last_error="x", last_ok=NOW - HOUR, held_until=NOW - MINUTE, etag="keep")
    after = schedule.succeeded(before, NOW)
    assert replace(after, next_poll=None) == replace(state, last_ok=NOW, etag="keep")
    assert after.next_poll is not None
    assert 0.9 * wait <= after.next_poll - NOW <= wait


@pytest.mark.parametrize(
    ("fresh_for", "shortest", "longest"),
    [
        (None, 27 * MINUTE, 30 * MINUTE),
        (timedelta(0), 27 * MINUTE, 30 * MINUTE),
        (-HOUR, 27 * MINUTE, 30 * MINUTE),
        (MINUTE, 15 * MINUTE, 16.5 * MINUTE),
        (20 * MINUTE, 20 * MINUTE, 22 * MINUTE),
        (6 * HOUR, 6 * HOUR, 6.6 * HOUR),
        (23.5 * HOUR, 23.5 * HOUR, 24 * HOUR),
        (24 * HOUR, 21.6 * HOUR, 24 * HOUR),
        (timedelta(days=31), 21.6 * HOUR, 24 * HOUR),
    ],
)
def test_a_fresh_answer_is_not_asked_for_again_before_its_time(
    fresh_for: timedelta | None, shortest: timedelta, longest: timedelta
) -> None:
    fresh = None if fresh_for is None else NOW + fresh_for
    after = schedule.succeeded(replace(FEED, last_ok=NOW - HOUR, fresh_until=fresh), NOW)
    assert after.next_poll is not None
    assert shortest <= after.next_poll - NOW <= longest


@settings(max_examples=HEADERS)
@given(st.none() | st.timedeltas(timedelta(days=-100), timedelta(days=100)), st.text(max_size=9))
def test_a_feed_that_answers_waits_a_quarter_of_an_hour_to_a_day(fresh_for: timedelta | None, path: str) -> None:
    fresh = None if fresh_for is None else NOW + fresh_for
    after = schedule.succeeded(replace(FEED, url=FEED.url + path, fresh_until=fresh), NOW)
    assert after.next_poll is not None
    assert 15 * MINUTE <= after.next_poll - NOW <= 24 * HOUR


@pytest.mark.parametrize(
    ("state", "fresh_for", "interval"),
    [
        (FEED, None, 30 * MINUTE),
        (FEED, MINUTE, 15 * MINUTE),
        (FEED, HOUR, HOUR),
        (FEED, timedelta(days=31), 24 * HOUR),
        (SYMBOL, None, 15 * MINUTE),
    ],
)
def test_a_thousand_sources_added_together_are_never_all_polled_together_again(
    state: SourceState, fresh_for: timedelta | None, interval: timedelta, record_property: Callable[[str, object], None]
) -> None:
    """Of each thirtieth of their interval (of half an hour: a minute) the busiest has three times the mean at most."""
    polls, end = Counter[int](), NOW + 4 * interval
    for n in range(1_000):
        polled, now = replace(state, url=f"{state.url}{n}"), NOW
        while now < end:
            polled = replace(polled, fresh_until=now + fresh_for if fresh_for else None)
            polled = schedule.succeeded(polled, now)
            assert polled.next_poll is not None
            now = polled.next_poll
            polls[30 * (now - NOW) // interval] += now < end
    mean = polls.total() / (4 * 30 - min(polls))  # from when the first is due again
    record_property("busiest", f"{max(polls.values()) / mean:.1f} times the mean")
    assert max(polls.values()) <= 3 * mean


def test_sources_polled_together_drift_apart() -> None:
    states = [replace(FEED, url=f"https://a.test/{n}") for n in range(200)]
    waits = {schedule.succeeded(s, NOW).next_poll for s in states}
    assert len(waits) == 200
    assert {schedule.failed(s, Unreachable("x"), NOW).next_poll for s in states}.isdisjoint(waits)
    assert schedule.succeeded(FEED, NOW) == schedule.succeeded(FEED, NOW)


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
    assert after.next_poll is not None
    assert wait <= after.next_poll - NOW <= 1.1 * wait
    assert (after.failures, after.last_error) == (failures_before + 1, str(error))
    assert (after.held_until, after.enabled, after.last_ok) == (None, True, NOW - HOUR)


def test_what_is_gone_for_good_is_switched_off() -> None:
    after = schedule.failed(replace(FEED, next_poll=NOW), Refused("gone", status=410), NOW)
    assert (after.enabled, after.next_poll) == (False, None)


def test_a_failure_where_a_source_had_moved_to_brings_the_old_address_back() -> None:
    moved = replace(FEED, moved_to="https://b.test/feed", moves=2)
    after = schedule.failed(moved, Refused("gone", status=410), NOW)
    assert (moved.address, after.address, after.enabled) == ("https://b.test/feed", FEED.url, True)
    assert schedule.failed(after, Refused("gone", status=410), NOW).enabled is False


@pytest.mark.parametrize(
    ("hold", "wait"), [(10 * MINUTE, 30 * MINUTE), (5 * HOUR, 5 * HOUR), (timedelta(0), 30 * MINUTE)]
)
def test_a_host_that_limits_us_is_held_as_long_as_it_says(hold: timedelta, wait: timedelta) -> None:
    after = schedule.failed(SYMBOL, RateLimited("slow down", retry_after=NOW + hold), NOW)
    assert after.held_until == NOW + hold
    assert after.next_poll is not None
    assert wait <= after.next_poll - NOW <= 1.1 * wait


@pytest.mark.parametrize(
    ("state", "refused", "hold"),
    [(SYMBOL, 0, 30 * MINUTE), (SYMBOL, 1, HOUR), (SYMBOL, 9, HOUR), (FEED, 0, HOUR), (FEED, 2, 4 * HOUR),
     (FEED, 99, 24 * HOUR)],
)  # fmt: skip
def test_a_host_that_names_no_time_is_held_for_twice_as_long_each_time(
    state: SourceState, refused: int, hold: timedelta
) -> None:
    after = schedule.failed(state, RateLimited("slow down"), NOW, refused)
    assert after.held_until is not None
    assert 0.9 * hold <= after.held_until - NOW <= hold
    assert after.failures == refused + 1
    assert schedule.refusals([after, replace(FEED, failures=5)]) == {schedule.server(state.url): refused + 1}


def test_a_limit_that_a_redirect_led_to_is_that_server_s() -> None:
    limit = RateLimited("429", retry_after=NOW + HOUR, server="https://b.test:443")
    moved = replace(FEED, moved_to="https://b.test/feed", moves=2)
    for state in (FEED, moved):
        after = schedule.failed(state, limit, NOW)
        assert (after.address, schedule.limiter(after)) == (FEED.url, "https://b.test:443")
        assert schedule.holds([after], NOW) == {"https://b.test:443": NOW + HOUR}
        assert schedule.refusals([after]) == {"https://b.test:443": 1}
    own = schedule.failed(FEED, RateLimited("429", retry_after=NOW + HOUR, server="https://a.test:443"), NOW)
    assert (own.moved_to, schedule.limiter(own)) == (None, "https://a.test:443")


def test_a_hold_counts_for_the_whole_host_until_it_ends() -> None:
    states = [
        replace(FEED, held_until=NOW + HOUR),
        replace(FEED, url="https://a.test/other", held_until=NOW + 2 * HOUR),
        replace(FEED, url="https://b.test/feed", held_until=NOW),
        SYMBOL,
    ]
    assert schedule.holds(states, NOW) == {"https://a.test:443": NOW + 2 * HOUR}


@pytest.mark.parametrize("next_poll", [None, NOW + MINUTE, NOW + 3 * HOUR])
def test_a_held_source_waits_for_the_longer_of_hold_and_turn(next_poll: datetime | None) -> None:
    after = schedule.held(replace(SYMBOL, next_poll=next_poll, failures=1), NOW + HOUR)
    assert after.next_poll == max(NOW + HOUR, next_poll or NOW)
    assert (after.held_until, after.failures) == (NOW + HOUR, 1)
