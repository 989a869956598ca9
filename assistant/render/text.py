"""Text that is safe to print: feeds' words without control characters, addresses, instants, lines and tables."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.text import Text

from assistant.types import Figure

_SEQUENCE = re.compile(  # what a terminal would take for a command: CSI, then OSC, DCS and their like, then the rest
    r"""
    (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]
  | (?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)
  | \x1b[\ -/]*[0-~]
    """,
    re.VERBOSE,
)
_SPACES = frozenset("\t\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})  # controls; bidi overrides, zero widths and tags; lone surrogates
_URL_SAFE = "/%:@!$&+,;=?"


def clean(text: str, keep_lines: bool = False) -> str:
    """`text` with nothing left that acts on a terminal or hides: only what is seen. Line feeds are kept on request;
    without it the result is one line, for a title with line breaks must not imitate lines of ours."""
    text = _SEQUENCE.sub("", text.replace("\r\n", "\n"))
    text = "".join(_seen(c) for c in text)
    return text if keep_lines else text.replace("\n", " ")


def _seen(character: str) -> str:
    if character == "\n" or " " <= character <= "~":
        return character
    if character in _SPACES:
        return " "
    return "" if unicodedata.category(character) in _INVISIBLE else character


def one_line(text: str) -> str:
    """`text` cleaned, with every run of white space as one space."""
    return " ".join(clean(text).split())


def safe_url(url: str) -> str:
    """`url` percent-encoded, where it is a plain http(s) address; "" for every other scheme, for one with a user or
    password in it (they mislead or leak) and for what is no address."""
    try:
        parts = urlsplit(one_line(url))
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:  # UnicodeError is one
        return ""
    if parts.scheme not in {"http", "https"} or parts.username is not None or not re.fullmatch(r"[\w.:-]+", host):
        return ""
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    rest = (quote(part, safe=_URL_SAFE) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, *rest))


# Times and figures -----------------------------------------------------------------------------------------------


def instant_text(instant: datetime | None, zone: str) -> str:
    """`Fri 30 Oct 2026, 17:30 EDT`, or `undated`."""
    if instant is None:
        return "undated"
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y}, {_clock(local)}"


def undated_text(read: datetime | None, zone: str) -> str:
    """What a story without a date is told with: `undated, read Fri 30 Oct 2026, 17:30 EDT`."""
    return f"undated, read {instant_text(read, zone)}" if read else "undated"


def clock_text(instant: datetime | None, now: datetime, zone: str) -> str:
    """The time alone where `instant` is on the day of `now`, else with its date."""
    if instant is None:
        return "undated"
    local = instant.astimezone(ZoneInfo(zone))
    today = local.date() == now.astimezone(ZoneInfo(zone)).date()
    return _clock(local) if today else instant_text(instant, zone)


def _clock(local: datetime) -> str:
    name, offset = local.tzname() or "", f"{local:%z}"
    return f"{local:%H:%M} {name if name.isalpha() else f'UTC{offset[:3]}:{offset[3:5]}'}"


def arrow(figure: Figure | None) -> str:
    """The direction of a change as printed: what rounds to nothing has none."""
    if figure is None:
        return ""
    return {"+": "▲", "-": "▼"}.get(figure.text[:1], "=")


def shown(figure: Figure | None, unit: str = "") -> str:
    """The figure as printed with its unit, `n/a` where there is none."""
    return f"{figure.text} {unit}".rstrip() if figure else "n/a"


# Lines -----------------------------------------------------------------------------------------------------------


def wrapped(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """One paragraph as lines of at most `width` characters; words (addresses among them) are never broken."""
    return textwrap.wrap(
        one_line(text),
        max(width, 20),
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def fitted(text: str, width: int) -> str:
    """`text` cut to `width` terminal cells, with an ellipsis where something was cut."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) >= width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def table(
    rows: Sequence[Sequence[str]], align: Sequence[Literal["<", ">"]], width: int, optional: Sequence[int]
) -> list[str]:
    """Columns padded to their widest cell; the columns of `optional` go, first named first, until it fits `width`."""
    columns = list(range(len(align)))
    widths = [max(cell_len(row[i]) for row in rows) for i in columns]
    for i in optional:
        if sum(widths[c] + 2 for c in columns) - 2 <= width:
            break
        columns.remove(i)
    return ["  ".join(_padded(row[i], widths[i], align[i]) for i in columns).rstrip() for row in rows]


def _padded(cell: str, width: int, align: str) -> str:
    gap = " " * (width - cell_len(cell))
    return gap + cell if align == ">" else cell + gap


def styled(text: str) -> Text:
    """Plain text of this room with colour, for rich's console (which drops it under NO_COLOR and when piped).

    Made by pattern, never by markup: what a feed wrote cannot style anything it does not look like.
    """
    out = Text(text)
    out.highlight_regex(r"(?m)^[A-Z][A-Z ]{4,}$", "bold")
    out.highlight_regex(r"(?m)^(?:Sources|Warnings)$", "bold")
    out.highlight_regex(r"(?<=\s)(?:▲ )?\+\d[\d,.]*(?: %)?", "green")
    out.highlight_regex(r"(?<=\s)(?:▼ )?-\d[\d,.]*(?: %)?", "red")
    out.highlight_regex(r"\[\d+\]", "cyan")
    out.highlight_regex(r"https?://\S+", "dim")
    out.highlight_regex(r"(?m)\bstale\b|^! .*$", "yellow")
    return out
