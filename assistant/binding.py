"""Whether an evidence item bears a sentence out. Pure.

That a figure occurs somewhere in the item is not enough: in a quarter of the wrong answers of a public set every number
stands on the right page, on another line. So a sentence with figures needs one line of the item (its title or one
sentence of it) that holds all of them with their units, the dates, the direction, and what they are said of.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.numbers import NUMBER_WORDS, Number, digit_tokens, find_numbers, same
from assistant.sentences import content_words, names, sentences
from assistant.types import Evidence

MIN_SUPPORT = 0.7  # share of a sentence's content words that its evidence or the question must hold
MIN_SUPPORT_UNCITED = 0.9
MIN_TOPIC = 0.6  # share of what a figure is said of, names aside, that the figure's own line must hold
UP = re.compile(
    r"\b(?:rose|ris(?:e|es|en|ing)|up|gain(?:ed|s)?|higher|increas(?:e[sd]?|ing)|gr[eo]w(?:s|n)?|climb(?:ed|s)?|"
    r"jump(?:ed|s)?|advanced?|rais(?:e[sd]?|ing)|lift(?:ed|s)?|surged?|soared|added)\b",
    re.IGNORECASE,
)
DOWN = re.compile(
    r"\b(?:fell|fall(?:s|en|ing)?|down|los(?:t|es?)|lower(?:ed|s)?|decreas(?:e[sd]?|ing)|drop(?:ped|s)?|declin(?:e[sd]?|ing)|"
    r"slid|shed|slipped|sank|cuts?|shr[aiu]nk(?:s)?)\b",
    re.IGNORECASE,
)
_MONTHS = tuple("january february march april may june july august september october november december".split())
_TIMES = re.compile(
    rf"\b(?:{'|'.join(_MONTHS)}|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:first|second|third|fourth) (?:quarter|half))\b",
    re.IGNORECASE,
)
_SPAN = re.compile(r"\b(\d+)[ -](?:day|week|month|year|quarter|hour|minute)s?\b")
# Before a figure: it is a loss, so that 1,234 says what accounts write as (1,234).
_LOSS_BEFORE = re.compile(
    r"\b(?:loss(?:es)?|lost|deficit|shortfall|outflows?|negative|minus|decreased?|declined?|fell|used)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
_FORMER_BEFORE = re.compile(
    r"\b(?:instead of|rather than|in place of|replac(?:es|ed|ing)|not|no longer|from|against|where|had been|"
    r"(?:original|first|earlier|previous|former|old)\w*)(?:\s+(?!now\b|is\b)[\w'-]+){0,4}[\s$€£]*$",
    re.IGNORECASE,
)
_FORMER_AFTER = re.compile(
    r"(?:\s+(?!is\b|now\b)[\w'-]+){0,3}\s+(?:had been|at first|(?:first|previous|earlier)\w*|before)\b", re.IGNORECASE
)


def unsupported(bare: str, item: Evidence, question: str, others: Sequence[Evidence] = (), cited: bool = True) -> str:
    """What of the sentence `item` does not hold, or "" where it holds all. `others` are items beside it, whose names
    are not to be taken for those of this one. Prose without figures and dates may rest on several lines of an item that
    it cites; an item that it does not cite must say it in one, and nearly as it stands."""
    if reason := _foreign_name(bare, item, question, others):
        return reason
    least = MIN_SUPPORT if cited else MIN_SUPPORT_UNCITED
    if cited and not (find_numbers(bare) or _TIMES.search(bare) or digit_tokens(bare)):
        return _missing(bare, _all_of(item), item, question, least)
    reasons = [
        _unbound(bare, line, item) or _missing(bare, line, item, question, least) or _off_topic(bare, line, item)
        for line in lines(item)
    ]
    return "" if "" in reasons else min(reasons, key=_how_far)


def lines(item: Evidence) -> tuple[str, ...]:
    return (item.title, *sentences(item.text))


def superseded(text: str, figure: Number) -> bool:
    """Whether the words around `figure` in `text` call it the former one: "1,300 instead of 1,380"."""
    return bool(_FORMER_BEFORE.search(text[: figure.start]) or _FORMER_AFTER.match(text[figure.end :]))


def correction(bare: str, item: Evidence, evidence: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    """The line of a newer item about the same symbols that calls a figure of `bare` the former one, with its item."""
    figures = _quantities(bare)
    for newer in evidence:
        if not (newer.published and item.published and newer.published > item.published):
            continue
        if not _share_subject(newer, item):
            continue
        for line in lines(newer):
            told = _quantities(line)
            former = [t for t in told if superseded(line, t) and any(same(t, f) for f in figures)]
            if any(t.unit == f.unit and not superseded(line, t) for f in former for t in told):
                return line, newer
    return None


def _quantities(text: str) -> list[Number]:
    """Figures, and spans of time by their count: "18 months" is corrected as a figure is."""
    spans = [Number(m[1], float(m[1]), "", *m.span(1)) for m in _SPAN.finditer(text)]
    return sorted([*find_numbers(text), *spans], key=lambda n: n.start)


def _share_subject(one: Evidence, other: Evidence) -> bool:
    """The same symbols, or where neither has any, a name in common."""
    if one.symbols or other.symbols:
        return bool(set(one.symbols) & set(other.symbols))
    common = names(f"A {one.title}. {one.text}") & names(f"A {other.title}. {other.text}")
    return any(not _TIMES.fullmatch(n) for n in common)


def _unbound(bare: str, line: str, item: Evidence) -> str:
    """What figure of the sentence the line does not state, or states as former or of the other sign."""
    told = find_numbers(line)
    for number in find_numbers(bare):
        stated = [t for t in told if same(number, t) or _same_loss(bare, number, line, t)]
        if not stated:
            return f"the figure {number.text} is not in [{item.n}]"
        if _minus(number) and not any(map(_is_signed, told)) and not _called_loss(line, stated) and _way(line) >= 0:
            return f"the direction in [{item.n}] is another"
        former = superseded(bare, number)
        if all(superseded(line, t) != former for t in stated):
            return f"the figure {number.text} is {'not' if former else 'now'} the former one in [{item.n}]"
    return ""


def _same_loss(bare: str, number: Number, line: str, told: Number) -> bool:
    """Whether one of the two is in an account's brackets and the other one is called a loss in words."""
    if number.value * told.value >= 0 or not same(
        replace(number, text="", value=-number.value), replace(told, text="")
    ):
        return False
    negative, other, text = (number, told, line) if number.value < 0 else (told, number, bare)
    return "(" in negative.text and bool(_LOSS_BEFORE.search(text[: other.start]))


def _called_loss(text: str, figures: Sequence[Number]) -> bool:
    return any(_LOSS_BEFORE.search(text[: f.start]) for f in figures)


def _minus(number: Number) -> bool:
    return _is_signed(number) and number.value < 0


def _off_topic(bare: str, line: str, item: Evidence) -> str:
    """Whether the line says the figures of something else, or tells of the other direction."""
    figures, said = find_numbers(bare), content_words(bare)
    topic = said - {w for name in names(f"A {bare}") for w in content_words(name)}
    if figures and len(topic & content_words(line)) < MIN_TOPIC * len(topic):
        return f"[{item.n}] says the figure {figures[0].text} of something else"
    ways = (_way(bare), _way(line))
    return f"the direction in [{item.n}] is another" if ways in {(1, -1), (-1, 1)} else ""


def _is_signed(number: Number) -> bool:
    return number.text[0] in "+-\N{MINUS SIGN}\N{EN DASH}" or "(" in number.text


def _way(text: str) -> int:
    """1: it tells of a rise, -1: of a fall, 0: of neither or both."""
    return bool(UP.search(text)) - bool(DOWN.search(text))


def _missing(bare: str, source: str, item: Evidence, question: str, least: float) -> str:
    """What of the sentence `source`, a part of `item`, does not hold. The item's own date may stand for a day that the
    sentence names; a month is one that the text itself must name."""
    folded, dated = " ".join(source.lower().split()), _dated(item).lower()
    days = digit_tokens(bare)
    times = [t.lower() for t in _TIMES.findall(bare) if not any(t.lower() in d for d in days)]
    for token in (*days, *times):
        if token not in folded and (token in _MONTHS or token not in dated):
            return f"{token!r} is not in [{item.n}]"
    counted = {w.strip(".,;:") for w in bare.lower().replace("-", " ").split()} & NUMBER_WORDS
    if extra := sorted(w for w in counted if w not in folded):
        return f"{extra[0]!r} is not in [{item.n}]"
    said = content_words(bare)
    held = said & content_words(f"{source} {item.title} {question}")
    own = said & content_words(source) or not said
    return "" if own and len(held) >= least * len(said) else f"[{item.n}] does not bear it out"


def _foreign_name(bare: str, item: Evidence, question: str, others: Sequence[Evidence]) -> str:
    """A name that the item does not hold. The sentence's first word is taken for one where it is a name elsewhere, or a
    word that neither the item nor the question knows."""
    known = _lower_words(_all_of(item)) | {s.lower() for s in item.symbols}
    elsewhere = names(f"A {question}") | {n for e in others for n in names(f"A {e.title}. A {e.text}")}
    words = content_words(f"{_all_of(item)} {question}")
    first = {n for n in names(f"A {bare}") - names(bare) if n in elsewhere or not content_words(n) <= words}
    unknown = sorted(n for n in (names(bare) | first) - known if not _TIMES.fullmatch(n))
    return f"{unknown[0]!r} is not in [{item.n}]" if unknown else ""


def _how_far(reason: str) -> int:
    """The reason to tell is that of the line that came nearest."""
    return next(i for i, r in enumerate(_REASONS) if re.search(r, reason))


_REASONS = ("direction", "former", "something else", "bear it out", "^'", "is not in", "")


def _all_of(item: Evidence) -> str:
    return f"{item.title}. {item.text} {item.source} {_dated(item)}"


def _dated(item: Evidence) -> str:
    return f"{item.published:%A %d %b %Y} {item.published.day} {item.published:%B %Y}" if item.published else ""


def _lower_words(text: str) -> set[str]:
    words = re.findall(r"[A-Za-z][A-Za-z'’&-]*[A-Za-z]|[A-Za-z]", text)
    return {w.lower().removesuffix("'s").removesuffix("’s") for w in words}
