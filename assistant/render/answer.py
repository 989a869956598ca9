"""An answer for the terminal and as Markdown: the text, then what it rests on, then what to know about it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from assistant.age import age_text
from assistant.render.markdown import escape, link, marked
from assistant.render.text import clean, instant_text, one_line, safe_url, undated_text, wrapped
from assistant.types import Answer, Citation, Dropped, Evidence, Part

_HANGING = "    "
_DROPPED = 20  # listed; the JSON form has all


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
    """`Publisher · basis · Fri 30 Oct 2026, 17:30 UTC · 3 h old · stale · one source`. Reference material has no date
    to be old by; what one outlet alone tells, nobody else has confirmed."""
    parts = [citation.source, citation.basis]
    if citation.published:
        parts += [instant_text(citation.published, zone), f"{citation.age} old"]
    elif citation.kind != "reference":
        parts.append(undated_text(citation.fetched, zone))
    alone = citation.kind == "news" and not citation.also_at
    return " · ".join(p for p in (*parts, "stale" if citation.stale else "", "one source" if alone else "") if p)


def answer_markdown(answer: Answer, zone: str = "UTC") -> str:
    """The answer as Markdown: no link, image or HTML in it but the addresses of its own citations."""
    blocks = [marked(p, answer.citations) for p in answer.text.split("\n") if p.strip()]
    return "\n\n".join([*blocks, footer_markdown(answer, zone)])


def footer_markdown(answer: Answer, zone: str = "UTC") -> str:
    """What follows the text of an answer, as Markdown: sources, warnings and the notice."""
    blocks: list[str] = []
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
    """What the question was understood as, all evidence with scores and ages, what was dropped and why, which checks
    ran and what they did, the model, the times."""
    times = ", ".join(f"{name} {ms} ms" for name, ms in answer.timings_ms.items())
    sections = {
        "Understood as": list(_understood(answer)),
        "Evidence": [_item(e, answer) for e in answer.evidence] or ["none"],
        "Dropped": list(_dropped(answer)) or ["nothing"],
        "Checks": [*answer.ran, *(_counted(answer.checks) or ["nothing to correct"])],
        "Model": list(_model(answer)),
        "Times": [times or "not measured"],
    }
    lines = ([name, *(s for t in told for s in wrapped(t, width, "  ", "    "))] for name, told in sections.items())
    return "\n".join(line for section in lines for line in section)


def _understood(answer: Answer) -> Iterator[str]:
    understood = answer.understood
    if understood is None:
        yield "nothing"
        return
    if answer.asked.previous:
        yield f"after “{answer.asked.previous.question}”"
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
    return f"[{evidence.n}] {evidence.kind}, {_ranked(evidence, answer)}{cited}: {_titled(evidence)}"


def _dropped(answer: Answer) -> Iterator[str]:
    for dropped in answer.dropped[:_DROPPED]:
        yield f"{_ranked(dropped, answer)}, {dropped.reason}: {_titled(dropped)}"
    if more := answer.dropped[_DROPPED:]:
        yield f"and {len(more)} more"


def _counted(checks: Sequence[str]) -> list[str]:
    """Each once: a small model may say the same thing twenty times."""
    return [check if times == 1 else f"{check} ({times} times)" for check, times in Counter(checks).items()]


def _ranked(found: Evidence | Dropped, answer: Answer) -> str:
    age = "" if found.published is None else f", {age_text(found.published, answer.as_of)} old"
    return f"score {found.score:.3f}{age}"


def _titled(found: Evidence | Dropped) -> str:
    return f"{found.title} ({one_line(found.source)})"


def _model(answer: Answer) -> Iterator[str]:
    yield f"{answer.model.base or 'none'}, adapter {answer.model.adapter or 'none'}, arm {answer.arm}"
    if answer.arms:
        yield f"arm by kind: {', '.join(f'{arm} for {kind}' for kind, arm in answer.arms.items())}"
    if not answer.asked.use_model:
        yield "asked to quote the evidence, without a model"
