"""The `bell` command: assembles the commands, and turns errors into one line and an exit code."""

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

# ruff: noqa: E402  # what stands before the imports makes them cheaper
# Modules make up to a million objects that stay: to look for garbage among them every 700 took a fifth of a cold start,
# and to look for it when all is said another fifth of a cold answer.
gc.set_threshold(50_000, 20, 10)
atexit.register(gc.freeze)
# Pydantic would look for plugins of its own in the metadata of every installed package.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import typer
from typer.exceptions import TyperException

from assistant.commands import (
    adapter,
    ask,
    brief,
    chat,
    demo,
    follow,
    history,
    serve,
    serve_model,
    store,
    tuning,
    upkeep,
    worker,
    write,
)
from assistant.commands.context import Context, hoist, note
from ingest.errors import BellError

app = typer.Typer(
    name="bell",
    help="A finance assistant that answers from fresh, dated, cited evidence. Without a command: the chat.",
    epilog="The options above are accepted before or after the command. Information, not investment advice.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS = (ask, chat, brief, history, write, worker, follow, store, upkeep, tuning, adapter, serve, serve_model, demo)
for commands in _COMMANDS:
    commands.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"openingbell {version('openingbell')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    ctx: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Where everything is kept (or BELL_HOME).")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Never refresh from the network at question time.")
    ] = False,
    as_of: Annotated[str | None, typer.Option(help="Answer as was possible at this ISO instant.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Use only what had been fetched by then, nothing backfilled.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Exactly one JSON document on stdout.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    show_version: Annotated[  # noqa: ARG001  # its callback acts
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    ctx.obj = Context(
        {"home": home, "offline": offline or None, "as_of": as_of, "strict": strict or None}, as_json, debug
    )
    if ctx.invoked_subcommand is None:
        ctx.invoke(chat.chat, ctx)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 failed, 2 usage, 3 done in part, 4 nothing known, 130 interrupted."""
    # Torch's threads spin while they wait for each other: beside any other work that costs up to ten times the speed.
    # A short spin costs a tenth on a quiet machine. It has to be set before torch is imported.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    args = hoist(sys.argv[1:] if argv is None else argv)
    context = Context(json="--json" in args, debug="--debug" in args)
    try:
        code = app(args, prog_name="bell", standalone_mode=False)
        if code == 130:  # typer keeps an interrupt to itself
            raise KeyboardInterrupt
    except BellError as error:
        code = _fail(context, error.cause, error.fix, error.exit_code)
    except TyperException as error:
        code = _fail(context, error.format_message().rstrip("."), "see `bell --help`", 2)
    except (KeyboardInterrupt, typer.Abort):
        code = _fail(context, "interrupted", "", 130)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left: nothing to say, and nobody to say it to
        code = 0
    except Exception as error:
        if context.debug:
            raise
        code = _fail(context, f"internal error: {type(error).__name__}: {error}", "run it again with --debug", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(context: Context, cause: str, fix: str, code: int) -> int:
    if context.debug and sys.exc_info()[0] is not None:
        sys.excepthook(*sys.exc_info())
    note(f"bell: {cause}{'; ' + fix if fix else ''}")
    if context.json:
        context.print_json({"status": "error", "error": cause, "fix": fix, "exit_code": code})
    return code


if __name__ == "__main__":
    main()
