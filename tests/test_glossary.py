"""An explanation from the weights is held against the glossary's definition of its term."""

import json

import pytest

from assistant.glossary import agrees, entry
from ingest.resources import resource

RECORDS = [
    json.loads(line)
    for file in sorted(resource("adapters/knowledge").glob("*.jsonl"))
    for line in file.read_text(encoding="utf-8").splitlines()
]


def test_every_term_is_found_by_all_its_names_and_agrees_with_itself() -> None:
    for record in RECORDS:
        for name in (record["term"], record["term"].upper(), *record["aliases"]):
            defined = entry(name, 3)
            assert defined is not None
            assert (defined.n, defined.kind) == (3, "reference")
            assert agrees(defined, defined.text)


@pytest.mark.parametrize(
    ("term", "explanation", "expected"),
    [
        ("P/E ratio", "It is the price of a share divided by the earnings of that share.", True),
        ("p/e ratios", "It is the price of a share divided by the earnings of that share.", True),
        ("P/E ratio", "It is the time until a bond is repaid.", False),
        (
            "P/E ratio",
            "It is a ratio. The price of a share is divided by its earnings.",
            False,
        ),  # it begins with nothing
    ],
)
def test_what_defines_something_else_does_not_agree(term: str, explanation: str, expected: bool) -> None:
    defined = entry(term, 1)
    assert defined is not None
    assert agrees(defined, explanation) == expected


def test_what_the_glossary_does_not_know_it_does_not_define() -> None:
    assert entry("blorbification", 1) is None
    assert entry("", 1) is None


def test_of_the_definitions_of_other_terms_hardly_any_agrees() -> None:
    far = [(a["term"], b["definition"]) for a, b in zip(RECORDS, RECORDS[700:] + RECORDS[:700], strict=True)]
    agreeing = sum(agrees(defined, text) for term, text in far if (defined := entry(term, 1)))
    assert agreeing < 0.02 * len(far)
