"""Trains a LoRA adapter: what a run is made of, in order, and its record. `bell train` runs it as a child.

Resumable: a killed run goes on from its last checkpoint. On a GPU the same script uses it.
"""

import argparse
import json
import random
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from assistant.generator.base_model import BaseModel, find_base, load_tokenizer
from assistant.generator.inspection import check, recipe
from assistant.prompts import PROMPT_VERSION
from data import Mixture, build, conversations
from ingest.config import load_config
from ingest.errors import BellError, ConfigError
from training.learning import held_back_loss, learn
from training.progress import say
from training.rows import batched, encode
from training.weights import DEVICE, adapted, save

HERE = Path(__file__).resolve().parent
_HELD_BACK = 64  # examples of the mixture that only measure the loss


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    parameters = resolved(options.experiment)
    if options.minutes:
        parameters["minutes"] = options.minutes
    config = load_config({"home": options.home} if options.home else {})[0]
    base = find_base(config, say)
    if options.start:
        check(options.start, base.name)
        parameters = further(parameters, recipe(options.start))
    mixture = build(parameters["mixture"], parameters["seed"], dict(options.data), config if options.ledger else None)
    for line in mixture.told:
        say(line)
    folder = options.output or config.home / "adapters" / options.name
    folder.mkdir(parents=True, exist_ok=True)
    metrics = train(base, mixture, parameters, folder, options.start)
    describe(folder, options.name, base, mixture, parameters, metrics, options.start)
    say(f"trained in {metrics['seconds'] / 60:.0f} minutes, held-back loss {metrics['loss']:.3f}: {folder}")
    return 0


def resolved(experiment: Path | None) -> dict[str, Any]:
    """The default parameters with what `experiment`/training_params.json says differently; the mixture by its parts."""
    usual: dict[str, Any] = json.loads((HERE / "default_training_params.json").read_text(encoding="utf-8"))
    if experiment is None:
        return usual
    own: dict[str, Any] = json.loads((experiment / "training_params.json").read_text(encoding="utf-8"))
    if unknown := own.keys() - usual.keys() | own.get("mixture", {}).keys() - usual["mixture"].keys():
        named = ", ".join(sorted(unknown))
        raise ConfigError(f"{experiment}: no such parameter: {named}", f"known: {', '.join(usual)}")
    return {**usual, **own, "mixture": usual["mixture"] | own.get("mixture", {})}


def further(parameters: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a run that goes on from the adapter whose recipe is `told`: a lower rate, and other draws."""
    seed = told.get("parameters", {}).get("seed", parameters["seed"]) + 1
    return parameters | {"learning_rate": parameters["further_rate"], "seed": seed}


def train(
    base: BaseModel, mixture: Mixture, parameters: dict[str, Any], folder: Path, start: Path | None = None
) -> dict[str, Any]:
    """Trains on `mixture` for `passes`, or as much of them as `minutes` allow; leaves the adapter in `folder`. Goes on
    from the adapter in `start`, if given."""
    torch.manual_seed(parameters["seed"])
    rng = random.Random(parameters["seed"])
    tokenizer = load_tokenizer(base)
    rows = [r for c in conversations(mixture.examples) if len((r := encode(tokenizer, c)).ids) <= parameters["longest"]]
    rng.shuffle(rows)
    held_back = min(_HELD_BACK, len(rows) // 10)
    held, rows = rows[:held_back], rows[held_back:]
    batches = [b for _ in range(parameters["passes"]) for b in batched(rows, parameters["batch_tokens"], rng)]
    model = adapted(base, parameters, folder / "checkpoint", start)
    state = learn(model, batches, parameters, folder / "checkpoint")
    loss = held_back_loss(model, batched(held, parameters["batch_tokens"], rng))
    save(model, folder)
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    return {
        "loss": round(loss, 4), "seconds": round(state.seconds), "tokens": state.tokens,
        "tokens_per_second": round(state.tokens / state.seconds), "steps": state.step, "examples": len(rows),
        "curve": state.losses[:: max(len(state.losses) // 100, 1)], "device": DEVICE,
    }  # fmt: skip


def describe(
    folder: Path,
    name: str,
    base: BaseModel,
    mixture: Mixture,
    parameters: dict[str, Any],
    metrics: dict[str, Any],
    start: Path | None = None,
) -> None:
    """recipe.json and metrics.json: what made this adapter, so that it can be checked and made again; `from` holds the
    recipe of the adapter in `start`, from which it went on."""
    weights = sha256((folder / "adapter_model.safetensors").read_bytes()).hexdigest()
    made = {
        "name": name, "base": base.name, "prompt_version": PROMPT_VERSION, "weights_sha256": weights,
        "created": datetime.now(UTC).isoformat(timespec="seconds"), "parameters": parameters, "data": mixture.counts,
        "left_out": mixture.told, **({"from": recipe(start)} if start else {}),
    }  # fmt: skip
    (folder / "recipe.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(metrics) + "\n", encoding="utf-8")


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a finance adapter.")
    parser.add_argument("--home", type=Path, help="where everything is kept (or BELL_HOME)")
    parser.add_argument("--name", default="candidate", help="of the adapter under HOME/adapters")
    parser.add_argument("-o", "--output", type=Path, help="the adapter's folder, instead of HOME/adapters/NAME")
    parser.add_argument("--minutes", type=float, help="stop, with the learning rate run down, after so long")
    parser.add_argument("--from", dest="start", type=Path, metavar="FOLDER", help="go on from this adapter")
    parser.add_argument("--experiment", type=Path, help="a folder with only what differs: training_params.json")
    parser.add_argument("--data", type=_named, action="append", default=[], metavar="NAME=PATH", help="a public set")
    parser.add_argument("--ledger", action="store_true", help="also questions on what this store has ingested")
    return parser.parse_args(argv)


def _named(text: str) -> tuple[str, Path]:
    name, given, path = text.partition("=")
    if not given:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BellError as error:
        say(f"error: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
