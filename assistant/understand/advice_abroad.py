"""The wish for advice in the other languages that people write in: a word of duty or worth, and a word of trading.

Only what words tell: German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian, Swedish, Turkish, Japanese,
Chinese. The answer stays in English.
"""

import re

_LANGUAGES: tuple[tuple[str, str], ...] = (
    (  # German
        r"\b(?:soll(?:te)?(?:n|st|t)?|lohnt|muss ich|würde[nt]?|empfiehl\w*|empfehl\w*|guter zeitpunkt|wohin|wo)\b",
        r"\b(?:ver)?kauf\w*|\b(?:halten|investier\w*|anleg\w*|einsteig\w*|aussteig\w*|anlage)\b",
    ),
    (  # French
        r"\b(?:dois|devrais|faut|devons|vaut|conseill\w*|recommand\w*|est-ce le (?:bon )?moment|où)\b",
        r"\b(?:achet\w*|vend\w*|investi\w*|placer|garder|conserver)\b",
    ),
    (  # Spanish and Portuguese
        r"\b(?:deber[ií]a\w*|debo|devo|devia|dever(?:ia|íamos)|conviene|vale (?:la pena|a pena)|recomi?end\w*"
        r"|es (?:buen )?momento|é (?:boa )?hora|d[oó]nde|onde)\b",
        r"\b(?:compr\w+|vend\w+|inver\w+|invest\w+|mantener|manter|poner|aplicar)\b",
    ),
    (  # Italian
        r"\b(?:devo|dovrei|dovremmo|conviene|vale la pena|consigli\w*|è (?:il|un buon) momento|dove)\b",
        r"\b(?:comprar\w*|vender\w*|investir\w*|tenere|mettere|acquist\w*)\b",
    ),
    (  # Dutch
        r"\b(?:moet(?:en)?|zou(?:den)?|kan ik|raad\w*|aanrad\w*|loont|waar)\b",
        r"\b(?:(?:ver)?kopen|(?:ver)?koop|beleggen|investeren|houden|instappen|uitstappen)\b",
    ),
    (  # Swedish
        r"\b(?:bör|borde|ska|skall|lönar)\b",
        r"\b(?:köpa|sälja|investera|behålla|placera)\b",
    ),
    (  # Polish
        r"\b(?:czy|powin\w+|warto|gdzie)\b",
        r"\b(?:kup\w+|sprzed\w+|inwest\w+|trzymać|zainwest\w+)",
    ),
    (  # Russian
        r"\b(?:стоит ли|следует ли|нужно ли|пора|посоветуй\w*|куда|должен ли|должна ли)(?!\w)",
        r"\b(?:покупать|купить|продавать|продать|вложить|инвестировать|держать)",
    ),
    (r"\b(?:almalı|satmalı|yatırmalı|tutmalı)\w*", r""),  # Turkish
    (r"べき|した方がいい|したほうがいい|おすすめ|どこに", r"買|売|購入|売却|投資|保有"),  # Japanese
    (r"应该|應該|该不该|要不要|值得|可以|是否|推荐", r"买|買|卖|賣|投资|投資|持有"),  # Chinese
)
_FOREIGN = tuple((re.compile(wish), re.compile(act)) for wish, act in _LANGUAGES)


def asks_abroad(masked: str) -> bool:
    """Whether a clause in lower case asks in another language what to do with money."""
    return any(wish.search(masked) and act.search(masked) for wish, act in _FOREIGN)
