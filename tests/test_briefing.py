"""The briefing says what the ledger knew at its instant, each digit from a record, and says what it does not know.

The expected files in data/briefing are renewed by `python -m tests.test_briefing`, then read before they are kept.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from bs4 import BeautifulSoup

from assistant.briefing import Briefing, build_briefing, gather, make_briefing
from assistant.briefing.document import Form
from assistant.numbers import find_numbers
from assistant.types import Figure
from ingest.config import Config
from ingest.ledger import Ledger, upgrade_ledger
from ingest.types import Article, History, Instrument, Quote, SourceState
from tests.conftest import NOW, article, bar, close_of, instrument, put_market

DATA = Path(__file__).parent / "data" / "briefing"
FORMS: dict[Form, str] = {"text": "txt", "md": "md", "html": "html", "json": "json"}
DAY = timedelta(days=1)
SYMBOLS = ["^TEST", "KSTL", "TDWL", "HRWM", "LNTD", "GONE"]
ZONE = "America/New_York"
INVENTED = "Test Exchange (invented)"


def rising(last: float, steps: int = 40) -> list[float]:
    """Closes that swing a little and end at `last`."""
    return [*(round(last * (0.9 + 0.002 * i + 0.01 * (i % 3)), 2) for i in range(steps - 1)), last]


def put_story(ledger: Ledger, title: str, hours_ago: float, source: str, *symbols: str, **more: Any) -> Article:
    told = article(title, hours_ago=hours_ago, source=source, symbols=symbols, **more)
    ledger.news.put([told])
    return told


def fill(ledger: Ledger) -> None:
    """An invented market after a Friday's close: an index, a jump, a fall, a stale price, a first day, a symbol that
    nothing is known of; three outlets with one story; a failing feed; and the briefing of the day before."""
    put_market(ledger, "^TEST", [*rising(1000.0), 1012.5], "Test Composite", kind="index", exchange=INVENTED)
    put_market(ledger, "KSTL", [*rising(60.0), 63.3], "Kestrel Robotics", exchange=INVENTED)
    put_market(ledger, "TDWL", [*rising(40.0), 38.74], "Tidewell Energy", exchange=INVENTED)
    put_market(ledger, "HRWM", rising(80.0), "Harrowmere Bank", end=date(2026, 2, 25), exchange=INVENTED)
    put_market(ledger, "LNTD", [0.9312], "Lanthorn Devices", exchange=INVENTED)
    title = "Kestrel Robotics raises full-year outlook after record orders"
    put_story(ledger, title, 9, "Test Wire", "KSTL")
    put_story(ledger, f"{title} - Test Ledger", 8.5, "Test Ledger", "KSTL")
    put_story(ledger, title, 7, "Test Review", "KSTL")
    put_story(ledger, "Kestrel to hire 300 engineers", 30, "Test Wire", "KSTL")
    put_story(ledger, "Refinery fire stops Tidewell's largest plant", 12, "Test Wire", "TDWL")
    put_story(ledger, "Elsewhere Inc opens a shop", 3, "Test Wire", "ELSE")
    put_story(ledger, "Central bank leaves its rate at 3.5%", 26, "Test Bulletin")
    put_story(ledger, "An undated notice about settlement", 5, "Test Bulletin", published=None)
    ledger.sources.save(
        [
            SourceState("https://feeds.test/wire", "news", "Test Wire", last_ok=NOW),
            SourceState(
                "https://feeds.test/odd?key=SECRET", "news", "", last_error="not a feed: an HTML page", failures=3,
                next_poll=NOW + timedelta(hours=6),
            ),
        ]
    )  # fmt: skip
    before = build_briefing(ledger, SYMBOLS, NOW - DAY, NOW - 2 * DAY, ZONE)
    ledger.briefings.save(before.as_of, before.to_dict())


def brief(ledger: Ledger, symbols: Sequence[str] = SYMBOLS, as_of: datetime = NOW, **more: Any) -> Briefing:
    return build_briefing(ledger, symbols, as_of, more.pop("since", as_of - 2 * DAY), ZONE, **more)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    fill(ledger)
    return ledger


# The whole document ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "suffix"), FORMS.items())
def test_the_briefing_of_a_known_market_is_exactly_this(filled: Ledger, form: Form, suffix: str) -> None:
    assert brief(filled).render(form) == (DATA / f"briefing.{suffix}").read_text(encoding="utf-8")


def test_equal_inputs_give_equal_bytes_whatever_their_order(filled: Ledger) -> None:
    inputs = gather(filled, SYMBOLS, NOW, NOW - 2 * DAY, ZONE)
    dice = random.Random(7)
    shuffled = replace(inputs, articles=tuple(dice.sample(inputs.articles, len(inputs.articles))))
    for form in FORMS:
        assert make_briefing(inputs).render(form) == make_briefing(shuffled).render(form)


def test_the_json_twin_says_the_same_and_survives_a_round_trip(filled: Ledger) -> None:
    briefing = brief(filled)
    document = json.loads(briefing.render("json"))
    assert document == briefing.to_dict()
    kstl = next(r for r in document["watchlist"] if r["symbol"] == "KSTL")
    assert (kstl["price"]["value"], kstl["price"]["unit"], kstl["percent"]["text"]) == (63.3, "USD", "+5.50")
    assert document["as_of"] == "2026-02-27T21:30:00+00:00"
    assert document["stories"][0]["stories"][0]["outlets"]["value"] == 3


def test_citations_are_numbered_without_gaps_and_every_mark_resolves(filled: Ledger) -> None:
    briefing = brief(filled)
    numbers = [c.n for c in briefing.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    for form in ("text", "html"):
        assert {int(n) for n in re.findall(r"\[(\d+)\]", briefing.render(form))} == set(numbers)


# Every digit has a record ----------------------------------------------------------------------------------------


def visible(html: str) -> str:
    """What a reader sees or hears of the page."""
    page = BeautifulSoup(html, "html.parser")
    labels = [str(tag["aria-label"]) for tag in page.select("[aria-label]")]
    assert page.body is not None
    return " ; ".join([*page.body.stripped_strings, *labels])


def unbound(text: str, briefing: Briefing) -> list[str]:
    """The numbers of `text` that are neither a figure of `briefing` nor a quotation or an age of its citations."""
    quoted = [w for c in briefing.citations for w in (c.title, f"{c.age} old")]
    for words in sorted(quoted, key=len, reverse=True):
        text = text.replace(words, " ")
    text = re.sub(r"https?://\S+", " ", text)
    bound = {n.value for f in briefing.figures for n in find_numbers(f.text)}
    return [n.text for n in find_numbers(text) if n.value not in bound]


def test_every_number_printed_is_a_figure_of_the_document(filled: Ledger) -> None:
    briefing = brief(filled)
    assert unbound(briefing.to_text(200), briefing) == []
    assert unbound(visible(briefing.to_html()), briefing) == []
    assert unbound("the price is 63.31", briefing) == ["63.31"]  # the check itself can fail


def test_figures_are_computed_from_the_closes_they_name(filled: Ledger) -> None:
    closes = [b.close for b in filled.market.bars("KSTL", NOW)]
    row = next(r for r in brief(filled).watchlist if r.symbol == "KSTL")

    def is_change(figure: Figure | None, base: float) -> bool:
        assert figure is not None
        assert figure.derived_from is not None
        assert figure.derived_from.inputs[0].value == base
        return figure.value == pytest.approx((closes[-1] / base - 1) * 100, abs=1e-6)

    month_ago = next(b.close for b in filled.market.bars("KSTL", NOW) if b.day == date(2026, 1, 27))
    assert is_change(row.percent, closes[-2])
    assert is_change(row.five_sessions, closes[-6])
    assert is_change(row.one_month, month_ago)
    assert row.trend is not None
    assert row.trend.closes == tuple(closes[-30:])
    assert (row.trend.low.value, row.trend.high.value) == (min(closes[-30:]), max(closes[-30:]))


def test_what_is_not_known_is_na_and_never_nan(filled: Ledger) -> None:
    briefing = brief(filled)
    (row,) = [r for r in briefing.rows if r.symbol == "LNTD"]
    assert (row.price.text, row.percent, row.five_sessions, row.trend) == ("0.9312", None, None, None)
    for form in FORMS:
        assert not re.search(r"\bnan\b", briefing.render(form), re.IGNORECASE)
    assert "n/a" in briefing.to_text()


# Prices ----------------------------------------------------------------------------------------------------------


def test_the_largest_move_comes_first_whatever_its_sign_and_stale_prices_last(ledger: Ledger) -> None:
    for symbol, closes in {"AAA": [100.0, 101.0], "BBB": [100.0, 95.0], "CCC": [100.0, 102.0]}.items():
        put_market(ledger, symbol, closes)
    put_market(ledger, "OLD", [100.0, 150.0], end=date(2026, 2, 25))
    briefing = brief(ledger, ["AAA", "OLD", "BBB", "CCC"])
    assert [r.symbol for r in briefing.watchlist] == ["BBB", "CCC", "AAA", "OLD"]
    assert "the largest move is BBB -5.00 % on Fri 27 Feb 2026" in briefing.conclusion.text
    assert "Of 3 symbols with a fresh price, 2 rose and 1 fell" in briefing.conclusion.text
    assert briefing.quality.stale == ("OLD",)
    assert any("2 sessions have closed since Wed 25 Feb 2026" in s.text for s in briefing.quality.statements)


def test_while_the_session_is_open_the_price_is_the_last_traded_one_so_far(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [100.0, 110.0, 120.0], "Kestrel Robotics")
    noon = datetime.fromisoformat("2026-02-27T17:00:00+00:00")
    quote = Quote("KSTL", 99.0, "USD", noon - timedelta(minutes=3), "open", 110.0, 109.0, 111.0, 98.0, "yahoo", noon)
    ledger.market.put(History(instrument("KSTL", "Kestrel Robotics"), (), quote))
    briefing = brief(ledger, ["KSTL"], noon)
    (row,) = briefing.watchlist
    assert (row.live, row.price.text, row.when) == (True, "99.00", "11:57 EST on Fri 27 Feb 2026")
    assert row.percent is not None
    assert row.percent.text == "-10.00"  # against Thursday's close, not Wednesday's
    assert "so far, at 11:57 EST" in briefing.conclusion.text
    assert "11:57 EST" in briefing.to_text()


def test_a_close_that_was_fetched_much_later_is_said_to_be_backfilled(ledger: Ledger) -> None:
    late = bar("KSTL", date(2026, 2, 27), 63.3, fetched=NOW + 5 * DAY)
    ledger.market.put(History(instrument("KSTL"), (late,), None))
    briefing = brief(ledger, ["KSTL"])
    assert any("backfilled): KSTL" in s.text for s in briefing.quality.statements)
    assert brief(ledger, ["KSTL"], strict=True).rows == ()


# Time travel -----------------------------------------------------------------------------------------------------


def test_nothing_that_became_known_later_appears(filled: Ledger) -> None:
    before = {form: brief(filled).render(form) for form in FORMS}
    later = NOW + timedelta(minutes=1)
    filled.market.put(
        History(
            instrument("KSTL", "Kestrel Robotics", exchange=INVENTED),
            (
                bar("KSTL", date(2026, 3, 2), 66666.0),
                bar("KSTL", date(2026, 2, 27), 55555.0, fetched=later),
            ),
            Quote("KSTL", 44444.0, "USD", later, "open", None, None, None, None, "yahoo", later),
        )
    )
    put_story(filled, "POISON: Kestrel to be bought", -0.1, "Test Wire", "KSTL")
    put_story(filled, "POISON seen late", 4, "Test Wire", "KSTL", first_seen=later, fetched=later)
    filled.briefings.save(later, {"as_of": later.isoformat(), "indices": [], "watchlist": []})
    filled.sources.save(
        [SourceState("https://feeds.test/new", "news", last_error="POISON", failures=1, last_ok=later, enabled=True)]
    )
    inputs = gather(filled, SYMBOLS, NOW, NOW - 2 * DAY, ZONE)
    polled = tuple(s for s in inputs.sources if s.url != "https://feeds.test/new")
    assert not any("POISON" in s.text for s in make_briefing(inputs).quality.statements)
    assert {form: make_briefing(replace(inputs, sources=polled)).render(form) for form in FORMS} == before


def test_strict_leaves_out_what_had_not_been_fetched_yet(ledger: Ledger) -> None:
    put_story(ledger, "Fetched only later", 4, "Test Wire", fetched=NOW + DAY)
    assert brief(ledger).known
    assert not brief(ledger, strict=True).known


def test_an_empty_store_gives_an_honest_briefing(ledger: Ledger) -> None:
    briefing = brief(ledger)
    assert not briefing.known
    assert briefing.conclusion.text.startswith("Nothing is known as of Fri 27 Feb 2026, 16:30 EST")
    assert briefing.quality.without_data == tuple(SYMBOLS)
    said = " ".join(s.text for s in briefing.quality.statements)
    assert "No source has been read yet." in said
    assert "No news was known by then." in said
    for form in FORMS:
        assert briefing.notice in briefing.render(form)
    assert find_numbers(briefing.to_text(200)) == []


def test_the_footer_says_from_when_news_is_known(ledger: Ledger) -> None:
    put_story(ledger, "The first story there is", 5, "Test Wire")
    said = " ".join(s.text for s in brief(ledger).quality.statements)
    assert "News is known here only from Fri 27 Feb 2026, 11:30 EST on." in said


# Stories ---------------------------------------------------------------------------------------------------------


def test_at_most_three_stories_a_symbol_the_widest_told_first_and_the_rest_is_counted(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [60.0, 61.0])
    titles = [f"Kestrel {word} something of its own here" for word in ("builds", "sells", "tests", "plans", "ships")]
    for hours, title in enumerate(titles, 1):
        put_story(ledger, title, hours, f"Wire {hours}", "KSTL")
    put_story(ledger, titles[4], 4.5, "Second Wire", "KSTL")
    briefing = brief(ledger, ["KSTL"])
    (section,) = briefing.sections
    assert [briefing.cited(t.citation).title for t in section.stories] == [titles[4], titles[0], titles[1]]
    assert (briefing.quality.beyond_cap.value, briefing.quality.duplicates.value) == (2, 1)
    assert "Not shown: 1 near-duplicate article, 2 further stories." in briefing.to_text(200)
    assert briefing.watchlist[0].story == section.stories[0].citation


def test_one_publisher_does_not_fill_a_section_while_others_have_stories(ledger: Ledger) -> None:
    words = "alpha beta gamma delta epsilon zeta eta theta".split()
    for hours, word in enumerate(words, 1):
        put_story(ledger, f"Filing {word} of the {word} company today", hours, "Loud Office")
    put_story(ledger, "A policy speech about the economy", 20, "Quiet Bank")
    briefing = brief(ledger)
    publishers = [briefing.cited(t.citation).source for t in briefing.sections[0].stories]
    assert publishers == ["Loud Office"] * 2 + ["Quiet Bank"] + ["Loud Office"] * 3


def test_a_round_up_never_leads_over_a_story_about_the_symbol(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [60.0, 61.0])
    put_story(ledger, "Five stocks to look at this week", 1, "Wire A", "KSTL", "AAA", "BBB", "CCC")
    put_story(ledger, "Kestrel Robotics wins an order from a port", 9, "Wire B", "KSTL")
    briefing = brief(ledger, ["KSTL"])
    assert briefing.cited(briefing.watchlist[0].story or 0).source == "Wire B"


def test_an_undated_story_never_ranks_as_the_freshest(ledger: Ledger) -> None:
    put_story(ledger, "A notice that carries no date at all", 1, "Wire A", published=None)
    put_story(ledger, "A dated report of the day before", 30, "Wire B")
    briefing = brief(ledger)
    assert [briefing.cited(t.citation).source for t in briefing.sections[0].stories] == ["Wire B", "Wire A"]
    assert "Wire A · undated" in briefing.to_text()


def test_stories_about_symbols_that_are_not_followed_are_counted_only(filled: Ledger) -> None:
    briefing = brief(filled)
    assert briefing.quality.other_symbols.value == 1
    assert "Elsewhere" not in briefing.to_text()


def test_a_story_about_two_followed_symbols_is_told_once_and_cited_by_both(ledger: Ledger) -> None:
    put_market(ledger, "AAA", [100.0, 101.0])
    put_market(ledger, "BBB", [100.0, 110.0])
    put_story(ledger, "The two firms agree to merge their works", 2, "Test Wire", "AAA", "BBB")
    briefing = brief(ledger, ["AAA", "BBB"])
    assert [(s.symbol, len(s.stories)) for s in briefing.sections] == [("BBB", 1)]
    assert [r.story for r in briefing.watchlist] == [3, 3]


def test_a_row_shows_the_story_of_its_own_section_rather_than_one_that_names_it_too(ledger: Ledger) -> None:
    put_market(ledger, "AAA", [100.0, 101.0])
    put_market(ledger, "BBB", [100.0, 110.0])
    put_story(ledger, "The two firms agree to merge their works", 2, "Test Wire", "AAA", "BBB")
    put_story(ledger, "The first firm opens a port", 3, "Test Wire", "AAA")
    briefing = brief(ledger, ["AAA", "BBB"])
    assert {r.symbol: r.story for r in briefing.watchlist} == {"BBB": 3, "AAA": 4}


def test_a_story_of_an_invented_publisher_has_no_link(ledger: Ledger) -> None:
    put_story(ledger, "A story that nobody wrote", 2, "Sample Wire (invented)")
    put_story(ledger, "A story that nobody wrote", 1, "Sample Ledger (invented)")
    briefing = brief(ledger)
    assert briefing.sample
    assert [c.url for c in briefing.citations] == [""]
    assert "href" not in briefing.to_html()


def test_news_of_a_symbol_without_a_price_is_told_all_the_same(ledger: Ledger) -> None:
    put_story(ledger, "Gone Industries files for a listing", 2, "Test Wire", "GONE")
    assert [s.symbol for s in brief(ledger).sections] == ["GONE"]


# What changed ----------------------------------------------------------------------------------------------------


def changes(ledger: Ledger, hours: float) -> str:
    """What changed between a briefing now and one `hours` later."""
    first = brief(ledger, ["KSTL"])
    ledger.briefings.save(first.as_of, json.loads(first.render("json")))
    return " ".join(s.text for s in brief(ledger, ["KSTL"], NOW + timedelta(hours=hours)).changes.statements)


def test_the_first_briefing_has_nothing_to_compare_with(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [60.0, 66.0])
    briefing = brief(ledger, ["KSTL"])
    assert briefing.changes.since is None
    assert briefing.changes.statements[0].text == "This is the first briefing kept here: there is none to compare with."
    put_story(ledger, "A story like any other of that day", 2, "Test Wire", "KSTL")
    assert "· new" not in brief(ledger, ["KSTL"]).to_text()  # where all is new, nothing is marked


def test_without_anything_new_it_says_nothing_material(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [60.0, 66.0])
    put_story(ledger, "An older story about Kestrel Robotics", 2, "Test Wire", "KSTL")
    assert changes(ledger, 1) == (
        "Since the briefing of Fri 27 Feb 2026, 16:30 EST: nothing material: no new price, no new story."
    )


def test_a_new_close_that_hardly_moved_is_nothing_material_either(ledger: Ledger) -> None:
    bars = put_market(ledger, "KSTL", [60.0, 66.0])
    monday = bar("KSTL", date(2026, 3, 2), 66.5)
    ledger.market.put(History(instrument("KSTL"), (*bars, monday), None))
    assert changes(ledger, 72) == (
        "Since the briefing of Fri 27 Feb 2026, 16:30 EST: nothing material: 1 new price, no new story. "
        "No new price is 2 % or more away from the close before it."
    )


def test_new_movers_and_new_stories_are_named_and_counted(ledger: Ledger) -> None:
    bars = put_market(ledger, "KSTL", [60.0, 66.0])
    ledger.market.put(History(instrument("KSTL"), (*bars, bar("KSTL", date(2026, 3, 2), 69.3)), None))
    put_story(ledger, "Kestrel Robotics wins an order from a port", -70, "Test Wire", "KSTL")
    put_story(ledger, "An older story about something else", 1, "Test Wire", "KSTL")
    assert changes(ledger, 72) == (
        "Since the briefing of Fri 27 Feb 2026, 16:30 EST: 1 new price, 1 new story. "
        "Moved by 2 % or more: KSTL +5.00 % [1]."
    )


# Data quality ----------------------------------------------------------------------------------------------------


def quality(ledger: Ledger, *states: SourceState) -> str:
    ledger.sources.save(states)
    return "\n".join(s.text for s in brief(ledger, []).quality.statements)


def test_sources_that_fail_for_one_reason_share_a_line(ledger: Ledger) -> None:
    states = [
        SourceState(f"yahoo:S{i}", "quotes", last_error="rate limited", failures=1, next_poll=NOW + timedelta(hours=1))
        for i in range(6)
    ]
    said = quality(ledger, *states, SourceState("https://feeds.test/a", "news", "Wire", last_ok=NOW))
    assert "Failing: 6 of 7 sources." in said
    assert "Prices of S0, S1, S2, S3 and 2 more: rate limited. Next try Fri 27 Feb 2026, 17:30 EST." in said


def test_a_failing_feed_is_named_with_its_count_and_without_the_key_in_its_address(filled: Ledger) -> None:
    for form in FORMS:
        printed = brief(filled).render(form)
        assert "not a feed: an HTML page" in printed
        assert "SECRET" not in printed
    assert "feeds.test/odd (3 times in a row)" in brief(filled).to_text(200)


def test_sources_that_are_off_or_well_are_not_named(ledger: Ledger) -> None:
    said = quality(
        ledger,
        SourceState("https://feeds.test/a", "news", "Wire", last_ok=NOW),
        SourceState("https://feeds.test/b", "news", "Off", enabled=False, last_error="gone", failures=9),
    )
    assert "None of the 1 source failed when last read." in said
    assert "gone" not in said


def test_sample_data_are_labelled_and_real_data_are_not(filled: Ledger, tmp_path: Path) -> None:
    for form in ("text", "md", "html"):
        assert "Sample data: invented companies and prices" in brief(filled).render(form)
    assert brief(filled).cited(1).url == ""  # nothing on the web backs an invented price
    real = upgrade_ledger(Config(home=tmp_path / "real"))
    real.market.put(
        History(Instrument("KO", "KO", "equity", "NYSE", "XNYS", ZONE, "USD"), (bar("KO", NOW.date(), 70),), None)
    )
    briefing = brief(real, ["KO"])
    assert not briefing.sample
    assert briefing.cited(1).url == "https://finance.yahoo.com/quote/KO/history/"
    assert briefing.cited(1).published == close_of(NOW.date())
    assert "Sample data" not in briefing.to_text()
    real.close()


def _renew() -> None:
    with TemporaryDirectory() as folder:
        ledger = upgrade_ledger(Config(home=Path(folder), now=NOW))
        fill(ledger)
        for form, suffix in FORMS.items():
            (DATA / f"briefing.{suffix}").write_text(brief(ledger).render(form), encoding="utf-8")
        ledger.close()


if __name__ == "__main__":
    _renew()
