"""Currencies and their hundredths: shares in London are quoted in pence (`GBp`), in Johannesburg in cents. Pure."""

from assistant.numbers import price_text
from assistant.types import Derivation, Figure

_MAJOR = {"GBp": "GBP", "GBX": "GBP", "ZAc": "ZAR", "ILA": "ILS"}
_HUNDREDTHS = 100


def major(currency: str) -> str:
    """The currency that `currency` is a hundredth of, or itself."""
    return _MAJOR.get(currency, currency)


def in_major(price: Figure) -> Figure:
    """`price` in the currency itself: a calculation over it where it is quoted in hundredths, else `price`."""
    if price.unit not in _MAJOR:
        return price
    value = price.value / _HUNDREDTHS
    return Figure(
        price_text(value), round(value, 6), major(price.unit), price.symbol, price.field, price.as_of, price.citation,
        Derivation("price / 100", (price,)), price.session,
    )  # fmt: skip
