"""Abbreviations of the trade in words, so that a text which says it in words is found. Pure.

Those of the glossary are not taken over: in the news CFO is a person, CAC an index and EV a car.
"""

import re

_WORDS = {
    "AGM": "annual general meeting",
    "ARPU": "average revenue per user",
    "AUM": "assets under management",
    "capex": "capital expenditure",
    "CEO": "chief executive",
    "CFO": "finance chief, chief financial officer",
    "COO": "chief operating officer",
    "CPI": "consumer price index, inflation",
    "EGM": "extraordinary general meeting",
    "EPS": "earnings per share",
    "FCF": "free cash flow",
    "FDI": "foreign direct investment",
    "FX": "foreign exchange, currency",
    "GDP": "gross domestic product",
    "HQ": "headquarters",
    "IPO": "initial public offering, flotation",
    "JV": "joint venture",
    "LBO": "leveraged buyout",
    "M&A": "mergers and acquisitions, takeover",
    "MBO": "management buyout",
    "m/m": "from the month before",
    "MoM": "from the month before",
    "NAV": "net asset value",
    "opex": "operating expenses",
    "PMI": "purchasing managers' index",
    "PPI": "producer price index",
    "QE": "quantitative easing",
    "q/q": "from the quarter before",
    "QoQ": "from the quarter before",
    "R&D": "research and development",
    "y/y": "from a year before",
    "YoY": "from a year before",
}
_WORD = re.compile(r"[A-Za-z][\w&/]*\w")


def in_words(word: str) -> str:
    """What `word` abbreviates, as it is spelled; empty where it is none: "MoM" is a rate, "mom" is not."""
    return _WORDS.get(word, "")


def spelled_out(question: str) -> str:
    """`question` with the words of each abbreviation in brackets behind it."""
    return _WORD.sub(lambda m: f"{m[0]} ({words})" if (words := in_words(m[0])) else m[0], question)
