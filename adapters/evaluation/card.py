"""The model card of an adapter trained and evaluated here: what made it, what it can do, where it ends. Pure."""

from collections.abc import Mapping
from typing import Any

from evaluation.report import TITLES, product_lines

_HEAD = """---
library_name: peft
base_model: {base}
license: apache-2.0
tags: [lora, finance, retrieval-augmented-generation]
---

# {name}: a LoRA adapter of openingbell

Made for {base}, to read dated evidence and point at the line that answers, to say "Not in the evidence."
where none does, and to explain finance terms in one sentence. It is asked with
prompt version {prompt_version} of `assistant/prompts.py`; another version refuses it."""

_LIMITS = """## Limits

- 135 million parameters: it copies and selects, it does not reason. Sums, comparisons and every figure that an answer
  prints are the work of code; what the model writes is checked against the evidence before it is shown.
- English only. Trained on daily US prices, invented company and economic news, and US filings of 2018 to 2020.
- What it says of a term comes from its weights and has no source. It knows the terms it was trained on and few others.
- Not investment advice, and not to be used without the assistant's checks."""


def card(recipe: Mapping[str, Any], metrics: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """Markdown with the front matter of the Hugging Face hub, from recipe.json, metrics.json and results.json."""
    parts = [_HEAD.format(**recipe), "## Data", _data(recipe)]
    if recipe.get("left_out"):
        parts.append("\n".join(f"- {line}" for line in recipe["left_out"]))
    parts += ["## Training", _training(recipe, metrics), "## Scores", f"{TITLES['product']}.", product_lines(results)]
    parts.append("The other tables are in `results.json`, and in `report.md` where the evaluation wrote one.")
    return "\n\n".join([*parts, _LIMITS]) + "\n"


def _data(recipe: Mapping[str, Any]) -> str:
    rows = ["| source | examples | licence |", "| --- | --- | --- |"]
    rows += [f"| {name} | {told['examples']} | {told['licence']} |" for name, told in recipe["data"].items()]
    return "\n".join(rows)


def _training(recipe: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    own = recipe["parameters"]
    return (
        f"{_descent(recipe)}LoRA of rank {own['rank']} (alpha {own['alpha']}) on {own['target_modules']}, "
        f"learning rate {own['learning_rate']:g} with a cosine, loss on the answers only, seed {own['seed']}. "
        f"{metrics['examples']} examples, {metrics['tokens']} tokens in {metrics['steps']} batches, "
        f"{metrics['seconds'] / 60:.0f} minutes on {metrics['device']}; held-back loss {metrics['loss']:.3f}. "
        f"SHA-256 of the weights: `{recipe['weights_sha256']}`."
    )


def _descent(recipe: Mapping[str, Any]) -> str:
    """What a mean was made of, or a run went on from; nothing for a run from the base."""
    if parts := len(recipe.get("made_from", ())):
        return f"The mean of {parts} runs (`adapters/soup.py`), all of them together: "
    if start := recipe.get("from"):
        parts = len(start.get("made_from", ()))
        runs = f", the mean of {parts} runs" if parts else ""
        return f"Went on from the adapter of SHA-256 `{start.get('weights_sha256')}`{runs}; this run alone: "
    return ""
