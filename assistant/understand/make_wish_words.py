"""Learns the word weights of wish_words.json: `python -m assistant.understand.make_wish_words`, in a checkout.

Logistic regression over the words of a clause and their kinds, from wishes.toml and the questions that the adapter is
trained on (`adapters/knowledge`, `adapters/stories`), of which none wants advice. Deterministic: equal examples, equal
weights.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence

from assistant.understand.text import lowered, tidy
from assistant.understand.wish_words import words_of
from ingest.resources import resource

WEIGHTS = "assistant/understand/wish_words.json"
STRENGTH = 2.0  # the inverse of the penalty on large weights
WRITTEN = 4.0  # what a wish or its look-alike counts, against a plain question
LEAN = 0.4  # how far a sum must lie above the even chance: a refused question is worse than one more abstention
LEAST = 0.02  # a smaller weight decides nothing


def learn(wishes: Sequence[str], others: Sequence[str], plain: Sequence[str]) -> dict[str, float]:
    """The weight of each word that stands in two examples or more, and under "" what every clause starts from."""
    from sklearn.feature_extraction.text import CountVectorizer  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    counts = CountVectorizer(analyzer=words_of, binary=True, min_df=2)
    features = counts.fit_transform([*wishes, *others, *plain])
    asked = [True] * len(wishes) + [False] * (len(others) + len(plain))
    weight = [WRITTEN] * (len(wishes) + len(others)) + [1.0] * len(plain)
    model = LogisticRegression(C=STRENGTH, solver="liblinear").fit(features, asked, sample_weight=weight)
    learnt = {word: round(float(model.coef_[0][at]), 2) for word, at in counts.vocabulary_.items()}
    start = {"": round(float(model.intercept_[0]) - LEAN, 2)}
    return start | {word: learnt[word] for word in sorted(learnt) if abs(learnt[word]) >= LEAST}


def plain_questions() -> Iterator[str]:
    """What the adapter is trained to answer, in lower case, its companies as `@`."""
    for path in sorted(resource("adapters/knowledge").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            yield from (lowered(tidy(ask)) for ask in json.loads(line)["asks"])
    listed = defaultdict(lambda: "there", short="@", company="@", symbol="@")
    for path in sorted(resource("adapters/stories").glob("train/*.toml")):
        story = tomllib.loads(path.read_text("utf-8"))
        for fact in (*story["fact"], *story.get("premise", ())):
            yield from (lowered(tidy(ask.format_map(listed))) for ask in fact["asks"])


def main() -> None:
    examples = tomllib.loads(resource("assistant/understand/wishes.toml").read_text("utf-8"))
    others = [*examples["others"], *examples["market"]]
    weights = learn(examples["wishes"], others, list(plain_questions()))
    resource(WEIGHTS).write_text(json.dumps(weights, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
