"""The knowledge records: complete, each term once, each worked example computed from its formula by code."""

import ast
import json
import math
import operator
import re
from collections import Counter
from typing import Any

import pytest

from tests.conftest import ROOT

KEYS = ["term", "aliases", "field", "definition", "explanation", "formula", "units", "example", "asks"]
FILES = sorted((ROOT / "adapters" / "knowledge").glob("*.jsonl"))
RECORDS = [json.loads(line) for file in FILES for line in file.read_text("utf-8").splitlines()]
_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Any] = {"sqrt": math.sqrt, "log": math.log, "exp": math.exp, "min": min, "max": max, "abs": abs}


def compute(formula: str, inputs: dict[str, float]) -> float:
    """The value of an arithmetic expression over `inputs`; anything else in it raises."""

    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name):
                return inputs[name]
            case ast.BinOp(left=left, op=op, right=right):
                return float(_OPERATORS[type(op)](value(left), value(right)))
            case ast.UnaryOp(op=op, operand=operand):
                return float(_OPERATORS[type(op)](value(operand)))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return float(_FUNCTIONS[name](*map(value, args)))
        raise ValueError(f"{ast.dump(node)} is no arithmetic")

    return value(ast.parse(formula, mode="eval").body)


def test_there_are_at_least_800_terms_and_each_name_leads_to_one() -> None:
    assert len(RECORDS) >= 800
    names = Counter(n.casefold() for r in RECORDS for n in dict.fromkeys([r["term"], *r["aliases"]]))
    assert [n for n, count in names.items() if count > 1] == []


def test_no_question_is_asked_of_two_terms() -> None:
    asks = Counter(a.casefold() for r in RECORDS for a in r["asks"])
    assert [a for a, count in asks.items() if count > 1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_records_are_complete(file: Any) -> None:
    for line in file.read_text("utf-8").splitlines():
        record = json.loads(line)
        assert list(record) == KEYS, record["term"]
        assert record["field"] == file.stem
        assert 4 <= len(record["asks"]) <= 6, record["term"]
        assert 8 <= len(record["definition"].split()) <= 32, record["term"]
        assert 25 <= len(record["explanation"].split()) <= 75, record["term"]
        assert (record["formula"] is None) == (record["example"] is None), record["term"]


WORKED = [r for r in RECORDS if r["formula"]]


def test_every_worked_example_is_computed_from_its_formula() -> None:
    assert len(WORKED) >= 400
    for record in WORKED:
        example = record["example"]
        result = compute(record["formula"], example["inputs"])
        assert math.isfinite(result), record["term"]
        assert example["text"].count("{result}") == 1, record["term"]
        said = {
            float(n.replace(",", ""))
            for n in re.findall(r"\d[\d,]*(?:\.\d+)?", example["text"].replace("{result}", ""))
        }
        given = {abs(float(v)) for v in example["inputs"].values()}
        assert said <= given, (record["term"], said - given)


@pytest.mark.parametrize("hostile", ["__import__('os')", "a.b", "[1]", "'x'", "lambda: 1", "f(1)"])
def test_a_formula_is_arithmetic_and_nothing_else(hostile: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        compute(hostile, {"a": 1.0})
