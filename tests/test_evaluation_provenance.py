"""What results say they were measured with: all that decides an answer or a verdict, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import evaluation.batches
import evaluation.provenance
import evaluation.sources
from assistant.generator.base_model import BaseModel
from assistant.generator.inspection import SETTINGS, WEIGHTS
from evaluation.batches import LocalBatches
from evaluation.provenance import DECIDING, measured_with
from evaluation.questions import DataSet
from evaluation.sources import sources
from ingest.config import Config
from tests.conftest import NOW, ROOT
from tests.test_evaluation import small_set

# Sources ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of a package and a script."""
    monkeypatch.setattr(evaluation.sources, "resource", lambda name: tmp_path / name)
    (tmp_path / "room" / "inner").mkdir(parents=True)
    (tmp_path / "room" / "a.py").write_text("A = 1\n")
    (tmp_path / "room" / "inner" / "b.json").write_text("{}")
    (tmp_path / "run.py").write_text("import room\n")
    (tmp_path / "other.py").write_text("")
    return tmp_path


def write(file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("B = 2\n")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda root: write(root / "room" / "a.py"), True),
        (lambda root: write(root / "room" / "inner" / "b.json"), True),
        (lambda root: write(root / "room" / "new.py"), True),
        (lambda root: (root / "room" / "a.py").rename(root / "room" / "c.py"), True),
        (lambda root: (root / "room" / "a.py").unlink(), True),
        (lambda root: write(root / "run.py"), True),
        (lambda root: write(root / "other.py"), False),
        (lambda root: write(root / "room" / "__pycache__" / "a.pyc"), False),
        (lambda root: write(root / "room" / ".ruff_cache" / "content"), False),
        (lambda root: write(root / "room" / "_adapters" / "train.py"), False),  # a wheel's own place for it
        (lambda root: (root / "room" / "a.py").touch(), False),
    ],
)
def test_every_file_counts_by_name_and_content(root: Path, change: Callable[[Path], None], seen: bool) -> None:
    before = sources("room", "run.py")
    change(root)
    assert (sources("room", "run.py") != before) is seen


def test_a_source_that_is_not_there_is_not_passed_over(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sources("room", "gone.py")


def test_the_rooms_that_decide_are_there_and_results_of_an_adapter_are_no_part_of_them() -> None:
    assert all((ROOT / name).exists() for name in DECIDING)
    assert not [name for name in DECIDING if (ROOT / "adapters" / "weights").is_relative_to(ROOT / name)]


# All of it -------------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path) -> Config:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / WEIGHTS).write_bytes(b"w")
    (adapter / SETTINGS).write_text("{}")
    return Config(home=tmp_path, adapter=str(adapter))


def changed(config: Config, before: dict[str, Any], data: DataSet | None = None) -> set[str]:
    now = measured_with([data or small_set()], config)
    return {name for name in before if now[name] != before[name]}


def test_the_same_measurement_is_told_the_same(config: Config) -> None:
    first = measured_with([small_set()], config)
    assert changed(config.model_copy(update={"home": config.home / "elsewhere"}), first) == set()
    assert all(isinstance(told, str | int) for told in first.values())


def test_another_question_answer_source_or_story_is_told(config: Config) -> None:
    data = small_set()
    before = measured_with([data], config)
    asked, *rest = data.questions
    others: tuple[dict[str, Any], ...] = (
        {"text": "How many?"}, {"must": ("9",)}, {"right": frozenset({"x"})}, {"as_of": None}, {"symbol": "QRRL"},
        {"day": NOW.date()}, {"term": "share"}, {"given": rest[-1].given}, {"family": "injected"},
    )  # fmt: skip
    for other in others:
        assert changed(config, before, replace(data, questions=(replace(asked, **other), *rest))) == {"questions"}, (
            other
        )
    assert changed(config, before, replace(data, questions=(*rest, asked))) == set()
    assert changed(config, before, replace(data, articles=data.articles[:2])) == {"questions"}


def test_other_code_prompts_models_and_arithmetic_are_told(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    before = measured_with([small_set()], config)
    assert changed(config.model_copy(update={"base_model": "org/other"}), before) == {"base"}
    assert changed(config.model_copy(update={"embed_model": "org/other"}), before) == {"embedding"}
    assert changed(config.model_copy(update={"adapter": "none"}), before) == {"weights"}
    for name, told in (("code", "sources"), ("arithmetic", "arithmetic")):
        with monkeypatch.context() as patched:
            patched.setattr(evaluation.provenance, told, lambda *_: "another")
            assert changed(config, before) == {name}
    monkeypatch.setattr(evaluation.provenance, "PROMPT_VERSION", 99)
    assert changed(config, before) == {"prompt_version"}


# Kept texts ------------------------------------------------------------------------------------------------------


def test_a_kept_text_is_of_one_base_adapter_way_of_serving_and_arithmetic(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation.batches, "load_tokenizer", lambda _base: SimpleNamespace())

    def identity(adapted: bool = True, source: str = "base", adapter: str | None = config.adapter) -> str:
        weights: Any = SimpleNamespace(base=BaseModel("name", source), adapter=adapter and Path(adapter))
        return LocalBatches(weights).identity(adapted)

    first = identity()
    assert identity() == first
    others = {first, identity(adapted=False), identity(source="another base")}
    assert identity(adapter=None) == identity(adapted=False)
    for told in ("arithmetic", "_served"):
        with monkeypatch.context() as patched:
            patched.setattr(evaluation.batches, told, lambda: "another")
            others |= {identity(), identity(adapted=False)}
    assert len(others) == 7
