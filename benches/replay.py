"""Replays recorded conversations turn by turn and counts the turns whose prefix went out as it had been sent before.

    python benches/replay.py CONVERSATIONS.jsonl
    python benches/replay.py --turns

CONVERSATIONS.jsonl has OpenAI chat messages, which are replayed in all four wire shapes:

- `restart`: nothing is remembered between two turns but the store;
- `settings`: the same, and every turn has another level, ratio, question, minimum and retrieval;
- `two processes`: two processes take turns on one store.

`--turns` measures a conversation of 1 MB that grows by one result in each of 60 turns: milliseconds in `compress()` in
which the whole of it is sent again, and microseconds for each KB at turn 10 and turn 60, median of several runs. Each
turn's messages are parsed anew, as a proxy's are.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from wire_shapes import SHAPES, Messages, recorded, requests

from headroom import compress
from headroom.memo import forget_everything
from headroom.store.sqlite import SqliteStore

VARIED: list[dict[str, Any]] = [
    {},
    {"level": "lossless"},
    {"level": "deep", "query": "what went wrong?"},
    {"target_ratio": 0.1},
    {"settings": {"min_tokens": 0, "smart_crusher.min_lossy_tokens": 100}},
    {"model": "claude-sonnet-4-5"},
]


def dumped(messages: list[Any]) -> list[str]:
    """Each message as it would be sent."""
    return [json.dumps(message, ensure_ascii=False) for message in messages]


class Stability:
    """Turns seen, and those whose prefix had changed."""

    def __init__(self) -> None:
        self.turns = self.broken = 0

    def see(self, before: list[str], after: list[str]) -> list[str]:
        """Compares what is sent with what was sent last."""
        self.turns += 1
        self.broken += after[: len(before)] != before
        return after


def in_one_process(messages: Messages, provider: str, stability: Stability, varied: bool) -> None:
    """A restart between any two turns: a new connection to the store, and no memory."""
    with tempfile.TemporaryDirectory() as folder:
        sent: list[str] = []
        for turn, length in enumerate(requests_of(messages, provider)):
            forget_everything()
            store = SqliteStore(f"{folder}/store.db")
            options = VARIED[turn % len(VARIED)] if varied else {}
            result = compress(messages[:length], provider=provider, store=store, **options)
            sent = stability.see(sent, dumped(result.messages or []))
            store.close()


def requests_of(messages: Messages, provider: str) -> list[int]:
    """The lengths of the requests of a conversation in any shape: whenever an answer of the model follows."""
    if provider == "openai_chat":
        return requests(messages)
    model = {"assistant", "model"}
    is_model = [message.get("role") in model or message.get("type") == "function_call" for message in messages]
    starts = [index for index in range(1, len(messages)) if is_model[index] and not is_model[index - 1]]
    return [*starts, len(messages)]


def work() -> None:
    """What each of two processes does: requests in, what would be sent out, a line each."""
    store = SqliteStore(sys.argv[2])
    for line in sys.stdin:
        provider, messages = json.loads(line)
        result = compress(messages, provider=provider, store=store)
        print(json.dumps(dumped(result.messages or [])), flush=True)


def in_two_processes(conversations: list[tuple[str, Messages]], stability: Stability) -> None:
    """Two processes take turns on one store."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--work", f"{folder}/store.db"]
        workers = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
        ]
        for _, messages in conversations:
            for provider, shape in SHAPES.items():
                shaped, sent = shape(messages), list[str]()
                for turn, length in enumerate(requests_of(shaped, provider)):
                    worker = workers[turn % 2]
                    assert worker.stdin is not None
                    assert worker.stdout is not None
                    worker.stdin.write(json.dumps([provider, shaped[:length]]) + "\n")
                    worker.stdin.flush()
                    sent = stability.see(sent, json.loads(worker.stdout.readline()))
        for worker in workers:
            worker.communicate()


def replay(path: Path) -> bool:
    """Prints the share of stable turns in each way; whether all were."""
    conversations = list(recorded(path))
    stable = True
    for title, varied in (("restart", False), ("settings", True)):
        for provider, shape in SHAPES.items():
            stability = Stability()
            for _, messages in conversations:
                in_one_process(shape(messages), provider, stability, varied)
            stable &= told(f"{title}, {provider}", stability)
    stability = Stability()
    in_two_processes(conversations, stability)
    return told("two processes, all shapes", stability) and stable


def told(title: str, stability: Stability) -> bool:
    """Prints one figure; whether every turn was stable."""
    share = 100 * (1 - stability.broken / stability.turns)
    print(f"{title:32}{stability.turns:7,} turns {share:7.2f} % stable", flush=True)
    return stability.broken == 0


def exchange(identifier: str, tool: str, arguments: dict[str, str], result: str) -> Messages:
    """A call and its result."""
    function = {"name": tool, "arguments": json.dumps(arguments)}
    call = {"id": identifier, "type": "function", "function": function}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": identifier, "content": result},
    ]


def grown(turns: int, kilobytes: int) -> Messages:
    """A conversation of so many results, in which some lines are those of earlier results."""
    rng = random.Random(7)
    each = kilobytes * 1_000 // turns
    messages: Messages = [{"role": "user", "content": "Find out why the nightly export fails."}]
    earlier: list[str] = []
    for turn in range(turns):
        lines, size = list[str](), 0
        while size < each:
            if earlier and rng.random() < 0.05:
                start = rng.randrange(len(earlier))
                lines += earlier[start : start + 20]
            value = rng.randrange(10**6)
            lines.append(f"    field_{value} = read(table_{value % 97}, row={rng.randrange(9999)})  # step {turn}")
            size = sum(map(len, lines)) if len(lines) % 50 == 0 else size + len(lines[-1])
        earlier += lines
        messages += exchange(f"c{turn}", "read", {"path": f"part_{turn}.txt"}, "\n".join(lines)[:each])
    return messages


def turns(repetitions: int = 5) -> None:
    """Prints what a turn costs: the whole conversation again, with one new small result."""
    spent: dict[int, list[float]] = {10: [], 60: []}
    for repetition in range(repetitions):
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteStore(f"{folder}/store.db")
            base = grown(60, 1_000)
            base[0]["content"] += f" Attempt {repetition}."
            for turn in range(1, 61):
                said = f"step {turn} of the export: ok\n" * 20
                new = exchange("n", "run", {"command": f"./check --step {turn}"}, said)
                compress(json.loads(json.dumps(base[: 1 + 2 * turn])), store=store)
                request = json.loads(json.dumps(base[: 1 + 2 * turn] + new))
                start = time.perf_counter()
                compress(request, store=store)
                if turn in spent:
                    spent[turn].append((time.perf_counter() - start) * 1e3)
            store.close()
    for turn, times in spent.items():
        size = sum(len(str(message.get("content"))) for message in base[: 1 + 2 * turn]) / 1_000
        median, best = statistics.median(times), min(times)
        rate = 1_000 * median / size
        print(f"turn {turn}: {size:6,.0f} KB {median:6.2f} ms {rate:6.2f} us/KB (best {best:.2f} ms)")


def main() -> None:
    """Runs what the arguments ask for; exits with 1 where a turn was not stable."""
    if sys.argv[1:2] == ["--work"]:
        work()
    elif sys.argv[1:2] == ["--turns"]:
        turns()
    elif not replay(Path(sys.argv[1])):
        sys.exit(1)


if __name__ == "__main__":
    main()
