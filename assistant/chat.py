"""The REPL: reads a line, hands it to the session or to a slash command, and prints checked text as it comes."""

import sys
from collections.abc import Callable, Iterable, Iterator

from assistant.api import Assistant
from assistant.chat_engine import ChatSession
from assistant.commands.context import note, out, show, stream, width
from assistant.commands.follow import parse_symbol
from assistant.commands.store import latest
from assistant.draft import NOTICE
from assistant.market.view import day_text
from assistant.render import answer_footer, clean, explanation_text
from assistant.types import Ambiguity, Arm
from ingest.errors import BellError

PROMPT = "bell> "


class Chat:
    """One conversation at a terminal, or from a pipe (then a line is a question and nothing is decorated)."""

    def __init__(self, assistant: Assistant, arm: Arm | None = None, use_model: bool = True) -> None:
        self._assistant = assistant
        self._session: ChatSession = assistant.session(arm, use_model)
        self._pending: tuple[str, Ambiguity] | None = None
        self._commands: dict[str, tuple[str, Callable[[list[str]], object]]] = {
            "/help": ("this list", self._help),
            "/why": ("what the last answer rests on and which checks ran", self._why),
            "/sources": ("the sources of the last answer", self._sources),
            "/watch": ("the followed symbols; /watch AAPL MSFT follows more", self._watch),
            "/quote": ("the latest stored prices: /quote AAPL", self._quote),
            "/news": ("the latest stories: /news AAPL", self._news),
            "/clear": ("forget the conversation", self._clear),
            "/exit": ("leave (Ctrl-D does too)", self._help),
        }

    def run(self) -> None:
        note(f"{NOTICE} /help lists the commands, Ctrl-C stops an answer, Ctrl-D leaves.")
        for line in self._lines():
            if line.split()[0] == "/exit":
                break
            try:
                self.handle(line)
            except KeyboardInterrupt:
                out("\n(stopped)")
            except BellError as error:
                note(f"bell: {error}")

    def handle(self, line: str) -> None:
        """Acts on one line and prints what it brings."""
        word, *arguments = line.split()
        if word.startswith("/"):
            command = self._commands.get(word)
            if command is None:
                note(f"{word} is no command; /help lists them")
            else:
                command[1](arguments)
            return
        question = self._settled(line)
        ambiguity = self._session.ambiguity(question)
        if ambiguity:
            self._pending = (question, ambiguity)
            out(f"“{clean(ambiguity.text)}” may be {' or '.join(ambiguity.candidates)}. Which one?")
            return
        self._answer(question)

    def _settled(self, line: str) -> str:
        """The question that was asked back about, with the symbol now chosen; else the line itself."""
        pending, self._pending = self._pending, None
        if pending:
            question, ambiguity = pending
            choice = line.strip().lstrip("$").upper()
            if choice in ambiguity.candidates:
                return question.replace(ambiguity.text, f"${choice}")
        return line

    def _answer(self, question: str) -> None:
        answering = self._session.stream(question)
        stream(answering)
        answer = self._session.finish(answering)
        out("")
        show(answer_footer(answer, width(), self._assistant.zone.key, notice=False))

    # Slash commands

    def _help(self, _: list[str]) -> None:
        for name, (text, _command) in self._commands.items():
            out(f"{name:<9} {text}")

    def _why(self, _: list[str]) -> None:
        show(explanation_text(self._session.last, width()) if self._session.last else "Nothing was asked yet.")

    def _sources(self, _: list[str]) -> None:
        last, zone = self._session.last, self._assistant.zone.key
        show(answer_footer(last, width(), zone, notice=False).strip() if last else "Nothing was asked yet.")

    def _watch(self, arguments: list[str]) -> None:
        from ingest.ledger import upgrade_ledger

        if arguments:
            ledger = upgrade_ledger(self._assistant.config)
            ledger.sources.watch([parse_symbol(s) for s in arguments], self._assistant.config.clock())
            note("followed from the next `bell ingest` on")
            out(" ".join(ledger.sources.watchlist()))
        else:
            out(" ".join(self._assistant.followed) or "Nothing is followed yet.")

    def _quote(self, arguments: list[str]) -> None:
        assistant = self._assistant
        wanted = [parse_symbol(s) for s in arguments] or assistant.followed
        found, missing = latest(assistant.ledger, wanted, assistant.now(), assistant.config.strict)
        for finding in found:
            out(finding.statements[0].text.replace(" [1]", ""))
        for symbol in missing:
            note(f"no price of {symbol} is stored")

    def _news(self, arguments: list[str]) -> None:
        wanted = [parse_symbol(s) for s in arguments]
        assistant = self._assistant
        stories = assistant.ledger.news.latest(assistant.now(), wanted, limit=10, strict=assistant.config.strict)
        for article in stories:
            dated = f"{article.published:%d %b %H:%M}" if article.published else "undated"
            out(clean(f"{dated}  {article.title} · {article.source}"))
        if not stories:
            out("The store holds no story about that.")

    def _clear(self, _: list[str]) -> None:
        self._session.clear()
        self._pending = None
        out("Forgotten.")

    # Lines

    def _lines(self) -> Iterator[str]:
        lines = self._prompted() if sys.stdin.isatty() else iter(sys.stdin)
        yield from (line.strip() for line in lines if line.strip())

    def _prompted(self) -> Iterator[str]:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory
        from prompt_toolkit.patch_stdout import patch_stdout

        home = self._assistant.config.home
        home.mkdir(parents=True, exist_ok=True)
        completer = WordCompleter(list(self._words()), ignore_case=True, WORD=True)
        session: PromptSession[str] = PromptSession(
            history=FileHistory(str(home / "chat_history")), completer=completer, bottom_toolbar=self._toolbar
        )
        self._assistant.warm()
        while True:
            try:
                with patch_stdout():  # what the warm-up tells stands above the prompt
                    line = session.prompt(PROMPT)
                yield line
            except KeyboardInterrupt:
                continue
            except EOFError:
                return

    def _words(self) -> Iterable[str]:
        yield from self._commands
        yield from self._assistant.followed

    def _toolbar(self) -> str:
        """How fresh the data are, and which model answers."""
        assistant = self._assistant
        market, strict = assistant.ledger.market, assistant.config.strict
        spans = [market.span(s, assistant.now(), strict) for s in assistant.followed[:1]]
        newest = f"prices to {day_text(spans[0][1])}" if spans and spans[0] else "no prices yet"
        loaded = assistant.loaded_model
        return f" {len(assistant.followed)} symbols · {newest} · {loaded or 'model not loaded yet'} "
