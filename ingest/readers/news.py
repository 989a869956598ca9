"""Feeds: a conditional fetch, then feedparser on the bytes, then articles. The only file that knows feedparser."""

import asyncio
import calendar
import hashlib
import io
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import feedparser  # type: ignore[import-untyped]

from ingest.errors import NotAFeed
from ingest.http import Fetched, Fetcher, fresh_until, server_time
from ingest.readers.bombs import refuse_bombs
from ingest.readers.clean import canonical, first_sentence, host_of, plain, printable, says_same
from ingest.spelling import exchange_forms, yahoo_form
from ingest.types import Article, SourceState, digest

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_TOLERANCE = timedelta(minutes=10)  # between the publisher's clock and ours
_IN_FULL = timedelta(days=8)  # some servers go on answering 304 whatever is new
_LONGEST_TITLE, _LONGEST_TEXT = 400, 50_000  # characters
_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>\s*\Z", re.IGNORECASE)
# One half of a letter, which no parser takes; some write an emoji as two of them.
_HALF = re.compile(rb"&#(?:x0*d[89a-f][0-9a-f]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-3]\d\d));", re.IGNORECASE)
_PUBLISHERS = {  # whose own feeds are titled by topic ("Press Releases"), not by publisher
    "bankofengland.co.uk": "Bank of England",
    "bls.gov": "Bureau of Labor Statistics",
    "cnbc.com": "CNBC",
    "ecb.europa.eu": "European Central Bank",
    "federalreserve.gov": "Federal Reserve",
    "finance.yahoo.com": "Yahoo Finance",
    "nasdaq.com": "Nasdaq",
    "sec.gov": "SEC",
}


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """One feed document. `complete` is False where its end is missing: it was cut off on the way."""

    title: str
    articles: tuple[Article, ...]  # in the feed's order, ids unique
    warnings: tuple[str, ...] = ()
    complete: bool = True


async def read(
    fetcher: Fetcher, state: SourceState, fetched: datetime, holds: Mapping[str, datetime] = MappingProxyType({})
) -> tuple[ParsedFeed | None, SourceState]:
    """Polls the feed of `state` once: what it holds (None: nothing has changed), and the state to save *after* its
    articles are committed; no redirect leads to a server in `holds`. Raises the `SourceError` that stopped it; `state`
    then stands as it was."""
    in_full = state.read_in_full is None or fetched - state.read_in_full > _IN_FULL
    etag, last_modified = (None, None) if in_full else (state.etag, state.last_modified)
    answer = await fetcher.get(state.address, now=fetched, etag=etag, last_modified=last_modified, holds=holds)
    fine = replace(_moved(state, answer), last_ok=fetched, last_error=None, failures=0)
    fine = replace(fine, fresh_until=fresh_until(answer.headers, fetched))
    if answer.status == 304:
        return None, fine
    fine = replace(fine, read_in_full=fetched)
    body_hash = hashlib.sha256(answer.body).hexdigest()
    etag, last_modified = answer.headers.get("etag"), answer.headers.get("last-modified")
    if body_hash == state.body_hash:
        return None, replace(fine, etag=etag, last_modified=last_modified)
    headers = {**answer.headers, "content-location": answer.url}
    parsed = await asyncio.to_thread(parse, answer.body, state.url, headers, fetched)
    fine = replace(fine, title=state.title or parsed.title)
    if not parsed.complete:  # nothing may keep the rest from being read next time
        return parsed, replace(fine, etag=None, last_modified=None, body_hash=None)
    return parsed, replace(fine, etag=etag, last_modified=last_modified, body_hash=body_hash)


def _moved(state: SourceState, answer: Fetched) -> SourceState:
    """Counts the successes by way of one permanent redirect; an answer from where it is asked ends the count."""
    if answer.permanent_url is None:
        return state if state.address != state.url else replace(state, moved_to=None, moves=0)
    again = answer.permanent_url == state.moved_to
    return replace(state, moved_to=answer.permanent_url, moves=state.moves + 1 if again else 1)


def parse(body: bytes, url: str, headers: Mapping[str, str], fetched: datetime) -> ParsedFeed:
    """The articles of a feed document. `url` is the source's key; `headers` (lower-case names) may give its
    `content-type` and, as `content-location`, the address relative links start from. Raises `NotAFeed`, or
    `TooLarge` for more entries or tags than any feed has."""
    base = urljoin(url, headers.get("content-location", ""))
    document = _document(body, url, {**headers, "content-location": base})
    damage = document.get("bozo_exception") if document.bozo else None
    if isinstance(damage, feedparser.ThingsNobodyCaresAboutButMe):
        damage = None
    cut_off = damage is not None and not _END.search(body[-200:].replace(b"\0", b""))
    entries = document.entries[:-1] if cut_off and _ends_within_entry(body) else document.entries
    feed = _Feed(url, base, document.feed, fetched, max(fetched, server_time(headers, fetched)))
    drafts = [draft for entry in entries if (draft := feed.draft(entry))]
    articles = _identified(drafts, url)
    warnings = tuple(_warnings(damage, len(entries) - len(drafts), any(d.ahead for d in drafts), articles))
    return ParsedFeed(feed.title, articles, warnings, complete=not cut_off)


def _document(body: bytes, url: str, headers: Mapping[str, str]) -> Any:
    refuse_bombs(body, headers.get("content-type", ""), host_of(url))
    known = {k: headers[k] for k in ("content-type", "content-language", "content-location") if k in headers}
    try:
        # A stream, for bytes that spell a path would be opened as a file. The texts become plain anyway, which makes
        # feedparser's own cleaning of their HTML needless.
        document = feedparser.parse(
            io.BytesIO(_HALF.sub(b"", body)), response_headers=known, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # whatever a hostile document can make a parser raise is the document's fault
        raise NotAFeed(f"{host_of(url)} sent a document that cannot be parsed: {error}"[:200]) from error
    if document.entries or document.get("version"):
        return document
    kind = "an empty answer" if not body.strip() else "a web page" if _is_page(body) else "something that is no feed"
    raise NotAFeed(f"{host_of(url)} sent {kind}", "check the feed's address in a browser")


def _ends_within_entry(body: bytes) -> bool:
    last = body[max(body.rfind(b"<item"), body.rfind(b"<entry")) :]
    return b"</item" not in last and b"</entry" not in last


def _is_page(body: bytes) -> bool:
    return any(tag in body[:4096].lower() for tag in (b"<html", b"<!doctype html", b"<body"))


@dataclass(frozen=True, slots=True)
class _Draft:
    """An article whose id waits for its neighbours. `key` is what tells it apart: its link, else guid, else title;
    `ahead`: it was dated in the future, and is without a date for that."""

    key: str
    article: Article
    ahead: bool


class _Feed:
    """What an entry needs to know of its feed. `latest`: it was no later anywhere, by our clock or by the server's."""

    def __init__(self, url: str, base: str, channel: Any, fetched: datetime, latest: datetime) -> None:
        self.url, self.base, self.fetched, self.latest = url, base, fetched, latest
        self.title = plain(channel.get("title") or "")[:_LONGEST_TITLE]
        self.home = self._link(channel.get("link") or "")
        self.symbols = _feed_symbols(url)

    def draft(self, entry: Any) -> _Draft | None:
        """None where the entry says nothing."""
        link = self._link(entry.get("link") or "")
        publisher = plain((entry.get("source") or {}).get("title") or "")
        title, text = _wording(entry, publisher)
        if not title:
            return None
        guid, dated = printable(entry.get("id") or "") or None, _dated(entry)
        ahead = dated is not None and dated - _TOLERANCE > self.latest
        article = Article(
            id="",
            feed=self.url,
            url=link or self.url,
            title=title,
            text=text,
            source=publisher or _publisher(link or self.base) or self.title or host_of(link or self.base),
            published=None if ahead else dated,
            first_seen=self.fetched,
            fetched=self.fetched,
            symbols=tuple(sorted(self.symbols | _entry_symbols(entry))),
            guid=guid,
        )
        own_link = link if link not in {self.home, self.url} else None  # a feed's home page identifies no story
        return _Draft(own_link or guid or title, article, ahead)

    def _link(self, raw: str) -> str | None:
        try:
            return canonical(urljoin(self.base, raw.strip())) if raw.strip() else None
        except ValueError:
            return None


def _identified(drafts: Sequence[_Draft], url: str) -> tuple[Article, ...]:
    """The articles with their ids: of feed and key, so that a story keeps its id when its guid or its place changes.
    Where different stories (guids and titles both differ) share a key, each of them is told apart by its guid too.
    Of entries with one id the first counts."""
    names: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        names[draft.key].add(draft.article.guid or draft.article.title)
        titles[draft.key].add(draft.article.title)
    unique: dict[str, Article] = {}
    for key, article in ((d.key, d.article) for d in drafts):
        shared = len(names[key]) > 1 and len(titles[key]) > 1
        own = digest(url, key, article.guid or article.title) if shared else digest(url, key)
        unique.setdefault(own, replace(article, id=own))
    return tuple(unique.values())


def _warnings(damage: Exception | None, empty: int, ahead: bool, articles: Iterable[Article]) -> Iterator[str]:
    if damage is not None:
        yield printable(f"the document is damaged, entries may be missing: {damage}")[:200]
    if empty:
        yield f"entries left out for having neither title nor text: {empty}"
    # No counts: equal remarks of many feeds are told in one line.
    if ahead:
        yield "has entries dated in the future: taken as undated, they count from when they were first seen"
    if any(a.published is not None and a.published > a.fetched + _TOLERANCE for a in articles):
        yield "has entries dated after the clock here but not after its server's, which count from then"


# Parts of an entry ----------------------------------------------------------------------------------------------


def _wording(entry: Any, publisher: str) -> tuple[str, str]:
    """(title, text), both plain; title "" where there is neither."""
    title = plain(entry.get("title") or "")
    bodies = {c.get("value") or "" for c in entry.get("content", ()) if _is_text(c)} | {entry.get("summary") or ""}
    text = max(map(plain, sorted(bodies)), key=len)
    if publisher:
        title = title.removesuffix(f" - {publisher}")
        bare = text.removesuffix(publisher).rstrip()
        text = "" if says_same(bare, title) else text
    title = (title or first_sentence(text))[:_LONGEST_TITLE]
    return title, "" if says_same(text, title) else text[:_LONGEST_TEXT]


def _is_text(content: Any) -> bool:
    return bool(content.get("type", "text/").startswith(("text/", "application/xhtml")))


def _dated(entry: Any) -> datetime | None:
    """When it was published, else last updated (EDGAR gives only that); None where no date is usable."""
    parsed = (dict.get(entry, k) for k in ("published_parsed", "updated_parsed"))  # its own `get` mixes the two
    stamp: time.struct_time | None = next(filter(None, parsed), None)
    try:
        moment = datetime.fromtimestamp(calendar.timegm(stamp), UTC) if stamp else None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment and moment >= _EARLIEST else None


def _publisher(link: str) -> str:
    """The name of the house behind a well-known host; "" for others."""
    host = host_of(link)
    return next((name for h, name in _PUBLISHERS.items() if host == h or host.endswith(f".{h}")), "")


def _entry_symbols(entry: Any) -> set[str]:
    """The symbols a feed itself names: Nasdaq's element, and categories such as `NYSE:IBM`."""
    named = (entry.get("nasdaq_tickers") or "").split(",")
    found = {symbol for ticker in named if (symbol := yahoo_form(ticker.strip()))}
    return found.union(*(exchange_forms(tag.get("term") or "") for tag in entry.get("tags", ())))


def _feed_symbols(url: str) -> set[str]:
    """The one symbol a Yahoo Finance headline feed is about; of several, an entry does not say which it is."""
    parts = urlsplit(url)
    asked = ",".join(parse_qs(parts.query).get("s", ())).split(",")
    ours = host_of(url).endswith("yahoo.com") and len(asked) == 1 and yahoo_form(asked[0])
    return {ours} if ours else set()
