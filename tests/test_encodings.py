"""Feeds in the encodings of the world: read as declared, in the document or in the header, and as far as it goes where
that is a lie: each line is what is sent beside how it is called, and what must come out.
"""

from datetime import UTC, datetime

import pytest

from ingest.readers.news import parse

NOW = datetime(2026, 2, 27, 21, 30, tzinfo=UTC)
LATIN, CYRILLIC, GREEK = "Société: bénéfice à 5 €", "Прибыль выросла", "Κέρδη αυξήθηκαν"
POLISH, TURKISH, JAPANESE = "Zysk spółki wzrósł", "Şirketin kârı arttı", "利益が増えた"
CHINESE, TAIWANESE, KOREAN = "公司利润增长", "公司獲利成長", "이익이 늘었다"
HEBREW, ARABIC, THAI = "הרווח עלה", "ارتفع الربح", "กำไรเพิ่มขึ้น"

DECLARED = [
    *(("utf-8", text) for text in (LATIN, CYRILLIC, JAPANESE, HEBREW, THAI, "📈 up")),
    *(("utf-16", text) for text in (LATIN, CYRILLIC, CHINESE, "📈 up")),
    *(("utf-32", text) for text in (LATIN, KOREAN)),
    *(("iso-8859-1", LATIN.replace("€", "F")), ("iso-8859-15", LATIN), ("windows-1252", LATIN)),
    *(("koi8-r", CYRILLIC), ("windows-1251", CYRILLIC), ("iso-8859-5", CYRILLIC), ("koi8-u", CYRILLIC)),
    *(("iso-8859-7", GREEK), ("windows-1253", GREEK), ("iso-8859-2", POLISH), ("windows-1250", POLISH)),
    *(("iso-8859-9", TURKISH), ("windows-1254", TURKISH), ("windows-1255", HEBREW), ("windows-1256", ARABIC)),
    *(("gb2312", CHINESE), ("gbk", CHINESE), ("gb18030", CHINESE), ("big5", TAIWANESE)),
    *(("shift_jis", JAPANESE), ("euc-jp", JAPANESE), ("euc-kr", KOREAN), ("iso-8859-11", THAI)),
]


def feed(title: str, declared: str = "") -> str:
    start = f"<?xml version='1.0' encoding='{declared}'?>" if declared else "<?xml version='1.0'?>"
    return f"{start}<rss version='2.0'><channel><item><title>{title}</title></item></channel></rss>"


def titles(body: bytes, kind: str = "application/rss+xml") -> list[str]:
    return [a.title for a in parse(body, "https://feeds.example/feed", {"content-type": kind}, NOW).articles]


@pytest.mark.parametrize(("encoding", "text"), DECLARED)
def test_what_is_declared_is_read_without_a_lost_letter(encoding: str, text: str) -> None:
    assert titles(feed(text, encoding).encode(encoding)) == [text]
    assert titles(feed(text).encode(encoding), f"application/rss+xml; charset={encoding}") == [text]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_unicode_is_known_by_its_mark_or_by_its_first_bytes(encoding: str, mark: str) -> None:
    assert titles((mark + feed(LATIN)).encode(encoding)) == [LATIN]


@pytest.mark.parametrize(
    ("body", "kind", "title"),
    [
        (feed(LATIN, "utf-8").encode("windows-1252"), "", LATIN),
        (feed(LATIN, "iso-8859-1").encode(), "", LATIN),
        (feed(LATIN, "us-ascii").encode(), "", LATIN),
        (feed(LATIN, "utf-16").encode(), "", LATIN),
        (feed(LATIN, "utf-8").encode("utf-16"), "", LATIN),
        (feed(LATIN, "x-unknown").encode(), "", LATIN),
        (feed(LATIN, "utf-8").encode(), "text/xml; charset=iso-8859-1", LATIN),
        (feed("朱镕基", "gb2312").encode("gbk"), "", "朱镕基"),  # letters that only the larger set has
        (feed("It’s “up”", "iso-8859-1").encode("windows-1252"), "", "It’s “up”"),
        (feed(CYRILLIC).encode("koi8-r"), "", CYRILLIC.encode("koi8-r").decode("latin-1")),  # nothing tells of it
        (feed("Up \0 3 %").encode(), "", "Up 3 %"),
        (feed("Up \x07 3 %").encode(), "", "Up 3 %"),
        (feed("Up &#55357;&#56520; 3 % &#xD83D;&#xdcc8;").encode(), "", "Up 3 %"),  # a sign in two halves
        (feed("Up &#xd7;a; &#55203;").encode(), "", "Up ×a; 힣"),
    ],
)
def test_where_that_is_a_lie_what_can_be_read_is_read(body: bytes, kind: str, title: str) -> None:
    assert titles(body, kind) == [title]


@pytest.mark.parametrize(
    "odd", [b"\xed\xa0\x80", b"\xc0\xaf", b"\xe2\x82", b"\xe9", b"\xff\xfe", b"\0\0", b"&#0;", b"&#xFFFE;"]
)
def test_bytes_that_are_no_letters_cost_no_article(odd: bytes) -> None:
    [title] = titles(feed("Kestrel X rises").encode().replace(b"X", odd))
    assert title.startswith("Kestrel")
    assert title.endswith("rises")
    title.encode()  # no half of a letter
