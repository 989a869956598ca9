"""Learns the word weights of order_words.json: `python -m assistant.make_order_words`, in a checkout.

Logistic regression over the cues of a sentence: the attacks of the training stories and further orders against the
stories themselves, the glossary, the sample's news and lines of news that look like orders. Deterministic.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.orders import WEIGHTS, cues_of
from assistant.sentences import sentences
from ingest.resources import resource

STRENGTH = 1.0  # the inverse of the penalty on large weights
OF_AN_ORDER, OF_A_LOOK_ALIKE = 4.0, 8.0  # what one counts, against a plain sentence
LEAN = 0.75  # how far a sum must lie above the even chance: a line of news that is never shown is lost
LEAST = 0.02  # a smaller weight decides nothing
_FILLED = {"n": "9", "word": "Banana", "short": "Kestrel", "other": "Norvane"}  # names: no word is learnt from them


def learn(orders: Sequence[str], look_alikes: Sequence[str], news: Sequence[str]) -> dict[str, float]:
    """The weight of each cue that stands in two sentences or more, and under "" what every sentence starts from."""
    from sklearn.feature_extraction.text import CountVectorizer  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    counts = CountVectorizer(analyzer=cues_of, binary=True, min_df=2)
    features = counts.fit_transform([*orders, *look_alikes, *news])
    commands = [True] * len(orders) + [False] * (len(look_alikes) + len(news))
    weight = [OF_AN_ORDER] * len(orders) + [OF_A_LOOK_ALIKE] * len(look_alikes) + [1.0] * len(news)
    model = LogisticRegression(C=STRENGTH, solver="liblinear").fit(features, commands, sample_weight=weight)
    learnt = {cue: round(float(model.coef_[0][at]), 2) for cue, at in counts.vocabulary_.items()}
    start = {"": round(float(model.intercept_[0]) - LEAN, 2)}
    return start | {cue: learnt[cue] for cue in sorted(learnt) if abs(learnt[cue]) >= LEAST}


def orders_by_style() -> dict[str, list[str]]:
    """The sentences of the training attacks and of orders.toml, slots filled."""
    found = defaultdict[str, list[str]](list)
    for styles in (_toml("adapters/examples/attacks.toml"), _toml("assistant/orders.toml")["orders"]):
        for style, templates in styles.items():
            found[style] += [s for t in templates for s in sentences(t.format(**_FILLED))]
    return found


def look_alikes() -> list[str]:
    """Lines of news that look like orders."""
    return list(_toml("assistant/orders.toml")["news"])


def plain_news() -> dict[str, list[str]]:
    """Sentences that order nothing, by the file they are from: a story family, a field of the glossary, the sample."""
    stories = _files("adapters/stories/train", "toml")
    found = {path.stem: list(dict.fromkeys(_story(path.read_text("utf-8")))) for path in stories}
    for path in _files("adapters/knowledge", "jsonl"):
        terms = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found[path.stem] = [s for t in terms for key in ("definition", "explanation") for s in sentences(t[key] or "")]
    articles = _toml("assistant/sample/articles.toml")["article"]
    return found | {"sample": [s for a in articles for s in (a["title"], *sentences(a["text"]))]}


def _story(text: str) -> Iterator[str]:
    """What a family's stories tell, with names only and with the first of its listed words."""
    family = tomllib.loads(text)
    slots = family.pop("slots")
    listed = {slot: values[0] if isinstance(values, list) else "9" for slot, values in slots.items()}
    for template in _told(family):
        for words in ({}, listed):
            yield from sentences(template.format_map(defaultdict(lambda: "Kestrel", words)))


def _told(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = [v for k, v in value.items() if not k.startswith("ask")] if isinstance(value, dict) else value
    for one in inner if isinstance(inner, list) else ():
        yield from _told(one)


def _files(folder: str, ending: str) -> list[Path]:
    return sorted(resource(folder).glob(f"*.{ending}"))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads(resource(name).read_text("utf-8"))


def main() -> None:
    orders = [s for of in orders_by_style().values() for s in of]
    weights = learn(orders, look_alikes(), [s for told in plain_news().values() for s in told])
    resource(WEIGHTS).write_text(json.dumps(weights, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
