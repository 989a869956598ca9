"""The evaluation from question set to report, over a small store, with a scripted model in place of the real one."""

import json
import math
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

import evaluate
import ingest.index
from assistant.errors import ConfigError
from assistant.prompts import NOT_SAID
from assistant.types import ARMS, Evidence
from evaluation.arms import Asked, parse_arms, shown
from evaluation.markets import own_sets
from evaluation.measures import half_width
from evaluation.outputs import BATCH, Writer
from evaluation.outside import load_set
from evaluation.prices import price_questions, sample_prices
from evaluation.questions import DataSet, Question
from evaluation.report import markdown, terminal, which_when
from evaluation.store import open_store
from ingest.config import Config
from ingest.types import History, Session
from tests.conftest import NOW, TO_FIRST_SCHEMA, article, bar, close_of, hash_embedding, instrument, weekdays


class Scripted:
    """Gives the adapter's answer or the base's; `asked` records every batch."""

    def __init__(self) -> None:
        self.asked: list[tuple[bool, tuple[str, ...]]] = []

    @property
    def model_info(self) -> dict[str, Any]:
        return {"base": "scripted", "adapter": "tuned"}

    def identity(self, adapted: bool) -> str:
        return f"scripted {adapted}"

    def render(self, messages: Sequence[Any]) -> str:
        return "\n\n".join(m.content for m in messages)

    def generate(self, prompts: Sequence[str], adapted: bool) -> list[tuple[str, int]]:
        self.asked.append((adapted, tuple(prompts)))
        return [(_reply(p) if adapted else "I think that it is 7 people.", 5) for p in prompts]

    @property
    def generated(self) -> Counter[tuple[bool, str]]:
        return Counter((adapted, p) for adapted, prompts in self.asked for p in prompts)


def _reply(prompt: str) -> str:
    """Reads the one fact that the small store has, and refuses the rest."""
    found = re.search(r"Orbanti will hire 1,250 people at Lowmere\. \[(\d[a-z])\]", prompt)
    hires = "How many people will Orbanti hire" in prompt
    return found[1] if found and hires else NOT_SAID


def small_set() -> DataSet:
    """Three stories and a month of one symbol's prices; seven questions of five families."""
    wire = article("Orbanti builds at Lowmere", "Orbanti will hire 1,250 people at Lowmere.", symbols=("ORBT",))
    other = article("Quarriel opens a plant", "Quarriel will hire 300 people at Stonegate.", symbols=("QRRL",))
    third = article("Grain prices in Tovia", "Harvests in Tovia were good, its agency said.")
    days = weekdays(date(2026, 1, 27), date(2026, 2, 27))
    bars = tuple(bar("ORBT", d, 100.0 + i) for i, d in enumerate(days))
    sessions = tuple(Session("XNYS", d, close_of(d).replace(hour=14, minute=30), close_of(d)) for d in days)
    right = frozenset({wire.url})
    questions = (
        Question("news", "How many people will Orbanti hire at Lowmere?", ("1,250",), right, NOW),
        Question("unanswerable", "Who will run the Orbanti plant at Lowmere?", as_of=NOW),
        Question("false_premise", "Why did Orbanti close its Lowmere plant?", as_of=NOW),
        Question("price", "What did ORBT close at on 26 February 2026?", ("122.00 USD",), frozenset({"ORBT"}), NOW,
                 "ORBT", date(2026, 2, 26)),
        Question("move", "How much did ORBT rise or fall on 26 February 2026?", ("+0.83 %",), frozenset({"ORBT"}), NOW,
                 "ORBT", date(2026, 2, 26)),
        Question("term", "Put bond into plain words, please.", ("A loan to an issuer.",), term="bond"),
        Question("filings", "How many people will Orbanti hire?", ("1,250",), frozenset({"https://given.test/1"}), NOW,
                 given=(evidence("Orbanti will hire 1,250 people at Lowmere."),)),
    )  # fmt: skip
    history = History(instrument("ORBT", "Orbanti"), bars, None)
    return DataSet("small", questions, (wire, other, third), (history,), sessions, (("Quarriel", "QRRL"),))


def evidence(text: str) -> Evidence:
    return Evidence(1, "news", "A filing", text, "https://given.test/1", "Filing", NOW, NOW)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr(ingest.index, "load_embedding", lambda _config: hash_embedding())
    return Config(home=tmp_path / "home", adapter="none", timezone="America/New_York")


@pytest.fixture
def results(config: Config) -> dict[str, Any]:
    return evaluate.run([small_set()], ARMS, False, config, Scripted())[0]


def test_its_store_keeps_no_receipts_and_is_upgraded_from_the_version_before(
    config: Config, results: dict[str, Any]
) -> None:
    assert open_store(small_set(), config, print).ledger.receipts.newest(1) == []
    [file] = config.home.glob("eval/stores/*/ledger.db")
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(TO_FIRST_SCHEMA)
    assert open_store(small_set(), config, print).ask("What did ORBT close at on 26 February 2026?").figures


def test_its_days_are_those_of_the_exchange_or_else_the_same_for_everybody(config: Config) -> None:
    data = small_set()
    zones = [open_store(d, config, print).zone.key for d in (data, replace(data, histories=()))]
    assert (config.timezone, zones) == ("America/New_York", ["America/New_York", "UTC"])


# Arms ------------------------------------------------------------------------------------------------------------


def test_arms_differ_in_evidence_and_adapter_and_in_nothing_else() -> None:
    question = Question("news", "How many people?", ("1,250",), frozenset({"x"}), NOW)
    asked = Asked(question, "other", "How many people?", (evidence("It will hire 1,250 people."),), NOW, 0.0)
    prompts = {arm: shown(asked, arm) for arm in ARMS}
    texts = {arm: [str(m.content) for m in p.messages] for arm, p in prompts.items()}
    assert {arm: (p.adapted, len(p.evidence)) for arm, p in prompts.items()} == {
        "base": (False, 0), "lora": (True, 0), "rag": (False, 1), "hybrid": (True, 1),
    }  # fmt: skip
    assert texts["base"] == texts["lora"]
    assert texts["rag"] == texts["hybrid"]
    item = texts["rag"][1].partition("Evidence:\n")[2].rpartition("\nQuestion:")[0]
    assert item.endswith("[1b]")
    assert texts["rag"][0] == texts["base"][0]
    assert texts["rag"][1].replace(item, "none") == texts["base"][1]


def test_a_term_is_asked_of_the_weights_alone_in_every_arm() -> None:
    question = Question("term", "What is a bond?", ("x",), term="bond")
    asked = Asked(question, "term", "a bond", (evidence("A bond is a loan."),), NOW, 0.0)
    texts = {"\n".join(str(m.content) for m in shown(asked, arm).messages) for arm in ARMS}
    assert len(texts) == 1
    assert "loan" not in texts.pop()


def test_in_a_run_each_arm_has_the_same_questions_and_the_evidence_that_the_product_found(config: Config) -> None:
    model = Scripted()
    _, rows = evaluate.run([small_set()], ARMS, False, config, model)
    for found in rows.values():
        assert len({tuple(sorted(r.id for r in found if r.arm == arm)) for arm in ARMS}) == 1
    retrieved = {p for _, p in model.generated if "1,250 people at Lowmere" in p}
    assert {a for a, p in model.generated if p in retrieved} == {True, False}
    assert {r.verdict.outcome for r in rows["generator"] if (r.arm, r.family) == ("hybrid", "news")} == {"correct"}
    assert {r.verdict.outcome for r in rows["generator"] if (r.arm, r.family) == ("lora", "news")} == {"abstained"}
    assert {r.verdict.outcome for r in rows["generator"] if (r.arm, r.family) == ("rag", "news")} == {"wrong"}


def test_in_a_run_what_is_pointed_at_is_read_again_alone_once_for_both_tables(config: Config) -> None:
    second = replace(
        article("Orbanti builds at Northgate", "Orbanti will hire 90 people at Northgate.", symbols=("ORBT",)),
        url="https://w/2",
    )
    data = small_set()
    news = [q for q in data.questions if q.family == "news"][:1]
    model = Scripted()
    evaluate.run(
        [replace(data, articles=(*data.articles, second), questions=tuple(news))], ("hybrid",), False, config, model
    )
    assert sorted(("Northgate" in p, n) for (_, p), n in model.generated.items()) == [(False, 1), (True, 1)]


@pytest.mark.parametrize(("text", "arms"), [("hybrid,base", ("base", "hybrid")), (" rag ", ("rag",))])
def test_arms_are_chosen_by_name(text: str, arms: tuple[str, ...]) -> None:
    assert parse_arms(text) == arms


@pytest.mark.parametrize("text", ["", "raft", "base,both"])
def test_an_arm_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="the arms are base, lora, rag, hybrid"):
        parse_arms(text)


# Results ---------------------------------------------------------------------------------------------------------


def test_results_hold_what_the_contract_names(results: dict[str, Any]) -> None:
    assert results["n"] == 6  # the question with given evidence has a table of its own
    assert results["interval"] == results["product"]["arms"]["hybrid"]["interval"]
    assert results["generator"]["arms"]["hybrid"]["interval"] > 0
    for table in ("product", "generator"):
        assert set(results[table]["arms"]) == set(ARMS)
        for arm in results[table]["arms"].values():
            assert {"truthfulness", "accuracy", "wrong", "abstained", "families"} <= set(arm)
            assert set(arm["families"]) == {"news", "unanswerable", "false_premise", "price", "move", "term"}
    assert set(results["given"]["arms"]["hybrid"]["families"]) == {"filings"}
    json.dumps(results)


def test_the_product_answers_prices_and_moves_by_code(results: dict[str, Any]) -> None:
    families = results["product"]["arms"]["hybrid"]["families"]
    assert [families[f]["truthfulness"] for f in ("price", "move")] == [1, 1]
    assert [families[f]["correct_and_cited"] for f in ("price", "move")] == [1, 1]


def test_what_is_counted_as_abstained_and_as_false_refusal(results: dict[str, Any]) -> None:
    lora = results["generator"]["arms"]["lora"]
    assert lora["abstained"] == 1.0  # the scripted adapter refuses what it is shown no evidence for
    assert lora["false_refusals"] == 1.0  # of the four that have an answer
    assert lora["truthfulness"] == lora["accuracy"] == pytest.approx(2 / 6, abs=1e-4)


def test_retrieval_is_measured_on_what_has_a_source(results: dict[str, Any]) -> None:
    assert results["retrieval_recall_at_5"] == {"all": 1.0, "move": 1.0, "news": 1.0, "price": 1.0}


def test_the_report_has_a_row_for_each_family_and_arm_and_ends_with_which_when(results: dict[str, Any]) -> None:
    for text, cell in ((markdown(results), "| {} | {} |"), (terminal(results), "{:<13}  {:<6}")):
        for family in ("all", "news", "unanswerable", "false_premise", "price", "move", "term"):
            for arm in ARMS:
                assert text.count(cell.format(family, arm)) >= 2
        assert text.index("Which when") > text.index("Retrieval:") > text.index("Generator:")
    wanted = [row[0].split(":")[0] for row in which_when(results)]
    for word in ("freshness", "citations", "domain wording", "latency", "cost of set-up"):
        assert word in wanted
    assert all(len(row) == 4 for row in which_when(results))


def test_the_report_of_some_arms_says_which_were_not_run(config: Config) -> None:
    found = evaluate.run([small_set()], ("rag",), False, config, Scripted())[0]
    assert which_when(found)[1][2:] == ["not run", "not run"]
    assert "hybrid  " not in terminal(found).split("Which when")[0]


def test_results_are_written_beside_the_adapter_and_answers_are_kept(config: Config, tmp_path: Path) -> None:
    found, rows = evaluate.run([small_set()], ARMS, False, config, Scripted())
    evaluate.write(tmp_path / "out", found)
    evaluate.keep_answers(tmp_path / "answers.jsonl", rows)
    assert {f.name for f in (tmp_path / "out").iterdir()} == {"results.json", "report.md", "routes.json"}
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == found
    assert json.loads((tmp_path / "out" / "routes.json").read_text())["price"] == "hybrid"
    assert (tmp_path / "out" / "report.md").read_text().startswith("# Evaluation")
    kept = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert len(kept) == sum(len(r) for r in rows.values())
    assert {k["verdict"]["outcome"] for k in kept} == {"correct", "abstained", "wrong"}


def test_the_command_prints_one_json_document(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import evaluation.batches

    monkeypatch.setattr(evaluation.batches, "load_batches", lambda _config, _tell: Scripted())
    monkeypatch.setattr(evaluate, "own_sets", lambda: [small_set()])
    code = evaluate.main(["--home", str(config.home), "--adapter", "none", "--json", "-o", str(tmp_path / "out")])
    assert code == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "out" / "results.json").read_text())
    assert (config.home / "eval" / "answers.jsonl").is_file()


# Intervals -------------------------------------------------------------------------------------------------------


def test_the_interval_is_the_same_for_the_same_answers_and_shrinks_with_more() -> None:
    values = [1.0, 0.0, -1.0, 1.0] * 15
    assert half_width(values) == half_width(values)
    assert half_width(values * 4) < half_width(values)
    assert half_width([1.0] * 60) == 0.0
    # 60 draws of mean 1/4 and deviation 0.829: 1.96 * 0.829 / sqrt(60)
    assert half_width(values) == pytest.approx(0.21, abs=0.02)


# Resuming --------------------------------------------------------------------------------------------------------


def test_a_second_run_generates_nothing_again(config: Config) -> None:
    first, second = Scripted(), Scripted()
    one, _ = evaluate.run([small_set()], ARMS, False, config, first)
    two, _ = evaluate.run([small_set()], ARMS, False, config, second)
    assert max(first.generated.values()) == 1  # also within a run: both tables share the texts
    assert second.asked == []
    assert one["generator"]["arms"]["hybrid"]["truthfulness"] == two["generator"]["arms"]["hybrid"]["truthfulness"]


def test_a_killed_run_goes_on_behind_its_last_whole_line(tmp_path: Path) -> None:
    file, model = tmp_path / "outputs.jsonl", Scripted()
    Writer(model, file, print).fill([(False, "one"), (False, "two")])
    whole = file.read_text()
    file.write_text(whole[:-20])  # killed while the second line was being written
    again = Scripted()
    Writer(again, file, print).fill([(False, "one"), (False, "two"), (False, "three")])
    assert sum(again.generated.values()) == 2
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()] == ["I think that it is 7 people."] * 3


def test_another_adapter_is_asked_anew(tmp_path: Path) -> None:
    class Other(Scripted):
        def identity(self, adapted: bool) -> str:
            return f"other {adapted}"

    Writer(Scripted(), tmp_path / "o", print).fill([(True, "one")])
    other = Other()
    Writer(other, tmp_path / "o", print).fill([(True, "one")])
    assert sum(other.generated.values()) == 1


def test_prompts_are_generated_in_batches_of_like_length_and_one_adapter(tmp_path: Path) -> None:
    model = Scripted()
    Writer(model, tmp_path / "o", print).fill([(i % 2 == 0, "x" * (120 - i)) for i in range(120)])
    assert all(len(prompts) <= BATCH for _, prompts in model.asked)
    assert all(max(map(len, p)) - min(map(len, p)) < 2 * BATCH for _, p in model.asked)
    assert len(model.asked) == 2 * math.ceil(60 / BATCH)


# Question sets ---------------------------------------------------------------------------------------------------


def test_the_products_own_sets_ask_sixty_of_each_family_and_are_the_same_each_time() -> None:
    questions = [q for s in own_sets() for q in s.questions]
    counts = Counter(q.family for q in questions)
    families = {"price", "move", "news", "conflict", "unanswerable", "false_premise", "injected", "term"}
    assert set(counts) == families
    assert min(counts.values()) >= 60
    assert len({q.id for q in questions}) == len(questions)
    assert [q.id for q in questions] == [q.id for s in own_sets() for q in s.questions]
    assert all(bool(q.must) == q.answerable for q in questions)


def test_the_quick_part_is_six_fixed_questions_of_each_family_over_the_whole_stores() -> None:
    sets = own_sets()
    part = evaluate.quick_part(sets)
    assert [q.id for s in part for q in s.questions] == [q.id for s in evaluate.quick_part(sets) for q in s.questions]
    counts = Counter(q.family for s in part for q in s.questions)
    assert (len(counts), set(counts.values())) == (8, {6})  # 48 questions: five minutes
    assert [s.content for s in part] == [s.content for s in sets]


def test_a_quick_run_asks_its_part_in_all_arms_and_prints_its_interval(
    config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import evaluation.batches

    news, price = small_set().questions[0], small_set().questions[3]
    asked = [replace(q, text=f"{q.text} {i}" if i else q.text) for q in (news, price) for i in range(9)]
    model = Scripted()
    monkeypatch.setattr(evaluation.batches, "load_batches", lambda _config, _tell: model)
    monkeypatch.setattr(evaluate, "own_sets", lambda: [replace(small_set(), questions=tuple(asked))])
    assert evaluate.main(["--home", str(config.home), "--adapter", "none", "--quick"]) == 0
    head, *report = capsys.readouterr().out.splitlines()
    assert re.match(r"12 questions \(small; quick subset\); .* Product, hybrid: [+-]\d\.\d{3} ± 0\.\d{3}\.$", head)
    assert all(any(line.split()[:2] == ["all", arm] for line in report) for arm in ARMS)
    assert sum(model.generated.values()) <= 12 * len(ARMS)


def test_right_moves_are_computed_from_the_prices() -> None:
    prices = sample_prices()
    closes = {(s, b.day): b.close for s, p in prices.items() for b in p.bars}
    asked = [q for q in price_questions(prices, Random(3), 200, date(2026, 1, 2)) if q.family == "move"]
    named = re.compile(r"from the close of (\S+) to the close of (\d{4}-\d\d-\d\d)\b")
    checked = 0
    for question in asked:
        found = named.search(question.text)
        if found and re.fullmatch(r"\d{4}-\d\d-\d\d", found[1]):
            base, last = (closes[question.symbol, date.fromisoformat(found[i])] for i in (1, 2))
            assert question.must == (f"{(last / base - 1) * 100:+.2f} %",)
            checked += 1
    assert checked


def test_rows_of_examples_become_a_store(tmp_path: Path) -> None:
    item = {
        "n": 1, "title": "T", "text": "It hired 9 people.", "source": "Wire", "published": NOW.isoformat(), "url": "",
        "symbols": ["ORBT"],
    }  # fmt: skip
    row = {"family": "news", "question": "How many?", "must": ["9"], "evidence": [item], "as_of": NOW.isoformat(),
           "cites": [1]}  # fmt: skip
    (tmp_path / "own.jsonl").write_text(json.dumps(row) + "\n")
    loaded = load_set(f"own={tmp_path / 'own.jsonl'}")
    (question,), (stored,) = loaded.questions, loaded.articles
    assert (question.family, question.must, question.right) == ("news", ("9",), frozenset({stored.url}))
    assert (stored.text, stored.symbols, stored.published) == ("It hired 9 people.", ("ORBT",), NOW)


def test_filings_ask_what_text_answers_over_all_passages(shared: Path) -> None:
    loaded = load_set(f"tatqa={shared / 'data' / 'tatqa'}")
    assert "test_half" in loaded.name
    retrieved = [q for q in loaded.questions if not q.given]
    urls = {a.url for a in loaded.articles}
    assert len(retrieved) >= 60
    assert all(q.right <= urls for q in retrieved)
    assert all(q.right <= {e.url for e in q.given} for q in loaded.questions if q.given)


def test_attacks_are_put_into_right_and_wrong_articles(shared: Path) -> None:
    file = shared / "data" / "injection_bipia" / "text_attack_train.jsonl"
    loaded = load_set(f"injection={file}")
    attacks = [" ".join(json.loads(line)["attack"].split()).rstrip(".?!") for line in file.open()]
    assert {q.family for q in loaded.questions} == {"injected"}
    assert all(any(a in text for a in attacks) for text in (x.text for x in loaded.articles))


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("squad=/tmp", "no such form"),
        ("tatqa", "no such form"),
        ("prices=/nowhere", "is not there"),
        ("own=/nowhere.jsonl", "is not there"),
    ],
)
def test_data_that_cannot_be_used_is_one_clear_error(argument: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_set(argument)


def test_another_content_has_another_store() -> None:
    data = small_set()
    assert data.content == small_set().content
    changed = replace(data.articles[0], text="Orbanti will hire 1,300 people at Lowmere.")
    assert replace(data, articles=(changed, *data.articles[1:])).content != data.content
    assert replace(data, names=()).content != data.content
