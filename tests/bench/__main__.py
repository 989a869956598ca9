"""`make bench`: every part in a process of its own, then all of it as one table; 1 where a bound is missed.

python -m tests.bench [PART ...]     # all, or those named
"""

import subprocess
import sys
from collections.abc import Sequence

from tests.bench.results import forget, kept, table

PARTS = ("ask", "ingest", "embedding", "store", "peers")


def main(names: Sequence[str]) -> int:
    if unknown := set(names) - set(PARTS):
        sys.stderr.write(f"no such part: {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}\n")
        return 2
    parts = names or PARTS
    codes = {part: _measure(part) for part in parts}
    told = {part: found for part in parts if (found := kept(part))}
    sys.stdout.write(table([row for _, rows in told.values() for row in rows]))
    for part in parts:
        machine = told[part][0] if part in told else {"not measured, exit code": codes[part]}
        sys.stdout.write(f"{part}: {', '.join(f'{key} {value}' for key, value in machine.items())}\n")
    return int(any(codes.values()))


def _measure(part: str) -> int:
    """The part's exit code; what it prints meanwhile goes to stderr."""
    forget(part)
    command = [sys.executable, "-m", f"tests.bench.bench_{part}"]
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
