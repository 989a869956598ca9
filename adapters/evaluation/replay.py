"""A generator for the product that speaks kept texts: the product is measured as it is, without generating twice."""

from typing import Any

from llama_index.core.base.llms.types import ChatMessage, CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_completion_callback

from assistant.prompts import NOT_SAID
from evaluation.outputs import Job, Writer


class Replay:
    """What `assistant.generator` gives, over a `Writer`. While `pending` is a list, an unknown prompt is noted there
    and not answered, so that all can be generated in batches."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.pending: list[Job] | None = None

    @property
    def model_info(self) -> dict[str, Any]:
        return self.writer.model.model_info

    def with_adapter(self, enabled: bool) -> "ReplayLLM":
        return ReplayLLM(self, enabled)

    def text(self, prompt: str, adapted: bool) -> str:
        if self.pending is not None and not self.writer.has(prompt, adapted):
            self.pending.append((adapted, prompt))
            return NOT_SAID
        return self.writer.write(prompt, adapted).text


class ReplayLLM(CustomLLM):
    _replay: Replay = PrivateAttr()
    _adapted: bool = PrivateAttr()

    def __init__(self, replay: Replay, adapted: bool) -> None:
        render = replay.writer.model.render

        def one(prompt: str) -> str:
            return render([ChatMessage(content=prompt)])

        super().__init__(messages_to_prompt=render, completion_to_prompt=one)
        self._replay, self._adapted = replay, adapted

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=str(self._replay.model_info.get("base")), is_chat_model=True)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        assert self.completion_to_prompt is not None
        ready = prompt if formatted else self.completion_to_prompt(prompt)
        return CompletionResponse(text=self._replay.text(ready, self._adapted))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        text = self.complete(prompt, formatted, **kwargs).text
        yield CompletionResponse(text=text, delta=text)
