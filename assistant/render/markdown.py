"""Markdown in which untrusted text stays text, and only addresses of our own citations become links."""

import re
from collections.abc import Sequence

from assistant.render.text import one_line, safe_url
from assistant.types import Citation

_MARK = re.compile(r"\[(\d+)\]")
_IN_FLOW = re.compile(r"(?<=\S )\[(\d+)\](?=[\s.,;]|$)")  # where Markdown cannot take it for a link or its target
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # not every renderer takes a backslash before these
_SPECIAL = re.compile(
    r"""
    [\\`*_{}\[\]#|~$!@]                              # emphasis, code, links, images, tables, mathematics, mentions
  | (?<=\w):(?=//)|(?<=\w)\.(?=\w*[^\W\d])          # what renderers link by themselves: https://, www., a.example
    """,
    re.VERBOSE,
)
_START = re.compile(r"^(?:[-+=](?!\d)|\d+[.)](?=\s))")  # of a line: lists, rules and headings


def escape(text: str) -> str:
    """Untrusted `text` on one line, with nothing of it left that Markdown or HTML would act on inside a line."""
    entities = re.sub("[&<>]", lambda m: _ENTITIES[m[0]], one_line(text))
    return _SPECIAL.sub(r"\\\g<0>", entities)


def link(text: str, url: str) -> str:
    """`text` linked to `url`; plain where that is no http(s) address."""
    target = safe_url(url)
    return f"[{escape(text)}]({target})" if target else escape(text)


def marked(text: str, citations: Sequence[Citation]) -> str:
    """A paragraph of ours, its citation marks linked to what they cite."""
    urls = {c.n: c.url for c in citations}
    parts = _MARK.split(text.strip())  # text, number, text, number, ..., text
    paragraph = "".join(_mark(int(p), urls) if i % 2 else _inner(p) for i, p in enumerate(parts))
    return _START.sub(lambda m: f"{m[0][:-1]}\\{m[0][-1]}", paragraph)


def flowing(piece: str) -> str:
    """A piece of an answer that is shown as it comes, before its citations are known: every line break ends a
    paragraph, and a citation mark stays the number it is."""
    lines = [_in_flow(line) for line in piece.split("\n")]
    return re.sub(r"\n+", "\n\n", "\n".join(lines))


def _in_flow(line: str) -> str:
    parts = _IN_FLOW.split(line)
    told = "".join(f"[{p}]" if i % 2 else _inner(p) for i, p in enumerate(parts))
    return _START.sub(lambda m: f"{m[0][:-1]}\\{m[0][-1]}", told)  # a piece that goes on in a line begins with a space


def _inner(text: str) -> str:
    """`escape`, with the spaces at both ends kept."""
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{' ' if lead else ''}{escape(text)}{' ' if tail and text.strip() else ''}"


def _mark(n: int, urls: dict[int, str]) -> str:
    return link(f"[{n}]", urls.get(n, ""))
