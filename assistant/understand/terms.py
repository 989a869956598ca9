"""The term that a question wants explained: patterns over a masked clause (`@` symbols, `#` periods)."""

import re

from assistant.understand.asking import LEAD, MANNER, STYLE, TAIL, WORDED, bare
from assistant.understand.text import any_word, either

_IS = (
    r"what(?: (?:exactly|precisely|actually|on earth|the \w+|(?:kind|sort) of thing))?(?: is|'s|s| are| was| were)"
    r"(?: exactly)?"
)
_TERM = r"(?P<t>.+?)"
_NOT_LAST = r"(?<! at)(?<!doing)(?<!trading)(?<!saying)(?<! worth)"  # "what is it trading at" defines nothing
# After "what is": no term but a question of another kind.
_NO_TERM = "(?!" + any_word(
    "the its their today this that these those my your it up new going happening there wrong next behind driving moving"
    " causing pushing dragging lifting weighing analysts? people they better worse more happened"
) + ")"  # fmt: skip
# After "what is the": a figure of a symbol that was said before, or is not known.
_NO_FIGURE = (
    "(?!(?:"
    + any_word(
        "current latest last closing opening share stock daily total previous highest lowest percent\\w* trading"
    )
    + r"\s)*"
    + any_word(
        "prices? close closing quote volume changes? highs? lows? returns? performance moves? news headlines? stories"
        " levels? values? reasons? causes? range forecasts? outlook"
    )
    + r"(?:\W*$| of (?!an? )| (?:on|for|about|behind|in) (?!equity|invest|assets)))"
)
_LEARN = any_word(
    "read interpret calculate compute understand use analy[sz]e value measure evaluate tell know find open"
)
_LEARNER = r"(?:(?:do|does|can|should|would|to) (?:(?:i|we|you|one|investors?|people|analysts?) )?|to )"
_IS_DONE = any_word(
    "work works calculated computed measured defined determined set function derived taxed issued quoted"
)
_SAYS = r"(?:mean(?: (?:in|for|to|on|when) .+)?|stand for|measure|refer to|imply|tell (?:you|us|me)|do)"

_OPENERS = (
    "what how why should when where who which is are can could do does did was were would has have explain describe"
    " define tell teach name list whose whom must may might will shall am if calculate a an"
)
_SENSE = "(?:meaning|definition|idea|concept|notion|point|purpose|basics)"
_OF = rf"(?:(?:the )?(?:{_SENSE} )?(?:of|behind) |the (?:term|word|phrase|acronym|abbreviation) )?"
_MAKES_PLAIN = (
    r"(?:defin(?:e|ing)|explain(?:ing)?|describ(?:e|ing)|clarify(?:ing)?|simplify|understand(?:ing)?|understood|grasp"
    r"|(?:tell|remind) me about|teach me(?: about)?|introduce me to|walk me through"
    r"|(?:enlighten|illuminate|educate) me (?:on|about)|break down|confused (?:about|by)"
    r"|(?:get |wrap )?my head around|learn(?: more)? about|the hang of)"
)
_SAYER = r"(?:(?:how (?:would|do|can|should|could) (?:you|i|we|one)|i(?:'\w+)?) (?:[\w']+ ){0,4}?)?"
_BE = r"(?:is|are|means?|stands? for|refers? to|works?)(?: about)?"
_THEY = r"(?:it|that|this|they|these|those|them|one)"
# Words of which a plea to explain is made, and those of them after which the term comes.
_PLEA = any_word(
    "an? the some any please pls can could would will may might do does did you i we us me my to from just now"
    " again tell give get let show say spell out put explain define describe clarify simplify help understand know"
    " learn want need like care try trying struggling teach remind walk talk run take fill in on of for who someone"
    " somebody anyone people as quick short brief simple simpler easy plain clear good best way basic one two few"
    " sentences? what what's how is be one-\\w+ definition meaning explanation idea concept notion gist should"
    " exactly actually really ask sure not i'd i'm explained beginner context looking having trouble"
)
_BEFORE_TERM = (
    r"(?:(?:definition|meaning|explanation|explainer|overview|intro(?:duction)?|primer|gist|lowdown|rundown|basics"
    r"|idea|concept|notion|summary)(?: (?:of|on|to|about|for|behind)|:)|defin(?:e|ing)|explain(?:ing)?|describ(?:e|ing)"
    r"|clarify(?:ing)?|simplify|understand(?:ing)?(?: by)?|(?:mean|meant) by|through|me in on|about"
    rf"|(?:out|say|ask|me) what|(?:the|this) (?:term|word|phrase|acronym|abbreviation|expression)|{WORDED}(?: what)?"
    r"|what|put)"
)
_CUE = (
    r"(?=.*\b(?:expla\w+|defin(?:e|ing|ition)|describ\w+|clarify\w*|simpl[iy]\w*|understand\w*|mean(?:s|t|ing)?|gist"
    rf"|lowdown|rundown|overview|intro(?:duction)?|primer|basics|signify|stand for|refer to|(?:fill|walk|talk"
    rf"|run) me|{WORDED}"
    r"|(?:say|ask) what))"
)
_CLAUSE = any_word(
    "i we you same what how why who when where which if whether should would could can do does did is are was were"
)
# A definition in so many words, whatever else the term may sound like.
_OUTRIGHT = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^[^@#]{{0,60}}?\b(?:know|idea|wonder(?:ing)?|sure|curious|(?:tell|remind) me|{_MAKES_PLAIN})"
        rf"(?: to me)?,? what (?:exactly )?(?:the {_NO_FIGURE}|{_NO_TERM}){_TERM} {_BE}{TAIL}",
        rf"{LEAD}{_SAYER}{_MAKES_PLAIN} (?:to me )?(?!{WORDED})"
        rf"(?:(?:what|how) (?:is meant by )?)?{_OF}{_TERM}(?: {_BE})?{TAIL}",
        rf"{LEAD}what (?:should|must|do|does) (?:[\w']+ ){{1,3}}?(?:(?:need|have) to )?know about {_OF}{_TERM}{TAIL}",
        rf"{LEAD}(?:put|break|boil|sum up|summari[sz]e) {_TERM} (?:down|{STYLE}){TAIL}",
        rf"{LEAD}what (?:do|does|did) [\w ]+? mean (?:by|when they (?:say|use|talk about|mention)) {_OF}{_TERM}{TAIL}",
        rf"{LEAD}when [\w ]+? (?:says?|talks? about|mentions?|uses?|refers? to) {_OF}{_TERM},? what\b.* mean\b.*$",
        rf"^(?!what|how|why)[^.?!@#]*\b(?:about|across|mention(?:ed|s)|the (?:term|word|phrase)|understand|understood"
        rf"|get|with|heard|hearing|read|saw|see|seen) {_OF}{_TERM}(?: to me)?\W+(?:but |and )?"
        rf"(?:(?:please|can|could|you) )*(?:{_IS}|what (?:does|do|did)|explain|define)(?: (?:meant by )?{_THEY}\b.*"
        rf"|\W*)$",
    )
)
_PLEADED = re.compile(
    rf"{LEAD}{_CUE}(?:{_PLEA}[,:.!?]?\s+)*{_BEFORE_TERM}[,:]?\s+(?:exactly )?(?:(?:does|do|is|are) )?"
    rf"(?:the {_NO_FIGURE}|{_NO_TERM})(?P<t>(?:(?!{_CLAUSE})[^?!;])+?)"
    rf"(?: (?:{_BE}|actually mean|mean|signify|in practice))*{TAIL}"
)
_DEFINED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{LEAD}{_IS} (?:meant by |the {_SENSE} (?:of|behind) ){_TERM}{TAIL}",
        rf"{LEAD}(?:the )?{_SENSE} of an? {_TERM}{TAIL}",
        rf"{LEAD}{_IS} (?:the {_NO_FIGURE}|(?:this |the term )?{_NO_TERM}){_TERM}{_NOT_LAST}"
        rf"(?: thing| (?:all )?about| supposed to (?:mean|be))?{TAIL}",
        rf"{LEAD}what (?:does|do|did) {_OF}{_TERM} (?:actually |really |exactly )?{_SAYS}{TAIL}",
        rf"{LEAD}how (?:do|does|did|is|are|can) {_TERM} {_IS_DONE}.*$",
        rf"{LEAD}(?:{_IS} )?(?:the )?(?P<t>differences? between .+?){TAIL}",
        rf"{LEAD}how {_LEARNER}{_LEARN} {_TERM}{TAIL}",
        r"^(?P<t>.+?)[:,]? what(?: is|'s| are) the differences?\W*$",
    )
)
_NOUN = rf"(?!{any_word(_OPENERS)}|{_THEY}\b)(?P<t>(?:[\w/&'\".,-]+ ){{0,5}}?[\w/&'\".-]+?)"
_LED = rf"(?>{LEAD})"
_TITLED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_LED}{_NOUN}(?:[:,]? ?[-(]? ?(?:meaning|definition|explained|basics|101))(?: {MANNER})*\W*$",
        rf"{_LED}{_NOUN}[:,]?(?: -)? {STYLE}(?:,? {MANNER})*\W*$",
        rf"{_LED}{_NOUN}[:,.]?(?: -)? (?:{_IS}|what (?:does|do)) {_THEY}\b.*$",
        rf"^(?=eli5|tl;?dr){_LED}(?:on )?{_NOUN}\W*$",
    )
)
_POINTS_BACK = re.compile(
    r"^(?:it|that|this|they|these|those|one|them|its .*|their .*|the (?:same|other)|.*(?:news|headlines|stories))$"
)
_OWN = either(any_word("i we me my our us should worth"), r"\bto (?:buy|sell|hold|own|invest|short|do)\b")
_TRIM = either(
    r"^(?:an?|the|some|any)\s+(?:(?:good|bad|typical|normal|healthy|reasonable|ideal|so-called) )?",
    r"^(?:term|word|phrase|concept of) (?=['\"])",
    r"^['\"]|['\"]$",
)
_NOW = either(
    r"\b(?:latest|currently|now|recently|these days|still|upcoming|at the moment)\b",
    r"\bthe (?:most )?(?:current|recent)\b(?! (?:ratio|account|assets?|liabilit|yield))",
)
_ASKS = re.compile(
    LEAD + r"(?:(?:at|by|for|from|in|into|of|on|over|since|to|under|until|with|within|without) )?" + any_word(_OPENERS)
)
# What is asked of a term and of no company: "how does WAL differ from duration?".
ABOUT_A_TERM = either(
    any_word("differ mean imply assume compute calculate related forecast"),
    r"\b(?:stand for|work(?:ed)? out|put together)\b",
)
_ABOUT = re.compile(r"^(?:and |so |ok )?(?:what|how) about\b")  # asks again what was asked before
_THE = re.compile(rf"{LEAD}{_IS} the {_TERM}{TAIL}")


def outright(masked: str) -> bool:
    """Whether a definition is asked for in so many words, and of nothing that the asker might do."""
    said = (p.search(masked) for p in (*_OUTRIGHT, _PLEADED))
    return any(m and not (_POINTS_BACK.match(m["t"]) or _OWN.search(m["t"])) for m in said)


def defined(text: str, masked: str) -> str | None:
    """The term that a clause wants explained, as written; None where it asks for something else."""
    if _NOW.search(bare(masked)):
        return None
    for match in filter(None, (pattern.search(masked) for pattern in (*_OUTRIGHT, *_DEFINED, _PLEADED, *_TITLED))):
        if not _POINTS_BACK.match(match["t"]):
            return _trimmed(text[match.start("t") : match.end("t")])
    return None


def subject(text: str, masked: str) -> str | None:
    """What "what is the ..." is about, where it asks for no single term."""
    match = _THE.match(masked)
    return _trimmed(text[match.start("t") : match.end("t")]) if match else None


def _trimmed(term: str) -> str | None:
    """`term` without article, quotes and marks: as a glossary would list it."""
    before = ""
    while term != before:
        before, term = term, term.strip(" ?!.,;:")
        if cut := _TRIM.search(term.lower()):
            term = (term[: cut.start()] + term[cut.end() :]).strip()
    return term[:80] or None


def is_question(masked: str) -> bool:
    return bool(_ASKS.match(masked)) and not _ABOUT.match(masked)
