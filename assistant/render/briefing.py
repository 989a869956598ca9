"""The briefing as plain text for a terminal or a mail, and as Markdown. Both print the same records, in one order."""

from collections.abc import Iterator, Sequence
from typing import Literal

from assistant.briefing.document import Briefing, Row, Section, Told
from assistant.render.markdown import escape, link, marked
from assistant.render.sparkline import blocks
from assistant.render.text import arrow, fitted, instant_text, safe_url, shown, table, wrapped
from assistant.render.wording import (
    SAMPLE,
    is_news,
    outlets_text,
    percent_text,
    period_text,
    priced_text,
    published_text,
    session_text,
    unit_text,
)
from assistant.types import Citation, Statement

_COLUMNS = ("", "", "Last    ", "", "Day", "", "Five sess.", "One month", "", "")
_ALIGN: tuple[Literal["<", ">"], ...] = ("<", "<", ">", "<", ">", ">", ">", ">", "<", "<")
_OPTIONAL = (1, 8, 7, 6, 5)  # the first to go where the terminal is narrow: name, line, month, week, amount


# Text ------------------------------------------------------------------------------------------------------------


def briefing_text(briefing: Briefing, width: int = 80) -> str:
    """Plain text of at most `width` columns (addresses are never broken)."""
    lines = [f"Market briefing · {instant_text(briefing.as_of, briefing.zone)}", period_text(briefing)]
    lines += [SAMPLE] if briefing.sample else []
    lines += ["", *wrapped(briefing.conclusion.text, width)]
    lines += _text_rows(briefing, width)
    lines += ["", "TOP STORIES"] if briefing.sections else []
    for section in briefing.sections:
        lines += ["", *wrapped(section.title, width), *_text_stories(briefing, section, width)]
    lines += ["", "WHAT CHANGED", *_text_list(briefing.changes.statements, width)]
    lines += ["", "DATA QUALITY", *_text_list(briefing.quality.statements, width)]
    if briefing.rows:
        lines += ["", "PRICES FROM", *(line for r in briefing.rows for line in _text_source(briefing, r, width))]
    return "\n".join([*lines, "", *wrapped(briefing.notice, width)]) + "\n"


def _text_rows(briefing: Briefing, width: int) -> Iterator[str]:
    cells = [_COLUMNS, *(_cells(r) for r in briefing.rows)]
    head, *lines = table(cells, _ALIGN, width, _OPTIONAL)
    printed = iter(lines)
    for title, rows in (("INDICES", briefing.indices), ("WATCHLIST", briefing.watchlist)):
        if rows:
            yield from ("", title, head)
        for row in rows:
            yield next(printed)
            if row.story:
                yield fitted(f"    [{row.story}] {briefing.cited(row.story).title}", width)


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.symbol,
        fitted(row.name, 28),
        f"{row.price.text} {unit_text(row):<3}",
        session_text(row),
        f"{arrow(row.percent)} {percent_text(row.percent)}".strip(),
        shown(row.amount),
        percent_text(row.five_sessions),
        percent_text(row.one_month),
        blocks(row.trend.closes) if row.trend else "",
        f"[{row.citation}]{' stale' if row.stale else ''}",
    )


def _text_stories(briefing: Briefing, section: Section, width: int) -> Iterator[str]:
    for told in section.stories:
        cited = briefing.cited(told.citation)
        yield from wrapped(f"[{cited.n}] {cited.title}", width, "  ", "      ")
        new = " · new" if is_news(briefing, told) else ""
        yield from wrapped(published_text(briefing, cited) + new, width, "      ")
        if others := ", ".join(o.source for o in told.also_at):
            yield from wrapped(f"also at {others} · {outlets_text(briefing, told)}", width, "      ")
        if url := safe_url(cited.url):
            yield f"      {url}"


def _text_list(statements: Sequence[Statement], width: int) -> Iterator[str]:
    for statement in statements:
        yield from wrapped(f"- {statement.text}", width, "", "  ")


def _text_source(briefing: Briefing, row: Row, width: int) -> Iterator[str]:
    yield from wrapped(f"[{row.citation}] {priced_text(briefing, row)}", width, "", "    ")
    if url := safe_url(briefing.cited(row.citation).url):
        yield f"    {url}"


# Markdown --------------------------------------------------------------------------------------------------------


def briefing_markdown(briefing: Briefing) -> str:
    """CommonMark with tables; nothing a feed wrote is a link, an image or HTML in it."""
    blocks = [
        "# Market briefing",
        f"**{escape(instant_text(briefing.as_of, briefing.zone))}** ({escape(briefing.zone)})  \n"
        f"{escape(period_text(briefing))}",
        *([f"> **{SAMPLE}**"] if briefing.sample else []),
        marked(briefing.conclusion.text, briefing.citations),
        *_markdown_table(briefing, "Indices", briefing.indices),
        *_markdown_table(briefing, "Watchlist", briefing.watchlist),
    ]
    blocks += ["## Top stories"] if briefing.sections else []
    for section in briefing.sections:
        blocks.append(f"### {escape(section.title)}")
        blocks.append("\n".join(_markdown_story(briefing, t) for t in section.stories))
    blocks += ["## What changed", _markdown_list(briefing.changes.statements, briefing.citations)]
    blocks += ["## Data quality", _markdown_list(briefing.quality.statements, ())]
    if briefing.rows:
        sources = (f"- {_markdown_source(briefing, r)}" for r in briefing.rows)
        blocks += ["## Prices from", "\n".join(sources)]
    return "\n\n".join([*blocks, f"*{escape(briefing.notice)}*"]) + "\n"


def _markdown_table(briefing: Briefing, title: str, rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    lines = [
        "| Symbol | Name | Last | Date | Day | Change | Five sessions | One month | Source | News |",
        "| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for row in rows:
        cells = (
            escape(row.symbol),
            escape(row.name),
            escape(f"{row.price.text} {unit_text(row)}"),
            escape(session_text(row)) + (" **stale**" if row.stale else ""),
            escape(f"{arrow(row.percent)} {percent_text(row.percent)}"),
            escape(shown(row.amount)),
            escape(percent_text(row.five_sessions)),
            escape(percent_text(row.one_month)),
            marked(f"[{row.citation}]", briefing.citations),
            marked(f"[{row.story}]", briefing.citations) if row.story else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [f"## {title}", "\n".join(lines)]


def _markdown_story(briefing: Briefing, told: Told) -> str:
    cited = briefing.cited(told.citation)
    new = " · **new**" if is_news(briefing, told) else ""
    lines = [f"- \\[{cited.n}\\] {link(cited.title, cited.url)}", f"{escape(published_text(briefing, cited))}{new}"]
    if told.also_at:
        others = ", ".join(link(o.source, o.url) for o in told.also_at)
        lines.append(f"also at {others} · {escape(outlets_text(briefing, told))}")
    return "  \n  ".join(lines)


def _markdown_list(statements: Sequence[Statement], citations: Sequence[Citation]) -> str:
    return "\n".join(f"- {marked(s.text, citations)}" for s in statements)


def _markdown_source(briefing: Briefing, row: Row) -> str:
    return f"\\[{row.citation}\\] {link(priced_text(briefing, row), briefing.cited(row.citation).url)}"
