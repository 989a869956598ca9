"""Every form an answer or a briefing is printed in, fed hostile text in every field: it is shown and never acts."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag
from rich.console import Console

from assistant.render import answer_footer, answer_markdown, answer_text, clean, explanation_text, styled
from assistant.render.markdown import escape, flowing, marked
from assistant.render.text import one_line
from assistant.types import Ambiguity, Answer, Mention, Part, Statement, Understanding
from tests.hostile import BAD_URLS, controls, titles, vectors
from tests.sizes import BRIEFING_TITLES, TITLES, VECTORS
from tests.test_render import ANSWER, NEWS, plain_text, poisoned_briefing, tokens

_OUR_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_ACTIVE = {"image", "html_inline", "html_block", "code_inline", "code_block", "fence", "s_open", "link_open"}
_ALLOWED_TAGS = set(
    """html head meta title style body header main footer section div p h1 h2 h3 span a ul li svg polygon polyline
    circle table thead tbody tr th td time ol br""".split()
)
_FETCHING = {"src", "srcset", "action", "formaction", "data", "poster", "style", "background", "ping", "xlink:href"}
HOSTILE = vectors(VECTORS)


def poisoned_answer(hostile: str, url: str = "https://news.test/1") -> Answer:
    """An answer into which every text from outside is `hostile`, the model's own text among them."""
    return replace(
        ANSWER,
        question=hostile,
        text=f"{hostile} [2]\n\n{hostile}",
        citations=(replace(NEWS, title=hostile, source=hostile, quote=hostile, also_at=(hostile, hostile), url=url),),
        warnings=(hostile,),
        checks=(f"withheld (it holds a link): {hostile}",),
        evidence=(replace(ANSWER.evidence[1], title=hostile, source=hostile, text=hostile),),
        understood=Understanding(
            hostile, (Part("term", hostile, (), None, term=hostile),), (Mention(hostile, "KSTL"),),
            (Ambiguity(hostile, ("AAPL", "APLE")),), (hostile,),
        ),
    )  # fmt: skip


def at_a_terminal(text: str) -> str:
    """What the console writes to a terminal that has colour, our own colours taken out."""
    out = io.StringIO()
    Console(file=out, force_terminal=True, highlight=False, width=80, _environ={"TERM": "xterm-256color"}).print(
        styled(text), soft_wrap=True
    )
    return _OUR_COLOURS.sub("", out.getvalue())


# The terminal ----------------------------------------------------------------------------------------------------


def test_no_title_acts_on_the_terminal_through_an_answer(record_property: Callable[[str, object], None]) -> None:
    record_property("titles", TITLES)
    for title in titles(TITLES):
        answer = poisoned_answer(title)
        for printed in (answer_text(answer), answer_footer(answer), explanation_text(answer)):
            assert not controls(printed), repr(title)
            assert not controls(at_a_terminal(printed)), repr(title)
        shown = answer_footer(replace(answer, warnings=(), notice="")).splitlines()
        assert sum(line.startswith("[") for line in shown) == 1, repr(title)  # no title imitates a source of ours


def test_no_title_acts_on_the_terminal_through_a_briefing() -> None:
    for title in titles(BRIEFING_TITLES, seed=2):
        briefing = poisoned_briefing(title)
        for printed in (briefing.to_text(), briefing.to_text(width=40), briefing.render("json")):
            assert not controls(printed), repr(title)
        assert not controls(at_a_terminal(briefing.to_text())), repr(title)
        assert briefing.to_text().count("\nDATA QUALITY\n") == 1


def test_what_can_be_seen_of_a_title_stays() -> None:
    for title in titles(TITLES, seed=3):
        seen = re.findall(r"KSTL|日本電気|📈|\[bold red\]", title)
        if "\x1b" not in title and not controls(title) & set("\x90\x98\x9b\x9d\x9e\x9f"):  # these swallow what follows
            assert re.findall(r"KSTL|日本電気|📈|\[bold red\]", clean(title)) == seen


# HTML ------------------------------------------------------------------------------------------------------------


def assert_inert_page(html: str) -> BeautifulSoup:
    page = BeautifulSoup(html, "html.parser")
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert isinstance(policy, Tag)
    assert str(policy["content"]).startswith("default-src 'none'; style-src 'sha256-")
    assert {t.name for t in page.find_all(True)} <= _ALLOWED_TAGS
    assert len(page.find_all("style")) == 1
    assert len(page.find_all("meta", attrs={"http-equiv": True})) == 1
    for tag in page.find_all(True):
        assert not [a for a in tag.attrs if a.startswith("on") or a in _FETCHING], tag
        assert tag.name == "a" or "href" not in tag.attrs
    for a in page.find_all("a"):
        assert re.fullmatch(r"https?://(?:news\.test|finance\.yahoo\.com)/[\x21-\x7e]*", str(a["href"]))
        assert set(a["rel"]) == {"noopener", "noreferrer", "nofollow"}
    return page


def poisoned_page(vector: str) -> str:
    """A briefing's page with `vector` in every field, and as a model's own text."""
    briefing = poisoned_briefing(vector)
    told = Statement(f"{vector} [1]", (), (1,))
    changes = replace(briefing.changes, statements=(told,))
    return replace(briefing, conclusion=told, changes=changes, notice=vector).to_html()


@pytest.mark.parametrize("vector", HOSTILE)
def test_no_vector_is_active_in_the_page(vector: str) -> None:
    page = assert_inert_page(poisoned_page(vector))
    assert " ".join(one_line(vector).split()) in " ".join(page.get_text().split())  # shown as it was written


# Markdown --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", HOSTILE)
def test_no_vector_is_active_in_markdown(vector: str) -> None:
    answer, briefing = answer_markdown(poisoned_answer(vector)), poisoned_briefing(vector).to_markdown()
    for markdown in (answer, briefing):
        found = tokens(markdown)
        assert not {kind for kind, _ in found} & (_ACTIVE - {"link_open"})
        linked = {url for kind, url in found if kind == "link_open"}
        assert all(re.match(r"https://(?:news\.test|finance\.yahoo\.com)/", url) for url in linked), linked
        assert not re.search(r"(?<!\\)\bhttps?://evil", markdown)  # nor by what links bare addresses
    assert not {kind for kind, _ in tokens(f"word {escape(vector)}")} & _ACTIVE
    assert not {kind for kind, _ in tokens(marked(vector, ()))} & _ACTIVE
    assert plain_text(f"word {escape(vector)}").strip() == f"word {one_line(vector)}"
    assert not {kind for kind, _ in tokens("".join(map(flowing, (vector, f" {vector} [1].", f"\n{vector}"))))} & _ACTIVE


@pytest.mark.parametrize(
    "text",
    ["It rose [1](https://evil.test).", "It rose [1][2].", "[1]: https://evil.test\n\nIt rose [1].", "It rose ![1](x).",
     "It rose. [1]: https://evil.test\nIt rose [1].", "It rose [1]\n(https://evil.test)"],
)  # fmt: skip
def test_a_mark_in_streamed_text_leads_nowhere(text: str) -> None:
    assert not {kind for kind, _ in tokens(flowing(text))} & _ACTIVE
    assert flowing("It rose [1], and fell [12].") == "It rose [1], and fell [12]."


@pytest.mark.parametrize("url", BAD_URLS)
def test_an_address_that_is_no_web_address_is_never_linked(url: str) -> None:
    answer = poisoned_answer("A title", url)
    assert not [kind for kind, _ in tokens(answer_markdown(answer)) if kind == "link_open"]
    assert "evil" not in answer_footer(answer)
    briefing = poisoned_briefing("A title")
    cited = tuple(replace(c, url=url) for c in briefing.citations)
    html = BeautifulSoup(replace(briefing, citations=cited).to_html(), "html.parser")
    others = {"https://news.test/a%27b%22%3Cc%3E%29"}  # of the other outlets of a story
    assert {str(a["href"]) for a in html.find_all("a")} <= others
