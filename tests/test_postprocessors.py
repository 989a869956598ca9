"""Recency, twins and caps, as LlamaIndex postprocessors."""

from datetime import timedelta
from typing import Any

from assistant.postprocessors import (
    DiversityPostprocessor,
    NearDuplicatePostprocessor,
    NearnessPostprocessor,
    RecencyPostprocessor,
    RelevancePostprocessor,
)
from assistant.retrievers.news import article_metadata, reciprocal_rank_fusion
from tests.conftest import NOW, article

Row = tuple[str, str, str]


def node(
    title: str, source: str = "Wire", score: float = 1.0, hours_ago: float = 5, text: str = "", **more: Any
) -> Any:
    from llama_index.core.schema import NodeWithScore, TextNode

    metadata = article_metadata(article(title, text, hours_ago, source)) | more
    return NodeWithScore(node=TextNode(text=text or title, metadata=metadata), score=score)


def titles(nodes: list[Any]) -> list[str]:
    return [n.metadata["title"] for n in nodes]


def test_of_two_equal_finds_the_later_published_ranks_first() -> None:
    nodes = [node("Old", hours_ago=24 * 14), node("New", hours_ago=1), node("Undated", published=None)]
    ranked = RecencyPostprocessor(now=NOW).postprocess_nodes(nodes)
    assert titles(ranked) == ["New", "Old", "Undated"]
    assert ranked[1].score == 0.25


def test_age_counts_from_publication_and_has_a_floor() -> None:
    [ancient] = RecencyPostprocessor(now=NOW + timedelta(days=3650)).postprocess_nodes([node("Ancient")])
    assert ancient.score == 0.1


def test_one_story_at_two_outlets_is_told_once_and_the_other_is_named() -> None:
    text = "Kestrel Robotics raised its revenue forecast on Wednesday after warehouse orders doubled."
    nodes = [node("Kestrel lifts outlook", "Wire", text=text), node("Kestrel lifts outlook", "Post", text=text)]
    [kept] = NearDuplicatePostprocessor().postprocess_nodes([*nodes])
    assert kept.metadata["source"] == "Wire"
    assert kept.metadata["also_at"] == ["Post"]


def test_a_copy_with_another_figure_is_no_copy() -> None:
    text = "Kestrel Robotics raised its revenue forecast to 2.4 billion USD after warehouse orders doubled in March."
    nodes = [node("Kestrel lifts", "Wire", text=text), node("Kestrel lifts", "Post", text=text.replace("2.4", "2.9"))]
    assert len(NearDuplicatePostprocessor().postprocess_nodes([*nodes])) == 2


def test_a_publisher_holds_two_slots_while_others_have_candidates() -> None:
    nodes = [node(f"Wire {i}", "Wire", 1 - i / 10) for i in range(4)] + [node("Post 0", "Post", 0.1)]
    assert titles(DiversityPostprocessor(top_n=3).postprocess_nodes(nodes)) == ["Wire 0", "Wire 1", "Post 0"]


def test_a_slot_is_never_left_empty_for_the_cap() -> None:
    nodes = [node(f"Wire {i}", "Wire", 1 - i / 10) for i in range(5)]
    assert titles(DiversityPostprocessor(top_n=4).postprocess_nodes(nodes)) == ["Wire 0", "Wire 1", "Wire 2", "Wire 3"]


def test_one_article_gives_at_most_two_chunks_even_where_slots_stay_empty() -> None:
    nodes = [node("Same", text=f"chunk {i}", article_id="a") for i in range(4)]
    assert len(DiversityPostprocessor(top_n=4).postprocess_nodes(nodes)) == 2


def test_fusion_prefers_what_both_rankings_hold() -> None:
    scores = reciprocal_rank_fusion([["a", "b", "c"], ["c", "d"]])
    assert sorted(scores, key=lambda k: -scores[k])[0] == "c"


def reason(step: Any, *nodes: Any, query: Any = None) -> list[tuple[str, str]]:
    """(title, why) of what `step` leaves out of `nodes`."""
    kept = step.postprocess_nodes([*nodes], query)
    return [(n.metadata["title"], step.why(n, kept)) for n in nodes if n not in kept]


def test_whatever_is_left_out_has_a_reason() -> None:
    from llama_index.core.schema import QueryBundle

    asked = QueryBundle("Which refinery did Tidewell halt?")
    about, other = node("Tidewell halts refinery", similarity=0.6), node("Orchids bloom", similarity=0.1)
    assert reason(RelevancePostprocessor(), about, other, query=asked) == [("Orchids bloom", "not about the question")]
    near, far = node("Sorrel opens its dam", "Wire", similarity=0.7), node("Sorrel pays", "Wire", similarity=0.41)
    second, worded = node("Sorrel's dam", "Post", similarity=0.6), node("A dam", "Wire", similarity=None)
    dropped = [("Sorrel pays", "much farther from the question than the nearest")]
    assert reason(NearnessPostprocessor(), near, far, second, worded) == dropped
    copied = node("Why did Sorrel open its dam?", "Bad Wire", similarity=1.0)
    assert reason(NearnessPostprocessor(), copied, near, far, second, worded) == dropped
    ours = node("Ruvistria dips into its reserves", similarity=0.6, text="Reserves of Ruvistria fell.")
    theirs = node("Reserves of Paveth", similarity=0.7, text="In Paveth import cover is put at 11 months.")
    asked = QueryBundle("ruvistria import cover")
    dropped = [("Reserves of Paveth", "not about the question")]
    assert reason(RelevancePostprocessor(), ours, theirs, query=asked) == dropped
    text = "Kestrel Robotics raised its revenue forecast on Wednesday after warehouse orders doubled."
    twins = node("Kestrel lifts", "Wire", text=text), node("Kestrel lifts it", "Post", text=text)
    assert reason(NearDuplicatePostprocessor(), *twins) == [
        ("Kestrel lifts it", "the same story as “Kestrel lifts” (Wire)")
    ]
    parts = [node("Long", "Wire", 1 - i / 10, text=f"part {i}", article_id="a") for i in range(3)]
    assert reason(DiversityPostprocessor(), *parts) == [("Long", "more than 2 passages of one article")]
    wire = [node(f"Wire {i}", "Wire", 1 - i / 10) for i in range(4)]
    assert reason(DiversityPostprocessor(top_n=3), *wire, node("Post", "Post", 0.05)) == [
        ("Wire 2", "more than 2 stories of one publisher"),
        ("Wire 3", "more than 2 stories of one publisher"),
    ]
    assert reason(DiversityPostprocessor(top_n=1), *wire[:2]) == [("Wire 1", "beyond the best 1")]
