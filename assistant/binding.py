"""Whether an evidence item bears a sentence out. Pure.

That a figure occurs somewhere in the item is not enough: in a quarter of the wrong answers of a public set every number
stands on the right page, on another line. So a sentence with figures needs one line of the item (its title or one
sentence of it) that holds all of them with their units, the dates, the direction, and what they are said of.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assistant.exchanged import exchanged
from assistant.numbers import NUMBER_WORDS, Number, digit_tokens, find_numbers, same
from assistant.sentences import content_words, names, sentences
from assistant.types import Evidence

MIN_SUPPORT = 0.7  # share of a sentence's content words that the item it cites or the question must hold
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
_WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
_TIMES = re.compile(
    rf"\b(?:{'|'.join(_MONTHS + _WEEKDAYS)}|(?:first|second|third|fourth) (?:quarter|half))\b", re.IGNORECASE
)
_SPAN = re.compile(r"\b(\d+)[ -](?:day|week|month|year|quarter|hour|minute)s?\b")
# Before a figure: it is a loss, so that 1,234 says what accounts write as (1,234).
_LOSS_BEFORE = re.compile(
    r"\b(?:loss(?:es)?|lost|deficit|shortfall|outflows?|negative|minus|decreased?|declined?|fell|used)\b[^.;]{0,40}$",
    re.IGNORECASE,
)
# Capitals are a sentence's first word or a name: "First estimates", but "the Old Town Tunnel".
_FORMER = "|".join(f"{w}|^{w.title()}(?! [A-Z])" for w in "original first earlier previous former old".split())
_FORMER_BEFORE = re.compile(
    r"\b(?:instead of|rather than|in place of|replac(?:es|ed|ing)|not|no longer|from|against|where|had been|"
    rf"had (?:\w+ )?(?:said|spoken|given|shown|listed|named)|(?-i:{_FORMER})\w*)"
    r"(?:\s+(?!now\b|is\b)[\w'-]+){0,4}[\s$€£]*$",
    re.IGNORECASE,
)
_FORMER_AFTER = re.compile(
    r"(?:\s+(?!is\b|now\b)[\w'-]+){0,3}\s+(?:had been|at first|(?:first|previous|earlier)\w*|before)\b", re.IGNORECASE
)


def unsupported(bare: str, item: Evidence, question: str, others: Sequence[Evidence] = (), cited: bool = True) -> str:
    """What of the sentence `item` does not hold, or "" where it holds all. `others` are items beside it, whose names
    are not to be taken for those of this one. Prose without figures and dates may rest on several lines of an item that
    it cites. An item that it does not cite must say it in one, every word: stories of two companies may differ in a
    single word, and that one may stand in the question."""
    if reason := _foreign_name(bare, item, question, others):
        return reason
    known, least = (question, MIN_SUPPORT) if cited else ("", 1.0)
    if cited and not (find_numbers(bare) or _TIMES.search(bare) or digit_tokens(bare)):
        return _missing(bare, _all_of(item), item, known, least)
    reasons = [
        _unbound(bare, line, item)
        or _missing(bare, line, item, known, least)
        or _off_topic(bare, line, item, question)
        or _exchanged(bare, line, item)
        for line in lines(item)
    ]
    return "" if "" in reasons else min(reasons, key=_how_far)


def lines(item: Evidence) -> tuple[str, ...]:
    return (item.title, *sentences(item.text))


def superseded(text: str, figure: Number) -> bool:
    """Whether the words around `figure` in `text` call it the former one: "1,300 instead of 1,380"."""
    return bool(_FORMER_BEFORE.search(text[: figure.start]) or _FORMER_AFTER.match(text[figure.end :]))


def correction(bare: str, item: Evidence, evidence: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    """The line of a newer item about the same symbols that calls a figure of `bare` the former one, with its item; or
    the line that corrects that one in its turn. Of several the item that has most words of `item`: a company may
    correct two things that were both 16."""
    figures = _quantities(bare)
    newer = [e for e in evidence if figures and _is_newer(e, item) and _share_subject(e, item)]
    found = [(line, e) for e in newer for line in lines(e) if _corrects(line, figures)]
    if len(found) > 1:
        about = content_words(_all_of(item))
        found.sort(key=lambda told: -len(about & content_words(_all_of(told[1]))))
    return correction(*found[0], evidence) or found[0] if found else None


def _is_newer(one: Evidence, other: Evidence) -> bool:
    return bool(one.published and other.published and one.published > other.published)


def _corrects(line: str, figures: Sequence[Number]) -> bool:
    """Whether the line calls one of `figures` the former one, and gives another of its unit."""
    told = _quantities(line)
    former = [t for t in told if superseded(line, t) and any(same(t, f) for f in figures)]
    return any(t.unit == f.unit and not superseded(line, t) for f in former for t in told)


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


def _exchanged(bare: str, line: str, item: Evidence) -> str:
    """Whether two figures stand in each other's place. Of one that is called the former one that was asked before."""
    former = any(superseded(bare, number) for number in find_numbers(bare))
    return "" if former or not exchanged(bare, line) else f"[{item.n}] says two figures of each other's words"


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


def _off_topic(bare: str, line: str, item: Evidence, question: str) -> str:
    """Whether the line says the figures of something else, or tells of the other direction."""
    figures, topic = find_numbers(bare), _topic(bare, item, question)
    shared = len(topic & content_words(line))
    if figures and (shared < MIN_TOPIC * len(topic) or _told_otherwise(figures, topic, shared, item)):
        return f"[{item.n}] says the figure {figures[0].text} of something else"
    ways = (_way(bare), _way(line))
    return f"the direction in [{item.n}] is another" if ways in {(1, -1), (-1, 1)} else ""


def _topic(bare: str, item: Evidence, question: str) -> set[str]:
    """What `bare` says its figures of: its content words, less theirs ("billion") and less names, for which a line may
    say "it". The first word is a name where it is one inside a sentence of the item or in the question: "Core prices
    rose" is of core prices."""
    known = names(item.text) | names(f"A {question}")
    named = names(bare) | (names(f"A {bare}") & known)
    return content_words(bare) - content_words(" ".join((*named, *(n.text for n in find_numbers(bare)))))


def _told_otherwise(figures: Sequence[Number], topic: set[str], shared: int, item: Evidence) -> bool:
    """Whether a line with none of the figures, but others, is more about `topic` than one that shares so many words:
    then it is that line's figure which the sentence should give."""
    return any(
        (told := find_numbers(line)) and not any(same(f, t) for f in figures for t in told)
        for line in lines(item)
        if len(topic & content_words(line)) > shared
    )


def _is_signed(number: Number) -> bool:
    return number.text[0] in "+-\N{MINUS SIGN}\N{EN DASH}" or "(" in number.text


def _way(text: str) -> int:
    """1: it tells of a rise, -1: of a fall, 0: of neither or both."""
    return bool(UP.search(text)) - bool(DOWN.search(text))


def _missing(bare: str, source: str, item: Evidence, question: str, least: float) -> str:
    """What of the sentence `source`, a part of `item`, does not hold."""
    folded = " ".join(source.lower().split())
    days = digit_tokens(bare)
    times = [t.lower() for t in _TIMES.findall(bare) if not any(t.lower() in d for d in days)]
    for token, count in Counter((*days, *times)).items():
        if _standing(token, folded) < count and not _is_own_day(token, folded, item):
            return f"{token!r} is not in [{item.n}]"
    if extra := sorted(_count_words(bare) - _count_words(source)):
        return f"{extra[0]!r} is not in [{item.n}]"
    said = content_words(bare)
    held = said & content_words(f"{source} {item.title} {question}")
    own = said & content_words(source) or not said
    return "" if own and len(held) >= least * len(said) else f"[{item.n}] does not bear it out"


def _standing(token: str, folded: str) -> int:
    """How often `token` stands there as a whole: "5 years" does not stand in "15 years"."""
    return len(re.findall(rf"(?<![\w.,]){re.escape(token)}(?!\w)", folded))


def _is_own_day(token: str, folded: str, item: Evidence) -> bool:
    """Whether the item's own date may stand for `token`: a weekday, a date or a year, but no month by itself, and none
    where the text names another of its kind."""
    if token in _MONTHS or not _standing(token, _dated(item).lower()):
        return False
    if token in _WEEKDAYS:
        return not any(_standing(day, folded) for day in _WEEKDAYS)
    return not any(t.isdigit() == token.isdigit() and _is_date(t) for t in digit_tokens(folded))


def _is_date(token: str) -> bool:
    return token.isdigit() or any(month[:3] in token for month in _MONTHS)


def _count_words(text: str) -> set[str]:
    return {w.strip(".,;:") for w in text.lower().replace("-", " ").split()} & NUMBER_WORDS


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


_REASONS = ("each other", "direction", "former", "something else", "bear it out", "^'", "is not in", "")


def _all_of(item: Evidence) -> str:
    return f"{item.title}. {item.text} {item.source} {_dated(item)}"


def _dated(item: Evidence) -> str:
    return f"{item.published:%A %d %b %Y} {item.published.day} {item.published:%B %Y}" if item.published else ""


def _lower_words(text: str) -> set[str]:
    words = re.findall(r"[A-Za-z][A-Za-z'’&-]*[A-Za-z]|[A-Za-z]", text)
    return {w.lower().removesuffix("'s").removesuffix("’s") for w in words}
