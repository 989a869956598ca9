"""`bell brief`: the daily briefing, to the terminal or to a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from assistant.commands.context import current, note, out, show
from ingest.errors import BellError, ConfigError

if TYPE_CHECKING:
    from assistant.briefing import Briefing

Form = Literal["text", "md", "html", "json"]
Wanted = Literal["text", "md", "html", "json", "all"]


def register(app: typer.Typer) -> None:
    app.command()(brief)


def brief(
    ctx: typer.Context,
    fmt: Annotated[Wanted, typer.Option("--format", help="all: md, html and json, in the folder -o.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of stdout.")] = None,
    since: Annotated[str, typer.Option(help="How far back: 24h, 7d.")] = "24h",
) -> None:
    """Indices, watchlist, stories, what changed and what failed. Exit code 4: nothing known."""
    from assistant.api import make_assistant

    context = current(ctx)
    form: Wanted = "json" if context.json and fmt != "all" else fmt
    assistant = make_assistant(context.config)
    briefing = assistant.briefing(since)
    written: list[tuple[Path, Form]] = []
    if output is not None:
        written = files(output, form, briefing)
    elif form == "all":
        raise ConfigError("--format all writes three files", "name their folder with -o")
    else:
        (show if form == "text" else out)(briefing.render(form).rstrip("\n"))
    for path, kind in written:
        write_atomically(path, briefing.render(kind))
        note(f"wrote {path}")
    if written and context.json:
        context.print_json({"wrote": [str(path) for path, _ in written]})
    if context.config.as_of is None:
        assistant.remember(briefing)
    raise typer.Exit(0 if briefing.known else 4)


def files(output: Path, form: Wanted, briefing: "Briefing") -> list[tuple[Path, Form]]:
    """Where each form is written: one file, or in a folder `DATE.{html,md,json}`, dated in the briefing's zone."""
    if form != "all":
        return [(output, form)]
    day = briefing.as_of.astimezone(ZoneInfo(briefing.zone)).date()
    kinds: tuple[Form, ...] = ("html", "md", "json")
    return [(output / f"{day}.{kind}", kind) for kind in kinds]


def write_atomically(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")  # with the mode of any new file
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise BellError(f"{path} cannot be written: {error.strerror}", "choose another with -o") from error
