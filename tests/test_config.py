"""Settings: what wins over what, and what is said of a key that cannot be used."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.config import load_config
from ingest.errors import ConfigError


def write(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text)


def test_flag_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    write(tmp_path, 'base_model = "file"\nadapter = "file"\nembed_model = "file"\n')
    env = {"BELL_HOME": str(tmp_path), "BELL_BASE_MODEL": "env", "BELL_ADAPTER": "env"}
    config, warnings = load_config({"base_model": "flag"}, env)
    assert (config.base_model, config.adapter, config.embed_model) == ("flag", "env", "file")
    assert config.generator_url is None
    assert warnings == []


def test_an_unknown_variable_warns_by_name(tmp_path: Path) -> None:
    _, warnings = load_config({"home": tmp_path}, {"BELL_BASEMODEL": "x"})
    assert warnings == ["environment variable BELL_BASEMODEL is not a setting and is ignored"]


@pytest.mark.parametrize(
    ("file", "env", "expected"),
    [
        ("basemodel = 1", {}, "unknown key `basemodel`; the keys are database_url, base_model"),
        ("base_model = [1]", {}, "config.toml: `base_model` Input should be a valid string"),
        ("base_model = ", {}, "is not valid TOML"),
        ('home = "/elsewhere"', {}, "`home` cannot be set inside home"),
        ("", {"BELL_NOW": "yesterday"}, "BELL_NOW: `now`"),
        ("", {"BELL_NOW": "2026-02-27T21:30:00"}, "BELL_NOW: `now` needs a time zone"),
        ("", {"BELL_TIMEZONE": "Mars/Olympus"}, "BELL_TIMEZONE: `timezone` is no IANA time zone"),
        ("", {"BELL_BRIEF_AT": "06:45 Asia/Tokyo, 7am Europe/London"}, "`brief_at` has '7am Europe/London'"),
        ('brief_at = ["06:45"]', {}, "config.toml: `brief_at` has '06:45'; write a time and an IANA zone"),
        ('brief_at = ["06:45 Mars/Olympus"]', {}, "`brief_at` has '06:45 Mars/Olympus'"),
    ],
)
def test_a_key_that_cannot_be_used_fails_by_name(tmp_path: Path, file: str, env: dict[str, str], expected: str) -> None:
    write(tmp_path, file)
    with pytest.raises(ConfigError) as caught:
        load_config({"home": tmp_path}, env)
    assert expected in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_secret_is_not_repeated_in_the_message(tmp_path: Path) -> None:
    write(tmp_path, 'generator_api_key = ["sk-secret"]')
    with pytest.raises(ConfigError) as caught:
        load_config({"home": tmp_path}, {})
    assert "sk-secret" not in str(caught.value)


def test_a_comma_list_and_an_instant_are_read(tmp_path: Path) -> None:
    env = {"BELL_ALLOW_PRIVATE_HOSTS": "127.0.0.1:80, nas", "BELL_NOW": "2026-02-27T22:30:00+01:00"}
    config, _ = load_config({"home": tmp_path}, env)
    assert config.allow_private_hosts == ("127.0.0.1:80", "nas")
    assert config.clock() == datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
