"""`bell history`: the answers given, each with its receipt, and whether the store still gives the same."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from assistant.commands.context import Context, aside, current, note, out, show, width
from assistant.types import plain
from ingest.errors import ConfigError
from ingest.ledger import Ledger, open_ledger
from ingest.types import Receipt

if TYPE_CHECKING:
    from assistant.types import Answer

MATTERS = ("text", "figures")  # what must be the same bytes


def register(app: typer.Typer) -> None:
    app.command()(history)


def history(
    ctx: typer.Context,
    number: Annotated[int | None, typer.Argument(metavar="ID", help="Of one answer: all it rests on.")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many of the newest to list.")] = 20,
    replay: Annotated[
        bool, typer.Option("--replay", help="Ask it again as of then. Exit code 1: text or figures are not the same.")
    ] = False,
) -> None:
    """The answers given (the newest 1,000 are kept). Exit code 4: none yet."""
    context = current(ctx)
    ledger = open_ledger(context.config)
    if number is not None:
        receipt = ledger.receipts.get(number)
        if receipt is None:
            raise ConfigError(f"no answer {number} is saved", "`bell history` lists those that are")
        raise typer.Exit(_replay(context, ledger, receipt) if replay else _show(context, receipt))
    if replay:
        raise ConfigError("--replay needs the answer's number", "`bell history` lists them")
    raise typer.Exit(_list(context, ledger.receipts.newest(limit)))


def _list(context: Context, receipts: list[Receipt]) -> int:
    from assistant.render.text import fitted, one_line

    if context.json:
        rows = ({"id": r.id, "given": r.given, "status": r.status, "question": r.question} for r in receipts)
        context.print_json([plain(row) for row in rows])
    else:
        zone = ZoneInfo(context.config.timezone) if context.config.timezone else None  # None: the system's
        for r in receipts:
            given = f"{r.given.astimezone(zone):%d %b %Y %H:%M}"
            out(fitted(f"{r.id:>5}  {given}  {r.status:<9}  {one_line(r.question)}", width()))
        if not receipts:
            note("bell: no answer is saved yet")
    return 0 if receipts else 4


def _show(context: Context, receipt: Receipt) -> int:
    if context.json:
        context.print_json(_document(receipt))
        return 0
    from assistant.api import make_assistant
    from assistant.receipts import answer_of
    from assistant.render import answer_text, clean, explanation_text

    answer, zone = answer_of(receipt), make_assistant(context.config).zone.key
    out(f"{clean(answer.question)}\n")
    show(f"{answer_text(answer, width(), zone)}\n\n{explanation_text(answer, width())}")
    return 0


def _document(receipt: Receipt) -> dict[str, Any]:
    return {"id": receipt.id, "given": receipt.given.isoformat()} | receipt.document


def _replay(context: Context, ledger: Ledger, receipt: Receipt) -> int:
    """Asks again under the same rules, and says what is not as it was."""
    from assistant.api import make_assistant
    from assistant.receipts import answer_of, difference, differing

    before = answer_of(receipt)
    assistant = make_assistant(context.config.model_copy(update={"strict": before.asked.strict}), progress=aside)
    after = assistant.replay(before)
    names = differing(before, after)
    same = not set(MATTERS) & set(names)
    if context.json:
        told = {"id": receipt.id, "same": same, "differs": names, "difference": difference(before, after)}
        context.print_json(told | {"answer": after.to_dict(explain=True)})
    else:
        _tell(before, difference(before, after), same, [n for n in MATTERS if n in names])
    run = ledger.sources.last_run()
    if names and run and datetime.fromisoformat(run["started"]) > receipt.given:
        note(f"bell: the store was written to since: the last run began {run['started']}")
    return 0 if same else 1


def _tell(before: "Answer", told: str, same: bool, names: list[str]) -> None:
    from assistant.render import clean

    if same:
        out(f"The same bytes: the text and its figures ({len(before.figures)}), as of {before.as_of.isoformat()}.")
    else:
        out(f"Not the same: {' and '.join(names)}, as of {before.as_of.isoformat()}.")
    if told:
        out(clean(told, keep_lines=True))
