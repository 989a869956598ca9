"""Sentences that are never shown, whoever wrote them: links, advice, and what is addressed to a model. Pure.

A model can point at any line of a story, a poisoned one too. News tells of third parties in the third person; what
orders about whoever reads it, or poses as another speaker of the conversation, is no news.
"""

import re

from assistant.numbers import find_numbers
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
_ROLE = r"(?:system|assistant|user|human|developer|ai|chatbot|model|instructions?|prompt)"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|former|foregoing|system|initial|original|all|your|these|the)"
_WHAT = r"(?:instructions?|prompts?|rules|directions|guidelines|messages?|context|text|evidence)"
_TO_A_MODEL = re.compile(
    rf"""
    ^\W*(?:(?:new|begin|end\s+of|important|note\s+to(?:\s+the)?)\s+)?
        {_ROLE}(?:\s+(?:prompt|message|note|override|update))?\s*[:>\]]
  | <\|?/?\s*(?:im_start|im_end|endoftext|eot|{_ROLE})\b | \[/?inst\] | <</?sys>> | \#\#\#\s*{_ROLE}
  | (?:^|[.,:;!?—–-]|\b(?:and|please|now|must|to|then|you))\W*(?:ignore|disregard|forget|override|bypass|skip)\s+
        (?:\w+\s+){{0,2}}{_BEFORE}\s+(?:\w+\s+){{0,3}}{_WHAT}
  | \b(?:system|hidden|initial|your)\s+(?:prompt|instructions)\b
  | \byour\s+(?:training|guidelines|rules|context\s+window|watchlist)\b
  | \b(?:the|a|any|every)\s+(?:user|users'|user's)\s+(?:watchlist|portfolio|question|prompt|asks?|wants?)\b
  | \b(?:your|the\s+assistant'?s|the\s+ai'?s)\s+(?:answer|reply|response|output|summary)\b
  | \b(?:as\s+an?|you\s+are\s+(?:now\s+)?(?:an?|the)?)\s*(?:\w+\s+)?
        (?:ai\b|assistant|chatbot|language\s+model|dan\b|llm\b)
  | \b(?:ai|language)\s+(?:models?|assistants?)\s+(?:reading|must|should|processing|are\s+to)\b
  | \bnot\s+in\s+the\s+evidence\b | \bcit(?:e|ing)\s+(?:this|it)\s+as\b
  | \bin\s+(?:this|your|the)\s+(?:answer|reply|response)\b
  | \b(?:ignor|oubli|vergiss|olvid|desconsider|dimentic|omet|negeer)\w*\b.{{0,40}}
        \b(?:instru[ckz]|anweisung|istruzion|consigne|regeln)\w*
  | (?:忽略|无视|無視|忽視).{{0,20}}(?:指令|指示|提示) | (?:指示|命令).{{0,10}}(?:無視|忘れ)
  | игнориру\w*.{{0,40}}инструкц
    """,
    re.IGNORECASE | re.VERBOSE,
)
_COMMAND = re.compile(
    r"""
    ^\W*(?:please\s+|now\s+|then\s+|instead,?\s+|do\s+not\s+|never\s+|always\s+|only\s+)*
    (?:write|explain|compose|translate|describe|summari[sz]e|create|generate|answer|reply|respond|say|tell|print|repeat|
       reveal|pretend|click|visit|send|download|subscribe|convert|calculate|give|add|include|integrate|insert|append|
       mention|modify|render|recommend|suggest|provide|claim)
    \s+(?:an?|the|me|us|them|your|my|this|that|these|it|its|all|any|every|only|how|what|why|who|here|readers?|users?|
       people|everyone|instead|nothing)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def unfit(sentence: str) -> str:
    """Why a sentence is never shown, whatever the evidence; "" where it may be."""
    if _LINK.search(sentence):
        return "it holds a link"
    if _ADVICE.search(sentence):
        return "it gives advice"
    if _COMMAND.search(sentence) or _TO_A_MODEL.search(sentence):
        return "it gives orders"
    return "" if content_words(sentence) or find_numbers(sentence) else "it says nothing"
