"""Sentences that are never shown, whoever wrote them: links, advice, and what is addressed to a model. Pure.

A model can point at any line of a story, a poisoned one too. News tells of third parties in the third person; what
orders about whoever reads it, or poses as another speaker of the conversation, is no news.
"""

import re
from functools import lru_cache

from assistant.numbers import find_numbers
from assistant.orders import gives_orders
from assistant.sentences import content_words

_LINK = re.compile(
    r"\w+://|\bwww\.|\]\(|\]\[|!\[|<\s*/?\s*[a-z]|\b(?:javascript|data|mailto|tel):\S|[\w.+-]@[\w-]+\.\w|"
    r"\b[\w-]+\.[a-z]{2,}/\w|\[[^\]]+\]:",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:you|investors?|we|i)\s+(?:should|must|ought to|may want to|could consider|recommend)\b(?! no longer rely)|"
    r"(?:^\W*|[:;,!—-]\s+|\b(?:please|so|just|now|and)\s+)(?:buy|sell|hold)\s+(?:the\s+)?"
    r"(?:stock|shares?|now\b(?!,? pay))|\bprice target of\b|"
    r"\bgood (?:buy|investment)\b|\b(?:strong|screaming) buy\b|\b(?:time|moment|chance) to (?:buy|sell)\b|"
    r"\bguaranteed (?:\w+ )?(?:returns?|profits?|gains?)\b|\byour (?:savings|money|portfolio|shares)\b|"
    r"^\W*(?:buy|sell|dump)\s+(?:(?-i:[A-Z]{2,6})\b|\$|your|all|as|it|this|these|everything)|\bload up on\b",
    re.IGNORECASE,
)
_ROLE = r"(?:system|assistant|user|human|instructions?)"
_ANOTHER_SPEAKER = re.compile(
    rf"^\W*(?:new\s+)?{_ROLE}(?:\s+(?:prompt|message|note|override|update))?\s*[:>\]]|"
    rf"<\|?/?\s*(?:im_start|im_end|endoftext|eot|{_ROLE})\b|\[/?inst\]|<</?sys>>|###\s*{_ROLE}",
    re.IGNORECASE,
)
# The commonest order of all, which also stands amid a headline whose other words are news.
_FORGET = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){0,2}(?:previous|prior|above|earlier|preceding|all|your)"
    r"\s+(?:\w+\s+){0,2}(?:instructions?|prompts?|directions|guidelines)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)  # a question's lines are judged when they are found, shown and checked
def unfit(sentence: str) -> str:
    """Why a sentence is never shown, whatever the evidence; "" where it may be."""
    if _LINK.search(sentence):
        return "it holds a link"
    if _ADVICE.search(sentence):
        return "it gives advice"
    if _ANOTHER_SPEAKER.search(sentence) or _FORGET.search(sentence) or gives_orders(sentence):
        return "it gives orders"
    return "" if content_words(sentence) or find_numbers(sentence) else "it says nothing"
