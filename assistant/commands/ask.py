"""`bell ask`: one question, one answer."""

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.commands.context import Context, aside, current, note, out, show, stream, width
from assistant.commands.write import refresher
from assistant.types import Answer, Arm, Status
from ingest.errors import BellError

if TYPE_CHECKING:
    from assistant.draft import AnswerStream

EXIT_CODES: dict[Status, int] = {"answered": 0, "refused": 0, "abstained": 4, "error": 1}


def register(app: typer.Typer) -> None:
    app.command()(ask)


def ask(
    ctx: typer.Context,
    question: Annotated[str, typer.Argument(help="In plain words: 'How did NVDA do this week, and why?'")],
    arm: Annotated[
        Arm | None, typer.Option(help="With or without retrieval and adapter; else what was measured best (hybrid).")
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Quote the evidence instead of phrasing it.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what was understood, retrieved and checked.")
    ] = False,
) -> None:
    """Answer one question, with its sources. Exit code 4: nothing known."""
    from assistant.api import make_assistant

    context = current(ctx)
    assistant = make_assistant(context.config, progress=aside, refresh=refresher(context.config))
    answering = assistant.stream(question, arm, not no_model)
    if context.json:
        answer = _answer_or_error(answering, context, question, arm)
        context.print_json(answer.to_dict(explain))
    else:
        answer = tell(answering, assistant.zone.key, explain)
    raise typer.Exit(EXIT_CODES[answer.status])


def tell(answering: "AnswerStream", zone: str, explain: bool = False) -> Answer:
    """Prints an answer for a person: its text as it comes, its sources, and on request its receipt."""
    from assistant.render import answer_footer, explanation_text

    stream(answering)
    out("")
    show(answer_footer(answering.answer, width(), zone))
    if explain:
        show("\n" + explanation_text(answering.answer, width()))
    return answering.answer


def _answer_or_error(answering: "AnswerStream", context: Context, question: str, arm: Arm | None) -> Answer:
    try:
        return answering.answer
    except BellError as error:
        note(f"bell: {error}")
        as_of = context.config.as_of or context.config.clock()
        return Answer(question, str(error), "error", arm or "hybrid", as_of, warnings=(error.cause,))
