"""The training loop, on a real model of two small layers: it learns, stops in time, goes on, and says what it made."""

import hashlib
import json
import random
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import soup
import train
from assistant.generator.base_model import BaseModel, load_tokenizer
from assistant.generator.inspection import BUNDLED, SETTINGS, WEIGHTS, check, recipe
from assistant.prompts import PROMPT_VERSION, ask, reply
from data import Conversation, Mixture, conversations
from examples import Example
from ingest.errors import ConfigError
from tests.tiny_model import save_tiny
from training import learning
from training.rows import Row, batched, encode

PARAMETERS: dict[str, Any] = {
    "seed": 7, "rank": 4, "alpha": 8, "target_modules": "all-linear", "learning_rate": 0.05, "warmup": 0.1,
    "batch_tokens": 1000, "longest": 600, "passes": 1, "minutes": 5,
}  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> BaseModel:
    return BaseModel(BUNDLED, str(save_tiny(tmp_path_factory.mktemp("models"))))


def mixture(count: int = 120) -> Mixture:
    made = Mixture()
    told = "A share is a part of a firm."
    made.add("term", (Example("term", str(i), f"What is share {i}?", definition=told) for i in range(count)))
    return made


def row(length: int, start: int = 1) -> Row:
    return Row([5] * length, [i >= start for i in range(length)])


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def test_it_learns_the_answers_and_leaves_an_adapter_that_the_assistant_accepts(
    base: BaseModel, tmp_path: Path
) -> None:
    made = mixture()
    metrics = train.train(base, made, PARAMETERS, tmp_path)
    train.describe(tmp_path, "small", base, made, PARAMETERS, metrics)
    assert metrics["curve"][-1] < 0.75 * metrics["curve"][0]
    check(tmp_path, BUNDLED)
    recipe = json.loads((tmp_path / "recipe.json").read_text())
    told = (recipe["name"], recipe["base"], recipe["prompt_version"], recipe["parameters"], recipe["data"])
    assert told == ("small", BUNDLED, PROMPT_VERSION, PARAMETERS, made.counts)
    assert recipe["weights_sha256"] == hashlib.sha256((tmp_path / "adapter_model.safetensors").read_bytes()).hexdigest()
    assert not (tmp_path / "checkpoint").exists()


def test_the_same_seed_gives_the_same_weights(base: BaseModel, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train.train(base, mixture(), PARAMETERS, tmp_path / name)
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert all(torch.equal(one[k], two[k]) for k in one)


def test_a_killed_run_goes_on_from_its_checkpoint_and_ends_where_an_unbroken_one_does(
    base: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train.train(base, mixture(), PARAMETERS, tmp_path / "unbroken")
    monkeypatch.setattr(learning, "_CHECKPOINT_SECONDS", 0)
    seen: list[int] = []
    loss = learning.answer_loss

    def dying(model: Any, batch: Any) -> torch.Tensor:
        seen.append(len(batch))
        if len(seen) == 4:
            raise KeyboardInterrupt
        return loss(model, batch)

    monkeypatch.setattr(learning, "answer_loss", dying)
    with pytest.raises(KeyboardInterrupt):
        train.train(base, mixture(), PARAMETERS, tmp_path / "killed")
    monkeypatch.setattr(learning, "answer_loss", loss)
    metrics = train.train(base, mixture(), PARAMETERS, tmp_path / "killed")
    assert metrics["steps"] == len(metrics["curve"])
    one, two = weights(tmp_path / "unbroken"), weights(tmp_path / "killed")
    assert all(torch.allclose(one[k].float(), two[k].float(), atol=1e-2) for k in one)


def test_when_the_time_is_up_it_stops_and_says_how_much_was_seen(
    base: BaseModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = train.train(base, mixture(), PARAMETERS | {"minutes": 1e-9}, tmp_path)
    assert metrics["steps"] == 1
    assert "the time is up" in capsys.readouterr().err


def test_only_the_answer_and_the_end_of_its_turn_count(base: BaseModel) -> None:
    tokenizer = load_tokenizer(base)
    (first,) = conversations(mixture(1).examples)
    asked = Conversation([*first.messages, ask("And a bond?"), reply("A loan [1].")])
    made = encode(tokenizer, asked)
    said = [list(group) for counts, group in groupby(zip(made.ids, made.said, strict=True), lambda t: t[1]) if counts]
    assert [tokenizer.decode([i for i, _ in tokens]) for tokens in said] == [
        "A share is a part of a firm.<|im_end|>", "A loan [1].<|im_end|>",
    ]  # fmt: skip
    messages = [{"role": m.role.value, "content": m.content or ""} for m in asked.messages]
    whole = str(tokenizer.apply_chat_template(messages, tokenize=False))
    assert whole.startswith(str(tokenizer.decode(made.ids)))


def test_batches_hold_every_row_once_within_the_tokens_and_alike_in_length() -> None:
    rng = random.Random(1)
    rows = [row(rng.randint(20, 400), i % 7) for i in range(300)]
    batches = batched(rows, 1000, rng)
    assert sorted(map(id, (r for b in batches for r in b))) == sorted(map(id, rows))
    assert all(len(b) == 1 or max(len(r.ids) for r in b) * len(b) <= 1000 for b in batches)
    padded = sum(max(len(r.ids) for r in b) * len(b) for b in batches)
    assert padded < 1.25 * sum(len(r.ids) for r in rows)


@pytest.mark.parametrize(("progress", "rate"), [(0.0, 0.05), (0.05, 0.5), (0.1, 1.0), (0.55, 0.5), (1.0, 0.0)])
def test_the_rate_rises_and_is_down_at_the_end(progress: float, rate: float) -> None:
    assert learning.schedule(progress, 0.1) == pytest.approx(rate)


def test_an_experiment_holds_only_what_differs(tmp_path: Path) -> None:
    (tmp_path / "training_params.json").write_text('{"rank": 4, "mixture": {"stories": 10}}')
    usual, own = train.resolved(None), train.resolved(tmp_path)
    assert (own["rank"], own["mixture"]["stories"]) == (4, 10)
    assert own["mixture"]["market"] == usual["mixture"]["market"]
    assert own.keys() == usual.keys()


def test_a_further_run_begins_where_an_adapter_ended_with_other_draws(base: BaseModel, tmp_path: Path) -> None:
    first, then = tmp_path / "first", tmp_path / "then"
    learnt = train.train(base, mixture(), PARAMETERS, first)
    train.describe(first, "first", base, mixture(), PARAMETERS, learnt)
    parameters = train.further(PARAMETERS | {"further_rate": 0.01}, recipe(first))
    assert (parameters["learning_rate"], parameters["seed"]) == (0.01, 8)
    went_on = train.train(base, mixture(), parameters, then, first)
    assert went_on["curve"][0] < learnt["curve"][0] / 2
    train.describe(then, "then", base, mixture(), parameters, went_on, first)
    assert recipe(then)["from"] == recipe(first)
    assert not (first / "checkpoint").exists()


def test_a_parameter_that_does_not_exist_is_named(tmp_path: Path) -> None:
    (tmp_path / "training_params.json").write_text('{"rnak": 4}')
    with pytest.raises(ConfigError, match="no such parameter: rnak"):
        train.resolved(tmp_path)


def test_the_mean_of_two_runs_is_the_nearest_change_of_their_rank_to_the_mean_of_their_changes(
    base: BaseModel, tmp_path: Path
) -> None:
    runs = [tmp_path / "one", tmp_path / "two"]
    for seed, folder in enumerate(runs):
        parameters = PARAMETERS | {"seed": seed}
        train.describe(
            folder, folder.name, base, mixture(), parameters, train.train(base, mixture(), parameters, folder)
        )
    soup.average(runs, tmp_path / "mean", "mean")
    one, two, mean = (_changes(f) for f in (*runs, tmp_path / "mean"))
    for k in one:
        u, s, v = torch.linalg.svd((one[k] + two[k]) / 2, full_matrices=False)
        nearest = (u[:, :4] * s[:4]) @ v[:4]
        assert torch.norm(mean[k] - nearest) < 0.01 * torch.norm(nearest), k  # as near as bfloat16 is
    check(tmp_path / "mean", BUNDLED)
    told = json.loads((tmp_path / "mean" / "recipe.json").read_text())
    assert [r["name"] for r in told["made_from"]] == ["one", "two"]
    settings = tmp_path / "mean" / SETTINGS
    settings.write_text(settings.read_text().replace('"r": 4', '"r": 8'))
    with pytest.raises(ConfigError, match="rank and alpha"):
        soup.average([runs[0], tmp_path / "mean"], tmp_path / "none", "none")


def _changes(folder: Path) -> dict[str, torch.Tensor]:
    settings, told = json.loads((folder / SETTINGS).read_text()), load_file(folder / WEIGHTS)
    scale = settings["lora_alpha"] / settings["r"]
    return {k: scale * told[k.replace("lora_A", "lora_B")].float() @ told[k].float() for k in told if "lora_A" in k}
