"""Shared by all tests: no network by construction, a small invented ledger, and fakes at our own seams."""

import hashlib
import math
import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

# libcurl and child processes do not see a patched socket: a dead proxy for everything but loopback stops them too.
os.environ.update(
    dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9"
    )
    | {"NO_PROXY": "127.0.0.0/8,localhost,::1", "no_proxy": "127.0.0.0/8,localhost,::1"}
    | {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", "GOMP_SPINCOUNT": "1000"}
)
for _name in [n for n in os.environ if n.startswith("BELL_")]:
    del os.environ[_name]

from ingest.config import Config  # noqa: E402  # after the environment is set
from ingest.ledger import Ledger, upgrade_ledger  # noqa: E402
from ingest.types import Article, Bar, History, Instrument, Session, digest  # noqa: E402

pytest_plugins = ["tests.postgres"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)  # a Friday, half an hour after New York's close

TO_FIRST_SCHEMA = """
    ALTER TABLE sources DROP COLUMN read_in_full;
    ALTER TABLE sources DROP COLUMN fresh_until;
    ALTER TABLE sources DROP COLUMN moved_to;
    ALTER TABLE sources DROP COLUMN moves;
    DROP TABLE article_revisions;
    DROP TABLE former_names;
    DROP TABLE receipts;
    UPDATE alembic_version SET version_num = '0001';
""" + "".join(
    f"ALTER TABLE {table} DROP COLUMN seal;"
    for table in ("actions", "articles", "bars", "briefings", "instruments", "quotes", "runs", "sessions", "sources")
)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Python sockets reach loopback only."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"
        if not str(host).startswith("127.") and host not in {"::1", "localhost"}:
            raise OSError(f"tests reach no network: {host}")
        real(self, address)

    socket.socket.connect = connect  # type: ignore[assignment,method-assign]
    yield
    socket.socket.connect = real  # type: ignore[method-assign]


@pytest.fixture
def shared() -> Path:
    """The captured data beside the repository; tests that need them skip where they are absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the captured data are not at {SHARED}")
    return SHARED


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", now=NOW)


@pytest.fixture
def ledger(config: Config) -> Iterator[Ledger]:
    opened = upgrade_ledger(config)
    yield opened
    opened.close()


# An invented market ------------------------------------------------------------------------------------------------


def instrument(symbol: str, name: str = "", kind: str = "equity", **more: str) -> Instrument:
    given = {"exchange": "NasdaqGS", "calendar": "XNYS", "zone": "America/New_York", "currency": "USD"} | more
    return Instrument(symbol=symbol, name=name or symbol, kind=kind, **given)


def weekdays(start: date, end: date) -> list[date]:
    days = [start + timedelta(days=i) for i in range((end - start).days + 1)]
    return [d for d in days if d.weekday() < 5]


def close_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 21, 0, tzinfo=UTC)  # 16:00 in New York's winter


def bar(symbol: str, day: date, close: float, fetched: datetime | None = None, **more: Any) -> Bar:
    prices = {"open": close - 1, "high": close + 2, "low": close - 2} | more
    at = close_of(day)
    return Bar(
        symbol=symbol, day=day, close=close, volume=1000, currency="USD", closed_at=at, source="yahoo",
        fetched=fetched or at + timedelta(minutes=10), known_from=at, **prices,
    )  # fmt: skip


def put_market(
    ledger: Ledger, symbol: str, closes: Sequence[float], name: str = "", end: date = date(2026, 2, 27), **more: str
) -> list[Bar]:
    """Weekday sessions up to `end` with these closes, and XNYS sessions around them."""
    days = weekdays(end - timedelta(days=2 * len(closes) + 10), end)[-len(closes) :]
    bars = [bar(symbol, d, c) for d, c in zip(days, closes, strict=True)]
    made = instrument(symbol, name, **more)
    ledger.market.put(History(made, tuple(bars), None))
    ledger.market.put_names([(made.name, symbol)], "instrument")
    around = weekdays(days[0] - timedelta(days=30), end + timedelta(days=30))
    ledger.market.put_sessions(
        Session(made.calendar, d, close_of(d) - timedelta(hours=6, minutes=30), close_of(d)) for d in around
    )
    return bars


def article(title: str, text: str = "", hours_ago: float = 5, source: str = "Test Wire", **more: Any) -> Article:
    published = NOW - timedelta(hours=hours_ago)
    given: dict[str, Any] = {
        "id": digest(title, source), "feed": f"https://feeds.test/{source}", "url": f"https://news.test/{digest(title)}",
        "published": published, "first_seen": published, "fetched": published,
    }  # fmt: skip
    return Article(title=title, text=text, source=source, **(given | more))


# Fakes at our own seams --------------------------------------------------------------------------------------------


def hash_embedding() -> Any:
    """A deterministic bag-of-words embedding: texts that share words are near each other."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class HashEmbedding(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            vector = [0.0] * 64
            for word in re.findall(r"[a-z]+", text.lower()):
                vector[int(hashlib.md5(word.encode()).hexdigest(), 16) % 64] += 1.0
            norm = math.sqrt(sum(v * v for v in vector)) or 1.0
            return [v / norm for v in vector]

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    return HashEmbedding(model_name="hash")


class ScriptedModel:
    """A generator that says what it is told to. `asked` records (adapter on, prompt)."""

    def __init__(self, reply: str | Callable[[str], str] = "", adapter: str | None = None) -> None:
        self._reply, self._adapter = reply, adapter
        self.asked: list[tuple[bool, str]] = []

    @property
    def model_info(self) -> dict[str, Any]:
        return {"base": "scripted", "adapter": self._adapter}

    def with_adapter(self, enabled: bool) -> Any:
        from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

        outer = self

        class Scripted(CustomLLM):
            @property
            def metadata(self) -> LLMMetadata:
                return LLMMetadata(model_name="scripted")

            def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
                outer.asked.append((enabled, prompt))
                text = outer._reply(prompt) if callable(outer._reply) else outer._reply
                return CompletionResponse(text=text)

            def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> Any:
                text, so_far = self.complete(prompt).text, ""
                for word in re.findall(r"\S+\s*", text):
                    so_far += word
                    yield CompletionResponse(text=so_far, delta=word)

        return Scripted()
