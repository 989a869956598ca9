"""`bell ask`: one question, one answer."""

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.context import Context, current, note, out, show, stream, width
from assistant.types import Answer, Arm, Status
from ingest.errors import BellError

if TYPE_CHECKING:
    from assistant.answering import AnswerStream

EXIT_CODES: dict[Status, int] = {"answered": 0, "refused": 0, "abstained": 4, "error": 1}


def register(app: typer.Typer) -> None:
    app.command()(ask)


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="In plain words: 'How did NVDA do this week, and why?'")],
    arm: Annotated[Arm, typer.Option(help="With or without retrieval and adapter.")] = "hybrid",
    no_model: Annotated[bool, typer.Option("--no-model", help="Quote the evidence instead of phrasing it.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what was understood, retrieved and checked.")
    ] = False,
) -> None:
    """Answer one question, with its sources. Exit code 4: nothing known."""
    context = current(ctx)
    raise typer.Exit(EXIT_CODES[run(context, question, arm, not no_model, explain).status])


def run(context: Context, question: str, arm: Arm, use_model: bool = True, explain: bool = False) -> Answer:
    """Asks and prints: streamed text and sources for a person, or one JSON document in every outcome."""
    from assistant.api import make_assistant
    from assistant.render import answer_footer, explanation_text

    assistant = make_assistant(context.config, progress=note)
    answering = assistant.stream(question, arm, use_model)
    if context.json:
        answer = _answer_or_error(answering, context, question, arm)
        context.print_json(answer.to_dict(explain))
        return answer
    stream(answering)
    out("")
    show(answer_footer(answering.answer, width(), assistant.zone.key))
    if explain:
        show("\n" + explanation_text(answering.answer, width()))
    return answering.answer


def _answer_or_error(answering: "AnswerStream", context: Context, question: str, arm: Arm) -> Answer:
    try:
        return answering.answer
    except BellError as error:
        note(f"bell: {error}")
        as_of = context.config.as_of or context.config.clock()
        return Answer(question, str(error), "error", arm, as_of, warnings=(error.cause,))
