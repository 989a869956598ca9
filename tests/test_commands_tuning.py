"""`bell train`, `bell eval`, `bell adapter`: what the children are told, and what is said and kept of what they did.

The children are real processes; their scripts are small ones of this file, found where the real ones would be.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.commands import child
from assistant.commands.tuning import evaluation_arguments, named
from assistant.generator import registry
from assistant.generator.inspection import BUNDLED
from assistant.prompts import PROMPT_VERSION
from ingest.errors import ConfigError

Bell = Callable[..., tuple[int, str, str]]

# Each notes how it was called, and does what `DO` says; train.py and evaluate.py leave what the real ones leave.
SCRIPT = """
import json, os, sys
from pathlib import Path
home, args = Path(os.environ["BELL_HOME"]), sys.argv[1:]
step = "gate" if "--gate" in args else Path(__file__).stem
with (home.parent / "calls").open("a") as calls:
    calls.write(json.dumps([step, *args]) + "\\n")
do = json.loads((home.parent / "do").read_text()).get(step, {})
if step == "train":
    folder = home / "adapters" / args[args.index("--name") + 1]
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"w")
    (folder / "adapter_config.json").write_text(json.dumps(do["settings"]))
elif step == "evaluate" and "-o" in args and not do.get("code"):
    (Path(args[args.index("-o") + 1]) / "results.json").write_text('{"n": 1}')
print(do.get("out", ""), end="", flush=True)
print(do.get("err", ""), end="", file=sys.stderr, flush=True)
if do.get("interrupts"):
    import signal, time
    (home.parent / "pid").write_text(str(os.getpid()))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
if do.get("dies"):
    os.kill(os.getpid(), do["dies"])
sys.exit(do.get("code", 0))
"""
SETTINGS = {"peft_type": "LORA", "base_model_name_or_path": BUNDLED}
PASSED: dict[str, Any] = {
    "train": {"settings": SETTINGS},
    "evaluate": {"out": "a report\n"},
    "gate": {"out": "+0.10 truthfulness\n"},
}


@pytest.fixture
def bell(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Bell]:
    """Runs `bell ARGUMENTS` with the scripts above and the adapter `default` shipped: (exit code, stdout, stderr)."""
    scripts = tmp_path / "adapters"
    scripts.mkdir()
    for name in ("train.py", "evaluate.py"):
        (scripts / name).write_text(SCRIPT)
    put(scripts / "weights" / "default", truthfulness=0.83)
    monkeypatch.setattr(child, "resource", lambda name: tmp_path / name)
    monkeypatch.setattr(registry, "resource", lambda name: tmp_path / name)
    monkeypatch.setenv("BELL_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    do(tmp_path, **PASSED)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        said = capfd.readouterr()
        return int(stop.value.code or 0), said.out, said.err

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    yield run
    signal.signal(signal.SIGINT, before)


def put(folder: Path, truthfulness: float | None = None, **recipe: object) -> None:
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(b"w")
    (folder / "adapter_config.json").write_text(json.dumps(SETTINGS))
    (folder / "recipe.json").write_text(json.dumps({"prompt_version": PROMPT_VERSION} | recipe))
    if truthfulness is not None:
        measured = {"product": {"arms": {"hybrid": {"truthfulness": truthfulness}}}}
        (folder / "results.json").write_text(json.dumps(measured))


def do(tmp_path: Path, **steps: dict[str, Any]) -> None:
    (tmp_path / "do").write_text(json.dumps(PASSED | steps))


def calls(tmp_path: Path) -> list[list[str]]:
    file = tmp_path / "calls"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def active(tmp_path: Path) -> str:
    return registry.active(tmp_path / "home").name


# bell eval ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((False, None, (), None), []),
        ((True, None, (), None), ["--quick"]),
        ((False, "rag,hybrid", (), None), ["--arms", "rag,hybrid"]),
        ((False, None, ("a=/", "b=/tmp"), None), ["--data", "a=/", "--data", "b=/tmp"]),
        ((True, "base", ("a=/",), Path("out")), ["--quick", "--arms", "base", "--data", "a=/", "-o", "out"]),
    ],
)
def test_the_script_is_told_what_the_command_was_told(given: Any, expected: list[str]) -> None:
    assert evaluation_arguments(*given) == expected


@pytest.mark.parametrize("arms", ["best", "rag,", "rag,best", "", "rag, hybrid"])
def test_an_arm_that_there_is_not_is_refused(arms: str) -> None:
    with pytest.raises(ConfigError, match="the arms are base, lora, rag, hybrid"):
        evaluation_arguments(False, arms, (), None)


@pytest.mark.parametrize(
    ("given", "complaint"), [("tatqa", "is not NAME=PATH"), ("=/tmp", "is not NAME=PATH"), ("a=", "is not NAME=PATH")]
)
def test_a_set_without_name_or_path_is_refused(given: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        named([given])


def test_a_set_that_is_not_there_is_said_before_anything_starts(bell: Bell, tmp_path: Path) -> None:
    for command in ("eval", "train"):
        code, _, err = bell(command, "--data", f"tatqa={tmp_path}/nowhere")
        assert (code, err.count("\n")) == (2, 1)
        assert f"there is no {tmp_path}/nowhere" in err
    assert calls(tmp_path) == []


def test_the_report_and_the_progress_pass_through_and_so_does_the_exit_code(bell: Bell, tmp_path: Path) -> None:
    do(tmp_path, evaluate={"out": "a table\n", "err": "3 of 5\n", "code": 3})
    assert bell("eval", "--quick") == (3, "a table\n", "3 of 5\n")
    assert calls(tmp_path) == [["evaluate", "--quick"]]


def test_home_reaches_the_child(bell: Bell, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "do").write_text("{}")
    assert bell("eval", "--home", str(tmp_path / "elsewhere" / "home"))[0] == 0
    assert calls(tmp_path / "elsewhere") == [["evaluate"]]


@pytest.mark.parametrize(
    ("does", "code", "expected"),
    [
        ({"out": '{"n": 1}\n'}, 0, {"n": 1}),
        ({"out": '{"status": "error"}\n', "code": 2}, 2, {"status": "error"}),
        ({"out": "", "code": 2}, 2, None),
        ({"out": "half a li"}, 1, None),
        ({"dies": signal.SIGKILL}, 137, None),
    ],
)
def test_stdout_is_one_json_document_whatever_the_child_did(
    bell: Bell, tmp_path: Path, does: dict[str, Any], code: int, expected: Any
) -> None:
    do(tmp_path, evaluate=does)
    got, out, _ = bell("eval", "--json")
    assert calls(tmp_path) == [["evaluate", "--json"]]
    failed = {
        "status": "error", "error": "the evaluation ended without a result", "fix": "read its last lines above",
        "exit_code": code,
    }  # fmt: skip
    assert (got, json.loads(out)) == (code, expected or failed)


@pytest.mark.parametrize("command", ["eval", "train"])
def test_an_interrupt_ends_the_child_too(bell: Bell, tmp_path: Path, command: str) -> None:
    does = {"interrupts": True, "settings": SETTINGS}
    do(tmp_path, evaluate=does, train=does)
    code, _, err = bell(command)
    assert (code, err) == (130, "bell: interrupted\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize("does", [{"dies": signal.SIGINT}, {"code": 130, "out": "{}"}])
def test_a_child_that_was_interrupted_is_an_interrupt(bell: Bell, tmp_path: Path, does: dict[str, Any]) -> None:
    do(tmp_path, evaluate=does)
    code, out, _ = bell("eval", "--json")
    assert (code, json.loads(out)["error"]) == (130, "interrupted")


def test_a_script_that_is_not_installed_is_named(bell: Bell, tmp_path: Path) -> None:
    (tmp_path / "adapters" / "evaluate.py").unlink()
    code, _, err = bell("eval")
    assert (code, err.count("\n")) == (1, 1)
    assert "evaluate.py is not there; install openingbell again" in err


# bell train --------------------------------------------------------------------------------------------------------


def test_a_training_that_passes_the_gate_is_put_in_use(bell: Bell, tmp_path: Path) -> None:
    code, out, _ = bell("train", "--name", "mine", "--minutes", "20", "--data", f"tatqa={tmp_path}")
    mine, default = tmp_path / "home/adapters/mine", tmp_path / "adapters/weights/default"
    assert calls(tmp_path) == [
        [
            "train",
            "--name",
            "mine",
            "--ledger",
            "--minutes",
            "20",
            "--data",
            f"tatqa={tmp_path}",
            "--from",
            str(default),
        ],
        ["evaluate", "--adapter", str(mine), "-o", str(mine)],
        ["gate", "--gate", str(mine), str(default)],
    ]
    assert (code, active(tmp_path)) == (0, "mine")
    assert out == (
        "a report\n  +0.10 truthfulness\n"
        "Adapter mine passed the gate and is in use. `bell adapter rollback` takes it back.\n"
    )
    assert bell("adapter", "rollback")[:2] == (0, "Adapter default is in use.\n")


def test_a_training_that_does_not_pass_changes_nothing_and_says_why(bell: Bell, tmp_path: Path) -> None:
    do(tmp_path, gate={"out": "news is worse by 0.20\nwrong answers rise\n", "code": 1})
    code, out, _ = bell("train")
    assert (code, active(tmp_path)) == (3, "default")
    assert out == (
        "a report\n  news is worse by 0.20\n  wrong answers rise\n"
        "Adapter own-1 did not pass the gate: default stays in use. `bell adapter use own-1` overrules that.\n"
    )
    assert bell("adapter", "use", "own-1")[0] == 0


def test_with_json_a_training_prints_one_document(bell: Bell, tmp_path: Path) -> None:
    code, out, err = bell("train", "--json")
    assert (code, json.loads(out)) == (
        0, {"name": "own-1", "promoted": True, "in_use": "own-1", "reasons": ["+0.10 truthfulness"]},
    )  # fmt: skip
    assert err == "a report\n"


@pytest.mark.parametrize(
    ("step", "does", "code", "said"),
    [
        ("train", {"settings": SETTINGS, "code": 5}, 5, "the training failed and changed nothing; `bell train --name"),
        ("train", {"settings": SETTINGS | {"peft_type": "IA3"}}, 1, "is IA3, and only LORA is known"),
        ("evaluate", {"code": 1}, 1, "adapter own-1 is trained, but its evaluation failed; `bell train --name own-1`"),
        ("gate", {"code": 2, "out": "usage"}, 2, "adapter own-1 was not compared: the gate failed; `bell adapter use"),
        ("gate", {"code": 1, "err": "Traceback\n"}, 1, "the gate failed"),
    ],
)
def test_a_step_that_fails_puts_nothing_in_use_and_names_the_next(
    bell: Bell, tmp_path: Path, step: str, does: dict[str, Any], code: int, said: str
) -> None:
    do(tmp_path, **{step: does})
    got, _, err = bell("train")
    assert (got, active(tmp_path)) == (code, "default")
    assert said in err.splitlines()[-1]


def test_an_evaluation_that_was_cut_short_goes_on_without_training_again(bell: Bell, tmp_path: Path) -> None:
    do(tmp_path, evaluate={"code": 1})
    bell("train")
    do(tmp_path)
    code, _, err = bell("train")
    assert [c[0] for c in calls(tmp_path)] == ["train", "evaluate", "evaluate", "gate"]
    assert (code, active(tmp_path)) == (0, "own-1")
    assert "own-1 is trained already" in err


def test_where_no_adapter_is_in_use_the_new_one_is_taken_and_that_is_said(
    bell: Bell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "adapters" / "weights").rename(tmp_path / "away")
    code, out, _ = bell("train")
    assert [c[0] for c in calls(tmp_path)] == ["train", "evaluate"]
    assert (code, active(tmp_path)) == (0, "own-1")
    assert "there was no adapter to compare it with" in out


def test_an_adapter_that_no_longer_fits_holds_back_no_new_one(bell: Bell, tmp_path: Path) -> None:
    put(tmp_path / "home/adapters/old")
    bell("adapter", "use", "old")
    (tmp_path / "home/adapters/old/recipe.json").write_text(json.dumps({"prompt_version": PROMPT_VERSION - 1}))
    code, _, err = bell("train")
    assert (code, active(tmp_path)) == (0, "own-1")
    assert "the new adapter is not compared with it" in err


@pytest.mark.parametrize("results", [None, '{"n": 64, "quick": true}'])
def test_an_adapter_without_full_results_is_compared_with_as_well(
    bell: Bell, tmp_path: Path, results: str | None
) -> None:
    foreign = tmp_path / "home/adapters/foreign"
    put(foreign)
    if results:
        (foreign / "results.json").write_text(results)
    bell("adapter", "use", "foreign")
    assert bell("train")[0] == 0
    assert calls(tmp_path)[-1] == ["gate", "--gate", str(tmp_path / "home/adapters/own-1"), str(foreign)]


def test_what_the_gate_evaluates_again_is_said_as_it_goes_and_is_no_reason(bell: Bell, tmp_path: Path) -> None:
    do(tmp_path, gate={"err": "Evaluating default again\n", "out": "+0.10 truthfulness\n"})
    _, out, err = bell("train", "--json")
    assert (json.loads(out)["reasons"], err) == (["+0.10 truthfulness"], "a report\nEvaluating default again\n")


def test_a_setting_that_overrules_a_promotion_is_said(
    bell: Bell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELL_ADAPTER", "none")
    _, _, err = bell("train")
    assert active(tmp_path) == "own-1"
    assert "warning: the setting adapter = none wins over that" in err


# bell adapter ------------------------------------------------------------------------------------------------------


def test_the_list_says_which_is_in_use_how_good_and_whether_it_fits(bell: Bell, tmp_path: Path) -> None:
    put(tmp_path / "home/adapters/mine")
    put(tmp_path / "home/adapters/old", prompt_version=PROMPT_VERSION + 1)
    bell("adapter", "use", "mine")
    code, out, _ = bell("adapter", "list")
    rows = out.splitlines()
    assert code == 0
    assert rows[0].startswith(f"  default      truthfulness +0.83; base {BUNDLED}, prompt version {PROMPT_VERSION}")
    assert rows[1].startswith("* mine         not evaluated; base ")
    assert "does not fit: " in rows[2]
    assert f"prompt version {PROMPT_VERSION + 1}, and this release" in rows[2]
    listed = json.loads(bell("adapter", "list", "--json")[1])
    assert [(r["name"], r["truthfulness"], r["in_use"], r["fits"]) for r in listed] == [
        ("default", 0.83, False, True),
        ("mine", None, True, True),
        ("old", None, False, False),
    ]
    assert list(listed[0]) == [
        "name", "folder", "base", "prompt_version", "truthfulness", "in_use", "problem", "fits",
    ]  # fmt: skip


def test_an_adapter_that_a_setting_names_is_listed_as_the_one_in_use(
    bell: Bell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "lora")
    monkeypatch.setenv("BELL_ADAPTER", str(tmp_path / "lora"))
    listed = json.loads(bell("adapter", "list", "--json")[1])
    assert [(r["name"], r["in_use"]) for r in listed] == [("default", False), (str(tmp_path / "lora"), True)]


def test_a_damaged_adapter_is_listed_with_its_fault(bell: Bell, tmp_path: Path) -> None:
    put(tmp_path / "home/adapters/bad")
    (tmp_path / "home/adapters/bad/results.json").write_text("{")
    [_, row] = json.loads(bell("adapter", "list", "--json")[1])
    assert (row["fits"], row["problem"].rpartition(": ")[2]) == (False, "results.json cannot be read")


def test_without_any_adapter_the_list_is_empty_and_says_what_makes_one(bell: Bell, tmp_path: Path) -> None:
    (tmp_path / "adapters" / "weights").rename(tmp_path / "away")
    code, out, err = bell("adapter", "list")
    assert (code, out) == (0, "")
    assert "`bell train` makes one" in err
    assert bell("adapter", "list", "--json")[1] == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["use", "nobody"], 2, "bell: there is no adapter 'nobody'; `bell adapter list` shows those that there are\n"),
        (["rollback"], 1, "bell: no adapter was in use before this one; `bell adapter use NAME` takes another\n"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_next_step(
    bell: Bell, arguments: list[str], code: int, said: str
) -> None:
    assert bell("adapter", *arguments) == (code, "", said)


def test_with_json_use_and_rollback_print_what_is_in_use(bell: Bell, tmp_path: Path) -> None:
    put(tmp_path / "home/adapters/mine")
    assert json.loads(bell("adapter", "use", "mine", "--json")[1]) == {"in_use": "mine"}
    assert json.loads(bell("adapter", "rollback", "--json")[1]) == {"in_use": "default"}
