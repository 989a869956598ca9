"""Several questions to the same passages of company filings, and questions made of a passage's own sentences.

With the same evidence before it, only the question tells a model which passage is asked for: that is to be learnt.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from assistant.numbers import find_numbers
from assistant.sentences import content_words, sentences
from examples import Example
from examples.filings import FilingQuestion, Passage, filed, holds_answer, nearest

_MOST_ASKED = 7  # of one set of passages
_FUNCTION_WORDS = frozenset(
    """a an the of to in for and or on by with as at from is are was were be been has have had that which this these
    those our we us its it their such not no than other any all also may will would can could under over during between
    into per upon if there they he she his her i""".split()
)
_ABOUT = (
    "What is said about {p}?", "What does the company say about {p}?", "What about {p}?", "{p}?", "Tell me about {p}.",
    "What is reported on {p}?", "What does the filing state on {p}?", "Explain {p}.",
)  # fmt: skip
_AMOUNT = (
    "How much {p}?", "What was the amount of {p}?", "What is the figure for {p}?", "How many {p}?", "What were {p}?",
    "{p} how much",
)  # fmt: skip


def report_examples(
    questions: Sequence[FilingQuestion], passages: Mapping[str, Passage], rng: random.Random, unanswerable: float
) -> Iterator[Example]:
    """Each question at least once, with all others that the passages around it answer, and a share (`unanswerable`) of
    questions about the same reports that they do not."""
    by_gold: dict[str, list[FilingQuestion]] = defaultdict(list)
    for question in questions:
        for gold in question.gold:
            by_gold[gold].append(question)
    waiting = {id(q): q for q in rng.sample(questions, len(questions))}
    while waiting:
        first = next(iter(waiting.values()))
        shown = _around(first, passages, by_gold, waiting, rng)
        ids = {p.id for p in shown}
        answered = [q for g in sorted(ids) for q in by_gold[g] if q is not first and set(q.gold) <= ids]
        answered = [q for q in {id(q): q for q in answered}.values() if not _elsewhere(q, shown)]
        asked = [first, *rng.sample(answered, min(len(answered), _MOST_ASKED - 1))]
        documents = {p.document for p in shown}
        absent = [q for q in questions if q.document in documents and not set(q.gold) & ids]
        absent = [q for q in absent if not _elsewhere(q, shown)]
        asked += rng.sample(absent, min(len(absent), max(1, round(unanswerable * len(asked)))))
        for question in asked:
            waiting.pop(id(question), None)
        yield from _examples(rng.sample(asked, len(asked)), shown, rng)


def _around(
    question: FilingQuestion,
    passages: Mapping[str, Passage],
    by_gold: Mapping[str, Sequence[FilingQuestion]],
    waiting: Mapping[int, FilingQuestion],
    rng: random.Random,
) -> list[Passage]:
    """The question's passage among near ones, such with open questions of their own first, and one of its report."""
    gold = [passages[g] for g in question.gold]
    others = [p for p in passages.values() if p not in gold and not holds_answer(p, question)]
    near = nearest(question.question, others, 12)
    near.sort(key=lambda p: not any(id(q) in waiting for q in by_gold.get(p.id, ())))
    own = [p for p in others if p.document == question.document and p not in near]
    shown = [*gold, *near[: rng.randint(1, 3)], *rng.sample(own, min(len(own), 1))]
    return rng.sample(shown, len(shown))


def _elsewhere(question: FilingQuestion, shown: Sequence[Passage]) -> bool:
    return any(holds_answer(p, question) for p in shown if p.id not in question.gold)


def _examples(asked: Sequence[FilingQuestion], shown: Sequence[Passage], rng: random.Random) -> Iterator[Example]:
    evidence, as_of = filed(shown, rng)
    ids = {p.id for p in shown}
    for question in asked:
        if set(question.gold) <= ids:
            cites = frozenset(n for n, p in enumerate(shown, 1) if p.id in question.gold)
            yield Example("filings", question.document, question.question, question.answers, evidence, as_of, cites)
        else:
            yield Example("unanswerable", question.document, question.question, (), evidence, as_of)


# Questions made of sentences ---------------------------------------------------------------------------------------


def cloze_examples(passages: Mapping[str, Passage], rng: random.Random, count: int) -> Iterator[Example]:
    """About `count` questions that ask for a sentence by some of its words (the inverse cloze task of Lee, Chang and
    Toutanova 2019, "Latent Retrieval"): where the sentence stands is all there is to learn."""
    reports: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages.values():
        if any(map(_plain, sentences(passage.text))):
            reports[passage.document].append(passage)
    usable = [r for r in reports.values() if len(r) > 1]
    made = 0
    while made < count and usable:
        report = rng.choice(usable)
        shown = rng.sample(report, min(len(report), rng.randint(1, 3)))
        others = [p for p in rng.sample(list(passages.values()), min(200, len(passages))) if p not in report]
        shown += nearest(shown[0].text[:200], others, rng.randint(0, 2))
        rng.shuffle(shown)
        examples = _clozes(shown, [p for p in report if p not in shown], rng)
        if any(e.must for e in examples):
            made += len(examples)
            yield from rng.sample(examples, len(examples))


def _clozes(shown: Sequence[Passage], absent: Sequence[Passage], rng: random.Random) -> list[Example]:
    evidence, as_of = filed(shown, rng)
    document = shown[0].document
    words = [content_words(s) for p in shown for s in sentences(p.text)]
    found = [(n, s) for n, p in enumerate(shown, 1) for s in sentences(p.text) if _plain(s)]
    examples = []
    for n, sentence in rng.sample(found, min(len(found), rng.randint(3, 6))):
        question = cloze_question(sentence, rng)
        shared = sorted((len(content_words(question) & w) for w in words), reverse=True)
        if shared[0] > 1 and (len(shared) == 1 or shared[1] < shared[0]):  # else another sentence answers as well
            examples.append(Example("filings", document, question, (sentence,), evidence, as_of, frozenset({n})))
    for passage in absent[:2]:
        question = cloze_question(rng.choice([s for s in sentences(passage.text) if _plain(s)]), rng)
        asked = content_words(question)
        if len(asked) > 1 and max(len(asked & w) for w in words) <= len(asked) / 2 and rng.random() < 0.6:
            examples.append(Example("unanswerable", document, question, (), evidence, as_of))
    return examples


def cloze_question(sentence: str, rng: random.Random) -> str:
    """A question in words of `sentence`: a phrase of it, or its key words; figures are what it leaves out."""
    phrase = _phrase(sentence, rng) if rng.random() < 0.6 else _keywords(sentence, rng)
    figures, years = find_numbers(sentence), re.findall(r"\b(?:19|20)\d\d\b", sentence)
    ways = _AMOUNT if len(figures) > len(years) and rng.random() < 0.6 else _ABOUT
    question = rng.choice(ways).format(p=phrase)
    if years and rng.random() < 0.4:
        question = f"{question.rstrip('?.')} in {rng.choice(years)}?"
    return question[0].upper() + question[1:] if rng.random() < 0.8 else question


def _plain(sentence: str) -> bool:
    """Whether it is a sentence of prose, short enough for an answer."""
    return 7 <= len(sentence.split()) <= 38 and sentence[0].isupper() and sentence[-1] == "." and "|" not in sentence


def _words(sentence: str) -> list[str]:
    return [w for w in re.findall(r"[A-Za-z0-9][\w’'-]*", sentence) if not w[0].isdigit()]


def _phrase(sentence: str, rng: random.Random) -> str:
    words = _words(sentence)
    length = rng.randint(3, 7)
    start = rng.randrange(max(len(words) - length, 1))
    piece = words[start : start + length]
    while piece and piece[0].lower() in _FUNCTION_WORDS:
        piece = piece[1:]
    while piece and piece[-1].lower() in _FUNCTION_WORDS:
        piece = piece[:-1]
    return " ".join(piece) if len(piece) > 1 else _keywords(sentence, rng)


def _keywords(sentence: str, rng: random.Random) -> str:
    words = [w for w in _words(sentence) if w.lower() not in _FUNCTION_WORDS]
    kept = sorted(rng.sample(range(len(words)), min(len(words), max(2, round(len(words) * rng.uniform(0.35, 0.7))))))
    return " ".join(words[i] for i in kept)
