"""The store of record: idempotent writes, revisions, time travel, durability settings, versions."""

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.errors import StoreError, StoreMissing, StoreVersion
from ingest.ledger import Ledger, open_ledger, upgrade_ledger
from ingest.schema import metadata
from ingest.types import Counts, History, Quote, RunReport, SourceReport, SourceState
from tests.conftest import NOW, ROOT, article, bar, instrument, put_market
from tests.postgres import STORES, only_files, stored_in

DAY = date(2026, 2, 27)


@pytest.fixture(params=STORES)
def config(config: Config, request: pytest.FixtureRequest) -> Config:
    return stored_in(config, request)


def test_storing_the_same_again_writes_nothing(ledger: Ledger) -> None:
    items = [article("One"), article("Two", symbols=("KSTL",))]
    history = History(instrument("KSTL"), (bar("KSTL", DAY, 10.0),), None)
    assert (ledger.news.put(items), ledger.market.put(history)) == (Counts(new=2), Counts(new=1))
    assert (ledger.news.put(items), ledger.market.put(history)) == (Counts(unchanged=2), Counts(unchanged=1))


def test_an_article_is_read_back_as_it_was_stored(ledger: Ledger) -> None:
    stored = article("One", "Text of it.", symbols=("AAPL", "KSTL"), guid="g1")
    ledger.news.put([stored])
    assert ledger.news.get([stored.id], NOW) == {stored.id: stored}


def test_news_counts_from_the_later_of_publication_and_first_sight(ledger: Ledger) -> None:
    seen_late = article("Seen late", hours_ago=48, first_seen=NOW - timedelta(hours=1))
    dated_ahead = article("Dated ahead", hours_ago=-24, first_seen=NOW - timedelta(hours=2))
    ledger.news.put([seen_late, dated_ahead])
    known = {h: {a.title for a in ledger.news.latest(NOW + timedelta(hours=h))} for h in (-2, 0, 25)}
    assert known == {-2: set(), 0: {"Seen late"}, 25: {"Seen late", "Dated ahead"}}


def test_an_edited_article_counts_from_its_fetch_and_until_then_its_earlier_text(ledger: Ledger) -> None:
    first = article("Same", "First text.", symbols=("KSTL",))
    edited = replace(first, text="Corrected text.", fetched=NOW, first_seen=NOW)
    again = replace(first, title="Same, again", fetched=NOW + timedelta(hours=1))
    for version in (first, edited, again):
        ledger.news.put([version])
    versions = [first, *(replace(v, first_seen=first.first_seen) for v in (edited, again))]
    instants = (NOW - timedelta(minutes=1), NOW, NOW + timedelta(minutes=59), NOW + timedelta(hours=1))
    for instant, expected in zip(instants, (versions[0], versions[1], versions[1], versions[2]), strict=True):
        assert ledger.news.get([first.id], instant, strict=True) == {first.id: expected}
        assert ledger.news.latest(instant) == ledger.news.latest(instant, ["KSTL"]) == [expected]
        assert ledger.news.latest(instant, ["AAPL"]) == []
    assert ledger.news.get([first.id], first.known_from - timedelta(seconds=1)) == {}
    assert ledger.news.revisions(first.id) == versions
    assert ledger.news.count() == 1


def test_the_newest_come_first_also_where_some_were_edited_later(ledger: Ledger) -> None:
    stories = [article(f"Story {n}", "Text.", hours_ago=n + 1) for n in range(4)]
    ledger.news.put(stories)
    before = NOW - timedelta(minutes=1)
    ledger.news.put([replace(stories[n], text="Edited.", fetched=NOW) for n in (0, 2)])
    assert ledger.news.latest(before, limit=3) == stories[:3]
    assert ledger.news.latest(before, since=NOW - timedelta(hours=2)) == stories[:2]
    assert [a.text for a in ledger.news.latest(NOW)] == ["Edited.", "Text.", "Edited.", "Text."]


def test_an_undated_article_is_never_the_freshest(ledger: Ledger) -> None:
    dated = [article(f"Story {n}", hours_ago=h) for n, h in enumerate((1, 20, 30))]
    undated = article("Undated", published=None, first_seen=NOW, fetched=NOW)
    ledger.news.put([undated, *dated])
    assert ledger.news.latest(NOW) == [*dated[:2], undated, dated[2]]
    assert ledger.news.latest(NOW, limit=2) == dated[:2]
    assert ledger.news.latest(NOW, since=NOW - timedelta(hours=2)) == [dated[0], undated]


def test_a_date_in_the_future_does_not_make_a_story_fresh_once_its_time_has_come(ledger: Ledger) -> None:
    """It was taken as undated; hours later the same date is a possible one."""
    story = article("Dated ahead", published=None, first_seen=NOW, fetched=NOW)
    other = article("Of the day", hours_ago=-1)
    ledger.news.put([story, other])
    for hours, dated in ((6, NOW + timedelta(hours=5)), (7, NOW + timedelta(minutes=11))):
        again = replace(story, published=dated, fetched=NOW + timedelta(hours=hours))
        assert ledger.news.put([again]) == Counts(unchanged=1)
    assert ledger.news.latest(NOW + timedelta(hours=7)) == [other, story]
    corrected = replace(story, published=NOW - timedelta(hours=1), fetched=NOW + timedelta(hours=8))
    assert ledger.news.put([corrected]) == Counts(updated=1)


def test_two_texts_sent_in_turn_change_an_article_once_a_day(ledger: Ledger) -> None:
    first = article("Same", "One wording.")
    other = replace(first, text="Another wording.")
    ledger.news.put([first])
    written = [
        ledger.news.put([replace(text, fetched=NOW + timedelta(hours=n))]).updated
        for n, text in enumerate([other, first] * 5)
    ]
    assert written == [1] + [0] * 9
    assert ledger.news.put([replace(first, fetched=NOW + timedelta(days=2))]).updated == 1  # it was taken back
    assert len(ledger.news.revisions(first.id)) == 3


def test_a_revised_close_is_a_further_row_that_counts_from_its_fetch(ledger: Ledger) -> None:
    first = bar("KSTL", DAY, 10.0)
    later = replace(first, close=11.0, fetched=NOW + timedelta(days=1))
    ledger.market.put(History(instrument("KSTL"), (first,), None))
    assert ledger.market.put(History(instrument("KSTL"), (later,), None)) == Counts(updated=1)
    closes = [ledger.market.bars("KSTL", NOW + timedelta(days=d))[0].close for d in (0, 1)]
    assert closes == [10.0, 11.0]


def test_strict_headlines_had_been_fetched_in_the_wording_of_then(ledger: Ledger) -> None:
    told, edited = article("Told in time", hours_ago=5), article("Edited", hours_ago=3)
    missed = article("Missed until later", hours_ago=2, fetched=NOW + timedelta(days=1))
    ledger.news.put([told, missed, replace(edited, fetched=NOW + timedelta(hours=1))])
    ledger.news.put([replace(edited, text="Later words", fetched=NOW + timedelta(days=2))])
    assert [a.title for a in ledger.news.latest(NOW, limit=1)] == ["Missed until later"]
    assert [a.title for a in ledger.news.latest(NOW, limit=1, strict=True)] == ["Told in time"]
    assert [a.title for a in ledger.news.latest(NOW, strict=True)] == ["Told in time"]


def test_strict_reading_demands_that_it_had_been_fetched(ledger: Ledger) -> None:
    backfilled = bar("KSTL", DAY, 10.0, fetched=NOW + timedelta(days=30))
    ledger.market.put(History(instrument("KSTL"), (backfilled,), None))
    assert ledger.market.bars("KSTL", NOW)[0].backfilled
    assert ledger.market.bars("KSTL", NOW, strict=True) == []


def test_a_quote_of_the_future_or_fetched_later_is_not_read(ledger: Ledger) -> None:
    def quote(minutes: int) -> Quote:
        at = NOW + timedelta(minutes=minutes)
        return Quote("KSTL", 10.0 + minutes, "USD", at, "open", None, None, None, None, "yahoo", at)

    for minutes in (-5, 5):
        ledger.market.put(History(instrument("KSTL"), (), quote(minutes)))
    assert ledger.market.quote("KSTL", NOW) == quote(-5)


def test_indexing_is_acknowledged_only_for_the_text_that_was_indexed(ledger: Ledger) -> None:
    first = article("Same", "First text.")
    ledger.news.put([first])
    [read] = ledger.news.unindexed(10)
    ledger.news.put([replace(first, text="Edited meanwhile.", fetched=NOW)])
    ledger.news.mark_indexed([read], NOW)
    assert [a.text for a in ledger.news.unindexed(10)] == ["Edited meanwhile."]
    ledger.news.mark_indexed(ledger.news.unindexed(10), NOW)
    assert ledger.news.unindexed(10) == []


def test_validators_are_kept_byte_for_byte(ledger: Ledger) -> None:
    state = SourceState("https://feeds.test/a", "news", etag='W/"x y\'z"', last_modified="not a date", next_poll=NOW)
    ledger.sources.save([state])
    assert ledger.sources.states() == {state.url: state}


def test_what_is_followed_keeps_the_order_added_and_counts_once(ledger: Ledger) -> None:
    ledger.sources.watch(["MSFT"], NOW)
    ledger.sources.watch(["AAPL", "MSFT"], NOW + timedelta(1))
    assert ledger.sources.watchlist() == ["MSFT", "AAPL"]
    assert ledger.sources.unwatch(["MSFT", "TSLA"]) == ["MSFT"]
    assert ledger.sources.watchlist() == ["AAPL"]


def test_the_last_run_report_is_kept(ledger: Ledger) -> None:
    ledger.sources.save_run(RunReport(NOW, 1.5, (SourceReport("u", "news", "unreachable", error="no DNS"),)))
    run = ledger.sources.last_run()
    assert run is not None
    assert run["sources"][0]["error"] == "no DNS"


def test_old_run_reports_go(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.ledger.sources.KEPT", 3)
    polled = [RunReport(NOW + n * timedelta(hours=1), 1.5, (SourceReport(str(n), "news", "ok"),)) for n in range(5)]
    for report in polled:
        ledger.sources.save_run(report)
    assert ledger.sources.polled_after(NOW - timedelta(1)) == {"2", "3", "4"}


@only_files
def test_a_commit_survives_a_power_cut_by_its_settings(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        pragma = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")}
    assert pragma == {"journal_mode": "wal", "synchronous": 2}


def test_the_migrations_make_exactly_the_schema(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with ledger.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_reading_before_the_first_ingest_says_what_to_do(config: Config) -> None:
    with pytest.raises(StoreMissing, match="run `bell ingest`"):
        open_ledger(config)
    assert not config.home.exists()


@only_files
def test_a_store_of_the_first_schema_is_upgraded_and_keeps_what_it_knew(config: Config) -> None:
    from alembic import command
    from alembic.config import Config as AlembicConfig
    from sqlalchemy import create_engine

    config.home.mkdir()
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "ingest" / "migrations"))
    with create_engine(config.ledger_url).begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
        connection.exec_driver_sql(
            "INSERT INTO sources (url, kind, title, enabled, etag, failures)"
            " VALUES ('https://a.test', 'news', '', 1, 'x', 2)"
        )
    with pytest.raises(StoreVersion, match="bell ingest"):
        open_ledger(config)
    state = upgrade_ledger(config).sources.states()["https://a.test"]
    assert state == SourceState("https://a.test", "news", etag="x", failures=2)


def test_a_newer_store_is_refused_untouched(config: Config) -> None:
    with closing(upgrade_ledger(config)) as ledger, ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for opening in (open_ledger, upgrade_ledger):
        with pytest.raises(StoreVersion, match="update openingbell"):
            opening(config)


@only_files
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(config: Config) -> None:
    config.home.mkdir()
    file = config.home / "ledger.db"
    file.write_bytes(b"something else entirely, and long enough to be looked at" * 20)
    before = file.read_bytes()
    for opening in (open_ledger, upgrade_ledger):
        with pytest.raises(StoreError):
            opening(config)
    assert file.read_bytes() == before


def test_a_data_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        upgrade_ledger(Config(home=tmp_path / "file" / "home"))


def test_names_lead_to_the_symbols_they_may_stand_for(ledger: Ledger) -> None:
    ledger.market.put_names([("Alphabet", "GOOGL"), ("alphabet", "GOOG"), ("Apple", "AAPL")], "directory")
    assert ledger.market.names() == {"alphabet": ("GOOG", "GOOGL"), "apple": ("AAPL",)}


def test_the_span_of_a_symbol_ends_at_the_asked_instant(ledger: Ledger) -> None:
    put_market(ledger, "KSTL", [1.0, 2.0, 3.0])
    assert ledger.market.span("KSTL", NOW) == (date(2026, 2, 25), DAY)
    assert ledger.market.span("KSTL", NOW - timedelta(days=1)) == (date(2026, 2, 25), date(2026, 2, 26))
    assert ledger.market.span("NONE", NOW) is None
