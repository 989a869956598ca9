"""The read side's composition root and Python API: `make_assistant(config)` builds everything, lazily."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from threading import Event, Lock, RLock, Thread
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from assistant.answering import Answerer
from assistant.chat_engine import ChatSession
from assistant.config import AssistantConfig
from assistant.draft import AnswerStream
from assistant.errors import BellError, ConfigError, StoreMissing
from assistant.market.zone import market_zone
from assistant.refreshing import Refresh, Refresher
from assistant.types import Answer, Arm, Found, Kind
from assistant.understand import Vocabulary
from ingest.config import load_config
from ingest.ledger import Ledger, empty_ledger, has_ledger, open_ledger

if TYPE_CHECKING:
    from assistant.briefing import Briefing
    from assistant.query_engine import FinanceQueryEngine
    from assistant.response_synthesizer import Generator

Progress = Callable[[str], None]


def make_assistant(
    config: AssistantConfig | None = None, progress: Progress | None = None, refresh: Refresh | None = None
) -> "Assistant":
    """An assistant over the store under `config.home`. Without `config`: from the environment and `config.toml`.

    `progress` is told in a line what takes long (a model's first conversion). `refresh` polls symbols whose stored
    price is past its time, and must not take long; it is never called offline or with an `as_of`. Nothing is loaded
    before it is needed.
    """
    if config is None:
        config = AssistantConfig.model_validate(load_config()[0].model_dump())
    return Assistant(config, progress, refresh)


class Assistant:
    """Answers and briefings from one store, as of one instant (the present one by default)."""

    def __init__(
        self, config: AssistantConfig, progress: Progress | None = None, refresh: Refresh | None = None
    ) -> None:
        self.config = config
        self._progress = progress
        self._refresh = None if config.offline or config.as_of else refresh
        self._loading, self._reading = RLock(), Lock()
        self._read: object = None  # the state of the store that the parts were made from
        self._closed = Event()
        self._warming: Thread | None = None

    # What users call

    def ask(
        self, question: str, arm: Arm | None = None, use_model: bool = True, as_of: datetime | None = None
    ) -> Answer:
        return self.stream(question, arm, use_model, as_of).answer

    def stream(
        self, question: str, arm: Arm | None = None, use_model: bool = True, as_of: datetime | None = None
    ) -> AnswerStream:
        """Iterate over it for the text as it becomes final; then `.answer` is the whole. `as_of`: of this question
        alone."""
        return self.answerer.ask(question, arm, use_model, as_of).then(self._keep)

    def session(self, arm: Arm | None = None, use_model: bool = True, as_of: datetime | None = None) -> ChatSession:
        """A conversation: a follow-up takes symbols and period from the question before."""
        return ChatSession(self.answerer, arm, use_model, self._keep, as_of)

    def replay(self, answer: Answer) -> Answer:
        """The question of `answer` once more: as of its instant, in its arms, after what was said before it. The same
        store, settings and model give the same bytes. It is not saved."""
        asked = answer.asked
        again = self.answerer.ask(
            answer.question, asked.arm, asked.use_model, answer.as_of, asked.previous, arms=answer.arms
        )
        return again.answer

    def briefing(
        self, since: str | datetime | None = None, as_of: datetime | None = None, zone: str | None = None
    ) -> "Briefing":
        """What happened from `since` (an instant, or a span such as `24h`, `7d`; default 24 hours) until `as_of`, by
        default now. `zone`: whose days and times it is told in, by default the market's."""
        from assistant.briefing import build_briefing

        as_of = as_of or self.now()
        start = since if isinstance(since, datetime) else as_of - parse_span(since or "24h")
        return build_briefing(self.ledger, self.followed, as_of, start, zone or self.zone.key, self.config.strict)

    def query_engine(self) -> "FinanceQueryEngine":
        """The assistant as a LlamaIndex query engine."""
        from assistant.query_engine import FinanceQueryEngine

        return FinanceQueryEngine(self.answerer)

    def warm(self) -> None:
        """Begins to load, in the background, what stories are read with: a question then waits for the rest only. What
        cannot be loaded is told to the question that needs it."""

        def load() -> None:
            for part in ("_news_parts", "generator"):
                with suppress(BellError):
                    if not self._closed.is_set():
                        getattr(self, part)

        self._warming = Thread(target=load, name="warm-up")
        self._warming.start()

    def remember(self, briefing: "Briefing") -> None:
        """Records that `briefing` was given, so that the next one says what changed since. A store that does not
        exist yet, or cannot be written now, is left as it is."""
        if self._stored:
            self.ledger.briefings.save(briefing.as_of, briefing.to_dict())

    def keep_up(self) -> None:
        """Takes notice of what was ingested and followed since it last looked. Whoever asks for hours calls it before
        each question (two small reads); an answer under way goes on with what it began with."""
        with self._reading:
            stored = self._stored
            if stored and self._read is None:  # the ledger at hand may be the empty one of before the first ingest
                self._forget("ledger", "_refresher", "answerer")
            sources = self.ledger.sources
            seen = (sources.watchlist(), sources.last_run()) if stored else None
            if seen != self._read:
                self._forget("followed", "zone", "answerer", *(["_news_parts"] if self._no_index else []))
                _ = self.answerer  # made here, by one for all
                self._read = seen

    @property
    def _no_index(self) -> bool:
        return self.__dict__.get("_news_parts", ...) is None

    def _forget(self, *parts: str) -> None:
        for part in parts:
            self.__dict__.pop(part, None)

    @property
    def loaded_model(self) -> str:
        """The generator in memory and its adapter; "" before a first question needed one."""
        info = self.generator.model_info if "generator" in self.__dict__ else {}
        return " + ".join(str(v) for v in (info.get("base"), info.get("adapter")) if v)

    @property
    def _stored(self) -> bool:
        return has_ledger(self.config)

    def _keep(self, answer: Answer) -> None:
        """Saves the answer with its receipt (`bell history`), where there is a store and it is not busy."""
        if self._stored:
            self.ledger.receipts.save(self.config.clock(), answer.to_dict(explain=True))

    def now(self) -> datetime:
        return self.config.as_of or self.config.clock()

    def close(self) -> None:
        self._closed.set()
        if self._warming:  # an interpreter that ends in the middle of an import complains
            self._warming.join()
        if "ledger" in self.__dict__:
            self.ledger.close()

    # The parts, each made once and on first use

    @cached_property
    def ledger(self) -> Ledger:
        try:
            return open_ledger(self.config)
        except StoreMissing:
            return empty_ledger()

    @cached_property
    def followed(self) -> list[str]:
        """The watchlist; while the user has added none, all that the starter list brought in."""
        return self.ledger.sources.watchlist() or sorted(self.ledger.market.instruments())

    @cached_property
    def zone(self) -> ZoneInfo:
        return market_zone(self.ledger.market.instruments(self.followed).values(), self.config.timezone)

    @cached_property
    def answerer(self) -> Answerer:
        market = self.ledger.market
        vocabulary = Vocabulary(names=market.names(), followed=self.followed, known=set(market.instruments()))
        return Answerer(
            ledger=self.ledger,
            vocabulary=vocabulary,
            search_news=self._search_news,
            model=lambda: self.generator,
            clock=self.now,
            zone=self.zone,
            strict=self.config.strict,
            routes=lambda: self._routes,
            refresher=self._refresher,
        )

    @cached_property
    def _refresher(self) -> Refresher | None:
        """Apart from the answerer, for it knows what was asked for just now."""
        return Refresher(self.ledger, self._refresh, self.config.strict) if self._refresh else None

    @cached_property
    def _routes(self) -> Mapping[Kind, Arm]:
        from assistant.generator.registry import routes

        return routes(self.config)

    @cached_property
    def generator(self) -> "Generator":
        with self._loading:
            if "generator" not in self.__dict__:  # another thread may have been faster
                from assistant.generator import load_generator

                self.__dict__["generator"] = load_generator(self.config, self._progress)
        return cast("Generator", self.__dict__["generator"])

    @cached_property
    def _news_parts(self) -> tuple[Any, Any] | None:
        """The index and the embedding model that made it; None before the first ingest."""
        with self._loading:
            if "_news_parts" not in self.__dict__:
                self.__dict__["_news_parts"] = self._load_news_parts()
        return cast("tuple[Any, Any] | None", self.__dict__["_news_parts"])

    def _load_news_parts(self) -> tuple[Any, Any] | None:
        from ingest.index import embedding_name, has_index, load_embedding

        if not has_index(self.config):  # told without LanceDB
            return None
        from ingest.index import open_index

        return open_index(self.config, embedding_name(self.config)), load_embedding(self.config)

    def _search_news(
        self, text: str, as_of: datetime, symbols: tuple[str, ...], since: datetime | None, until: datetime | None
    ) -> Found:
        from assistant.retrievers.search import search_news

        if self._news_parts is None:
            return Found([])
        store, embedding = self._news_parts
        return search_news(store, embedding, self.ledger, text, as_of, symbols, since, until, self.config.strict)


def parse_span(text: str) -> timedelta:
    """`90m`, `24h`, `7d`, `2w` as a duration; `ConfigError` names what is accepted."""
    units = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
    number, unit = text[:-1], text[-1:].lower()
    if unit not in units or not (number.isascii() and number.isdigit() and len(number) <= 4) or int(number) == 0:
        raise ConfigError(f"--since {text!r} is no span", "use a number and m, h, d or w, such as 24h")
    return int(number) * units[unit]
