"""Question understanding by rule: symbols, periods and the kind of question. No model, no store, no clock."""

from assistant.understand.question import understand
from assistant.understand.vocabulary import Vocabulary

__all__ = ["Vocabulary", "understand"]
