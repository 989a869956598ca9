"""Figures of a symbol that are no prices: the name under which an answer looks for them, or says that it has none."""

import re

from assistant.understand.holdings import position_of
from assistant.understand.text import any_word

CAGR, CLOSES = "CAGR", "daily closes"
FROM_HIGH, FROM_LOW = "distance from the high", "distance from the low"
_OF_DAYS = "(?:(?:trading )?day|session)"
_DAILY = r"(?:(?:one|single|1)[- ]day|daily)"
# Not of a price: "the revenue CAGR of @" is told by a report, if at all.
_OF_PRICES = (
    r"^(?!.*\b(?:revenues?|sales|earnings|dividends?|income|profits?|eps|margins?|users|subscribers|debt)\b).*?"
)
# How far from it, or whether near it: "how far below its high is @?", "@ off its 52-week peak".
_WHOSE = r"(?:the )?(?:@+|it|they)(?:'s)?(?: (?:stock|shares?|(?:share |stock )?price))?"
_STANDS = (
    r"(?: (?:now|still|currently|trading|trades?|anywhere|back|come|fall(?:en)?|drop(?:ped)?|down|up|pretty|very|so"
    r"|\d[\d.]*|%|percent|per cent|distance))*"
)
_HOW_FAR = r"\bhow (?:far|close|near|much|many (?:percent|points|dollars|euros|pence))"
_FROM = r"(?:below|above|under|over|off|from|to|shy of|away from)"
_OF_ITS = (
    r"(?:(?:the|its|their|an?|this|(?:the )?@+'s|#+(?:'s)?|recent|all[- ]time|record|yearly|annual|previous|old"
    r"|closing) )*"
)


def _distance(beyond: str, extreme: str) -> str:
    """A pattern for the distance of a price from an `extreme` that it lies `beyond`."""
    there = rf"{_OF_ITS}{extreme}"
    return (
        rf"{_HOW_FAR} {_FROM} {there}(?: (?:of|in|for|on))? ?#* (?:is|are|has|have|did|does) {_WHOSE}"
        rf"|{_HOW_FAR} (?:is|are|has|have|did|does) {_WHOSE}{_STANDS} {_FROM} {there}"
        rf"|^(?:percent(?:age)?|%|distance) {_FROM} {there}"
        rf"|^(?:(?:and |so )?(?:is|are) )?{_WHOSE}{_STANDS} (?:near|close to|far from|off|shy of|distance from"
        rf"|{beyond}) {there}"
    )


_STRETCHES = (
    ("day", _OF_DAYS, _DAILY),
    ("week", "(?:trading )?week", "(?:(?:one|single|1)[- ]week|weekly)"),
    ("month", "(?:calendar )?month", "(?:(?:one|single|1)[- ]month|monthly)"),
)
_ENDS = (
    ("best", "best|strongest", "gain|rise|jump|advance", r"gain(?:ed)?|r[io]se|risen|jump(?:ed)?|climb(?:ed)?|up"),
    (
        "worst", "worst|weakest", "loss|fall|drop|decline|slide",
        r"lo(?:se|st)|f[ae]ll(?:en)?|drop(?:ped)?|slid|down",
    ),
)  # fmt: skip
_SESSIONS = r"(?:of the )?(?:trading )?(?:days|sessions)"
_HIGHER = "r[io]se|risen|gain(?:ed)?|climb(?:ed)?|up|higher|green"
_LOWER = "f[ae]ll(?:en)?|lo(?:se|st)|drop(?:ped)?|declined?|down|lower|red"
_PICKED = any_word(
    "highest lowest average mean median max(?:imum)? min(?:imum)? best worst between compare how when why"
)
_NO_COUNT = r"(?!.*\b(?:in a row|straight|consecutive|takes?|took|until|till|before|after|ago|above|below)\b)"
_MOST = r".*\bmost\b"
_IN_A_ROW = (
    rf"\b(?:{_OF_DAYS}s|closes) (?:in a row|straight|running|on end)|\b(?:consecutive|straight|successive)"
    r" (?:(?:up|down|green|red|winning|losing|positive|negative|higher|lower) )*"
    rf"(?:{_OF_DAYS}s|closes|gains|losses|rises|falls|declines|advances)\b"
)
_STREAK = r"\b(?:streak|run of (?:gains|losses|wins|rises|falls|up days|down days))\b"
_GAINS, _LOSSES = (
    rf"{_HIGHER}|gain(?:s|ing)|ris(?:es|ing)|wins?|winning|positive",
    rf"{_LOWER}|los(?:ses|ing)|falls|falling|negative",
)
_STEADY = any_word("volatile bumpy choppy jumpy erratic shaky turbulent wild steady stable rocky rough jittery")
_TWO = r"(?:@.*?@|\b(?:them|the two|those|these|both)\b)"
_FIGURES = (
    (
        r"\bat \d{1,2}(?::\d\d|\.\d\d(?= ?[ap]))? ?(?:[ap]\.?m\b|o'clock)|\bat \d{1,2}:\d\d\b",
        "price at a time of the day",
    ),
    (
        r"\b(?:last|past) (?:half[- ])?hour\b|\b(?:\d+|an?|few) (?:hours?|minutes?) ago\b|\bhourly\b"
        r"|\bat (?:noon|midday|lunch ?time)\b|\bintraday (?:price|chart|quote)|\bminute bars?\b",
        "price at a time of the day",
    ),
    (r"\b(?:pre|after|post)[- ]?(?:market|hours)\b|\bextended hours\b", "price outside the regular session"),
    (r"\bimplied vol\w*|\bopen interest\b|\boptions? (?:chain|volume|prices?)\b", "option data"),
    (r"\bbid\b.*\bask\b|\bbid[-/ ]ask\b|\border book\b", "bid and ask"),
    (
        _OF_PRICES + r"(?:\bcagr\b|\bcompound(?:ed)? (?:annual|yearly|growth)|\bannuali[sz]ed (?!vol)"
        r"|\b(?:average|mean) (?:annual|yearly) (?:return|gain|growth|rise)"
        r"|\b(?:returns?|gains?|gr[eo]w\w*|gained|returned|rose|rise|made|make) (?:per|a|each|every) year\b"
        r"|\bper annum\b)",
        CAGR,
    ),
    (
        _OF_PRICES
        + rf"(?:(?:(?:what(?:'s|s| is| was)|the|price|share|stock|clos\w+|show(?: me)?|give me) |^)(?:price )?ratio"
        rf" (?:(?:of|between) .*{_TWO}|@+ ?(?:/|to|vs\.?|and|over) ?@)"
        r"|@+ ?(?:/|to|vs\.?|and|over) ?@+(?:'s)? (?:(?:stock|share) )?(?:price )?ratio"
        r"|\btheir (?:price )?ratio|\bhow many @+(?:'s)?(?: shares?)? (?:per|for|to|make) (?:(?:one|an?|each) )?@)",
        "price ratio",
    ),
    (
        rf"(?<!ask )\bspread (?:between|of|over) .*{_TWO}|@+ ?(?:/|-|to|vs\.?|and) ?@+ (?:price )?spread|\btheir spread"
        rf"|\b(?:price (?:difference|gap|spread)|(?:difference|gap) in (?:the )?(?:share |stock |closing )?prices?)"
        rf" .*{_TWO}"
        r"|\b(?:difference|gap) between .*@.*@.* prices?\b"
        r"|\bhow much (?:more|less) (?:expensive|does|do|costly)\b.*@.*@|\bhow much (?:cheaper|dearer|pricier)\b.*@.*@",
        "price spread",
    ),
    *(
        (
            rf"\b(?:{most}) {unit}\b(?! to\b)|\b(?:biggest|largest|sharpest) {each} (?:{move})\b"
            rf"|\b(?:which|what|on what|in which|in what) {unit}\b.*\b(?:{moved}){_MOST}",
            f"{word} {name}",
        )
        for name, unit, each in _STRETCHES
        for word, most, move, moved in _ENDS
    ),
    (rf"^(?=.*(?:{_IN_A_ROW}|{_STREAK}))(?=.*\b(?:{_GAINS})\b)(?!.*\b(?:{_LOSSES})\b)", "run up"),
    (rf"^(?=.*(?:{_IN_A_ROW}|{_STREAK}))(?=.*\b(?:{_LOSSES})\b)(?!.*\b(?:{_GAINS})\b)", "run down"),
    (rf"{_IN_A_ROW}|{_STREAK}", "run of closes"),
    (rf"^{_NO_COUNT}.*\b(?:how many|number of) {_SESSIONS}\b.*\b(?:{_HIGHER})\b", "days up"),
    (rf"^{_NO_COUNT}.*\b(?:how many|number of) {_SESSIONS}\b.*\b(?:{_LOWER})\b", "days down"),
    (
        rf"^(?!.*{_PICKED})(?:.*\bdaily clos(?:es|ing prices)\b|.*\b(?:last|past) \d+ clos(?:es|ing prices)\b"
        r"|(?=.*#).*(?:\b(?:the|all|list) clos(?:es|ing prices) (?:of|for) (?:the )?@|@+(?:'s)? closing prices\b"
        r"|^closing prices (?:of|for) (?:the )?@))",
        CLOSES,
    ),
    (r"\bdraw-?downs?\b|\bpeak[- ]to[- ]trough\b|\bfrom peak to trough\b", "drawdown"),
    (_distance("below", r"(?:highs?|peak|top(?! of)|record(?=\W*$))\b"), FROM_HIGH),
    (_distance("above", r"(?:lows?|trough|bottom(?! of))\b"), FROM_LOW),
    (
        r"\bvolatil\w+\b|\b(?:reali[sz]ed|historical|annuali[sz]ed) vol\b"
        rf"|\bhow {_STEADY} (?:is|are|was|were|has|have|did) (?:the )?@+(?: (?:stock|shares?))?(?: been)?"
        r"(?: (?:in|on|over|during|since|for|lately|recently))?\W*(?:$|#)|\bstandard deviation\b.*@",
        "volatility",
    ),
    (r"\bexponential\b.*\baverage|\bema\b", "exponential moving average"),
    (r"\b(?:average|mean) (?:daily )?(?:trading )?volume\b", "mean volume"),
    (r"\bmoving averages?\b|\bsma\b|\b\d+[- ]day (?:moving )?average\b|\b\d+ ?dma\b", "SMA"),
    (
        r"\b(?:average|mean|typical) (?:@+(?:'s)? )?(?:(?:closing|daily|share|stock|trading) )*(?:close|price)\b"
        r"(?! targets?)"
        r"|\bwhat (?:did|has|have) (?:the )?@+ averaged?\b|\b(?:cost|trade[ds]?|close[ds]?) (?:at )?on average\b",
        "average close",
    ),
    (r"\bsharpe\b", "Sharpe ratio"),
    (r"\bbeta\b", "beta"),
    (r"\bcorrelat\w+\b", "correlation"),
    (r"\bp/e\b|\bpe ratio\b|\bprice[- ]to[- ]earnings\b|\bprice/earnings\b", "P/E ratio"),
    (r"\bp/b\b|\bprice[- ]to[- ]book\b", "P/B ratio"),
    (
        r"\bmarket (?:cap|capitali[sz]ation|value)\b|^(?:is|are) (?:the )?@+ (?:a |the )?(?:bigger|larger|smaller)\b"
        r"|^which (?:company )?is (?:the )?(?:bigger|larger|smaller|biggest|largest|smallest)\b(?! \w*er\b)",
        "market capitalisation",
    ),
    (r"\beps\b|\bearnings per share\b", "earnings per share"),
    (r"\bdividend yield\b", "dividend yield"),
    (r"\b(?:rsi|macd|bollinger)\b", "technical indicator"),
    (r"\bshort interest\b", "short interest"),
    (r"\bshares outstanding\b|\bfree float\b", "shares outstanding"),
    (r"\bbook value\b", "book value"),
    (r"\bcash flow\b", "cash flow"),
    (r"\bvaluation\b", "valuation"),
)
# Also the talk of news ("how did it do after earnings?"): figures only where one is asked for.
_REPORTED = (
    (r"\bdividends?\b", "dividend"),
    (r"\brevenues?\b|\bsales\b", "revenue"),
    (r"\bearnings\b|\bprofits?\b|\bnet income\b", "earnings"),
    (r"\bmargins?\b", "margin"),
    (r"\bdebt\b", "debt"),
)
_ASKED_FOR = re.compile(
    r"\bwhat(?:'s|s| is| are| was| were)\b|\bhow (?:much|big|large|high)\b|^@+(?:'s)? \w+\W*$|\bdoes\b|\bshow\b"
)


def figure_of(masked: str) -> str | None:
    """The name of a figure that is asked for in a masked clause and is no price."""
    if position := position_of(masked):
        return position
    listed = (*_FIGURES, *_REPORTED) if _ASKED_FOR.search(masked) else _FIGURES
    return next((name for pattern, name in listed if re.search(pattern, masked)), None)
