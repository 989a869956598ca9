"""`bell chat`: opens the conversation."""

from typing import Annotated

import typer

from assistant.commands.context import aside, current
from assistant.commands.write import refresher
from assistant.types import Arm


def register(app: typer.Typer) -> None:
    app.command()(chat)


def chat(
    ctx: typer.Context,
    arm: Annotated[
        Arm | None, typer.Option(help="With or without retrieval and adapter; else what was measured best (hybrid).")
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Quote the evidence instead of phrasing it.")] = False,
) -> None:
    """Ask one question after another; /help lists the commands."""
    from assistant.api import make_assistant
    from assistant.chat import Chat

    context = current(ctx)
    context.no_json("bell chat")
    assistant = make_assistant(context.config, progress=aside, refresh=refresher(context.config))
    try:
        Chat(assistant, arm, not no_model).run()
    finally:
        assistant.close()
