"""`bell serve` before it listens, its token, and what `bell serve-model` writes out."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from assistant.generator.base_model import BaseModel
from assistant.generator.vllm import model_server
from assistant.serving.token import make_token, matches, read_token, token_file
from ingest.errors import ConfigError
from tests.test_cli import Bell, bell

__all__ = ["bell"]


@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [
        (["--host", "0.0.0.0", "--no-token"], 2, "--no-token would let everybody ask"),
        (["--host", "256.1.1.1"], 1, "cannot listen on 256.1.1.1 port 8787"),
        (["--port", "65536"], 2, "--port"),
        (["--workers", "0"], 2, "--workers"),
        (["--json"], 2, "bell serve has no JSON form"),
    ],
)
def test_what_cannot_be_served_is_one_line(bell: Bell, options: list[str], code: int, complaint: str) -> None:
    got, _, err = bell("serve", *options)
    assert got == code
    assert complaint in err
    assert err.count("\n") == 1


def test_without_its_packages_the_next_step_is_named(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "fastapi" else real(name, *more)
    )
    code, _, err = bell("serve")
    assert (code, err) == (1, "bell: `bell serve` needs fastapi; pip install 'openingbell[serve]'\n")


# The token -------------------------------------------------------------------------------------------------------


def test_a_token_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = make_token(home)
    assert made is not None
    assert len(made) >= 43
    assert make_token(home) is None
    assert read_token(home) == made
    assert token_file(home).stat().st_mode & 0o777 == 0o600
    assert make_token(tmp_path / "other") != made


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [("x" * 43, 0o644, "can be read by others"), ("", 0o600, "holds no token"), ("short", 0o600, "holds no token"),
     ("ü" * 43, 0o600, "cannot be read")],
)  # fmt: skip
def test_a_token_that_is_none_is_refused(tmp_path: Path, content: str, mode: int, complaint: str) -> None:
    token_file(tmp_path).write_text(content)
    token_file(tmp_path).chmod(mode)
    with pytest.raises(ConfigError, match=complaint):
        read_token(tmp_path)


@pytest.mark.parametrize(
    ("header", "right"),
    [("Bearer abc", True), ("bearer abc", True), ("Bearer  abc ", True), ("Bearer abcd", False), ("Bearer ab", False),
     ("Basic abc", False), ("abc", False), ("", False), ("Bearer \udcff", False)],
)  # fmt: skip
def test_a_header_bears_the_token_or_not(header: str, right: bool) -> None:
    assert matches("abc", header) is right


# serve-model -----------------------------------------------------------------------------------------------------


def test_the_command_serves_base_and_adapter_under_the_names_that_are_asked_for() -> None:
    served = model_server("/models/base", "base", Path("/adapters/own 1"), 20, "10.0.0.5", 8001)
    command = " ".join(served.command)
    assert command.startswith("vllm serve /models/base --served-model-name base ")
    assert "--enable-lora --max-lora-rank 32 --lora-modules base-tuned=/adapters/own 1" in command
    assert "--host 10.0.0.5 --port 8001" in command
    assert served.settings == {
        "generator_url": "http://10.0.0.5:8001/v1",
        "generator_model": "base",
        "generator_adapter": "base-tuned",
    }
    bare = model_server("org/base", "base", None, 0, "::1", 8000)
    assert "lora" not in " ".join(bare.command)
    assert bare.settings == {"generator_url": "http://[::1]:8000/v1", "generator_model": "base"}


def test_serve_model_writes_what_a_shell_takes(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_: Any) -> BaseModel:
        return BaseModel("HuggingFaceTB/SmolLM2-135M-Instruct", "/models of mine/base")

    monkeypatch.setattr("assistant.generator.base_model.find_base", found)
    document = json.loads(bell("serve-model", "--json")[1])
    told = bell("serve-model")[1]
    lines = [line for line in told.replace(" \\\n", " ").splitlines() if line and not line.startswith("#")]
    [command] = [line for line in lines if line.startswith("vllm")]
    assert shlex.split(command) == document["command"]
    assert document["command"][2] == "/models of mine/base"
    exported = dict(shlex.split(line)[1].split("=", 1) for line in lines if line.startswith("export BELL_"))
    assert exported.pop("BELL_GENERATOR_API_KEY") == "$VLLM_API_KEY"
    assert exported == {f"BELL_{key.upper()}": value for key, value in document["settings"].items()}
    assert document["settings"]["generator_adapter"] == "SmolLM2-135M-Instruct-tuned"
