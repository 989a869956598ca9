"""`bell ingest`, `bell reindex`: the write side, reached across the rooms by the shell alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from assistant.commands.context import current
from assistant.config import AssistantConfig

if TYPE_CHECKING:
    from assistant.refreshing import Refresh

What = Literal["news", "quotes", "all"]


def register(app: typer.Typer) -> None:
    app.command()(ingest)
    app.command()(reindex)


def ingest(
    ctx: typer.Context,
    what: Annotated[What, typer.Argument(help="What to poll.")] = "all",
    due: Annotated[
        bool, typer.Option("--due", help="Only the sources whose next poll has come (what cron uses).")
    ] = False,
) -> None:
    """Poll the sources once. Exit code 3: some of them failed; 1: the run itself did."""
    from ingest.__main__ import report_json, run_ingest, show

    context = current(ctx)
    report = run_ingest(context.config, what, due)
    show(report)
    if context.json:
        context.print_json(report_json(report))
    raise typer.Exit(report.exit_code)


def refresher(config: AssistantConfig) -> "Refresh | None":
    """How a question has its prices refreshed; None under a fixed clock, for no source tells what it said then."""

    def refresh(symbols: Sequence[str]) -> str:
        from assistant.refreshing import PATIENCE, bounded

        def poll() -> str:
            from ingest.__main__ import refresh_quotes

            sources = refresh_quotes(config, symbols, PATIENCE).sources
            came = {s.url.partition(":")[2] for s in sources if not s.error}  # from the first source or the second
            missed = (s.error for s in sources if s.error and s.url.partition(":")[2] not in came)
            return next((error.partition("; ")[0] for error in missed), "")

        return bounded(poll)

    return None if config.now else refresh


def reindex(ctx: typer.Context) -> None:
    """Rebuild the index from the ledger, with the embedding model that is configured now."""
    from ingest.__main__ import reindex as rebuild

    context = current(ctx)
    nodes = rebuild(context.config)
    if context.json:
        context.print_json({"indexed": nodes})
