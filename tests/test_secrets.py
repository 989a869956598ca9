"""Twelve secrets from environment, config file and addresses: none is printed, logged, stored in a report, shown in a
traceback or a briefing, or put before a model."""

import logging
from contextlib import closing
from pathlib import Path

import pytest

import ingest.index
from ingest.config import Config, load_config
from ingest.errors import ConfigError
from ingest.index import embedding_name, open_index
from ingest.indexing import Indexer
from ingest.ledger import Ledger, upgrade_ledger
from tests.conftest import NOW, article, hash_embedding, put_market
from tests.loopback import model_site
from tests.test_cli import Bell, bell

__all__ = ["bell"]

CANARY = "canary"
FEEDS = [
    f"http://reader:{CANARY}1@127.0.0.1:9/feed", f"http://{CANARY}2@127.0.0.1:9/feed",
    f"http://127.0.0.1:9/feed?token={CANARY}3", f"https://reader:{CANARY}4@feeds.invalid/x?key={CANARY}5",
]  # fmt: skip
ENVIRONMENT = {
    "BELL_GENERATOR_API_KEY": f"sk-{CANARY}6",
    "BELL_GENERATOR_URL": f"http://user:{CANARY}7@127.0.0.1:9/v1",
    "BELL_GENERATOR_MODEL": "some-model",
    "BELL_YAHOO_BASE_URL": f"http://user:{CANARY}8@127.0.0.1:9",
    "HTTP_PROXY": f"http://user:{CANARY}9@127.0.0.1:9",
    "HTTPS_PROXY": f"http://user:{CANARY}10@127.0.0.1:9",
    "NO_PROXY": "",
}
FILE = f'generator_api_key = "sk-{CANARY}11"\nuser_agent_contact = "desk@example.com"\n'
DATABASE = f"postgresql+psycopg://bell:{CANARY}12@127.0.0.1:9/bell"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    ledger = upgrade_ledger(Config(home=home))
    put_market(ledger, "KSTL", [100.0, 110.25, 105.5], "Kestrel Robotics")
    told = article("Kestrel lifts outlook", "Kestrel raised its forecast.", symbols=("KSTL",), feed=FEEDS[2])
    ledger.news.put([told])
    ledger.sources.add_feeds(FEEDS, NOW)
    ledger.sources.watch(["KSTL"], NOW)
    ledger.close()
    (home / "config.toml").write_text(FILE)
    (home / "config.toml").chmod(0o600)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
        if "PROXY" in name:
            monkeypatch.setenv(name.lower(), value)
    return home


LINES = [
    *(
        "ingest news",
        "ingest news --json",
        "ingest news --debug",
        "status",
        "status --json",
        "brief",
        "brief --format html",
    ),
    *("brief --format json", "quote KSTL", "news", "history", "adapter list", "doctor"),
    *("ask|What is a bond?|--debug", f"feeds|test|{FEEDS[0]}", f"feeds|test|{FEEDS[3]}|--debug"),
]


def test_no_command_tells_a_secret(bell: Bell, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)  # as without a set-up, and the product makes none
    told = {}
    for line in LINES:
        _, out, err = bell(*(line.split("|") if "|" in line else line.split()))
        told[line] = [row for row in (out + err).splitlines() if CANARY in row]
    assert {line: rows for line, rows in told.items() if rows} == {}
    assert CANARY not in caplog.text


def test_no_prompt_holds_a_secret(bell: Bell, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.index, "load_embedding", lambda _: hash_embedding())
    with closing(upgrade_ledger(Config(home=home))) as ledger:
        index = open_index(Config(home=home), embedding_name(Config()), 64, create=True)
        Indexer(ledger, hash_embedding, lambda _: index).run(NOW)
    with model_site(lambda _: "Nothing is said of that.") as site:
        monkeypatch.setenv("BELL_GENERATOR_URL", site.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        for question in ("What is a bond?", "Why did KSTL rise?", "What did Kestrel raise?"):
            bell("ask", question)
    assert "Kestrel raised its forecast" in str(site.asked)
    assert CANARY not in str(site.asked)


def test_no_report_of_a_run_keeps_a_secret(bell: Bell, home: Path) -> None:
    bell("ingest", "news")
    ledger: Ledger = upgrade_ledger(Config(home=home))
    assert CANARY not in str(ledger.sources.last_run())
    assert CANARY not in str([s.last_error for s in ledger.sources.states().values()])


@pytest.mark.parametrize("command", ["status", "ingest", "ask|What did KSTL close at?", "brief"])
def test_a_database_address_is_never_repeated(
    bell: Bell, home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for address in (DATABASE, f"sqlite+{CANARY}://x:{CANARY}@h/y", f"sqlite://user:{CANARY}@host/x", f"{CANARY}"):
        monkeypatch.setenv("BELL_DATABASE_URL", address)
        code, out, err = bell(*command.split("|"))
        assert CANARY not in out + err, address
        assert code != 0


@pytest.mark.parametrize(
    "key", ["generator_api_key", "generator_url", "database_url", "yahoo_base_url", "cboe_base_url"]
)
def test_a_secret_of_the_wrong_type_is_not_repeated(tmp_path: Path, key: str) -> None:
    (tmp_path / "config.toml").write_text(f'{key} = ["http://u:{CANARY}@h"]')
    with pytest.raises(ConfigError) as caught:
        load_config({"home": tmp_path}, {})
    assert CANARY not in str(caught.value)
    assert key in str(caught.value)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o644, True)])
def test_a_config_file_with_a_secret_is_to_be_its_owners_alone(tmp_path: Path, mode: int, warned: bool) -> None:
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    file.chmod(mode)
    _, warnings = load_config({"home": tmp_path}, {})
    assert [f"chmod 600 {file}" in w for w in warnings] == [True] * warned
    file.write_text('timezone = "UTC"\n')
    assert load_config({"home": tmp_path}, {})[1] == []
    assert file.stat().st_mode & 0o777 == mode
