"""What is made once and kept: merged models, and room for a few of them."""

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from assistant.generator import adapter as adapter_file
from assistant.generator.adapter import load_adapted
from assistant.generator.base_model import BaseModel
from assistant.generator.cache import keep_newest, made_once
from assistant.generator.inspection import BUNDLED, WEIGHTS
from ingest.errors import ModelError
from tests.tiny_model import save_tiny

IDS = torch.arange(3, 40)[None]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("models"))


@pytest.fixture
def base(tiny: Path, tmp_path: Path) -> BaseModel:
    """The tiny model in the bundled one's place."""
    return BaseModel(BUNDLED, str(shutil.copytree(tiny, tmp_path / "models" / "base")))


@pytest.fixture
def adapter(tiny: Path, tmp_path: Path) -> Path:
    torch.manual_seed(3)
    aims = LoraConfig(r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    with warnings.catch_warnings(action="ignore"):
        get_peft_model(AutoModelForCausalLM.from_pretrained(tiny), aims).save_pretrained(str(tmp_path / "lora"))
    return tmp_path / "lora"


@pytest.fixture
def merges(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The adapters that were merged, in turn."""
    done: list[Path] = []
    real = adapter_file._merged

    def merged(base: BaseModel, folder: Path, dtype: torch.dtype) -> Any:
        done.append(folder)
        return real(base, folder, dtype)

    monkeypatch.setattr(adapter_file, "_merged", merged)
    return done


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(IDS).logits
    return found


def test_an_adapter_is_merged_into_the_bundled_base_once(base: BaseModel, adapter: Path, merges: list[Path]) -> None:
    first, second = (load_adapted(base, adapter, torch.bfloat16) for _ in range(2))
    assert merges == [adapter]
    assert torch.equal(logits(second), logits(first))
    assert torch.equal(logits(adapter_file._merged(base, adapter, torch.bfloat16)), logits(first))


def test_an_adapter_that_was_trained_on_is_merged_anew(base: BaseModel, adapter: Path, merges: list[Path]) -> None:
    before = logits(load_adapted(base, adapter, torch.float32))
    weights = load_file(adapter / WEIGHTS)
    save_file({name: 2 * tensor for name, tensor in weights.items()}, adapter / WEIGHTS)
    assert not torch.equal(logits(load_adapted(base, adapter, torch.float32)), before)
    assert len(merges) == 2


def test_of_another_base_nothing_is_kept(tiny: Path, adapter: Path, merges: list[Path]) -> None:
    for _ in range(2):
        load_adapted(BaseModel(str(tiny), str(tiny)), adapter, torch.float32)
    assert len(merges) == 2
    assert [f.name for f in tiny.parent.iterdir()] == [tiny.name]


def test_an_adapter_that_does_not_fit_is_refused_and_nothing_kept(base: BaseModel, adapter: Path) -> None:
    weights = load_file(adapter / WEIGHTS)
    save_file({**weights, "stray.lora_A.weight": torch.ones(4, 4)}, adapter / WEIGHTS)
    with pytest.raises(ModelError, match="does not fit"):
        load_adapted(base, adapter, torch.float32)
    assert [f.name for f in Path(base.source).parent.iterdir() if f.is_dir()] == ["base"]


def test_without_room_to_keep_it_the_merged_model_answers_all_the_same(
    base: BaseModel, adapter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(adapter_file, "made_once", full)
    assert logits(load_adapted(base, adapter, torch.float32)).isfinite().all()


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    for age, name in enumerate(["m-1", "m-2", "m-3", "other"]):
        folder = made_once(tmp_path / name, Path.mkdir)
        os.utime(folder, (1000 + age, 1000 + age))
    keep_newest(tmp_path, "m-*", 2, used=tmp_path / "m-1")
    assert sorted(f.name for f in tmp_path.iterdir() if f.is_dir()) == ["m-1", "m-3", "other"]
