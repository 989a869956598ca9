"""Our engines beside their peers, same prompts, same weights: `python -m tests.bench.bench_engines`.

Seconds from a prompt of the bundled market (about 500 tokens) to the end of the answer (a mark, or a refusal), medians
of runs in turn. A peer that is not installed is left out: `make bench` puts them into build/peers, away from the rest.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

import torch
from transformers.generation.streamers import BaseStreamer

from assistant.generator.adapter import find_adapter
from assistant.generator.base_model import find_base, load_weights
from assistant.generator.engine import Engine, TorchEngine
from assistant.generator.export import export_adapted
from assistant.generator.fast import fast_engine
from assistant.generator.local import Weights, best_dtype
from assistant.generator.probe import prompts
from ingest.config import Config
from tests.bench.results import Row, finish

ROUNDS, PROMPTS, LIMIT = 5, 8, 8
Ask = Callable[[str, int], object]  # a prompt, and the most tokens


def main() -> int:
    config = Config()
    base = find_base(config)
    weights = Weights(base, find_adapter(config, base))
    every = [weights.render(p) for p in prompts()]
    asked = every[:: len(every) // PROMPTS]
    with tempfile.TemporaryDirectory() as folder:
        asks = dict(_engines(config, weights, Path(folder)))
        return finish("engines", _rows(_measured(asks, asked)))


def _measured(asks: dict[str, Ask], asked: list[str]) -> dict[str, tuple[float, float]]:
    """Median seconds to the first token and to the end."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in asks}
    for ask in asks.values():
        ask(asked[0], LIMIT)
    for _ in range(ROUNDS):
        for name, ask in asks.items():
            taken[name] += [(_timed(ask, prompt, 1), _timed(ask, prompt, LIMIT)) for prompt in asked]
    return {
        name: (statistics.median(f for f, _ in times), statistics.median(w for _, w in times))
        for name, times in taken.items()
    }


def _timed(ask: Ask, prompt: str, limit: int) -> float:
    begun = perf_counter()
    ask(prompt, limit)
    return perf_counter() - begun


def _rows(seconds: dict[str, tuple[float, float]]) -> Iterator[Row]:
    factors = {"OpenVINO GenAI, float16": 1.1, "llama.cpp, float16": 0.75, "transformers + peft, apart": 0.3}
    bounds = [factor * seconds[peer][1] for peer, factor in factors.items() if peer in seconds]
    for name, (first, whole) in seconds.items():
        yield Row(f"{name}, first token", first)
        yield Row(f"{name}, whole", whole, bound=min(bounds, default=None) if name == "ours, fast" else None)


def _engines(config: Config, weights: Weights, folder: Path) -> Iterator[tuple[str, Ask]]:
    yield "ours", _ours(weights, TorchEngine(weights.model(adapted=True), weights.tokenizer))
    if fast := fast_engine(weights, True, config.cache / "models", lambda line: print(line, file=sys.stderr)):  # noqa: T201
        yield "ours, fast", _ours(weights, fast)
    yield "transformers + peft, apart", _apart(weights)
    gguf = folder / "merged.gguf"
    export_adapted(config, gguf, "gguf", lambda _: None)
    for name, peer in {"OpenVINO GenAI, float16": _genai, "llama.cpp, float16": _llama}.items():
        try:
            yield name, peer(gguf)
        except ImportError:
            continue


def _ours(weights: Weights, engine: Engine) -> Ask:
    return lambda prompt, limit: engine.generate(weights.encode(prompt), limit, _Silent(), Event())


class _Silent(BaseStreamer):  # type: ignore[misc]
    def put(self, value: torch.Tensor) -> None: ...

    def end(self) -> None: ...


def _apart(weights: Weights) -> Ask:
    """As a user would write it: the adapter beside the base, `generate` with its defaults."""
    from peft import PeftModel

    assert weights.adapter is not None
    model: Any = PeftModel.from_pretrained(load_weights(weights.base, best_dtype()), weights.adapter)
    return lambda prompt, limit: model.generate(weights.encode(prompt), max_new_tokens=limit, do_sample=False)


def _genai(gguf: Path) -> Ask:
    import openvino_genai  # type: ignore[import-not-found]

    pipeline = openvino_genai.LLMPipeline(str(gguf), "CPU")
    return lambda prompt, limit: pipeline.generate(
        prompt, max_new_tokens=limit, do_sample=False, apply_chat_template=False
    )


def _llama(gguf: Path) -> Ask:
    import xllamacpp  # type: ignore[import-not-found]

    settings = xllamacpp.CommonParams()
    settings.model.path = str(gguf)
    settings.n_ctx = 2048
    server = xllamacpp.Server(settings)
    return lambda prompt, limit: server.handle_completions(
        {"prompt": prompt, "max_tokens": limit, "temperature": 0.0, "cache_prompt": False}
    )


if __name__ == "__main__":
    sys.exit(main())
