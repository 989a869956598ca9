"""Numbers in prose: finds them with value and unit, tells them from dates and names, and prints ours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SCALES = {"thousand": 1e3, "k": 1e3, "million": 1e6, "mn": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9}
_SCALES |= {"trillion": 1e12, "tn": 1e12}
_UNITS = {"%": "percent", "percent": "percent", "per cent": "percent", "pct": "percent"}
_UNITS |= dict.fromkeys(("percentage point", "percentage points", "pp", "ppt", "ppts"), "percentage points")
_UNITS |= dict.fromkeys(("basis point", "basis points", "bp", "bps"), "basis points")
_UNITS |= dict.fromkeys(("dollar", "dollars"), "USD") | dict.fromkeys(("euro", "euros"), "EUR")
_UNITS |= dict.fromkeys(("share", "shares"), "shares") | dict.fromkeys(("pence", "penny", "p"), "GBp")
_CODES = "USD|EUR|GBP|JPY|CHF|CAD|AUD|NZD|CNY|HKD|INR|SEK|NOK|DKK|KRW|SGD|ZAR|BRL|MXN"
_EXACT = "GBp|GBX|ZAc|ILA|ILS|PLN|CZK|HUF|ISK|TRY|THB|TWD|IDR|MYR|PHP|VND|SAR|QAR|AED|KWD|EGP|CLP|COP|ARS|PEN|RUB"
_AS_WRITTEN = frozenset(_EXACT.split("|"))  # read only in these capitals: "GBp" is pence, "try" a word
_SIGNS = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_NOT_FIGURES = (
    re.compile(  # what carries digits and is no figure: citations, dates, times, spans, years, names, filings
        rf"""
    \[\d+(?:\s*,\s*\d+)*\]
  | \b\d{{4}}-\d{{2}}-\d{{2}}(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?\b
  | \b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+\d{{4}})?\b
  | \b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s*(?:%|percent|USD))(?:,?\s+\d{{4}}\b)?
  | \b{_MONTH}\s+\d{{4}}\b
  | \b\d{{1,2}}[:.]\d{{2}}(?::\d{{2}})?\s*(?:a\.?m\.?|p\.?m\.?|ET|EST|EDT|UTC|GMT|CET|BST|Z)\b
  | \b\d{{1,2}}:\d{{2}}(?::\d{{2}})?\b
  | \b\d{{1,2}}\s?(?:a\.m\.|p\.m\.|am|pm)(?!\w)
  | \b(?:19|20)\d\d(?:[-/–](?:19|20)?\d\d)?(?![\d.,%]*\d|\s*(?:%|percent|basis|points|shares|million|billion|USD|EUR))\b
  | \b\d+(?:[ -](?:day|week|month|year|quarter|hour|minute|session)s?)\b
  | \b[QH][1-4](?:\s*(?:FY)?\s*(?:19|20)?\d\d)?\b
  | \b(?:S&P|FTSE|Nikkei|CAC|Russell|Stoxx|STOXX|Dow|Nasdaq|Fortune|MSCI)\s?-?\d+\b
  | \b\d{{1,2}}-[KQ]\b | \bForm\s\d+\b | \b\d+(?:st|nd|rd|th)\b
  | \b[A-Za-z]+-?\d+[A-Za-z]*\b(?![.,]\d)
    """,
        re.IGNORECASE | re.VERBOSE,
    )
)
_NUMBER = re.compile(
    rf"""
    (?P<sign>(?<![\w.])[-+−–](?=\s?[$€£¥\d]))?\s?
    (?:(?P<before>US\$|[$€£¥]|\b(?:(?-i:{_EXACT})|{_CODES})\s))?
    (?P<open>\((?=(?:[$€£¥]\s?)?(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+\.\d+)\)))?
    (?:(?(open)(?P<inner>[$€£¥])\s?|(?!)))?
    (?P<digits>(?P<point>\d{{1,3}}(?:\.\d{{3}})+,\d+|\d+,\d{{1,2}}(?=\s?(?:[%€]|EUR\b)))
        |\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+\.\d+|\.\d+|\d+)
    (?(open)\))
    (?:[\s-]?(?P<scale>thousand|million|billion|trillion|bn|mn|tn|[kmb](?=\b)))?
    (?:[\s-]?(?P<unit>%|per\scent|percentage\spoints?|percent|pct|basis\spoints?|bps?|ppts?|pp|
        (?-i:{_EXACT})|{_CODES}|dollars?|euros?|pence|penny|(?<=\d)p|shares?|€)(?!\w))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
NUMBER_WORDS = frozenset(
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions
    billion billions trillion dozen half halved third double doubled triple tripled twice fold""".split()
)


@dataclass(frozen=True, slots=True)
class Number:
    """A figure as prose states it: `text` as written, `value` with sign and scale applied (percent as written). In
    brackets by itself it is negative, as accounts write it: `(1,234)`, `$(0.12)`, but not `(2 %)`."""

    text: str
    value: float
    unit: str  # a currency code, percent, percentage points, basis points, shares, or ""
    start: int
    end: int


def find_numbers(text: str) -> list[Number]:
    """Every figure in `text`, in order; dates, times, years, citation marks and names with digits are left out."""
    covered = [m.span() for m in _NOT_FIGURES.finditer(text)]
    return [n for n in _numbers(text) if not any(a <= n.start < b or a < n.end <= b for a, b in covered)]


def _numbers(text: str) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        leads = match["sign"] or match["before"] or match["open"]
        start = match.start() + (match[0][0] == " ") if leads else match.start("digits")
        value = float(_plain(match)) * _SCALES.get((match["scale"] or "").lower(), 1.0)
        negative = match["open"] is not None or (match["sign"] is not None and match["sign"] != "+")
        yield Number(match[0].strip(), -value if negative else value, _unit(match), start, match.end())


def _plain(match: re.Match[str]) -> str:
    """The digits as Python reads them; `1.234,56` and `12,5 %` have a decimal comma."""
    digits = match["digits"]
    return digits.replace(".", "").replace(",", ".") if match["point"] else digits.replace(",", "")


def _unit(match: re.Match[str]) -> str:
    code = (match["unit"] or match["before"] or match["inner"] or "").strip()
    if code in _AS_WRITTEN:
        return code
    return _UNITS.get(" ".join(code.lower().split())) or _SIGNS.get(code.upper(), code.upper())


def digit_tokens(text: str) -> list[str]:
    """What carries digits and is no figure (dates, years, names), lower case: to be found verbatim in a source."""
    return [" ".join(m[0].lower().split()) for m in _NOT_FIGURES.finditer(text) if not m[0].startswith("[")]


def same(left: Number, right: Number) -> bool:
    """Whether two mentions state one figure: an equal value (no rounding: 2.4 is not 2.41), and an equal unit.

    The sign counts only where both state one: prose says "fell 3 %" of a move of -3 %.
    """
    if left.unit != right.unit:
        return False
    a, b = abs(left.value), abs(right.value)
    signed = (
        (left.value < 0 and right.value < 0)
        or (left.value >= 0 and right.value >= 0)
        or not {"-", "("} & set(left.text + right.text)
    )
    return signed and abs(a - b) <= 1e-9 * max(a, b, 1.0)


# Printing --------------------------------------------------------------------------------------------------------


def price_text(value: float, kind: str = "equity") -> str:
    """A price as printed: two decimals; four below 1 and for currency pairs below 20 (`1.0834`)."""
    fine = abs(value) < 1 or (kind == "currency" and abs(value) < 20)
    return f"{value:,.{4 if fine else 2}f}"


def count_text(value: float) -> str:
    """How many of a thing, as printed: `1,250`, `0.5`."""
    return f"{value:,.8f}".rstrip("0").rstrip(".")


def signed_text(value: float, decimals: int = 2) -> str:
    """A signed number as printed: `+1.23`, `-0.40`, and `0.00` for what rounds to nothing."""
    text = f"{value:+,.{decimals}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text
