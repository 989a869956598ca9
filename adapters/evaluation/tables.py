"""Asks every question of every arm, twice: of the generator alone, and of the whole product. Gives judged rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant import Assistant
from assistant.pointing import quoted
from assistant.types import Arm, Kind
from evaluation.arms import Asked, shown
from evaluation.outputs import Writer
from evaluation.questions import Question, Response, sources_of
from evaluation.replay import Replay
from evaluation.scoring import Judge, Verdict
from examples import Family


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
    prompts = {(arm, a.question.id): shown(a, arm) for arm in arms for a in asked}
    render = writer.model.render
    writer.fill((p.adapted, render(p.messages)) for p in prompts.values())
    rows = []
    for arm in arms:
        for a in asked:
            prompt = prompts[arm, a.question.id]
            output = writer.write(render(prompt.messages), prompt.adapted)
            response = Response(quoted(output.text, prompt.lines), sources_of(prompt.evidence))
            seconds = output.seconds + (a.seconds if prompt.evidence else 0.0)
            rows.append(_row(a, arm, response, judge, output.tokens, seconds))
    return rows


def product_table(
    asked: Sequence[tuple[Assistant, Asked]], arms: Sequence[Arm], writer: Writer, judge: Judge
) -> list[Row]:
    """The answer as a user gets it. What the model will be asked is found by a first pass and generated in batches."""
    replay = Replay(writer)
    for bell in {id(b): b for b, _ in asked}.values():
        bell.generator = replay
    replay.pending = []
    for arm in arms:
        for bell, a in asked:
            _ask(bell, a.question, arm)
    jobs, replay.pending = replay.pending, None
    writer.fill(jobs)
    return [_product_row(bell, a, arm, writer, judge) for arm in arms for bell, a in asked]


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
