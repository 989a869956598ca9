"""`bell ingest`, `bell reindex`: the write side, reached across the rooms by the shell alone."""

from typing import Annotated, Literal

import typer

from assistant.commands.context import current

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


def reindex(ctx: typer.Context) -> None:
    """Rebuild the index from the ledger, with the embedding model that is configured now."""
    from ingest.__main__ import reindex as rebuild

    context = current(ctx)
    nodes = rebuild(context.config)
    if context.json:
        context.print_json({"indexed": nodes})
