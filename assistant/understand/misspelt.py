"""Slips of the keyboard in the words that a question of prices turns on: "clsoe", "divdend", "yesteday".

A slip is two neighbouring letters changed about; in a longer word also a letter left out, put in or mistaken, but never
the first. It is read as the word only where it is nothing else: no English word, no symbol and no word of a name. What
was read as what is told with the answer.
"""

import re
from collections.abc import Iterator
from functools import cache
from string import ascii_lowercase

from assistant.types import Respelling
from assistant.understand.vocabulary import Vocabulary

_WORDS = """
    average averaged before between biggest change changed close closed closes closing compare compared dividend
    dividends drawdown dropped gained happened high highest how lowest market month months moved open opened opening
    percent percentage perform performance performed performing previous price priced prices quarter quote quoted return
    returned returns share shares since stock stocks today tomorrow trade traded trades trading value volatility volume
    week what when where which worth year yesterday
""".split()
_DAYS = """
    monday tuesday wednesday thursday friday saturday sunday january february august september october november
""".split()
_OFTEN = {
    "tommorow": "tomorrow", "wensday": "wednesday", "wendsday": "wednesday", "todays": "today's",
    "yesterdays": "yesterday's", "tomorrows": "tomorrow's",
}  # fmt: skip
# English words that are one slip away, drawn from two public word lists: whoever writes them means them.
_MEANT = frozenset(
    """
    augusta augusti augusts averager averages chance chanced chane chang changa changer changes chanted charge
    charged clanged cloned clones cloning closen closer closers closest closet closets closings cloves cloyed
    cloying compadre comparer compares compart comprare divided drawdowns dripped drooped dropper fridays gainer
    gaines gaited grained marked marker markets markit mondays mont montes moth moths mouths move novembers octobers
    omened opener openings opined opining percentaged percentages percents percept performances performer
    performings performs precious pricer pricey pricked pricks prided prides pried pries primed primes prince
    princes prized prizes quartern quarters quartet quoited quot quoter quotes returnee returner saturdays scares
    septembers shades shakes shames shapes shards shared sharer sharers sharks sharpe sharps shaves shires shocks
    shores sine smocks snares sock socks spares stacks stares sticks stocky storks sunda sundae sundar sundas
    sundays sundry sunray sunway thursdays tirade tirades tody traced traces tracing trad trader traders
    tradings trapes traves treading tuesdays vale valued valuer values volumed volumes volute wednesdays were whee
    wheres wort worthy
    """.split()
)
_PUT_IN, _MISTAKEN = 5, 6  # letters of the shortest word in which one may be put in or left out, or mistaken
_TOKEN = re.compile(r"(?<![\w$^.'@/:-])[A-Za-z]{3,}(?![\w@/]|[-.:]\w|'(?!s\b))")


def respelled(text: str, vocabulary: Vocabulary) -> tuple[str, tuple[Respelling, ...]]:
    """`text` with the slips in it read as what they are for, and what was read as what."""
    told: list[Respelling] = []

    def read(match: re.Match[str]) -> str:
        said = match[0]
        word = _table().get(said.lower(), "")
        capital = said != said.lower() and (said[1:] != said[1:].lower() or (match.start() and word not in _DAYS))
        if not word or capital or vocabulary.names_word(said):
            return said
        told.append(Respelling(said, word))
        return word

    return _TOKEN.sub(read, text), tuple(told)


@cache
def _table() -> dict[str, str]:
    """Each slip -> the word it is for; where it may be for two, the one by the likelier slip."""
    words = (*_WORDS, *_DAYS)
    table = dict(_OFTEN)
    for slips in (_turned, _left_out, _put_in, _mistaken):
        for word in words:
            for slip in slips(word):
                table.setdefault(slip, word)
    right = _MEANT.union(words)
    return {slip: word for slip, word in table.items() if slip not in right}


def _turned(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))


def _left_out(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1 :] for i in range(1, len(word)) if len(word) >= _PUT_IN)


def _put_in(word: str) -> Iterator[str]:
    places = range(1, len(word) + 1) if len(word) >= _PUT_IN else ()
    return (word[:i] + letter + word[i:] for i in places for letter in ascii_lowercase)


def _mistaken(word: str) -> Iterator[str]:
    places = range(1, len(word)) if len(word) >= _MISTAKEN else ()
    return (word[:i] + letter + word[i + 1 :] for i in places for letter in ascii_lowercase)
