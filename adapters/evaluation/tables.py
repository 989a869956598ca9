"""Asks every question of every arm, twice: of the generator alone, and of the whole product. Gives judged rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant import Assistant
from assistant.pointing import quoted
from assistant.types import Arm, Kind
from evaluation.arms import Asked, Shown, read_again, shown
from evaluation.outputs import Job, Output, Writer
from evaluation.questions import Question, Response, sources_of
from evaluation.replay import Replay
from evaluation.scoring import Judge, Verdict
from examples import Family

_ToAsk = tuple[Assistant, Asked, Arm]


@dataclass(frozen=True, slots=True)
class Row:
    """One answer of one arm, judged. `seconds` holds retrieval and checks, and the share of a batch's generation."""

    id: str
    family: Family
    kind: Kind
    arm: Arm
    answerable: bool
    wants_source: bool
    verdict: Verdict
    tokens: int
    seconds: float
    question: str
    text: str


def generator_table(asked: Sequence[Asked], arms: Sequence[Arm], writer: Writer, judge: Judge) -> list[Row]:
    """The model's text on its prompt, the lines it points at in place of their marks: no code answers, nothing is
    checked, repaired or withheld."""
    return [
        _generator_row(r, judge)
        for r in _read([_Reading(a, arm, shown(a, arm)) for arm in arms for a in asked], writer)
    ]


@dataclass(frozen=True)
class _Reading:
    """What an arm was shown of a question, at last alone what it pointed at, and what it said to that."""

    asked: Asked
    arm: Arm
    shown: Shown
    text: str = ""
    tokens: int = 0
    seconds: float = 0.0


def _read(readings: list[_Reading], writer: Writer) -> list[_Reading]:
    """Round by round, each in batches: what a reply points at is read again by itself, as in the product."""
    render = writer.model.render
    writer.fill((r.shown.adapted, render(r.shown.messages)) for r in readings)
    done = [_told(r, writer.write(render(r.shown.messages), r.shown.adapted)) for r in readings]
    again = {i: a for i, r in enumerate(done) if (a := read_again(r.asked, r.shown, r.text))}
    if again:
        narrowed = [replace(done[i], shown=shown(a, done[i].arm)) for i, a in again.items()]
        for i, reading in zip(again, _read(narrowed, writer), strict=True):
            done[i] = reading
    return done


def _told(reading: _Reading, output: Output) -> _Reading:
    tokens, seconds = reading.tokens + output.tokens, reading.seconds + output.seconds
    return replace(reading, text=output.text, tokens=tokens, seconds=seconds)


def _generator_row(reading: _Reading, judge: Judge) -> Row:
    evidence = reading.shown.evidence
    response = Response(quoted(reading.text, reading.shown.lines), sources_of(evidence))
    seconds = reading.seconds + (reading.asked.seconds if evidence else 0.0)
    return _row(reading.asked, reading.arm, response, judge, reading.tokens, seconds)


def product_table(
    asked: Sequence[tuple[Assistant, Asked]], arms: Sequence[Arm], writer: Writer, judge: Judge
) -> list[Row]:
    """The answer as a user gets it. What the model will be asked is found by passes ahead and generated in batches."""
    replay = Replay(writer)
    for bell in {id(b): b for b, _ in asked}.values():
        bell.generator = replay
    waiting = [(bell, a, arm) for arm in arms for bell, a in asked]
    while waiting:
        waiting, jobs = _pending(waiting, replay)
        writer.fill(jobs)
    return [_product_row(bell, a, arm, writer, judge) for arm in arms for bell, a in asked]


def _pending(asked: list[_ToAsk], replay: Replay) -> tuple[list[_ToAsk], list[Job]]:
    """Those whose answer needs a text that is not there yet, and the prompts for it."""
    jobs: list[Job] = []
    short = []
    for bell, a, arm in asked:
        replay.pending = []
        _ask(bell, a.question, arm)
        if replay.pending:
            short.append((bell, a, arm))
            jobs += replay.pending
    replay.pending = None
    return short, jobs


def _product_row(bell: Assistant, asked: Asked, arm: Arm, writer: Writer, judge: Judge) -> Row:
    writer.spent.clear()
    response = _ask(bell, asked.question, arm)
    assert response.answer is not None
    generated = sum(o.seconds for o in writer.spent)
    seconds = response.answer.timings_ms.get("total", 0) / 1000 + generated
    return _row(asked, arm, response, judge, sum(o.tokens for o in writer.spent), seconds)


def _ask(bell: Assistant, question: Question, arm: Arm) -> Response:
    answer = bell.answerer.ask(question.text, arm, as_of=question.as_of).answer
    return Response(answer.text, sources_of(answer.evidence), answer)


def _row(asked: Asked, arm: Arm, response: Response, judge: Judge, tokens: int, seconds: float) -> Row:
    question = asked.question
    verdict = judge(question, response)
    return Row(
        question.id, question.family, asked.kind, arm, question.answerable, bool(question.right), verdict,
        tokens, round(seconds, 4), question.text, response.text,
    )  # fmt: skip
