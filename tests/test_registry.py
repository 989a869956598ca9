"""Adapters: where they are found, which is in use, how to go back, and which are refused before a model is loaded."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.generator import registry
from assistant.generator.inspection import BUNDLED, best_arms, check
from assistant.generator.registry import Active, active, adapters, candidate, in_use, rollback, routes, use
from assistant.prompts import PROMPT_VERSION
from ingest.config import Config
from ingest.errors import ConfigError, ModelError, ModelMissing
from tests.conftest import ROOT

WEIGHTS = b"not looked into before a model is loaded"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def config(home: Path) -> Config:
    return Config(home=home)


@pytest.fixture(autouse=True)
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where adapters ship: one, `default`."""
    folder = tmp_path / "weights"
    monkeypatch.setattr(registry, "resource", {"adapters/weights": folder}.__getitem__)
    put(folder / "default")
    return folder


def put(folder: Path, **recipe: object) -> Path:
    """An adapter as `bell train` leaves it."""
    folder.mkdir(parents=True)
    (folder / "adapter_model.safetensors").write_bytes(WEIGHTS)
    settings = {"peft_type": "LORA", "base_model_name_or_path": BUNDLED}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    made = {
        "name": folder.name,
        "prompt_version": PROMPT_VERSION,
        "weights_sha256": hashlib.sha256(WEIGHTS).hexdigest(),
    }
    (folder / "recipe.json").write_text(json.dumps(made | recipe))
    return folder


def put_own(home: Path, *names: str) -> None:
    for name in names:
        put(home / "adapters" / name)


# Which is in use ---------------------------------------------------------------------------------------------------


def test_the_setting_wins_over_the_one_put_in_use_and_that_over_the_shipped(home: Path, shipped: Path) -> None:
    put_own(home, "mine")
    assert in_use(Config(home=home)) == shipped / "default"
    use(Config(home=home), "mine")
    assert in_use(Config(home=home)) == home / "adapters" / "mine"
    assert in_use(Config(home=home, adapter="/elsewhere/lora")) == Path("/elsewhere/lora")
    assert in_use(Config(home=home, adapter="none")) is None


def test_the_shipped_adapter_serves_the_bundled_base_only(home: Path, shipped: Path) -> None:
    assert in_use(Config(home=home, base_model="org/Other-1B")) is None
    assert in_use(Config(home=home, base_model="/models/SmolLM2-135M-Instruct")) == shipped / "default"


def test_rollback_goes_back_step_by_step_to_the_shipped_one(config: Config, home: Path) -> None:
    put_own(home, "a", "b")
    for name in ("a", "b", "b"):
        use(config, name)
    assert active(home) == Active("b", ("default", "a"))
    assert rollback(config) == ("a", [])
    assert rollback(config) == ("default", [])
    with pytest.raises(ModelError, match="no adapter was in use before this one; `bell adapter use NAME`"):
        rollback(config)
    assert active(home) == Active("default", ())


def test_rollback_passes_over_what_can_no_longer_be_loaded(config: Config, home: Path) -> None:
    put_own(home, "a", "b", "c")
    for name in ("a", "b", "c"):
        use(config, name)
    (home / "adapters" / "b" / "adapter_model.safetensors").write_bytes(b"spoilt")
    assert rollback(config) == ("a", ["b"])


def test_rollback_reaches_the_base_alone_where_none_ships(config: Config, home: Path, shipped: Path) -> None:
    (shipped / "default").rename(shipped.parent / "away")
    put_own(home, "a")
    use(config, "a")
    assert rollback(config) == ("default", [])
    assert in_use(config) is None


@pytest.mark.parametrize("name", ["missing", "../a", "", "none", "/etc"])
def test_an_unknown_name_is_not_put_in_use(config: Config, home: Path, name: str) -> None:
    put_own(home, "a")
    with pytest.raises(ConfigError, match=r"there is no adapter .*`bell adapter list`"):
        use(config, name)
    assert not (home / "adapters" / "active.json").exists()


def test_an_adapter_that_cannot_be_loaded_is_not_put_in_use(config: Config, home: Path) -> None:
    put(home / "adapters" / "old", prompt_version=PROMPT_VERSION - 1)
    with pytest.raises(ModelError, match="was trained for prompt version"):
        use(config, "old")
    assert active(home) == Active()


def test_an_adapter_in_use_that_is_gone_names_the_way_back(config: Config, home: Path) -> None:
    put_own(home, "a")
    use(config, "a")
    (home / "adapters" / "a").rename(home / "moved")
    with pytest.raises(ModelMissing, match=r"adapter a is in use and gone from .*; run `bell adapter rollback`"):
        in_use(config)


def test_nobody_takes_the_name_of_a_shipped_adapter(home: Path, shipped: Path) -> None:
    put_own(home, "default", "mine")
    assert adapters(home) == {"default": shipped / "default", "mine": home / "adapters" / "mine"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"name": "a"}',
        '{"name": 1, "before": []}',
        '{"name": "../a", "before": []}',
        '{"name": "a", "before": [null]}',
        '{"name": "a", "before": "default"}',
    ],
)
def test_a_broken_record_is_one_line_with_its_fix(config: Config, home: Path, text: str) -> None:
    put_own(home, "a")
    (home / "adapters" / "active.json").write_text(text)
    for call in (lambda: in_use(config), lambda: use(config, "a"), lambda: rollback(config)):
        with pytest.raises(ModelError, match=r"active.json does not say which adapter is in use; remove it, then"):
            call()


def test_a_write_that_is_cut_short_leaves_the_record_before(
    config: Config, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_own(home, "a", "b")
    use(config, "a")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ModelError, match=r"active.json cannot be written: No space left"):
        use(config, "b")
    assert active(home) == Active("a", ("default",))


# Names for a training ----------------------------------------------------------------------------------------------


def test_a_training_without_a_name_takes_the_first_that_is_not_finished(config: Config, home: Path) -> None:
    assert candidate(home) == "own-1"
    put_own(home, "own-1")
    assert candidate(home) == "own-1"  # trained, its evaluation was cut short
    (home / "adapters" / "own-1" / "results.json").write_text("{}")
    assert candidate(home) == "own-2"
    put_own(home, "own-2")
    use(config, "own-2")
    assert candidate(home) == "own-3"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("default", "is shipped, finished or in use"),
        ("none", "is shipped, finished or in use"),
        ("used", "is shipped, finished or in use"),
        ("before", "is shipped, finished or in use"),
        ("finished", "is shipped, finished or in use"),
        ("../x", "is no name"),
        ("", "is no name"),
        (".hidden", "is no name"),
    ],
)
def test_a_training_writes_over_nothing_that_counts(config: Config, home: Path, name: str, complaint: str) -> None:
    put_own(home, "before", "used", "finished")
    use(config, "before")
    use(config, "used")
    (home / "adapters" / "finished" / "results.json").write_text("{}")
    with pytest.raises(ConfigError, match=complaint):
        candidate(home, name)
    assert candidate(home, "new") == "new"


# What the files tell -----------------------------------------------------------------------------------------------


def test_an_adapter_of_another_prompt_version_is_refused_with_both_and_the_command(tmp_path: Path) -> None:
    old = put(tmp_path / "old", prompt_version=PROMPT_VERSION + 1)
    with pytest.raises(ModelError) as caught:
        check(old, BUNDLED)
    assert caught.value.cause.endswith(
        f"was trained for prompt version {PROMPT_VERSION + 1}, and this release asks in {PROMPT_VERSION}"
    )
    assert "`bell train`" in caught.value.fix


def test_weights_that_are_not_those_of_the_recipe_are_damaged(tmp_path: Path) -> None:
    folder = put(tmp_path / "a")
    check(folder, BUNDLED)
    (folder / "adapter_model.safetensors").write_bytes(WEIGHTS[:-1])
    with pytest.raises(ModelError, match=r"is damaged: its weights are not those that recipe.json names"):
        check(folder, BUNDLED)


@pytest.mark.parametrize("told", [{}, {"prompt_version": None, "weights_sha256": None}])
def test_what_a_recipe_does_not_say_is_not_asked_for(tmp_path: Path, told: dict[str, object]) -> None:
    folder = put(tmp_path / "a")
    (folder / "recipe.json").write_text(json.dumps(told))
    check(folder, BUNDLED)


def test_an_adapter_made_elsewhere_needs_no_recipe(tmp_path: Path) -> None:
    folder = put(tmp_path / "foreign")
    (folder / "recipe.json").unlink()
    check(folder, BUNDLED)


def spoilt(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "recipe.json").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [(spoilt("{"), "recipe.json cannot be read"), (spoilt("[]"), "recipe.json is no object")],
)
def test_a_broken_recipe_is_no_foreign_adapter(tmp_path: Path, spoil: Callable[[Path], object], complaint: str) -> None:
    folder = put(tmp_path / "a")
    spoil(folder)
    with pytest.raises(ModelError, match=complaint):
        check(folder, BUNDLED)


# Routes ------------------------------------------------------------------------------------------------------------


def test_the_best_arms_are_those_of_the_adapter_in_use(config: Config, home: Path, shipped: Path) -> None:
    assert routes(config) == {}
    (shipped / "default" / "routes.json").write_text('{"reason": "hybrid", "term": "lora"}')
    assert routes(config) == {"reason": "hybrid", "term": "lora"}
    put_own(home, "mine")
    (home / "adapters" / "mine" / "routes.json").write_text('{"term": "base"}')
    use(config, "mine")
    assert routes(config) == {"term": "base"}


def test_nothing_was_measured_without_the_adapter_or_with_a_server(home: Path, shipped: Path) -> None:
    (shipped / "default" / "routes.json").write_text('{"term": "lora"}')
    assert routes(Config(home=home, adapter="none")) == {}
    assert routes(Config(home=home, generator_url="http://127.0.0.1:1/v1")) == {}
    assert routes(Config(home=home, base_model="org/Other-1B")) == {}


@pytest.mark.parametrize("table", ['{"term": "best"}', '{"gossip": "rag"}', '{"term": null}', '{"term": ["rag"]}'])
def test_a_route_that_leads_nowhere_is_named(tmp_path: Path, table: str) -> None:
    folder = put(tmp_path / "a")
    (folder / "routes.json").write_text(table)
    with pytest.raises(ModelError, match=r"routes.json names no known kind or arm"):
        best_arms(folder)


def test_every_shipped_adapter_can_be_loaded_by_this_version() -> None:
    for settings in (ROOT / "adapters" / "weights").glob("*/adapter_config.json"):
        check(settings.parent, BUNDLED)
        best_arms(settings.parent)
