"""Questions on what the user's own store holds: its prices, and its articles asked for by their headlines."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

from assistant.sentences import content_words, sentences
from assistant.types import Evidence
from examples import Example
from examples.market import Prices, market_examples
from ingest.config import Config
from ingest.ledger import Ledger, open_ledger
from ingest.types import Article

_ASKS = (
    "What does {source} report under the headline “{title}”?", "{title}: what is known?", "What is behind “{title}”?",
    "Tell me more about this: {title}", "What did {source} write about it: {title}?",
)  # fmt: skip
_MOST_WORDS = 45  # of an answer: one sentence of the article


def ledger_examples(config: Config, rng: random.Random, count: int, unanswerable: float) -> Iterator[Example]:
    """Up to `count` questions on prices and as many on articles. Raises `StoreMissing` before the first ingest."""
    ledger = open_ledger(config)
    try:
        now = config.clock()
        prices = _prices(ledger, config)
        if prices:
            yield from market_examples(prices, rng, count, unanswerable)
        articles = [a for a in ledger.news.latest(now, limit=5 * count) if _first(a)]
        yield from _read(articles, rng, count, unanswerable)
    finally:
        ledger.close()


def _prices(ledger: Ledger, config: Config) -> dict[str, Prices]:
    now = config.clock()
    found = {s: Prices(i, tuple(ledger.market.bars(s, now))) for s, i in ledger.market.instruments().items()}
    return {s: p for s, p in found.items() if len(p.bars) > 60}


def _read(articles: Sequence[Article], rng: random.Random, count: int, unanswerable: float) -> Iterator[Example]:
    for article in rng.sample(articles, min(count, len(articles))):
        removed = rng.random() < unanswerable
        others = _near(article, articles)[: rng.randint(2, 4)]
        shown = [*others, *([] if removed else [article])]
        rng.shuffle(shown)
        evidence = tuple(_evidence(a, n) for n, a in enumerate(shown, 1))
        question = rng.choice(_ASKS).format(source=article.source, title=article.title)
        as_of = max(a.known_from for a in shown) + timedelta(hours=rng.randint(1, 48))
        if removed:
            yield Example("unanswerable", article.id, question, (), evidence, as_of)
        else:
            n, told = shown.index(article) + 1, _first(article)
            yield Example("news", article.id, question, (told,), evidence, as_of, frozenset({n}))


def _first(article: Article) -> str:
    """The first sentence of the body that says more than the headline; "" where there is none."""
    headline = content_words(article.title)
    fit = (s for s in sentences(article.text) if len(s.split()) <= _MOST_WORDS and content_words(s) - headline)
    return next(fit, "")


def _near(article: Article, articles: Sequence[Article]) -> list[Article]:
    """Other stories that share most words with this headline; its own re-posts are none."""
    asked = content_words(article.title)
    others = [a for a in articles if a.id != article.id and a.title != article.title]
    return sorted(others, key=lambda a: -len(asked & content_words(f"{a.title} {a.text}")))


def _evidence(article: Article, n: int) -> Evidence:
    return Evidence(
        n, "news", article.title, article.text, article.url, article.source, article.published, article.fetched,
        article.symbols,
    )  # fmt: skip
