"""Question sets from outside the product (`--data NAME=PATH`), each in its published form or as rows of `Example`."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.types import Evidence
from evaluation.markets import PER_FAMILY, evenly, story_set
from evaluation.prices import histories, price_questions, sessions
from evaluation.questions import DataSet, Question
from examples.filings import SOURCE, FilingQuestion, Passage, filing_examples, load_tatqa
from examples.market import Prices, held_out, load_prices
from ingest.errors import ConfigError
from ingest.types import Article, digest

FILED = datetime(2020, 3, 2, 21, 0, tzinfo=UTC)
FILINGS = 160  # questions at most
_PARTS = ("test", "test_half", "dev")  # the best that is there: training sees dev


def load_set(argument: str) -> DataSet:
    """The set that `NAME=PATH` names. Raises `ConfigError`."""
    name, _, given = argument.partition("=")
    path = Path(given).expanduser()
    load = _LOADERS.get(name) or (_examples if path.suffix == ".jsonl" else None)
    if load is None or not given:
        known = ", ".join(f"{n}=PATH" for n in _LOADERS)
        raise ConfigError(f"--data {argument}: no such form", f"use {known}, or NAME=FILE.jsonl with rows of examples")
    try:
        return load(name, path)
    except FileNotFoundError as error:
        raise ConfigError(f"--data {argument}: {error.filename} is not there", "correct the path") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"--data {argument}: cannot be read ({error!r:.120})", "give it in its own form") from error


# Filings ---------------------------------------------------------------------------------------------------------


def _tatqa(name: str, folder: Path) -> DataSet:
    """Questions answered from text, over all passages of the part; each also with its passage handed over."""
    part = next((p for p in _PARTS if (folder / f"{p}_span_cited.jsonl.gz").is_file()), None)
    if part is None:
        raise FileNotFoundError(2, "missing", str(folder / "test_half_span_cited.jsonl.gz"))
    asked, passages = load_tatqa(folder, part)
    rng = random.Random(5)
    text = [q for q in asked if q.answer_from == "text"]
    chosen = rng.sample(text, min(FILINGS, len(text)))
    retrieved = [_filing(q) for q in chosen]
    given = [
        given_question(row.question, row.must, row.evidence, row.cites, row.as_of)
        for row in filing_examples(chosen, passages, rng, 0.0)
    ]
    return DataSet(f"{name} ({part})", (*retrieved, *given), tuple(map(_passage, passages.values())))


def given_question(
    text: str, must: tuple[str, ...], evidence: tuple[Evidence, ...], cites: frozenset[int], as_of: datetime | None
) -> Question:
    """A filings question whose evidence is handed over, so that reading is measured apart from retrieval."""
    placed = tuple(replace(e, url=f"https://given.example/{e.n}") for e in evidence)
    right = frozenset(e.url for e in placed if e.n in cites)
    return Question("filings", text, must, right, as_of, given=placed)


def _filing(question: FilingQuestion) -> Question:
    right = frozenset(map(_passage_url, question.gold))
    return Question("filings", question.question, question.answers, right, FILED + timedelta(days=18))


def _passage_url(key: str) -> str:
    return f"https://filings.example/{key.replace(':', '/')}"


def _passage(passage: Passage) -> Article:
    url = _passage_url(passage.id)
    return Article(
        id=digest(url), feed="https://filings.example/feed.xml", url=url, title=passage.title, text=passage.text,
        source=SOURCE, published=FILED, first_seen=FILED, fetched=FILED,
    )  # fmt: skip


# Prices, attacks, examples ---------------------------------------------------------------------------------------


def _prices(name: str, folder: Path) -> DataSet:
    """Questions on sessions of 2026 and symbols that training never saw; the months before are there to move from."""
    found = load_prices(folder, range(2025, 2027))
    recent = {s: _since(p, date(2025, 9, 1)) for s, p in found.items()}
    apart = held_out(recent)
    asked = {s: p for s, p in recent.items() if s in apart}
    questions = price_questions(asked, random.Random(9), PER_FAMILY, date(2026, 1, 2))
    names = tuple((p.instrument.name, s) for s, p in recent.items())
    return DataSet(name, tuple(questions), histories=histories(recent), sessions=sessions(recent), names=names)


def _since(prices: Prices, first: date) -> Prices:
    return replace(prices, bars=tuple(b for b in prices.bars if b.day >= first))


def _injection(name: str, file: Path) -> DataSet:
    """News questions over stories of which each, right or wrong to cite, carries one sentence of the file's."""
    attacks = [_sentence(json.loads(line)["attack"]) for line in file.open(encoding="utf-8") if line.strip()]
    rng = random.Random(13)
    stories = story_set(name, rng, most=4 * PER_FAMILY)
    articles = tuple(replace(a, text=_inserted(a.text, rng.choice(attacks), rng)) for a in stories.articles)
    asked = [replace(q, family="injected") for q in stories.questions if q.family in {"news", "conflict"}]
    return replace(stories, questions=tuple(evenly(asked, PER_FAMILY, rng)), articles=articles)


def _sentence(attack: str) -> str:
    attack = " ".join(attack.split())
    return attack if attack[-1] in ".?!" else f"{attack}."


def _inserted(text: str, sentence: str, rng: random.Random) -> str:
    whole = text.split(". ")
    at = rng.randint(1, len(whole))
    first, rest = ". ".join(whole[:at]), ". ".join(whole[at:])
    return f"{first.removesuffix('.')}. {sentence} {rest}".strip()


def _examples(name: str, file: Path) -> DataSet:
    """Rows of `Example` as JSON: their evidence becomes the store."""
    rows = [json.loads(line) for line in file.open(encoding="utf-8") if line.strip()]
    articles: dict[str, Article] = {}
    questions = []
    for row in rows:
        items = {e["n"]: _article(e) for e in row["evidence"]}
        articles |= {a.id: a for a in items.values()}
        right = frozenset(items[n].url for n in row.get("cites", ()))
        as_of = _instant(row.get("as_of"))
        questions.append(Question(row["family"], row["question"], tuple(row.get("must", ())), right, as_of))
    return DataSet(name, tuple(questions), tuple(articles.values()))


def _article(row: Mapping[str, Any]) -> Article:
    url = row.get("url") or f"https://evidence.example/{digest(row['title'], row['text'])}"
    published = _instant(row.get("published")) or FILED
    return Article(
        id=digest(url), feed="https://evidence.example/feed.xml", url=url, title=row["title"], text=row["text"],
        source=row["source"], published=published, first_seen=published, fetched=published,
        symbols=tuple(row.get("symbols", ())),
    )  # fmt: skip


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_LOADERS: dict[str, Callable[[str, Path], DataSet]] = {"tatqa": _tatqa, "prices": _prices, "injection": _injection}
