"""The gate and the routes: results in, decision out."""

import json
from pathlib import Path
from typing import Any

import pytest

import evaluate
from evaluation.gate import reasons_against, routes


def results(truth: float = 0.8, wrong: float = 0.05, news: float = 0.7, questions: str = "q") -> dict[str, Any]:
    families = {"news": {"truthfulness": news}, "price": {"truthfulness": 0.99}}
    hybrid = {"truthfulness": truth, "wrong": wrong, "families": families}
    return {"product": {"arms": {"hybrid": hybrid}}, "interval": 0.04, "questions": questions}


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
        (results(truth=0.9, questions="others"), "different questions"),
    ],
)
def test_a_candidate_must_beat_the_incumbent_and_lose_nowhere(candidate: dict[str, Any], reason: str | None) -> None:
    against = reasons_against(candidate, results())
    assert (not against) if reason is None else (len(against) == 1 and reason in against[0])


def test_a_family_that_was_not_asked_again_counts_as_lost() -> None:
    candidate = results(truth=0.9)
    del candidate["product"]["arms"]["hybrid"]["families"]["price"]
    assert "price falls" in reasons_against(candidate, results())[0]


def test_results_without_hybrid_are_not_compared() -> None:
    assert "hybrid was not evaluated" in reasons_against({"product": {"arms": {}}, "questions": "q"}, results())[0]


@pytest.mark.parametrize(("truth", "code", "said"), [(0.9, 0, "+0.900 instead of +0.800"), (0.7, 1, "does not beat")])
def test_the_gate_as_a_command(
    truth: float, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, found in (("new", results(truth)), ("old", results())):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(found))
    assert evaluate.main(["--gate", str(tmp_path / "new"), str(tmp_path / "old")]) == code
    assert said in capsys.readouterr().out


def test_the_gate_without_results_says_what_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate.main(["--gate", str(tmp_path), str(tmp_path)]) == 2
    assert "bell eval" in capsys.readouterr().err


@pytest.mark.parametrize(("n", "expected"), [(60, "lora"), (5, "hybrid")])
def test_only_an_arm_better_by_more_than_the_interval_takes_hybrids_place(n: int, expected: str) -> None:
    def arm(price: float, term: float) -> dict[str, Any]:
        scores = {"price": price, "term": term}
        return {"kinds": {k: {"truthfulness": v, "interval": 0.1, "n": n} for k, v in scores.items()}}

    arms = {"hybrid": arm(0.9, 0.3), "lora": arm(0.0, 0.45), "rag": arm(0.99, 0.1)}
    assert routes({"product": {"arms": arms}}) == {"price": "hybrid", "term": expected}
