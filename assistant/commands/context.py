"""The global options, accepted anywhere on the line, and how a command prints and fails."""

import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import typer

from assistant.config import AssistantConfig
from ingest.config import load_config
from ingest.errors import ConfigError

FLAGS = frozenset({"--offline", "--strict", "--json", "--debug", "--version"})
VALUED = frozenset({"--home", "--as-of"})


def hoist(argv: Sequence[str]) -> list[str]:
    """`argv` with the global options first, wherever they stood; what follows `--` is left alone."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name = word.partition("=")[0]
        if word == "--":
            rest += [word, *words]
        elif word in FLAGS or (name in VALUED and "=" in word):
            front.append(word)
        elif word in VALUED:
            front += [word, *[w for w in [next(words, None)] if w is not None]]
        else:
            rest.append(word)
    return front + rest


@dataclass
class Context:
    """What every command is given. `config` is read on first use, so that `--help` needs none."""

    flags: Mapping[str, Any] = field(default_factory=dict)
    json: bool = False
    debug: bool = False
    _config: AssistantConfig | None = None

    @property
    def config(self) -> AssistantConfig:
        if self._config is None:
            shared = {k: v for k, v in self.flags.items() if k == "home"}
            loaded, warnings = load_config(shared)
            for warning in warnings:
                note(f"warning: {warning}")
            own = {k: v for k, v in self.flags.items() if k in {"as_of", "strict", "offline"} and v is not None}
            self._config = _with(loaded.model_dump(), own)
        return self._config

    def no_json(self, command: str) -> None:
        if self.json:
            raise ConfigError(f"{command} has no JSON form", "`bell ask`, `bell brief` and `bell ingest` have one")

    def print_json(self, document: Any) -> None:
        text = json.dumps(document, ensure_ascii=False, indent=2)
        typer.echo("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))


def _with(shared: dict[str, Any], own: dict[str, Any]) -> AssistantConfig:
    try:
        return AssistantConfig.model_validate(shared | own)
    except ValueError as error:
        raise ConfigError(
            f"--as-of {own.get('as_of')!r} is no instant", "use ISO 8601 with a zone, such as 2026-02-27T21:30:00Z"
        ) from error


def note(text: str) -> None:
    """A line for the person at the terminal: stderr, never part of the result."""
    print(_inert(text), file=sys.stderr, flush=True)  # noqa: T201  # this is where printing to stderr lives


def aside(text: str) -> None:
    """A note that may come in the middle of an answer: on a line of its own."""
    note(f"\n{text}")


def out(text: str, end: str = "\n") -> None:
    """A result: stdout."""
    sys.stdout.write(_inert(text) + end)
    sys.stdout.flush()


def _inert(text: str) -> str:
    """What no terminal acts on, whoever wrote it: names, addresses and errors come from outside too."""
    if all(c.isprintable() or c == "\n" for c in text):
        return text
    from assistant.render import clean

    return clean(text, keep_lines=True)


def show(text: str) -> None:
    """A result with colour at a terminal; plain where it is piped or NO_COLOR is set."""
    if not sys.stdout.isatty():
        out(text)
        return
    from rich.console import Console

    from assistant.render import styled

    Console(highlight=False).print(styled(text), soft_wrap=True)


def stream(pieces: Iterable[str]) -> None:
    """Text as it comes: wrapped between words at a terminal, and left as it is where it is piped."""
    from assistant.render import clean

    if not sys.stdout.isatty():
        for piece in pieces:
            out(clean(piece, keep_lines=True), end="")
        return
    column, limit = 0, width()
    for piece in pieces:
        for word in re.findall(r"\n+| *[^ \n]+", clean(piece, keep_lines=True)):
            broken = column + len(word) > limit and not word.startswith("\n")
            shown = word.lstrip(" ") if broken else word
            out(("\n" if broken else "") + shown, end="")
            column = 0 if word.startswith("\n") else len(shown) + (0 if broken else column)


def width() -> int:
    """Columns to wrap text to: the terminal's, or 100 where there is none."""
    return min(shutil.get_terminal_size((100, 24)).columns, 100)


def current(ctx: typer.Context) -> Context:
    found = ctx.find_object(Context)
    assert found is not None  # set by the app's callback before any command runs
    return found
