"""The adapter that ships: whole, made for the bundled base and this prompt, evaluated, and different from the base."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.generator import load_generator
from assistant.generator.inspection import BUNDLED, best_arms, check, recipe
from assistant.generator.local import LocalModel
from assistant.generator.registry import in_use
from assistant.pointing import lines_of, quoted
from assistant.prompts import NOT_SAID, PROMPT_VERSION, closed_book_prompt, reading_prompt
from assistant.types import ARMS, Evidence
from ingest.config import Config
from tests.conftest import NOW, ROOT

FOLDER = ROOT / "adapters" / "weights" / "default"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    made = load_generator(Config(home=tmp_path_factory.mktemp("home")))
    assert isinstance(made, LocalModel)
    return made


def said(model: LocalModel, adapted: bool, question: str, *evidence: Evidence) -> str:
    prompt = reading_prompt(question, evidence, NOW) if evidence else closed_book_prompt(question)
    reply = str(model.with_adapter(adapted).chat(prompt, max_tokens=48).message.content).strip()
    return quoted(reply, lines_of(evidence, question))


def story(n: int, title: str, text: str) -> Evidence:
    published = datetime(2026, 2, 26, 12, 0, tzinfo=UTC) - timedelta(days=n)
    return Evidence(n, "news", title, text, "", "Test Wire", published, published)


HIRED = story(1, "Kestrel names a new finance chief", "Ana Ruiz becomes finance chief of Kestrel Robotics in May.")
PLANT = story(2, "Tidewell opens a plant", "The plant of Tidewell Energy in Millhaven employs 420 people.")


def test_it_is_used_by_default_and_by_the_bundled_base_only(tmp_path: Path) -> None:
    assert in_use(Config(home=tmp_path)) == FOLDER
    assert in_use(Config(home=tmp_path, base_model="org/other")) is None


def test_it_is_whole_small_and_made_for_this_base_and_prompt() -> None:
    check(FOLDER, BUNDLED)
    told = recipe(FOLDER)
    assert (told["base"], told["prompt_version"]) == (BUNDLED, PROMPT_VERSION)
    assert all(source["licence"] for source in told["data"].values())
    assert (FOLDER / "adapter_model.safetensors").stat().st_size < 12e6
    assert told["weights_sha256"] in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_it_was_evaluated_in_full_with_all_arms() -> None:
    results = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    assert not results["quick"]
    assert set(results["product"]["arms"]) == set(results["generator"]["arms"]) == set(ARMS)
    assert all(f["n"] >= 60 for f in results["product"]["arms"]["hybrid"]["families"].values())
    assert set(best_arms(FOLDER).values()) <= set(ARMS)


def test_it_answers_from_the_evidence_cites_and_says_what_is_not_there(model: LocalModel) -> None:
    answer = said(model, True, "How many people work at Tidewell's plant in Millhaven?", HIRED, PLANT)
    assert "420" in answer
    assert answer.endswith("[2].")
    assert said(model, True, "What will the dividend of Kestrel be?", HIRED, PLANT) == NOT_SAID


def test_its_answers_differ_from_those_of_the_base(model: LocalModel) -> None:
    question = "Who becomes finance chief of Kestrel?"
    assert said(model, True, question, HIRED, PLANT) != said(model, False, question, HIRED, PLANT)
    assert said(model, True, "What is a basis point?") != said(model, False, "What is a basis point?")
