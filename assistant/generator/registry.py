"""Where adapters live, which one is in use, and which were before it. Loads no model.

Shipped ones lie in adapters/weights/NAME, the user's own in HOME/adapters/NAME. HOME/adapters/active.json says which is
in use; without it that is the shipped `default`. The setting `adapter` (a folder, or `none`) wins over both.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from assistant.generator.inspection import BUNDLED, best_arms, check, same_model
from assistant.types import Arm, Kind
from ingest.config import Config
from ingest.errors import ConfigError, ModelError, ModelMissing
from ingest.resources import resource

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Active:
    """The name in use and those before it, oldest first. `default` stands for the shipped one, if one ships."""

    name: str = DEFAULT
    before: tuple[str, ...] = ()


def own_folder(home: Path) -> Path:
    return home / "adapters"


def adapters(home: Path) -> dict[str, Path]:
    """All adapters by name: the shipped ones first, whose names nobody else's can take."""
    shipped, own = (_inside(f) for f in (resource("adapters/weights"), own_folder(home)))
    return shipped | {name: folder for name, folder in own.items() if name not in shipped and name != DEFAULT}


def in_use(config: Config) -> Path | None:
    """The folder of the adapter in use, unchecked; None where there is none. Raises `ModelError`."""
    if config.adapter is not None:
        return None if config.adapter == "none" else Path(config.adapter).expanduser().absolute()
    name = active(config.home).name
    folder = adapters(config.home).get(name)
    if name == DEFAULT:
        return folder.resolve() if folder and same_model(base_name(config), BUNDLED) else None
    if folder is None:
        raise ModelMissing(
            f"adapter {name} is in use and gone from {own_folder(config.home)}", "run `bell adapter rollback`"
        )
    return folder


def use(config: Config, name: str) -> None:
    """Put the adapter `name` in use, if it can be loaded. Raises `ConfigError`, `ModelError`."""
    folder = adapters(config.home).get(name)
    if folder is None:
        raise ConfigError(f"there is no adapter {name!r}", "`bell adapter list` shows those that there are")
    check(folder, base_name(config))
    now = active(config.home)
    if name != now.name:
        _write(config.home, Active(name, (*now.before, now.name)))


def rollback(config: Config) -> tuple[str, list[str]]:
    """Put the adapter before the present one in use again: its name, and those passed over since they can no longer
    be loaded. Raises `ModelError` where there was none before."""
    before = list(active(config.home).before)
    if not before:
        raise ModelError("no adapter was in use before this one", "`bell adapter use NAME` takes another")
    passed: list[str] = []
    while not _usable(config, name := before.pop()):
        passed.append(name)
        if not before:
            raise ModelError("none of the adapters used before can be loaded", "run `bell train`")
    _write(config.home, Active(name, tuple(before)))
    return name, passed


def routes(config: Config) -> Mapping[Kind, Arm]:
    """The measured best arm per kind of question with the adapter in use; empty where nothing was measured: no
    adapter, one without a table, or a server as the generator. Raises `ModelError`."""
    folder = None if config.generator_url else in_use(config)
    return best_arms(folder) if folder else {}


def candidate(home: Path, name: str | None = None) -> str:
    """The name of an adapter to be trained: `name`, or the first of `own-1`, `own-2`... that is not finished. What was
    trained and evaluated, or ever in use, is not written over. Raises `ConfigError`."""
    now = active(home)
    taken = {now.name, *now.before, DEFAULT, "none", *_inside(resource("adapters/weights"))}
    taken |= {file.parent.name for file in own_folder(home).glob("*/results.json")}
    if name is None:
        return next(n for n in (f"own-{i}" for i in count(1)) if n not in taken)
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for an adapter", "use letters, digits, - and _")
    if name in taken:
        raise ConfigError(f"adapter {name} is shipped, finished or in use", "train under another --name")
    return name


def base_name(config: Config) -> str:
    return config.base_model or BUNDLED


def active(home: Path) -> Active:
    """What active.json says. Raises `ModelError` where that cannot be read."""
    file = _file(home)
    try:
        return _parse(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Active()
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{file} does not say which adapter is in use", "remove it, then `bell adapter use NAME`"
        ) from error


def _parse(document: Any) -> Active:
    match document:
        case {"name": str(name), "before": list(before)} if all(_is_name(n) for n in (name, *before)):
            return Active(name, tuple(before))
    raise ValueError("no names")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _write(home: Path, now: Active) -> None:
    """A reader sees the old record or the new one, also after a loss of power."""
    file = _file(home)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w", encoding="utf-8") as opened:
            json.dump({"name": now.name, "before": now.before}, opened)
            opened.flush()
            os.fsync(opened.fileno())
        unfinished.replace(file)
    except OSError as error:
        raise ModelError(f"{file} cannot be written: {error.strerror}", "make that folder writable") from error


def _file(home: Path) -> Path:
    return own_folder(home) / "active.json"


def _inside(parent: Path) -> dict[str, Path]:
    """The adapters in `parent`. A folder in which a training has just begun is none yet."""
    return {f.parent.name: f.parent for f in sorted(parent.glob("*/adapter_config.json")) if _is_name(f.parent.name)}


def _usable(config: Config, name: str) -> bool:
    folder = adapters(config.home).get(name)
    if folder is None:
        return name == DEFAULT  # none ships: the base model alone
    try:
        check(folder, base_name(config))
    except ModelError:
        return False
    return True
