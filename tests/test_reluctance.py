"""The lean towards refusing weighs on the first token of an answer and on nothing else."""

from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from assistant.generator.base_model import BaseModel, load_tokenizer
from assistant.generator.inspection import BUNDLED
from assistant.generator.reluctance import LEAN, Reluctance, lean_of
from assistant.prompts import NOT_SAID
from tests.tiny_model import save_tiny

ONE = "Evidence:\n(Wire, 1 d old)\nSorrel opens hotels [1a]\nIt names them [2b] in a note. [1b]\nQuestion: How many?"
SEVERAL = ONE.replace("\nQuestion", "\n(Post, 2 d old)\nSorrel runs a dam [2a]\nQuestion")


def test_only_the_first_token_of_a_refusal_weighs_more_and_only_at_the_start(tmp_path: Path) -> None:
    tokenizer: PreTrainedTokenizerBase = load_tokenizer(BaseModel(BUNDLED, str(save_tiny(tmp_path))))
    first = tokenizer(NOT_SAID, add_special_tokens=False)["input_ids"][0]
    lean = Reluctance(tokenizer, [ONE, "What is a bond?"], 5)
    for length, expected in ((5, LEAN), (6, 0.0)):
        scores = lean(torch.zeros((2, length), dtype=torch.long), torch.zeros((2, len(tokenizer))))
        assert scores[:, first].tolist() == [expected, expected]
        assert float(scores.sum()) == 2 * expected


def test_what_only_chooses_between_items_does_not_lean() -> None:
    assert [lean_of(p) for p in (ONE, SEVERAL, "What is a bond?")] == [LEAN, 0.0, LEAN]
