"""The fast engine: it answers as the usual one does, is made once, and gives way where it does not."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch
from transformers.generation.streamers import BaseStreamer

from assistant.generator import fast, load_generator, probe
from assistant.generator.engine import TorchEngine
from assistant.generator.local import LocalModel
from assistant.generator.openvino import OpenVinoEngine, convert
from assistant.generator.reluctance import LEAN
from assistant.prompts import NOT_SAID
from ingest.config import Config
from ingest.errors import ModelError
from tests.tiny_model import save_tiny

del sys.modules["openvino"]  # tests/conftest.py hides it from all the others
REAL = pytest.importorskip("openvino")
sys.modules["openvino"] = None  # type: ignore[assignment]
PROMPTS = ["Which of the two rose more this week?", "bond yield one two", "a", "price " * 100]


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "openvino", REAL)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture
def usual(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalModel:
    with monkeypatch.context() as patch:
        patch.setattr(fast, "installed", lambda: False)
        return load(tiny, tmp_path)


def load(tiny: Path, home: Path, told: Any = None) -> LocalModel:
    made = load_generator(Config(home=home, base_model=str(tiny), adapter="none"), told)
    assert isinstance(made, LocalModel)
    return made


def engine_of(model: LocalModel) -> Any:
    return model._weights.engine(adapted=True)


@pytest.fixture
def converted(usual: LocalModel, tmp_path: Path) -> OpenVinoEngine:
    weights = usual._weights
    convert(weights.model(adapted=False), weights.tokenizer, tmp_path / "converted")
    return OpenVinoEngine(tmp_path / "converted", weights.tokenizer)


class Told(BaseStreamer):  # type: ignore[misc]
    def __init__(self, stop: Event | None = None, after: int = 0) -> None:
        self.given: list[list[int]] = []
        self.ended = False
        self._stop, self._after = stop, after

    def put(self, value: torch.Tensor) -> None:
        self.given.append(value.flatten().tolist())
        if self._stop and len(self.given) > self._after:
            self._stop.set()

    def end(self) -> None:
        self.ended = True


@pytest.mark.parametrize("prompt", PROMPTS)
def test_it_says_what_the_usual_engine_says(usual: LocalModel, converted: OpenVinoEngine, prompt: str) -> None:
    ids = usual._weights.encode(prompt)
    told, expected = Told(), Told()
    converted.generate(ids, 12, told, Event())
    engine_of(usual).generate(ids, 12, expected, Event())
    assert told.given == expected.given
    assert (len(told.given), told.ended) == (1 + 12, True)


def test_one_prompt_leaves_nothing_behind_for_the_next(usual: LocalModel, converted: OpenVinoEngine) -> None:
    ids = usual._weights.encode(PROMPTS[0])
    alone, after = Told(), Told()
    converted.generate(ids, 8, alone, Event())
    converted.generate(usual._weights.encode("bond " * 50), 8, Told(), Event())
    converted.generate(ids, 8, after, Event())
    assert after.given == alone.given


def test_it_leans_towards_refusal_on_the_first_token_only(
    usual: LocalModel, converted: OpenVinoEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.generator.reluctance.LEAN", 1000 * LEAN)
    refusal = usual._weights.tokenizer(NOT_SAID, add_special_tokens=False)["input_ids"][0]
    told = Told()
    converted.generate(usual._weights.encode(PROMPTS[0]), 4, told, Event())
    assert told.given[1] == [refusal]
    assert told.given[2:] != [[refusal]] * 3


def test_it_stops_within_a_token(usual: LocalModel, converted: OpenVinoEngine) -> None:
    stop = Event()
    told = Told(stop, after=3)
    converted.generate(usual._weights.encode(PROMPTS[0]), 100, told, stop)
    assert len(told.given) == 1 + 3


def test_it_ends_with_the_turn(usual: LocalModel, converted: OpenVinoEngine) -> None:
    ids, whole, ended = usual._weights.encode(PROMPTS[0]), Told(), Told()
    converted.generate(ids, 12, whole, Event())
    converted._ends = whole.given[5]
    converted.generate(ids, 12, ended, Event())
    assert ended.given == whole.given[: whole.given.index(whole.given[5]) + 1]


# Chosen by itself --------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    every = list(probe.prompts())
    monkeypatch.setattr(probe, "prompts", lambda: every[::20])


@pytest.mark.usefixtures("few")
def test_it_is_taken_where_it_answers_alike_and_made_once(tiny: Path, tmp_path: Path, usual: LocalModel) -> None:
    told: list[str] = []
    first, second = (load(tiny, tmp_path, told.append) for _ in range(2))
    assert isinstance(engine_of(first), OpenVinoEngine)
    assert isinstance(engine_of(second), OpenVinoEngine)
    assert len(told) == 1
    assert "once" in told[0]
    assert second._weights._models == {}  # torch's weights are not even loaded
    assert second.complete(PROMPTS[0]).text == usual.complete(PROMPTS[0]).text


@pytest.mark.usefixtures("few")
def test_where_it_answers_otherwise_the_usual_engine_stays_and_nothing_is_tried_again(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "ALIKE", 1.01)
    told: list[str] = []
    for _ in range(2):
        assert isinstance(engine_of(load(tiny, tmp_path, told.append)), TorchEngine)
    assert len(told) == 1
    assert [f.name for f in (tmp_path / "cache").rglob("*") if f.is_file()][-1:] == ["probe.json"]


def test_a_model_that_cannot_be_converted_is_served_by_the_usual_engine(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(fast, "convert", fails)
    assert isinstance(engine_of(load(tiny, tmp_path)), TorchEngine)


@pytest.mark.usefixtures("few")
def test_a_damaged_engine_is_one_clear_line(tiny: Path, tmp_path: Path) -> None:
    load(tiny, tmp_path)
    damaged = next((tmp_path / "cache").rglob("model.xml"))
    damaged.write_text("<net")
    with pytest.raises(ModelError, match=f"cannot be loaded.*remove {damaged.parent}"):
        load(tiny, tmp_path)


def test_the_probe_asks_a_hundred_different_questions_that_fit(usual: LocalModel) -> None:
    asked = [usual._weights.render(p) for p in probe.prompts()]
    assert len(set(asked)) == len(asked) >= 100


def test_openvino_tells_its_makers_nothing(tiny: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "openvino_telemetry.py").write_text(f"open({str(canary)!r}, 'w')")
    script = "from assistant.generator.openvino import _openvino; _openvino().Core()"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": path}, check=True)
    assert not canary.exists()


def test_without_openvino_installed_the_usual_engine_answers(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert importlib.util.find_spec("openvino") is None
    assert isinstance(engine_of(load(tiny, tmp_path)), TorchEngine)
