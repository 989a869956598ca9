"""The steps of a run: the loss on the answers, the rate, and when to stop.

Loss on the answer's tokens only, and logits only there: at 49,152 words the output layer would cost as much as all
others.
"""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from assistant.generator.local import best_dtype
from training.progress import progress_bar, say
from training.rows import Row
from training.weights import DEVICE, State, keep, resume

_CHECKPOINT_SECONDS = 300


def learn(model: PeftModel, batches: Sequence[Sequence[Row]], parameters: dict[str, Any], checkpoint: Path) -> State:
    """One step a batch. The rate follows whichever ends first, the data or the time: it is always down at the end."""
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=parameters["learning_rate"], betas=(0.9, 0.98), weight_decay=0.0)
    state = resume(checkpoint, optimizer)
    total, limit = sum(len(r.ids) for b in batches for r in b), parameters["minutes"] * 60
    say(f"{total} tokens in {len(batches)} steps, at most {parameters['minutes']:g} minutes")
    started, saved = time.monotonic() - state.seconds, time.monotonic()
    with progress_bar() as bar:
        task = bar.add_task("training", total=1.0, loss="?")
        for batch in batches[state.step :]:
            progress = max(state.tokens / total, state.seconds / limit)
            bar.update(task, completed=progress, loss=state.recent)
            if progress >= 1:
                say(f"the time is up after {state.tokens / total:.0%} of the mixture")
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
                say(f"{progress:.0%}, loss {state.recent}, {state.tokens / state.seconds:.0f} tokens a second")
    return state


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


def held_back_loss(model: PeftModel, batches: Sequence[Sequence[Row]]) -> float:
    """Of what was not learnt from: the mean of the batches' losses; 0 where there are none."""
    model.eval()
    with torch.no_grad():
        losses = [answer_loss(model, b).item() for b in batches]
    return sum(losses) / max(len(losses), 1)
