"""Averages adapters of one base into one of the same rank: the nearest such change to the mean of their changes.

A model soup (Wortsman and others 2022, arXiv:2203.05482): runs over different mixtures err on different questions, and
their mean errs on fewer. The mean of k changes of rank r has rank k * r; cut back to r by singular values (Eckart and
Young 1936) it kept 98 % of its square sum for two runs, at half the size.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from assistant.generator.inspection import SETTINGS, WEIGHTS
from ingest.errors import BellError, ConfigError

_SAME = ("base", "prompt_version")  # of the recipes; what is averaged has to mean the same


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Average adapters of one base.")
    parser.add_argument("adapters", type=Path, nargs="+", metavar="ADAPTER", help="folders of adapters")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the folder of the mean")
    parser.add_argument("--name", default="default", help="of the adapter")
    options = parser.parse_args(argv)
    average(options.adapters, options.output, options.name)
    return 0


def average(folders: Sequence[Path], output: Path, name: str) -> None:
    """Leaves the mean of the adapters in `folders` in `output`, with what made each of them in its recipe.json. Raises
    `ConfigError` where they are not of one kind."""
    recipes, settings = ([_json(f / file) for f in folders] for file in ("recipe.json", SETTINGS))
    for what, told in [(k, [r[k] for r in recipes]) for k in _SAME] + [
        ("rank and alpha", [_shape(s) for s in settings])
    ]:
        if any(t != told[0] for t in told):
            raise ConfigError(f"the adapters differ in {what}: {told}", "average runs of one recipe")
    changes = [load_file(f / WEIGHTS) for f in folders]
    if any(c.keys() != changes[0].keys() for c in changes):
        raise ConfigError("the adapters change different modules", "average runs of one recipe")
    output.mkdir(parents=True, exist_ok=True)
    mean: dict[str, torch.Tensor] = {}
    for down in (k for k in changes[0] if "lora_A" in k):
        up = down.replace("lora_A", "lora_B")
        mean[down], mean[up] = _mean([c[down] for c in changes], [c[up] for c in changes])
    save_file(mean, output / WEIGHTS, metadata={"format": "pt"})
    _write(output / SETTINGS, settings[0])
    _describe(output, name, recipes, [_json(f / "metrics.json") for f in folders])


def _mean(downs: Sequence[torch.Tensor], ups: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """A (rank x in) and B (out x rank) whose product is nearest to the mean of the products B1 A1, B2 A2, ..."""
    rank, dtype = downs[0].shape[0], downs[0].dtype
    # B1 A1 + B2 A2 = [B1 B2] [A1; A2]; the small square between their orthogonal parts has its singular values.
    left, low = torch.linalg.qr(torch.cat(list(ups), 1).float() / len(ups))
    right, high = torch.linalg.qr(torch.cat(list(downs), 0).float().T)
    u, s, v = torch.linalg.svd(low @ high.T)
    root = s[:rank].sqrt()
    down, up = (root[:, None] * v[:rank]) @ right.T, left @ (u[:, :rank] * root)
    return down.to(dtype).contiguous(), up.to(dtype).contiguous()


def _describe(output: Path, name: str, recipes: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> None:
    """recipe.json and metrics.json as of a training run; `made_from` holds the recipe of each part."""
    _write(output / "recipe.json", recipes[0] | {
        "name": name,
        "weights_sha256": sha256((output / WEIGHTS).read_bytes()).hexdigest(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": {f"{k}, run {i}": told for i, r in enumerate(recipes, 1) for k, told in r["data"].items()},
        "made_from": recipes,
    })  # fmt: skip
    summed = {k: sum(r[k] for r in runs) for k in ("seconds", "tokens", "steps", "examples")}
    rate, loss = round(summed["tokens"] / max(summed["seconds"], 1)), sum(r["loss"] for r in runs) / len(runs)
    _write(output / "metrics.json", runs[0] | summed | {"tokens_per_second": rate, "loss": round(loss, 4), "curve": []})


def _shape(settings: dict[str, Any]) -> tuple[int, int]:
    return settings["r"], settings["lora_alpha"]


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        raise ConfigError(f"{file} is not there", "name folders that train.py left")
    told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return told


def _write(file: Path, told: dict[str, Any]) -> None:
    file.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BellError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
