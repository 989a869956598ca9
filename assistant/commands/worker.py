"""`bell worker`: one of many that poll, index and brief from the queue in Postgres."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from assistant.commands.brief import files, write_atomically
from assistant.commands.context import current, note
from assistant.config import AssistantConfig
from ingest.errors import BellError, ConfigError

_ALL = "news,quotes,index,briefings"


def register(app: typer.Typer) -> None:
    app.command()(worker)


def worker(
    ctx: typer.Context,
    queues: Annotated[str, typer.Option(help="What to work on, of these.")] = _ALL,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Jobs at a time.")] = 8,
    once: Annotated[bool, typer.Option("--once", help="End when nothing waits or is under way.")] = False,
) -> None:
    """Poll, index and brief from a queue shared with any number of machines (docs/SCALING.md)."""
    context = current(ctx)
    context.no_json("bell worker")
    chosen = _chosen(queues)
    config = context.config
    _need_server(config)
    from ingest.__main__ import run_worker
    from ingest.queue import quiet

    if not context.debug:
        quiet()

    def brief(zone: str) -> None:
        _brief(config, zone)

    failed = run_worker(config, chosen, concurrency, once, brief, note)
    raise typer.Exit(3 if once and failed else 0)


def _chosen(queues: str) -> list[str]:
    chosen = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in _ALL.split(",")]
    if unknown or not chosen:
        raise ConfigError(f"--queues {queues!r} names no queue of ours", f"choose among {_ALL}")
    return chosen


def _need_server(config: AssistantConfig) -> None:
    if not config.in_postgres:
        raise ConfigError(
            "bell worker needs a PostgreSQL server to share its queue",
            "set BELL_DATABASE_URL=postgresql+psycopg://user:password@host/database, or on one machine let cron run "
            "`bell ingest --due`",
        )
    if missing := [name for name in ("procrastinate", "psycopg") if find_spec(name) is None]:
        raise BellError(f"`bell worker` needs {', '.join(missing)}", "pip install 'openingbell[postgres]'")


def _brief(config: AssistantConfig, zone: str) -> None:
    """Writes the briefing for the readers in `zone` below home, and remembers that it was given."""
    from assistant.api import make_assistant

    assistant = make_assistant(config)
    try:
        briefing = assistant.briefing(zone=zone)
        folder = Path(config.home, "briefings", zone.replace("/", "-"))
        for path, form in files(folder, "all", briefing):
            write_atomically(path, briefing.render(form))
        assistant.remember(briefing)
    finally:
        assistant.close()
