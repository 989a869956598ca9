"""`bell quote`, `bell news`, `bell status`: what the ledger says, without a model and without LlamaIndex."""

from datetime import datetime
from typing import Annotated, Any

import typer

from assistant.age import age_text
from assistant.commands.context import Context, current, note, out
from assistant.commands.follow import parse_symbol
from assistant.market.facts import answer_part
from assistant.market.finding import Finding
from assistant.market.load import load_view
from assistant.stories import cluster
from assistant.types import Part, plain
from ingest.ledger import Ledger, open_ledger

_SHOWN = ("url", "kind", "last_ok", "last_error", "next_poll", "held_until")


def register(app: typer.Typer) -> None:
    app.command()(quote)
    app.command()(news)
    app.command()(status)


def quote(
    ctx: typer.Context,
    symbols: Annotated[list[str] | None, typer.Argument(help="Symbols; all followed ones if none.")] = None,
) -> None:
    """The latest stored prices, with their day and currency. Exit code 4: none known; 3: some unknown."""
    context = current(ctx)
    ledger = open_ledger(context.config)
    wanted = [parse_symbol(s) for s in symbols or followed(ledger)]
    found, missing = latest(ledger, wanted, _now(context), context.config.strict)
    for symbol in missing:
        note(f"bell: no price of {symbol} is stored; `bell watch add {symbol}`, then `bell ingest quotes`")
    if context.json:
        context.print_json([_figure(f) for finding in found for s in finding.statements for f in s.figures])
    for finding in found if not context.json else ():
        out(" ".join(s.text.replace(" [1]", "") for s in finding.statements))
        for warning in finding.warnings:
            note(f"bell: {warning}")
    raise typer.Exit(0 if not missing and found else 3 if found else 4)


def latest(ledger: Ledger, symbols: list[str], as_of: datetime, strict: bool) -> tuple[list[Finding], list[str]]:
    """The newest price of each symbol known at `as_of`, and the symbols without one."""
    found: list[Finding] = []
    for symbol in symbols:
        view = load_view(ledger, symbol, as_of, strict=strict)
        if view and (view.bars or view.live):
            found += answer_part(Part("price", "", (symbol,)), [view], 1)
    known = {f.view.instrument.symbol for f in found}
    return found, [s for s in symbols if s not in known]


def news(
    ctx: typer.Context,
    symbol: Annotated[str | None, typer.Argument(help="A symbol; all news if none.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many stories.")] = 20,
) -> None:
    """The latest stored stories, newest first; one story told by several outlets is listed once."""
    context = current(ctx)
    now = _now(context)
    ledger = open_ledger(context.config)
    wanted = [parse_symbol(symbol)] if symbol else []
    latest = ledger.news.latest(now, wanted, limit=4 * limit, strict=context.config.strict)
    place = {article.id: n for n, article in enumerate(latest)}
    stories = sorted(cluster(latest), key=lambda s: place[s.lead.id])[:limit]
    rows = [
        {
            "title": s.lead.title,
            "url": s.lead.url,
            "source": s.lead.source,
            "published": s.lead.published,
            "first_seen": s.lead.first_seen,
            "symbols": s.lead.symbols,
            "also_at": list(s.publishers[1:]),
        }
        for s in stories
    ]
    if context.json:
        context.print_json(plain(rows))
    else:
        _print_stories(rows, now)
    raise typer.Exit(0 if rows else 4)


def _print_stories(rows: list[dict[str, Any]], now: datetime) -> None:
    from assistant.render import clean

    for row in rows:
        also = f" (also at {', '.join(row['also_at'])})" if row["also_at"] else ""
        out(clean(f"{age_text(row['published'], now):>8}  {row['title']} · {row['source']}{also}"))
        out(clean(f"          {row['url']}"))
    if not rows:
        note("bell: the store holds no story about that")


def status(ctx: typer.Context) -> None:
    """Every source: when it last worked, what failed, when it is asked again. Exit code 3: some fail."""
    context = current(ctx)
    ledger = open_ledger(context.config)
    now, states = _now(context), list(ledger.sources.states().values())
    if context.json:
        context.print_json({"sources": [plain({k: getattr(s, k) for k in _SHOWN} | {"url": s.shown}) for s in states]})
    else:
        for s in states:
            again = "due" if s.enabled else f"off (gone): `bell feeds rm {s.shown}`, or `add` it to ask again"
            again = f"next {s.next_poll:%d %b %H:%M} UTC" if s.enabled and s.next_poll else again
            held = f", held until {s.held_until:%d %b %H:%M} UTC" if s.held_until and s.held_until > now else ""
            ok = f"ok {age_text(s.last_ok, now)} ago" if s.last_ok else "never ok"
            failed = f"; failing ({s.failures}x): {s.last_error}" if s.last_error else ""
            out(f"{s.kind:<7} {s.shown}: {ok}, {again}{held}{failed}")
        out(f"{ledger.news.count()} articles, {len(ledger.market.instruments())} symbols {context.config.place}")
    raise typer.Exit(3 if any(s.last_error for s in states) else 0)


def followed(ledger: Ledger) -> list[str]:
    return ledger.sources.watchlist() or sorted(ledger.market.instruments())


def _now(context: Context) -> datetime:
    return context.config.as_of or context.config.clock()


def _figure(figure: Any) -> dict[str, Any]:
    from dataclasses import asdict, replace

    document: dict[str, Any] = plain(asdict(replace(figure, citation=None)))
    return document
