"""The report: one JSON document, and the same as Markdown and as text for a terminal. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.types import ARMS

TITLES = {
    "product": "Product: everything on, as a user gets it",
    "generator": "Generator: the model's own text, no code answers, nothing repaired or withheld",
    "given": "Reading alone: filings questions with the right passage among the evidence handed over",
}
_COLUMNS = (
    ("truthfulness", "truth"), ("accuracy", "right"), ("wrong", "wrong"), ("abstained", "abst."),
    ("false_refusals", "false ref."), ("citation_precision", "cit. prec."), ("citation_recall", "cit. rec."),
    ("correct_and_cited", "right+cited"), ("house_form", "form"), ("tokens", "tokens"), ("seconds", "seconds"),
    ("interval", "±"), ("n", "n"),
)  # fmt: skip
Results = Mapping[str, Any]
Cells = list[list[str]]


def markdown(results: Results) -> str:
    """The whole report as Markdown."""
    parts = ["# Evaluation", _about(results)]
    for name, title in TITLES.items():
        if name in results:
            parts += [f"## {title}", _markdown_table(_rows(results[name]["arms"]))]
    parts += ["## Retrieval: a right source among the first five", _markdown_table(_recall(results))]
    parts += ["## Which when", _markdown_table(which_when(results)), _NOTES]
    return "\n\n".join(parts) + "\n"


def terminal(results: Results) -> str:
    """The whole report as aligned text."""
    parts = [_about(results)]
    for name, title in TITLES.items():
        if name in results:
            parts += [title, _aligned(_rows(results[name]["arms"]))]
    parts += ["Retrieval: a right source among the first five", _aligned(_recall(results))]
    parts += ["Which when", _aligned(which_when(results)), _NOTES]
    return "\n\n".join(parts) + "\n"


def product_lines(results: Results) -> str:
    """The product's table as Markdown, with what was asked."""
    return f"{_about(results)}\n\n{_markdown_table(_rows(results['product']['arms']))}\n\n{_NOTES}"


_NOTES = (
    "truth: +1 right, 0 abstained, -1 wrong, the mean (in `unanswerable` and `false_premise` saying so is right). "
    "false ref.: abstained though there is an answer. cit. prec.: right ones of the sources cited; cit. rec.: right "
    "answers that cite a right source. seconds: retrieval and checks, and one answer's share of a batch. "
    "±: half of the 95 % bootstrap interval of truth. The product holds terms to its glossary, by which they are also "
    "judged: right in every arm; what a model knows of them is in the generator's table. Of prices and moves the "
    "evidence is the one to three lines that code finds: there the generator need only point at the right one."
)


def _about(results: Results) -> str:
    model = results["model"]
    arm = results["product"]["arms"].get("hybrid")
    head = f"{results['n']} questions ({', '.join(results['data'])}{'; quick subset' if results['quick'] else ''}); "
    head += f"base {model['base']}, adapter {model['adapter'] or 'none'}."
    return head + (f" Product, hybrid: {arm['truthfulness']:+.3f} ± {results['interval']:.3f}." if arm else "")


def _rows(arms: Mapping[str, Any]) -> Cells:
    rows = [["family", "arm", *(short for _, short in _COLUMNS)]]
    families = sorted({f for a in arms.values() for f in a["families"]})
    for family in ["all", *families]:
        for arm in [a for a in ARMS if a in arms]:
            found = arms[arm] if family == "all" else arms[arm]["families"].get(family)
            if found:
                rows.append([family, arm, *(_cell(key, found[key]) for key, _ in _COLUMNS)])
    return rows


def _recall(results: Results) -> Cells:
    recall = results["retrieval_recall_at_5"]
    return [["family", "recall@5"], *([f, _cell("recall", v)] for f, v in recall.items())]


# Which when ------------------------------------------------------------------------------------------------------


def which_when(results: Results) -> Cells:
    """What retrieval, tuning and both give of what one may want, in this run's numbers."""
    product, generator = results["product"]["arms"], results["generator"]["arms"]
    minutes = results.get("setup", {})

    def line(want: str, arms: Mapping[str, Any], key: str, families: Sequence[str] = ()) -> list[str]:
        return [want, *(_measured(arms.get(a), key, families) for a in ("rag", "lora", "hybrid"))]

    return [
        ["wanted", "retrieval (rag)", "tuning (lora)", "both (hybrid)"],
        line("freshness: prices, moves, news (truth, product)", product, "truthfulness", _FRESH),
        line("saying that it is not there (truth, generator)", generator, "truthfulness", _SILENT),
        line("citations: right and rightly cited (generator)", generator, "correct_and_cited", _FRESH),
        line("domain wording: terms explained (truth, generator)", generator, "truthfulness", ("term",)),
        line("house form (generator)", generator, "house_form"),
        line("latency: seconds an answer (generator)", generator, "seconds"),
        ["cost of set-up", _minutes(minutes, "retrieval"), _minutes(minutes, "tuning"), _minutes(minutes, "both")],
    ]


_FRESH = ("price", "move", "news", "conflict", "injected", "filings")
_SILENT = ("unanswerable", "false_premise")


def _measured(arm: Mapping[str, Any] | None, key: str, families: Sequence[str]) -> str:
    """`key` of `arm` over `families` (all where none is named), each question counting once."""
    if arm is None:
        return "not run"
    if not families:
        return _cell(key, arm[key])
    groups = [arm["families"][f] for f in families if f in arm["families"]]
    known = [(g[key], g["n"]) for g in groups if g[key] is not None]
    return _cell(key, sum(v * n for v, n in known) / sum(n for _, n in known)) if known else "–"


def _minutes(setup: Mapping[str, float | None], what: str) -> str:
    found = setup.get(what)
    return "not measured" if found is None else f"{found:.1f} min"


# Layout ----------------------------------------------------------------------------------------------------------


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    if key == "n":
        return str(value)
    return f"{value:+.2f}" if key == "truthfulness" else f"{value:.0f}" if key == "tokens" else f"{value:.2f}"


def _markdown_table(rows: Cells) -> str:
    head, *body = ("| " + " | ".join(r) + " |" for r in rows)
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body])


def _aligned(rows: Cells) -> str:
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)
