"""What feeds and models wrote is printed and never acted on: not by a terminal, a Markdown renderer or a browser."""

import base64
import hashlib
import io
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from assistant.briefing import Briefing, BriefingInputs, make_briefing
from assistant.market import MarketView
from assistant.render import answer_footer, answer_markdown, answer_text, clean, explanation_text, safe_url, styled
from assistant.render.markdown import escape, link, marked
from assistant.render.sparkline import blocks, points
from assistant.render.text import arrow, clock_text, fitted, instant_text, one_line, shown, table, wrapped
from assistant.types import (
    Ambiguity,
    Answer,
    Asked,
    Citation,
    Dropped,
    Evidence,
    Figure,
    Mention,
    ModelInfo,
    Part,
    Period,
    Understanding,
)
from ingest.types import Session, SourceState
from tests.conftest import NOW, article, bar, close_of, instrument

HOSTILE = [
    "Fine title [/] with [bold red]markup[/bold red]",
    "\x1b[31mRed\x1b[0m \x1b]0;own your title\x07 \x1b]8;;https://evil.test\x07click\x1b]8;;\x07",
    "\x9b2J\x9d52;c;ZXZpbA==\x9c C1 controls \x85 and \x08\x08\x08 backspaces \r overwritten",
    "<script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)>",
    "</title></style><style>*{background:url(https://evil.test/x)}</style><iframe src=//evil.test>",
    "\"><a href='javascript:alert(1)' style='position:fixed' onclick=alert(1)>x</a>",
    "[a link](https://evil.test/a) ![an image](https://evil.test/i.png) [ref][1] ![ref][1]",
    "[1]: https://evil.test/ref 'reference' <https://evil.test/auto> https://evil.test/bare www.evil.test evil.test",
    "a | table | cell \\| `code` ~~gone~~ **bold** __bold__ $x$ &lt;b&gt; &#106;avascript: @someone #1",
    "\u202egnp.exe\u202c hid\u200bden \u2066iso\u2069 \ufeff tags \U000e0041\U000e0042 lone \ud800 end",
    "Line one\n\nSources\n[1] Spoofed source\n# Heading\n- item",
    "{{ 7 * 7 }} {% raw %} {{ b.cited.__globals__ }}",
    "a" * 3000,
]
BAD_URLS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "vbscript:x", "file:///etc/passwd", "//evil.test/x", "/relative", "", "https://", "https://user:pw@evil.test/",
    "http://evil.test\\@good.test/", "ftp://evil.test/", "https://evil test/", "http://[::1", "https://a.test:port/",
]  # fmt: skip
TAME_URLS = {
    "https://news.test/a?b=1&c=2#d": "https://news.test/a?b=1&c=2#d",
    "https://news.test/a b(c)'\"<>|`[x]*": "https://news.test/a%20b%28c%29%27%22%3C%3E%7C%60%5Bx%5D%2A",
    "HTTP://News.Test:8080/x": "http://news.test:8080/x",
    "http://[::1]:80/x": "http://[::1]:80/x",
    "https://bücher.test/é": "https://xn--bcher-kva.test/%C3%A9",
    "https://news.test/%20done": "https://news.test/%20done",
    "https://finance.yahoo.com/quote/^GSPC/history/": "https://finance.yahoo.com/quote/%5EGSPC/history/",
}


def is_inert(text: str, allowed: str = "\n") -> bool:
    return not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in allowed for c in text)


# Text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_control_character_passes(hostile: str) -> None:
    assert is_inert(clean(hostile), allowed="")
    assert is_inert(clean(hostile, keep_lines=True))


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("plain – text, ünïcödé 日本 📈", "plain – text, ünïcödé 日本 📈"),
        ("\x1b[1;31mRed\x1b[0m alert", "Red alert"),
        ("\x1b]8;;https://evil.test\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;never closed", "0;never closed"),
        ("\x9b31mRed", "Red"),
        ("a\tb\rc\x0bd", "a b c d"),
        ("one\ntwo\r\nthree", "one two three"),
        ("  kept  spaces  ", "  kept  spaces  "),
        ("hid\u200bden \u202eevil", "hidden evil"),
    ],
)
def test_what_is_seen_stays(raw: str, seen: str) -> None:
    assert clean(raw) == seen


@given(st.text(st.characters(), max_size=60) | st.text("\x1b\x9b\x9d[]0;1mPX\\\x07\n ab", max_size=30))
def test_any_text_becomes_inert_and_stays_as_it_is_then(text: str) -> None:
    once = clean(text, keep_lines=True)
    assert is_inert(once)
    assert clean(once, keep_lines=True) == once
    assert "\n" not in clean(text)
    assert one_line(text) == " ".join(clean(text).split())


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_is_no_plain_http_one_is_dropped(url: str) -> None:
    assert safe_url(url) == ""


@pytest.mark.parametrize(("url", "safe"), TAME_URLS.items())
def test_an_http_address_is_kept_and_encoded(url: str, safe: str) -> None:
    assert safe_url(url) == safe
    assert safe_url(safe) == safe


@given(st.text(max_size=40).map("https://h.test/".__add__) | st.text(max_size=40))
def test_any_address_is_safe_in_html_markdown_and_a_terminal(url: str) -> None:
    safe = safe_url(url)
    assert not safe or re.fullmatch(r"https?://[\w.:\[\]-]+[\w/%:@!$&+,;=?#.~-]*", safe, re.ASCII)


def test_instants_are_printed_with_their_zone() -> None:
    then = datetime(2026, 10, 30, 12, 5, tzinfo=UTC)
    assert instant_text(then, "America/New_York") == "Fri 30 Oct 2026, 08:05 EDT"
    assert instant_text(then, "Asia/Singapore") == "Fri 30 Oct 2026, 20:05 UTC+08:00"
    assert instant_text(None, "UTC") == "undated"
    assert clock_text(then, then + timedelta(hours=9), "UTC") == "12:05 UTC"
    assert clock_text(then, then + timedelta(hours=12), "UTC") == "Fri 30 Oct 2026, 12:05 UTC"


def figure(text: str) -> Figure:
    return Figure(text, float(text.replace(",", "")), "percent", "KSTL", "change", None, 1)


def test_a_change_is_told_by_sign_and_arrow() -> None:
    assert [arrow(figure(t)) for t in ("+1.20", "-0.40", "0.00")] == ["▲", "▼", "="]
    assert (shown(figure("-0.40"), "%"), shown(None, "%"), arrow(None)) == ("-0.40 %", "n/a", "")


def test_lines_keep_to_the_width_and_never_break_an_address() -> None:
    url = "https://news.test/" + "x" * 60
    lines = wrapped(f"Some words before {url} and some words after it", 30, "  ", "    ")
    assert [line for line in lines if len(line) > 30] == [f"    {url}"]
    assert lines[0].startswith("  Some")


def test_a_table_drops_columns_in_the_order_given_until_it_fits() -> None:
    rows = [("AAA", "日本電気", "1.0"), ("B", "x", "22.5")]
    assert table(rows, ("<", "<", ">"), 80, (1,)) == ["AAA  日本電気   1.0", "B    x         22.5"]
    assert table(rows, ("<", "<", ">"), 12, (1,)) == ["AAA   1.0", "B    22.5"]
    assert {cell_len(line) for line in table(rows, ("<", "<", ">"), 80, ())} == {19}


@given(st.text(max_size=30), st.integers(2, 20))
def test_a_fitted_cell_is_never_wider_than_asked(text: str, width: int) -> None:
    assert cell_len(fitted(clean(text), width)) <= width


@pytest.mark.parametrize("hostile", HOSTILE)
def test_colour_is_never_made_of_what_a_feed_wrote(hostile: str) -> None:
    out = io.StringIO()
    text = clean(hostile)
    Console(file=out, force_terminal=False, width=4000).print(styled(text), soft_wrap=True)
    assert out.getvalue() == text + "\n"


@pytest.mark.parametrize(
    ("terminal", "environ", "coloured"),
    [(True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False)],
)
def test_colour_is_for_terminals_and_not_under_no_color(
    terminal: bool, environ: dict[str, str], coloured: bool
) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=80, _environ={"TERM": "xterm-256color", **environ})
    console.print(styled("KSTL  ▲ +5.50 %  [1]"))
    assert ("\x1b[32m▲ +5.50 %" in out.getvalue()) is coloured
    assert ("\x1b[3" in out.getvalue()) is coloured


# Lines of closes -------------------------------------------------------------------------------------------------


def test_a_line_of_blocks_runs_from_the_lowest_to_the_highest() -> None:
    assert blocks([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert blocks([5, 5]) == "▅▅"
    assert blocks([]) == ""


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60))
def test_a_line_stays_in_its_box_and_keeps_both_ends(values: list[float]) -> None:
    xy = points(values, 120, 32)
    assert len(xy) == len(values)
    assert all(0 <= x <= 120 and 0 <= y <= 32 for x, y in xy)
    assert len(blocks(values)) == min(len(values), 12)
    if max(values) > min(values):
        assert xy[values.index(max(values))][1] == 0
        assert xy[values.index(min(values))][1] == 32


# Markdown --------------------------------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ACTIVE = {"image", "html_inline", "html_block", "code_inline", "em_open", "strong_open", "s_open"}


def tokens(markdown: str) -> list[tuple[str, str]]:
    """(type, address) of everything in the parsed document."""
    found = []
    for block in MARKDOWN.parse(markdown):
        for token in (block, *(block.children or ())):
            found.append((token.type, str(token.attrs.get("href") or token.attrs.get("src") or "")))
    return found


def plain_text(markdown: str) -> str:
    return BeautifulSoup(MARKDOWN.render(markdown), "html.parser").get_text()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_escaped_text_is_one_paragraph_of_text_and_reads_as_written(hostile: str) -> None:
    markdown = f"- \\[1\\] {escape(hostile)}"
    kinds = {kind for kind, _ in tokens(markdown)}
    assert not kinds & (ACTIVE | {"link_open", "heading_open", "hr", "table_open"})
    assert plain_text(markdown).strip() == f"[1] {one_line(hostile)}"


@given(st.text(r"[]()!<>&*_`~#|\:/.-+=$^ 1aхttps://w.e", max_size=40))
def test_any_text_is_escaped_to_text(text: str) -> None:
    paragraph = marked(f"word {text}", ())
    assert {kind for kind, _ in tokens(paragraph)} <= {"paragraph_open", "paragraph_close", "inline", "text"}
    assert plain_text(paragraph).split() == f"word {text}".split()


@pytest.mark.parametrize("start", ["- item", "+ item", "* item", "12. item", "3) item", "# title", "> quote", "---"])
def test_a_paragraph_does_not_turn_into_a_list_or_a_heading(start: str) -> None:
    assert {kind for kind, _ in tokens(marked(start, ()))} == {"paragraph_open", "paragraph_close", "inline", "text"}
    assert plain_text(marked(start, ())).strip() == start


def test_what_renderers_link_by_themselves_is_broken_up() -> None:
    assert escape("see https://evil.test or www.evil.test") == r"see https\://evil\.test or www\.evil\.test"
    assert escape("3.5 % of 1,200.50 USD") == "3.5 % of 1,200.50 USD"


def test_only_an_http_address_becomes_a_link() -> None:
    assert link("A [title]", "https://news.test/a(b)") == r"[A \[title\]](https://news.test/a%28b%29)"
    assert [link("A title", url) for url in BAD_URLS] == ["A title"] * len(BAD_URLS)


# Answers ---------------------------------------------------------------------------------------------------------

QUOTED = Citation(
    1, "quote", "Kestrel Robotics (KSTL): prices on NasdaqGS", "https://finance.yahoo.com/quote/KSTL/history/",
    "Yahoo Finance, NasdaqGS", datetime(2026, 2, 27, 21, tzinfo=UTC), NOW, "30 min", False, "close 63.30 USD",
)  # fmt: skip
NEWS = Citation(
    2, "news", "Kestrel lifts outlook", "https://news.test/1", "Test Wire", datetime(2026, 2, 20, 8, 31, tzinfo=UTC),
    NOW, "7 d", True, "It raised its outlook.", ("Test Ledger", "Test Review"),
)  # fmt: skip
ANSWER = Answer(
    question="How did KSTL do, and why?",
    text="Kestrel Robotics (KSTL) rose on Fri 27 Feb 2026: +5.50 % [1].\n\nIt raised its outlook [2].",
    status="answered",
    arm="hybrid",
    as_of=NOW,
    figures=(figure("+5.50"),),
    citations=(QUOTED, NEWS),
    warnings=("the newest story is 7 days old",),
    model=ModelInfo("SmolLM2-135M-Instruct", None),
    timings_ms={"understand": 1, "total": 900},
    notice="Information, not investment advice.",
    understood=Understanding(
        "How did KSTL do, and why?",
        (Part("move", "how did KSTL do", ("KSTL",), Period(date(2026, 2, 23), date(2026, 2, 27), "this week")),),
        mentions=(Mention("Kestrel", "KSTL"),),
        ambiguities=(Ambiguity("apple", ("AAPL", "APLE")),),
        unknown=("ZZZZ",),
    ),
    evidence=(
        Evidence(
            1, "quote", QUOTED.title, "close 63.30 USD", QUOTED.url, QUOTED.source, QUOTED.published, NOW, (), 1.0
        ),
        Evidence(3, "news", "Robots in ports", "", "", "Test Wire", NOW - timedelta(hours=3), NOW, (), 0.03125),
    ),
    dropped=(
        Dropped("Robots in parks", "Test Wire", NOW - timedelta(hours=5), 0.0206, "beyond the best 5"),
        Dropped("Undated", "Test Wire", None, 0.02, "not about the question"),
    ),
    ran=("figures: computed by code",),
    checks=("withheld a sentence: 12 % is in no evidence",),
    asked=Asked(previous=Understanding("What did KSTL close at?", ())),
    arms={"reason": "hybrid", "term": "lora"},
)


def test_an_answer_is_printed_with_its_sources_warnings_and_notice() -> None:
    assert answer_text(ANSWER, 72, "America/New_York") == (
        """\
Kestrel Robotics (KSTL) rose on Fri 27 Feb 2026: +5.50 % [1].

It raised its outlook [2].

Sources
[1] Kestrel Robotics (KSTL): prices on NasdaqGS
    Yahoo Finance, NasdaqGS · Fri 27 Feb 2026, 16:00 EST · 30 min old
    https://finance.yahoo.com/quote/KSTL/history/
[2] Kestrel lifts outlook
    Test Wire · Fri 20 Feb 2026, 03:31 EST · 7 d old · stale
    also at Test Ledger, Test Review
    https://news.test/1

! the newest story is 7 days old

Information, not investment advice."""
    )


def test_what_one_outlet_alone_tells_is_marked_so() -> None:
    alone = replace(ANSWER, citations=(QUOTED, replace(NEWS, also_at=())))
    marked = [line for line in answer_footer(alone).splitlines() if line.endswith(" · one source")]
    assert marked == ["    Test Wire · Fri 20 Feb 2026, 08:31 UTC · 7 d old · stale · one source"]
    assert answer_markdown(alone).count("one source") == 1
    assert "one source" not in answer_footer(ANSWER)


def test_a_footer_says_nothing_where_there_is_nothing_to_say() -> None:
    bare = replace(ANSWER, citations=(), warnings=())
    assert answer_footer(bare, notice=False) == ""
    assert answer_footer(bare).strip() == ANSWER.notice


def test_an_answer_as_markdown_links_its_marks_and_sources_and_nothing_else() -> None:
    hostile = replace(ANSWER, text=f"{ANSWER.text}\n\n{HOSTILE[6]} {HOSTILE[7]} {HOSTILE[3]} [9]")
    found = tokens(answer_markdown(hostile))
    assert {url for kind, url in found if kind == "link_open"} == {QUOTED.url, NEWS.url}
    assert not {kind for kind, _ in found} & {"image", "html_inline", "html_block"}
    assert "[1]: https" in plain_text(answer_markdown(hostile))
    assert f"[\\[1\\]]({QUOTED.url})" in answer_markdown(ANSWER)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_an_answer_is_inert_in_the_terminal(hostile: str) -> None:
    poisoned = replace(
        ANSWER,
        text=hostile,
        citations=(replace(NEWS, title=hostile, source=hostile, also_at=(hostile,), url="javascript:alert(1)"),),
        warnings=(hostile,),
        checks=(hostile,),
        dropped=(Dropped(hostile, hostile, None, 0.0, hostile),),
        asked=Asked(previous=Understanding(hostile, ())),
        evidence=(replace(ANSWER.evidence[0], title=hostile, source=hostile),),
    )
    assert is_inert(answer_text(poisoned))
    assert is_inert(explanation_text(poisoned))
    assert "javascript:alert" not in answer_text(replace(poisoned, text="", warnings=()))[:40]
    sources = answer_footer(replace(poisoned, warnings=())).split("\n")
    assert sources.count("Sources") == 1  # a title cannot imitate our lines
    assert sum(line.startswith("[") for line in sources) == 1


def test_the_receipt_tells_what_was_understood_found_checked_and_with_what() -> None:
    assert explanation_text(ANSWER) == (
        """\
Understood as
  after “What did KSTL close at?”
  move of KSTL, this week (2026-02-23 to 2026-02-27): how did KSTL do
  “Kestrel” is KSTL
  “apple” may be AAPL or APLE
  not known: ZZZZ
Evidence
  [1] quote, score 1.000, 30 min old: Kestrel Robotics (KSTL): prices on
    NasdaqGS (Yahoo Finance, NasdaqGS)
  [3] news, score 0.031, 3 h old, not cited: Robots in ports (Test Wire)
Dropped
  score 0.021, 5 h old, beyond the best 5: Robots in parks (Test Wire)
  score 0.020, not about the question: Undated (Test Wire)
Checks
  figures: computed by code
  withheld a sentence: 12 % is in no evidence
Model
  SmolLM2-135M-Instruct, adapter none, arm hybrid
  arm by kind: hybrid for reason, lora for term
Times
  understand 1 ms, total 900 ms"""
    )


def test_a_long_receipt_is_shortened_and_says_so() -> None:
    many = replace(ANSWER, dropped=ANSWER.dropped[:1] * 23, checks=("withheld: a", "withheld: b", "withheld: a"))
    told = explanation_text(many).splitlines()
    assert sum("Robots in parks" in line for line in told) == 20
    assert "  and 3 more" in told
    assert told[told.index("  withheld: a (2 times)") + 1] == "  withheld: b"


# The briefing ----------------------------------------------------------------------------------------------------


def poisoned_briefing(hostile: str) -> Briefing:
    """A briefing into which every text that comes from outside is `hostile`."""
    view = MarketView(
        instrument("KSTL", hostile, exchange=hostile),
        [bar("KSTL", date(2026, 2, 26), 60.0), bar("KSTL", date(2026, 2, 27), 63.3)],
        None,
        [Session("XNYS", d, close_of(d), close_of(d)) for d in (date(2026, 2, 26), date(2026, 2, 27))],
        NOW,
    )
    news = [
        article("a", source="Wire A", symbols=("KSTL",), url="javascript:alert(1)"),
        article("b", hours_ago=4, source="Wire B", symbols=("KSTL",), url="https://news.test/a'b\"<c>)"),
        replace(article("c", url="data:text/html,x"), source=hostile),
    ]
    news = [replace(a, title=hostile, text=hostile) for a in news]
    failed = SourceState("https://feeds.test/x", "news", hostile, last_error=hostile, failures=2)
    return make_briefing(
        BriefingInputs(NOW, NOW - timedelta(days=2), "UTC", ("KSTL",), (view,), tuple(news), (failed,), NOW, None)
    )


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_inert_in_text_and_json(hostile: str) -> None:
    briefing = poisoned_briefing(hostile)
    for printed in (briefing.to_text(), briefing.render("json")):
        assert is_inert(printed)
        printed.encode()
    assert briefing.to_text().count("\nWHAT CHANGED\n") == 1
    assert not re.search(r"(?m)^Sources$|^# Heading$", briefing.to_text())
    urls = [c["url"] for c in json.loads(briefing.render("json"))["citations"]]
    assert all(url == "" or url.startswith("https://") for url in urls)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_inert_in_markdown(hostile: str) -> None:
    briefing = poisoned_briefing(hostile)
    found = tokens(briefing.to_markdown())
    ours = {c.url for c in briefing.citations} | {"https://news.test/a%27b%22%3Cc%3E%29"}
    assert {url for kind, url in found if kind == "link_open"} <= ours
    assert not {kind for kind, _ in found} & {"image", "html_inline", "html_block", "code_inline", "s_open"}
    assert sum(kind == "heading_open" for kind, _ in found) == briefing.to_markdown().count("\n#") + 1


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_inert_in_html(hostile: str) -> None:
    page = BeautifulSoup(poisoned_briefing(hostile).to_html(), "html.parser")
    used = {tag.name for tag in page.find_all(True)}
    assert not used & {"script", "img", "iframe", "form", "object", "embed", "link", "base", "video", "audio", "input"}
    assert len(page.find_all("style")) == 1
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on") or name in {"style", "src", "srcset", "action"}]
    for a in page.find_all("a"):
        assert re.match(r"https?://[\w.]+/", str(a["href"]))
        assert set(a["rel"]) == {"noopener", "noreferrer", "nofollow"}
    assert is_inert(page.get_text())
    assert "49" not in page.get_text()  # no template in a title is evaluated
    titles = [" ".join(t.get_text().split()) for t in page.select(".stories .title")]
    assert any(one_line(hostile) in title for title in titles)


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    html = poisoned_briefing("A title").to_html()
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    page = BeautifulSoup(html, "html.parser")
    policy = str(page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"])  # type: ignore[index]
    assert policy.split("; ") == [
        "default-src 'none'", f"style-src 'sha256-{allowed}'", "base-uri 'none'", "form-action 'none'"
    ]  # fmt: skip
    assert not re.search(r"url\(|@import|https?:", style)
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_the_page_can_be_read_without_seeing_it() -> None:
    page = BeautifulSoup(poisoned_briefing("A title").to_html(), "html.parser")
    assert page.html is not None
    assert page.html["lang"] == "en"
    assert page.title is not None
    assert page.title.get_text() == "Market briefing, Fri 27 Feb 2026, 21:30 UTC"
    for line in page.find_all("svg"):
        assert (line["role"], str(line["aria-label"])) == (
            "img", "Closes of KSTL from Thu 26 Feb 2026 to Fri 27 Feb 2026, between 60.00 and 63.30"
        )  # fmt: skip
    labelled = [str(s["aria-labelledby"]) for s in page.find_all("section")]
    assert all(page.find(id=name) for name in labelled)
    assert "▲ +5.50 %" in page.get_text()
