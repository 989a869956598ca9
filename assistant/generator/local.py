"""The local language model as a LlamaIndex LLM: transformers on the CPU, one generation at a time, interruptible."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any

import torch
from llama_index.core.base.llms.types import ChatMessage, CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_completion_callback
from transformers import (
    LogitsProcessorList,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
    TextIteratorStreamer,
)

from assistant.generator.adapter import find_adapter, load_adapted
from assistant.generator.base_model import BaseModel, find_base, load_tokenizer, load_weights
from assistant.generator.prefix import Prefixes
from assistant.generator.reluctance import Reluctance
from assistant.prompts import first_item_end, reading_opening
from ingest.config import Config
from ingest.errors import BellError, ModelError

CONTEXT = 2048  # tokens, prompt and answer together
MAX_NEW_TOKENS = 160


def load_local(config: Config, progress: Callable[[str], None] | None = None) -> "LocalModel":
    """The configured base with the configured adapter, loaded and ready. Raises `ModelError`, `ModelMissing`."""
    base = find_base(config, progress)
    weights = Weights(base, find_adapter(config, base))
    positions = getattr(weights.model(adapted=True).config, "max_position_embeddings", CONTEXT)
    return LocalModel(weights, context_window=min(CONTEXT, positions))


class LocalModel(CustomLLM):
    """Greedy answers of at most `max_new_tokens`; `max_tokens=` asks for fewer in one call.

    `chat` applies the model's own chat template as it is: without a system message SmolLM2's template adds one of its
    own, so give one. `complete` is a chat of one message, unless `formatted=True` says that the prompt is ready.
    A stream that is closed stops generating within a token. Raises `ModelError`, also for a prompt that is too long.
    """

    context_window: int = CONTEXT
    max_new_tokens: int = MAX_NEW_TOKENS
    adapter_enabled: bool = True
    _weights: "Weights" = PrivateAttr()

    def __init__(self, weights: "Weights", **kwargs: Any) -> None:
        if weights.has_template:
            kwargs |= {"messages_to_prompt": weights.render, "completion_to_prompt": weights.render_one}
        super().__init__(**kwargs)
        self._weights = weights

    @classmethod
    def class_name(cls) -> str:
        return "LocalModel"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self.context_window,
            num_output=self.max_new_tokens,
            is_chat_model=self._weights.has_template,
            model_name=self._weights.base.name,
        )

    @property
    def model_info(self) -> dict[str, Any]:
        """`base` and `adapter` by name; `adapter` is None where none is configured or it is off."""
        adapter = self._weights.adapter
        return {
            "base": self._weights.base.name,
            "adapter": adapter.name if adapter and self.adapter_enabled else None,
        }

    def with_adapter(self, enabled: bool) -> "LocalModel":
        """A view on the same weights with the adapter, if there is one, on or off. `self` stays as it is."""
        return self.model_copy(update={"adapter_enabled": enabled})

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="".join(self._pieces(prompt, formatted, kwargs)))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        return _growing(self._pieces(prompt, formatted, kwargs))

    def _pieces(self, prompt: str, formatted: bool, kwargs: dict[str, Any]) -> Iterator[str]:
        assert self.completion_to_prompt is not None  # the base class sees to it
        ready = prompt if formatted else self.completion_to_prompt(prompt)
        room = self.context_window - self.max_new_tokens
        limit = min(self.max_new_tokens, kwargs.get("max_tokens") or self.max_new_tokens)
        return self._weights.generate(ready, room, limit, self.adapter_enabled)


def _growing(pieces: Iterator[str]) -> CompletionResponseGen:
    text = ""
    for piece in pieces:
        text += piece
        yield CompletionResponse(text=text, delta=piece)


class Weights:
    """The tokenizer and the model, with and without the adapter, each loaded when it is first wanted.

    All work runs in one thread: one generation at a time, and whoever waits for text can be interrupted.
    """

    def __init__(self, base: BaseModel, adapter: Path | None) -> None:
        self.base, self.adapter = base, adapter
        self._tokenizer = load_tokenizer(base)
        self._models: dict[bool, PreTrainedModel] = {}
        self._prefixes = Prefixes()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="generator")
        control = [t.content for t in self._tokenizer.added_tokens_decoder.values() if t.special]
        self._control = re.compile("|".join(map(re.escape, control)) or r"(?!)")

    @property
    def has_template(self) -> bool:
        return bool(self._tokenizer.chat_template)

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """The messages as the model was taught to read them. Control tokens in a message are text of somebody who
        would speak in another's role: a space takes their place."""
        turns = [{"role": m.role.value, "content": self._control.sub(" ", m.content or "")} for m in messages]
        return self._rendered(turns, to_reply=True)

    def _rendered(self, turns: list[dict[str, str]], to_reply: bool) -> str:
        try:
            return str(self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=to_reply))
        except Exception as error:  # templates are Jinja programs and raise what they like
            raise ModelError(f"the chat template of {self.base.name} refuses these messages: {error}") from error

    def render_one(self, prompt: str) -> str:
        return self.render([ChatMessage(content=prompt)])

    def model(self, adapted: bool) -> PreTrainedModel:
        """The model with or without the adapter; without one both are the same."""
        adapted = adapted and self.adapter is not None
        if adapted not in self._models:
            self._models[adapted] = self._load(self.adapter if adapted else None)
        return self._models[adapted]

    def _load(self, adapter: Path | None) -> PreTrainedModel:
        dtype = best_dtype()
        return load_adapted(self.base, adapter, dtype) if adapter else load_weights(self.base, dtype)

    def generate(self, prompt: str, room: int, limit: int, adapted: bool) -> Iterator[str]:
        """Pieces of text as they are generated: at most `limit` tokens after a prompt of at most `room` tokens."""
        ids = self._tokens(prompt)
        if ids.shape[1] > room:
            raise ModelError(f"prompt too long: {ids.shape[1]} tokens, and {room} fit", "ask for less at once")
        return self._stream(prompt, ids, limit, adapted)

    @cached_property
    def _opening(self) -> str:
        """What all reading prompts begin with; nothing where the template does not render it by itself."""
        turns = [{"role": m.role.value, "content": m.content or ""} for m in reading_opening()]
        with suppress(ModelError):
            return self._rendered(turns, to_reply=False) if self.has_template else ""
        return ""

    def _beginnings(self, prompt: str, ids: torch.Tensor) -> Iterator[int]:
        """How many tokens of `prompt` other prompts may begin with as well, shortest first."""
        if self._opening and prompt.startswith(self._opening):
            for text in (self._opening, prompt[: first_item_end(prompt)]):
                tokens = self._tokens(text)
                if torch.equal(tokens, ids[:, : tokens.shape[1]]):
                    yield tokens.shape[1]

    def _tokens(self, text: str) -> torch.Tensor:
        ids: torch.Tensor = self._tokenizer(
            text, return_tensors="pt", add_special_tokens=not self.has_template
        ).input_ids
        return ids

    def _stream(self, prompt: str, ids: torch.Tensor, limit: int, adapted: bool) -> Iterator[str]:
        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        stop = Event()
        lean = Reluctance(self._tokenizer, [prompt], ids.shape[1])
        beginnings = list(self._beginnings(prompt, ids))
        work = self._worker.submit(self._run, ids, beginnings, limit, adapted, lean, streamer, stop)
        try:
            yield from filter(None, streamer)
            work.result()
        finally:
            work.cancel()
            stop.set()

    def _run(
        self,
        ids: torch.Tensor,
        beginnings: Sequence[int],
        limit: int,
        adapted: bool,
        lean: Reluctance,
        streamer: TextIteratorStreamer,
        stop: Event,
    ) -> None:
        try:
            model: Any = self.model(adapted)  # `generate` is typed for a class that is not public
            model.generate(
                input_ids=ids,
                past_key_values=self._prefixes.states(model, ids, beginnings),
                attention_mask=torch.ones_like(ids),
                max_new_tokens=limit,
                do_sample=False,
                eos_token_id=self._ends(model.generation_config.eos_token_id),
                pad_token_id=self._tokenizer.pad_token_id or self._tokenizer.eos_token_id,
                logits_processor=LogitsProcessorList([lean]),
                stopping_criteria=StoppingCriteriaList([_Stop(stop)]),
                streamer=streamer,
            )
        except BellError:
            raise
        except Exception as error:  # out of memory, a tensor of the wrong shape: torch's own types stay inside
            raise ModelError(f"{self.base.name} failed: {error}") from error
        finally:
            streamer.on_finalized_text("", stream_end=True)  # also after an error: the reader must not wait for ever

    def _ends(self, told: int | list[int] | None) -> list[int]:
        """All tokens that end a turn: a model's settings and its tokenizer do not always name the same one."""
        ends = {*(told if isinstance(told, list) else [told]), self._tokenizer.eos_token_id}
        return sorted(end for end in ends if end is not None)


class _Stop(StoppingCriteria):
    def __init__(self, event: Event) -> None:
        self._event = event

    def __call__(self, input_ids: torch.Tensor, _scores: torch.Tensor, **_kwargs: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._event.is_set())


def best_dtype() -> torch.dtype:
    """bfloat16 where the processor computes in it, else float32: emulated bfloat16 is slower than either."""
    known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return torch.bfloat16 if known.get("avx512_bf16") or known.get("amx_bf16") else torch.float32
