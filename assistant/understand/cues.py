"""The words by which a clause tells what it asks for: patterns over a masked clause (`@` symbols, `#` periods)."""

import re

from assistant.understand.text import any_word, either

_MOVED = either(
    any_word(
        "up down higher lower rise rises rose risen rising fall falls fell fallen falling drop drops dropped"
        " dropping gain gains gained gaining lose loses lost losing loss losses climb climbs climbed climbing slide"
        " slides slid sliding jump jumps jumped jumping plunge plunges plunged plunging surge surges surged surging"
        " rally rallies rallied rallying sink sinks sank sinking soar soars soared soaring tumble tumbles tumbled"
        " tumbling slip slips slipped decline declines declined doubled halved tripled plummeted collapsed sunk"
        " skyrocket skyrocketed"
        " declining crash crashes crashed crashing dip dips dipped dipping spike"
        " spikes spiked spiking rebound rebounds rebounded rebounding recover recovers recovered recovering grow"
        " grows grew grown advance advances advanced tank tanked tanking shed"
    )
)
_MOVES = any_word(
    "moves? drop fall rise jump gains? loss losses decline rally slump sell-?off surge slide plunge change"
)
_STOCK = r"(?:'s)?(?: (?:stock|shares?|share price|prices?))?"
_DRIVES = any_word(
    "drove driving driven drives caused causing moving behind explains? sent pushed pushing triggered made weighed"
    " weighing lifted lifting dragged dragging lies led"
)

REASON = either(
    r"\bwhy\b",
    r"\bhow come\b",
    r"\breasons?\b(?! to)|\btriggers? (?:for|of|behind)\b",
    r"\bto blame for\b|\bwhat hit (?:the )?@",
    r"\bcauses? of\b",
    r"\b(?:because of|due to) what\b",
    r"\bwhat lay behind\b",
    rf"\bwhat(?:'s| is| was| has| have)? (?:been )?(?:{_DRIVES}|moved\b(?! (?:the )?(?:most|least|more)))",
    rf"\bexplain (?:the|its|this|that|their|[@#]+(?:'s)?) (?:[\w#]+ )?{_MOVES}",
)
WHY_MOVED = either(
    rf"(?:@+|\b(?:it|stocks|shares|the market)){_STOCK} (?:(?:is|are|was|were|been|so|go|going) )*{_MOVED.pattern}",
    rf"@+{_STOCK} (?:(?:is|are|was|were|been|so) )*(?:under pressure\b|(?:weak|strong|soft|firm)\W*(?:$|#|on|in"
    rf"|over|during))",
    rf"\bwhat hit (?:the )?@+{_STOCK}(?: so hard)?(?: (?:on|in))?\W*(?:$|#)",
    rf"\bwhat(?:'s| is| was| has| have)? (?:been )?{_DRIVES} (?:(?:on|up|down) )?(?:the )?@+{_STOCK}"
    r"(?: (?:up|down|higher|lower|so|now))*\W*(?:$|#)",
)
GENERAL_WHY = re.compile(r"\bwhy (?:do|does|would|should|might|can|could)\b")
WHY_IS = re.compile(r"\bwhy (?:is|are)\b")

HAPPENED = re.compile(r"\bwhat(?:'s|s| is| has| was)? (?:been )?(?:happened|happening|going on|gone on|up with)\b")
RECENT = re.compile(any_word("current(?:ly)? latest now today recent(?:ly)?"))
_ABOUT_IT = r"(?= with| in| on| about| for| from| at|[ ,]*@|\W*$)"
NEWS = either(
    # Headlines, where they are what is asked for: not "what did it lose on the news?".
    r"^(?!.*\b(?:which|how|who|where|when|did|does|can|could|may|once|mean)\b(?! you)).*\b"
    r"(?:news|headlines?|stor(?:y|ies)|articles?|coverage|rumou?rs?|press releases?)\b",
    r"\bin the press\b|\b(?:what|anything) (?:is|are|do|does|did) (?:the )?(?:analysts?|papers?|press|media|people"
    r"|everyone) (?:saying|say|writing|write|reporting|report) (?:about|on)\b",
    r"\bwhat(?:'s| is) the (?:word|buzz|talk) (?:on|about)\b|\bbrief me\b",
    r"\blatest (?:on|about|from|with|w/|for|regarding|developments?)(?!\w)",
    rf"\bwhat(?:'s|s| is) (?:new|the latest)\b{_ABOUT_IT}",
    r"\b(?:which|what) (?:stor(?:y|ies)|articles?|headlines?) (?:mention|cover|name)",
    r"\b(?:any|some) (?:\w+ )?(?:buzz|press)\b",
    r"\b(?:any|some)thing (?:(?:come|came|been) out )?(?:new|on|about|happen|interesting|(?:i|we) (?:should|must"
    r"|need to|ought to) know)"
    r"|\b(?:say|announce|report|publish)(?:ed)? anything\b",
    r"\bwhat (?:has|have|is|was|were) (?:been |being )?(?:reported|written|published|said) (?:about|on) "
    r"(?:the )?@+\W*(?:$|#)",
    r"\b(?:any|recent|latest) (?:updates?|developments?|announcements?)\b",
    r"\bwhat did i miss\b|\b(?:market|daily|day's) (?:summary|wrap|recap|round-?up)\b"
    r"|\bsum(?:mari[sz]e|s? up) the (?:day|market|news)\b",
    r"\bupdates? (?:on|about|for|me)\b|\bcatch me up\b|\btell me about @",
)

# How one did against another, or against a yardstick that is not named.
_RIVALLED = (
    r"\b(?:(?:out|under)(?:perform|pac|run|ran|did|do)\w*|(?:beat|lag|trail|surpass|overt[ao]k)\w*"
    r"|(?:kept?|keeping) (?:up|pace) with|(?:stack|measure|h[eo]ld)\w* up (?:against|to)|f(?:ell|all\w*) behind)\b"
)
_MORE = "better worse more less further higher lower bigger larger smaller harder faster stronger weaker ahead won"
COMPARE = either(
    any_word("vs versus compar\\w+ which against most least best worst biggest top largest strongest weakest rank\\w*"),
    r"\bwho (?:did|won|was|is|has|had)\b|\brelative (?:to|performance|strength|returns?)\b|\bminus\b"
    r"|\b(?:gap|difference)(?: in [\w ]{1,30})? between\b",
    rf"{_RIVALLED}|\bnext to\b|\bon top\b|@+ (?:\w+ )?behind (?:the )?@",
    r"\b(?:which|what|who)\b(?! more).*\b(?:more|less)\b|\bahead of\b",
    r"\b(?:more|less)\b(?! or less| about| on).*\bor\b|\bor\b.*\bless\b",
    rf"{any_word(_MORE)}.*\bthan\b|\bor\b.*\b(?:better|worse|more)\b|\b(?:bigger|larger|smaller|better|worse)\b",
)
# One symbol named beside one that was told: "is it ahead of @?", "compare @ with that".
WITH_TOLD = either(
    r"\b(?:it|they|them|that|those)\b[^@]*@+(?!'s)",
    r"@+ (?:to|with|than|against|vs|versus|and) (?:it|them|that|those)\b",
    r"^(?:and )?(?:compared? (?:to|with)|vs\.?|versus|against) @",
)
SUPERLATIVE = either(
    r"\b(?:best|worst|biggest|top|largest) (?:perform(?:er|ing)|gainer|loser|mover|move|riser|faller)s?\b",
    r"\b(?:what|which|who)\b.*\b(?:most|least|best|worst)\b(?! clos)|\bwinners? and losers?\b|\blaggards?\b",
)
# Which of several went one way: no ranking, but of all of them.
COUNTED = re.compile(rf"\bhow many (?:of )?(?:(?:my|the|these|those) )?(?:@|them\b).*{_MOVED.pattern}")
WHICH_ONE = either(rf"\b(?:which|who)\b.*{any_word(_MORE)}")

_NO_LEVEL = r"(?! (?:yield|growth|beta|risk|cost|frequency|volatility|quality|interest|rates?|inflation|dividend))"
HIGH = either(
    r"\b(?:top|best|record|greatest) clos(?:e|ing)\b|\b(?:a|its|new) record\b(?! \w)",
    r"\bhighest\b|\b(?:dearest|(?:the )?most expensive) (?:the )?@+ (?:has|was|got|ever)\b"
    r"|\bmost (?:(?:i|you|one|any\w+)(?:'d| would| could)? (?:have )?|to )(?:paid|pay)\b",
    rf"(?:(?<!how )\bhighs?|\bhow high(?! (?:is|are)\b))\b{_NO_LEVEL}",
    r"\bpeak(?:ed|s)?\b",
    r"\bmax(?:imum)?\b",
    r"\btop(?:ped)? out\b",
)
LOW = either(
    r"\bworst clos(?:e|ing)\b",
    r"\blowest\b|\bcheapest (?:the )?@+ (?:has|was|got|ever)\b"
    r"|\bleast (?:(?:i|you|one|any\w+)(?:'d| would| could)? (?:have )?|to )(?:paid|pay)\b",
    rf"(?:(?<!how )\blows?|\bhow low(?! (?:is|are)\b))\b{_NO_LEVEL}",
    r"\btrough\b",
    r"\bbottom(?:ed)?\b",
    r"\bmin(?:imum)?\b",
)
# The four prices of a day, asked for together.
LISTED = re.compile(r"\b(?:open|high|low|close)\b(?:\W+(?:(?:and|the) )*(?:open|high|low|close|volume)\b){3,}")
ALL_FOUR = re.compile(r"^(?:.*\bohlcv?\b|(?=.*\bopen\b)(?=.*\bhigh\b)(?=.*\blow\b).*\bclose\b)")
ALL_TIME = re.compile(r"\b(?:all[- ]time|ever|record|in history|historic(?:al)?)\b")
# What somebody did that is told by documents, in words so common that they are no topic.
DEED = re.compile(
    r"\b(?:what|who|whom|which)\b(?! (?:[\w%-]+ ){0,2}(?:change|move|gain|return|rise|fall|loss|drop|performance)\b)"
    r"(?: [\w-]+){0,2} (?:did|does|do|has|have|had|is|are|was|were|will) (?:the )?@+"
    r"(?: \w+)? (?:say(?:ing)?|said|mak(?:e|ing)|made|buy(?:ing)?|bought|sell(?:ing)?|sold|own|get|got|gives?|given"
    r"|take|taken|put|win|won|need|want|keep|show|tell|told|change)\b|\bwhat (?:do|does) (?:the )?@+ do\W*$"
    r"|^(?:and )?(?:did|has|have|does|is|are|will|would) (?:the )?@+ (?:buy|bought|buying|sell|sold|selling|own)\b"
    r"(?! (?:at|for|off)\b)|\blower(?:s|ed|ing)? (?:its|their|the)\b|\bwho (?:has |have )?(?:moved|went|left)\b"
    r"|\bhow much (?:did|does|has|will) (?:the )?@+ (?:make|made|get|got|give|need|own)\b"
)
BOTH = re.compile(r"\b(?:both|the two)\b")
# Of several symbols: not how far each moved but where each stands.
OF_LEVELS = either(
    r"\b(?:more|most|less|least) (?:expensive|costly|heavily traded|actively traded)\b|\bvolumes?\b",
    r"\b(?:pricier|priciest|dearer|dearest|cheaper|cheapest)\b|\bcosts? (?:the )?(?:more|most|less|least)\b",
    r"\b(?:higher|highest|lower|lowest|bigger|biggest|larger|largest) (?:share |stock )?prices?\b",
    r"^(?!.*#).*\b(?:is|are) (?:the )?@+ (?:priced |trading )?(?:higher|lower) than\b",
)
OF_THE_LAST = re.compile(r"\b(?:highest|lowest|max(?:imum)?|min(?:imum)?)\b(?! (?:prices?|intraday|trad))")
RANGE = re.compile(r"\brange\b|\bhi/lo\b|\btop and bottom\b")

# What a holder made of it, and how a stretch of days went for it.
_HOLDERS = (
    r"\b(?:holders?|owners?|(?:share|stock)holders?|investors?) (?:of|in) (?:the )?@.*"
    + any_word("make made lose lost gain gained earn earned do done doing fare[ds]? up down")
    + r"(?=\W*(?:$|#|(?:or|money|over|in|on|since|during)\b(?! (?:the|its)\b)))"
    + r"|\b(?:gains?|profits?|loss(?:es)?)(?:(?:/| or | and )(?:gains?|loss(?:es)?))? on (?:the )?@"
)
_SPELL = (
    r"\b(?:a|of) (?:(?:good|bad|great|strong|weak|rough|tough|decent) )?(?:day|week|month|quarter|year|#+)"
    r" (?:for (?:the )?@|(?:did|is|has|was) (?:the )?@)|@+ (?:have|has|had|having) (?:#+|a \w+ (?:day|session))\W*$"
    r"|\bwhat #+ (?:did|is|has|was) (?:the )?@|\bhow did (?:the )?@+ (?:finish|end) (?:#|the\b)"
    r"|@+ (?:(?:positive|negative) (?:on|for|in|over|so far|#)|in (?:positive|negative) territory"
    r"|(?:gain|lost|lose|made|make)\w* ground)\b"
    r"|\bhow(?:'s| is| are| has) (?:the )?@+ (?:been )?(?:holding up|looking|faring|getting on)\b"
    rf"|\bhow (?:did|has|have) (?:the )?@+{_STOCK} (?:(?:hold|held) up|traded?(?=\W*(?:$|#|(?:in|on|over|since"
    rf"|during)\b)))\b|\bwhere (?:did|has) (?:the )?@+ (?:go|gone)\W*(?:#|$)"
)
MOVE = either(
    r"\bhow(?: \w+)?(?:'s|'d|s| is| are| did| has| have| was| were| do| does) .*"
    + any_word(
        "do doing done perform\\w* fare[ds]? go going gone move[ds]? trading trend\\w* develop\\w* react\\w*"
        " holding look\\w*"
    ),
    r"\bhow(?:'s|s| is| are| was| were) (?:@|it\b|they\b|the (?:@|\w+\b))",
    any_word(
        "perform(?:ance|ed|ing)? chang(?:e|es|ed|ing) return(?:s|ed)? sw[iu]ngs? mov(?:e|es|ed|ing|ements?)"
        " percent(?:age)?"
    ),
    r"\b(?:summari[sz]e|sum up|recap)\b.*@",
    rf"%|\bby how much\b|\bgreen\b|\bin the red\b|{_RIVALLED}",
    r"\bwhat (?:did|has|have) .*@.* do(?:ne)?\b|\bwhat(?:'s|s| is| are) (?:the )?@+ doing\b",
    r"\bhow (?:the )?@+ (?:is|are|was|were|has|have|did|does|went|fared|developed|performed|moved)\b",
    r"\bwhich (?:way|direction)\b|\bwinner\b",
    _HOLDERS,
    _SPELL,
)
# One share, and its buyer: "what do I pay for one share of @ today?", not "for @'s service".
_ONE = r"(?:(?:an?|one|a single|1) )?(?:(?:shares?|stock) (?:of|in) )?(?:the )?@+(?:'s)?(?: (?:stock|shares?))?"
_PAID = (
    r"\b(?:i|we|you|one|some(?:one|body)|any(?:one|body)|people|buyers?) (?:(?:have|has|need) (?:to )?)?"
    rf"(?:pay(?:ing)?|paid) for {_ONE}(?=\W*(?:$|#|(?:now|right|currently|nowadays|these|at|on|in|as)\b))"
    rf"|\bhow much (?:money )?(?:is|are) {_ONE}\W*$"
)
_CHANGE_HANDS = r"\bchang(?:es?|ed|ing) hands\b"
_DAY_ENDS = r"(?:close|open|finish|settle)"
PRICED = re.compile(
    rf"{_CHANGE_HANDS}|{_PAID}"
    rf"|\bhow (?:did|does|do) @+ {_DAY_ENDS}\b(?! (?:up|down|higher|lower|#|the (?:day|week|month|quarter|year)\b))"
    r"|\bhow (?:is|are) @+ priced\b|\bhow much (?:is|are|was|were) @+ (?:trad|sell)ing\b"
)
PRICE = either(
    any_word("pric(?:e|es|ed|ing) clos(?:e|es|ed|ing) quot(?:e|es|ed) trad(?:e|es|ed|ing) worth convert costs?"),
    any_word(
        "px sit(?:s|ting)? fetch(?:es|ed|ing)? levels? volumes? open(?:s|ed|ing)? stands? stood settled?"
        " finish(?:ed)? end(?:ed)? values? turnover"
    ),
    rf"{_CHANGE_HANDS}|{_PAID}|\bset (?:me|us|you|one) back\b",
    r"\bhow (?:high|low|expensive|cheap|dear) (?:is|are|was|were)\b",
    r"@+ in (?:us )?(?:dollars|usd|euros?|eur|pounds?|gbp|sterling|pence|yen|jpy|francs|chf)\b",
    r"\bhow much (?:is|was|are|were|does|did|for)\b|\bexchange rate\b|@ rates?\b",
    r"\bwhat(?:'s|s| is| was| were) (?:the )?@+ (?:at|on|#)|\bwhere(?:'s|s| is| was| did| does| are)? (?:the )?@",
)
# Not "which plant is @ closing?".
_NO_THING = (
    r"^(?!.*\b(?:how many|how much|which|what|whose)"
    r"(?: (?!(?:price|ground|level|value|figure|point|day|date|time|session|week|month|year)s? (?!of\b))[\w'-]+){1,4}"
    r" (?:is|are|was|were|did|does|do|has|have|had|will|would) (?:the )?@).*"
)
# Of a price whatever else is said: "how did @ do after its dividend?", "@ close before thanksgiving".
OUTRIGHT = either(
    rf"\bhow(?: \w+)? (?:did|has|have|is|are|was|were|do|does|'s) @+{_STOCK} "
    + any_word("do doing done perform\\w* fare[ds]? react\\w* trad\\w+"),
    rf"{_NO_THING}(?<!@)(?<!at )(?<!of )@+{_STOCK} clos(?:e|ed|es|ing)(?: price)?"
    r"(?: (?:at|on|above|below|before|after|near|over|as)\b|\W*$)",
    rf"{_NO_THING}\b(?:did|has|have|is|are|was|were) (?:the )?@+{_STOCK} (?:been )?{_MOVED.pattern}"
    r"(?: (?:again|further|much))?(?: (?:in|on|over|during|since))?\W*(?:$|#)",
    rf"@+{_STOCK} (?:{_RIVALLED}|h[eo]ld up (?:better|worse) than) (?:the )?@+(?: (?:in|on|over|during|since|for))?"
    r"\W*(?:$|#)",
    rf"{_PAID}|{_RIVALLED} (?:the|its) (?:[\w-]+ )?(?:market|index|benchmark)\W*(?:$|#|by\b)",
    r"\b(?:share|stock|clos\w+|opening|market) price of (?:the )?@+(?:\W|$)",
    r"@+(?:'s)? (?:share|stock|clos\w+|opening) prices?\W*$",
    rf"\bwhat did [^@]*@+{_STOCK} do(?=\W*(?:#|$| (?:on|in|over|during|after|before)\b))",
    r"\b(?:where|what) (?:do|does|did) (?:the )?@+ stand\b(?! (?:on|for|with|by)\b)"
    r"|\bwhat (?:is|are|was) (?:the )?@+ quoted\b",
    _HOLDERS,
    _SPELL,
)
CLOSING = re.compile(r"\bclos(?:e|es|ed|ing)\b|\bsettle|\bfinish")
VOLUME = re.compile(
    r"\bvolumes?\b|\bohlcv\b|\bshares (?:were |was )?traded\b|\bturnover\b|\bhow many shares\b"
    r"|\bhow (?:many|much)\b.*\bhands\b(?! for)"
)
OPENING = re.compile(r"\bopen(?:s|ed|ing)?\b(?! interest)")
WHAT_IS = re.compile(r"^(?:and |so |ok |hi |hey )?what(?:'s|s| is| are|) (?:the |a |an )?@+(?: and @+)*\W*$")
WHAT_IS_A = re.compile(r"^(?:and |so )?what(?:'s|s| is) an? ")


_IDIOM = re.compile(
    r"\b(?:look|sum|set|pull|bring|follow|pick|keep|catch me|give|come|sign|end|break|what'?s)\s+(?:up|down)\b"
)


def moved(masked: str) -> bool:
    """Whether it speaks of a rise or a fall; "look up" is neither."""
    return bool(_MOVED.search(_IDIOM.sub(" ", masked)))
