"""A real language model of two small layers with random weights, for tests that must run one in milliseconds."""

import string
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assistant.generator.inspection import BUNDLED

TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are Tiny<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


WORDS = " ".join(f"rose fell week price share bond yield {n}" for n in "one two three four five six seven".split())


def made_of(bpe: Tokenizer) -> Any:
    make: Any = PreTrainedTokenizerFast
    return make(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|im_end|>", bos_token="<|im_start|>")


def save_tiny(parent: Path) -> Path:
    """The model in a folder below `parent` that bears the bundled model's name."""
    folder = parent / BUNDLED.rpartition("/")[2]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    bpe.train_from_iterator([string.printable, WORDS], trainers.BpeTrainer(vocab_size=300, special_tokens=special))
    tokenizer = made_of(bpe)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    shape = LlamaConfig(
        vocab_size=bpe.get_vocab_size(),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        initializer_range=0.4,
    )
    made = LlamaForCausalLM(shape)
    made.lm_head.weight.data[: len(special)] = 0  # it never ends an answer by chance
    made.save_pretrained(folder)
    return folder
