"""What a model points at among several items it reads again with those alone, in the product and in its evaluation."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from assistant.prompts import NOT_SAID
from assistant.response_synthesizer import ResponseSynthesizer
from assistant.types import Evidence
from evaluation.arms import Asked, read_again, shown
from evaluation.questions import Question

AT = datetime(2026, 2, 25, 9, 0, tzinfo=UTC)
ITEMS = [
    Evidence(n, "news", title, text, f"https://wire.test/{n}", "Test Wire", AT - timedelta(days=n), AT)
    for n, title, text in (
        (4, "Sorrel opens hotels", "Sorrel opens 34 new hotels. They have 2,000 rooms."),
        (5, "Sorrel orders ships", "Sorrel has ordered 12 ships. The yard delivers them in 2029."),
        (6, "Sorrel runs a dam", "Sorrel runs the dam for 30 years."),
    )
]
ROOMS = "How many rooms do the hotels of Sorrel have?"
BOTH = "How many rooms do Sorrel's hotels have, and for how long does it run the dam?"


class Pointing:
    """Replies with what `reply` makes of each prompt, and keeps the prompts."""

    def __init__(self, reply: Callable[[str], str]) -> None:
        self.reply, self.asked = reply, list[str]()

    def stream_chat(self, messages: Sequence[Any]) -> Iterator[Any]:
        self.asked.append(messages[-1].content)
        yield SimpleNamespace(delta=self.reply(self.asked[-1]))


def saying(reply: str) -> Callable[[str], str]:
    return lambda _prompt: reply


def mark_of(prompt: str, line: str) -> str:
    return prompt.partition(f"{line} [")[2].partition("]")[0]


def read(model: Any, question: str = ROOMS) -> tuple[list[tuple[str, tuple[int, ...]]], list[str]]:
    synthesizer = ResponseSynthesizer(model)
    told = [(s.text, s.citations) for s in synthesizer.read(question, ITEMS, AT)]
    return told, synthesizer.notes


def test_the_item_that_is_pointed_at_is_read_again_alone_and_keeps_its_number() -> None:
    model = Pointing(lambda prompt: mark_of(prompt, "They have 2,000 rooms."))
    assert read(model)[0] == [("They have 2,000 rooms [4].", (4,))]
    first, again = model.asked
    assert all(item.title in first for item in ITEMS)
    assert [item.title in again for item in ITEMS] == [True, False, False]


def test_what_does_not_answer_when_read_alone_is_no_answer() -> None:
    model = Pointing(lambda prompt: mark_of(prompt, "Sorrel has ordered 12 ships.") if "dam" in prompt else NOT_SAID)
    told, notes = read(model)
    assert told == []
    assert notes == ["the model found no answer in the evidence"]


def test_the_second_reading_may_find_a_better_line_of_the_item() -> None:
    lines = iter(("Sorrel opens 34 new hotels.", "They have 2,000 rooms."))
    model = Pointing(lambda prompt: mark_of(prompt, next(lines)))
    assert read(model)[0] == [("They have 2,000 rooms [4].", (4,))]


def test_several_items_pointed_at_are_read_together() -> None:
    wanted = ("They have 2,000 rooms.", "Sorrel runs the dam for 30 years.")
    model = Pointing(lambda prompt: " ".join(mark_of(prompt, line) for line in wanted))
    told, _ = read(model, BOTH)
    assert told == [("They have 2,000 rooms [4].", (4,)), ("Sorrel runs the dam for 30 years [6].", (6,))]
    assert len(model.asked) == 2


def test_a_model_that_phrases_by_itself_or_refuses_is_asked_once() -> None:
    for reply in ("The hotels of Sorrel have 2,000 rooms [1].", NOT_SAID):
        model = Pointing(saying(reply))
        read(model)
        assert len(model.asked) == 1


def test_the_evaluation_reads_again_what_the_product_would() -> None:
    asked = Asked(Question("news", ROOMS, ("2,000",), as_of=AT), "other", ROOMS, tuple(ITEMS), AT, 0.0)
    first = shown(asked, "hybrid")
    again = read_again(asked, first, mark_of(str(first.messages[-1].content), "They have 2,000 rooms."))
    assert again is not None
    model = Pointing(lambda prompt: mark_of(prompt, "They have 2,000 rooms."))
    read(model)
    prompts = [str(shown(a, "hybrid").messages[-1].content) for a in (asked, again)]
    assert prompts == model.asked
    assert read_again(again, shown(again, "hybrid"), "1c") is None
    assert read_again(asked, first, NOT_SAID) is None
