"""Whether a clause asks what a person should do with money. Patterns over a masked clause, and the weight of its words.

A wish for advice is told by somebody who is to act, an act of dealing, holding or waiting, and a wish for a verdict.
Idioms in which patterns see them are listed here, and `wish_words` weighs the rest. How things are done in general, and
what others did, is none: "how should I read a balance sheet?", "did Buffett hold or sell?".
"""

from assistant.understand.advice_abroad import asks_abroad
from assistant.understand.text import any_word, either
from assistant.understand.wish_words import lean_to_advice

# What is done -------------------------------------------------------------------------------------------------------

_ACT = any_word(
    "buy(?:ing)?(?!-?\\s?back) sell(?:ing)? hold(?:ing)?(?!\\sup) invest(?:ing)? dump(?:ing)? add(?:ing)?(?!\\sup) trim"
    " short(?:ing)?(?!-|\\s(?:term|sell|interest)) (?<!my\\s)(?<!its\\s)(?<!your\\s)(?<!their\\s)own(?:ing)?"
    " keep(?:ing)?(?!\\sin\\smind) switch rebalance hedge(?!\\sfund) put park allocate bet(?:ting)? purchas(?:e|ing)"
    " exit diversify pick avoid (?<!the\\s)trade(?!\\W*$|\\s\\w+ing\\b) ditch swap"
)
_PHRASES = (
    r"gets? (?:back )?(?:in|into|out|rid|some|more)|go (?:long|short|all|risk)|take (?:my |some )?profits?"
    r"|cash (?:in|out)|load|(?:double|average) down|(?:jump|pile|hop) (?:in|on)|lock in|ride out|(?:hang|hold) on"
    r"|stay in|stick with|bail|pull (?:my|our|money)|(?:pick|scoop)(?:ing)? up"
    r"|mov(?:e|ing) (?:everything|all|it|my|our|money)|pay(?:ing)? down"
)
_DO = rf"(?:{_ACT}|\b(?:{_PHRASES})\b)"
_TRADE = any_word("buy(?:ing)? sell(?:ing)? invest(?:ing)? dump(?:ing)? put park allocate rebalance hedge(?!\\sfund)")
_DEALING = any_word("buying selling holding owning shorting investing putting borrowing adding dumping keeping saving")
# Words that open a question of nobody: "pay it off or invest it?", "hold or fold?".
_VERB = any_word(
    "buy sell hold keep stay wait rent ditch dump swap trim short cut drop exit pay save put go stick take"
)

# By whom, and with what ---------------------------------------------------------------------------------------------

_A_PERSON = (
    r"(?:an? )?(?:[\w-]+ ){0,2}(?:beginner|retiree|student|saver|widow(?:er)?|pensioner|parent|couple|family|person"
    r"|novice|newcomer|teenager|investor|[\w-]*\d-year-old)s?\b"
)
_ANYONE = rf"(?:i|we|you|one|someone|somebody|anyone|investors?|people|my \w+|{_A_PERSON})"
_SELF = r"\b(?:i|me|my|mine|we|our)\b"
_ASSET = any_word("stocks? shares? etfs? funds? crypto\\w* coins? investments? bonds? sectors? companies assets?")
_HOLDING = any_word(
    "stocks shares equities etfs? (?:index|bond|stock)\\sfunds? crypto bitcoin bonds treasuries t-bills bills cash gold"
    " silver property mortgage house dividends? tech"
)
_SUM = (
    r"(?:[$€£] ?\d[\d,.]*|\b\d[\d,.]*\s?(?:k|grand|bucks|dollars|euros|pounds|usd|eur|gbp|thousand|million)\b"
    r"|\ba (?:thousand|million)\b)"
)
_FUNDS = rf"(?:{_SUM}|\b(?:some )?(?:money|cash|savings)\b)"
_MINE = any_word("savings portfolio retirement pension 401k ira money inheritance bonus") + r"|nest egg"
# Where a deal is the asker's own, not one that is explained: "what do I pay if I sell a put?".
_OWN_AFFAIR = rf"^(?=.*(?:[@#]|{_SUM}|\b(?:{_MINE})|\b(?:should|shall|now|today|best|instead|still)\b))"

# To whom something is to suit, and what it is to go into.
_MY = (
    rf"(?:me|us|(?:my|our) [\w-]+|some(?:one|body)|{_A_PERSON}"
    r"|an? (?:[\w-]+ ){0,3}(?:account|portfolio|depot|pension|nest egg|child|teen|mother|grandchild))\b"
)

# The verdict --------------------------------------------------------------------------------------------------------

_GOOD = any_word(
    "good great bad smart safe solid decent wise strong better best right sensible terrible risky worthwhile"
)
_LEARN = any_word(
    "read interpret calculate compute understand think analy[sz]e value compare measure know expect learn look ask use"
    " evaluate call watch pronounce care check receive remember keep(?=\\sin\\smind) be(?=\\s(?:wary|aware|careful))"
)
_MADE = (
    r"(?:caused|persuaded|led|prompted|moved|drove|pushed|forced|induced|convinced|encouraged|inspired|ordered|agreed|"
    r"decided|asked|told|allowed|lets?|cost|helps?|points?|has|had|was|were)"
)

# Idioms -------------------------------------------------------------------------------------------------------------

_AT = r"(?:^|[.?!:;,-] )(?:so |and |then |ok |or |honestly,? )*"  # where a sentence or a part of it begins
_IDIOMS = either(
    # Someone asks what to do.
    rf"\bshould(?:n't)? (?:i|we|my \w+)\b(?! (?:\w+ )?{_LEARN})|\bi should {_DO}",
    rf"\bshould(?:n't)? {_ANYONE} (?:\w+ ){{0,3}}?{_DO}|\bshould (?:new |young )?{_A_PERSON}"
    r"|\bhow should (?:an?|one|people)\b.*\binvest\b",
    r"\bhow \w+ (?:can|should|could) (?:i|we|one) be\b|\bwants? (?:me|us) to\b|\bswears by\b|\bdoes it pay to\b",
    rf"\bwhich of my \w+ (?:do|would|can) i\b|\b(?:shall|ought) (?:i|we)\b|\bwhether to {_DO}",
    rf"{_OWN_AFFAIR}.*(?:{_SELF}.*{_TRADE}|{_TRADE}.*{_SELF})",
    rf"\b(?:which|what)\b(?! did\b)(?!.* {_MADE}\b)"
    rf"(?: \w+| @+,?){{0,5}} (?:to|should {_ANYONE}|do you|would {_ANYONE}) {_DO}",
    rf"\b(?:would|is|are|be) {_ANYONE}\b.*\bbetter off\b",
    r"\b(?:can|could) i (?:afford|retire|safely|trust)\b",
    r"\bam i (?:\w+ )?(?:too|over|late|early|crazy|mad|stupid|foolish|wrong|right|better|safe|missing)\b",
    r"\b(?:do|shall|can|may) (?:i|we) (?:bail|cash out|(?:double|average) down|load up|trim|dump|sell|get out|take"
    r" (?:my )?profits?|hold|hang on)\b",
    r"\b(?:time|moment) to (?:bail|jump|buy|sell|exit|leave|panic)\b|\bwhere (?:i|we) (?:want|ought) to be\b",
    # Nobody named: an act as a question of its own.
    rf"{_AT}(?:time to|worth|too late to|better to|thinking (?:of|about)) (?:still |just )?{_DO}|{_AT}all in\b"
    r"|(?:^|[.?!:;] )put (?:everything|it all|all)\b",
    rf"{_AT}{_VERB}(?: [^?.]*)? or (?:{_VERB}|fold\b|walk\b|run\b|{_DO})|@ or wait\b|{_AT}in or out\b",
    rf"{_AT}(?:lock in|take|cash in)(?: (?:my|the|some))? (?:gains|profits?)\W*(?:$|now|here|or\b)",
    rf"{_AT}{_VERB} (?:them|it|some|half|all|everything)\W*(?:$|now|or\b)",
    rf"{_AT}(?:ditch|swap|dump|trim|short|sell) (?:my |all |half |some )?(?:@|{_ASSET}|in #)"
    r"(?! (?:rating|order|signal))(?!.*\bmean)",
    r"^(?:so |then |ok )?(?:buy|sell|hold|dump|short)(?:,? (?:or )?(?:buy|sell|hold))* (?:(?:my|some|more) )?"
    r"(?:@+|the dip\b|now\b)",
    # Own money, aims and holdings.
    r"\bwhere (?:should|do|can|could|would|to|shall)(?: (?:i|we|you|one))?(?: \w+)? "
    + any_word("put invest park place stash stick keep")
    + r"|\bwhere (?:can|do|should) i (?:get|earn|find) .*(?:%|\b(?:yields?|returns?|interest)\b)",
    rf"(?:\b(?:i|we)(?:'ve)? (?:only )?(?:have|had|got|inherited|saved|won|received)|\bjust got) (?:an? )?{_FUNDS}"
    r".*(?:\bwhat(?:'s)?\b(?! (?:is|was) (?:the |@))|\bwhere\b|\bhow (?:do|should|to|best)\b|\bor\b)",
    rf"\b(?:protect|grow|preserve|invest|shield)\b.*\bmy (?:{_MINE})|\bshould\b.*\bmy (?:{_MINE})",
    rf"\bmy (?:{_MINE})\b.*\bshould\b|\b(?:do|doing|start) with {_FUNDS}",
    r"\b(?:how much|what (?:percentage|share|part|portion|fraction)) .*\b(?:portfolio|savings|salary|income|wealth)\b"
    r".*\b(?:belongs?|should|go(?:es)?|ought)\b|\bdo (?:with|about) (?:my|our)\b",
    rf"\bhow many {_ASSET} do i need\b|\bto retire (?:at|by|in|early)\b"
    r"|\b(?:for|in|fund) my (?:retirement|old age|pension|bonus|kids?\w*|child\w*|age)\b",
    r"\b(?:need|belongs?|add|include|missing)\b.*\bmy portfolio\b|\b(?:manage|handle|look after) my\b",
    r"\b(?:rate|review|judge|assess|critique|grade) my (?:portfolio|holdings|investments|positions?|allocation)\b",
    r"\bget rich\b|\bdouble my\b|\b(?:make|earn) (?:me )?(?:quick |easy )?(?:money|rich)\b|\bof @+ should\b",
    # Whether something is worth it.
    rf"{_GOOD} (?:long[- ]term |short[- ]term )?(?:buy|hold|investments?|purchase|stock to|bet|entry(?: point)?)\b",
    rf"(?:[@#]|\b(?:it|now|this)\b).*{_GOOD} (?:time|moment|idea|choice|option|hold|addition|opportunity|deal|pick)\b",
    r"^(?!.*\b(?:analysts?|brokers?|rat(?:e|es|ed|ing)|upgraded?|downgraded?|call(?:s|ed))\b)"
    r".*(?:@|\bit\b|\bthey\b).*\ba (?:strong |screaming )?(?:buy|sell|hold)\b(?! (?:order|rating|side|signal|back))",
    rf"(?:@|{_ASSET}).* (?:something|fit|match|right|suitable|suited|safe|ok|okay|fine|good|enough|solid|reasonable) "
    rf"(?:[\w-]+ ){{0,2}}?(?:for|to|with) {_MY}(?!'s? (?:clients|customers))",
    rf"(?:@|{_ASSET}) (?:suit|fit|match|work (?:well )?for|go (?:well )?with|belong in|deserve) (?:in )?{_MY}",
    rf"@ too \w+ (?:for {_MY}|for a (?:new|first|small) \w+|to (?:buy|get in|enter|touch|chase|own|hold|join)\b)"
    r"|\bhave (?:i|we) (?:missed|waited|left it)\b|\b(?:any|some)thing (?:better|safer|smarter) than (?:the )?@+(?!')",
    rf"\b(?:make[sd]?|be|is) (?:sense|sensible|reasonable|appropriate|healthy|right) (?:at \d\d\b|for {_MY})",
    rf"\bhow (?:\w+ ){{1,4}}?(?:split|spread|divide|distribute|allocate) {_FUNDS}",
    r"\b(?:smart|safe|wis|best)\w* (?:move|play|bet|choice)\b|@ a (?:keeper|bargain|steal|must)\b|\bno-brainer\b",
    r"\b(?:smart|safe|wise|risky|ok|okay|good|bad) to (?:be|stay|get|remain) in\b"
    r"|\b(?:bargain|steal)\b.*\b(?:i|we) (?:should|ought)\b|\bwould (?:the )?@+ suit\b",
    rf"\bworth (?:it\b|{_DEALING})|\b(?:wise|smart|clever|idea|sense|ok|okay|safe|mistake) to {_DO}|\bwhat now\b",
    r"\bwould (?:buying|selling|holding|shorting|investing)\b",
    # One of several.
    rf"{_AT}@+(?:,? @+)* or @+ for (?:a|an|the|my|\d|#)|{_SELF}[^?]*[.!] @+ or @+\W*$",
    rf"^(?!.*\b(?:was|were|did)\b)(?:.*[.?!:;,-] )?(?:\w+ )?(?:@+|{_HOLDING})(?: \w+)? or (?:\w+ ){{0,2}}{_HOLDING}"
    r"(?: (?:for|at|in|now|on|with)\b[^?]*)?\W*$",
    rf"\b(?:best|top|safest|hottest|good) (?:\w+ ){{0,2}}{_ASSET}(?: \w+)? (?:to {_DO}|now\b"
    r"|for (?:retirement|begin|#))",
    r"\b(?:pick|choose) (?:one|between)\b|\btorn between\b|\bcan't decide\b",
    r"\bnext (?:big|hot) (?:stock|thing|winner|coin|trade|idea|investment)\b",
    # The assistant is asked for a view, a tip, a portfolio.
    r"\b(?:would|do|could|can|will) you (?:\w+ )?"
    + any_word("buy sell hold invest recommend suggest advise pick own short put like prefer favou?r")
    + r"|\bhow would you invest\b|\bcould you put together\b",
    r"\bwould you (?:ever |rather |still )?(?:touch|bet|trust|own|say @+ is)\b|^would you (?:stay|be|remain|go|get)\b",
    r"\bif you (?:had|were)\b|\bconvince me\b|\btalk me (?:into|out)\b|\bare you (?:bullish|bearish)\b",
    r"\bplease advise\b|\byour favou?rite\b|\bdo you agree\b|\bwhat do you make of\b|\byou'd (?!have paid)\w+",
    r"@+:? (?:yes or no|yay or nay|thumbs up|in or out)\b|\b(?:thoughts|opinions?) on " + _DEALING,
    r"\b(?:give|need|want)(?: me)? (?:an? |your |some |any )?(?:financial )?(?:verdict|advice)\b",
    r"^(?!are\b).*\b(?:stock|investment|trading|investing) (?:tips?|picks?|ideas?|advice|recommendations?)\b",
    r"\byour (?:(?:top|best|favou?rite|honest|own|current) )?"
    r"(?:advice|opinion|view|take|recommendations?|picks?|thoughts|(?:price )?targets?|target price)\b",
    r"\bhelp me (?:invest|pick|choose|decide|buy|sell|with my)\b",
    r"^(?!.*\b(?:explain|define|show|find|get|summari[sz]e|compare|look|check|pull|quote)\b).*\bfor me\b",
    rf"\bgive me (?:one|an?|some|three|\d+|the best|your) (?:\w+ )?{_ASSET}(?! (?:prices?|quotes?|news|chart))",
    r"\b(?:build|make|create|design|construct|give) me an? (?:\w+ )?(?:portfolio|winner|bargain)\b",
)

# What is none -------------------------------------------------------------------------------------------------------

_OPENS = r"^(?:and |so |but )?"
_OTHERS = r"(?!(?:i|we|you|one|my|it|an? [\w-]*year-old)\b)"
_NOTHING_OWN = (
    rf"(?!.*(?:[@#]|{_SUM}|\bmy (?:{_MINE})"
    r"|\b(?:should|shall|best|better|still|now|today|safely|afford|retire|myself)\b))"
)
_EXPLAIN = either(
    # What others do: "where does the fund invest?".
    rf"{_OPENS}(?:did|has (?!.*\bfor (?:me|us)\b)|had|was|were|(?:when|where|what) (?:did|does|do|has|must|was"
    rf"|were)|where do) {_OTHERS}",
    rf"{_OPENS}(?:do|does) (?!.*(?:@|\bmy\b)){_OTHERS}",
    rf"{_OPENS}is it (?:good|bad|safe|wise) (?:if|for|that|when) {_OTHERS}",
    rf"{_OPENS}how (?:can|could|should|would) (?:an? )?(?:compan|firm|bank|government|fund|business)",
    # What it comes to: "what would my 40 @ be worth?".
    rf"{_OPENS}(?:what|how much) (?:is|are|was|were|would|will) "
    r".*\b(?:worth\b(?! (?:it|\w+ing))|total|be (?:in|now|today|#))",
    rf"{_OPENS}(?!.*\bshould\b)(?=.*\b(?:invested|put|placed|bought|paid)\b)"
    r"(?=.*(?:#|\bat [$€£]?\d))"
    r".*\b(?:worth\b(?! (?:it|\w+ing))|gain|profit|made|(?:be|have) (?:now|today)|become|grown)\b",
    rf"{_OPENS}(?:if|had|suppose|say) (?:i|we|one|someone)(?:'d| had)? "
    r"(?:put|invested|bought|placed|spent)\b(?!.*\bshould\b)",
    rf"{_OPENS}i (?:bought|paid|purchased)\b(?!.*\b(?:what|should|now)\b)[^?]*\d[^?]*$",
    # How it is done and what is allowed, where nothing of the asker's own is named: "how do I sell a share?".
    rf"{_OPENS}(?:how (?:can|could|do|does)|when|until when|(?:can|could|must) (?!you\b)"
    r"|do i (?:(?:need|have) to|still own)|what (?:if|happens)) ?" + _NOTHING_OWN,
    rf"{_OPENS}how (?:do|can|should) (?:i|we) (?:{_LEARN}|\w+ an? (?:\w+ )?(?:stock|share|bond|etf|option|fund)\b)",
    rf"{_OPENS}(?:can|is|are) (?:an? \w+|companies|it legal)\b(?!.*(?:\bme\b|\bmy (?:{_MINE}|wealth)|{_SUM}|%.*@"
    rf"|\ba {_GOOD} (?:way|idea|plan)\b))",
    rf"{_OPENS}can (?:you|one|people) (?:short|buy|sell|trade|own|hold) (?:an? |\w+s\b)(?!.*\b(?:me|my)\b)",
    rf"{_OPENS}(?:below|above|at|from) which (?:price|level) (?:do|does|is) an?\b|{_OPENS}how much .*\bmust i\b",
    r"^(?:what|which|who|where|do|does)\b(?!.*(?:\bshould\b|[@#])).* (?:if|when) i (?:buy|sell|own|hold|invest|trade)",
    rf"{_OPENS}(?:when|if) i (?:buy|sell|own|hold)\b(?!.*@)|{_OPENS}(?:is|are) my .* if my\b",
    r"^how (?:much|many|easily|soon|far)\b(?!.*(?:\b(?:should|shall|put|invest)\b|[@#$€£\d]))",
    # What is due: "how much would I get for each share I tender?".
    rf"{_OPENS}(?:how \w+|what|when) (?:would|will|do|can) (?:i|we|\w*holders) (?:get|receive|be paid|expect)\b",
    rf"{_OPENS}when can i (?:buy|order) (?!@|more\b)|{_OPENS}i wonder (?:what|who|how|when|why) (?!(?:i|to)\b)",
    # Reasons, meanings, figures, and words that were only heard of.
    rf"{_OPENS}(?:why (?:do|does|should|would|did|is|are|may|might|can|could))\b",
    rf"{_OPENS}(?:how long(?!.* should (?:i|we|one)\b)|define|explain(?!.* i should))\b",
    rf"{_OPENS}should (?:i (?:{_LEARN}|(?:say|write|spell|cite)\b)|an? \w+ be\b)",
    rf"{_OPENS}(?:can|could|would) you (?:tell|show|give) me the (?!best|right|safest|top)",
    rf"{_OPENS}how (?:do|does) (?!i\b|we\b)|^what (?:is|was) it worth\b|^what makes an? \w+ \w+\W*$",
    rf"{_OPENS}what (?:(?:does|do) .* mean\b|should i {_LEARN}|(?:share|part) of my \w+ (?!should|ought|belong|go))",
    rf"{_OPENS}what (?:is|are|'s) (?:meant by )?(?:an? |the )?(?:['\"]|difference\b|(?:\w+ )?"
    + any_word("order rating signal strategy advice")
    + ")",
    r"^(?:who|where) (?:is|are|do|can)\b(?!.*\b(?:invest|put|park|best|should)\b)",
    r"^[^@#:?]{2,60}: (?:meaning|definition|explanation|explain)\b",
    r"^(?:i|we|everyone|people|someone|my \w+)\b[\w' ]*\b(?:hear|read|came|come|see|saw|talk|mention)\w*"
    r" (?:(?:about|across|of|the (?:term|word)) )?[\w' -]*$",
)


_PLAINLY = 3.0


def asks_for_advice(masked: str) -> bool:
    """Whether it wants to know what to do with money, by an idiom, in any of the languages known."""
    return bool(_IDIOMS.search(masked) and not _EXPLAIN.match(masked)) or asks_abroad(masked)


def sounds_like_advice(masked: str, otherwise: bool) -> bool:
    """Whether its words lean to the same. They have to say so plainly where it can be read `otherwise`."""
    return lean_to_advice(masked) > (_PLAINLY if otherwise else 0) and not _EXPLAIN.match(masked)
