"""cron/run at its one seam, the `bell` command: lock, time limit, log, exit code, and where a briefing ends up."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.resources import resource

Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(
    not (shutil.which("flock") and shutil.which("timeout")), reason="cron/run needs flock and timeout"
)

WRITE_BRIEFING = """
if [ "$1" = brief ]; then for form in html md json; do echo whole > "$5/${BELL_NOW%%T*}.$form"; done; fi
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def environment(tmp_path: Path, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "BELL": str(tmp_path / "bell"),
        "BELL_HOME": str(home),
        "BELL_NOW": "2026-10-30T21:30:00Z",
    }


@pytest.fixture
def cron_run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """cron/run with a `bell` that records its arguments, then does `script`."""

    def run(job: str, script: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        fake_bell(tmp_path, script)
        return subprocess.run(
            [resource("cron/run"), job],
            env=environment | extra,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


def fake_bell(folder: Path, script: str) -> None:
    bell = folder / "bell"
    bell.write_text(f'#!/usr/bin/env bash\necho "$@" >> "{folder}/calls"\n{script}\n')
    bell.chmod(0o755)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


def log(home: Path, job: str) -> str:
    return (home / "logs" / f"{job}.log").read_text()


@pytest.mark.parametrize("job", ["news", "quotes", "all"])
def test_an_ingest_job_polls_what_is_due_and_logs_what_bell_says(
    cron_run: Run, tmp_path: Path, home: Path, job: str
) -> None:
    done = cron_run(job, "echo to the log; echo and this >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert calls(tmp_path) == [f"ingest {job} --due"]
    assert "to the log\nand this\n" in log(home, job)
    assert log(home, job).endswith(f"{job}: ended with exit code 0\n")


@pytest.mark.parametrize("code", [1, 3, 4])
def test_the_exit_code_of_bell_is_the_exit_code_of_the_job(cron_run: Run, home: Path, code: int) -> None:
    assert cron_run("news", f"exit {code}").returncode == code
    assert f"ended with exit code {code}" in log(home, "news")


def test_cron_sends_mail_for_a_failure_and_not_for_sources_that_failed(cron_run: Run) -> None:
    assert cron_run("news", "exit 3").stderr == ""
    assert "news ended with exit code 1; see " in cron_run("news", "exit 1").stderr


def test_a_second_start_of_a_running_job_does_nothing_and_says_so(
    cron_run: Run, environment: dict[str, str], tmp_path: Path, home: Path
) -> None:
    os.mkfifo(tmp_path / "started")
    os.mkfifo(tmp_path / "go on")
    fake_bell(tmp_path, 'echo >> "${BELL%/bell}/started"; read < "${BELL%/bell}/go on"')
    with subprocess.Popen([resource("cron/run"), "news"], env=environment) as first:
        (tmp_path / "started").read_text()
        second = subprocess.run([resource("cron/run"), "news"], env=environment | {"BELL": "true"}, check=False)
        other = subprocess.Popen([resource("cron/run"), "quotes"], env=environment | {"BELL": "true"})
        while not (home / "logs" / "quotes.log").exists():
            assert other.poll() is None
        (tmp_path / "go on").write_text("\n")
        assert first.wait(timeout=60) == 0
        assert other.wait(timeout=60) == 0
    assert second.returncode == 75
    assert "news: is already running" in log(home, "news")
    waited, *_, ended = log(home, "quotes").splitlines()
    assert waited.endswith("quotes: waits for another job to end")
    assert ended.endswith("quotes: ended with exit code 0")
    assert cron_run("news").returncode == 0, "the lock ends with the job"


def test_a_job_out_of_time_leaves_log_and_exit_code_and_no_process(cron_run: Run, tmp_path: Path, home: Path) -> None:
    done = cron_run("quotes", "sleep 600 & wait", JOB_TIMEOUT="0.5")
    assert done.returncode == 124
    assert "quotes: stopped after 0.5 (exit code 124)" in log(home, "quotes")
    assert cron_run("quotes").returncode == 0, "a surviving process would still hold the lock"


def test_a_briefing_is_named_by_the_fixed_clock_and_replaces_the_days_earlier_one(
    cron_run: Run, tmp_path: Path, home: Path
) -> None:
    (home / "briefings").mkdir(parents=True)
    (home / "briefings" / "2026-10-30.html").write_text("of this morning")
    assert cron_run("brief", WRITE_BRIEFING).returncode == 0
    assert calls(tmp_path)[0] == "ingest all --due"
    assert calls(tmp_path)[1].startswith(f"brief --format all -o {home}/briefings/")
    written = {p.name: p.read_text() for p in (home / "briefings").iterdir()}
    assert written == {f"2026-10-30.{form}": "whole\n" for form in ("html", "md", "json")}


def test_the_log_names_a_briefing_s_files_where_they_end_up(cron_run: Run, home: Path) -> None:
    done = cron_run("brief", f'{WRITE_BRIEFING}\n[ "$1" = brief ] && echo "wrote $5/2026-10-30.md" >&2; exit 0')
    assert done.returncode == 0
    assert f"wrote {home}/briefings/2026-10-30.md\n" in log(home, "brief")


def test_a_briefing_is_readable_as_any_new_file_is(tmp_path: Path) -> None:
    from assistant.commands.brief import write_atomically

    (tmp_path / "other").touch()
    write_atomically(tmp_path / "brief.md", "text")
    assert (tmp_path / "brief.md").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert {p.name for p in tmp_path.iterdir()} == {"brief.md", "other"}


def test_a_briefing_is_written_although_ingest_failed(cron_run: Run, home: Path) -> None:
    done = cron_run("brief", f'[ "$1" = brief ] || exit 1\n{WRITE_BRIEFING}')
    assert done.returncode == 0
    assert "brief: ingest ended with exit code 1" in log(home, "brief")
    assert (home / "briefings" / "2026-10-30.md").exists()


@pytest.mark.parametrize(("broken", "code"), [("sleep 600", 124), ("exit 4", 4)])
def test_an_unfinished_briefing_leaves_the_last_one_alone(cron_run: Run, home: Path, broken: str, code: int) -> None:
    assert cron_run("brief", WRITE_BRIEFING).returncode == 0
    half = f'if [ "$1" = brief ]; then echo half > "$5/2026-10-30.html"; {broken}; fi'
    assert cron_run("brief", half, JOB_TIMEOUT="0.5").returncode == code
    assert sorted(p.name for p in (home / "briefings").iterdir()) == [f"2026-10-30.{f}" for f in ("html", "json", "md")]
    assert (home / "briefings" / "2026-10-30.html").read_text() == "whole\n"


def test_a_large_log_is_set_aside_once(cron_run: Run, home: Path) -> None:
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "news.log").write_text("x" * 1_000_001)
    assert cron_run("news").returncode == 0
    assert len(log(home, "news")) < 200
    assert (home / "logs" / "news.log.1").stat().st_size == 1_000_001


def test_an_unknown_job_is_a_usage_error(cron_run: Run, home: Path) -> None:
    done = cron_run("lunch")
    assert (done.returncode, done.stderr) == (2, "usage: cron/run news|quotes|all|brief\n")
    assert not home.exists()


def test_without_a_home_the_job_uses_the_folder_that_bell_uses(cron_run: Run, tmp_path: Path) -> None:
    told = cron_run(
        "news", 'echo "$BELL_HOME" > "${BELL%/bell}/told"', BELL_HOME="", XDG_DATA_HOME=str(tmp_path / "data")
    )
    assert told.returncode == 0
    from ingest.config import default_home

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        patch.setenv("HOME", str(tmp_path))
        assert (tmp_path / "told").read_text().strip() == str(default_home())


def test_a_missing_bell_command_is_one_clear_line(environment: dict[str, str], tmp_path: Path) -> None:
    lonely = tmp_path / "a" / "b" / "c" / "d" / "e" / "run"
    lonely.parent.mkdir(parents=True)
    shutil.copy(resource("cron/run"), lonely)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "dirname", "flock", "timeout", "mkdir", "date", "uname", "wc"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [tools / "bash", lonely, "news"],
        env={**environment, "BELL": "", "PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "cron/run: there is no bell command; set BELL to its path\n")


def test_every_scheduled_job_exists() -> None:
    folder = resource("cron")
    lines = [line.split() for line in (folder / "crontab").read_text().splitlines() if line and line[0] in "0123456789"]
    assert sorted(fields[-1] for fields in lines) == ["brief", "news", "quotes"]
    assert all(len(fields) == 7 and fields[5].endswith("/cron/run") for fields in lines)
    for timer in folder.glob("*.timer"):
        job = timer.stem.removeprefix("openingbell-")
        assert f"Unit=openingbell@{job}.service" in timer.read_text()
    assert len(list(folder.glob("*.timer"))) == 3


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in [*resource("cron").glob("*.timer"), *resource("cron").glob("*.service")]:
        text = unit.read_text().replace("/opt/openingbell/cron/run", "/bin/true").replace("/opt/openingbell", "/usr")
        (tmp_path / unit.name).write_text(text.replace("/usr/.venv/bin/bell", "/bin/true"))
    services = (tmp_path / f"openingbell{name}.service" for name in ("@news", "-worker"))
    units = [*services, *tmp_path.glob("*.timer")]
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert [line for line in checked.stderr.splitlines() if "openingbell" in line] == []
