"""Invented companies, people, towns, countries and publishers; what training draws from never stands in a test."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "test"]
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a story is about: a company, or (without a symbol) a country with the agency that speaks for it."""

    short: str  # "Norvane"; of an economy its country
    name: str  # "Norvane Ltd"; of an economy its agency
    symbol: str = ""

    @property
    def about(self) -> Literal["company", "economy"]:
        return "company" if self.symbol else "economy"

    @property
    def slots(self) -> dict[str, str]:
        if self.symbol:
            return {"company": self.name, "short": self.short, "symbol": self.symbol}
        return {"agency": self.name, "country": self.short}

    @property
    def symbols(self) -> Names:
        return (self.symbol,) if self.symbol else ()


@dataclass(frozen=True, slots=True)
class Pool:
    """The parts that names of one split are put together from. No name ends in "s", so that "'s" may follow any."""

    heads: Names
    tails: Names
    seconds: Names  # a neutral second word of some short names
    suffixes: Names
    given: Names
    surnames: Names
    town_heads: Names
    town_tails: Names
    land_heads: Names
    land_tails: Names
    publisher_heads: Names
    publisher_tails: Names
    roles: Names

    def company(self, rng: random.Random) -> Subject:
        short = rng.choice(self.heads) + rng.choice(self.tails)
        if rng.random() < 0.3:
            short = f"{short} {rng.choice(self.seconds)}"
        return Subject(short, f"{short} {rng.choice(self.suffixes)}", ticker(short))

    def companies(self, rng: random.Random, count: int) -> list[Subject]:
        """`count` companies of which no two share a first word or a ticker."""
        found: dict[str, Subject] = {}
        while len(found) < count:
            drawn = self.company(rng)
            if all(drawn.symbol != c.symbol for c in found.values()):
                found.setdefault(drawn.short.split()[0], drawn)
        return list(found.values())

    def economy(self, rng: random.Random, bank: bool = False) -> Subject:
        """A country and its statistics office, or its central bank."""
        country = rng.choice(self.land_heads) + rng.choice(self.land_tails)
        offices = ("Bank of {}", "{} Central Bank") if bank else ("Statistics {}", "{} Statistics Office")
        return Subject(country, rng.choice(offices).format(country))

    def economies(self, rng: random.Random, count: int) -> list[Subject]:
        """`count` economies of which no two share a country: who draws a taken one speaks for the next that is free."""
        found: dict[str, Subject] = {}
        free = [head + tail for head in self.land_heads for tail in self.land_tails]
        for _ in range(count):
            drawn = self.economy(rng)
            country = next(c for c in (drawn.short, *free) if c not in found)
            found[country] = Subject(country, drawn.name.replace(drawn.short, country))
        return list(found.values())

    def person(self, rng: random.Random) -> str:
        return f"{rng.choice(self.given)} {rng.choice(self.surnames)}"

    def town(self, rng: random.Random) -> str:
        return rng.choice(self.town_heads) + rng.choice(self.town_tails)

    def publisher(self, rng: random.Random) -> str:
        return f"{rng.choice(self.publisher_heads)} {rng.choice(self.publisher_tails)}"

    def shorts(self) -> Iterator[str]:
        """Every first word of a company's name that can be drawn."""
        return (head + tail for head in self.heads for tail in self.tails)


def ticker(short: str) -> str:
    """Four capitals out of a name: its first letter and the consonants after it, filled up with its last letters."""
    letters = [c for c in short.upper() if c.isalpha()]
    skeleton = letters[:1] + [c for c in letters[1:] if c not in "AEIOU"]
    return "".join((skeleton + letters[::-1])[:4])


def _words(text: str) -> Names:
    return tuple(text.split())


def _phrases(text: str) -> Names:
    return tuple(p.strip() for p in text.split(","))


POOLS: dict[Split, Pool] = {
    "train": Pool(
        heads=_words(
            """Nor Vel Kest Dray Hal Mor Tarn Bram Quil Sel Vor Lund Pell Cald Wex Fenn Gar Hest Jor Kel Ald Brex Cor
            Dun Elm Fal Gild Hark Istr Jask Lor Marn Oak Prax Rud Silv Torv Ulm Wend Zar Copper Blue Iron North"""
        ),
        tails=_words(
            """vane mark lane ridge ton wick dale ora ix ent ward field gate moor well bury stead ham ley an ell ric
            burn crest line den"""
        ),
        seconds=_words("Group Holding International Global Partner Enterprise Collective Union"),
        suffixes=_words("Inc Corp Ltd plc Co AG SE AB"),
        given=_words(
            """Anna Brian Carla Daniel Elena Felix Greta Henry Irena Jakob Karen Leon Marta Nolan Olga Peter Rosa Simon
            Tara Victor Wanda Yusuf Zoe Amir Beth Chen Divya Emeka Farah Gavin"""
        ),
        surnames=_words(
            """Abbott Barlow Castell Draper Ekwueme Farrow Grell Hartley Imai Janko Keller Lindqvist Mbeki Novak Okafor
            Pryor Quine Rosen Sato Tanner Ueda Vogel Wexler Yilmaz Zeller Brandt Cordero Dufour Engel Fontaine Gupta
            Holm Ivanova Jansen Kovac Larkin Moretti Nyberg Orlov Petit"""
        ),
        town_heads=_words("Ash Bar Clay Dun East Fair Glen Holly Kings Lang Mill New Oak Port Red Stan Thorn West"),
        town_tails=_words("ford bridge haven bourne minster port stoke worth cliff brook mouth leigh"),
        land_heads=_words("Veld Norw Cast Ost Mar Lav Sund Tar Bel Kor Arv Dal"),
        land_tails=_words("onia avia enland oria imar ovia usia eria"),
        publisher_heads=_words("Harbour Meridian Capital Northern Ledger Exchange Morning Trade Commerce Union Beacon"),
        publisher_tails=_words("Wire Post Herald Dispatch Gazette Record Chronicle Courier"),
        roles=_phrases(
            """chief executive, finance chief, head of operations, deputy chief executive, head of strategy, treasurer,
            general counsel, chief engineer, head of investor relations, board secretary, research director"""
        ),
    ),
    "test": Pool(
        heads=_words(
            """Ambr Bost Crev Dorr Ever Frisk Gloam Hov Inver Jutt Kard Lyr Mizz Nant Orch Plov Quar Rusk Stell Tamb
            Umbr Vint Whit Xan Yar Zeph Brisk Cind Drom Esk Flint Grav Hux Imp Jel Kov Lant Merr Nex Osk"""
        ),
        tails=_words(
            """adon eron ique alto oway esta ond arra illo umber aven etti orex anta obel ithe ucent addle olt ensen
            ami erva onde ull esque allow"""
        ),
        seconds=_words("Consortium Company Alliance Venture Combine Trust Concern League"),
        suffixes=_words("NV Oyj GmbH SpA Limited Incorporated ASA KK"),
        given=_words(
            """Alma Boris Clara Dylan Edith Fabio Gina Hugo Ines Joel Kira Luca Mona Niall Opal Paul Quentin Rhea Sven
            Thea Ugo Vera Walter Xenia Yara Zane Bilal Chloe Dora Ewan"""
        ),
        surnames=_words(
            """Acheson Bellamy Crane Delgado Eriksen Falk Goddard Hwang Ibarra Jolley Kasper Lomax Mendel Nakata Osborne
            Palmer Qureshi Rhode Sorensen Tully Umar Vance Whitlock Yarrow Zamora Beckett Carver Dvorak Ellery Frost
            Greer Haddad Ishii Joubert Kline Laurent Monk Nolte Oduya Pike"""
        ),
        town_heads=_words("Black Crow Drum Elm Fox Gold Hazel Iver Kirk Lin Mar Nether Over Pen Rock Silver Up White"),
        town_tails=_words("stead combe thorpe gate dean holm wold marsh thwaite barrow pool cote"),
        land_heads=_words("Zeb Quil Hest Ruv Olm Fer Gald Ish Pav Tov Wen Jur"),
        land_tails=_words("arra entia olia ambar istria undy eth avar"),
        publisher_heads=_words("Summit Quayside Sterling Southern Market Signal Evening Bourse Civic Anchor Lantern"),
        publisher_tails=_words("Report Journal Bulletin Observer Monitor Register Examiner Briefing"),
        roles=_phrases(
            """managing director, commercial director, chief operating officer, head of corporate affairs,
            group controller, technical director, head of procurement, company spokesman, chair of the board"""
        ),
    ),
}
