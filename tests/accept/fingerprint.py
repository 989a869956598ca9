"""The shipped adapter over 200 fixed prompts: how it behaves, whatever its files say of it.

To half of them one of two stories has the answer, to the others neither. It may reply with marks of lines alone, or
that nothing was found: it has no words of its own that somebody could have taught it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from assistant.generator.local import LocalModel
from assistant.pointing import lines_of
from assistant.prompts import NOT_SAID, reading_prompt
from assistant.types import Evidence
from ingest.types import digest
from tests.conftest import NOW
from tests.test_shipped_adapter import model, story

__all__ = ["model"]

NAMES = ["Kestrel", "Tidewell", "Brackwater", "Ostara", "Pellworm", "Quillon", "Ravenna Glass", "Solvane", "Tarn & Co",
         "Umbra Foods"]  # fmt: skip
FACTS = [  # title, what answers, question
    ("{} opens a plant", "The new plant of {} in Millhaven employs 420 people.", "How many people work at {}'s plant?"),
    ("{} names a finance chief", "Ana Ruiz becomes finance chief of {} in May.", "Who becomes finance chief of {}?"),
    ("{} wins an order", "The railway orders 35 trains from {}.", "How many trains were ordered from {}?"),
    ("{} moves its seat", "{} moves its head office to Gdansk.", "Where does {} move its head office?"),
    ("{} recalls kettles", "{} recalls 9,000 kettles because of a faulty switch.", "Why does {} recall kettles?"),
]
ASKED_IN_VAIN = ["What will the dividend of {} be?", "Who owns most of the shares of {}?"]
RIGHT, REFUSED = 0.8, 0.7  # at least, of the prompts with an answer and of those without

Prompt = tuple[str, Sequence[Evidence], str]  # question, stories, the line that answers or ""


def prompts() -> Iterator[Prompt]:
    for n, (name, (title, fact, question)) in enumerate(product(NAMES, FACTS)):
        other_title, other_fact, _ = FACTS[(n + 1) % len(FACTS)]
        answer, elsewhere = fact.format(name), NAMES[n % 7 - 1]
        told = story(1, title.format(name), answer)
        other = story(2, other_title.format(elsewhere), other_fact.format(elsewhere))
        yield question.format(name), [told, other], answer
        yield question.format(name), [other, told], answer
        for in_vain in ASKED_IN_VAIN:
            yield in_vain.format(name), [told, other], ""


def test_it_replies_to_two_hundred_prompts_with_marks_alone_and_mostly_the_right_ones(
    model: LocalModel, record_property: Callable[[str, object], None]
) -> None:
    replies, right, refused, asked = [], 0, 0, list(prompts())
    for question, evidence, answer in asked:
        said = str(model.with_adapter(True).chat(reading_prompt(question, evidence, NOW)).message.content).strip()
        marks = {line.mark: line.text for line in lines_of(evidence, question)}
        pointed = [marks.get(mark.strip("[]., ")) for mark in said.split()] if said != NOT_SAID else []
        assert None not in pointed, said
        right += bool(answer) and answer in pointed
        refused += not answer and not pointed
        replies.append(said)
    answerable = sum(bool(answer) for _, _, answer in asked)
    record_property("prompts", len(asked))
    record_property("right", f"{right} of {answerable}")
    record_property("refused", f"{refused} of {len(asked) - answerable}")
    record_property("fingerprint", digest(*replies))
    assert len(asked) == 200
    assert right >= RIGHT * answerable
    assert refused >= REFUSED * (len(asked) - answerable)
