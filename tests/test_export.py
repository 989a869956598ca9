"""`bell adapter export`: the base with the adapter merged in, as other servers read it."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from gguf import GGUFReader
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
from typer.testing import CliRunner

from assistant.__main__ import app
from assistant.generator.adapter import find_adapter, load_adapted
from assistant.generator.base_model import bundled_file, find_base, load_tokenizer
from ingest.config import Config
from ingest.errors import BellError

IDS = torch.tensor([[1, 9690, 198, 2683, 359, 253, 5356, 5646]])


def export(home: Path, *arguments: object) -> Any:
    return CliRunner().invoke(app, ["--home", str(home), "adapter", "export", *map(str, arguments)])


@pytest.fixture(scope="module")
def served() -> Any:
    base = find_base(Config())
    adapter = find_adapter(Config(), base)
    assert adapter
    return load_adapted(base, adapter, torch.bfloat16).float()


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.float()(IDS).logits
    return found


def test_a_merged_folder_is_the_served_model_with_its_tokenizer(tmp_path: Path, served: Any) -> None:
    folder = tmp_path / "out" / "merged"
    assert export(tmp_path, "--merged", folder).output == f"Wrote {folder}.\n"
    torch.testing.assert_close(logits(AutoModelForCausalLM.from_pretrained(folder)), logits(served))
    assert AutoTokenizer.from_pretrained(folder).chat_template == load_tokenizer(find_base(Config())).chat_template
    assert "causal_blocks" not in (folder / "config.json").read_text()  # our name for attention; nobody else's
    assert [f.name for f in folder.parent.iterdir()] == ["merged"]


def test_a_gguf_is_the_served_model_with_the_bases_tokenizer(tmp_path: Path, served: Any) -> None:
    file = tmp_path / "ours.gguf"
    assert export(tmp_path, "--gguf", file).exit_code == 0
    read: Any = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file=file.name, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    torch.testing.assert_close(logits(read), logits(served), atol=1e-2, rtol=1e-2)
    ours, base = (GGUFReader(f).fields for f in (file, bundled_file()))
    same = [name for name in base if name.startswith(("tokenizer.", "llama."))]
    assert [ours[n].contents() for n in same] == [base[n].contents() for n in same]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "one form is written at a time"),
        (["--merged", "a", "--gguf", "b"], "one form is written at a time"),
        (["--merged", "."], "is there already"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    refused = export(tmp_path, *arguments)
    assert isinstance(refused.exception, BellError)
    assert complaint in str(refused.exception)


def test_without_an_adapter_there_is_nothing_to_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELL_ADAPTER", "none")
    assert "no adapter is in use" in str(export(tmp_path, "--gguf", tmp_path / "x").exception)


def test_gguf_is_for_the_bundled_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.tiny_model import save_tiny

    tiny = save_tiny(tmp_path)
    settings = {"base_model_name_or_path": str(tiny), "peft_type": "LORA", "r": 4}
    (tmp_path / "lora").mkdir()
    (tmp_path / "lora" / "adapter_config.json").write_text(json.dumps(settings))
    (tmp_path / "lora" / "adapter_model.safetensors").write_bytes(b"")
    monkeypatch.setenv("BELL_BASE_MODEL", str(tiny))
    monkeypatch.setenv("BELL_ADAPTER", str(tmp_path / "lora"))
    assert "--gguf is for the bundled base model" in str(export(tmp_path, "--gguf", tmp_path / "x").exception)
