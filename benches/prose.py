"""How often the answer to a question survives extraction at equal tokens: ours beside plain ways of choosing.

    python benches/prose.py SQUAD.json [--titles odd|even|all] [--questions 1500] [--samples 1000]
        [--documentation tested.json] [--model FOLDER]

SQUAD.json is a file in SQuAD's format, tested.json what `training/prepare.py` kept back of documentation. An answer
survives when it stands, as one string, in a stretch that is kept; `any` counts, as SQuAD's own score does, what any of
its annotators answered, the rest what the first did. Budgets are shares of the o200k tokens of the
passages: of the one paragraph that answers, and of it among four others of its article. Titles are sorted; those at odd
places are the ones that the weights by which words count were not chosen on.

Without a question, all answers of a paragraph are looked for in what is kept of it (`unasked`), and so are its
negations and modal verbs, each with the word behind it: `lost` counts those that do not survive.

Ours is with the model, which needs the extra `ml`; `by_words` is ours without. Beside them: BM25 over whole sentences,
TextRank, words that are no stop words, the first words, and random words. Behind each figure stands, in points, by how
much ours is better, with the interval that 95 % of paired bootstrap samples are in.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from headroom import _core
from headroom.prose_model._loaded import Model, loaded

BUDGETS = {
    "one paragraph": (0.33, 0.2, 0.1),
    "five paragraphs": (0.2, 0.1, 0.05),
    "documentation": (0.33, 0.2, 0.1),
}
UNASKED_BUDGETS = {"unasked": (0.7, 0.5), "unasked documentation": (0.7,)}
SQUAD = ("one paragraph", "five paragraphs", "unasked")
SENSE = re.compile(
    r"\b(?:not|no|never|none|nor|neither|nobody|nothing|nowhere|without|cannot|can|could|may|might|must|shall|should|will"
    r"|would|\w+n['\u2019]t)(?:\s+[\w'\u2019-]+)?(?![\w'\u2019-])",
    re.IGNORECASE,
)
WORD = re.compile(r"\w+|[^\w\s]")
SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[A-Z0-9\"'(\[])")
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "more",
        "most",
        "no",
        "not",
        "of",
        "on",
        "one",
        "or",
        "she",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
    ]
)

Stretch = tuple[int, int, int]
"""The number of a passage, and the characters from and to."""

System = Callable[["Case", int], list[Stretch]]
"""Keeps some stretches within a budget of tokens."""


class Case(NamedTuple):
    """A question, the passages, which of them answers, the answer, and what others answered."""

    question: str
    passages: Sequence[str]
    answering: int
    answer: str
    others: tuple[str, ...] = ()


def tokens(text: str) -> int:
    """Tokens of a text in o200k."""
    return _core.count_tokens(text)


def sentences(passages: Sequence[str]) -> list[Stretch]:
    """Every sentence of some passages, by a plain rule."""
    found = []
    for number, passage in enumerate(passages):
        start = 0
        for end in [*(each.end() for each in SENTENCE.finditer(passage)), len(passage)]:
            found.append((number, start, end))
            start = end
    return found


def taken(case: Case, budget: int, order: Sequence[Stretch]) -> list[Stretch]:
    """The first stretches of an order that fit into a budget."""
    kept = []
    for number, start, end in order:
        cost = tokens(case.passages[number][start:end])
        if cost <= budget:
            kept.append((number, start, end))
            budget -= cost
    return kept


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without stop words."""
    return [word for word in map(str.lower, WORD.findall(text)) if word[0].isalnum() and word not in STOP_WORDS]


def with_model(model: Model) -> System:
    """What the core keeps where a model has read, all of it."""
    guesses: dict[Case, _core.ProseGuess] = {}

    def ours(case: Case, budget: int) -> list[Stretch]:
        if case not in guesses:
            windows = _core.ProseWindows(list(case.passages), case.question, model.vocabulary)
            guesses[case] = model.guess(windows)
        return _core.prose_extract(list(case.passages), case.question, budget, guesses[case])

    return ours


def by_words(case: Case, budget: int) -> list[Stretch]:
    """What the core keeps without a model."""
    return _core.prose_extract(list(case.passages), case.question, budget)


def bm25(case: Case, budget: int) -> list[Stretch]:
    """Whole sentences by BM25 (Robertson and Zaragoza, 2009; k1 = 1.2, b = 0.75)."""
    units = sentences(case.passages)
    counts = [Counter(words_of(case.passages[number][start:end])) for number, start, end in units]
    frequency = Counter(word for count in counts for word in count)
    mean = sum(map(Counter.total, counts)) / len(counts) or 1

    def score(count: Counter[str]) -> float:
        total = 0.0
        for word in set(words_of(case.question)) & count.keys():
            rarity = math.log(1 + (len(counts) - frequency[word] + 0.5) / (frequency[word] + 0.5))
            total += rarity * count[word] * 2.2 / (count[word] + 1.2 * (0.25 + 0.75 * count.total() / mean))
        return total

    order = sorted(range(len(units)), key=lambda at: -score(counts[at]))
    return taken(case, budget, [units[at] for at in order])


def text_rank(case: Case, budget: int) -> list[Stretch]:
    """Whole sentences by TextRank (Mihalcea and Tarau, 2004): it does not know the question."""
    units = sentences(case.passages)
    words = [set(words_of(case.passages[number][start:end])) for number, start, end in units]
    links = [
        [
            len(own & other) / (math.log(len(own) + 1) + math.log(len(other) + 1) or 1) if own is not other else 0.0
            for other in words
        ]
        for own in words
    ]
    sums = [sum(row) or 1.0 for row in links]
    ranks = [1.0] * len(units)
    for _ in range(20):
        ranks = [
            0.15 + 0.85 * sum(links[j][i] / sums[j] * ranks[j] for j in range(len(units))) for i in range(len(units))
        ]
    order = sorted(range(len(units)), key=lambda at: -ranks[at])
    return taken(case, budget, [units[at] for at in order])


def words(case: Case) -> list[Stretch]:
    """Every word of the passages with the white space before it."""
    found = []
    for number, passage in enumerate(case.passages):
        start = 0
        for each in WORD.finditer(passage):
            found.append((number, start, each.end()))
            start = each.end()
    return found


def without_stop_words(case: Case, budget: int) -> list[Stretch]:
    """The words that are no stop words, from the beginning."""
    own = [each for each in words(case) if case.passages[each[0]][each[1] : each[2]].strip().lower() not in STOP_WORDS]
    return first_of(case, budget, own)


def first_words(case: Case, budget: int) -> list[Stretch]:
    """The first words of every passage, of each as large a share."""
    share = budget / max(1, sum(map(tokens, case.passages)))
    own = words(case)
    kept = []
    for number, passage in enumerate(case.passages):
        kept += first_of(case, int(share * tokens(passage)), [each for each in own if each[0] == number])
    return kept


def random_words(case: Case, budget: int) -> list[Stretch]:
    """Words at random."""
    own = words(case)
    random.Random(case.question).shuffle(own)
    return first_of(case, budget, own)


def first_of(case: Case, budget: int, order: Sequence[Stretch]) -> list[Stretch]:
    """The first words of an order, until the budget is used up."""
    kept = []
    for number, start, end in order:
        budget -= tokens(case.passages[number][start:end])
        if budget < 0:
            break
        kept.append((number, start, end))
    return kept


SYSTEMS: tuple[System, ...] = (
    by_words,
    bm25,
    text_rank,
    without_stop_words,
    first_words,
    random_words,
)


def merged(kept: Sequence[Stretch], passage: int) -> list[list[int]]:
    """The characters from and to of what is kept of a passage, those that touch as one."""
    found: list[list[int]] = []
    for _, start, end in sorted(each for each in kept if each[0] == passage):
        if found and start <= found[-1][1]:
            found[-1][1] = max(end, found[-1][1])
        else:
            found.append([start, end])
    return found


def survives(case: Case, kept: Sequence[Stretch]) -> bool:
    """Whether the answer stands in what is kept of the passage that answers."""
    passage = case.passages[case.answering]
    return any(case.answer in passage[start:end] for start, end in merged(kept, case.answering))


def any_survives(case: Case, kept: Sequence[Stretch]) -> bool:
    """Whether what anybody answered stands in what is kept."""
    return any(survives(case._replace(answer=answer), kept) for answer in (case.answer, *case.others))


def lost_senses(case: Case, kept: Sequence[Stretch]) -> int:
    """How many negations and modal verbs, with the word behind, are not kept as they stand."""
    shown = merged(kept, case.answering)
    places = SENSE.finditer(case.passages[case.answering])
    return sum(not any(start <= each.start() and each.end() <= end for start, end in shown) for each in places)


def read_cases(path: Path, titles: str, most: int) -> dict[str, list[Case]]:
    """Cases of both settings, the same questions in both."""
    articles = sorted(json.loads(path.read_text(encoding="utf-8"))["data"], key=lambda article: article["title"])
    chosen = {"all": articles, "even": articles[0::2], "odd": articles[1::2]}[titles]
    cases: dict[str, list[Case]] = {"one paragraph": [], "five paragraphs": []}
    questions = [
        (article["paragraphs"], at, asked)
        for article in chosen
        for at, own in enumerate(article["paragraphs"])
        for asked in own["qas"]
    ]
    chance = random.Random(0)
    for paragraphs, at, asked in chance.sample(questions, min(most, len(questions))):
        own, (answer, *more) = paragraphs[at]["context"], [each["text"] for each in asked["answers"]]
        told = tuple(dict.fromkeys(more))
        others = [each["context"] for number, each in enumerate(paragraphs) if number != at]
        passages = [own, *chance.sample(others, min(4, len(others)))]
        chance.shuffle(passages)
        cases["one paragraph"].append(Case(asked["question"], (own,), 0, answer, told))
        cases["five paragraphs"].append(Case(asked["question"], tuple(passages), passages.index(own), answer, told))
    return cases


def read_documentation(path: Path, most: int) -> list[Case]:
    """Questions about documentation that the model has not seen."""
    told = json.loads(path.read_text(encoding="utf-8"))["documentation"]
    chosen = random.Random(0).sample(told, min(most, len(told)))
    return [Case(own["question"], (own["passage"],), 0, own["passage"][own["start"] : own["end"]]) for own in chosen]


def unasked(cases: Sequence[Case]) -> list[Case]:
    """The same answers, once each in their passages, asked for by nobody."""
    told: dict[Case, dict[str, None]] = {}
    for case in cases:
        once = Case("", (case.passages[case.answering],), 0, case.answer)
        told.setdefault(once, {}).update(dict.fromkeys(case.others))
    return [case._replace(others=tuple(others)) for case, others in told.items()]


def read_unasked(path: Path, titles: str, most: int) -> list[Case]:
    """All answers of some paragraphs, about as many as questions are taken elsewhere."""
    every = read_cases(path, titles, sys.maxsize)["one paragraph"]
    passages = list(dict.fromkeys(case.passages for case in every))
    chosen = set(random.Random(0).sample(passages, min(len(passages), max(1, most * len(passages) // len(every)))))
    return unasked([case for case in every if case.passages in chosen])


def interval(left: Sequence[bool], right: Sequence[bool], samples: int) -> tuple[float, float]:
    """The middle 95 % of the differences, in points, between two systems on resampled cases."""
    differences = [100.0 * (one - other) for one, other in zip(left, right, strict=True)]
    chance = random.Random(1)
    means = sorted(sum(chance.choices(differences, k=len(differences))) / len(differences) for _ in range(samples))
    return means[int(0.025 * samples)], means[int(0.975 * samples)]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("squad", type=Path)
    parser.add_argument("--titles", choices=["odd", "even", "all"], default="odd")
    parser.add_argument("--questions", type=int, default=1500)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--documentation", type=Path)
    parser.add_argument("--model", default="", help="the folder of another model than the one that is shipped")
    arguments = parser.parse_args()
    systems = (with_model(loaded(arguments.model)), *SYSTEMS)
    settings = read_cases(arguments.squad, arguments.titles, arguments.questions)
    settings["unasked"] = read_unasked(arguments.squad, arguments.titles, arguments.questions)
    if arguments.documentation:
        settings["documentation"] = read_documentation(arguments.documentation, arguments.questions)
        settings["unasked documentation"] = unasked(settings["documentation"])
    for setting, cases in settings.items():
        print(f"{setting}, {len(cases)} answers: those that survive, %; ours minus it, with its 95 % interval")
        is_asked = setting in BUDGETS
        # BM25 ranks by the question alone.
        tried = systems if is_asked else [system for system in systems if system is not bm25]
        for share in BUDGETS[setting] if is_asked else UNASKED_BUDGETS[setting]:
            budgets = [int(share * sum(map(tokens, case.passages))) for case in cases]
            results: dict[str, list[bool]] = {}
            anybody: dict[str, float] = {}
            lost: dict[str, str] = {}
            for system in tried:
                kept = [system(case, budget) for case, budget in zip(cases, budgets, strict=True)]
                results[system.__name__] = [survives(case, own) for case, own in zip(cases, kept, strict=True)]
                told = [any_survives(case, own) for case, own in zip(cases, kept, strict=True)]
                anybody[system.__name__] = 100 * sum(told) / len(told)
                once = {case.passages: lost_senses(case, own) for case, own in zip(cases, kept, strict=True)}
                lost[system.__name__] = "" if is_asked else f"  lost {sum(once.values())}"
            for name, own in results.items():
                low, high = interval(results["ours"], own, arguments.samples)
                difference = 100 * (sum(results["ours"]) - sum(own)) / len(own)
                rate = 100 * sum(own) / len(own)
                also = f"{anybody[name]:6.1f} any" if setting in SQUAD else ""
                ours = f"{difference:+6.1f} [{low:+.1f}, {high:+.1f}]"
                print(f"  {share:4.0%}  {name:20}{rate:6.1f}{also}  {ours}{lost[name]}")


if __name__ == "__main__":
    main()
