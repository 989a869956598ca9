"""What a measurement leaves: rows with their bounds, printed as a table and kept as JSON beside the machine's name."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
_PACKAGES = ("torch", "transformers", "llama-index-core", "lancedb")


@dataclass(frozen=True)
class Row:
    """A figure, and what it has to be; without a bound it is only told. A ratio's unit is `times`."""

    name: str
    value: float
    unit: str = "s"
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ok(self) -> bool:
        low, high = self.at_least, self.at_most
        return (low is None or self.value >= low) and (high is None or self.value <= high)

    @property
    def bound(self) -> str:
        low, high = self.at_least, self.at_most
        return f"at least {low:,g}" if low is not None else "" if high is None else f"at most {high:,g}"


def finish(name: str, rows: Iterable[Row]) -> int:
    """Prints the rows, writes results/NAME.json, and gives the exit code: 1 where a bound does not hold."""
    kept = list(rows)
    sys.stdout.write(table(kept))
    FOLDER.mkdir(exist_ok=True)
    document = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": _machine(), "rows": [asdict(r) for r in kept]}
    _file(name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.ok for row in kept) else 1


def forget(name: str) -> None:
    """So that a measurement that breaks off does not leave an older one in its place."""
    _file(name).unlink(missing_ok=True)


def kept(name: str) -> tuple[dict[str, Any], list[Row]] | None:
    """What results/NAME.json says of the machine, and its rows; None where there is none."""
    if not _file(name).exists():
        return None
    document = json.loads(_file(name).read_text(encoding="utf-8"))
    return document["machine"], [Row(**row) for row in document["rows"]]


def _file(name: str) -> Path:
    return FOLDER / f"{name}.json"


def table(rows: Sequence[Row]) -> str:
    """In Markdown, its columns aligned for a terminal."""
    cells = [(r.name, _shown(r), r.bound, "" if r.ok else "MISSED") for r in rows]
    cells = [("what", "measured", "asked", ""), *cells]
    name, value, bound, missed = (max(len(row[i]) for row in cells) for i in range(4))
    lines = [f"| {a:<{name}} | {b:>{value}} | {c:<{bound}} | {d:<{missed}} |" for a, b, c, d in cells]
    rule = f"| {'-' * name} | {'-' * (value - 1)}: | {'-' * bound} | {'-' * missed} |"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"


def _shown(row: Row) -> str:
    digits = 3 if row.value < 10 else 1 if row.value < 1000 else 0
    return f"{row.value:,.{digits}f} {row.unit}"


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "bfloat16": _computes_in_bfloat16(),
        "load": round(os.getloadavg()[0], 2),  # of the minute before the end
        "python": platform.python_version(),
        **{p: found for p in _PACKAGES if (found := _version(p))},
    }


def _computes_in_bfloat16() -> bool:
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
