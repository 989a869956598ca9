"""Positions: how many shares of which symbol a clause speaks of, what was paid for them or what sum was invested, and
whether it asks what that is worth or gained."""

import re
from collections.abc import Sequence

from assistant.types import Money
from assistant.understand.spelled import Found

VALUE, GAIN, INVESTED = "position value", "position gain", "sum invested"

_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "fifty": 50, "a dozen": 12, "a hundred": 100, "one hundred": 100,
    "a thousand": 1000,
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d*\.?\d+|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_AFTER = (
    r"\s*(?:$|[.,;:?!)#\d+&]|(?:and|plus|on|since|bought|worth|shares?|stock|now|today|have|been|be|would|if"
    r"|at|for)\b)"
)
_HELD = re.compile(
    rf"(?<![\w.,$€£%-]){_COUNT} (?:more )?(?P<unit>(?:shares?|stocks?|units?|coins?|ounces?|oz|lots?) )?(?:(?:of|in) )?"
    rf"(?:the )?(?P<symbol>@+)(?(unit)|(?={_AFTER}))"  # not "the 3 @ stores"
)
_BEHIND = re.compile(rf"(?P<symbol>@+)[,:]? \(?{_COUNT} (?:shares?|units?|coins?)\b")
# Of a symbol that was told before: "I bought 40 at 12.50".
_UNNAMED = re.compile(
    rf"\b(?:bought|purchased|own|hold) {_COUNT}(?: (?:shares|units|coins|of (?:it|them)))* at [$€£]?\d"
)
_SHARES = re.compile(r"\b(?:shares?|units?|coins?)\b")
_WORTH = re.compile(
    r"\b(?:worth|values?|valued|position|holdings?|portfolio|stake|costs?|total)\b"
    r"|\bhow much (?:is|are|was|were|would|for|do|did)\b|\bwhat would (?:i|we) get\b"
)
_BOUGHT = re.compile(r"\b(?:bought|purchased|buying|acquired|paid)\b|\bsince (?:i|we) (?:own|hold|had)\b")
_GAINED = re.compile(
    r"\b(?:gain(?:s|ed)?|profits?|made|make|los[ts]|lose|loss(?:es)?|returns?|returned|earn(?:ed)?|p&l|up|down|ahead"
    r"|grown|worth|value|how (?:am i|are we) doing)\b"
)
_MADE = re.compile(r"\b(?:gain(?:s|ed)?|profits?|made|lost|loss(?:es)?|p&l|earned)\b")
# What others did with their shares is told by stories.
_OF_OTHERS = re.compile(
    r"^(?:and |so |but )?(?:who|which|why|did|has|had|when|where)\b"
    r"|\b(?:ceo|cfo|chief|director|executive|insider|fund|founder|chair\w*|investors?|company|they|he|she)\b"
)
_AT_A_PRICE = re.compile(r"\b(?:for|at) [$€£]?\d")
_SUM = (
    r"(?P<sign>us\$|[$€£¥])?\s?(?P<amount>\d[\d,]*(?:\.\d+)?)(?!\d|[:.]\d| ?[ap]\.?m\b)"
    r"(?: ?(?P<scale>k|grand|thousand|million)\b)?"
    r"(?: ?(?P<code>usd|eur|gbp|chf|jpy|dollars?|bucks|euros?|pounds?|pence|p|francs|yen)\b)?"
)
_PAID = re.compile(rf"\b(?P<way>at|for|paid) {_SUM}(?P<each> (?:each|apiece|a share|per share|a piece)\b)?")
_PUT = re.compile(
    rf"(?P<verb>\b(?:invested|put|placed) )?(?<![\w.,]){_SUM}"
    r"(?P<put>(?: (?:worth|that|i|we|have|become|had|been|was|were|put|invested|placed))*) (?:in|into|of|on) "
    r"(?:the |shares of )?@"
)
_BECAME = re.compile(
    r"\b(?:worth|how much(?=\W*#)|now|today|be|become|became|have|made|make|gain(?:ed|s)?|grown|turned|values?|left"
    r"|return(?:ed|s)?|los[ts])\b"
)
_SCALES = {"k": 1e3, "grand": 1e3, "thousand": 1e3, "million": 1e6}
_CURRENCIES = {"$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_CURRENCIES |= dict.fromkeys(("dollar", "dollars", "bucks"), "USD") | dict.fromkeys(("euro", "euros"), "EUR")
_CURRENCIES |= dict.fromkeys(("pound", "pounds"), "GBP") | dict.fromkeys(("pence", "p"), "GBp")
_CURRENCIES |= {"francs": "CHF", "yen": "JPY"}


def position_of(masked: str) -> str | None:
    """Which of the three a masked clause asks for, if any."""
    if money_of(masked, INVESTED) and _BECAME.search(masked) and not _OF_OTHERS.search(masked):
        return INVESTED
    unnamed = unnamed_count(masked)
    counts = [unnamed] if unnamed else [_number(m["count"]) for m in _matches(masked)]
    if (
        not counts
        or _OF_OTHERS.search(masked)
        or not (_SHARES.search(masked) or _WORTH.search(masked) or _BOUGHT.search(masked))
    ):
        return None
    if (_BOUGHT.search(masked) and _GAINED.search(masked)) or ("#" in masked and _MADE.search(masked)):
        return GAIN if money_of(masked, GAIN) or not _AT_A_PRICE.search(masked) else None
    return VALUE if _WORTH.search(masked) and set(counts) != {1.0} else None  # of one share it is its price


def unnamed_count(masked: str) -> float | None:
    """How many shares were bought of a symbol that the clause does not name."""
    said = None if "@" in masked else _UNNAMED.search(masked)
    return _number(said["count"]) if said else None


def money_of(masked: str, term: str | None) -> Money | None:
    """The sum that was invested, or the price that was paid a share, whichever `term` needs and the clause gives."""
    if term == INVESTED:
        put = _PUT.search(masked)
        if not put or not (put["sign"] or put["scale"] or put["code"] or put["put"] or put["verb"]):
            return None
        return _money(put) if "#" in masked or "invested" in (put["verb"] or put["put"]) else None
    paid = _PAID.search(masked) if term == GAIN else None
    if not paid or paid["each"] or paid["way"] == "at":
        return _money(paid) if paid else None
    counts = [_number(m["count"]) for m in _matches(masked)]  # "bought 10 for 2,000": all of them
    whole = _money(paid)
    return Money(whole.value / counts[0], whole.currency) if len(counts) == 1 and counts[0] else None


def _money(said: re.Match[str]) -> Money:
    currency = said["sign"] or said["code"] or ""
    value = float(said["amount"].replace(",", "")) * _SCALES.get(said["scale"] or "", 1.0)
    return Money(value, _CURRENCIES.get(currency, currency.upper()))


def holdings(masked: str, found: Sequence[Found]) -> dict[str, float]:
    """symbol -> shares, of the symbols `found` in a masked clause, in order; a run of `@` is one of them."""
    runs = [m.start() for m in re.finditer(r"@+", masked)]
    if len(runs) != len(found):
        return {}
    taken = dict(zip(runs, found, strict=True))
    return {symbol: _number(m["count"]) for m in _matches(masked) for symbol in taken[m.start("symbol")].taken[:1]}


def _matches(masked: str) -> list[re.Match[str]]:
    return list(_HELD.finditer(masked)) or list(_BEHIND.finditer(masked))


def _number(said: str) -> float:
    return float(_WORDS.get(said) or said.replace(",", ""))
