"""Questions over tables, JSON and logs, asked of `retrieve`: how many answers are exact, and what they cost.

    python benches/questions.py CORPUS_FOLDER [--count 500] [--seed 1] [--show]

The folder has `table.jsonl`, `json.jsonl` and `log.jsonl`, a case a line: {"id", "messages" (OpenAI chat)}. Questions
are drawn at random from the rows themselves: how many rows meet a condition, which ones (where at most 40 do), figures
of groups, the first few by a column, and single rows by what only they have; written as pipes or as SQL. The answers
are computed by `question_sources` and plain Python, and compared cell by cell. The cost of an answer is its share of
the tokens of the original, that being what one pays who cannot ask.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from question_sources import Number, Rows, read_case

from headroom import count_tokens
from headroom.errors import QueryError
from headroom.retrieval import retrieve
from headroom.store.memory import MemoryStore

MAX_TOKENS = 4_000
MAX_ROWS = 40
MAX_GROUPS = 30
MAX_CELL = 120
KINDS = ("count", "filter", "group", "top", "look-up")
PLAIN_NUMBER = re.compile(r"[-+]?(0|[1-9]\d{0,2}(,\d{3})+|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,2})?")


@dataclass(frozen=True)
class Question:
    """A query, the number that it is answered with or the cells of its rows, and how many there are in all."""

    kind: str
    query: str
    heading: str
    rows: tuple[tuple[str, ...], ...]


def spelled(cell: Any) -> str:
    """A cell as an answer has it, without quotes."""
    if cell is ...:
        return ""
    return {None: "null", True: "true", False: "false"}[cell] if cell is None or isinstance(cell, bool) else str(cell)


def number_of(cell: Any) -> Decimal | None:
    if isinstance(cell, str) and PLAIN_NUMBER.fullmatch(cell):
        return Decimal(cell.replace(",", ""))
    return None


def is_void(cell: Any) -> bool:
    return cell is ... or cell is None


def is_numeric(cells: Iterable[Any]) -> bool:
    present = [cell for cell in cells if not is_void(cell)]
    return len(present) > 1 and all(number_of(cell) is not None for cell in present)


def written(number: Decimal) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def average(numbers: list[Decimal]) -> str:
    """To three places more than the numbers have, half to even."""
    with localcontext() as context:
        context.prec = 400
        total = sum(numbers, Decimal(0))
        places = max(0, *(-int(number.as_tuple().exponent) for number in numbers)) + 3
        scaled, count = int(total.scaleb(places)), len(numbers)
        quotient, rest = divmod(scaled, count)
        quotient += rest * 2 > count or (rest * 2 == count and quotient % 2 == 1)
        return written(Decimal(quotient).scaleb(-places))


def figure(function: str, cells: list[Any]) -> str:
    numbers = [(number, cell) for cell in cells if (number := number_of(cell)) is not None]
    numbers.sort(key=lambda pair: pair[0])
    if not numbers:
        return ""
    values = [number for number, _ in numbers]
    with localcontext() as context:
        context.prec = 400
        if function == "sum":
            return written(sum(values, Decimal(0)))
        if function == "median" and len(values) % 2 == 0:
            middle = len(values) // 2
            return written((values[middle - 1] + values[middle]) / 2)
    if function == "avg":
        return average(values)
    last = len(numbers) - 1
    rank = {"min": 0, "max": last, "median": last // 2, "p90": -(-90 * len(numbers) // 100) - 1}[function]
    return spelled(numbers[rank][1])


def said(number: int, unit: str) -> str:
    return f"{number:,} {unit if number != 1 else unit.removesuffix('s')}"


class Asker:
    """Draws questions over the rows of one text."""

    def __init__(self, rows: Rows, draw: random.Random) -> None:
        self.rows, self.draw = rows, draw
        self.columns = {name: [row[at] for row in rows.cells] for at, name in enumerate(rows.columns)}
        self.numeric = [name for name, cells in self.columns.items() if is_numeric(cells)]
        self.number_name = "line" if rows.unit == "lines" else "row"
        self.listed = [
            name
            for name, cells in self.columns.items()
            if sum(len(spelled(cell)) for cell in cells) <= MAX_CELL * len(cells) and any(map(spelled, cells))
        ]

    def name(self, column: str) -> str:
        return column if re.fullmatch(r"[A-Za-z_][\w.-]*", column) else f'"{column}"'

    def piped(self, *stages: str) -> str:
        return " | ".join(stage for stage in (self.rows.prefix, *stages) if stage)

    def condition(self, rare: bool = False) -> tuple[str, Callable[[int], bool]]:
        """A condition, and whether it holds of a row."""
        while True:
            column = self.draw.choice(self.rows.columns)
            cells = self.columns[column]
            at = self.draw.randrange(len(cells))
            value = cells[at]
            if isinstance(value, str) and ("\n" in value or "\\" in value or "'" in value or len(value) > 200):
                continue
            test = self.test(column, cells, value, rare)
            if test is not None:
                return test

    def test(self, column: str, cells: list[Any], value: Any, rare: bool) -> tuple[str, Callable[[int], bool]] | None:
        name = self.name(column)
        if is_void(value):
            if value is None and rare:
                return None
            return self.draw.choice(
                [
                    (f"{name} is null", lambda row: is_void(cells[row])),
                    (f"{name} is not null", lambda row: not is_void(cells[row])),
                ]
            )
        if isinstance(value, bool):
            return f"{name} = {spelled(value)}", lambda row: cells[row] is value
        if column in self.numeric:
            return self.numeric_test(name, cells, value)
        if self.draw.random() < 0.35 and not isinstance(value, Number):
            return self.part_test(name, cells, value)
        if self.draw.random() < 0.2:
            sample = self.draw.sample(cells, min(3, len(cells)))
            others = sorted({value, *(cell for cell in sample if type(cell) is str)})
            if all(re.fullmatch(r"[^'\\\n]+", other) for other in others):
                listed = ", ".join(f"'{other}'" for other in others)
                return f"{name} in ({listed})", lambda row: cells[row] in others
        if self.draw.random() < 0.15 and not rare:
            return f"{name} != '{value}'", lambda row: cells[row] != value
        return f"{name} = '{value}'", lambda row: isinstance(cells[row], str) and cells[row] == value

    def numeric_test(self, name: str, cells: list[Any], value: str) -> tuple[str, Callable[[int], bool]]:
        wanted = number_of(value)
        numbers = [number_of(cell) for cell in cells]
        compare: dict[str, Callable[[Decimal], bool]] = {
            "=": lambda own: own == wanted,
            ">": lambda own: own > wanted,
            ">=": lambda own: own >= wanted,
            "<": lambda own: own < wanted,
            "<=": lambda own: own <= wanted,
        }
        sign = self.draw.choice(list(compare))
        bare = value.replace(",", "")
        return f"{name} {sign} {bare}", lambda row: numbers[row] is not None and compare[sign](numbers[row])

    def part_test(self, name: str, cells: list[Any], value: str) -> tuple[str, Callable[[int], bool]] | None:
        words = re.findall(r"[A-Za-z0-9_.:/]{3,}", value)
        if not words:
            return None
        part = self.draw.choice(words)
        texts = [cell if isinstance(cell, str) else "" for cell in cells]
        pattern = re.escape(part).replace("/", r"\/")
        return self.draw.choice(
            [
                (f"{name} contains '{part}'", lambda row: part in texts[row]),
                (f"{name} like '%{part}%'", self.like(texts, part)),
                (f"{name} ~ /{pattern}/", lambda row: part in texts[row]),
                (f"{name} startswith '{value[:6]}'", lambda row: texts[row].startswith(value[:6])),
            ]
        )

    def like(self, texts: list[str], part: str) -> Callable[[int], bool]:
        pattern = re.compile(re.escape(part).replace("_", "."), re.DOTALL)
        return lambda row: pattern.search(texts[row]) is not None

    def conditions(self, rare: bool = False) -> tuple[str, list[int]]:
        """One condition, or two, or one that is negated, and the rows of which it holds."""
        text, holds = self.condition(rare)
        shape = self.draw.random()
        rows = range(len(self.rows.cells))
        if shape < 0.2:
            other, holds_too = self.condition(rare)
            return f"{text} and {other}", [row for row in rows if holds(row) and holds_too(row)]
        if shape < 0.3:
            other, holds_too = self.condition(rare)
            return f"{text} or {other}", [row for row in rows if holds(row) or holds_too(row)]
        if shape < 0.36 and not rare:
            return f"not ({text})", [row for row in rows if not holds(row)]
        return text, [row for row in rows if holds(row)]

    def shown(self, *others: str) -> list[str]:
        names = [name for name in self.listed if name not in others]
        picked = self.draw.sample(names, min(len(names), self.draw.randint(1, 3)))
        return list(dict.fromkeys((*others, *picked)))[:4]

    def row_cells(self, rows: Iterable[int], shown: list[str]) -> tuple[tuple[str, ...], ...]:
        heading = (self.number_name, *shown)
        cells = ((str(self.rows.numbers[row]), *(spelled(self.columns[name][row]) for name in shown)) for row in rows)
        found = tuple(cells)
        return (heading, *found) if found else ()

    def listing(self, shown: list[str]) -> str:
        return ", ".join(map(self.name, shown))

    def count(self) -> Question:
        text, rows = self.conditions()
        total = said(len(self.rows.cells), self.rows.unit)
        forms = [self.piped(f"where {text}", "count"), self.piped(f"count where {text}")]
        forms.append(self.piped(f"select count(*) from t where {text}"))
        return Question("count", self.draw.choice(forms), f"{len(rows):,} of {total}", ())

    def filter(self) -> Question | None:
        text, rows = self.conditions(rare=True)
        if not 0 < len(rows) <= MAX_ROWS or not self.listed:
            return None
        shown = self.shown()
        forms = [self.piped(f"where {text}", f"columns {self.listing(shown)}")]
        forms.append(self.piped(f"select {self.listing(shown)} from t where {text}"))
        heading = f"{len(rows):,} of {said(len(self.rows.cells), self.rows.unit)}"
        return Question("filter", self.draw.choice(forms), heading, self.row_cells(rows, shown))

    def group(self) -> Question | None:
        keys = [name for name, cells in self.columns.items() if 1 < len(set(map(self.key, cells))) <= MAX_GROUPS]
        if not keys:
            return None
        key = self.draw.choice(keys)
        groups: dict[Any, list[int]] = {}
        for row, cell in enumerate(self.columns[key]):
            groups.setdefault(self.key(cell), []).append(row)
        ordered = sorted(groups.values(), key=len, reverse=True)
        figures = [(name, self.draw.choice(["sum", "avg", "min", "max", "median", "p90"])) for name in self.numeric]
        figures = self.draw.sample(figures, min(len(figures), self.draw.randint(0, 2)))
        labels = [f"{function}({self.name(name)})" for name, function in figures]
        asked = ", ".join(["count", *labels])
        forms = [self.piped(f"group by {self.name(key)}: {asked}"), self.piped(f"{asked} by {self.name(key)}")]
        select = ", ".join([self.name(key), "count(*)", *labels])
        forms.append(self.piped(f"select {select} from t group by {self.name(key)}"))
        rows: list[tuple[str, ...]] = [(key, "count", *(f"{function}({name})" for name, function in figures))]
        for own in ordered:
            values = (figure(function, [self.columns[name][row] for row in own]) for name, function in figures)
            rows.append((spelled(self.columns[key][own[0]]), str(len(own)), *values))
        heading = f"{said(len(ordered), 'groups')} of {said(len(self.rows.cells), self.rows.unit)}"
        return Question("group", self.draw.choice(forms), heading, tuple(rows))

    def key(self, cell: Any) -> tuple[str, str]:
        kind = type(cell).__name__ if cell is not ... else "missing"
        return kind, spelled(cell)

    def top(self) -> Question | None:
        if not self.numeric or len(self.rows.cells) < 8:
            return None
        column, take, is_down = self.draw.choice(self.numeric), self.draw.randint(1, 6), self.draw.random() < 0.7
        cells = [number_of(cell) for cell in self.columns[column]]
        present = [row for row, cell in enumerate(cells) if cell is not None]
        ordered = sorted(present, key=lambda row: cells[row], reverse=is_down)
        if is_down:
            # Those that are equal stay in the order of the text.
            ordered = sorted(present, key=lambda row: -cells[row])
        ordered += [row for row, cell in enumerate(cells) if cell is None]
        shown = self.shown(column)
        name = self.name(column)
        way = " desc" if is_down else ""
        forms = [
            self.piped(f"{'top' if is_down else 'bottom'} {take} by {name}", f"columns {self.listing(shown)}"),
            self.piped(f"sort {name}{way}", f"limit {take}", f"columns {self.listing(shown)}"),
            self.piped(f"select {self.listing(shown)} from t order by {name}{way} limit {take}"),
        ]
        heading = f"{take:,} of {said(len(self.rows.cells), self.rows.unit)}"
        return Question("top", self.draw.choice(forms), heading, self.row_cells(ordered[:take], shown))

    def look_up(self) -> Question | None:
        unique = [
            (name, cell, row)
            for name, cells in self.columns.items()
            for counts in [Counter(map(self.key, cells))]
            for row, cell in enumerate(cells)
            if type(cell) is str and counts[self.key(cell)] == 1 and re.fullmatch(r"[^'\\\n]{1,150}", cell)
        ]
        if not unique or not self.listed:
            return None
        name, value, row = self.draw.choice(unique)
        shown = self.shown()
        text = f"{self.name(name)} = '{value}'"
        forms = [self.piped(f"where {text}", f"columns {self.listing(shown)}")]
        forms.append(self.piped(f"select {self.listing(shown)} from t where {text}"))
        heading = f"1 of {said(len(self.rows.cells), self.rows.unit)}"
        return Question("look-up", self.draw.choice(forms), heading, self.row_cells([row], shown))

    def ask(self, kind: str) -> Question | None:
        makers = {"count": self.count, "filter": self.filter, "group": self.group, "top": self.top}
        return makers.get(kind, self.look_up)()


def cells_of(line: str) -> tuple[str, ...]:
    """The cells of a line of an answer: bare, or as JSON."""
    cells, at, decoder = [], 0, json.JSONDecoder(strict=False)
    while True:
        if line[at : at + 1] in ('"', "{", "["):
            value, end = decoder.raw_decode(line, at)
            cells.append(value if isinstance(value, str) else line[at:end])
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            cells.append(line[at:end])
        if end >= len(line):
            return tuple(cells)
        at = end + 1


def answer(key: str, query: str, store: MemoryStore) -> str:
    """All parts of an answer, as one text."""
    text, following = "", query
    while following:
        part = retrieve(key, following, store=store, max_tokens=MAX_TOKENS)
        body = part.text.split("\n", 2)
        text += part.text if not text else "\n" + body[2]
        following = part.next or ""
    return text


def draw_questions(sources: dict[str, Rows], count: int, seed: int) -> list[tuple[str, Question]]:
    """So many questions over all texts in turn, of all kinds in turn."""
    draw = random.Random(seed)
    askers = {name: Asker(rows, draw) for name, rows in sources.items()}
    questions: list[tuple[str, Question]] = []
    while len(questions) < count:
        for name, asker in askers.items():
            kind = KINDS[draw.randrange(len(KINDS))]
            question = next((found for _ in range(30) if (found := asker.ask(kind)) is not None), None)
            if question is not None and len(questions) < count:
                questions.append((name, question))
    return questions


def check(rows: Rows, question: Question, store: MemoryStore) -> tuple[str, str]:
    """The answer, and what is wrong with it: nothing, if it is exact."""
    key = store.key_of(rows.text)
    store.put(key, rows.text, kind="text")
    try:
        found = answer(key, question.query, store)
    except QueryError as error:
        return "", str(error)
    heading, *lines = found.split("\n")
    got = tuple(map(cells_of, lines))
    if heading != question.heading or got != question.rows:
        return found, f"wanted {question.heading!r} {question.rows[:3]!r}, got {heading!r} {got[:3]!r}"
    return found, ""


def read_corpus(folder: Path) -> dict[str, Rows]:
    sources: dict[str, Rows] = {}
    texts: set[str] = set()
    for kind in ("table", "json", "log"):
        for line in (folder / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            text = next(message["content"] for message in case["messages"] if message["role"] == "tool")
            if text not in texts:
                sources[case["id"]] = read_case(case["id"], kind, text)
                texts.add(text)
    return sources


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print every question")
    options = parser.parse_args()
    sources = read_corpus(options.corpus)
    whole = {name: count_tokens(rows.text) for name, rows in sources.items()}
    shares: dict[str, list[float]] = {kind: [] for kind in KINDS}
    tokens, exact, store = [], 0, MemoryStore()
    for name, question in draw_questions(sources, options.count, options.seed):
        found, wrong = check(sources[name], question, store)
        exact += not wrong
        tokens.append(count_tokens(found))
        shares[question.kind].append(tokens[-1] / whole[name])
        if wrong or options.show:
            print(f"{name}: {question.query}\n    {wrong or found}")
    every = [share for own in shares.values() for share in own]
    print(f"{len(every)} questions over {len(sources)} texts: exact {exact / len(every):.1%}")
    print(
        f"tokens an answer: mean {statistics.mean(tokens):.0f}; of those of the original: {statistics.mean(every):.2%}"
    )
    for kind, own in shares.items():
        print(f"  {kind}: {len(own)} questions, {statistics.mean(own):.2%}")
    return 0 if exact == len(every) else 1


if __name__ == "__main__":
    sys.exit(main())
