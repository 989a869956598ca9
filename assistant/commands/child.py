"""Runs a script of adapters/ as a child process: the shell's only way across that border."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ingest.errors import ModelMissing
from ingest.resources import resource

CAPTURED = subprocess.PIPE
TO_STDERR = 2
_GRACE = 5  # seconds between asking a child to end and ending it


def run(script: str, arguments: Sequence[str], home: Path, stdout: int | None = None) -> tuple[int, str]:
    """The exit code of `adapters/SCRIPT` run on `home`, and what it printed where `stdout` is `CAPTURED`.

    Its streams are ours unless told otherwise. A child that a signal ended has 128 and the signal's number, as in a
    shell; none outlives an interrupt, and an interrupt of the child is ours. Raises `ModelMissing` where the script is
    not installed.
    """
    file = resource(f"adapters/{script}")
    if not file.is_file():
        raise ModelMissing(f"{file} is not there", "install openingbell again, from a wheel or a checkout")
    command, environ = [sys.executable, str(file), *arguments], os.environ | {"BELL_HOME": str(home)}
    with subprocess.Popen(command, env=environ, stdout=stdout, text=True, encoding="utf-8") as child:  # noqa: S603
        try:
            told, _ = child.communicate()
        except BaseException:
            _end(child)
            raise
    code = child.returncode if child.returncode >= 0 else 128 - child.returncode
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    return code, told or ""


def _end(child: "subprocess.Popen[str]") -> None:
    child.terminate()
    try:
        child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
