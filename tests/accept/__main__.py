"""`make accept`: each check in a process of its own, a line of JSON as it ends, a table, exit 1 where one failed.

python -m tests.accept [NAME ...]     # all, or those named
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from tests.accept.checks import checks

_A_MEGABYTE = 1_000_000 if sys.platform == "darwin" else 1000  # of what the system counts memory in


@dataclass(frozen=True)
class Outcome:
    """How a check ended. `counts` are its tests, and what they recorded of themselves (`record_property`)."""

    name: str
    outcome: str  # passed, failed, skipped
    counts: dict[str, object] = field(default_factory=dict)
    seconds: float = 0.0
    peak_mb: int = 0
    reason: str = ""  # of what was skipped


def run(name: str, files: Sequence[str]) -> Outcome:
    """Runs `files` with pytest in full; what it printed goes to stderr where it failed."""
    with TemporaryDirectory() as folder:
        report, log = Path(folder, "report.xml"), Path(folder, "log")
        options = ["-p", "no:cacheprovider", "-o", "junit_family=xunit1", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *files]
        started = time.monotonic()
        with log.open("wb") as out:
            child = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | {"OPENINGBELL_ACCEPT": "1"})
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds, peak = round(time.monotonic() - started, 1), used.ru_maxrss // _A_MEGABYTE
        if child.returncode:
            sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-5000:])
        counts, reason = _counted(report) if report.exists() else ({}, "")
    judged = "failed" if child.returncode else "passed" if counts["passed"] else "skipped"
    return Outcome(name, judged, counts, seconds, peak, reason)


def _counted(report: Path) -> tuple[dict[str, object], str]:
    """The counts of pytest's report, and why tests were skipped."""
    root = ElementTree.parse(report).getroot()
    suite = next(root.iter("testsuite"))
    tests, failed, errors, skipped = (int(suite.get(k, 0)) for k in ("tests", "failures", "errors", "skipped"))
    told = {p.get("name", ""): p.get("value", "") for case in root.iter("testcase") for p in case.iter("property")}
    recorded: dict[str, object] = {name: int(value) if value.isdigit() else value for name, value in told.items()}
    counts: dict[str, object] = {
        "passed": tests - failed - errors - skipped,
        "failed": failed + errors,
        "skipped": skipped,
    }
    return counts | recorded, "; ".join(sorted({s.get("message", "") for s in root.iter("skipped")}))


def table(outcomes: Sequence[Outcome]) -> str:
    lines = [f"{'':<28} {'':<8} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8} {'peak MB':>8}"]
    for o in outcomes:
        passed, failed, skipped = (o.counts.get(k, "-") for k in ("passed", "failed", "skipped"))
        lines.append(
            f"{o.name:<28} {o.outcome:<8} {passed:>7} {failed:>7} {skipped:>8} {o.seconds:>8.1f} {o.peak_mb:>8}"
        )
    bad = sum(o.outcome == "failed" for o in outcomes)
    return "\n".join([*lines, f"{len(outcomes)} checks, {bad} failed, {sum(o.seconds for o in outcomes):.0f} s"])


def main(known: Mapping[str, Sequence[str]], names: Sequence[str]) -> int:
    if unknown := set(names) - set(known):
        sys.stderr.write(f"no such check: {', '.join(sorted(unknown))}; there are: {', '.join(known)}\n")
        return 2
    outcomes = []
    for name in names or known:
        outcomes.append(run(name, known[name]))
        sys.stdout.write(json.dumps(asdict(outcomes[-1]), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    sys.stdout.write(table(outcomes) + "\n")
    return int(any(o.outcome == "failed" for o in outcomes))


if __name__ == "__main__":
    sys.exit(main(checks(), sys.argv[1:]))
