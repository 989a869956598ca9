"""Currencies and their hundredths: shares in London are quoted in pence (`GBp`), in Johannesburg in cents. Pure."""

import re

from assistant.numbers import price_text
from assistant.types import Derivation, Figure

_MAJOR = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ILA": "ILS"}
_HUNDREDTHS = 100
_CODES = {"dollar": "USD", "euro": "EUR", "pound": "GBP", "sterling": "GBP", "yen": "JPY", "franc": "CHF"}
_WANTED = re.compile(
    r"\b(?:in|to|into) (?:us |british |swiss |japanese )?"
    rf"(?:(?P<code>usd|eur|gbp|jpy|chf|cad|aud)|(?P<word>{'|'.join(_CODES)})s?)\b",
    re.IGNORECASE,
)


def major(currency: str) -> str:
    """The currency that `currency` is a hundredth of, or itself."""
    return _MAJOR.get(currency, currency)


def wanted(text: str) -> str:
    """The currency in which `text` wants its prices; "" where it names none."""
    said = _WANTED.search(text)
    return (said["code"] or _CODES[said["word"].lower()]).upper() if said else ""


def in_major(price: Figure) -> Figure:
    """`price` in the currency itself: a calculation over it where it is quoted in hundredths, else `price`."""
    if price.unit not in _MAJOR:
        return price
    value = price.value / _HUNDREDTHS
    return Figure(
        price_text(value), round(value, 6), major(price.unit), price.symbol, price.field, price.as_of, price.citation,
        Derivation("price / 100", (price,)), price.session,
    )  # fmt: skip
