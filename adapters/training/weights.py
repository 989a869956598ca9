"""The weights that learn: fresh, of an earlier adapter or of a checkpoint; and how they are kept, also half way."""

import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, PeftModel, get_peft_model

from assistant.generator.base_model import BaseModel, load_weights
from assistant.generator.local import best_dtype
from training.progress import say

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
_STATE = "state.pt"


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
    say(f"going on from step {state.step}")
    return state
