"""Which feeds are polled: the user's own, or until there are any the starter list of `ingest/sources.toml`."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ingest.resources import resource

_LISTED = re.compile(r"[A-Z0-9]+(-[A-Z])?(\.[A-Z]+)?")  # a share or a fund: no index, currency, coin or future


@dataclass(frozen=True, slots=True)
class StarterFeed:
    """`url` and `title` may hold `{symbol}`: such a feed stands for one of each followed symbol."""

    url: str
    title: str
    needs_contact: bool = False
    listed_only: bool = False


@dataclass(frozen=True, slots=True)
class Starter:
    feeds: tuple[StarterFeed, ...]
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """One feed's address. `off` says why it is not polled, in words for the user; None: it is."""

    url: str
    title: str
    off: str | None = None


def starter() -> Starter:
    data = tomllib.loads(resource("ingest/sources.toml").read_text(encoding="utf-8"))
    return Starter(tuple(StarterFeed(**feed) for feed in data["feeds"]), tuple(data["symbols"]))


def feeds_to_poll(
    added: Mapping[str, str | None], starter: Starter, symbols: Sequence[str], contact: str | None
) -> tuple[FollowedFeed, ...]:
    """The feeds to follow, each address once: those `added` (address -> title) or, where the user has added none, the
    starter's, for the followed `symbols`. One whose server wants a contact is off while `contact` is unset."""
    asking = {_host(f.url) for f in starter.feeds if f.needs_contact}
    feeds = [StarterFeed(url, title or "", _host(url) in asking) for url, title in added.items()] or starter.feeds
    reason = None if contact else "the server wants a contact in the User-Agent; set user_agent_contact"
    found: dict[str, FollowedFeed] = {}
    for feed in feeds:
        for url, title in _expanded(feed, symbols):
            found.setdefault(url, FollowedFeed(url, title, reason if feed.needs_contact else None))
    return tuple(found.values())


def _expanded(feed: StarterFeed, symbols: Sequence[str]) -> Iterator[tuple[str, str]]:
    if "{symbol}" not in feed.url:
        yield feed.url, feed.title
        return
    for symbol in symbols:
        if _LISTED.fullmatch(symbol) or not feed.listed_only:
            yield feed.url.replace("{symbol}", quote(symbol, safe="")), feed.title.replace("{symbol}", symbol)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
