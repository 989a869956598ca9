"""A conversation: each question understood in the light of the one before it, by rule."""

from collections.abc import Callable, Iterable
from datetime import datetime

from assistant.answering import Answerer
from assistant.draft import AnswerStream
from assistant.types import Ambiguity, Answer, Arm, Understanding


class ChatSession:
    """Keeps the last understanding and answer. Only symbols, period and kind carry over; the model sees no history.
    `keep` is called with each answer once it is whole. `as_of`: the instant of every question, else each its own."""

    def __init__(
        self,
        answerer: Answerer,
        arm: Arm | None = None,
        use_model: bool = True,
        keep: Callable[[Answer], object] = lambda _: None,
        as_of: datetime | None = None,
    ) -> None:
        self._answerer, self._arm, self._use_model, self._keep = answerer, arm, use_model, keep
        self._as_of = as_of
        self._previous: Understanding | None = None
        self.last: Answer | None = None

    def ask(self, question: str) -> Answer:
        return self.finish(self.stream(question))

    def stream(self, question: str) -> AnswerStream:
        """Iterate over it, then hand it to `finish`; a stream given up half-way leaves the conversation as it was."""
        stream = self._answerer.ask(question, self._arm, self._use_model, self._as_of, self._previous)
        return stream.then(self._keep)

    def recall(self, questions: Iterable[str]) -> None:
        """Takes up a conversation from what was asked in it, oldest first, without answering it again."""
        for question in questions:
            self._remember(self._answerer.understand(question, self._as_of, self._previous))

    def ambiguity(self, question: str) -> Ambiguity | None:
        """Words of `question` that may stand for several symbols: a chat asks back before it answers."""
        understood = self._answerer.understand(question, self._as_of, self._previous)
        return next(iter(understood.ambiguities), None)

    def finish(self, stream: AnswerStream) -> Answer:
        self.last = stream.answer
        self._remember(self.last.understood)
        return self.last

    def _remember(self, understood: Understanding | None) -> None:
        if understood and understood.symbols:
            self._previous = understood

    def clear(self) -> None:
        self._previous = self.last = None
