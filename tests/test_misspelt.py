"""Slips in the words of a question are read as what they are for, and a word that is meant is never one.

`data/misspelt.toml` holds questions with slips beside what they are read as, and look-alikes.
"""

import string
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.gaps import nearest_names
from assistant.gaps import respelled as told
from assistant.types import Respelling
from assistant.understand import Vocabulary, understand
from assistant.understand.misspelt import respelled
from tests.conftest import ROOT

TODAY = date(2026, 2, 27)
NAMES = {"apple inc.": ("AAPL",), "nvidia": ("NVDA",), "stokc foods": ("STOK",), "convergence": ("CLSE",)}
VOCABULARY = Vocabulary(NAMES, ("AAPL", "NVDA"), ("AAPL", "NVDA", "TRDAE"))
CASES = tomllib.loads((ROOT / "tests" / "data" / "misspelt.toml").read_text("utf-8"))


@pytest.mark.parametrize(("question", "meant"), CASES["slips"].items())
def test_a_slip_is_read_as_the_word_it_is_for(question: str, meant: str) -> None:
    assert respelled(question, VOCABULARY)[0] == meant
    read, plain = understand(question, VOCABULARY, TODAY), understand(meant, VOCABULARY, TODAY)
    assert read.parts == plain.parts
    assert read.question == question


@pytest.mark.parametrize("question", CASES["meant"]["as_they_stand"])
def test_a_word_that_is_meant_is_read_as_it_stands(question: str) -> None:
    assert respelled(question, VOCABULARY) == (question, ())


def test_there_are_enough_of_both() -> None:
    assert len(CASES["slips"]) >= 60
    assert len(CASES["meant"]["as_they_stand"]) >= 60


def test_what_was_read_as_what_is_told() -> None:
    understood = understand("clsoe of AAPL on Firday", VOCABULARY, TODAY)
    assert understood.respelled == (Respelling("clsoe", "close"), Respelling("Firday", "friday"))
    assert told(understood) == ["“clsoe” was read as “close”", "“Firday” was read as “friday”"]
    assert told(understand("close of AAPL on Friday", VOCABULARY, TODAY)) == []


@pytest.mark.parametrize(
    ("question", "nearest"),
    [
        ("waht did appl close at", "AAPL"),
        ("what did aple close at", "AAPL (Apple)"),
        ("what did nvdia close at", "NVDA (Nvidia)"),
        ("what did nvad close at", "NVDA"),
    ],
)
def test_a_misspelt_name_or_symbol_is_never_guessed_but_asked_back(question: str, nearest: str) -> None:
    assert not understand(question, VOCABULARY, TODAY).symbols
    assert nearest in nearest_names(question, VOCABULARY)


@given(st.text(alphabet=string.ascii_letters + " '.-$@?", max_size=60))
def test_any_text_is_read_and_what_is_read_stays(text: str) -> None:
    once, slips = respelled(text, VOCABULARY)
    assert respelled(once, VOCABULARY) == (once, ())
    assert all(s.text in text and s.word in once for s in slips)
