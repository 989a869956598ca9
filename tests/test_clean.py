"""Plain text and canonical links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.clean import canonical, first_sentence, plain, printable, says_same


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Shares rose", "Shares rose"),
        ("S&amp;P 500 &lt;up&gt;", "S&P 500 <up>"),
        ("S&P 500, AT&T", "S&P 500, AT&T"),
        ("profit <b>rose</b>.", "profit rose."),
        ("one<br>two<p>three</p>four<li>five", "one two three four five"),
        ("margin < 5 % and yield > 4 %", "margin < 5 % and yield > 4 %"),
        ("a&nbsp;b\n\tc", "a b c"),
        ("<script>steal()</script>safe<style>p{}</style>", "safe"),
        ("seen<!-- hidden <b> -->too<!-- never closed", "seentoo"),
        ("<?xml version='1.0'?><!DOCTYPE x>text", "text"),
        ('<img alt="a > b" src=x onerror=go()>text', "text"),
        ("<a href='x'>5 < 6</a> <broken", "5 < 6 <broken"),
        ("cut <![ off", "cut <![ off"),
        ("", ""),
    ],
)
def test_plain_is_what_a_reader_would_see(markup: str, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("ig\u200bno\u00adre\ufeff", "ignore"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("a\u2028b\u0085c\x00d", "a b cd"),
        ("tag\U000e0041\U000e0042s and\ufe0f \u3164fill", "tags and fill"),
        ("lone \ud800 half", "lone half"),
        ("Société Générale, 日本銀行", "Société Générale, 日本銀行"),
    ],
)
def test_what_cannot_be_seen_is_gone(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(
    st.text()
    | st.lists(st.sampled_from(["<", ">", "<b>", "</", "<!--", "-->", "&", "&#0;", "<![", '"', "a ", "\x1b"])).map(
        "".join
    )
)
def test_plain_is_one_printable_line_whatever_comes(markup: str) -> None:
    text = plain(markup)
    assert text.isprintable()
    assert text == text.strip()
    text.encode()  # no half of a surrogate pair


@pytest.mark.parametrize("unit", ["<a ", "<!--", "<![", "<!", '<a b="', "</", "<", "<div>", "<a b=1 ", "&#60;", "<p/"])
def test_hostile_markup_takes_no_longer_than_any_other(unit: str) -> None:
    plain(unit * 100_000)  # minutes to hours with a parser left to itself


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("One. Two.", "One."),
        ("Is it? Yes.", "Is it?"),
        ("No full stop", "No full stop"),
        ("Yield at 4.5 percent. Then more", "Yield at 4.5 percent."),
        ("word " * 40, "word " * 23 + "word…"),
    ],
)
def test_a_heading_is_the_first_sentence_cut_at_a_word(text: str, heading: str) -> None:
    assert first_sentence(text) == heading


@pytest.mark.parametrize(
    ("text", "title", "same"),
    [
        ("Rates held", "Rates held", True),
        ("Rates held.", "RATES HELD!", True),
        ("Rates held …", "Rates held for longer", True),
        ("", "Anything", True),
        ("Rates held for longer", "Rates held", False),
        ("Something else", "Rates held", False),
    ],
)
def test_a_text_that_only_repeats_its_title_is_known(text: str, title: str, same: bool) -> None:
    assert says_same(text, title) is same


@pytest.mark.parametrize(
    ("link", "stored"),
    [
        ("HTTPS://WWW.Example.COM:443/A?utm_source=x&a=1&.tsrc=rss#part", "https://www.example.com/A?a=1"),
        ("http://example.com:8080/?b=2&a=1&gclid=9", "http://example.com:8080/?b=2&a=1"),
        ("https://example.com/?UTM_Medium=m", "https://example.com/"),
        ("https://example.com//press/a~b.en.html", "https://example.com//press/a~b.en.html"),
        ("https://example.com/a b\u200b?q=é", "https://example.com/a%20b?q=%C3%A9"),
        ("https://user:secret@example.com/", "https://example.com/"),
        ("http://[2606:4700::1111]/x", "http://[2606:4700::1111]/x"),
        ('https://example.com/"><script>', "https://example.com/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("//example.com/x", None),
        ("http://exa mple.com/", None),
        ("http://example.com:port/", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_a_link_is_stored_in_one_form_or_not_at_all(link: str, stored: str | None) -> None:
    assert canonical(link) == stored


@given(st.text() | st.text().map(lambda s: f"https://example.com/{s}"))
def test_a_canonical_link_stays_as_it_is(link: str) -> None:
    stored = canonical(link)
    assert stored is None or (canonical(stored) == stored and stored.isprintable() and " " not in stored)
