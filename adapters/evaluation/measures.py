"""Numbers out of judged rows: truthfulness as in CRAG and its company, with bootstrap intervals. Pure."""

import random
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Any

from assistant.types import ARMS
from evaluation.arms import Asked
from evaluation.tables import Row

RESAMPLES = 1_000
SEED = 0
_POINTS = {"correct": 1, "abstained": 0, "wrong": -1}


def points(row: Row) -> int:
    return _POINTS[row.verdict.outcome]


def half_width(values: Sequence[float], resamples: int = RESAMPLES, seed: int = SEED) -> float:
    """Half of the 95 % bootstrap interval of the mean of `values`; the same for the same values."""
    if len(values) < 2:
        return 0.0
    rng = random.Random(seed)
    means = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(resamples))
    return round((means[int(0.975 * resamples)] - means[int(0.025 * resamples)]) / 2, 4)


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """All measures of one group of rows. A share is None where nothing is there to be counted."""
    answerable = [r for r in rows if r.answerable]
    correct = [r for r in rows if r.verdict.outcome == "correct"]
    citing = [r for r in rows if r.verdict.cited]
    sourced = [r for r in rows if r.wants_source]
    found = [r for r in correct if r.wants_source]
    return {
        "n": len(rows),
        "truthfulness": _mean(points(r) for r in rows),
        "accuracy": _share(rows, lambda r: r.verdict.outcome == "correct"),
        "wrong": _share(rows, lambda r: r.verdict.outcome == "wrong"),
        "abstained": _share(rows, _abstained),
        "false_refusals": _share(answerable, lambda r: r.verdict.outcome == "abstained"),
        "citation_precision": _mean(r.verdict.cited_right / r.verdict.cited for r in citing),
        "citation_recall": _share(found, lambda r: r.verdict.cited_right > 0),
        "correct_and_cited": _share(sourced, lambda r: r.verdict.supported),
        "house_form": _share(rows, lambda r: r.verdict.house_form),
        "tokens": _mean(r.tokens for r in rows),
        "seconds": _mean(r.seconds for r in rows),
        "interval": half_width([points(r) for r in rows]),
    }


def table(rows: Sequence[Row]) -> dict[str, Any]:
    """{"arms": {arm: summary + {"families": {...}, "kinds": {...}}}} for the arms that were asked."""
    arms: dict[str, Any] = {}
    for arm in [a for a in ARMS if any(r.arm == a for r in rows)]:
        own = [r for r in rows if r.arm == arm]
        families = {f: summary([r for r in own if r.family == f]) for f in sorted({r.family for r in own})}
        kinds = {k: summary([r for r in own if r.kind == k]) for k in sorted({r.kind for r in own})}
        arms[arm] = summary(own) | {"families": families, "kinds": kinds}
    return {"arms": arms}


def recall_at_5(asked: Iterable[Asked]) -> dict[str, float | None]:
    """Of the questions with a right source, the share with one among the first five found: all, and by family."""
    known = [(a.question.family, a.known) for a in asked if a.known is not None and not a.question.given]
    families = sorted({f for f, _ in known})
    return {"all": _mean(k for _, k in known)} | {f: _mean(k for g, k in known if g == f) for f in families}


def _abstained(row: Row) -> bool:
    """Said that there is no answer, rightly (where there is none) or not."""
    outcome = row.verdict.outcome
    return outcome == "abstained" if row.answerable else outcome == "correct"


def _share(rows: Sequence[Row], holds: Callable[[Row], bool]) -> float | None:
    return _mean(holds(r) for r in rows)


def _mean(values: Iterable[float | None]) -> float | None:
    found = [float(v) for v in values if v is not None]
    return round(fmean(found), 4) if found else None
