"""The term that a question wants explained: patterns over a masked clause (`@` symbols, `#` periods)."""

import re

from assistant.understand.text import any_word, either

_LEAD = (
    r"^(?:(?:hi|hello|hey|ok|okay|so|and|but|also|then|please|well)\b[,!]? ?)*"
    r"(?:(?:can|could|would) you (?:please )?(?:tell me |explain (?:to me )?)?|i (?:want|need|would like) to know )?"
)
_TAIL = (
    r"(?: (?:in (?:simple|plain|layman's) (?:terms|words|english)|in (?:finance|investing|economics)|exactly|to me"
    r"|please|simply|for (?:a )?beginners?|in (?:a|one) (?:few )?(?:words?|sentences?)|anyway))*[^\w@#]*$"
)
_IS = r"what(?: is|'s|s| are| was| were)"
_TERM = r"(?P<t>.+?)"
_NOT_LAST = r"(?<! at)(?<!doing)(?<!trading)(?<!saying)(?<! worth)"  # "what is it trading at" defines nothing
# After "what is": no term but a question of another kind.
_NO_TERM = "(?!" + any_word(
    "the its their today this that these those my your it up new going happening there wrong next behind driving moving"
    " causing pushing dragging lifting weighing analysts? people they better worse more happened"
) + ")"  # fmt: skip
# After "what is the": a figure of a symbol that was said before, or is not known.
_NO_FIGURE = (
    "(?!(?:"
    + any_word(
        "current latest last closing opening share stock daily total previous highest lowest percent\\w* trading"
    )
    + r"\s)*"
    + any_word(
        "prices? close closing quote volume changes? highs? lows? returns? performance moves? news headlines? stories"
        " levels? values? reasons? causes? range forecasts? outlook"
    )
    + r"(?:\W*$| of (?!an? )| (?:on|for|about|behind|in) (?!equity|invest|assets)))"
)
_LEARN = any_word(
    "read interpret calculate compute understand use analy[sz]e value measure evaluate tell know find open"
)
_LEARNER = r"(?:(?:do|does|can|should|would|to) (?:(?:i|we|you|one|investors?|people|analysts?) )?|to )"
_IS_DONE = any_word(
    "work works calculated computed measured defined determined set function derived taxed issued quoted"
)
_SAYS = r"(?:mean(?: (?:in|for|to|on|when) .+)?|stand for|measure|refer to|imply|tell (?:you|us|me)|do)"

_SENSE = "(?:meaning|definition|idea|concept|point|purpose)"
_DEFINED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_LEAD}{_IS} (?:meant by |the {_SENSE} (?:of|behind) ){_TERM}{_TAIL}",
        rf"{_LEAD}{_IS} {_NO_TERM}{_TERM}{_NOT_LAST}{_TAIL}",
        rf"{_LEAD}{_IS} the {_NO_FIGURE}{_TERM}{_NOT_LAST}{_TAIL}",
        rf"{_LEAD}what (?:does|do|did) {_TERM} {_SAYS}{_TAIL}",
        rf"{_LEAD}(?:what do you mean by|(?:give me )?(?:the |a )?(?:definition|meaning) of) {_TERM}{_TAIL}",
        rf"{_LEAD}(?:define|explain|describe|teach me(?: about)?|tell me (?:about|what)) (?:to me )?(?:what |how )?"
        rf"(?:the (?:term|concept|meaning|idea)(?: of)? )?{_TERM}(?: (?:is|are|means|works?))?{_TAIL}",
        rf"{_LEAD}how (?:do|does|did|is|are|can) {_TERM} {_IS_DONE}.*$",
        rf"{_LEAD}(?:{_IS} )?(?:the )?(?P<t>differences? between .+?){_TAIL}",
        rf"{_LEAD}how {_LEARNER}{_LEARN} {_TERM}{_TAIL}",
        r"^(?P<t>.+?)[:,]? what(?:'s| is| are) the differences?\W*$",
        r"^(?P<t>[\w/&' -]+?),? (?:meaning|definition|explained)\W*$",
    )
)
_POINTS_BACK = re.compile(r"^(?:it|that|this|they|these|those|one|them|its .*|their .*|the (?:same|other))$")
_TRIM = either(
    r"^(?:an?|the|some|any)\s+(?:(?:good|bad|typical|normal|healthy|reasonable|ideal|so-called) )?",
    r"^(?:term|word|phrase|concept of) (?=['\"])",
    r"^['\"]|['\"]$",
)
_NOW = either(
    r"\b(?:latest|currently|now|recently|these days|still|upcoming|at the moment)\b",
    r"\bthe (?:most )?(?:current|recent)\b(?! (?:ratio|account|assets?|liabilit|yield))",
)
_ASKS = re.compile(
    _LEAD
    + any_word(
        "what how why should when where who which is are can could do does did was were would has have explain describe"
        " define tell teach name list"
    )
)
_ABOUT = re.compile(r"^(?:and |so |ok )?(?:what|how) about\b")  # asks again what was asked before
_THE = re.compile(rf"{_LEAD}{_IS} the {_TERM}{_TAIL}")


def defined(text: str, masked: str) -> str | None:
    """The term that a clause wants explained, as written; None where it asks for something else."""
    if _NOW.search(masked):
        return None
    for match in filter(None, (pattern.search(masked) for pattern in _DEFINED)):
        if not _POINTS_BACK.match(match["t"]):
            return _trimmed(text[match.start("t") : match.end("t")])
    return None


def subject(text: str, masked: str) -> str | None:
    """What "what is the ..." is about, where it asks for no single term."""
    match = _THE.match(masked)
    return _trimmed(text[match.start("t") : match.end("t")]) if match else None


def _trimmed(term: str) -> str | None:
    """`term` without article, quotes and marks: as a glossary would list it."""
    before = ""
    while term != before:
        before, term = term, term.strip(" ?!.,;:")
        if cut := _TRIM.search(term.lower()):
            term = (term[: cut.start()] + term[cut.end() :]).strip()
    return term[:80] or None


def of_now(masked: str) -> bool:
    """Whether it asks for a dated or current fact, which general knowledge cannot know."""
    return "#" in masked or bool(_NOW.search(masked))


def is_question(masked: str) -> bool:
    return bool(_ASKS.match(masked)) and not _ABOUT.match(masked)
