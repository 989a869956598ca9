"""What the index is given to read: articles in chunks, weeks and latest prices as sentences."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.schema import MetadataMode

from ingest.nodes import article_nodes, quote_node, week_nodes
from ingest.types import Bar, Quote, Session
from ingest.weeks import finished, monday, to_write
from tests.conftest import NOW, article, bar, close_of, instrument, weekdays

APPLE = instrument("AAPL", "Apple Inc.")
WEEK = date(2026, 2, 23)
LONG = "The central bank held its rate. Inflation eased in every region.\n\n" * 60


# Articles


def test_a_short_article_is_one_node_under_its_title() -> None:
    story = article("Apple raises its dividend", "The board approved it.", symbols=("AAPL",))
    [node] = article_nodes(story)
    assert node.node_id == f"{story.id}:0"
    assert node.ref_doc_id == story.id
    assert node.get_content() == "The board approved it."
    assert node.get_content(MetadataMode.EMBED) == "Apple raises its dividend\n\nThe board approved it."
    assert node.metadata["symbols"] == ["AAPL"]
    assert node.metadata["source"] == "Test Wire"


def test_an_article_of_a_title_only_is_its_title_once() -> None:
    [node] = article_nodes(article("Fed holds"))
    assert node.get_content(MetadataMode.EMBED) == node.get_content() == "Fed holds"


def test_a_long_article_becomes_chunks_that_the_model_can_read_whole() -> None:
    nodes = article_nodes(article("Rates", LONG))
    assert [n.node_id.rpartition(":")[2] for n in nodes] == [str(i) for i in range(len(nodes))]
    assert [n.metadata["chunk"] for n in nodes] == list(range(len(nodes)))
    assert len(nodes) > 2
    assert all(len(n.get_content().split()) <= 200 for n in nodes)
    assert all(n.get_content(MetadataMode.EMBED).startswith("Rates\n\n") for n in nodes)


@given(st.lists(st.sampled_from([" ", ", ", ". ", '!" ', "\n\n", "; "]), max_size=900))
def test_chunks_run_through_the_whole_text_without_a_gap(gaps: list[str]) -> None:
    text = "".join(f"w{n}{gap}" for n, gap in enumerate(gaps))
    spans = [[int(w) for w in re.findall(r"w(\d+)", n.get_content())] for n in article_nodes(article("T", text))]
    covered = -1
    for span in filter(None, spans):
        assert span == list(range(span[0], span[-1] + 1))
        assert span[0] <= covered + 1 <= span[-1]
        assert len(span) <= 200
        covered = span[-1]
    assert covered == len(gaps) - 1


def test_an_article_fetched_again_unchanged_gives_an_equal_node() -> None:
    story = article("A", "B")  # the ledger keeps the first fetch of a text, so a later poll changes nothing in it
    assert [n.hash for n in article_nodes(story)] == [n.hash for n in article_nodes(replace(story))]
    assert "fetched" not in article_nodes(story)[0].metadata


@pytest.mark.parametrize(
    ("changes", "known_from"),
    [
        ({}, NOW),
        ({"published": None}, NOW),
        ({"published": NOW + timedelta(hours=2)}, NOW + timedelta(hours=2)),  # an embargo
        ({"fetched": NOW + timedelta(hours=3)}, NOW + timedelta(hours=3)),  # a text revised at its source
    ],
)
def test_an_article_counts_from_when_this_text_could_be_known(changes: dict[str, Any], known_from: datetime) -> None:
    story = article("A", first_seen=NOW, fetched=NOW)
    [node] = article_nodes(replace(story, **changes))
    assert node.metadata["known_from"] == known_from.isoformat()


def test_an_undated_article_claims_no_date() -> None:
    [node] = article_nodes(article("A", published=None))
    assert "published" not in node.metadata
    assert node.metadata["first_seen"]


# Weeks


def week_of(closes: list[float], end: date = date(2026, 2, 27), symbol: str = "AAPL") -> list[Bar]:
    days = weekdays(end - timedelta(days=60), end)[-len(closes) :]
    return [bar(symbol, d, c) for d, c in zip(days, closes, strict=True)]


def test_a_week_is_told_in_one_sentence() -> None:
    bars = week_of([100, 228, 229, 232, 230, 231.4])
    [node] = week_nodes(APPLE, bars, {WEEK})
    assert node.node_id == node.ref_doc_id == "AAPL:2026-W09"
    assert node.get_content(MetadataMode.EMBED) == node.get_content() == (
        "Apple Inc. (AAPL) in the week of 23 to 27 February 2026: close 231.40 USD on 27 February, "
        "+131.40 % on the week before; high 234.00, low 226.00."
    )  # fmt: skip
    assert node.metadata["kind"] == "quote"
    assert node.metadata["symbols"] == ["AAPL"]
    assert node.metadata["published"] == close_of(date(2026, 2, 27)).isoformat()


def test_the_first_week_known_claims_no_change() -> None:
    [node] = week_nodes(APPLE, week_of([228, 229, 232, 230, 231.4]), {WEEK})
    assert "week before" not in node.get_content()


def test_only_the_weeks_asked_for_are_told() -> None:
    bars = week_of([200.0 + i for i in range(15)])
    nodes = week_nodes(APPLE, bars, {date(2026, 2, 9), date(2026, 2, 23), date(2026, 3, 2)})
    assert [n.node_id for n in nodes] == ["AAPL:2026-W07", "AAPL:2026-W09"]


def test_a_week_counts_from_the_last_value_it_is_made_of() -> None:
    bars = week_of([228, 229, 232, 230, 231.4])
    revised = replace(bars[1], known_from=NOW + timedelta(days=3))
    [node] = week_nodes(APPLE, [bars[0], revised, *bars[2:]], {WEEK})
    assert node.metadata["known_from"] == (NOW + timedelta(days=3)).isoformat()


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 2, 23), date(2026, 2, 27), "23 to 27 February 2026"),
        (date(2026, 4, 27), date(2026, 5, 1), "27 April to 1 May 2026"),
        (date(2025, 12, 29), date(2026, 1, 2), "29 December 2025 to 2 January 2026"),
        (date(2026, 2, 27), date(2026, 2, 27), "of 27 February 2026"),
    ],
)
def test_a_week_is_named_by_its_days(first: date, last: date, expected: str) -> None:
    bars = [bar("AAPL", d, 10) for d in weekdays(first, last)]
    [node] = week_nodes(APPLE, bars, {monday(first)})
    assert expected in node.get_content()


def test_the_iso_year_names_the_week_at_the_turn_of_the_year() -> None:
    [node] = week_nodes(APPLE, [bar("AAPL", d, 10) for d in weekdays(date(2025, 12, 29), date(2025, 12, 31))],
                        {date(2025, 12, 29)})  # fmt: skip
    assert node.node_id == "AAPL:2026-W01"


@pytest.mark.parametrize(
    ("price", "more", "expected"),
    [
        (231.4, {}, "close 231.40 USD"),
        (6878.88, {"kind": "index"}, "close 6,878.88 points"),
        (1.08453, {"kind": "currency"}, "close 1.0845 USD"),
        (12345.0, {"currency": "GBp"}, "close 12,345.00 GBp"),
        (0.4321, {}, "close 0.4321 USD"),
        (0.00001234, {"kind": "cryptocurrency"}, "close 0.00001234 USD"),
    ],
)
def test_prices_are_written_as_their_kind_is(price: float, more: dict[str, str], expected: str) -> None:
    day = bar("X", date(2026, 2, 27), price, open=price, high=price, low=price)
    [node] = week_nodes(instrument("X", **more), [day], {WEEK})
    assert expected in node.get_content()


def test_no_change_has_no_minus_sign() -> None:
    bars = week_of([100, 100, 100, 100, 100, 99.9999])
    assert "+0.00 % on the week before" in week_nodes(APPLE, bars, {WEEK})[0].get_content()


# Latest prices

QUOTE = Quote("AAPL", 231.4, "USD", datetime(2026, 2, 27, 15, 30, tzinfo=UTC), "open", 230.0, 229.5, 232.0, 229.1,
              "yahoo", datetime(2026, 2, 27, 15, 31, tzinfo=UTC))  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "Apple Inc. (AAPL) latest price, the current quote: 231.40 USD as of 27 February 2026, 15:30 UTC, market "
            "open, +0.61 % on the previous close of 230.00; so far that day: open 229.50, high 232.00, low 229.10.",
        ),
        (
            {"state": "closed", "previous_close": None, "open": None, "high": None, "low": None},
            "Apple Inc. (AAPL) latest price, the current quote: 231.40 USD as of 27 February 2026, 15:30 UTC, "
            "market closed.",
        ),
    ],
)
def test_a_latest_price_says_when_and_in_what_market(changes: dict[str, Any], expected: str) -> None:
    node = quote_node(APPLE, replace(QUOTE, **changes))
    assert node.get_content() == expected
    assert node.node_id == "AAPL:now"
    assert node.metadata["known_from"] == QUOTE.fetched.isoformat()


# Which weeks are told

SESSIONS = [Session("XNYS", d, close_of(d) - timedelta(hours=6), close_of(d))
            for d in weekdays(date(2026, 2, 9), date(2026, 3, 12))]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "sessions", "expected"),
    [
        (datetime(2026, 2, 27, 20, 59, tzinfo=UTC), SESSIONS, False),
        (datetime(2026, 2, 27, 21, 0, tzinfo=UTC), SESSIONS, True),
        (datetime(2026, 3, 1, 23, 59, tzinfo=UTC), [], False),
        (datetime(2026, 3, 2, 0, 0, tzinfo=UTC), [], True),
        # a holiday on Friday ends the week on Thursday
        (datetime(2026, 2, 26, 21, 0, tzinfo=UTC), [s for s in SESSIONS if s.day != date(2026, 2, 27)], True),
    ],
)
def test_a_week_is_finished_when_its_last_session_has_closed(
    now: datetime, sessions: list[Session], expected: bool
) -> None:
    assert finished(WEEK, sessions, now) is expected


def test_a_changed_day_concerns_its_week_and_the_next() -> None:
    days = [date(2026, 2, 17), date(2026, 2, 18)]
    assert to_write(days, SESSIONS, NOW) == {date(2026, 2, 16), date(2026, 2, 23)}


def test_days_of_a_running_week_wait() -> None:
    assert to_write([date(2026, 2, 27)], SESSIONS, NOW - timedelta(hours=1)) == set()
