"""The README cannot lie: its Python runs, and every `bell` command in it is one that exists, with those options."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from assistant.__main__ import app
from assistant.commands.context import hoist
from ingest.config import Config
from ingest.ledger import upgrade_ledger
from tests.conftest import NOW, ROOT, ScriptedModel, put_market

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^\$ bell(?: (.*?))?(?:\s+#.*)?$", README, re.MULTILINE)))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    ledger = upgrade_ledger(Config(home=tmp_path))
    put_market(ledger, "KSTL", [100.0, 101.0, 102.0, 103.0, 104.0, 105.5])
    put_market(ledger, "TDWL", [10.0, 9.0, 8.0, 7.0, 6.0, 5.0])
    ledger.close()
    monkeypatch.setenv("BELL_HOME", str(tmp_path))
    monkeypatch.setenv("BELL_NOW", NOW.isoformat())
    monkeypatch.setattr("assistant.generator.load_generator", lambda *_: ScriptedModel())
    [code] = blocks("python")
    scope: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), scope)
    assert "KSTL closed at 105.50 USD" in capsys.readouterr().out
    assert scope["html"].startswith("<!")


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_exist_with_their_options(command: str) -> None:
    import shlex

    words = hoist(shlex.split(command))
    found: Any = get_command(app)
    context = found.make_context("bell", words) if words else found.make_context("bell", [], allow_extra_args=True)
    while getattr(found, "commands", None) and context._protected_args + context.args:
        name, found, rest = found.resolve_command(context, [*context._protected_args, *context.args])
        context = found.make_context(name, list(rest), parent=context)


def test_every_setting_is_in_its_table() -> None:
    documented = set(re.findall(r"`([a-z_]+)`", README))
    assert set(Config.model_fields) <= documented
