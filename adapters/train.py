"""Trains a LoRA adapter: examples -> tokens -> batches -> weights, top to bottom. `bell train` runs it as a child.

Loss on the answer's tokens only, and logits only there: at 49,152 words the output layer would cost as much as all
others. Resumable: a killed run goes on from its last checkpoint. On a GPU the same script uses it.
"""

import argparse
import json
import math
import random
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from transformers import PreTrainedTokenizerBase

from assistant.generator.base_model import BaseModel, find_base, load_tokenizer, load_weights
from assistant.generator.inspection import check, recipe
from assistant.generator.local import best_dtype
from assistant.prompts import PROMPT_VERSION
from data import Conversation, Mixture, build, conversations
from ingest.config import load_config
from ingest.errors import BellError, ConfigError

HERE = Path(__file__).resolve().parent
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
_CHECKPOINT_SECONDS = 300
_STATE = "state.pt"
_HELD_BACK = 64  # examples of the mixture that only measure the loss


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in tokens; `said` marks those that the model is to write: the loss counts there."""

    ids: list[int]
    said: list[bool]


@dataclass
class State:
    """How far a run has come; `losses` by step."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)

    @property
    def recent(self) -> str:
        last = self.losses[-20:]
        return f"{sum(last) / len(last):.3f}" if last else "?"


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    parameters = resolved(options.experiment)
    if options.minutes:
        parameters["minutes"] = options.minutes
    config = load_config({"home": options.home} if options.home else {})[0]
    base = find_base(config, _say)
    if options.start:
        check(options.start, base.name)
        parameters = further(parameters, recipe(options.start))
    mixture = build(parameters["mixture"], parameters["seed"], dict(options.data), config if options.ledger else None)
    for line in mixture.told:
        _say(line)
    folder = options.output or config.home / "adapters" / options.name
    folder.mkdir(parents=True, exist_ok=True)
    metrics = train(base, mixture, parameters, folder, options.start)
    describe(folder, options.name, base, mixture, parameters, metrics, options.start)
    _say(f"trained in {metrics['seconds'] / 60:.0f} minutes, held-back loss {metrics['loss']:.3f}: {folder}")
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
    model.eval()
    with torch.no_grad():
        losses = [answer_loss(model, b).item() for b in batched(held, parameters["batch_tokens"], rng)]
    save(model, folder)
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    return {
        "loss": round(sum(losses) / max(len(losses), 1), 4), "seconds": round(state.seconds), "tokens": state.tokens,
        "tokens_per_second": round(state.tokens / state.seconds), "steps": state.step, "examples": len(rows),
        "curve": state.losses[:: max(len(state.losses) // 100, 1)], "device": DEVICE,
    }  # fmt: skip


def learn(model: PeftModel, batches: Sequence[Sequence[Row]], parameters: dict[str, Any], checkpoint: Path) -> State:
    """One step a batch. The rate follows whichever ends first, the data or the time: it is always down at the end."""
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=parameters["learning_rate"], betas=(0.9, 0.98), weight_decay=0.0)
    state = resume(checkpoint, optimizer)
    total, limit = sum(len(r.ids) for b in batches for r in b), parameters["minutes"] * 60
    _say(f"{total} tokens in {len(batches)} steps, at most {parameters['minutes']:g} minutes")
    started, saved = time.monotonic() - state.seconds, time.monotonic()
    with progress_bar() as bar:
        task = bar.add_task("training", total=1.0, loss="?")
        for batch in batches[state.step :]:
            progress = max(state.tokens / total, state.seconds / limit)
            bar.update(task, completed=progress, loss=state.recent)
            if progress >= 1:
                _say(f"the time is up after {state.tokens / total:.0%} of the mixture")
                break
            for group in optimizer.param_groups:
                group["lr"] = parameters["learning_rate"] * schedule(progress, parameters["warmup"])
            loss = answer_loss(model, batch)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            state.step += 1
            state.tokens += sum(len(r.ids) for r in batch)
            state.losses.append(round(loss.item(), 4))
            state.seconds = time.monotonic() - started
            if time.monotonic() - saved > _CHECKPOINT_SECONDS:
                saved = time.monotonic()
                keep(model, optimizer, state, checkpoint)
                _say(f"{progress:.0%}, loss {state.recent}, {state.tokens / state.seconds:.0f} tokens a second")
    return state


def encode(tokenizer: PreTrainedTokenizerBase, conversation: Conversation) -> Row:
    """The chat template as the assistant renders it; each answer with the end of its turn."""
    messages = [{"role": m.role.value, "content": m.content or ""} for m in conversation.messages]
    ids: list[int] = []
    said: list[bool] = []
    rendered = ""
    for at, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = str(tokenizer.apply_chat_template(messages[:at], tokenize=False, add_generation_prompt=True))
        answer = message["content"] + str(tokenizer.eos_token)
        for text, counts in ((prompt[len(rendered) :], False), (answer, True)):
            tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
            ids += tokens
            said += [counts] * len(tokens)
        rendered = prompt + answer
    return Row(ids, said)


def batched(rows: Sequence[Row], tokens: int, rng: random.Random) -> list[list[Row]]:
    """Rows of like length together, at most `tokens` with padding, in random order."""
    batches: list[list[Row]] = []
    current: list[Row] = []
    for row in sorted(rows, key=lambda r: len(r.ids) + rng.random() * 60):
        longest = max(len(r.ids) for r in (*current, row))
        if current and longest * (len(current) + 1) > tokens:
            batches.append(current)
            current = []
        current.append(row)
    if current:
        batches.append(current)
    rng.shuffle(batches)
    return batches


def schedule(progress: float, warmup: float) -> float:
    """A linear rise over `warmup`, then half a cosine down to nothing; `progress` from 0 to 1."""
    if progress < warmup:
        return max(progress / warmup, 0.05)
    return 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))


def answer_loss(model: PeftModel, batch: Sequence[Row]) -> torch.Tensor:
    """Mean cross entropy of the answers' tokens."""
    longest = -(-max(len(r.ids) for r in batch) // 64) * 64  # few different shapes: kernels are made once for each
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    said = torch.zeros_like(ids, dtype=torch.bool)
    for i, row in enumerate(batch):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        said[i, : len(row.ids)] = torch.tensor(row.said)
    ids, said = ids.to(DEVICE), said.to(DEVICE)
    causal: Any = model.get_base_model()
    with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda" or best_dtype() == torch.bfloat16):
        hidden = causal.model(input_ids=ids).last_hidden_state  # padding comes last: nothing before it sees it
        logits = causal.lm_head(hidden[:, :-1][said[:, 1:]])
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][said[:, 1:]])


def adapted(base: BaseModel, parameters: dict[str, Any], checkpoint: Path, start: Path | None) -> PeftModel:
    """The base, its sums in float32, with a fresh adapter, that of `start`, or that of the last checkpoint."""
    model = cast(Any, load_weights(base, torch.float32)).to(DEVICE)
    if best_dtype() == torch.bfloat16:  # as they are served; nothing is cast again at every step
        for layer in model.model.layers.modules():
            if isinstance(layer, torch.nn.Linear):
                layer.weight.data = layer.weight.data.to(torch.bfloat16)
    source = checkpoint if (checkpoint / _STATE).exists() else start
    if source:
        return PeftModel.from_pretrained(model, source, is_trainable=True).train()
    settings = LoraConfig(
        r=parameters["rank"], lora_alpha=parameters["alpha"], lora_dropout=0.0,
        target_modules=parameters["target_modules"], task_type="CAUSAL_LM",
    )  # fmt: skip
    return cast(PeftModel, get_peft_model(model, settings)).train()


def save(model: PeftModel, folder: Path) -> None:
    """The adapter in bfloat16: half the size, and it is served in that precision."""
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.to(torch.bfloat16)
    # Without being told so, peft would ask the hub whether embeddings belong to it.
    model.save_pretrained(str(folder), save_embedding_layers=False)


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


def keep(model: PeftModel, optimizer: torch.optim.Optimizer, state: State, folder: Path) -> None:
    """A checkpoint that is there whole or not at all."""
    partial, old = folder.with_suffix(".partial"), folder.with_suffix(".old")
    model.save_pretrained(str(partial), save_embedding_layers=False)
    torch.save({"optimizer": optimizer.state_dict(), "state": asdict(state)}, partial / _STATE)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def resume(folder: Path, optimizer: torch.optim.Optimizer) -> State:
    if not (folder / _STATE).exists():
        return State()
    saved = torch.load(folder / _STATE, weights_only=True)
    optimizer.load_state_dict(saved["optimizer"])
    state = State(**saved["state"])
    _say(f"going on from step {state.step}")
    return state


def progress_bar() -> Progress:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("loss {task.fields[loss]}"), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), speed_estimate_period=300)


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


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BellError as error:
        _say(f"error: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
