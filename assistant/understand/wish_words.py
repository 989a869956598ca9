"""How much the words of a clause lean towards a wish for advice: a sum of learnt weights, one a word, a kind of words
and a pair of kinds.

No list of patterns holds all the ways to ask for advice: of 30 requests that nobody had foreseen those of `advice.py`
found 10, with the words about twice as many (`unseen` in tests/data/scope.toml). The kinds carry what was learnt of one
word over to its like: what holds of a wife and a bonus holds of an uncle and a legacy. `make_wish_words.py` learns the
weights.
"""

import json
import re
from functools import cache
from itertools import combinations

from ingest.resources import resource

_SUMS = re.compile(r"\d[\d.,]*")
_RUNS = re.compile(r"([@#])\1*")
_WORD = re.compile(r"[@#?]|[^\W\d_][\w']*|\d+")
_KINDS = {
    "SELF": "i me my mine myself we us our i'm i've i'd i'll",
    "YOU": "you your you'd you're",
    "KIN": "wife husband partner boyfriend girlfriend mum mom mother dad father brother sister uncle aunt nephew niece"
    " cousin friend friends colleague colleagues boss neighbour neighbor grandpa grandma grandfather grandmother son"
    " daughter kid kids child children family parents adviser advisor planner broker banker guru",
    "MONEY": "savings money cash bonus inheritance salary paycheck wage windfall refund legacy pension 401k ira isa egg"
    " wealth fortune dollars euros pounds bucks grand mortgage loan debt",
    "DEAL": "buy buying sell selling hold holding keep keeping own owning add adding trim dump dumping get getting grab"
    " put putting invest investing switch swap exit enter bail ditch short park stash wait waiting stay leave take"
    " chase jump join load pile go touch avoid bet rebalance hedge allocate split spread save saving pick choose start"
    " begin move cut lock",
    "VERDICT": "good bad wise smart sensible foolish crazy mad sane insane reasonable prudent dumb silly stupid clever"
    " right wrong ok okay fine safe safer risky better best worth worthwhile sound solid decent great attractive"
    " bargain steal mistake",
    "MUCH": "too enough much many big large heavy high cheap expensive late early far overvalued undervalued overpriced"
    " pricey",
    "FEELING": "worry worried nervous scared afraid fear sleep awake panic uneasy regret greedy anxious comfortable"
    " confident trust torn unsure",
    "ADVISING": "recommend suggest advise advice tip tips opinion view verdict think reckon agree thoughts favourite"
    " favorite prefer convince objections ideas idea call sense",
    "AIM": "retire retirement retired retiree age old horizon long-term term years college house home future rich"
    " beginner novice saver student pensioner widow",
    "ASSET": "stock stocks share shares bond bonds etf etfs fund funds gold silver crypto coin coins bitcoin equities"
    " index treasuries tech market dip dividend",
    "HOLDING": "position positions portfolio account depot holdings stake investment investments",
    "MOMENT": "now today moment time when still before after yet already",
    "OUGHT": "should shall would could can ought need must",
}
_KIND_OF = {word: kind for kind, listed in _KINDS.items() for word in listed.split()}


def words_of(masked: str) -> frozenset[str]:
    """What is weighed of a masked clause, each once: its words, a symbol as `@`, a period as `#`, any number as `9`;
    the kinds of them, in capitals; and each two kinds that stand together, a symbol counting as one."""
    words = frozenset(_WORD.findall(_RUNS.sub(r"\1", _SUMS.sub("9", masked))))
    kinds = {_KIND_OF[w] for w in words if w in _KIND_OF}
    pairs = combinations(sorted(kinds | (words & {"@"})), 2)
    return words | kinds | {f"{one}+{other}" for one, other in pairs}


def lean_to_advice(masked: str) -> float:
    """What the weights of its words sum up to: above 0 they tell a wish for advice, the surer the higher."""
    weights = _weights()
    return weights[""] + sum(weights.get(word, 0.0) for word in words_of(masked))


@cache
def _weights() -> dict[str, float]:
    told: dict[str, float] = json.loads(resource("assistant/understand/wish_words.json").read_text("utf-8"))
    return told
