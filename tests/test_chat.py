"""The conversation: follow-ups, asking back, slash commands, and an answer that is stopped."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.api import Assistant
from assistant.chat import Chat
from assistant.config import AssistantConfig
from assistant.draft import NOTICE
from ingest.ledger import upgrade_ledger
from tests.conftest import NOW, ScriptedModel, put_market

BOND = "A bond is a tradable loan whose issuer promises interest on set dates and repays it."


@pytest.fixture
def chat(tmp_path: Path) -> Any:
    config = AssistantConfig(home=tmp_path, now=NOW)
    ledger = upgrade_ledger(config)
    put_market(ledger, "KSTL", [100.0, 101.0, 102.0, 103.0, 104.0, 105.5], "Kestrel Robotics")
    put_market(ledger, "TDWL", [10.0, 9.0, 8.0, 7.0, 6.0, 5.0], "Tidewell Energy")
    ledger.market.put_names([("Twin", "KSTL"), ("Twin", "TDWL")], "directory")
    ledger.close()
    assistant = Assistant(config)
    assistant.__dict__["generator"] = ScriptedModel(BOND)
    return Chat(assistant)


def said(chat: Any, capsys: pytest.CaptureFixture[str], *lines: str) -> str:
    for line in lines:
        capsys.readouterr()
        chat.handle(line)
    return capsys.readouterr().out


def test_a_follow_up_takes_what_it_lacks_from_the_question_before(chat: Any, capsys: Any) -> None:
    assert "Tidewell Energy (TDWL) fell this week" in said(chat, capsys, "How did KSTL do this week?", "and TDWL?")
    assert "Tidewell Energy (TDWL) fell on" in said(chat, capsys, "and yesterday?").replace("yesterday", "on", 1)


def test_an_ambiguous_name_is_asked_back_and_the_choice_answers_the_question(chat: Any, capsys: Any) -> None:
    assert said(chat, capsys, "What did Twin close at?") == "“Twin” may be KSTL or TDWL. Which one?\n"
    assert "Tidewell Energy (TDWL) closed at 5.00 USD" in said(chat, capsys, "tdwl")


def test_every_slash_command_answers(chat: Any, capsys: Any) -> None:
    assert "/why" in said(chat, capsys, "/help")
    assert "Nothing was asked yet." in said(chat, capsys, "/why")
    chat.handle("What did KSTL close at?")
    assert "price of KSTL" in said(chat, capsys, "/why")
    assert "[1] Kestrel Robotics (KSTL)" in said(chat, capsys, "/sources")
    assert said(chat, capsys, "/watch") == "KSTL TDWL\n"
    assert "closed at 5.00 USD" in said(chat, capsys, "/quote TDWL")
    assert "holds no story" in said(chat, capsys, "/news")
    assert said(chat, capsys, "/clear") == "Forgotten.\n"
    assert "Nothing was asked yet." in said(chat, capsys, "/sources")


def test_an_unknown_command_is_said_and_not_asked_of_the_model(chat: Any, capsys: Any) -> None:
    chat.handle("/nonsense")
    read = capsys.readouterr()
    assert (read.out, read.err) == ("", "/nonsense is no command; /help lists them\n")


def test_ctrl_c_stops_the_answer_and_keeps_the_conversation(
    chat: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(prompt: str) -> str:
        raise KeyboardInterrupt

    model = chat._assistant.generator
    monkeypatch.setattr(sys, "stdin", io.StringIO("What is a bond?\nWhat did KSTL close at?\n/exit\nnever asked\n"))
    monkeypatch.setattr(model, "_reply", stopped)
    chat.run()
    out = capsys.readouterr().out
    assert "(stopped)" in out
    assert "closed at 105.50 USD" in out


def test_lines_from_a_pipe_are_questions(chat: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n  What is a bond?  \n"))
    chat.run()
    assert capsys.readouterr().out.startswith(f"{BOND}\n")


def test_the_notice_is_printed_once_in_a_conversation(chat: Any, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("What did KSTL close at?\nShould I buy KSTL?\nand TDWL?\n"))
    chat.run()
    told = capsys.readouterr()
    assert (told.out + told.err).count(NOTICE) == 1
