"""One writer at a time, told who the other is; the lock of a dead one is no lock."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.errors import StoreError, WriterLocked
from ingest.lock import holder, writer_lock
from tests.conftest import NOW, ROOT
from tests.postgres import STORES, only_files, stored_in

HOLD = """
import sys
from datetime import datetime
from ingest.config import Config
from ingest.lock import writer_lock
with writer_lock(Config.model_validate_json(sys.argv[1]), "bell ingest news", datetime.fromisoformat(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=STORES)
def config(config: Config, request: pytest.FixtureRequest) -> Config:
    return stored_in(config, request)


def another(config: Config) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, config.model_dump_json(), NOW.isoformat()],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_writer_is_told_who_holds_the_lock_since_when(config: Config) -> None:
    assert holder(config) == ""
    with another(config) as child:
        with pytest.raises(WriterLocked) as caught, writer_lock(config, "bell reindex", NOW):
            pass
        assert caught.value.cause == holder(config)
        assert re.search(rf"process {child.pid}\b.* has been writing \w+ since 2", str(caught.value))
        assert "bell ingest news" in str(caught.value)
        child.communicate()
    with writer_lock(config, "bell reindex", NOW):
        pass


def test_a_killed_writer_holds_nothing(config: Config) -> None:
    with another(config) as child:
        os.kill(child.pid, signal.SIGKILL)
    while "bell ingest news" in holder(config):  # a server takes a moment to notice
        pass
    with writer_lock(config, "bell ingest", NOW):
        pass


def test_the_lock_is_released_by_an_error(config: Config) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="boom"), writer_lock(config, "bell ingest", NOW):
            raise RuntimeError("boom")


@only_files
def test_a_holder_that_wrote_no_name_yet_still_counts(config: Config) -> None:
    with writer_lock(config, "bell ingest", NOW):
        (config.home / "writer.lock").write_text("")
        with pytest.raises(WriterLocked, match="another process"), writer_lock(config, "bell ingest", NOW):
            pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = Config(home=tmp_path / "file")
    with pytest.raises(StoreError, match=r"cannot be written.*--home"), writer_lock(config, "x", NOW):
        pass
