"""Finds the LoRA adapter, checks that it is safe and made for this base, and merges it: the only file that knows peft.

Merged weights answer as the separate ones do and a third faster; so arms with and without are two models (each loaded
on first use), and the base is never altered.
"""

import json
import re
import warnings
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, LoraModel, PeftModel, get_peft_model_state_dict
from safetensors import safe_open
from transformers import PreTrainedModel

from assistant.generator.base_model import BUNDLED, BaseModel, first_line, load_weights
from ingest.config import Config
from ingest.errors import BellError, ModelError, ModelMissing
from ingest.resources import resource

_WEIGHTS = "adapter_model.safetensors"
_PICKLE = "adapter_model.bin"
_OFF = "or set adapter to none"
_IMPORTING = ("auto_mapping", "megatron_config")  # keys by which an adapter's config has modules imported


def find_adapter(config: Config, base: BaseModel) -> Path | None:
    """The folder of the configured adapter, checked as far as its files tell. Raises `ModelError`."""
    if config.adapter == "none":
        return None
    if config.adapter is None:
        shipped = resource("adapters/weights/default")
        if not shipped.is_dir() or not _same_model(base.name, BUNDLED):
            return None
        folder = shipped.resolve()
    else:
        folder = Path(config.adapter).expanduser().absolute()
    _check(folder, base)
    return folder


def load_adapted(base: BaseModel, folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """`base` with the adapter of `folder` merged in: in float32, so that small changes survive, then in `dtype`."""
    model = load_weights(base, torch.float32)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tuned = PeftModel.from_pretrained(model, folder)
            _check_fit(tuned, folder)
            merged = tuned.merge_and_unload(safe_merge=True)
    except BellError:
        raise
    except Exception as error:  # peft raises ValueError, KeyError, RuntimeError, TypeError, SafetensorError...
        raise ModelError(
            f"adapter {folder} cannot be used with {base.name}: {first_line(error)}", f"train it anew {_OFF}"
        ) from error
    return cast(PreTrainedModel, merged.to(dtype))


def _check(folder: Path, base: BaseModel) -> None:
    settings = _settings(folder)
    if (folder / _PICKLE).exists():
        raise ModelError(f"adapter {folder} holds pickled weights ({_PICKLE})", f"save it as safetensors {_OFF}")
    if not (folder / _WEIGHTS).is_file():
        raise ModelMissing(f"adapter {folder} holds no {_WEIGHTS}", f"train it anew {_OFF}")
    if found := [key for key in _IMPORTING if settings.get(key)]:
        raise ModelError(
            f"adapter {folder} would import code ({found[0]})", f"remove that key, if you trust it, {_OFF}"
        )
    if settings.get("peft_type") != "LORA":
        raise ModelError(
            f"adapter {folder} is {settings.get('peft_type')}, and only LORA is known", f"train one {_OFF}"
        )
    made_for = settings.get("base_model_name_or_path")
    if made_for and not _same_model(str(made_for), base.name):
        raise ModelError(
            f"adapter {folder} was made for {made_for}, and the base model is {base.name}",
            f"set base_model to {made_for} {_OFF}",
        )


def _settings(folder: Path) -> dict[str, Any]:
    try:
        settings = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelMissing(f"adapter: there is no adapter in {folder}", f"give a peft folder {_OFF}") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"adapter {folder}: adapter_config.json cannot be read", f"train it anew {_OFF}") from error
    if not isinstance(settings, dict):
        raise ModelError(f"adapter {folder}: adapter_config.json is no object", f"train it anew {_OFF}")
    return settings


def _check_fit(tuned: PeftModel, folder: Path) -> None:
    """Every module it aims at exists, every tensor has its place, and the base is of the revision it was made for."""
    config = cast(LoraConfig, tuned.peft_config["default"])
    wanted = config.target_modules if isinstance(config.target_modules, set | list) else ()
    hit = cast(LoraModel, tuned.base_model).targeted_module_names
    if missing := sorted(w for w in wanted if not any(h == w or h.endswith(f".{w}") for h in hit)):
        raise ModelError(f"adapter {folder} aims at modules the base model lacks: {', '.join(missing)}", _fix(config))
    with safe_open(folder / _WEIGHTS, framework="pt") as file:
        # Without being told so, peft would ask the hub whether embeddings belong to it.
        stray = set(file.keys()) ^ set(get_peft_model_state_dict(tuned, save_embedding_layers=False))
    if stray:
        raise ModelError(f"adapter {folder} does not fit: {len(stray)} tensors too many or missing", _fix(config))
    commit = getattr(tuned.get_base_model().config, "_commit_hash", None)
    revision = config.revision or ""
    if commit and re.fullmatch(r"[0-9a-f]{40}", revision) and revision != commit:
        raise ModelError(f"adapter {folder} was made for revision {revision[:12]} of the base", _fix(config))


def _fix(config: LoraConfig) -> str:
    return f"set base_model to {config.base_model_name_or_path or 'the model it was trained on'} {_OFF}"


def _same_model(one: str, other: str) -> bool:
    """Compared by the last part of the name: a model may lie in a folder here and on the hub there."""
    return Path(one).name.casefold() == Path(other).name.casefold()
