"""What an adapter's files tell before a model is loaded: whether it is whole, safe, and made for this base and prompt.

A folder holds adapter_model.safetensors and adapter_config.json as peft saves them. One that was trained here also has
recipe.json (what made it), results.json (its evaluation), routes.json (its best arm per kind of question) and a card.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any, get_args

from assistant.types import ARMS, Arm, Kind
from ingest.errors import ModelError, ModelMissing

BUNDLED = "HuggingFaceTB/SmolLM2-135M-Instruct"
WEIGHTS, SETTINGS = "adapter_model.safetensors", "adapter_config.json"
OFF = "or set adapter to none"
_PICKLE = "adapter_model.bin"
_IMPORTING = ("auto_mapping", "auto_map", "megatron_config")  # by which an adapter's config has modules imported
# What peft takes for regular expressions. Plain names mean the same; another pattern could keep it busy for ever.
_MATCHING = ("target_modules", "exclude_modules", "layers_pattern", "rank_pattern", "alpha_pattern")
_NAME = re.compile(r"[\w.-]{1,200}")
_LARGEST_CONFIG = 2**20  # bytes
_TRAIN = f"run `bell train`, {OFF}"


def check(folder: Path, base: str) -> None:
    """Raise `ModelError` unless the adapter of `folder` is whole, safe, and made for the model `base` and for this
    version's prompts."""
    _check_files(folder)
    settings = peft_settings(folder)
    if (folder / _PICKLE).exists():
        raise ModelError(f"adapter {folder} holds pickled weights ({_PICKLE})", f"save it as safetensors {OFF}")
    if not (folder / WEIGHTS).is_file():
        raise ModelMissing(f"adapter {folder} holds no {WEIGHTS}", f"train it anew {OFF}")
    if found := [key for key in _IMPORTING if settings.get(key)]:
        raise ModelError(f"adapter {folder} would import code ({found[0]})", f"remove that key, if you trust it, {OFF}")
    if found := [key for key in _MATCHING if not all(_NAME.fullmatch(str(name)) for name in _names(settings, key))]:
        raise ModelError(f"adapter {folder} picks modules by a pattern ({found[0]})", f"list them by name {OFF}")
    if settings.get("peft_type") != "LORA":
        raise ModelError(f"adapter {folder} is {settings.get('peft_type')}, and only LORA is known", f"train one {OFF}")
    made_for = settings.get("base_model_name_or_path")
    if made_for and not same_model(str(made_for), base):
        raise ModelError(
            f"adapter {folder} was made for {made_for}, and the base model is {base}",
            f"set base_model to {made_for} {OFF}",
        )
    _check_recipe(folder)


def _check_files(folder: Path) -> None:
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.is_symlink():
            raise ModelError(f"adapter {folder}: {file.name} is a link to somewhere else", f"copy what it means {OFF}")
        if file.suffix == ".json" and file.stat().st_size > _LARGEST_CONFIG:
            raise ModelError(f"adapter {folder}: {file.name} is too large to be one", f"train it anew {OFF}")


def _names(settings: dict[str, Any], key: str) -> list[Any]:
    value = settings.get(key)
    return list(value) if isinstance(value, list | dict) else [] if value is None else [value]


def _check_recipe(folder: Path) -> None:
    from assistant.prompts import PROMPT_VERSION

    told = recipe(folder)
    version = told.get("prompt_version")
    if version is not None and version != PROMPT_VERSION:
        raise ModelError(
            f"adapter {folder} was trained for prompt version {version}, and this release asks in {PROMPT_VERSION}",
            _TRAIN,
        )
    wanted = told.get("weights_sha256")
    if wanted is not None and wanted != _sha256(folder / WEIGHTS):
        raise ModelError(f"adapter {folder} is damaged: its weights are not those that recipe.json names", _TRAIN)


def peft_settings(folder: Path) -> dict[str, Any]:
    """adapter_config.json. Raises `ModelError`, and `ModelMissing` where there is none."""
    settings = _object(folder / SETTINGS)
    if settings is None:
        raise ModelMissing(f"adapter: there is no adapter in {folder}", f"give a peft folder {OFF}")
    return settings


def recipe(folder: Path) -> dict[str, Any]:
    """recipe.json; empty for an adapter that was made elsewhere. Raises `ModelError`."""
    return _object(folder / "recipe.json") or {}


def results(folder: Path) -> dict[str, Any]:
    """results.json; empty for an adapter that was never evaluated. Raises `ModelError`."""
    return _object(folder / "results.json") or {}


def best_arms(folder: Path) -> dict[Kind, Arm]:
    """routes.json: the arm that answers each kind of question best; empty where none was measured."""
    table = _object(folder / "routes.json") or {}
    wrong = [f"{kind}: {arm}" for kind, arm in table.items() if kind not in get_args(Kind) or arm not in ARMS]
    if wrong:
        raise ModelError(
            f"adapter {folder}: routes.json names no known kind or arm ({wrong[0]})",
            "run `bell eval -o` with that folder, or remove the file",
        )
    return {kind: table[kind] for kind in get_args(Kind) if kind in table}


def same_model(one: str, other: str) -> bool:
    """Compared by the last part of the name: a model may lie in a folder here and on the hub there."""
    return Path(one).name.casefold() == Path(other).name.casefold()


def _object(file: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"adapter {file.parent}: {file.name} cannot be read", f"train it anew {OFF}") from error
    if not isinstance(document, dict):
        raise ModelError(f"adapter {file.parent}: {file.name} is no object", f"train it anew {OFF}")
    return document


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
