"""`bell eval`: four arms on the same questions; and the gate that a trained adapter has to pass.

python adapters/evaluate.py [--quick] [--arms base,rag] [--data NAME=PATH]... [--adapter FOLDER] [-o FOLDER]
python adapters/evaluate.py --gate CANDIDATE INCUMBENT [--data NAME=PATH]...
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import ingest.index
from assistant.generator.inspection import check
from assistant.generator.inspection import results as kept_results
from assistant.generator.registry import base_name, in_use
from assistant.types import Arm
from evaluation.arms import parse_arms, retrieve
from evaluation.card import card
from evaluation.gate import DEFAULT, advance, outdated, reasons_against, routes
from evaluation.markets import evenly, own_sets
from evaluation.measures import recall_at_5, table
from evaluation.outputs import BatchModel, Writer
from evaluation.outside import load_set
from evaluation.questions import DataSet
from evaluation.report import markdown, terminal
from evaluation.scoring import Judge
from evaluation.store import open_store
from evaluation.tables import Row, generator_table, product_table
from evaluation.terms import TermJudge, load_glossary
from ingest.config import Config, load_config
from ingest.errors import BellError
from ingest.resources import resource

QUICK = 6  # questions a family: about five minutes on two cores
AGAIN = "about 8 minutes on two cores"  # one arm of all questions, if none of its texts is kept


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    try:
        return gate(arguments) if arguments.gate else evaluate(arguments)
    except BellError as error:
        tell(f"error: {error}")
        return error.exit_code


def evaluate(arguments: argparse.Namespace) -> int:
    from evaluation.batches import load_batches

    config = configured(arguments)
    arms = parse_arms(arguments.arms)
    sets = asked_sets(arguments)
    results, rows = run(sets, arms, arguments.quick, config, load_batches(config, tell))
    keep_answers(config.home / "eval" / "answers.jsonl", rows)
    if arguments.output:
        write(arguments.output, results)
    sys.stdout.write(json.dumps(results, indent=2) + "\n" if arguments.json else terminal(results))
    return 0


def run(
    sets: Sequence[DataSet], arms: Sequence[Arm], quick: bool, config: Config, model: BatchModel
) -> tuple[dict[str, Any], dict[str, list[Row]]]:
    """The results as the JSON document has them, and the judged rows behind each table."""
    from evaluation.provenance import measured_with

    started = time.monotonic()
    judge = _judge(sets, config)
    if quick:
        sets = quick_part(sets)
    measured = measured_with(sets, config)
    bells = [open_store(s, config, tell) for s in sets]
    stored = time.monotonic()
    asked = [(b, retrieve(b, q)) for b, s in zip(bells, sets, strict=True) for q in s.questions]
    tell(f"{len(asked)} questions, {len(arms)} arms")
    writer = Writer(model, config.home / "eval" / "outputs.jsonl", tell)
    ask = [(b, a) for b, a in asked if not a.question.given]
    given = [a for _, a in asked if a.question.given]
    rows = {
        "generator": generator_table([a for _, a in ask], arms, writer, judge),
        "product": product_table(ask, arms, writer, judge),
    }
    if given:
        rows["given"] = generator_table(given, arms, writer, judge)
    for bell in bells:
        bell.close()
    tables = {name: table(found) for name, found in rows.items()}
    product = tables["product"]
    results = {
        "product": product,
        "generator": tables["generator"],
        "n": len(ask),
        "interval": product["arms"].get("hybrid", {}).get("interval", 0.0),
        **{k: v for k, v in tables.items() if k == "given"},
        "retrieval_recall_at_5": recall_at_5(a for _, a in ask),
        "measured_with": measured,
        "model": model.model_info,
        "data": [s.name for s in sets],
        "quick": quick,
        "setup": _setup(stored - started, config),
    }
    return results, rows


def quick_part(sets: Sequence[DataSet]) -> list[DataSet]:
    """`QUICK` questions of each family, always the same ones; the stores stay whole."""
    return [replace(s, questions=tuple(evenly(s.questions, QUICK, random.Random(1)))) for s in sets]


def write(folder: Path, results: dict[str, Any]) -> None:
    """What is kept beside an adapter: results.json, report.md and routes.json, and its model card (README.md) where
    the recipe that made it lies there too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(markdown(results), encoding="utf-8")
    (folder / "routes.json").write_text(json.dumps(routes(results), indent=2) + "\n", encoding="utf-8")
    if (folder / "recipe.json").exists():
        recipe, metrics = (json.loads((folder / f).read_text("utf-8")) for f in ("recipe.json", "metrics.json"))
        (folder / "README.md").write_text(card(recipe, metrics, results), encoding="utf-8")


def keep_answers(file: Path, rows: dict[str, list[Row]]) -> None:
    """Every answer of the run with its verdict, one a line: for whoever wants to know what went wrong."""
    with file.open("w", encoding="utf-8") as out:
        for name, found in rows.items():
            for row in found:
                out.write(json.dumps({"table": name, **asdict(row)}, ensure_ascii=False) + "\n")


def gate(arguments: argparse.Namespace) -> int:
    """0: the candidate is promoted. 1: it is not. The reasons are printed."""
    config, sets = configured(arguments), asked_sets(arguments)
    new, old = (measured_today(folder, sets, config) for folder in arguments.gate)
    against = reasons_against(new, old)
    sys.stdout.write("".join(f"{reason}\n" for reason in against or [advance(new, old)]))
    return 1 if against else 0


def measured_today(folder: Path, sets: Sequence[DataSet], config: Config) -> dict[str, Any]:
    """The results kept with the adapter of `folder`. Where they were not measured with what there is today, `hybrid` is
    evaluated again; what is kept stays as it is, since it tells of more arms. Raises `ModelError`."""
    from evaluation.batches import load_batches
    from evaluation.provenance import measured_with

    check(folder, base_name(config))
    config = config.model_copy(update={"adapter": str(folder)})
    kept = kept_results(folder)
    why = outdated(kept, measured_with(sets, config))
    if why is None:
        return kept
    tell(f"Evaluating {folder.name} again in the arm {DEFAULT}, {AGAIN}: {why}")
    return run(sets, [DEFAULT], False, config, load_batches(config, tell))[0]


def asked_sets(arguments: argparse.Namespace) -> list[DataSet]:
    return [*own_sets(), *map(load_set, arguments.data)]


def configured(arguments: argparse.Namespace) -> Config:
    flags: dict[str, Any] = {}
    for key in ("home", "adapter", "base_model"):
        if getattr(arguments, key):
            flags[key] = getattr(arguments, key)
    config, warnings = load_config(flags)
    for warning in warnings:
        tell(f"warning: {warning}")
    return config


def tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _judge(sets: Sequence[DataSet], config: Config) -> Judge:
    """Terms are ranked among all that any set asks, also where only some are asked now."""
    terms = [q for s in sets for q in s.questions if q.family == "term"]
    embedding = ingest.index.load_embedding(config)
    return Judge(TermJudge(terms, embedding), load_glossary(resource("adapters/knowledge")).words)


def _setup(seconds: float, config: Config) -> dict[str, float | None]:
    """Minutes that setting up took: retrieval in this run (next to nothing once it is built), tuning as the adapter's
    metrics.json tells."""
    folder = in_use(config)
    metrics = folder / "metrics.json" if folder else None
    told = json.loads(metrics.read_text(encoding="utf-8")) if metrics and metrics.is_file() else {}
    retrieval, tuning = seconds / 60, told["seconds"] / 60 if "seconds" in told else None
    both = retrieval + tuning if tuning is not None else None
    return {"retrieval": retrieval, "tuning": tuning, "both": both}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bell eval", description="Four arms on the same questions.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} questions a family: a smoke test")
    parser.add_argument("--arms", default="base,lora,rag,hybrid", help="some of base,lora,rag,hybrid")
    parser.add_argument(
        "--data", action="append", default=[], metavar="NAME=PATH",
        help="a further set: tatqa=FOLDER, prices=FOLDER, injection=FILE, or NAME=FILE.jsonl of examples",
    )  # fmt: skip
    parser.add_argument("--adapter", metavar="FOLDER", help="the adapter to evaluate, or none")
    parser.add_argument("--base-model", metavar="ID", help="the base model, by id or folder")
    parser.add_argument("--home", metavar="DIR", help="where stores and generated texts are kept (below eval/)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="results.json, report.md, routes.json")
    parser.add_argument("--gate", nargs=2, type=Path, metavar=("CANDIDATE", "INCUMBENT"), help="folders of adapters")
    return parser


if __name__ == "__main__":
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # OpenMP threads that wait must not burn a shared core
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
