"""`bell doctor`, `backup`, `restore`, `migrate`: the store's upkeep, reached across the rooms by the shell alone."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.commands.context import current, note, out


def register(app: typer.Typer) -> None:
    app.command()(doctor)
    app.command()(backup)
    app.command()(restore)
    app.command()(migrate)


def doctor(
    ctx: typer.Context,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be proved or read again.")] = False,
) -> None:
    """Is what is stored what was written? Exit code 1: something is wrong; 3: mended, and some of it is read again."""
    from ingest import doctor as write_side

    context = current(ctx)
    config = context.config
    checks = write_side.repair(config, config.clock()) if repair else write_side.check(config)
    states = {c.state for c in checks}
    code = 1 if "wrong" in states else 3 if "lost" in states else 0
    if context.json:
        context.print_json({"sound": code == 0, "checks": [asdict(c) for c in checks], "exit_code": code})
    for c in checks if not context.json else ():
        out(f"{c.state:<6} {c.about}: {c.found}{'; ' + c.fix if c.fix else ''}")
    raise typer.Exit(code)


def backup(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Where to; by default into backups/ under home.")] = None,
) -> None:
    """Copy the ledger to one file, without secrets, also while ingest runs. All else can be made again from it."""
    from ingest.backup import back_up

    context = current(ctx)
    made = back_up(context.config, context.config.clock(), file)
    for feed in made.left_out:
        note(f"bell: {feed} is left out, for its address holds a secret: `bell feeds add` it after a restore")
    if context.json:
        context.print_json({"file": str(made.file), "rows": made.rows, "left_out": made.left_out})
    else:
        out(f"{made.file}: {made.rows} rows")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `bell backup` made.")],
    force: Annotated[bool, typer.Option("--force", help="Also where there is a ledger: it is kept aside.")] = False,
) -> None:
    """Put a backup in the ledger's place, in one step, and verified. The next `bell ingest` indexes it."""
    from ingest.backup import restore as put_back

    context = current(ctx)
    done = put_back(context.config, file, context.config.clock(), force)
    aside = str(done.aside) if done.aside else None
    if context.json:
        context.print_json({"rows": done.rows, "aside": aside})
        return
    out(f"{done.rows} rows are restored; run `bell ingest`, which indexes them")
    if aside:
        out(f"what was there before is kept as {aside}")


def migrate(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", help="postgresql+psycopg://user:password@host/database, an empty one.")],
) -> None:
    """Move the store to PostgreSQL, whole or not at all, and verified. What is under home stays as it is."""
    from ingest.__main__ import migrate as move

    context = current(ctx)
    done = move(context.config, to)
    if context.json:
        context.print_json({"rows": done.rows, "nodes": done.nodes})
        return
    out(f"{done.rows} rows and {done.nodes} nodes of the index are there; set BELL_DATABASE_URL to use them")
    if not done.nodes:
        note("bell: the index was not carried over; the next `bell ingest` makes it")
