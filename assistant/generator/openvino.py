"""The model as OpenVINO computes it, where that is installed (the extra `fast`): the only file that knows OpenVINO.

Its own greedy loop: the lean towards refusal needs the first token's logits, which OpenVINO GenAI keeps to itself.
"""

import copy
import json
import sys
import warnings
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase
from transformers.cache_utils import DynamicLayer
from transformers.generation.streamers import BaseStreamer

from assistant.generator.engine import end_tokens
from assistant.generator.reluctance import Reluctance

_MODEL, _ENDS = "model.xml", "ends.json"


def installed() -> bool:
    return find_spec("openvino") is not None


def _openvino() -> Any:
    """The package, kept from telling its makers of every import and conversion, which it does unasked."""
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # it does without
    return import_module("openvino")


class OpenVinoEngine:
    """Decodes what `convert` wrote into `folder`."""

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerBase) -> None:
        compiled = _openvino().Core().compile_model(folder / _MODEL, "CPU", {"PERFORMANCE_HINT": "LATENCY"})
        self._request: Any = compiled.create_infer_request()
        self._tokenizer = tokenizer
        self._ends = json.loads((folder / _ENDS).read_text())

    def generate(self, ids: torch.Tensor, limit: int, streamer: BaseStreamer, stop: Event) -> None:
        lean = Reluctance(self._tokenizer, ids.shape[1])
        self._request.reset_state()
        streamer.put(ids)
        read = ids
        for _ in range(limit):
            logits = torch.from_numpy(self._request.infer([read.numpy()])[0])
            read = lean(ids, logits).argmax(-1, keepdim=True)
            streamer.put(read[0])
            if stop.is_set() or read.item() in self._ends:
                break
            ids = torch.cat([ids, read], 1)
        streamer.end()


def convert(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Writes `model` into `folder` as a graph that keeps what it has read, weights in float16 (bfloat16's values fit).

    Raises whatever torch and OpenVINO raise of a model that cannot be traced.
    """
    openvino = _openvino()
    step, shape = _Step(copy.deepcopy(model).float()), _cache_shape(model)
    past = [torch.zeros(1, shape[0], 2, shape[1]) for _ in range(2 * model.config.num_hidden_layers)]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of each length it takes for fixed; none is
        traced = torch.jit.trace(step, (torch.ones(1, 3, dtype=torch.long), *past), check_trace=False)
    kept = (openvino.PartialShape([1, shape[0], -1, shape[1]]), openvino.Type.f32)
    inputs = [(openvino.PartialShape([1, -1]), openvino.Type.i64), *[kept] * len(past)]
    graph = openvino.convert_model(traced, input=inputs)
    passes = import_module("openvino.passes")
    manager, pairs = passes.Manager(), zip(graph.get_parameters()[1:], graph.get_results()[1:], strict=True)
    manager.register_pass(passes.MakeStateful(list(pairs)))
    manager.run_passes(graph)
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(graph, folder / _MODEL)
    (folder / _ENDS).write_text(json.dumps(end_tokens(model, tokenizer)))


def _cache_shape(model: PreTrainedModel) -> tuple[int, int]:
    """Heads that keep keys, and the size of each."""
    settings: Any = model.config
    size = getattr(settings, "head_dim", None) or settings.hidden_size // settings.num_attention_heads
    return settings.num_key_value_heads, size


class _Step(torch.nn.Module):
    """One step as a plain function of tensors, which is what can be traced."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, *past: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The next token's logits [1, words] after `ids` [1, n] and what was read before them, and all that is read
        now: keys and values of each layer, [1, heads, length, size]."""
        cache = DynamicCache()
        cache.layers = [_filled(k, v) for k, v in zip(past[::2], past[1::2], strict=True)]
        before, length = past[0].shape[2], ids.shape[1]
        at = torch.arange(before, before + length)
        seen = torch.arange(before + length)[None, :] <= at[:, None]
        out: Any = self.model(
            input_ids=ids,
            attention_mask=seen[None, None],
            position_ids=at[None],
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return (out.logits[:, -1], *(t for layer in cache.layers for t in (layer.keys, layer.values)))


def _filled(keys: torch.Tensor, values: torch.Tensor) -> DynamicLayer:
    layer = DynamicLayer()
    layer.lazy_initialization(keys, values)
    layer.keys, layer.values = keys, values
    return layer
