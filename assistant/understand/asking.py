"""What people say around the thing they ask to have explained: courtesies and excuses before it, the manner and the
audience after it. Patterns over a masked clause."""

import re

from assistant.understand.text import any_word

_FIELD = "(?:finance|investing|economics|accounting|trading|banking|business|(?:the )?(?:stock )?markets?)"
WORDED = (
    r"in (?:(?:a|an|one|two|three|your own|my own|very|really|simple|simpler|simplest|plain|easy|everyday|few|single"
    r"|short|layman's|laymen's|lay|basic|normal|human|couple of) )*(?:terms|words?|english|language|sentences?|lines?"
    r"|nutshell|short|brief|detail)\b(?: or (?:two|three|so)\b)?"
)
_IN_FIELD = rf"in {_FIELD}(?: (?:terms|speak|jargon|context))?"
_PERSON = any_word(
    "beginners? child children kids? lay(?:man|men|person) novices? newbies? newcomers? students? teen(?:ager)?s?"
    " dumm(?:y|ies) friends? grand\\w+ mother mom mum dad father son daughter wife husband partner boss year-olds?"
    " person people adult someone somebody non-\\w+ amateurs? idiots? starters? outsiders?"
)
_AUDIENCE = (
    rf"(?:to|for) (?:(?!to |for |of )[\w']+[ -]){{0,4}}?{_PERSON}[^@#?.]*"
    r"|(?:like|as if|as though) (?:to |i\b|you)[^@#?.]*"
)
_MEANS = r"(?:using|without|as (?:you|one) would|in the context of)\b[^@#?.]*"
# After a term: how, or to whom, it is to be explained.
STYLE = rf"(?:{WORDED}|into (?:\w+ )?(?:words|english|terms)|{_AUDIENCE}|{_MEANS}|simply|briefly)"
MANNER = (
    rf"(?:{STYLE}|{_IN_FIELD}|(?:to|for) (?:me|us)\b|exactly|precisely|actually|really|basically|please|pls|plz"
    r"|thanks?(?: you)?|quickly|again|anyway|then)"
)
TAIL = rf"(?:[,.!?]? {MANNER})*[^\w@#]*$"

_QUITE = "(?:(?:an?|the|very|quite|totally|completely|complete|total|absolute|relatively|still|pretty|just) )*"
_EXCUSE = (
    r"(?:(?:sorry|apologies|forgive me|pardon)\b|(?:[\w']+ ){0,3}?question\b"
    rf"|i(?:'m| am) {_QUITE}(?:beginner|newbie|novice|newcomer|lost|stuck|new(?= (?:to|at|in|here)\b|[.,:;!]|$)))"
    r"(?:(?! and | but )[^@#.,:;?])*(?:[.,:;!-]|$) ?(?:- )?(?:but )?"
)
_COURTESY = (
    any_word(
        "hi hello hey ok okay so and but also then please pls plz well thanks? now eli5 tl;?dr um actually again kindly"
    )
    + r"(?: there| again)?[,!:.;]* ?(?:- )?"
)
_REQUEST = (
    r"(?:(?:can|could|would|will) you|(?:would|do) you mind|mind|any chance you (?:could|can|would))\b ?"
    r"|(?:tell|remind|enlighten|help) me\b(?: again)?"
    r"(?! (?:what|about|how|if|whether|where|when|why|who|which|on)\b)[,:]? ?"
    r"|i(?:'d| would)? (?:want|need|like) to know |(?:do you|i) (?:know|wonder) "
)
# Before the question proper.
LEAD = rf"^(?:{_EXCUSE}|{_COURTESY}|{_REQUEST}|(?:{WORDED}|{_IN_FIELD}|(?:as|for) an? (?:\w+ )?{_PERSON})(?:, |$))*"
_LEAD = re.compile(LEAD)
_EXCUSED = re.compile(rf"^(?:{_COURTESY}|{_EXCUSE})*")


def bare(masked: str) -> str:
    """`masked` without what is only said before a question; empty where it is no more than that."""
    return _LEAD.sub("", masked).strip(" ?!.,:;-")


def unexcused(masked: str) -> str:
    """`masked` without greeting and excuse: "I'm new to investing" asks for no advice."""
    return _EXCUSED.sub("", masked) or masked
