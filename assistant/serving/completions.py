"""Answers in the form of OpenAI's chat completions, whole or streamed, so that existing chat clients can ask.

The text is Markdown: the answer, piece by piece as it is checked, then its sources, warnings and the notice. The
answer's own document (figures, citations, times) is the field `answer`, in a stream that of the last chunk.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.render import footer_markdown
from assistant.render.markdown import flowing
from assistant.types import ARMS, Answer, Arm

USUAL = "openingbell"
MODELS: dict[str, Arm | None] = {USUAL: None} | {f"{USUAL}-{arm}": arm for arm in ARMS}
DONE = "data: [DONE]\n\n"


def listed(since: datetime) -> dict[str, Any]:
    """The models one may choose: the usual one, and each arm by itself."""
    made = {"object": "model", "created": int(since.timestamp()), "owned_by": USUAL}
    return {"object": "list", "data": [{"id": name, **made} for name in MODELS]}


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer on its way to a client; times are printed in `zone`."""

    model: str
    at: datetime
    zone: str
    id: str

    @staticmethod
    def begun(model: str, at: datetime, zone: str) -> "Completion":
        return Completion(model, at, zone, f"chatcmpl-{uuid.uuid4().hex}")

    def whole(self, told: Iterable[str | Answer]) -> dict[str, Any]:
        """The response where nothing is streamed: `told` are the answer's pieces, and last the answer."""
        *pieces, answer = told
        assert isinstance(answer, Answer)
        content = "".join(self.text(t) for t in (*pieces, answer))
        message = {"role": "assistant", "content": content, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return self._document("chat.completion", choice) | {"answer": answer.to_dict()}

    def opening(self) -> str:
        return self._chunk({"role": "assistant", "content": ""})

    def piece(self, told: str | Answer) -> str:
        """The event of a piece of text; of the answer itself: its footer, then the end with its document."""
        event = self._chunk({"content": self.text(told)})
        if isinstance(told, str):
            return event
        return event + self._chunk({}, "stop", answer=told.to_dict()) + DONE

    def text(self, told: str | Answer) -> str:
        """A piece as Markdown; of the answer itself what follows its text."""
        return flowing(told) if isinstance(told, str) else f"\n\n{footer_markdown(told, self.zone)}"

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event(self._document("chat.completion.chunk", choice) | more)

    def _document(self, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": int(self.at.timestamp()), "model": self.model,
                "choices": [choice]}  # fmt: skip


def event(document: dict[str, Any]) -> str:
    """One event of a stream."""
    return f"data: {json.dumps(document)}\n\n"
