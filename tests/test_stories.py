"""One story told by several outlets is one story; two stories that merely sound alike stay two."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.stories import cluster, similar
from ingest.types import Article
from tests.conftest import article

WIRE = (
    "Kestrel Robotics raised its outlook for the year on Wednesday after orders for warehouse robots doubled, "
    "and its shares rose more than a tenth in heavy trading."
)

ALIKE = [
    (WIRE, WIRE),
    (WIRE, WIRE.upper()),
    (WIRE, WIRE.replace("Wednesday", "Thursday")),
    (WIRE, f"{WIRE} (Adds detail)"),
    ("Fed holds rates, signals one cut this year", "Fed holds rates; signals one cut this year!"),
]
DIFFERENT = [
    (WIRE, "Tidewell Energy shut its refinery at Port Alder after a fire, the company said on Wednesday."),
    ("Fed raises rates by 25 basis points", "Fed cuts rates by 25 basis points"),
    ("Kestrel shares rise after earnings", "Kestrel shares fall after earnings"),
    (WIRE, WIRE[:40]),
    (WIRE, ""),
    ("", ""),
]


@pytest.mark.parametrize(("left", "right"), ALIKE)
def test_near_duplicates_are_similar_either_way_round(left: str, right: str) -> None:
    assert similar(left, right)
    assert similar(right, left)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_texts_about_something_else_are_not_similar(left: str, right: str) -> None:
    assert not similar(left, right)
    assert not similar(right, left)


def test_the_earliest_leads_and_the_others_follow_in_the_order_they_came() -> None:
    first = article("Kestrel Robotics raises full-year outlook", hours_ago=9, source="Wire A")
    second = article("Kestrel Robotics raises full-year outlook", hours_ago=7, source="Wire B")
    third = article("Kestrel Robotics raises full-year outlook - Wire C", hours_ago=8, source="Wire C")
    (story,) = cluster([second, first, third])
    assert story.lead == first
    assert story.also_at == (third, second)
    assert story.publishers == ("Wire A", "Wire C", "Wire B")


def test_a_copied_text_under_another_title_is_the_same_story() -> None:
    one = article("Kestrel lifts outlook", WIRE, hours_ago=9, source="A")
    two = article("Robot maker surges on orders", WIRE, hours_ago=8, source="B")
    assert [s.lead for s in cluster([two, one])] == [one]


def test_the_publishers_name_behind_a_title_is_no_part_of_it() -> None:
    one = article("Kestrel lifts full-year outlook", hours_ago=9, source="A")
    name = "The Old Port Wire and Courier Company"
    assert len(cluster([one, article(f"Kestrel lifts full-year outlook | {name}", source=name)])) == 1
    assert len(cluster([one, article(f"Kestrel lifts full-year outlook | {name}", source="B")])) == 2


def test_the_same_publisher_is_counted_once() -> None:
    again = [article("Kestrel Robotics raises full-year outlook", hours_ago=h, id=str(h)) for h in (3, 2, 1)]
    (story,) = cluster(again)
    assert story.publishers == ("Test Wire",)


TITLE = "Consumer prices rose again last month, office says"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(
            article(TITLE, hours_ago=80, source="A"), article(TITLE, hours_ago=2, source="B"), id="three days later"
        ),
        pytest.param(
            article("Consumer prices without food and energy rose 0.3% in the month of January", source="A"),
            article("Consumer prices without food and energy rose 0.2% in the month of January", source="B"),
            id="one template, other figures",
        ),
        pytest.param(
            article(f"{TITLE} today", symbols=("KSTL",), source="A"),
            article(f"{TITLE} today", symbols=("TDWL",), source="B"),
            id="about other companies",
        ),
        pytest.param(
            article("Press release", source="A"), article("Press release", source="B"), id="a title that says nothing"
        ),
        pytest.param(article("", source="A"), article("", source="B"), id="no title at all"),
    ],
)
def test_two_stories_stay_two(left: Article, right: Article) -> None:
    assert len(cluster([left, right])) == 2


def test_symbols_of_all_outlets_are_the_storys() -> None:
    one = article(TITLE, hours_ago=3, source="A", symbols=("KSTL",))
    two = article(TITLE, hours_ago=2, source="B", symbols=("KSTL", "TDWL"))
    assert cluster([one, two])[0].symbols == ("KSTL", "TDWL")


def test_an_undated_article_counts_from_its_first_sight() -> None:
    dated = article(TITLE, hours_ago=5, source="A")
    undated = article(TITLE, source="B", published=None, first_seen=dated.first_seen - timedelta(hours=1))
    assert cluster([dated, undated])[0].lead == undated


WORDS = st.sampled_from("fed holds rates cuts outlook kestrel tidewell rises falls 3 4".split())
ARTICLES = st.lists(
    st.tuples(st.lists(WORDS, max_size=7).map(" ".join), st.sampled_from("ABC"), st.integers(0, 200)), max_size=12
)


@given(ARTICLES, st.randoms())
def test_every_article_is_in_exactly_one_story_whatever_the_order(
    told: list[tuple[str, str, int]], dice: random.Random
) -> None:
    articles = [article(t, hours_ago=h, source=s, id=str(i)) for i, (t, s, h) in enumerate(told)]
    stories = cluster(articles)
    assert sorted(a.id for s in stories for a in s.articles) == sorted(a.id for a in articles)
    assert all(s.lead.published <= a.published for s in stories for a in s.also_at if s.lead.published and a.published)
    shuffled = dice.sample(articles, len(articles))
    assert cluster(shuffled) == stories
