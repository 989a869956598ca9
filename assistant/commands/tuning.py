"""`bell train`, `bell eval`: the fine-tuning loop and its gate. The work is done in child processes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from assistant.commands import child
from assistant.commands.adapter import warn_if_overruled
from assistant.commands.context import Context, current, note, out
from assistant.generator import registry
from assistant.generator.inspection import check
from assistant.types import ARMS
from ingest.config import Config
from ingest.errors import BellError, ConfigError, ModelError

NOT_PROMOTED = 3  # done in part: trained, and not put in use

Data = Annotated[list[str] | None, typer.Option("--data", metavar="NAME=PATH", help="A public set; may be repeated.")]


def register(app: typer.Typer) -> None:
    app.command()(train)
    app.command("eval")(evaluate)


# bell eval ---------------------------------------------------------------------------------------------------------


def evaluate(
    ctx: typer.Context,
    quick: Annotated[bool, typer.Option("--quick", help="A fixed part of the questions, about five minutes.")] = False,
    arms: Annotated[str | None, typer.Option(help="Only these, such as rag,hybrid.")] = None,
    data: Data = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write results, report and routes here.")
    ] = None,
) -> None:
    """Measure what retrieval and the adapter in use each add, on this machine. A killed run goes on where it was."""
    context = current(ctx)
    arguments = evaluation_arguments(quick, arms, data or (), output)
    if not context.json:
        raise typer.Exit(child.run("evaluate.py", arguments, context.config.home)[0])
    code, told = child.run("evaluate.py", [*arguments, "--json"], context.config.home, child.CAPTURED)
    if not _is_json(told):
        raise _failed("the evaluation ended without a result", "read its last lines above", code)
    out(told, end="")
    raise typer.Exit(code)


def evaluation_arguments(quick: bool, arms: str | None, data: Sequence[str], output: Path | None) -> list[str]:
    """What `bell eval` was given, as evaluate.py takes it. Raises `ConfigError`."""
    if unknown := [arm for arm in (arms or "").split(",") if arms is not None and arm not in ARMS]:
        raise ConfigError(f"--arms: there is no arm {unknown[0]!r}", f"the arms are {', '.join(ARMS)}")
    arguments = ["--quick"] if quick else []
    arguments += ["--arms", arms] if arms else []
    return arguments + named(data) + (["-o", str(output)] if output else [])


def named(data: Sequence[str]) -> list[str]:
    """Each NAME=PATH, checked before anything heavy starts, as an option. Raises `ConfigError`."""
    for given in data:
        name, _, path = given.partition("=")
        if not name or not path:
            raise ConfigError(f"--data {given!r} is not NAME=PATH", "such as --data tatqa=/data/tatqa")
        if not Path(path).exists():
            raise ConfigError(f"--data {name}: there is no {path}", "give the folder or file of that set")
    return [word for given in data for word in ("--data", given)]


# bell train --------------------------------------------------------------------------------------------------------


def train(
    ctx: typer.Context,
    data: Data = None,
    name: Annotated[str | None, typer.Option(help="Of the new adapter; own-1, own-2, ... if none.")] = None,
    minutes: Annotated[float | None, typer.Option(min=1, help="Train at most so long.")] = None,
) -> None:
    """Train the adapter in use further, also on what was ingested here, evaluate it, and use it if it passes the gate.
    Exit code 3: it did not. What was cut short goes on where it was."""
    context = current(ctx)
    config = context.config
    chosen = registry.candidate(config.home, name)
    incumbent = comparable(config)
    folder = registry.own_folder(config.home) / chosen
    again = f"`bell train --name {chosen}` goes on from there"
    arguments = ["--name", chosen, "--ledger", *(["--minutes", f"{minutes:g}"] if minutes else []), *named(data or ())]
    arguments += ["--from", str(incumbent)] if incumbent else []
    if fault(config, folder):
        _step(context, "train.py", arguments, "the training failed and changed nothing", again)
        check(folder, registry.base_name(config))
    else:
        note(f"adapter {chosen} is trained already: its evaluation goes on (give another --name to train one)")
    measured = ["--adapter", str(folder), "-o", str(folder)]
    _step(context, "evaluate.py", measured, f"adapter {chosen} is trained, but its evaluation failed", again)
    promoted, reasons = gate(config.home, folder, incumbent)
    if promoted:
        registry.use(config, chosen)
    _conclude(context, chosen, promoted, reasons)
    raise typer.Exit(0 if promoted else NOT_PROMOTED)


def comparable(config: Config) -> Path | None:
    """The adapter that a new one has to beat; None where none is in use, or it can no longer be loaded."""
    folder = registry.in_use(config)
    if folder and (why := fault(config, folder)):
        note(f"{why}: the new adapter is not compared with it")
        return None
    return folder


def fault(config: Config, folder: Path) -> str | None:
    """Why the adapter of `folder` cannot be loaded; None where nothing speaks against it."""
    try:
        check(folder, registry.base_name(config))
    except ModelError as error:
        return error.cause
    return None


def gate(home: Path, candidate: Path, incumbent: Path | None) -> tuple[bool, list[str]]:
    """Whether `candidate` is to be used instead of `incumbent`, and the reasons. An incumbent whose results are from
    other code or questions is evaluated again first. Raises `BellError`."""
    if incumbent is None:
        return True, ["there was no adapter to compare it with"]
    code, told = child.run("evaluate.py", ["--gate", str(candidate), str(incumbent)], home, child.CAPTURED)
    reasons = [line.strip() for line in told.splitlines() if line.strip()]
    if code > 1 or (code == 1 and not reasons):  # a Python that fails also ends with 1, and gives no reasons
        raise _failed(
            f"adapter {candidate.name} was not compared: the gate failed",
            f"`bell adapter use {candidate.name}` takes it all the same",
            code,
        )
    return code == 0, reasons


def _step(context: Context, script: str, arguments: Sequence[str], failure: str, fix: str) -> None:
    code, _ = child.run(script, arguments, context.config.home, child.TO_STDERR if context.json else None)
    if code:
        raise _failed(failure, fix, code)


def _conclude(context: Context, chosen: str, promoted: bool, reasons: list[str]) -> None:
    config = context.config
    folder = registry.in_use(config)
    used = folder.name if folder else None
    if context.json:
        context.print_json({"name": chosen, "promoted": promoted, "in_use": used, "reasons": reasons})
        return
    for reason in reasons:
        out(f"  {reason}")
    if promoted:
        out(f"Adapter {chosen} passed the gate and is in use. `bell adapter rollback` takes it back.")
        warn_if_overruled(config)
    else:
        out(f"Adapter {chosen} did not pass the gate: {used} stays in use. `bell adapter use {chosen}` overrules that.")


def _failed(cause: str, fix: str, code: int) -> BellError:
    error = BellError(cause, fix)
    error.exit_code = code or 1
    return error


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
