"""What a measurement leaves: rows with their bounds, printed as a table and kept as JSON beside the machine's name."""

import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "results"
_PACKAGES = ("torch", "transformers", "llama-index-core", "lancedb")


@dataclass(frozen=True)
class Row:
    """Seconds, and what they may be at most; None: only told."""

    name: str
    seconds: float
    bound: float | None = None

    @property
    def ok(self) -> bool:
        return self.bound is None or self.seconds <= self.bound


def finish(name: str, rows: Iterable[Row]) -> int:
    """Prints the rows, writes results/NAME.json, and gives the exit code: 1 where a bound does not hold."""
    kept = list(rows)
    for row in kept:
        bound = "" if row.bound is None else f"  at most {row.bound:.3f}{'' if row.ok else '  MISSED'}"
        sys.stdout.write(f"{row.name:<44}{row.seconds:>9.3f} s{bound}\n")
    FOLDER.mkdir(exist_ok=True)
    document = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": _machine(), "rows": [asdict(r) for r in kept]}
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.ok for row in kept) else 1


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),  # of the minute before the end
        "processor": _processor(),
        "python": platform.python_version(),
        **{p: found for p in _PACKAGES if (found := _version(p))},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((li.partition(": ")[2] for li in lines if li.startswith("model name")), platform.processor())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
