"""Plain text and canonical links out of what feeds hold: nothing in them may act on a terminal, a page or a reader.

The only file that knows BeautifulSoup.
"""

import html
import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit, urlunsplit

from bs4 import BeautifulSoup

# Letters and marks that draw nothing, beyond the format characters (Cf) that `isprintable` already refuses: fillers,
# joiners and variation selectors can hide words from a reader and show them to a model.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_LONGEST_MARKUP = 200_000  # characters of one title or text that are looked at
_DECLARATION = re.compile(r"<[!?][^<>]*>")
_TAG = re.compile(r"<(/?[a-zA-Z][a-zA-Z0-9]*+)(?:(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+|[^<>]*)>")
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z][a-zA-Z0-9]*>)")
_BLOCK = re.compile(r"(?=</?(?:br|p|div|li|tr|td|th|h[1-6]|blockquote|dd|dt|hr)>)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s")
_TRACKING = {
    *(".tsrc", "cmpid", "dclid", "fbclid", "gclid", "guccounter", "guce_referrer", "guce_referrer_sig", "igshid"),
    *("mc_cid", "mc_eid", "msclkid", "ncid", "ocid", "ref_src", "smid", "soc_src", "soc_trk", "yptr"),
}
_PORTS = {"http": ":80", "https": ":443"}
_URL_SAFE = "%/:=&?~+!$,;'@()*[]|"


def printable(text: str) -> str:
    """`text` without control, direction, zero-width and other invisible characters, its white space collapsed."""
    if not text.isascii() or not text.isprintable():
        text = "".join(c for c in _INVISIBLE.sub("", text) if c.isprintable() or c.isspace())
    return " ".join(text.split())


def plain(markup: str) -> str:
    """What a reader of this HTML would see, on one line. Text without markup stays as it is."""
    markup = markup[:_LONGEST_MARKUP]
    if "<" in markup:
        markup = BeautifulSoup(_bare(markup), "html.parser").get_text()
    elif "&" in markup:
        markup = html.unescape(markup)
    return printable(markup)


def _bare(markup: str) -> str:
    """`markup` with nothing but whole tags without attributes, blocks set apart by spaces. On comments, declarations
    and attributes that do not end, the HTML parser takes time with the square of their length, or gives up."""
    first, *others = markup.split("<!--")
    markup = first + "".join(part.partition("-->")[2] for part in others)
    markup = _TAG.sub(r"<\1>", _DECLARATION.sub("", markup))
    return _BLOCK.sub(" ", _NO_TAG.sub("&lt;", markup))


def first_sentence(text: str, limit: int = 120) -> str:
    """A heading for a text that has none: its first sentence, cut at a word where it is longer than `limit`."""
    sentence = _SENTENCE_END.split(text, maxsplit=1)[0]
    if len(sentence) <= limit:
        return sentence
    return sentence[:limit].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"


def says_same(text: str, title: str) -> bool:
    """Whether `text` is no more than (the beginning of) `title`, letters and digits alone compared."""
    of_title = _letters(title)
    return all(letter == next(of_title, None) for letter in _letters(text))


def _letters(text: str) -> Iterator[str]:
    return filter(str.isalnum, text.casefold())


def canonical(link: str) -> str | None:
    """`link` as it is stored and compared: scheme and host in lower case, without user, fragment and tracking
    parameters, all of it printable ASCII but for an international host. None where it is no http(s) address."""
    try:
        parts = urlsplit(printable(link))
        host = parts.netloc.rpartition("@")[2].lower()
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or re.search(r"[\s\"<>\\^`{}]", host):
        return None
    query = "&".join(p for p in parts.query.split("&") if not _tracks(p.partition("=")[0].lower()))
    host = host.removesuffix(_PORTS[parts.scheme])
    return urlunsplit((parts.scheme, host, quote(parts.path, safe=_URL_SAFE), quote(query, safe=_URL_SAFE), ""))


def _tracks(parameter: str) -> bool:
    return parameter in _TRACKING or parameter.startswith("utm_")


def host_of(link: str) -> str:
    """The host of an address, without `www.`; "" where it has none."""
    try:
        return (urlsplit(link).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
