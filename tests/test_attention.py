"""Attention in blocks gives what torch's own gives, forwards and backwards, and only where it may."""

from typing import Any

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import LlamaConfig, LlamaForCausalLM

from assistant.generator.attention import attend_in_blocks, causal_attention

SIZE = 16


def drawn(heads: int, length: int) -> torch.Tensor:
    return torch.randn(2, heads, length, SIZE, requires_grad=True)


def reference(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    return scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)


@pytest.mark.parametrize("length", [1, 2, 255, 256, 257, 512, 513, 700])
@pytest.mark.parametrize(("heads", "shared"), [(9, 3), (4, 4), (6, 1)])
def test_the_same_as_torch_forwards_and_backwards(length: int, heads: int, shared: int) -> None:
    torch.manual_seed(length)
    query, key, value = drawn(heads, length), drawn(shared, length), drawn(shared, length)
    back = torch.randn_like(query)
    ours = causal_attention(query, key, value, SIZE**-0.5)
    found = torch.autograd.grad(ours, (query, key, value), back)
    theirs = reference(query, key, value)
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-4)
    for own, their in zip(found, torch.autograd.grad(theirs, (query, key, value), back), strict=True):
        torch.testing.assert_close(own, their, atol=1e-4, rtol=1e-3)


def test_nothing_later_is_seen() -> None:
    query, key, value = drawn(2, 300), drawn(2, 300), drawn(2, 300)
    before = causal_attention(query, key, value, 1.0)
    with torch.no_grad():
        key[:, :, 280:] += 5
        value[:, :, 280:] += 5
    torch.testing.assert_close(causal_attention(query, key, value, 1.0)[:, :, :280], before[:, :, :280])


@pytest.mark.parametrize("before", [1, 73, 256, 299])
def test_a_text_that_goes_on_from_known_keys_is_the_end_of_the_whole(before: int) -> None:
    query, key, value = drawn(6, 300), drawn(2, 300), drawn(2, 300)
    whole = causal_attention(query, key, value, SIZE**-0.5)
    rest = causal_attention(query[:, :, before:], key, value, SIZE**-0.5)
    torch.testing.assert_close(rest, whole[:, :, before:], atol=2e-5, rtol=1e-4)


def small() -> Any:
    torch.manual_seed(1)
    config: Any = LlamaConfig  # whose stub does not know how it is told the attention
    sizes = {"vocab_size": 64, "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2, "max_position_embeddings": 1024}
    model: Any = LlamaForCausalLM(config(**sizes, **heads, attn_implementation="sdpa"))
    return model.eval()


@pytest.fixture(scope="module")
def models() -> tuple[Any, Any]:
    """The same weights with torch's attention and with ours."""
    theirs, ours = small(), small()
    attend_in_blocks(ours)
    assert ours.config._attn_implementation != theirs.config._attn_implementation
    return theirs, ours


def padded(width: int) -> dict[str, torch.Tensor]:
    """Two texts, the first shorter by `width` tokens and padded on the left."""
    ids = torch.randint(1, 64, (2, 600))
    attended = torch.ones_like(ids)
    attended[0, :width] = 0
    return {"input_ids": ids, "attention_mask": attended}


@pytest.mark.parametrize("width", [0, 40])
def test_a_model_says_the_same_with_padding_and_without(models: tuple[Any, Any], width: int) -> None:
    theirs, ours = models
    given = padded(width)
    with torch.inference_mode():
        expected, found = theirs(**given).logits, ours(**given).logits
    torch.testing.assert_close(found[:, width:], expected[:, width:], atol=1e-4, rtol=1e-3)


def test_a_model_goes_on_from_its_cache_as_before(models: tuple[Any, Any]) -> None:
    given = padded(0)
    made = [m.generate(**given, max_new_tokens=6, do_sample=False, pad_token_id=0) for m in models]
    assert made[0].tolist() == made[1].tolist()


@pytest.mark.parametrize("width", [0, 40])
def test_a_model_reads_on_from_its_cache_with_padding_and_without(models: tuple[Any, Any], width: int) -> None:
    ids, attended = padded(width).values()
    with torch.inference_mode():
        first = [m(ids[:, :500], attention_mask=attended[:, :500], use_cache=True).past_key_values for m in models]
        both = zip(models, first, strict=True)
        rest = [m(ids[:, 500:], attention_mask=attended, past_key_values=c).logits for m, c in both]
    torch.testing.assert_close(rest[1], rest[0], atol=1e-4, rtol=1e-3)
