"""`bell adapter`: which adapters there are, and which is in use. Only `export` loads a model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.commands.context import Context, current, note, out
from assistant.generator import registry
from assistant.generator.inspection import check, peft_settings, recipe, results
from ingest.config import Config
from ingest.errors import ConfigError, ModelError


def register(app: typer.Typer) -> None:
    adapter = typer.Typer(help="The adapters, and which of them is in use.", no_args_is_help=True)
    adapter.command("list")(show)
    adapter.command("use")(use)
    adapter.command("rollback")(rollback)
    adapter.command("export")(export)
    app.add_typer(adapter, name="adapter")


def show(ctx: typer.Context) -> None:
    """Every adapter: its base, its truthfulness (arm hybrid, as measured), and whether it fits this version."""
    context = current(ctx)
    rows = listed(context.config)
    if context.json:
        context.print_json(rows)
        return
    for row in rows:
        _print_row(row)
    if not rows:
        note("no adapter is installed: every arm answers with the base model alone; `bell train` makes one")


def listed(config: Config) -> list[dict[str, Any]]:
    """A row for each adapter, and for the one that `adapter` names elsewhere."""
    used = registry.in_use(config)
    folders = registry.adapters(config.home)
    if used and used.resolve() not in {f.resolve() for f in folders.values()}:
        folders[str(used)] = used
    return [_row(config, name, folder, used) for name, folder in folders.items()]


def _row(config: Config, name: str, folder: Path, used: Path | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "folder": str(folder), "base": None, "prompt_version": None}
    row |= {"truthfulness": None, "in_use": used is not None and used.resolve() == folder.resolve(), "problem": None}
    try:
        row["base"] = peft_settings(folder).get("base_model_name_or_path")
        row["prompt_version"] = recipe(folder).get("prompt_version")
        row["truthfulness"] = _truthfulness(results(folder))
        check(folder, registry.base_name(config))
    except ModelError as error:
        row["problem"] = error.cause
    return row | {"fits": row["problem"] is None}


def _truthfulness(measured: Any) -> float | None:
    for key in ("product", "arms", "hybrid", "truthfulness"):
        measured = measured.get(key) if isinstance(measured, dict) else None
    return float(measured) if isinstance(measured, int | float) else None


def _print_row(row: dict[str, Any]) -> None:
    from assistant.render import clean

    measured = "not evaluated" if row["truthfulness"] is None else f"truthfulness {row['truthfulness']:+.2f}"
    version = "" if row["prompt_version"] is None else f", prompt version {row['prompt_version']}"
    fits = f"; does not fit: {row['problem']}" if row["problem"] else ""
    mark = "*" if row["in_use"] else " "
    out(clean(f"{mark} {row['name']:<12} {measured}; base {row['base'] or 'unknown'}{version}{fits}"))


def use(ctx: typer.Context, name: Annotated[str, typer.Argument(help="As in `bell adapter list`.")]) -> None:
    """Put an adapter in use."""
    context = current(ctx)
    registry.use(context.config, name)
    _tell_use(context, name)


def rollback(ctx: typer.Context) -> None:
    """Put the adapter before the present one in use again."""
    context = current(ctx)
    name, passed = registry.rollback(context.config)
    for other in passed:
        note(f"adapter {other} was used in between and can no longer be loaded")
    _tell_use(context, name)


def export(
    ctx: typer.Context,
    merged: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Safetensors, as transformers and vLLM read them.")
    ] = None,
    gguf: Annotated[Path | None, typer.Option(metavar="FILE", help="As llama.cpp and Ollama read it.")] = None,
) -> None:
    """Write the base with the adapter in use merged into it, for a server of your own."""
    context = current(ctx)
    target = merged or gguf
    if target is None or (merged and gguf):
        raise ConfigError("one form is written at a time", "give --merged DIR or --gguf FILE")
    if target.exists():
        raise ConfigError(f"{target} is there already", "name one that is not")
    if registry.in_use(context.config) is None:
        raise ModelError("no adapter is in use: there is nothing to merge", "run `bell train`")
    from assistant.generator.export import export_adapted

    export_adapted(context.config, target, "merged" if merged else "gguf", note)
    if context.json:
        context.print_json({"written": str(target)})
    else:
        out(f"Wrote {target}.")


def _tell_use(context: Context, name: str) -> None:
    if context.json:
        context.print_json({"in_use": name})
    else:
        out(f"Adapter {name} is in use.")
    warn_if_overruled(context.config)


def warn_if_overruled(config: Config) -> None:
    """What is put in use has no effect while a setting names another."""
    if config.adapter is not None:
        note(f"warning: the setting adapter = {config.adapter} wins over that; remove it (BELL_ADAPTER or config.toml)")
