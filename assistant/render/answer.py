"""An answer for the terminal and as Markdown: the text, then what it rests on, then what to know about it."""

from collections.abc import Iterator

from assistant.age import age_text
from assistant.render.markdown import escape, link, marked
from assistant.render.text import clean, instant_text, one_line, safe_url, wrapped
from assistant.types import Answer, Citation, Evidence, Part

_HANGING = "    "


def answer_text(answer: Answer, width: int = 80, zone: str = "UTC") -> str:
    """The whole answer as plain text of `width` columns; times are printed in `zone` (IANA)."""
    paragraphs = clean(answer.text, keep_lines=True).split("\n")
    body = "\n".join(line for p in paragraphs for line in wrapped(p, width) or [""])
    return f"{body}\n{answer_footer(answer, width, zone)}"


def answer_footer(answer: Answer, width: int = 80, zone: str = "UTC", notice: bool = True) -> str:
    """What follows the text of an answer: sources, warnings and (unless it was said before) the notice."""
    lines: list[str] = []
    if taken := _taken(answer):
        lines += ["", *wrapped(taken, width)]
    if answer.citations:
        lines += ["", "Sources", *(line for c in answer.citations for line in _source(c, width, zone))]
    if answer.warnings:
        lines += ["", *(line for w in answer.warnings for line in wrapped(f"! {w}", width, hanging="  "))]
    if notice and answer.notice:
        lines += ["", *wrapped(answer.notice, width)]
    return "\n".join(lines)


def _taken(answer: Answer) -> str:
    """Which companies and listings the question was taken to be of, where the answer itself does not say."""
    untold = [i for i in answer.listings if i.name and f"({i.symbol})" not in answer.text]
    return f"Of {'; '.join(f'{i.name} ({i.symbol}), {i.exchange}' for i in untold)}." if untold else ""


def _source(citation: Citation, width: int, zone: str) -> Iterator[str]:
    yield from wrapped(f"[{citation.n}] {citation.title}", width, hanging=_HANGING)
    yield from wrapped(_dated(citation, zone), width, _HANGING)
    if citation.also_at:
        yield from wrapped(f"also at {', '.join(citation.also_at)}", width, _HANGING)
    if url := safe_url(citation.url):
        yield _HANGING + url


def _dated(citation: Citation, zone: str) -> str:
    """`Publisher · Fri 30 Oct 2026, 17:30 UTC · 3 h old · stale`. Reference material has no date to be old by."""
    parts = [citation.source]
    if citation.published:
        parts += [instant_text(citation.published, zone), f"{citation.age} old"]
    elif citation.kind != "reference":
        parts.append("undated")
    return " · ".join(p for p in (*parts, "stale" if citation.stale else "") if p)


def answer_markdown(answer: Answer, zone: str = "UTC") -> str:
    """The answer as Markdown: no link, image or HTML in it but the addresses of its own citations."""
    blocks = [marked(p, answer.citations) for p in answer.text.split("\n") if p.strip()]
    if taken := _taken(answer):
        blocks.append(escape(taken))
    if answer.citations:
        blocks.append("**Sources**")
        blocks.append("\n".join(f"- {_markdown_source(c, zone)}" for c in answer.citations))
    if answer.warnings:
        blocks.append("\n".join(f"> {escape(w)}  " for w in answer.warnings))
    if answer.notice:
        blocks.append(f"*{escape(answer.notice)}*")
    return "\n\n".join(blocks) + "\n"


def _markdown_source(citation: Citation, zone: str) -> str:
    also = f" (also at {escape(', '.join(citation.also_at))})" if citation.also_at else ""
    return f"\\[{citation.n}\\] {link(citation.title, citation.url)}: {escape(_dated(citation, zone))}{also}"


# The receipt -----------------------------------------------------------------------------------------------------


def explanation_text(answer: Answer, width: int = 80) -> str:
    """What the question was understood as, all evidence with scores and ages, the checks, the model, the times."""
    lines = ["Understood as", *_understood(answer)]
    lines += ["Evidence", *([_item(e, answer) for e in answer.evidence] or ["none"])]
    lines += ["Checks", *(answer.checks or ["nothing to correct"])]
    model = f"{answer.model.base or 'none'}, adapter {answer.model.adapter or 'none'}, arm {answer.arm}"
    lines += ["Model", model]
    times = ", ".join(f"{name} {ms} ms" for name, ms in answer.timings_ms.items())
    lines += ["Times", times or "not measured"]
    headings = {"Understood as", "Evidence", "Checks", "Model", "Times"}
    return "\n".join(s for line in lines for s in ([line] if line in headings else wrapped(line, width, "  ", "    ")))


def _understood(answer: Answer) -> Iterator[str]:
    understood = answer.understood
    if understood is None:
        yield "nothing"
        return
    yield from (_part(p) for p in understood.parts)
    yield from (f"“{m.text}” is {m.symbol}" for m in understood.mentions if m.text != m.symbol)
    for ambiguity in understood.ambiguities:
        yield f"“{ambiguity.text}” may be {' or '.join(ambiguity.candidates)}"
    if understood.unknown:
        yield f"not known: {', '.join(understood.unknown)}"


def _part(part: Part) -> str:
    """`move of AAPL, MSFT, this week (2026-02-23 to 2026-02-27): how did ...`"""
    about = [part.kind + (f" of {', '.join(part.symbols)}" if part.symbols else "")]
    if part.term:
        about.append(f"“{part.term}”")
    if part.period:
        about.append(f"{part.period.label} ({part.period.start} to {part.period.end})")
    return f"{', '.join(about)}: {part.text}"


def _item(evidence: Evidence, answer: Answer) -> str:
    cited = "" if any(c.n == evidence.n for c in answer.citations) else ", not cited"
    age = "" if evidence.published is None else f", {age_text(evidence.published, answer.as_of)} old"
    source = one_line(evidence.source)
    return f"[{evidence.n}] {evidence.kind}, score {evidence.score:.3f}{age}{cited}: {evidence.title} ({source})"
