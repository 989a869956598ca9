"""One writer at a time, told who the other is; the lock of a dead one is no lock."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import StoreError, WriterLocked
from ingest.lock import writer_lock
from tests.conftest import NOW, ROOT

HOLD = """
import sys
from datetime import datetime
from pathlib import Path
from ingest.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "bell ingest news", datetime.fromisoformat(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(home: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home), NOW.isoformat()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_writer_is_told_who_holds_the_lock_since_when(tmp_path: Path) -> None:
    with holder(tmp_path) as child:
        with pytest.raises(WriterLocked) as caught, writer_lock(tmp_path, "bell reindex", NOW):
            pass
        assert f"process {child.pid} (bell ingest news)" in str(caught.value)
        assert NOW.isoformat() in str(caught.value)
        child.communicate()
    with writer_lock(tmp_path, "bell reindex", NOW):
        pass


def test_a_killed_writer_holds_nothing(tmp_path: Path) -> None:
    with holder(tmp_path) as child:
        os.kill(child.pid, signal.SIGKILL)
    with writer_lock(tmp_path, "bell ingest", NOW):
        pass


def test_the_lock_is_released_by_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="boom"), writer_lock(tmp_path, "bell ingest", NOW):
            raise RuntimeError("boom")


def test_a_holder_that_wrote_no_name_yet_still_counts(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "bell ingest", NOW):
        (tmp_path / "writer.lock").write_text("")
        with pytest.raises(WriterLocked, match="another process"), writer_lock(tmp_path, "bell ingest", NOW):
            pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written.*--home"), writer_lock(tmp_path / "file", "x", NOW):
        pass
