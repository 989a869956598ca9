"""What a user installs: the wheel with all its data, working outside the checkout, and the order of a set-up."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from evaluation.provenance import DECIDING
from evaluation.sources import sources
from ingest.resources import resource

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("openingbell-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment that holds the wheel; its dependencies are lent by the environment of the tests."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "lent.pth").write_text(sysconfig.get_paths()["purelib"])  # a checkout installed there is not followed
    return folder


@pytest.fixture
def outside(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who is nowhere near the checkout: nothing leads back to it."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BELL", "PYTHON", "VIRTUAL_ENV"))}
    return kept | {"XDG_DATA_HOME": str(tmp_path / "data")}


def run(venv: Path, *command: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = venv / "bin" / command[0]
    return subprocess.run([program, *command[1:]], cwd=cwd, env=env, capture_output=True, text=True, check=False)


FOLDERS = "assistant ingest cron".split()
LOOP = [f"adapters/{name}" for name in "evaluation examples knowledge stories training weights".split()]


def data_files() -> set[str]:
    """What is not Python in the two packages, and all of the fine-tuning loop (`LOOP`), where git would take it: by its
    path in the wheel."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS, *LOOP, "adapters/*.py"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    moved = [f.replace("cron/", "assistant/_cron/", 1) if f.startswith("cron/") else f for f in files]
    moved = [f.replace("adapters/", "assistant/_adapters/", 1) if f.startswith("adapters/") else f for f in moved]
    return {f for f in moved if not f.endswith(".py") or f.startswith("assistant/_adapters/")}


def test_the_wheel_holds_every_data_file_and_nothing_beside_the_two_packages(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert data_files() - names == set()
    assert {"assistant/sample/prices.csv", "ingest/sources.toml", "assistant/_cron/run"} <= names
    assert {"assistant/_adapters/train.py", "assistant/_adapters/default_training_params.json"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"assistant", "ingest"}
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def test_resources_are_found_in_the_installed_wheel(installed: Path, tmp_path: Path, outside: dict[str, str]) -> None:
    wanted = ["ingest/sources.toml", "ingest/migrations/env.py", "assistant/sample/articles.toml", "cron/run"]
    wanted += ["adapters/train.py", "adapters/default_training_params.json", "adapters/knowledge", "adapters/stories"]
    wanted += [f"adapters/weights/{p.name}" for p in resource("adapters/weights").glob("*")]
    script = "import sys; from ingest.resources import resource; print(*map(resource, sys.argv[1:]), sep='\\n')"
    found = run(installed, "python", "-c", script, *wanted, cwd=tmp_path, env=outside).stdout.splitlines()
    assert len(found) == len(wanted)
    for path in map(Path, found):
        assert path.exists()
        assert path.is_relative_to(installed)


def test_what_results_were_measured_with_is_the_same_code_in_the_wheel(
    installed: Path, tmp_path: Path, outside: dict[str, str]
) -> None:
    script = """
import sys
from ingest.resources import resource
sys.path.insert(0, str(resource("adapters")))
from evaluation.sources import sources
print(sources(*sys.argv[1:]))
"""
    told = run(installed, "python", "-c", script, *DECIDING, cwd=tmp_path, env=outside)
    assert (told.stdout.strip(), told.stderr) == (sources(*DECIDING), "")


def test_cron_run_of_the_wheel_finds_the_command_it_came_with(
    installed: Path, tmp_path: Path, outside: dict[str, str]
) -> None:
    script = next(installed.glob("lib/python*/site-packages/assistant/_cron/run"))
    assert os.access(script, os.X_OK)
    called = tmp_path / "called"
    ours = installed / "bin" / "bell"
    kept = ours.rename(ours.with_name("bell.kept"))
    try:
        ours.write_text(f'#!/bin/sh\necho "$@" > "{called}"\n')
        ours.chmod(0o755)
        subprocess.run([script, "news"], env=outside, check=True)
    finally:
        kept.replace(ours)
    assert called.read_text() == "ingest news --due\n"


def test_the_wheel_runs_the_demo_outside_the_checkout(installed: Path, tmp_path: Path, outside: dict[str, str]) -> None:
    done = run(installed, "bell", "demo", cwd=tmp_path, env=outside)
    assert done.returncode == 0, done.stderr
    assert "63.33" in done.stdout, "the close of KSTL on the sample's last day"
    assert "sample" in done.stdout.lower()
    assert str(ROOT) not in done.stdout + done.stderr


def test_bell_help_comes_from_the_wheel(installed: Path, tmp_path: Path, outside: dict[str, str]) -> None:
    where = run(installed, "python", "-c", "import assistant; print(assistant.__file__)", cwd=tmp_path, env=outside)
    assert Path(where.stdout.strip()).is_relative_to(installed)
    assert run(installed, "bell", "--help", cwd=tmp_path, env=outside).returncode == 0


# The order of a set-up ---------------------------------------------------------------------------------------------

FAKE_PYTHON = """#!/bin/sh
case "$*" in
    -c*) exit $HAS_NO_TORCH ;;
esac
echo "$@" >> "$ASKED"
case "$*" in
    $FINDS) exit 0 ;;
esac
exit 1
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a CUDA build to avoid")
class TestTorch:
    """.ci/torch with a python that records what pip is asked for, and finds what `finds` matches."""

    @pytest.fixture
    def asked(self, tmp_path: Path) -> Path:
        (tmp_path / "python").write_text(FAKE_PYTHON)
        (tmp_path / "python").chmod(0o755)
        return tmp_path / "asked"

    def install(self, asked: Path, finds: str, build: str = "cpu", there: bool = False) -> tuple[int, str, list[str]]:
        env = os.environ | {"ASKED": str(asked), "FINDS": finds, "HAS_NO_TORCH": "0" if there else "1"}
        script = [str(ROOT / ".ci" / "torch"), str(asked.parent / "python"), build]
        done = subprocess.run(script, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr, asked.read_text().splitlines() if asked.exists() else []

    def test_a_torch_that_is_there_stays(self, asked: Path) -> None:
        assert self.install(asked, "*", there=True) == (0, "", [])

    def test_the_users_own_pip_is_asked_first_and_for_the_cpu_build_alone(self, asked: Path) -> None:
        code, _, requests = self.install(asked, "*")
        assert (code, len(requests)) == (0, 1)
        assert requests[0].endswith("--no-deps torch==2.13.0+cpu")

    def test_the_public_cpu_index_is_tried_next_and_briefly(self, asked: Path) -> None:
        code, _, requests = self.install(asked, "*download.pytorch.org/whl/cpu*")
        assert (code, len(requests)) == (0, 2)
        assert requests[1].endswith("--retries 0 --timeout 10 torch==2.13.0+cpu")

    def test_where_no_cpu_build_is_found_both_choices_are_named_and_nothing_else_is_installed(
        self, asked: Path
    ) -> None:
        code, told, requests = self.install(asked, "nothing")
        assert code == 1
        assert "TORCH=cuda" in told
        assert "pip install --no-deps torch-2.13.0+cpu" in told
        assert all(request.endswith("torch==2.13.0+cpu") for request in requests)

    def test_cuda_is_installed_when_asked_for_by_name(self, asked: Path) -> None:
        code, told, requests = self.install(asked, "*", build="cuda")
        assert (code, len(requests)) == (0, 1)
        assert requests[0].endswith("--disable-pip-version-check torch==2.13.0"), "its CUDA packages must come along"
        assert "several GB" in told


def test_the_locks_are_complete_hashed_and_hold_no_torch_and_no_index() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-model.lock"):
        text = (ROOT / name).read_text()
        pins = [line for line in text.splitlines() if line and not line.startswith(" ")]
        assert all("==" in pin and pin.endswith("\\") for pin in pins), name
        assert text.count("--hash=sha256:") >= len(pins)
        assert not [pin for pin in pins if pin.startswith(("-", "torch==", "triton==", "nvidia-", "cuda-"))]


def test_the_pinned_torch_satisfies_the_project() -> None:
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    torch = next(r for r in map(Requirement, project["dependencies"]) if r.name == "torch")
    pinned = next(line for line in (ROOT / ".ci/torch").read_text().splitlines() if line.startswith("version="))
    assert torch.specifier.contains(pinned.removeprefix("version="))


@pytest.mark.skipif(not shutil.which("make"), reason="make is not here")
def test_make_alone_lists_the_targets() -> None:
    told = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = {line.split()[1] for line in told.splitlines() if line.startswith("make ")}
    assert targets == {"help", "demo", "test", "accept", "audit", "check", "bench", "lock", "clean"}


def test_continuous_integration_runs_make_test() -> None:
    assert (ROOT / ".ci/run").read_text().endswith("exec make test\n")
    assert os.access(ROOT / ".ci/run", os.X_OK)
