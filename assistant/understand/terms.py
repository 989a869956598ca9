"""The term that a question wants explained, and figures that are no prices: "what is a drawdown?", "NVDA's beta"."""

import re

_LEAD = (
    r"^(?:(?:hi|hello|hey|ok|okay|so|and|but|also|then|please|well)\b[,!]? ?)*"
    r"(?:(?:can|could|would) you (?:please )?(?:tell me |explain (?:to me )?)?|i (?:want|need|would like) to know )?"
)
_TAIL = (
    r"(?: (?:in (?:simple|plain|layman's) (?:terms|words|english)|in finance|in investing|in economics|exactly|to me"
    r"|please|simply|for (?:a )?beginners?|in (?:a|one) (?:few )?(?:words?|sentences?)|anyway))*\W*$"
)
_IS = r"what(?: is|'s|s| are| was| were)"
# After "what is": no term but a question of another kind.
_NO_TERM = (
    r"(?!(?:the|its|their|today|this|that|these|those|my|your|it|up|new|going|happening|there|wrong|next|behind|driving"
    r"|moving|causing|pushing|dragging|lifting|weighing|analysts?|people|they|better|worse|more|happened)\b)"
)
_NO_FIGURE = (
    r"(?!(?:(?:current|latest|last|closing|opening|share|stock|daily|total|previous|highest|lowest|percent\w*|trading) )*"
    r"(?:prices?|close|closing|quote|volume|changes?|highs?|lows?|returns?|performance|moves?|news|headlines?|stories"
    r"|levels?|values?|reasons?|causes?|range|forecasts?|outlook)(?:\W*$| of (?!an? )| (?:on|for|about|behind|in) (?!equity|invest|assets)))"
)
_LEARN = r"(?:read|interpret|calculate|compute|understand|use|analy[sz]e|value|measure|evaluate|work out|tell|know|find|open)"
_DEFINED = [
    re.compile(_LEAD + rf"{_IS} (?:meant by |the (?:meaning|definition|idea|concept|point|purpose) (?:of|behind) )(?P<t>.+?)" + _TAIL),
    re.compile(_LEAD + rf"{_IS} {_NO_TERM}(?P<t>.+?)(?<! at)(?<!doing)(?<!trading)(?<! worth)" + _TAIL),
    re.compile(_LEAD + rf"{_IS} the {_NO_FIGURE}(?P<t>.+?)(?<!doing)(?<!trading)(?<!saying)(?<! at)(?<! worth)" + _TAIL),
    re.compile(_LEAD + r"what (?:does|do|did) (?P<t>.+?) (?:mean|stand for|measure|refer to|imply|tell (?:you|us|me)|do)" + _TAIL),
    re.compile(_LEAD + r"(?:what do you mean by|(?:give me |what is )?(?:the |a )?(?:definition|meaning) of) (?P<t>.+?)" + _TAIL),
    re.compile(
        _LEAD + r"(?:define|explain|describe|teach me(?: about)?|tell me (?:about|what)) (?:to me )?(?:what |how )?"
        r"(?:the (?:term|concept|meaning|idea)(?: of)? )?(?P<t>.+?)(?: (?:is|are|means|works?))?" + _TAIL
    ),
    re.compile(
        _LEAD + r"how (?:do|does|did|is|are|can) (?P<t>.+?) (?:work|works|calculated|computed|measured|defined|determined|set"
        r"|function|derived|taxed|issued|quoted)\b.*$"
    ),
    re.compile(_LEAD + rf"(?:{_IS} )?(?:the )?(?P<t>differences? between .+?)" + _TAIL),
    re.compile(_LEAD + rf"how (?:do|does|can|should|would|to) ?(?:i|we|you|one|investors?|people|analysts?)? ?{_LEARN} (?P<t>.+?)" + _TAIL),
    re.compile(r"^(?P<t>[\w/&' -]+?),? (?:meaning|definition|explained)\W*$"),
]  # fmt: skip
# "the price", "its high", "today's change": a figure of something said before, not a term.
_FIGURE = re.compile(
    r"^(?:(?:the|its|their|current|latest|last|closing|opening|share|stock|daily|total|previous|same|day's)(?:'s)? )*"
    r"(?:price|close|quote|volume|change|high|low|return|performance|move|news|headlines?|level|value|reason|cause|range)s?$"
)
_POINTS_BACK = re.compile(r"^(?:it|that|this|they|these|those|one|them|its|the (?:same|other))$")
_TRIM = re.compile(
    r"^(?:an?|the|some|any)\s+(?:(?:good|bad|typical|normal|healthy|reasonable|ideal|so-called|(?:term|word|phrase|concept of)(?= ['\"]))\s+)?"
    r"|^['\"]|['\"]$",
    re.IGNORECASE,
)
_NOW = re.compile(r"\b(?:latest|currently|now|recently|these days|still|upcoming|at the moment)\b|\bthe (?:most )?(?:current|recent)\b(?! (?:ratio|account|assets?|liabilit|yield))")
_ASKS = re.compile(
    _LEAD
    + r"(?:what|how|why|should|when|where|who|which|is|are|can|could|do|does|did|was|were|would|has|have|explain|describe"
    r"|define|tell me|teach me|name|list)\b"
)
_ABOUT = re.compile(r"^(?:and |so |ok )?(?:what|how) about\b")  # asks again what was asked before
_THE = re.compile(_LEAD + rf"{_IS} the (?P<t>.+?)" + _TAIL)

_FIGURES: tuple[tuple[str, str], ...] = (
    (r"\bdraw-?downs?\b", "drawdown"),
    (r"\bvolatil\w+\b", "volatility"),
    (r"\bmoving averages?\b|\b(?:sma|ema)\b|\d-day average\b", "SMA"),
    (r"\baverage (?:daily )?volume\b", "mean volume"),
    (r"\b(?:average|mean) (?:closing |daily )?(?:close|price)\b", "average close"),
    (r"\bsharpe(?: ratio)?\b", "Sharpe ratio"),
    (r"\bbeta\b", "beta"),
    (r"\bcorrelat\w+\b", "correlation"),
    (r"\bp/e\b|\bpe ratio\b|\bprice[- ]to[- ]earnings\b|\bprice/earnings\b", "P/E ratio"),
    (r"\bp/b\b|\bprice[- ]to[- ]book\b", "P/B ratio"),
    (r"\bmarket (?:cap|capitali[sz]ation)\b", "market capitalisation"),
    (r"\beps\b|\bearnings per share\b", "earnings per share"),
    (r"\bdividend yield\b", "dividend yield"),
    (r"\b(?:rsi|macd|bollinger)\b", "technical indicator"),
    (r"\bshort interest\b", "short interest"),
    (r"\bshares outstanding\b|\bfree float\b", "shares outstanding"),
    (r"\bbook value\b", "book value"),
    (r"\bfree cash flow\b|\bcash flow\b", "free cash flow"),
    (r"\bvaluation\b", "valuation"),
)  # fmt: skip
_REPORTED: tuple[tuple[str, str], ...] = (
    (r"\bdividends?\b", "dividend"),
    (r"\brevenues?\b|\bsales\b", "revenue"),
    (r"\bearnings\b|\bprofits?\b|\bnet income\b", "earnings"),
    (r"\bmargins?\b", "margin"),
    (r"\bdebt\b", "debt"),
)
_ASKED_FOR = re.compile(
    r"\bwhat(?:'s|s| is| are| was| were)\b|\bhow (?:much|big|large|high)\b|^@+(?:'s)? \w+\W*$|\bdoes\b|\bshow\b"
)


def defined(text: str, masked: str) -> str | None:
    """The term that a clause wants explained, as written; None where it asks for something else."""
    for pattern in _DEFINED:
        if match := pattern.search(masked):
            said = masked[match.start("t") : match.end("t")]
            if (_FIGURE.match(said) and said.startswith(("the ", "its ", "their "))) or _NOW.search(masked):
                return None
            if not _POINTS_BACK.match(said):
                return trimmed(text[match.start("t") : match.end("t")])
    return None


def trimmed(term: str) -> str | None:
    previous = ""
    while term != previous:
        previous, term = term, _TRIM.sub("", term.strip(" ?!.,;:")).strip()
    return term[:80] or None


def figure_of(masked: str) -> str | None:
    """The name of a figure that is asked of a symbol and is no price."""
    for pattern, name in _FIGURES:
        if re.search(pattern, masked):
            return name
    if _ASKED_FOR.search(masked):
        return next((name for pattern, name in _REPORTED if re.search(pattern, masked)), None)
    return None


def of_now(masked: str) -> bool:
    """Whether it asks for a dated or current fact, which general knowledge cannot know."""
    return "#" in masked or bool(_NOW.search(masked))


def is_question(masked: str) -> bool:
    return bool(_ASKS.match(masked)) and not _ABOUT.match(masked)


def topic(text: str, masked: str) -> str | None:
    """What "what is the ..." asks about, where it asks for no single term."""
    match = _THE.match(masked)
    return trimmed(text[match.start("t") : match.end("t")]) if match else None
