"""SQuAD and documentation in, the rows that the model learns from out.

    python training/prepare.py OUT --squad SQUAD.json.gz --documentation FOLDER --weights FOLDER

FOLDER of the weights has the `vocab.txt` of all-MiniLM-L6-v2; the one of the documentation source distributions of
packages. OUT gets `vocabulary.txt` (the pieces that are met most), `rows.npz`, and what is kept back: `held.json`, of
SQuAD's training part and of the package CHOSEN_ON, for choosing weights, and `tested.json`, of the package TESTED_ON,
for testing on documentation.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from documentation import pages, questions

from headroom import _core

PIECES = 12_288
CHOSEN_ON = "jinja2"
TESTED_ON = "marshmallow"
HELD_ARTICLES = 20
HELD_ROWS = 1_000
"""The last rows, by which `train.py` says how good the network is."""
DOCUMENTATION_WEIGHT = 3
NEGATIVES = 0.2
BESIDE = 0.35
"""Of how many questions another paragraph of the article is read too, which does not answer."""
UNASKED = 0.15


class Example(NamedTuple):
    """A question, a passage, the answer's characters, and those of the answers to all questions on the passage."""

    question: str
    passage: str
    start: int
    end: int
    spans: Sequence[tuple[int, int]]
    is_documentation: bool


def answers_of(paragraph: dict) -> list[tuple[int, int]]:
    told = [(asked["answers"][0]["answer_start"], len(asked["answers"][0]["text"])) for asked in paragraph["qas"]]
    return [(start, start + length) for start, length in told]


def of_squad(articles: Sequence[dict], chance: random.Random) -> Iterator[Example]:
    """The questions of SQuAD, and some again with a paragraph beside the one that answers."""
    for article in articles:
        for at, paragraph in enumerate(article["paragraphs"]):
            spans = answers_of(paragraph)
            for asked, (start, end) in zip(paragraph["qas"], spans, strict=True):
                yield Example(asked["question"], paragraph["context"], start, end, spans, False)
                other = chance.randrange(len(article["paragraphs"]))
                if other != at and chance.random() < BESIDE:
                    beside = article["paragraphs"][other]
                    yield Example(asked["question"], beside["context"], -1, -1, answers_of(beside), False)


def of_documentation(texts: Sequence[str], seed: int) -> Iterator[Example]:
    chance = random.Random(seed)
    for text in texts:
        for own in questions(text, chance):
            yield Example(own.question, own.passage, own.start, own.end, [(own.start, own.end)], True)


def cut_vocabulary(full: str, examples: Sequence[Example]) -> str:
    """The pieces that are met most, those of documentation counted more often, with every one of a single letter."""
    pieces = full.splitlines()
    vocabulary = _core.ProseVocabulary(full)
    counts: Counter[int] = Counter()
    seen: set[str] = set()
    for example in examples:
        texts = [example.question] if example.passage in seen else [example.question, example.passage]
        seen.add(example.passage)
        for text in texts:
            for _, _, ids, _, _ in _core.ProseWindows([text], "", vocabulary).batches():
                weight = DOCUMENTATION_WEIGHT if example.is_documentation else 1
                numbers, own = np.unique(np.frombuffer(ids, np.int32), return_counts=True)
                counts.update(dict(zip(numbers.tolist(), (own * weight).tolist(), strict=True)))
    must = [at for at, piece in enumerate(pieces) if piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")]
    must += [at for at, piece in enumerate(pieces) if len(piece.removeprefix("##")) == 1 and piece.isascii()]
    most = [at for at, _ in counts.most_common() if at not in set(must)]
    return "".join(f"{pieces[at]}\n" for at in sorted([*must, *most[: PIECES - len(must)]]))


def rows_of(
    example: Example, vocabulary: _core.ProseVocabulary, chance: random.Random
) -> Iterator[tuple[np.ndarray, ...]]:
    """The numbers of pieces, shapes and matches of windows, and for each piece what it is, -1 where it is no text."""
    is_asked = chance.random() >= UNASKED
    windows = _core.ProseWindows([example.passage], example.question if is_asked else "", vocabulary)
    spans = [(example.start, example.end)] if is_asked else example.spans
    places = np.frombuffer(windows.places(), np.int32).reshape(-1, 3)
    start, end, unit = places.T
    is_text = unit >= 0
    within = lambda spans: np.any([(start < to) & (end > from_) for from_, to in spans], axis=0) & is_text  # noqa: E731
    answer, overlap = within(spans), within(example.spans)
    sentence = np.isin(unit, np.unique(unit[answer])) & is_text
    labels = np.where(is_text, answer + 2 * overlap + 4 * sentence, -1).astype(np.int8)
    at = 0
    for count, length, *numbers in windows.batches():
        own = [np.frombuffer(each, np.int32).reshape(count, length) for each in numbers]
        for row in range(count):
            used = int((own[0][row] != 0).sum())
            told = labels[at + row * length : at + row * length + used]
            if (told > 0).any() or chance.random() < NEGATIVES:
                yield (*(each[row, :used] for each in own), told)
        at += count * length


def main() -> None:
    """Writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--squad", type=Path, required=True)
    parser.add_argument("--documentation", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--most", type=int, default=1_000_000, help="examples of either kind")
    arguments = parser.parse_args()
    chance = random.Random(0)
    articles = json.loads(gzip.decompress(arguments.squad.read_bytes()))["data"]
    articles.sort(key=lambda article: article["title"])
    chance.shuffle(articles)
    found = list(pages(arguments.documentation))
    kept_back = {
        package: [own._asdict() for own in of_documentation([text for name, text in found if name == package], 1)]
        for package in (CHOSEN_ON, TESTED_ON)
    }
    held = {"squad": articles[-HELD_ARTICLES:], "documentation": kept_back[CHOSEN_ON]}
    squad = list(of_squad(articles[:-HELD_ARTICLES], random.Random(2)))
    documentation = list(of_documentation([text for name, text in found if name not in kept_back], 0))
    chance.shuffle(squad)
    chance.shuffle(documentation)
    examples = squad[: arguments.most] + documentation[: arguments.most]
    chance.shuffle(examples)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "held.json").write_text(json.dumps(held))
    (arguments.out / "tested.json").write_text(json.dumps({"documentation": kept_back[TESTED_ON]}))
    cut = cut_vocabulary((arguments.weights / "vocab.txt").read_text(encoding="utf-8"), examples)
    (arguments.out / "vocabulary.txt").write_text(cut, encoding="utf-8")
    vocabulary = _core.ProseVocabulary(cut)
    rows = [row for example in examples for row in rows_of(example, vocabulary, chance)]
    # What is kept back while it learns is of other articles: those that it learns from it knows by heart.
    others = list(of_squad(articles[-HELD_ARTICLES:], random.Random(3)))
    chance.shuffle(others)
    rows += [row for example in others[:HELD_ROWS] for row in rows_of(example, vocabulary, chance)][:HELD_ROWS]
    lengths = np.array([len(row[0]) for row in rows], np.int32)
    kinds = (np.int16, np.int8, np.int8, np.int8)
    flat = [np.concatenate([row[at] for row in rows]).astype(kind) for at, kind in enumerate(kinds)]
    np.savez(arguments.out / "rows.npz", lengths=lengths, ids=flat[0], shapes=flat[1], matches=flat[2], labels=flat[3])
    print(f"{len(squad):,} questions of SQuAD, {len(documentation):,} of documentation")
    print(f"{len(rows):,} rows, {lengths.sum():,} pieces")


if __name__ == "__main__":
    main()
