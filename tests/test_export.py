"""`bell adapter export`: the base with the adapter merged in, as other servers read it."""

import warnings
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig, LlamaConfig, LlamaForCausalLM
from typer.testing import CliRunner

from assistant.__main__ import app
from assistant.generator import export as exporter
from assistant.generator.adapter import load_adapted
from assistant.generator.base_model import BaseModel, load_tokenizer
from assistant.generator.inspection import BUNDLED
from ingest.errors import BellError
from tests.tiny_model import save_tiny

IDS = torch.tensor([[1, 9, 19, 26, 35, 25, 53, 56]])


def export(home: Path, *arguments: object) -> Any:
    return CliRunner().invoke(app, ["--home", str(home), "adapter", "export", *map(str, arguments)])


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BaseModel:
    """A small base and an adapter for it, both configured by path."""
    base, adapter = save_tiny(tmp_path), tmp_path / "lora"
    torch.manual_seed(3)
    aims = LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    with warnings.catch_warnings(action="ignore"):
        get_peft_model(AutoModelForCausalLM.from_pretrained(base), aims).save_pretrained(str(adapter))
    monkeypatch.setenv("BELL_BASE_MODEL", str(base))
    monkeypatch.setenv("BELL_ADAPTER", str(adapter))
    return BaseModel(str(base), str(base))


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model.float()(IDS).logits
    return found


def test_a_merged_folder_is_the_served_model_with_its_tokenizer(tmp_path: Path, tiny: BaseModel) -> None:
    folder = tmp_path / "out" / "merged"
    assert export(tmp_path, "--merged", folder).output == f"Wrote {folder}.\n"
    read: Any = AutoModelForCausalLM.from_pretrained(folder)
    assert read.dtype == torch.bfloat16
    served = load_adapted(tiny, tmp_path / "lora", torch.bfloat16)
    torch.testing.assert_close(logits(read), logits(served), atol=1e-3, rtol=1e-3)
    assert AutoTokenizer.from_pretrained(folder).chat_template == load_tokenizer(tiny).chat_template
    assert "causal_blocks" not in (folder / "config.json").read_text()  # our name for attention; nobody else's
    assert [f.name for f in folder.parent.iterdir()] == ["merged"]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A small model in the bundled one's place, with a GGUF that tells its shape and its tokenizer."""
    torch.manual_seed(5)
    shape: Any = {"vocab_size": 60, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    shape |= {"num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True, "initializer_range": 0.4}
    writer = gguf.GGUFWriter(tmp_path / "bundled", "llama")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_1)
    writer.add_block_count(2)
    writer.add_context_length(2048)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"token{n}" for n in range(60)])
    writer.add_chat_template("{{ messages }}")
    writer.add_tensor("output_norm.weight", np.ones(32, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    model = LlamaForCausalLM(LlamaConfig(**shape))
    monkeypatch.setattr(exporter, "load_adapted", lambda *_: model)
    monkeypatch.setattr(exporter, "bundled_file", lambda: tmp_path / "bundled")
    return model


def test_a_gguf_is_the_served_model_with_the_bases_tokenizer(tmp_path: Path, small: Any) -> None:
    exporter._write_gguf(BaseModel(BUNDLED, ""), tmp_path / "mine", tmp_path / "ours.gguf")
    read: Any = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file="ours.gguf", quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    torch.testing.assert_close(logits(read), logits(small), atol=1e-2, rtol=1e-2)
    fields = gguf.GGUFReader(tmp_path / "ours.gguf").fields
    assert fields["tokenizer.ggml.tokens"].contents() == [f"token{n}" for n in range(60)]
    assert fields["tokenizer.chat_template"].contents() == "{{ messages }}"
    assert fields["general.name"].contents() == f"{BUNDLED} with mine"
    assert fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_F16


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


@pytest.mark.usefixtures("tiny")
def test_gguf_is_for_the_bundled_base(tmp_path: Path) -> None:
    refused = export(tmp_path, "--gguf", tmp_path / "x")
    assert "--gguf is for the bundled base model" in str(refused.exception)
    assert not list(tmp_path.glob("*x*"))
