"""The figures of README.md: tokens saved, facts kept and time taken on recorded tool outputs.

    python benches/figures.py CASES.jsonl ... [--against NAME=PYTHON] [--write]

A case is one JSON object a line: {"id", "messages" (OpenAI chat), "needles": [{"text"}]}; its needles are literals that
an agent needs to answer the user's question. `--against` runs another Python, in whose environment another
implementation of `headroom.compress` is installed, on the same cases in turn, beside the default level; the lossless
level is measured alone. `--write` puts the table into README.md.

saved: share of all tokens; intact: share of cases of which no needle was lost; net: mean share saved when a case that
lost a needle pays for its whole original on top; µs: first sight of a text, per 1,000 tokens; random: share of cases
left intact when lines are deleted at random down to the same number of tokens. Tokens are o200k tokens, counted by
Headroom.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from headroom import count_tokens

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

WORKER = """
import json, logging, os, sys, tempfile, time
folder = tempfile.TemporaryDirectory()  # in a store that has seen a case, it stays what it first became
os.environ["HEADROOM_STORE_PATH"] = f"{folder.name}/originals.db"
logging.disable(logging.CRITICAL)
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
from headroom import compress
level = {"level": sys.argv[1]} if len(sys.argv) > 1 else {}
small = json.dumps([{"a": 1}] * 60)
warm = [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "w", "content": small}]
for _ in range(3):
    compress(warm, model="gpt-4o")
for line in sys.stdin:
    messages = json.loads(line)
    start = time.perf_counter()
    result = compress(messages, model="gpt-4o", **level)
    answers.write(json.dumps([time.perf_counter() - start, result.messages]) + "\\n")
"""


class Measured(NamedTuple):
    """One case, compressed by one system."""

    before: int
    after: int
    intact: bool
    random_intact: bool
    seconds: float


def texts(content: Any) -> Iterator[str]:
    """Every text of a message's content that a model would read."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for block in content:
            yield from texts(block.get("text") or block.get("content"))


def visible(messages: list[dict[str, Any]]) -> str:
    """All that a model would read."""
    calls = (call["function"]["arguments"] for message in messages for call in message.get("tool_calls") or [])
    return "\n".join([*(text for message in messages for text in texts(message.get("content"))), *calls])


def bare(text: str) -> str:
    """The text without what JSON adds around a literal."""
    return text.translate({ord(character): None for character in '"\\ \t\n'})


def holds(text: str, needles: list[str]) -> bool:
    """Whether every needle can be read in the text."""
    stripped = bare(text)
    return all(needle in text or bare(needle) in stripped for needle in needles)


def thinned(text: str, share: float, seed: str) -> str:
    """The text with lines, or words where there are few lines, deleted at random."""
    separator = "\n" if text.count("\n") > 20 else " "
    chance = random.Random(seed)
    return separator.join(part for part in text.split(separator) if chance.random() < share)


def measure(cases: list[dict[str, Any]], pythons: dict[str, str], level: str | None) -> dict[str, list[Measured]]:
    """Every case through every system, in turn, so that all meet the same noise."""
    command = ["-c", WORKER, *([level] if level else [])]
    workers = {
        name: subprocess.Popen([python, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name, python in pythons.items()
    }
    results: dict[str, list[Measured]] = {name: [] for name in workers}
    for case in cases:
        original = visible(case["messages"])
        before, needles = count_tokens(original), [needle["text"] for needle in case["needles"]]
        for name, worker in workers.items():
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(json.dumps(case["messages"]) + "\n")
            worker.stdin.flush()
            seconds, messages = json.loads(worker.stdout.readline())
            text = visible(messages)
            after = count_tokens(text)
            thin = thinned(original, after / max(1, before), case["id"])
            results[name].append(Measured(before, after, holds(text, needles), holds(thin, needles), seconds))
    for worker in workers.values():
        worker.communicate()
    return results


def row(kind: str, name: str, measured: list[Measured]) -> str:
    """One line of the table."""
    before, after = sum(each.before for each in measured), sum(each.after for each in measured)
    net = statistics.mean(1 - (each.after + (0 if each.intact else each.before)) / each.before for each in measured)
    figures = [
        f"{100 * (1 - after / before):.1f}",
        f"{100 * statistics.mean(each.intact for each in measured):.1f}",
        f"{100 * net:.1f}",
        f"{1e9 * sum(each.seconds for each in measured) / before:,.0f}",
        f"{100 * statistics.mean(each.random_intact for each in measured):.0f}",
    ]
    return "| " + " | ".join([kind, name, str(len(measured)), *figures]) + " |"


def main() -> None:
    """Measures, prints the table, and writes it into README.md if asked to."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("cases", nargs="+", type=Path)
    arguments.add_argument("--against", action="append", default=[], metavar="NAME=PYTHON")
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    pythons = {"Headroom": sys.executable} | dict(each.split("=", 1) for each in options.against)
    lines = [
        "| kind | system | cases | saved % | intact % | net % | µs / 1,000 tokens | random deletion intact % |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for path in options.cases:
        cases = [json.loads(line) for line in path.read_text().splitlines()]
        lines += [row(path.stem, name, each) for name, each in measure(cases, pythons, None).items()]
        lossless = measure(cases, {"Headroom, lossless": sys.executable}, "lossless")
        lines += [row(path.stem, name, each) for name, each in lossless.items()]
    print("\n".join(lines))
    if options.write:
        readme = ROOT / "README.md"
        head, rest = readme.read_text().split(BEGIN)
        readme.write_text(f"{head}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
