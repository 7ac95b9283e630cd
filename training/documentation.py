"""Source distributions of packages in, questions about their documentation out.

Two kinds: what a section is about (its heading asks, its first sentence answers) and sentences with a gap (the sentence
asks without a name, a number or a code span of it, and with some of its words gone; what is missing answers).
"""

from __future__ import annotations

import random
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PAGE = re.compile(r"[^/]+/.*\.(rst|md|txt)$", re.I)
NO_PAGE = re.compile(
    r"(requirements|license|copying|authors|contributors|/tests?/|/locale/|changelog|changes|/releases/)", re.I
)
UNDERLINE = re.compile(r"^([^\s.:].{2,70})\n([=\-~^\"'*+#])\2{2,}\s*$", re.M)
HASHES = re.compile(r"^#{1,5} +(.{3,70})$", re.M)
ROLE = re.compile(r":[\w:.+-]+:`~?\.?([^`<]+?)(?:\s*<[^`>]*>)?`")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"(])")
GAP = re.compile(r"``?[^`\n]{2,40}``?|\b\d[\d.,:]*\w*\b|(?<=[a-z,] )[A-Z]\w+(?: [A-Z]\w+)*|\b\w+_\w+\b|--[\w-]+")
WORD = re.compile(r"\S+")
MIN_BYTES, MAX_BYTES = 200, 1_200
ABOUT = (
    "{}",
    "{}?",
    "What does the documentation say about {}?",
    "How does {} work?",
    "What must I know about {}?",
    "How do I use {}?",
    "Explain {}.",
)


class Asked(NamedTuple):
    """A question, the passage that answers, and where in it the answer stands."""

    question: str
    passage: str
    start: int
    end: int


def pages(folder: Path) -> Iterator[tuple[str, str]]:
    """The package and the text of every page in the source distributions of a folder."""
    for path in sorted(folder.glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            for member in archive:
                if member.isfile() and PAGE.match(member.name) and not NO_PAGE.search(member.name):
                    found = archive.extractfile(member)
                    if found is not None and member.size < 400_000:
                        yield path.name.rsplit("-", 1)[0], found.read().decode("utf-8", "replace")


def sections(page: str) -> Iterator[tuple[str, str]]:
    """The heading and the running text of every section of a page."""
    page = ROLE.sub(r"`\1`", page).replace("``", "`")
    heads = sorted([*UNDERLINE.finditer(page), *HASHES.finditer(page)], key=lambda head: head.start())
    ends = [*(head.start() for head in heads[1:]), len(page)]
    for head, end in zip(heads, ends, strict=False):
        yield head.group(1).strip(" #"), page[head.end() : end].strip("\n")


def passages(body: str) -> Iterator[str]:
    """Paragraphs of a section, short ones with those that follow, without directives."""
    own = ""
    for paragraph in re.split(r"\n\s*\n", body):
        if re.match(r"\s*(\.\. |:\w|\||\+-|```|<)", paragraph):
            continue
        own = f"{own}\n\n{paragraph.rstrip()}" if own else paragraph.rstrip()
        if len(own) >= MIN_BYTES:
            yield own[:MAX_BYTES]
            own = ""


def questions(page: str, chance: random.Random) -> Iterator[Asked]:
    """The questions that a page answers."""
    for heading, body in sections(page):
        own = list(passages(body))
        for number, passage in enumerate(own):
            if number == 0 and not passage.startswith((" ", "\t")):
                first = SENTENCE.split(passage, maxsplit=1)[0][:300]
                subject = heading if chance.random() < 0.5 else heading.lower()
                shown = passage if chance.random() < 0.5 else f"# {heading}\n\n{passage}"
                start = shown.index(first)
                yield Asked(chance.choice(ABOUT).format(subject), shown, start, start + len(first))
            yield from gaps(passage, chance)


def gaps(passage: str, chance: random.Random) -> Iterator[Asked]:
    """Up to two sentences of a passage that ask for a part of them."""
    found = [gap for gap in GAP.finditer(passage) if len(gap.group().strip("`")) > 1]
    for gap in chance.sample(found, min(2, len(found))):
        from_ = max((cut.end() for cut in SENTENCE.finditer(passage, 0, gap.start())), default=0)
        behind = SENTENCE.search(passage, gap.end())
        to = behind.start() if behind else len(passage)
        before, after = passage[from_ : gap.start()], passage[gap.end() : to]
        keep = chance.uniform(0.35, 0.8)
        words = [word for word in WORD.findall(f"{before} @@ {after}") if word == "@@" or chance.random() < keep]
        at = words.index("@@")
        words = words[max(0, at - 9) : at + 10]
        if len(words) < 4:
            continue
        asks = "how many" if gap.group()[0].isdigit() and chance.random() < 0.4 else chance.choice(("what", "which"))
        words = [asks if word == "@@" else word for word in words]
        if chance.random() < 0.5:
            words.remove(asks)
            words.insert(0, asks.capitalize())
        raw = gap.group()
        start = gap.start() + (len(raw) - len(raw.lstrip("`")))
        yield Asked(" ".join(words).rstrip(".,;:") + "?", passage, start, start + len(raw.strip("`")))
