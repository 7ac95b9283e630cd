"""What a conversation costs at a provider that caches prompts, with and without compression.

    python benches/bill.py CASES.jsonl ... [--against NAME=PYTHON] [--model NAME] [--max-tokens N] [--each]

A case is one JSON object a line: {"id", "messages" (OpenAI chat)}. Each is replayed turn by turn: a request for every
answer of the assistant, made of all that stands before it. `--against` runs another Python, in whose environment
another implementation of `headroom.compress` is installed, on the same requests. `--max-tokens` gives Headroom a
budget.

The bill counts input alone, in units of one uncached input token: 0.1 for a token read from the cache, 1.25 for one
written to it, 1 where the request is too small to be cached (under 1,024 tokens). The cache is Anthropic's
(https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching): a breakpoint at the end of the system prompt and
one at the request's last block; what matches an entry written at most 20 blocks before a breakpoint is read, all after
it is written. A block is a text of a message or a tool call. Entries do not expire.

"at or below": share of the conversations whose bill is no higher than without compression; "worst": the highest bill
beside it; "sum": all bills beside all without. The row "with its tool" adds the retrieve tool's definition to every
request. Tokens are o200k tokens, counted by Headroom.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from headroom import count_tokens, retrieve_tool

READ, WRITE, INPUT = 0.1, 1.25, 1.0
LOOK_BACK_BLOCKS = 20
LEAST_CACHED_TOKENS = 1_024

WORKER = """
import json, logging, os, sys
logging.disable(logging.CRITICAL)
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
from headroom import compress
options = json.loads(sys.argv[1])
for line in sys.stdin:
    answers.write(json.dumps(compress(json.loads(line), **options).messages) + "\\n")
"""


class Block(NamedTuple):
    """A part of a request that the cache knows as a whole."""

    text: str
    tokens: int
    is_system: bool


Compress = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@cache
def tokens_of(text: str) -> int:
    """Tokens of a block; the same ones come again on every turn."""
    return count_tokens(text)


def blocks_of(messages: list[dict[str, Any]], tool: str = "") -> Iterator[Block]:
    """The blocks of a request, in order: tools come before messages."""
    if tool:
        yield Block(tool, tokens_of(tool), True)
    for message in messages:
        is_system = message["role"] in ("system", "developer")
        content = message.get("content") or []
        parts = [content] if isinstance(content, str) else [json.dumps(part) for part in content]
        calls = [json.dumps(call) for call in message.get("tool_calls") or []]
        for text in [*parts, *calls]:
            yield Block(f"{message['role']}\n{text}", tokens_of(text), is_system)


def bill_of(requests: Iterator[list[Block]]) -> float:
    """The price of a conversation's requests, in uncached input tokens."""
    entries: set[bytes] = set()
    return sum(_priced(blocks, entries) for blocks in requests)


def _priced(blocks: list[Block], entries: set[bytes]) -> float:
    chain, prefixes, sums = blake2b(digest_size=16), [], []
    total = 0
    for block in blocks:
        chain.update(f"{len(block.text)}\n{block.text}".encode("utf-8", "replace"))
        total += block.tokens
        prefixes.append(chain.digest())
        sums.append(total)
    systems = sum(block.is_system for block in blocks)
    breakpoints = {len(blocks) - 1, systems - 1} - {-1}
    cached = 0
    for end in breakpoints:
        found = (at for at in range(end, max(-1, end - LOOK_BACK_BLOCKS), -1) if prefixes[at] in entries)
        cached = max(cached, *(sums[at] for at in found), 0)
    if total < LEAST_CACHED_TOKENS:
        return total * INPUT
    entries.update(prefixes[end] for end in breakpoints if sums[end] >= LEAST_CACHED_TOKENS)
    return cached * READ + (total - cached) * WRITE


def requests_of(messages: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """What stood before each answer of the assistant."""
    for index, message in enumerate(messages):
        if message["role"] == "assistant" and index:
            yield messages[:index]


def worker(python: str, options: dict[str, Any]) -> tuple[subprocess.Popen[str], Compress]:
    """Another process that compresses one request at a time."""
    process = subprocess.Popen(
        [python, "-c", WORKER, json.dumps(options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def compress(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(messages) + "\n")
        process.stdin.flush()
        answer: list[dict[str, Any]] = json.loads(process.stdout.readline())
        return answer

    return process, compress


def row(name: str, bills: list[float], plain: list[float]) -> str:
    """One line of the table."""
    shares = [own / other for own, other in zip(bills, plain, strict=True)]
    within = sum(share <= 1.0 for share in shares) / len(shares)
    return f"| {name} | {len(bills)} | {within:.1%} | {max(shares) - 1:+.2%} | {sum(bills) / sum(plain) - 1:+.2%} |"


def main() -> None:
    """Replays all conversations through every system and prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("cases", nargs="+", type=Path)
    arguments.add_argument("--against", action="append", default=[], metavar="NAME=PYTHON")
    arguments.add_argument("--max-tokens", type=int)
    arguments.add_argument("--model", default="claude-sonnet-4-5", help="the model whose prices the bill has")
    arguments.add_argument("--each", action="store_true", help="a line for each conversation too")
    options = arguments.parse_args()
    model = {"model": options.model}
    own = model | ({"max_tokens": options.max_tokens} if options.max_tokens else {})
    workers = {"Headroom": worker(sys.executable, own)}
    workers |= {name: worker(python, model) for name, python in (each.split("=", 1) for each in options.against)}
    tool = json.dumps(retrieve_tool("openai"))
    bills: dict[str, list[float]] = {name: [] for name in ("uncompressed", "Headroom, with its tool", *workers)}
    for path in options.cases:
        for line in path.read_text().splitlines():
            case = json.loads(line)
            requests = list(requests_of(case["messages"]))
            bills["uncompressed"].append(bill_of(list(blocks_of(each)) for each in requests))
            for name, (_, compress) in workers.items():
                sent = [compress(each) for each in requests]
                bills[name].append(bill_of(list(blocks_of(each)) for each in sent))
                if name == "Headroom":
                    with_tool = bill_of(list(blocks_of(each, tool)) for each in sent)
                    bills["Headroom, with its tool"].append(with_tool)
            if options.each:
                print(case["id"], len(requests), *(f"{name}={each[-1]:,.0f}" for name, each in bills.items()))
    for process, _ in workers.values():
        process.communicate()
    print("| system | conversations | at or below | worst | sum |\n|---|---:|---:|---:|---:|")
    plain = bills.pop("uncompressed")
    print("\n".join(row(name, each, plain) for name, each in bills.items()))


if __name__ == "__main__":
    main()
