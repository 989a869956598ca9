"""`bell brief`: the daily briefing, to the terminal or to a file."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from assistant.commands.context import current, note, out, show
from ingest.errors import BellError, ConfigError

FORMATS = ("text", "md", "html", "json")


def register(app: typer.Typer) -> None:
    app.command()(brief)


def brief(
    ctx: typer.Context,
    fmt: Annotated[str, typer.Option("--format", help="text, md, html or json.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here instead of stdout.")] = None,
    since: Annotated[str, typer.Option(help="How far back: 24h, 7d.")] = "24h",
) -> None:
    """Indices, watchlist, stories, what changed since the last briefing, and what failed."""
    from assistant.api import make_assistant

    context = current(ctx)
    form = "json" if context.json else fmt
    if form not in FORMATS:
        raise ConfigError(f"--format {fmt!r} is none of {', '.join(FORMATS)}")
    assistant = make_assistant(context.config)
    briefing = assistant.briefing(since)
    text = briefing.render(form)
    if output is None:
        (show if form == "text" else out)(text.rstrip("\n"))
    else:
        write_atomically(output, text)
        note(f"wrote {output}")
    if context.config.as_of is None:
        assistant.remember(briefing)
    raise typer.Exit(0 if briefing.known else 4)


def write_atomically(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
            file.write(text)
        Path(file.name).replace(path)
    except OSError as error:
        raise BellError(f"{path} cannot be written: {error.strerror}", "choose another with -o") from error
