"""Whether a question asks what a person should do with money, or what a price will do. Rules over a masked clause.

In a masked clause symbols are runs of `@` and time expressions runs of `#`. Explanations ("how should I read a balance
sheet?", "should companies pay dividends?") are neither.
"""

import re

_ACT = (
    r"(?:buy(?:ing)?|sell(?:ing)?|hold(?:ing)?|invest(?:ing)?|short(?:ing)?|own(?:ing)?|dump(?:ing)?|add(?:ing)?|trim"
    r"|keep(?:ing)?|get(?:ting)? (?:in|into|out|rid|some|more)|go (?:long|short|all[- ]in)|take (?:my |some )?profits?"
    r"|cash (?:in|out)|switch|rebalance|hedge|put|park|allocate|load up|double down|bet(?:ting)?|purchas(?:e|ing)|exit"
    r"|diversify|pick|avoid|trade)"
)
_ANYONE = r"(?:i|we|you|one|someone|anyone|investors?|people|my \w+|a (?:beginner|retiree|student|young \w+))"
_LEARN = (
    r"(?:read|interpret|calculate|compute|understand|think (?:of|about)|analy[sz]e|value|compare|measure|know|expect"
    r"|learn|look|ask|use|evaluate|call|watch|pronounce|care)"
)
_ASSET = r"(?:stocks?|shares?|etfs?|funds?|crypto\w*|coins?|investments?|bonds?|sectors?|companies|assets?)"
_MONEY = r"(?:[$€£] ?\d|\d[\d,.]*\s?k?\b|my\b|our\b|some money|money|savings|cash)"
_GOOD = r"(?:good|great|bad|smart|safe|solid|decent|wise|strong|better|best|right|sensible|terrible|risky|worthwhile)"

_ADVICE = [
    rf"\bshould(?:n't)? (?:i|we|my \w+)\b(?! (?:\w+ )?{_LEARN}\b)",
    rf"\b(?:i|we) should(?:n't)? (?:\w+ )?{_ACT}\b",
    rf"\bshould(?:n't)? {_ANYONE} (?:\w+ ){{0,3}}?{_ACT}\b",
    rf"\b{_GOOD} (?:long[- ]term |short[- ]term )?(?:buy|investments?|purchase|stock to|bet|entry(?: point)?)\b",
    rf"(?:@|\bit\b|\bnow\b|\bthis\b|#).*\b{_GOOD} (?:time|moment|idea|choice|option|hold|addition|opportunity|deal|pick)\b",
    rf"\b(?:late|worth|wise|smart|safe|time|idea|ok|okay|crazy|sensible|reasonable|early|risky) (?:it )?(?:for me )?to {_ACT}\b",
    r"\bworth (?:buying|holding|owning|selling|investing|adding|the risk|keeping)\b",
    r"(?:@|\bit\b|\bthey\b).*\ba (?:strong |screaming )?(?:buy|sell|hold)\b(?! (?:order|rating|side|signal|back|limit))",
    r"\b(?:buy|sell|hold),? (?:or|sell|buy) (?:or )?(?:buy|sell|hold)\b",
    r"\b(?:would|do|could|can|will) you (?:\w+ )?(?:buy|sell|hold|invest|recommend|suggest|advise|pick|own|short|put)\b",
    rf"\b(?:recommend|suggest|advise)\b(?: \w+){{0,4}} (?:{_ASSET}|buy\w*|invest\w*|portfolio)\b",
    r"\b(?:stock|investment|trading|investing) (?:tips?|picks?|ideas?|advice|recommendations?)\b",
    r"\bwhere (?:should|do|can|could|would|to|shall)(?: (?:i|we|you|one))?(?: \w+)? (?:put|invest|park|place|stash)\b",
    rf"\b(?:put|invest|park|place|allocate|grow|protect) (?:\w+ )?{_MONEY}",
    rf"{_MONEY}.{{0,20}} to (?:invest|put|park|spend on {_ASSET})\b",
    rf"\b(?:best|top|safest|hottest|good) (?:\w+ ){{0,2}}{_ASSET}(?: \w+)? (?:to {_ACT}|for (?:me|my|retirement|begin|#)|right now|now)\b",
    rf"\b(?:best|safest|top) (?:investments?|{_ASSET} (?:for )?#+|place for my)\b",
    rf"\b(?:which|what)\b(?: \w+| @+,?){{0,5}} (?:to|should (?:i|we|you|one)|would you|do you) {_ACT}\b",
    r"\bwhat (?:should|shall|would) (?:i|we|you) do\b|\bwhat to do with my\b|\bwhat (?:can|do) (?:i|we) do with (?:my|our)\b",
    r"\bmy (?:savings|portfolio|retirement|pension|401k|ira|money|inheritance|nest egg|bonus)\b.*\b(?:safe|enough|ok|balanced|exposed)\b",
    r"\b(?:rebalance|diversify|improve|restructure|build|split|allocate) (?:\w+ )?my\b|\bportfolio for me\b",
    r"\b(?:build|make|create|design|construct|give) me an? (?:\w+ )?portfolio\b",
    r"^(?:so |then |ok )?(?:buy|sell|hold|dump|short)(?:,? (?:or )?(?:buy|sell|hold))* (?:my |some |more )?@+",
    r"\b(?:thinking (?:of|about)|considering|consider) (?:buying|selling|investing|shorting|dumping|adding)\b",
    r"\bi(?:'m| am|'d)? (?:want|like|plan|planning|looking|going|ready|tempted) to (?:buy|sell|invest|short)\b",
    r"\btime to (?:buy|sell|get (?:in|out)|exit|cash out|dump|panic|take profits?|invest|short)\b",
    r"\b(?:can|could|should) i (?:afford|retire|safely|trust)\b|\bget rich\b|\bdouble my\b|\b(?:make|earn) (?:quick |easy )?money\b",
    r"\b(?:suitable|right|good|best|appropriate) for (?:me|my|someone like me)\b",
    r"\bhelp me (?:invest|pick|choose|decide|buy|sell|with my)\b|\b(?:give|need|want)(?: me)? (?:some |any )?(?:financial )?advice\b",
    r"\bhow (?:much|many)\b.* (?:should|shall|can) (?:i|we)\b|\bhow much of my\b",
    r"\bi (?:own|hold|have|bought)\b.*\b(?:keep|sell|hold|dump|cut my losses|get out|what now|thoughts|advice)\b",
    r"@+,? (?:buy|sell|yes or no|thoughts)\s*(?:now|today|#+)?\s*\??$",
]  # fmt: skip
_IS_ADVICE = re.compile("|".join(f"(?:{p})" for p in _ADVICE))
# Asked about in general, or a word to explain: "why should investors diversify", "what is a buy rating".
_EXPLAIN = re.compile(
    r"^(?:and |so |but )?(?:why (?:do|does|should|would|did|is|are)\b|(?:define|explain)\b|how (?:do|does) (?!i\b|we\b)"
    r"|what (?:does|do) .* mean\b|what (?:is|are|does|'s) (?:meant by )?(?:an? |the )?(?:['\"]|difference\b|\w+ (?:order|rating|signal|strategy)\b"
    r"|(?:investment|financial|trading) advice\b))"
)
_WILL = re.compile(
    r"^(?:and |so |but )?(?:will|won't|is it likely|how likely)\b"
    r"|\b(?:what|where|how|when|which|who|whether|if)\b.*\bwill\b(?! of)"
    r"|\b(?:going|expected|likely|set|bound|about|poised) to (?:\w+ )?(?:rise|fall|go|drop|crash|recover|hit|reach|keep"
    r"|continue|double|be|climb|grow|split|beat|cut|raise|do|outperform|move|happen|rally|rebound|bounce|decline|open|close)\b"
    r"|^(?:and |so |but )?(?:could|can|might|may) (?:@+|it|they|the \w+) (?:still )?(?:rise|fall|go|hit|reach|keep|recover"
    r"|crash|double|drop|rally|climb|top|beat)\b"
    r"|\b(?:predict(?:ion|ions)?|forecasts?|price targets?|target prices?|crystal ball|upside potential)\b"
)
_REPORTED = re.compile(r"\banalysts?\b|\bnews\b|\bheadlines?\b|\bdid\b|\bsaid\b|\bsays?\b|\breport")


def asks_for_advice(clause: str) -> bool:
    return bool(_IS_ADVICE.search(clause)) and not _EXPLAIN.match(clause)


def asks_for_forecast(clause: str) -> bool:
    """Whether it asks what will happen. What others forecast is news."""
    return bool(_WILL.search(clause)) and not _REPORTED.search(clause)
