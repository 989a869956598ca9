"""What a feed's parser is not given: documents made to keep it busy, or to grow in its hands. Pure."""

import re
from itertools import islice
from xml.parsers import expat

from ingest.errors import NotAFeed, TooLarge

_MOST_ENTRIES = 20_000
_MOST_TAGS = 80_000  # elements, and tags in texts: the parser takes up to 15 microseconds for each, a feed has 1,000
_FROM_ENTITIES = 4_000_000  # letters that they may stand for in all, if each were the longest
_DEEPEST = 500  # elements within each other: no feed nests its markup even a tenth as far
_ATTRIBUTE_BOMB = re.compile(rb"<[^\s<>]++(?:\s++[^\s=<>]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+')){500}")
_TAG = re.compile(rb"<|&(?:lt|#0*60|#[xX]0*3[cC])\b")  # as it is, or escaped
_NESTED_ENTITY = re.compile(rb"<!ENTITY\s[^>]{0,200}&[\w.%-]++;", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY\s+[^\s\"'%]+\s+(\"[^\"]*\"|'[^']*')")
_ENCODING = re.compile(rb"(?:encoding|charset)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_ASCII = b'<a b="c">+ADw-\\x3c&#60;~</a>'  # in an encoding that is fit for a feed these bytes mean themselves
_WIDE = ("utf-16", "utf_16", "utf16", "utf-32", "utf_32", "utf32")
_EBCDIC = b"\x4c\x6f\xa7\x94"


def refuse_bombs(body: bytes, content_type: str, host: str) -> None:
    """Raises `TooLarge` or `NotAFeed` for what would keep the parser busy for hours, as its time grows with the square
    of one element's attributes, or for more than two seconds, and for entities of entities, which expat stops only
    after 90 MB. An encoding in which that could not be seen goes too."""
    declared = _ENCODING.findall(body[:1024].replace(b"\0", b"") + b" " + content_type.encode("latin-1", "replace"))
    if body.startswith(_EBCDIC) or not all(_keeps_ascii(name.decode()) for name in declared):
        raise NotAFeed(f"{host} sent a document in an encoding that no feed needs")
    body = body.replace(b"\0", b"")  # UTF-16 and UTF-32
    if _NESTED_ENTITY.search(body):
        raise NotAFeed(f"{host} sent a document that defines entities by entities")
    if max(map(len, _ENTITY.findall(body)), default=0) * body.count(b"&") > _FROM_ENTITIES:
        raise TooLarge(f"{host} sent entities that stand for more than {_FROM_ENTITIES:,} letters")
    if max(body.count(b"<item"), body.count(b"<entry")) > _MOST_ENTRIES:
        raise TooLarge(f"{host} sent more than {_MOST_ENTRIES:,} entries")
    if _ATTRIBUTE_BOMB.search(body):
        raise NotAFeed(f"{host} sent an element with more than 500 attributes")
    _refuse_shape(body, host)


def _keeps_ascii(encoding: str) -> bool:
    if encoding.lower().startswith(_WIDE):
        return True
    try:
        return _ASCII.decode(encoding) == _ASCII.decode()
    except (LookupError, ValueError):  # feedparser cannot use it either
        return True


def _refuse_shape(body: bytes, host: str) -> None:
    """Raises for elements too deep within each other, and for too many of them and of tags in texts: as expat sees
    them, for entities may stand for both, and where a document is broken by their looks. Only its ASCII is looked at,
    which is the same in every encoding that is let through."""
    depth = tags = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise NotAFeed(f"{host} sent elements more than {_DEEPEST} deep within each other")
        count("<")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def count(text: str) -> None:
        nonlocal tags
        tags += text.count("<")
        if tags > _MOST_TAGS:
            raise TooLarge(f"{host} sent more than {_MOST_TAGS:,} tags")

    parser = expat.ParserCreate("iso-8859-1", " ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, count
    try:
        parser.Parse(body[body.find(b"<") :], True)
    except expat.ExpatError:  # it will be read a second time, by a parser that is slower
        most = _MOST_TAGS // 2
        if any(islice(_TAG.finditer(body), most, None)):
            raise TooLarge(f"{host} sent more than {most:,} tags in a broken document") from None
