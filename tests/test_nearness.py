"""Which sentence of an article a question is about: by its words, and by the kind of thing it asks for."""

import pytest

from assistant.nearness import nearness

STORY = (
    "Jaskline received a letter from a fund on Friday.",
    "The letter complains about years of weak margins.",
    "A holding of 10.2% of the shares is in the fund's hands.",
    "It was written by Greta Dufour.",
    "Building work begins in May.",
    "The board refused because the price was too low.",
)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What does the letter complain about?", 1),  # its words
        ("How much does the fund hold?", 2),  # a figure
        ("Who sent it?", 3),  # a name
        ("When do the diggers come?", 4),  # a month
        ("Why did the directors say no?", 5),  # a cause
    ],
)
def test_the_nearest_sentence_is_the_one_that_answers(question: str, sentence: int) -> None:
    assert max(STORY, key=lambda s: nearness(question, s)) == STORY[sentence]


def test_two_shared_words_outweigh_the_kind_of_thing_asked_for() -> None:
    question = "How much was the dividend of Jaskline?"
    assert nearness(question, "Jaskline left its dividend alone.") > nearness(question, "It rained for 3 days.")
