"""The acceptance run: what it runs, how it judges, and what it prints."""

import json
from pathlib import Path

import pytest

from tests.accept.__main__ import Outcome, main, table
from tests.accept.checks import checks

FILES = {
    "good": "import os\ndef test_a(record_property):\n    record_property('stored', 25)\n"
    "def test_b():\n    assert os.environ['OPENINGBELL_ACCEPT']\n",
    "bad": "def test_a():\n    assert 1 == 2\ndef test_b():\n    pass\n",
    "absent": "import pytest\ndef test_a():\n    pytest.skip('there is no such browser')\n",
    "empty": "",
}


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what starts sooner, ends sooner
    for name, code in FILES.items():
        (tmp_path / f"{name}.py").write_text(code)
    return {name: [str(tmp_path / f"{name}.py")] for name in FILES}


def test_a_check_is_judged_by_its_tests_and_the_run_fails_where_one_fails(
    known: dict[str, list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(known, ()) == 1
    out, err = capfd.readouterr()
    documents = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert {d["name"]: (d["outcome"], d["counts"], d["reason"]) for d in documents} == {
        "good": ("passed", {"passed": 2, "failed": 0, "skipped": 0, "stored": 25}, ""),
        "bad": ("failed", {"passed": 1, "failed": 1, "skipped": 0}, ""),
        "absent": ("skipped", {"passed": 0, "failed": 0, "skipped": 1}, "there is no such browser"),
        "empty": ("failed", {"passed": 0, "failed": 0, "skipped": 0}, ""),
    }
    assert all(d["seconds"] > 0 and d["peak_mb"] > 0 for d in documents)
    assert out.splitlines()[-1].startswith("4 checks, 2 failed, ")
    assert "assert 1 == 2" in err


def test_one_check_can_be_named(known: dict[str, list[str]], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(known, ["good"]) == 0
    assert main(known, ["nonsense"]) == 2
    assert "no such check: nonsense; there are: good, bad" in capfd.readouterr().err


def test_the_table_holds_every_check() -> None:
    lines = table(
        [Outcome("one", "passed", {"passed": 3, "failed": 0, "skipped": 1}, 1.5, 90), Outcome("two", "failed")]
    )
    assert [line.split() for line in lines.splitlines()[1:]] == [
        "one passed 3 0 1 1.5 90".split(), "two failed - - - 0.0 0".split(), "2 checks, 1 failed, 2 s".split(),
    ]  # fmt: skip


def test_every_check_has_its_files_and_none_with_a_fuller_form_is_forgotten() -> None:
    files = [Path(file) for files in checks().values() for file in files]
    assert [f for f in files if not f.is_file()] == []
    assert len(set(files)) == len(files)
    fuller = {f for f in Path(__file__).parent.glob("test_*.py") if "from tests.sizes import" in f.read_text()}
    assert fuller - {Path(__file__)} <= set(files)
    assert len(fuller) > 1
