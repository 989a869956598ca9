"""`make audit`: it passes only where every locked package could be looked up and none has a known hole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BILL = {"bomFormat": "CycloneDX", "components": [{"name": "a", "purl": "pkg:pypi/a@1"}]}
KNOWS = {"dependencies": [{"name": "urllib3", "vulns": [{"id": "PYSEC-2019-133", "aliases": ["CVE-2019-11324"]}]}]}
STUB = """#!{python}
import json, pathlib, sys
asked = sys.argv[1:]
listed = pathlib.Path(asked[asked.index("-r") + 1]).read_text().splitlines()
with open({log!r}, "a") as log:
    log.write(json.dumps([asked, listed]) + "\\n")
control = any(a.endswith("/control") for a in asked)
answer, code = {control!r} if control else ({bill!r}, {code})
print(answer if control or "cyclonedx-json" in asked else "")
print("the last word", file=sys.stderr)
sys.exit(code)
"""


def audit(
    folder: Path, control: tuple[str, int], code: int = 0
) -> tuple[subprocess.CompletedProcess[str], list[list[list[str]]]]:
    """Runs `.ci/audit` with a pip-audit that answers the control thus, and ends with `code` for the locks."""
    log, stub = folder / "log", folder / "pip-audit"
    stub.write_text(STUB.format(python=sys.executable, log=str(log), control=control, bill=json.dumps(BILL), code=code))
    stub.chmod(0o755)
    command = [str(ROOT / ".ci" / "audit"), str(stub), str(folder / "bill.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done, [json.loads(line) for line in log.read_text().splitlines()]


def test_an_audit_that_finds_nothing_looks_all_locks_up_and_writes_the_bill(tmp_path: Path) -> None:
    done, asked = audit(tmp_path, (json.dumps(KNOWS), 1))
    assert done.returncode == 0
    assert json.loads((tmp_path / "bill.json").read_text()) == BILL
    locks = "".join((ROOT / f"requirements{name}.lock").read_text() for name in ("", "-dev", "-model"))
    pinned = {line.removesuffix(" \\") for line in locks.splitlines() if "==" in line and not line.startswith(" ")}
    assert len(pinned) > 100
    for options, listed in asked[1:]:
        assert set(listed) - pinned == {line for line in listed if line.startswith("torch==")} != set()
        assert pinned <= set(listed)
        assert "--strict" in options


@pytest.mark.parametrize(
    ("control", "code"),
    [
        (("", 1), 0),  # no road to the advisories
        (('{"dependencies": [{"name": "urllib3", "vulns": []}]}', 0), 0),  # an index that has none
        ((json.dumps(KNOWS), 1), 1),  # a hole, or a package that could not be looked up
    ],
)
def test_an_audit_that_could_not_look_or_found_a_hole_fails_and_writes_no_bill(
    tmp_path: Path, control: tuple[str, int], code: int
) -> None:
    done, asked = audit(tmp_path, control, code)
    assert done.returncode == 1
    assert not (tmp_path / "bill.json").exists()
    if control[0] != json.dumps(KNOWS):
        assert len(asked) == 1
        assert "the last word\nnothing was audited" in done.stderr
