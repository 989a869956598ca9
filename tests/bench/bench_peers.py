"""Our engine beside others on the same weights and prompts: `python -m tests.bench.bench_peers`.

The prompts are those that the assistant makes of stories of the sample market. Each engine is a process of its own
(`peers`), all are loaded first and then asked in turn, so that whatever else the machine does falls on all of them.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType
from gguf.quants import quantize

from assistant import AssistantConfig, make_assistant
from assistant.generator.base_model import find_base
from assistant.generator.export import export_adapted
from assistant.generator.local import Weights
from assistant.generator.registry import in_use
from tests.bench.bench_ask import NEWS
from tests.bench.peers import ASKED, ENGINES
from tests.bench.results import Row, finish
from tests.bench.sample import sample

ROUNDS, QUESTIONS = 5, 2
PEERS = Path(__file__).parents[2] / "build" / "peers"
_WRITERS = ("GGUF.", "general.architecture", "general.file_type")  # what a new file says of itself


class Timed(NamedTuple):
    first: list[float]  # medians, by prompt
    whole: list[float]
    texts: list[str]


def main() -> int:
    if not PEERS.is_dir():
        sys.stderr.write("the other engines are not installed: run `make build/peers/.done`\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        config = sample(Path(folder))
        prepare(config)
        answers = interleaved(list(ENGINES), config.home, prompts(config))
        asked = interleaved(list(ASKED), config.home, NEWS[:QUESTIONS])
    return finish("peers", [*engines(answers), *whole_questions(asked)])


def engines(answers: Mapping[str, Timed]) -> Iterator[Row]:
    for name, timed in answers.items():
        yield Row(f"answer from evidence, {name}: first text", statistics.mean(timed.first))
        yield Row(f"answer from evidence, {name}", statistics.mean(timed.whole))
    ours = answers["ours"]
    best = min(statistics.mean(t.whole) for name, t in answers.items() if name.startswith("llama.cpp"))
    for name, other, bound in (
        ("OpenVINO GenAI, int8", statistics.mean(answers["OpenVINO GenAI, int8"].whole), 1.1),
        ("the best llama.cpp", best, 0.75),
        ("transformers and peft, unmerged", statistics.mean(answers["transformers and peft, unmerged"].whole), 0.3),
    ):
        yield Row(f"ours to {name}", statistics.mean(ours.whole) / other, "times", at_most=bound)
    for name, timed in list(answers.items())[1:]:
        same = sum(a.strip() == b.strip() for a, b in zip(ours.texts, timed.texts, strict=True))
        yield Row(f"answers as ours, {name}", same / len(ours.texts), "")


def whole_questions(asked: Mapping[str, Timed]) -> Iterator[Row]:
    ours, plain = (statistics.mean(timed.whole) for timed in asked.values())
    for name, seconds in zip(asked, (ours, plain), strict=True):
        yield Row(f"question with retrieval, {name}", seconds)
    yield Row("question with retrieval, ours to LlamaIndex's plain way", ours / plain, "times", at_most=0.2)


# The weights and the prompts ----------------------------------------------------------------------------------------


def prepare(config: AssistantConfig) -> None:
    """The merged model in every engine's form, below `home`."""
    adapter = in_use(config)
    assert adapter is not None
    export_adapted(config, config.home / "merged", "merged", lambda _: None)
    export_adapted(config, config.home / "f16.gguf", "gguf", lambda _: None)
    to_int8(config.home / "f16.gguf", config.home / "q8.gguf")
    named = {"base": find_base(config).source, "adapter": str(adapter)}
    (config.home / "peers.json").write_text(json.dumps(named))


def to_int8(source: Path, target: Path) -> None:
    """A GGUF with its matrices in Q8_0: eight bits a weight, one scale for 32."""
    reader, writer = GGUFReader(source), GGUFWriter(target, "llama")
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    for field in reader.fields.values():
        if not field.name.startswith(_WRITERS):
            element = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), field.types[0], element)
    for tensor in reader.tensors:
        matrix = tensor.data.ndim > 1
        kind = GGMLQuantizationType.Q8_0 if matrix else tensor.tensor_type
        writer.add_tensor(tensor.name, quantize(tensor.data, kind) if matrix else tensor.data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def prompts(config: AssistantConfig) -> list[str]:
    """What the assistant asks its model for each story, word for word."""
    asked: list[str] = []
    real = Weights.generate

    def noted(self: Weights, prompt: str, *rest: Any) -> Iterator[str]:
        asked.append(prompt)
        return real(self, prompt, *rest)

    with patch.object(Weights, "generate", noted):
        bell = make_assistant(config)
        for question in NEWS:
            bell.ask(question)
    return asked


# The processes ------------------------------------------------------------------------------------------------------


def interleaved(names: Sequence[str], folder: Path, asked: Sequence[str]) -> dict[str, Timed]:
    told: dict[str, list[list[dict[str, Any]]]] = {name: [[] for _ in asked] for name in names}
    with ExitStack() as stack:
        children = {name: stack.enter_context(_started(name, folder)) for name in names}
        for name, child in children.items():
            _answer(child, name)  # loaded
            _ask(child, name, asked[0])  # what only a first answer costs
        for _ in range(ROUNDS):
            for place, prompt in enumerate(asked):
                for name, child in children.items():
                    told[name][place].append(_ask(child, name, prompt))
    return {name: _medians(answers) for name, answers in told.items()}


def _medians(answers: Sequence[Sequence[dict[str, Any]]]) -> Timed:
    first, whole = ([statistics.median(a[key] for a in rounds) for rounds in answers] for key in ("first", "whole"))
    return Timed(first, whole, [rounds[-1]["text"] for rounds in answers])


def _started(name: str, folder: Path) -> "subprocess.Popen[str]":
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(PEERS))))
    command = [sys.executable, "-m", "tests.bench.peers", name, str(folder)]
    environ = os.environ | {"PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)


def _ask(child: "subprocess.Popen[str]", name: str, prompt: str) -> dict[str, Any]:
    assert child.stdin
    child.stdin.write(json.dumps(prompt) + "\n")
    child.stdin.flush()
    answer: dict[str, Any] = _answer(child, name)
    return answer


def _answer(child: "subprocess.Popen[str]", name: str) -> Any:
    assert child.stdout
    line = child.stdout.readline()
    if not line:
        raise SystemExit(f"{name} ended without an answer")
    return json.loads(line)


if __name__ == "__main__":
    sys.exit(main())
