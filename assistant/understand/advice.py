"""Whether a clause asks what a person should do with money, or what will happen. Patterns over a masked clause.

Explanations are neither: "how should I read a balance sheet?", "should companies pay dividends?".
"""

import re

from assistant.understand.advice_abroad import asks_abroad
from assistant.understand.text import any_word, either

_ACT = any_word(
    "buy(?:ing)? sell(?:ing)? hold(?:ing)? invest(?:ing)? short(?:ing)? own(?:ing)? dump(?:ing)? add(?:ing)? trim"
    " keep(?:ing)? switch rebalance hedge(?!\\sfund) put park allocate bet(?:ting)? purchas(?:e|ing) exit diversify"
    " pick avoid trade"
)
_PHRASES = (
    r"get (?:in|into|out|rid|some|more)|go (?:long|short|all)|take (?:my |some )?profits?|cash (?:in|out)|load up"
    r"|(?:double|average) down|(?:jump|pile) in"
)
_DO = rf"(?:{_ACT}|(?:{_PHRASES})\b)"
_TRADE = any_word("buy(?:ing)? sell(?:ing)? invest(?:ing)? dump(?:ing)? put park allocate rebalance hedge")
_ANYONE = (
    r"(?:i|we|you|one|someone|anyone|investors?|people|my \w+"
    r"|an? (?:beginner|retiree|student|(?:\w+ )?investor|[\w-]+-year-old))"
)
_LEARN = any_word(
    "read interpret calculate compute understand think analy[sz]e value compare measure know expect learn look ask use"
    " evaluate call watch pronounce care"
)
_ASSET = any_word("stocks? shares? etfs? funds? crypto\\w* coins? investments? bonds? sectors? companies assets?")
_MADE = (
    r"(?:caused|persuaded|led|prompted|moved|drove|pushed|forced|induced|convinced|encouraged|inspired|ordered|agreed|"
    r"decided|asked|told|allowed|has|had|was|were)"
)
_MONEY = r"(?:[$€£] ?\d|\d[\d,.]*\s?k?\b|my\b|our\b|some money|money|savings|cash)"
_MINE = any_word("savings portfolio retirement pension 401k ira money inheritance bonus") + r"|nest egg"
_FOR_ME = r"(?:for (?:me|my|retirement|begin|#)|(?:right )?now)"
_GOOD = any_word(
    "good great bad smart safe solid decent wise strong better best right sensible terrible risky worthwhile"
)
_SOUND = any_word("late worth wise smart safe time idea ok okay crazy sensible reasonable early risky mistake sense")

_ADVICE = either(
    # Someone asks what to do.
    rf"\bshould(?:n't)? (?:i|we|my \w+)\b(?! (?:\w+ )?{_LEARN})(?! (?:say|write|spell|cite)\b)",
    rf"\bshould(?:n't)? {_ANYONE} (?:\w+ ){{0,3}}?{_DO}",
    rf"\b(?:i|we) should(?:n't)? (?:\w+ )?{_DO}|\b(?:shall|ought) (?:i|we)\b|\bwhether to {_DO}",
    rf"\b(?:i|we|me|my|our)\b.*{_TRADE}|{_TRADE}.*\b(?:i|we|me|my|our)\b",
    r"\bwhat (?:should|shall|would) (?:i|we|you) do\b",
    r"\bwhat (?:to|(?:can|do) (?:i|we)) do with (?:my|our)\b",
    rf"\b(?:which|what)\b(?! did\b)(?!.* {_MADE}\b)"
    rf"(?: \w+| @+,?){{0,5}} (?:to|should {_ANYONE}|do you|would {_ANYONE}) {_DO}",
    r"\bhow (?:much|many)\b.* (?:should|shall) (?:i|we)\b|\bhow much of my\b",
    r"\bhow should (?:an?|i|one|someone|people|my)\b.*\binvest\b",
    r"\b(?:can|could|should) i (?:afford|retire|safely|trust)\b|\bam i (?:too|over)",
    # Where money should go.
    r"\bwhere (?:should|do|can|could|would|to|shall)(?: (?:i|we|you|one))?(?: \w+)? (?:put|invest|park|place|stash)\b",
    rf"\b(?:put|invest|park|place|allocate|grow|protect) (?:\w+ )?{_MONEY}",
    rf"{_MONEY}.{{0,20}} to (?:invest|put|park)\b",
    rf"\bmy (?:{_MINE})\b.*\b(?:safe|enough|ok|balanced|exposed|risky|concentrated)\b|\bof my (?:{_MINE})",
    r"\b(?:rebalance|diversify|improve|restructure|build|split|allocate) (?:\w+ )?my\b|\bportfolio for me\b",
    r"\b(?:build|make|create|design|construct|give) me an? (?:\w+ )?portfolio\b",
    r"\b(?:need|belongs?|add|include|missing)\b.*\bmy portfolio\b|\b(?:manage|handle|look after) my\b",
    r"\bget rich\b|\bdouble my\b|\b(?:make|earn) (?:me )?(?:quick |easy )?(?:money|rich)\b",
    # Whether something is worth it.
    rf"{_GOOD} (?:long[- ]term |short[- ]term )?(?:buy|hold|investments?|purchase|stock to|bet|entry(?: point)?)\b",
    rf"\b(?:best|smartest|safest|wisest) (?:thing|way|place|use)\b.*(?:{_DO}|{_MONEY})|@.*\bworth it\b",
    rf"(?:[@#]|\b(?:it|now|this)\b).*{_GOOD} (?:time|moment|idea|choice|option|hold|addition|opportunity|deal|pick)\b",
    rf"{_SOUND} (?:it )?(?:for me )?to {_DO}",
    r"\bworth (?:buying|holding|owning|selling|investing|adding|the (?:risk|money)|keeping)\b|\bmistake to\b",
    r"^(?!.*\b(?:analysts?|brokers?|rat(?:e|es|ed|ing)|upgraded?|downgraded?|call(?:s|ed))\b)"
    r".*(?:@|\bit\b|\bthey\b).*\ba (?:strong |screaming )?(?:buy|sell|hold)\b(?! (?:order|rating|side|signal|back))",
    rf"^(?:so |and )?(?:do|shall) (?:i|we) (?:\w+ )?{_DO}",
    r"\b(?:thoughts|opinions?) on (?:putting|buying|selling|holding|adding)\b",
    r"\bwould (?:the )?@+ suit\b|\bof @+ should\b|\btime to (?:bail|jump|buy|sell|exit|leave)\b|@ or wait\b",
    r"\bwhere (?:i|we) (?:want|ought) to be\b",
    r"\b(?:smart|safe|wis|best)\w* (?:move|play|bet|choice)\b|\bif you were me\b|\bin my (?:shoes|place)\b",
    r"\b(?:rate|review|judge|assess|critique|grade) my (?:portfolio|holdings|investments|positions?|allocation)\b",
    r"\bof my \w+ should\b",
    r"^would you (?:stay|be|remain|go|get)\b",
    r"\bnext (?:big|hot) (?:stock|thing|winner|coin|trade|idea|investment)\b",
    r"\b(?:smart|safe|wise|risky|ok|okay|good|bad) to (?:be|stay|get|remain) in\b"
    r"|\b(?:bargain|steal)\b.*\b(?:i|we) (?:should|ought)\b",
    r"\b(?:do|shall|can|may) (?:i|we) (?:bail|cash out|sell|get out|bail|take (?:my )?profits?|hold|hang on)\b",
    r"\b(?:suitable|right|good|appropriate) for (?:me|my|someone like me)\b|\b(?:suits?|fits?) me\b|\bbest for \w+",
    r"^(?!.*\b(?:explain|define|show|find|get|summari[sz]e|compare|look|check|pull|quote)\b).*\bfor me\b",
    r"\bfor the long (?:run|term|haul)\b",
    r"\btime to (?:get (?:in|out)|cash out|panic|take profits?)\b",
    # What to choose.
    rf"{_ACT} or {_ACT}|\bturn [$€£]?\d[\d,.]* into\b|\bi have {_MONEY}.*{_ASSET}",
    r"\b(?:buy|sell|hold),? (?:or|sell|buy) (?:or )?(?:buy|sell|hold)\b",
    rf"\b(?:best|top|safest|hottest|good) (?:\w+ ){{0,2}}{_ASSET}(?: \w+)? (?:to {_DO}|{_FOR_ME})",
    rf"\b(?:best|safest|top) (?:investments?|{_ASSET} (?:for )?#+|place for my)\b",
    r"^(?:so |then |ok )?(?:buy|sell|hold|dump|short)(?:,? (?:or )?(?:buy|sell|hold))* (?:(?:my|some|more) )?"
    r"(?:@+|the dip\b|now\b)",
    r"\b(?:pick|choose) (?:one|between)\b",
    r"^(?:so )?@+[,:]? (?:buy|sell|yes or no|thoughts)\s*(?:now|today|#+)?\s*\??$",
    # A wish for advice, a recommendation, an opinion.
    r"\b(?:would|do|could|can|will) you (?:\w+ )?"
    + any_word("buy sell hold invest recommend suggest advise pick own short put like prefer favou?r"),
    r"^(?!.*\bdid\b).*\b(?:recommend|suggest|advise)\b(?: \w+){0,4} "
    rf"(?:{_ASSET}|buy\w*|invest(?!ors?\b)\w*|portfolio)",
    r"\b(?:stock|investment|trading|investing) (?:tips?|picks?|ideas?|advice|recommendations?)\b",
    r"\byour (?:(?:top|best|favou?rite|honest|own|current) )?"
    r"(?:advice|opinion|view|take|recommendations?|picks?|thoughts|(?:price )?targets?|target price)\b",
    r"\bhelp me (?:invest|pick|choose|decide|buy|sell|with my)\b",
    r"\b(?:give|need|want)(?: me)? (?:some |any )?(?:financial )?advice\b|\bplease advise\b",
    r"\bare you (?:bullish|bearish)\b",
    rf"\bgive me (?:one|an?|some|three|\d+|the best|your) (?:\w+ )?{_ASSET}(?! (?:prices?|quotes?|news|chart))",
    # Someone about to act.
    r"\b(?:thinking (?:of|about)|considering|consider) (?:buying|selling|investing|shorting|dumping|adding)\b",
    r"\bwould (?:buying|selling|holding|shorting|investing)\b",
    rf"\bi(?:'m| am)\b.*{_ASSET}",
    r"\bi(?:'m| am|'d)? (?:want|like|plan|planning|looking|going|ready|tempted) to (?:buy|sell|invest|short)\b",
    r"\bi (?:own|hold|have|bought)\b.*\b(?:keep|sell|hold|dump|cut my losses|get out|what now|thoughts|advice)\b",
)
# Asked about in general, a word to explain, or what was only heard of: "why should investors diversify", "what is a
# buy rating", "I keep reading about short selling".
_EXPLAIN = either(
    r"^(?:and |so |but )?(?:why (?:do|does|should|would|did|is|are)|define|explain(?!.* i should))\b",
    r"^(?:and |so |but )?how (?:do|does) (?!i\b|we\b)|^what (?:is|was) it worth\b|^what makes an? \w+ \w+\W*$",
    rf"^(?:and |so |but )?how (?:do|can|should) (?:i|we) (?:{_LEARN}|"
    r"\w+ an? (?:\w+ )?(?:stock|share|bond|etf|option|fund)\b)",
    r"^(?:and |so |but )?how (?:can|could|should|would) (?:an? )?(?:compan|firm|bank|government|fund|business)",
    r"^(?:and |so |but )?(?:can|does|do|is|are) (?:an? \w+|companies|it legal)\b(?!.*\bme\b)",
    r"^(?:and |so |but )?what (?:does|do) .* mean\b",
    r"^(?:what|which|who|where|do|does)\b(?!.*(?:\bshould\b|[@#])).* (?:if|when) i (?:buy|sell|own|hold|invest)",
    r"^(?:i|we|everyone|people|someone|my \w+)\b[\w' ]*\b(?:hear|read|came|come|see|saw|talk|mention)\w*"
    r" (?:(?:about|across|of|the (?:term|word)) )?[\w' -]*$",
    r"^how (?:much|many|easily|soon|far)\b(?!.*(?:\b(?:should|shall|put|invest)\b|[@#$€£\d]))",
    r"^(?:who|where) (?:is|are|do|can)\b(?!.*\b(?:invest|put|park|best|should)\b)",
    r"^(?:and |so |but )?what (?:is|are|'s) (?:meant by )?(?:an? |the )?(?:['\"]|difference\b|(?:\w+ )?"
    + any_word("order rating signal strategy advice")
    + ")",
)
_WILL_BE = any_word(
    "rise fall go drop crash recover hit reach keep continue double be climb grow split beat cut raise do outperform"
    " move happen rally rebound bounce decline open close top"
)
_FORECAST = either(
    r"^(?:and |so |but )?(?:will|won't|is it likely|how likely)\b",
    r"\b(?:what|where|how|when|which|who|whether|if)\b.*\bwill\b(?! of)",
    rf"\b(?:going|expected|likely|set|bound|about|poised) to (?:\w+ )?{_WILL_BE}",
    rf"^(?:and |so |but )?(?:could|can|might|may) (?:@+|it|they|the \w+) (?:still )?{_WILL_BE}",
    r"\bdo you (?:see|expect|foresee)\b",
    r"\b(?:predict(?:ions?)?|forecasts?|expected price|price targets?|target prices?|crystal ball|upside potential)\b",
)
_REPORTED = re.compile(any_word("analysts? news headlines? did said says? report\\w*"))


def asks_for_advice(masked: str) -> bool:
    return (bool(_ADVICE.search(masked)) and not _EXPLAIN.match(masked)) or asks_abroad(masked)


def asks_for_forecast(masked: str) -> bool:
    """Whether it asks what will happen. What others forecast is news."""
    return bool(_FORECAST.search(masked)) and not _REPORTED.search(masked)
