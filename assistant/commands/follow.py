"""`bell watch`, `bell feeds`: what to follow. Adding touches no network; `feeds test` does."""

import re
from typing import Annotated
from urllib.parse import urlsplit

import typer

from assistant.commands.context import Context, current, note, out
from assistant.types import plain
from ingest.errors import ConfigError, StoreMissing
from ingest.ledger import Ledger, open_ledger, upgrade_ledger

_SYMBOL = re.compile(r"\^?[A-Z0-9][A-Z0-9&]{0,14}(?:[.\-=][A-Z0-9]{1,6})?")

Symbols = Annotated[list[str], typer.Argument(help="Yahoo symbols: AAPL, AZN.L, BRK-B, ^GSPC, EURUSD=X.")]
Urls = Annotated[list[str], typer.Argument(help="http or https addresses of RSS or Atom feeds.")]


def register(app: typer.Typer) -> None:
    watch = typer.Typer(help="The symbols that are followed.", no_args_is_help=True)
    watch.command("add")(watch_add)
    watch.command("rm")(watch_rm)
    watch.command("list")(watch_list)
    feeds = typer.Typer(help="The news feeds that are followed.", no_args_is_help=True)
    feeds.command("add")(feeds_add)
    feeds.command("rm")(feeds_rm)
    feeds.command("list")(feeds_list)
    feeds.command("test")(feeds_test)
    app.add_typer(watch, name="watch")
    app.add_typer(feeds, name="feeds")


def watch_add(ctx: typer.Context, symbols: Symbols) -> None:
    """Follow symbols. The starter watchlist applies only while none was added."""
    context = current(ctx)
    wanted = [parse_symbol(s) for s in _split(symbols)]
    ledger = upgrade_ledger(context.config)
    ledger.sources.watch(wanted, context.config.clock())
    _show(context, ledger.sources.watchlist())


def watch_rm(ctx: typer.Context, symbols: Symbols) -> None:
    """Follow them no longer. What was ingested stays."""
    context = current(ctx)
    wanted = [parse_symbol(s) for s in _split(symbols)]
    ledger = upgrade_ledger(context.config)
    gone = ledger.sources.unwatch(wanted)
    for symbol in (s for s in wanted if s not in gone):
        note(f"{symbol} was not followed")
    _show(context, ledger.sources.watchlist())
    raise typer.Exit(0 if gone else 4)


def watch_list(ctx: typer.Context) -> None:
    """The followed symbols; the starter watchlist where none was added."""
    context = current(ctx)
    own = _stored(context)
    _show(context, own.sources.watchlist() if own else [])


def feeds_add(ctx: typer.Context, urls: Urls) -> None:
    """Follow feeds. The starter feeds apply only while none was added."""
    context = current(ctx)
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isprintable() or " " in url:
            raise ConfigError(f"{url!r} is no feed address", "use http://... or https://...")
    ledger = upgrade_ledger(context.config)
    ledger.sources.add_feeds(urls, context.config.clock())
    _show(context, list(ledger.sources.feeds()), "feeds")


def feeds_rm(ctx: typer.Context, urls: Urls) -> None:
    """Follow them no longer. Their articles stay."""
    context = current(ctx)
    ledger = upgrade_ledger(context.config)
    gone = ledger.sources.remove_feeds(urls)
    for url in (u for u in urls if u not in gone):
        note(f"{url} was not followed")
    _show(context, list(ledger.sources.feeds()), "feeds")
    raise typer.Exit(0 if gone else 4)


def feeds_list(ctx: typer.Context) -> None:
    """The followed feeds; the starter feeds where none was added."""
    context = current(ctx)
    own = _stored(context)
    _show(context, list(own.sources.feeds()) if own else [], "feeds")


def feeds_test(ctx: typer.Context, url: Annotated[str, typer.Argument(help="The feed's address.")]) -> None:
    """Fetch a feed once, store nothing, and show what would be read from it."""
    from assistant.render import clean
    from ingest.__main__ import test_feed

    context = current(ctx)
    feed = test_feed(context.config, url)
    if context.json:
        rows = [{"title": a.title, "url": a.url, "published": a.published} for a in feed.articles]
        document = {"url": url, "title": feed.title, "articles": rows, "warnings": feed.warnings}
        context.print_json(plain(document))
        return
    out(f"{clean(feed.title)}: {len(feed.articles)} articles")
    for article in feed.articles[:10]:
        out(f"  {article.published:%d %b %Y %H:%M} " if article.published else "  (undated) ", end="")
        out(clean(article.title))


def parse_symbol(text: str) -> str:
    """A Yahoo symbol in its canonical form; `ConfigError` names one that cannot be."""
    symbol = re.sub(r"(?<=[A-Z])\.(?=[AB]$)", "-", text.strip().lstrip("$").upper())  # BRK.B: a class, no exchange
    if not _SYMBOL.fullmatch(symbol):
        raise ConfigError(f"{text!r} is no symbol", "use Yahoo's form, such as AAPL, AZN.L, BRK-B, ^GSPC or EURUSD=X")
    return symbol


def _split(words: list[str]) -> list[str]:
    """Comma lists are taken as well: `watch add AAPL,MSFT`."""
    return [s for word in words for s in word.split(",") if s]


def _stored(context: Context) -> Ledger | None:
    try:
        return open_ledger(context.config)
    except StoreMissing:
        return None


def _show(context: Context, own: list[str], kind: str = "watch") -> None:
    from ingest.starter import starter

    given = own or ([f.url for f in starter().feeds] if kind == "feeds" else list(starter().symbols))
    if context.json:
        context.print_json(given)
        return
    if not own:
        note("none added: the starter list applies")
    for line in given:
        out(line)
