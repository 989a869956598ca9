"""Whether a clause asks what will happen. Patterns over a masked clause."""

import re

from assistant.understand.text import any_word, either

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
REPORTED = re.compile(any_word("analysts? news headlines? did said says? report\\w*"))


def asks_for_forecast(masked: str) -> bool:
    """Whether it asks what will happen. What others forecast is news."""
    return bool(_FORECAST.search(masked)) and not REPORTED.search(masked)
