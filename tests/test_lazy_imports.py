"""Start-up counts: what a command imports before it does anything, and what importing the rooms costs."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.ledger import upgrade_ledger
from tests.conftest import put_market

HEAVY = {"llama_index", "lancedb", "torch", "transformers", "peft", "pandas", "yfinance", "numpy", "pyarrow"}
HEAVY |= {"exchange_calendars", "feedparser", "alembic", "prompt_toolkit", "httpx", "pytickersymbols", "jinja2"}
HEAVY |= {"psycopg", "pgvector"}
HEAVY |= {"assistant.understand"}  # ours: its patterns take half a second to compile

PROBE = """
import sys
sys.argv = ["bell", *{arguments!r}]
from assistant.__main__ import main
try:
    main()
except SystemExit as stop:
    code = stop.code or 0
loaded = {{m.split(".")[0] for m in sys.modules}} | ({{"assistant.understand"}} & sys.modules.keys())
print("\\n@" + str(code) + " " + " ".join(sorted(loaded)))
"""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["quote", "KSTL"], 0),
        (["news"], 4),
        (["status"], 0),
        (["history"], 4),
        (["watch", "list"], 0),
        (["adapter", "list"], 0),
        (["backup"], 0),
    ],
)
def test_the_quick_commands_load_nothing_heavy(tmp_path: Path, arguments: list[str], code: int) -> None:
    ledger = upgrade_ledger(Config(home=tmp_path))
    put_market(ledger, "KSTL", [10.0, 11.0], end=date(2026, 2, 27))
    ledger.close()
    result = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=["--home", str(tmp_path), *arguments])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    got, *modules = result.stdout.rpartition("@")[2].split()
    assert (int(got), set(modules) & HEAVY) == (code, set()), result.stderr


def test_importing_the_rooms_is_silent_and_loads_nothing_heavy() -> None:
    script = "import sys, assistant, ingest; print(' '.join({m.split('.')[0] for m in sys.modules}))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert not set(result.stdout.split()) & (HEAVY | {"sqlalchemy", "pydantic", "typer"})


def test_the_index_opens_without_lancedbs_client_of_servers_which_is_there_for_who_wants_it(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from ingest.config import Config
from ingest.index import build_beside
build_beside(Config(home=Path(sys.argv[1])), "drawn", 8)
name = "lance_namespace_urllib3_client"
print(f"{name}.models" in sys.modules, f"{name}.api" in sys.modules)
from lance_namespace_urllib3_client import ApiClient
print(ApiClient.__name__, f"{name}.api" in sys.modules)
"""
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert told.split() == ["True", "False", "ApiClient", "True"]
