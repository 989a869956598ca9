"""Merges the LoRA adapter in use into the base, after checking that it fits: the only file that knows peft.

Merged weights answer as the separate ones do and a third faster; so arms with and without are two models (each loaded
on first use), and the base is never altered. What is merged into the bundled base is kept beside it: the next start
loads neither peft nor anything in float32.
"""

import hashlib
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from safetensors import safe_open
from transformers import PreTrainedModel

from assistant.generator.base_model import BaseModel, first_line, load_weights
from assistant.generator.cache import keep_newest, made_once
from assistant.generator.inspection import BUNDLED, OFF, SETTINGS, WEIGHTS, check, peft_settings
from assistant.generator.registry import in_use
from ingest.config import Config
from ingest.errors import BellError, ModelError

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel

_ANEW = f"train it anew {OFF}"
_KEPT = 3  # merged models, 270 MB each


def find_adapter(config: Config, base: BaseModel) -> Path | None:
    """The folder of the adapter in use, checked as far as its files tell. Raises `ModelError`."""
    folder = in_use(config)
    if folder:
        check(folder, base.name)
    return folder


def load_adapted(base: BaseModel, folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """`base` with the adapter of `folder` merged in, in `dtype`. Raises `ModelError`."""
    if base.name != BUNDLED:
        return _merged(base, folder, dtype)
    source = Path(base.source)
    kept = source.with_name(f"{source.name}-with-{digest(folder)}-{str(dtype).removeprefix('torch.')}")
    try:
        made_once(kept, lambda partial: _merged(base, folder, dtype).save_pretrained(partial))
        keep_newest(kept.parent, f"{source.name}-with-*", _KEPT, used=kept)
    except BellError:
        raise
    except Exception:  # no room to keep it: OSError or SafetensorError
        return _merged(base, folder, dtype)
    return load_weights(replace(base, source=str(kept)), dtype)


def digest(adapter: Path) -> str:
    """What an adapter is known by where something made with it is kept."""
    parts = (adapter / name for name in (SETTINGS, WEIGHTS))
    return hashlib.sha256(b"".join(hashlib.sha256(p.read_bytes()).digest() for p in parts)).hexdigest()[:16]


def _merged(base: BaseModel, folder: Path, dtype: torch.dtype) -> PreTrainedModel:
    """Merged in float32, so that small changes survive, then in `dtype`."""
    from peft import PeftModel

    _check_tensors(folder)
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
        raise ModelError(f"adapter {folder} cannot be used with {base.name}: {first_line(error)}", _ANEW) from error
    for parameter in merged.parameters():  # not the buffers: in bfloat16 the angles of far positions would be wrong
        parameter.data = parameter.data.to(dtype)
    return cast(PreTrainedModel, merged)


def _check_tensors(folder: Path) -> None:
    """What can be told of the tensors without the base, so that a bad file costs no time."""
    rank = peft_settings(folder).get("r")
    try:
        with safe_open(folder / WEIGHTS, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
    except Exception as error:  # SafetensorError, and OSError or ValueError for what is no such file at all
        raise ModelError(f"adapter {folder}: {WEIGHTS} cannot be read: {first_line(error)}", _ANEW) from error
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ModelError(f"adapter {folder} holds numbers that are none ({name})"[:300], _ANEW)
        if name.endswith(("lora_A.weight", "lora_B.weight")) and (tensor.ndim != 2 or rank not in tensor.shape):
            raise ModelError(f"adapter {folder} holds a tensor of the wrong shape ({name})"[:300], _ANEW)


def _check_fit(tuned: "PeftModel", folder: Path) -> None:
    """Every module it aims at exists, every tensor has its place, and the base is of the revision it was made for."""
    from peft import LoraModel, get_peft_model_state_dict

    config = cast("LoraConfig", tuned.peft_config["default"])
    wanted = config.target_modules if isinstance(config.target_modules, set | list) else ()
    hit = cast(LoraModel, tuned.base_model).targeted_module_names
    if missing := sorted(w for w in wanted if not any(h == w or h.endswith(f".{w}") for h in hit)):
        raise ModelError(f"adapter {folder} aims at modules the base model lacks: {', '.join(missing)}", _fix(config))
    with safe_open(folder / WEIGHTS, framework="pt") as file:
        # Without being told so, peft would ask the hub whether embeddings belong to it.
        stray = set(file.keys()) ^ set(get_peft_model_state_dict(tuned, save_embedding_layers=False))
    if stray:
        raise ModelError(f"adapter {folder} does not fit: {len(stray)} tensors too many or missing", _fix(config))
    commit = getattr(tuned.get_base_model().config, "_commit_hash", None)
    revision = config.revision or ""
    if commit and re.fullmatch(r"[0-9a-f]{40}", revision) and revision != commit:
        raise ModelError(f"adapter {folder} was made for revision {revision[:12]} of the base", _fix(config))


def _fix(config: "LoraConfig") -> str:
    return f"set base_model to {config.base_model_name_or_path or 'the model it was trained on'} {OFF}"
