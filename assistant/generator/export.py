"""The adapter merged into its base, written out for other servers: the only file that writes GGUF."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
import torch
from safetensors import SafetensorError

from assistant.generator.adapter import find_adapter, load_adapted
from assistant.generator.base_model import BaseModel, bundled_file, find_base, load_tokenizer
from assistant.generator.inspection import BUNDLED
from ingest.config import Config
from ingest.errors import ConfigError, ModelError

_OWN = ("GGUF.", "general.architecture", "general.file_type", "general.name", "general.quantization_version")


def export_adapted(config: Config, target: Path, form: Literal["merged", "gguf"], tell: Callable[[str], None]) -> None:
    """The base with the adapter in use, as a folder or a file that appears whole or not at all.

    Raises `ModelError`, and `ConfigError` for a form that the base cannot be written in.
    """
    base = find_base(config, tell)
    adapter = find_adapter(config, base)
    assert adapter is not None  # the caller has asked for it
    partial = target.with_name(f".{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        (_write_merged if form == "merged" else _write_gguf)(base, adapter, partial)
        partial.rename(target)
    except (OSError, SafetensorError) as error:  # a full disk is the one or the other
        raise ModelError(f"{target} cannot be written: {error}", "make room there, or name another place") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True) if partial.is_dir() else partial.unlink(missing_ok=True)


def _write_merged(base: BaseModel, adapter: Path, folder: Path) -> None:
    """Model and tokenizer as transformers and vLLM read them, in bfloat16."""
    load_adapted(base, adapter, torch.bfloat16).save_pretrained(folder)
    load_tokenizer(base).save_pretrained(folder)


def _write_gguf(base: BaseModel, adapter: Path, file: Path) -> None:
    """One file as llama.cpp and Ollama read it, in float16: the bundled GGUF with other weights."""
    if base.name != BUNDLED:
        raise ConfigError(
            "--gguf is for the bundled base model", "use --merged, then llama.cpp's convert_hf_to_gguf.py"
        )
    model: Any = load_adapted(base, adapter, torch.bfloat16)
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_name(f"{base.name} with {adapter.name}")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    _copy_settings(gguf.GGUFReader(bundled_file()), writer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, model.config.num_hidden_layers)
    for name, weight in model.state_dict().items():
        if name != "lm_head.weight":  # the embedding's once more
            known = names.get_name(name, try_suffixes=(".weight",))
            assert known is not None  # the bundled model has nothing that its format does not
            writer.add_tensor(known, _as_stored(name, weight.float().numpy(), model.config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_settings(source: gguf.GGUFReader, writer: gguf.GGUFWriter) -> None:
    """The tokenizer, the chat template and the model's shape, as the base has them."""
    for field in source.fields.values():
        if not field.name.startswith(_OWN):
            element = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], element)


def _as_stored(name: str, weight: np.ndarray[Any, Any], settings: Any) -> np.ndarray[Any, Any]:
    """llama.cpp turns neighbouring numbers of a head where transformers turns its halves; norms stay in float32."""
    heads = {"q_proj": settings.num_attention_heads, "k_proj": settings.num_key_value_heads}.get(name.split(".")[-2])
    if heads:
        weight = weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)
    return weight.astype(np.float32 if weight.ndim == 1 else np.float16)
