"""Decides from results alone: whether a candidate is promoted, and which arm answers which kind. Pure."""

from collections.abc import Mapping
from typing import Any

from assistant.types import ARMS, Arm

Results = Mapping[str, Any]
DEFAULT: Arm = "hybrid"
LEAST = 20  # questions of a kind, below which nothing is concluded from them


def outdated(results: Results, today: Mapping[str, Any]) -> str | None:
    """Why `results` cannot stand for a measurement with `today` (see `provenance.measured_with`); None: they can."""
    if DEFAULT not in results.get("product", {}).get("arms", {}):
        return f"{DEFAULT} was never measured"
    told = results.get("measured_with")
    if told is None:
        return "its results do not say what they were measured with"
    changed = [name for name, now in today.items() if told.get(name) != now]
    return f"its results are from before {', '.join(changed)} changed" if changed else None


def reasons_against(candidate: Results, incumbent: Results) -> list[str]:
    """Why `candidate` is not promoted; empty: promote. `hybrid` of the two product tables is compared, both measured
    with the same (see `outdated`)."""
    new, old = (r["product"]["arms"][DEFAULT] for r in (candidate, incumbent))
    interval = float(candidate["interval"])
    against = []
    if not new["truthfulness"] > old["truthfulness"]:
        against.append(f"truthfulness {new['truthfulness']:+.3f} does not beat {old['truthfulness']:+.3f}")
    if new["wrong"] > old["wrong"]:
        against.append(f"wrong answers rise from {old['wrong']:.1%} to {new['wrong']:.1%}")
    for family, before in old["families"].items():
        after = new["families"].get(family)
        if after is None or before["truthfulness"] - after["truthfulness"] > interval:
            shown = f"{after['truthfulness']:+.3f}" if after else "nothing"
            against.append(f"{family} falls from {before['truthfulness']:+.3f} to {shown} (interval {interval:.3f})")
    return against


def advance(candidate: Results, incumbent: Results) -> str:
    """What is better, in a line."""
    new, old = (r["product"]["arms"][DEFAULT] for r in (candidate, incumbent))
    return (
        f"truthfulness {new['truthfulness']:+.3f} instead of {old['truthfulness']:+.3f}, "
        f"wrong answers {new['wrong']:.1%} instead of {old['wrong']:.1%}"
    )


def routes(results: Results) -> dict[str, Arm]:
    """The best arm of the product for each kind of question. Only an arm that is better than `hybrid` by more than
    that kind's interval, over at least `LEAST` questions, takes its place."""
    arms = results["product"]["arms"]
    usual = arms.get(DEFAULT, {}).get("kinds", {})
    return {kind: _best(kind, own, arms) for kind, own in usual.items()}


def _best(kind: str, usual: Mapping[str, Any], arms: Mapping[str, Any]) -> Arm:
    # Without retrieval only a term can be answered at all: there abstaining must not pass for answering well.
    able = [a for a in ARMS if kind == "term" or a in {"rag", "hybrid"}]
    asked = [a for a in able if kind in arms.get(a, {}).get("kinds", {})]
    scores: dict[Arm, float] = {a: arms[a]["kinds"][kind]["truthfulness"] for a in asked}
    best = max(scores, key=lambda a: scores[a])
    if usual["n"] < LEAST:
        return DEFAULT
    interval = max(usual["interval"], arms[best]["kinds"][kind]["interval"])
    return best if scores[best] - usual["truthfulness"] > interval else DEFAULT
