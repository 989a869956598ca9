"""The gate and the routes: results in, decision out; and what results may be compared."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import evaluate
import evaluation.batches
import ingest.index
from assistant.generator.inspection import BUNDLED, SETTINGS, WEIGHTS
from assistant.prompts import NOT_SAID
from evaluation.gate import outdated, reasons_against, routes
from ingest.config import Config
from tests.conftest import hash_embedding
from tests.test_evaluation import Scripted, small_set


def results(truth: float = 0.8, wrong: float = 0.05, news: float = 0.7) -> dict[str, Any]:
    families = {"news": {"truthfulness": news}, "price": {"truthfulness": 0.99}}
    hybrid = {"truthfulness": truth, "wrong": wrong, "families": families}
    return {"product": {"arms": {"hybrid": hybrid}}, "interval": 0.04}


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (results(truth=0.81), None),
        (results(truth=0.80), "does not beat"),
        (results(truth=0.79), "does not beat"),
        (results(truth=0.9, wrong=0.06), "wrong answers rise"),
        (results(truth=0.9, wrong=0.05), None),
        (results(truth=0.9, news=0.67), None),  # within the interval
        (results(truth=0.9, news=0.65), "news falls"),
    ],
)
def test_a_candidate_must_beat_the_incumbent_and_lose_nowhere(candidate: dict[str, Any], reason: str | None) -> None:
    against = reasons_against(candidate, results())
    assert (not against) if reason is None else (len(against) == 1 and reason in against[0])


def test_a_family_that_was_not_asked_again_counts_as_lost() -> None:
    candidate = results(truth=0.9)
    del candidate["product"]["arms"]["hybrid"]["families"]["price"]
    assert "price falls" in reasons_against(candidate, results())[0]


TODAY = {"code": "c2", "questions": "q2"}


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (results() | {"measured_with": TODAY}, None),
        (results() | {"measured_with": TODAY | {"code": "c1"}}, "its results are from before code changed"),
        (results() | {"measured_with": {}}, "its results are from before code, questions changed"),
        (results(), "its results do not say what they were measured with"),
        ({"product": {"arms": {"rag": {}}}, "measured_with": TODAY}, "hybrid was never measured"),
        ({}, "hybrid was never measured"),
    ],
)
def test_results_stand_only_for_what_they_were_measured_with(kept: dict[str, Any], why: str | None) -> None:
    assert outdated(kept, TODAY) == why


# The command -----------------------------------------------------------------------------------------------------


class Tuned(Scripted):
    """Answers as `Scripted` does, or with an adapter called `refusing` that the evidence says nothing."""

    def __init__(self, adapter: str) -> None:
        super().__init__()
        self.adapter = Path(adapter).name

    def identity(self, adapted: bool) -> str:
        return f"{self.adapter} {adapted}"

    def generate(self, prompts: Sequence[str], adapted: bool) -> list[tuple[str, int]]:
        made = super().generate(prompts, adapted)
        return [(NOT_SAID, 5)] * len(made) if self.adapter == "refusing" else made


Gate = Callable[..., tuple[int, str, str]]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Tuned]:
    """The models that were loaded, in order."""
    models: list[Tuned] = []

    def load(config: Config, _tell: object) -> Tuned:
        models.append(Tuned(config.adapter or ""))
        return models[-1]

    monkeypatch.setattr(evaluation.batches, "load_batches", load)
    return models


@pytest.fixture
def command(
    tmp_path: Path, loaded: list[Tuned], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Gate:
    """Runs evaluate.py over a small set: (exit code, stdout, stderr)."""
    monkeypatch.setattr(ingest.index, "load_embedding", lambda _config: hash_embedding())
    monkeypatch.setattr(evaluate, "own_sets", lambda: [small_set()])

    def run(*arguments: str) -> tuple[int, str, str]:
        code = evaluate.main(["--home", str(tmp_path / "home"), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def adapters(tmp_path: Path) -> list[str]:
    """A candidate that answers, and an incumbent that refuses, neither evaluated."""
    folders = [tmp_path / "answering", tmp_path / "refusing"]
    for folder in folders:
        folder.mkdir()
        (folder / WEIGHTS).write_bytes(folder.name.encode())
        (folder / SETTINGS).write_text(json.dumps({"peft_type": "LORA", "base_model_name_or_path": BUNDLED}))
    return [str(f) for f in folders]


def measure(command: Gate, folder: str) -> None:
    assert command("--adapter", folder, "--arms", "hybrid", "-o", folder)[0] == 0


def test_results_of_the_same_measurement_are_compared_without_a_model(
    command: Gate, adapters: list[str], loaded: list[Tuned]
) -> None:
    for folder in adapters:
        measure(command, folder)
    loaded.clear()
    code, out, _ = command("--gate", *adapters)
    assert (code, out) == (0, "truthfulness +1.000 instead of +0.833, wrong answers 0.0% instead of 0.0%\n")
    code, out, _ = command("--gate", *reversed(adapters))
    assert (code, out.splitlines()[0]) == (1, "truthfulness +0.833 does not beat +1.000")
    assert loaded == []


def test_an_incumbent_of_older_code_is_evaluated_again_in_one_arm_and_its_results_stay(
    command: Gate, adapters: list[str], loaded: list[Tuned]
) -> None:
    candidate, incumbent = adapters
    measure(command, candidate)
    flattering = results(truth=1.0, wrong=0.0) | {"measured_with": {"code": "of last week"}}
    kept = Path(incumbent, "results.json")
    kept.write_text(json.dumps(flattering))
    loaded.clear()
    code, out, err = command("--gate", candidate, incumbent)
    assert (code, out[:35]) == (0, "truthfulness +1.000 instead of +0.8")
    said = f"Evaluating refusing again in the arm hybrid, {evaluate.AGAIN}: its results are from before code, "
    assert [line for line in err.splitlines() if line.startswith(said)]
    (model,) = loaded
    assert {adapted for adapted, _ in model.asked} == {True}
    assert json.loads(kept.read_text()) == flattering
    assert command("--gate", candidate, incumbent)[:2] == (code, out)
    assert loaded[-1].asked == []  # its texts were kept


@pytest.mark.parametrize("arguments", [["--quick"], ["--arms", "base,rag"], None])
def test_what_was_not_measured_in_full_is_evaluated_for_the_gate(
    command: Gate,
    adapters: list[str],
    loaded: list[Tuned],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str] | None,
) -> None:
    candidate, incumbent = adapters
    measure(command, candidate)
    if arguments:
        monkeypatch.setattr(evaluate, "evenly", lambda questions, _most, _rng: questions[:3])
        command("--adapter", incumbent, "-o", incumbent, *arguments)
    loaded.clear()
    code, out, _ = command("--gate", candidate, incumbent)
    assert (code, out[:35], len(loaded)) == (0, "truthfulness +1.000 instead of +0.8", 1)


def test_a_candidate_whose_weights_changed_since_is_evaluated_again_too(
    command: Gate, adapters: list[str], loaded: list[Tuned]
) -> None:
    for folder in adapters:
        measure(command, folder)
    Path(adapters[0], WEIGHTS).write_bytes(b"trained again")
    loaded.clear()
    assert "from before weights changed" in command("--gate", *adapters)[2]
    assert [m.adapter for m in loaded] == ["answering"]


def test_the_gate_without_an_adapter_is_one_clear_error(command: Gate, tmp_path: Path) -> None:
    code, out, err = command("--gate", str(tmp_path), str(tmp_path))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"there is no adapter in {tmp_path}" in err


# Routes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "expected"), [(60, "lora"), (5, "hybrid")])
def test_only_an_arm_better_by_more_than_the_interval_takes_hybrids_place(n: int, expected: str) -> None:
    def arm(price: float, term: float) -> dict[str, Any]:
        scores = {"price": price, "term": term}
        return {"kinds": {k: {"truthfulness": v, "interval": 0.1, "n": n} for k, v in scores.items()}}

    arms = {"hybrid": arm(0.9, 0.3), "lora": arm(0.0, 0.45), "rag": arm(0.99, 0.1)}
    assert routes({"product": {"arms": arms}}) == {"price": "hybrid", "term": expected}
