"""An explanation from the weights is held against the glossary's definition of its term."""

import json

import pytest

from assistant.glossary import AGREEMENT, agrees
from ingest.resources import resource

RECORDS = [
    json.loads(line)
    for file in sorted(resource("adapters/knowledge").glob("*.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]


def test_every_definition_agrees_with_itself_by_all_its_names() -> None:
    for record in RECORDS:
        assert all(agrees(name, record["definition"]) for name in (record["term"], *record["aliases"])), record["term"]


@pytest.mark.parametrize(
    ("term", "explanation", "expected"),
    [
        ("P/E ratio", "It compares the price of a share with the earnings of that share.", True),
        ("p/e ratios", "It compares the price of a share with the earnings of that share.", True),
        ("P/E ratio", "It is the time until a bond is repaid.", False),
        (
            "P/E ratio",
            "It is a ratio. The price of a share is divided by the earnings per share.",
            False,
        ),  # first says nothing
        ("blorbification", "It is the time until a bond is repaid.", True),  # not in the glossary
    ],
)
def test_what_defines_something_else_does_not_agree(term: str, explanation: str, expected: bool) -> None:
    assert agrees(term, explanation) == expected


def test_of_the_definitions_of_other_terms_few_agree() -> None:
    far = [(a["term"], b["definition"]) for a, b in zip(RECORDS, RECORDS[700:] + RECORDS[:700], strict=True)]
    assert 0 < AGREEMENT <= 0.2
    assert sum(agrees(*pair) for pair in far) < 0.25 * len(far)
