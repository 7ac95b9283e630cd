"""Sessions of agents in every format, turn by turn: questions, calls of several tools, and their results."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import headroom
from payloads import FORMATS, big_table

_INPUTS = Path(__file__).parents[1] / "conformance" / "inputs"
_PROSE = (
    "Find out why the nightly run is slower than last week and say what you would change. ",
    "The team that owns the checkout asks whether the failed orders can be sent again. ",
    "Please look at the deployment before you touch anything; two people are on call. ",
)
PATHS = {
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/gemini-2.5-flash-lite:generateContent",
}
MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "responses": "gpt-5.5", "gemini": None}


def results(random_: random.Random) -> list[str]:
    """Outputs of tools of several kinds, none very short or long."""
    read = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(_INPUTS.iterdir())]
    tables = [big_table(rows, rows // 2) for rows in range(60, 260, 20)]
    found = [text for text in [*read, *tables] if 1_000 < len(text) < 30_000]
    random_.shuffle(found)
    return found


def turns_of(name: str, seed: int, turns: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The requests of one session, each a turn longer than the one before: path and body."""
    chosen = random.Random(seed)
    texts = results(chosen)
    system = "You are an agent that works for people who run shops. " + "".join(chosen.choices(_PROSE, k=60))
    said: list[tuple[str, str, str]] = []
    for turn in range(turns):
        question = "".join(chosen.choices(_PROSE, k=2)) + f"({seed}, {turn})"
        said.append((question, "orders", texts[(seed + turn) % len(texts)]))
        yield request(name, system, said, streams=turn % 2 == 1)


def request(name: str, system: str, said: list[tuple[str, str, str]], *, streams: bool) -> tuple[str, dict[str, Any]]:
    """A request in a format, in which the retrieve tool is offered."""
    messages, tools = FORMATS[name](said), [headroom.retrieve_tool(name)]
    if name == "gemini":
        path = PATHS[name].replace("generateContent", "streamGenerateContent?alt=sse") if streams else PATHS[name]
        return path, {"contents": messages, "systemInstruction": {"parts": [{"text": system}]}, "tools": tools}
    body = {"model": MODELS[name], "tools": tools}
    if streams:
        body["stream"] = True
    if name == "anthropic":
        block = {"type": "text", "text": system, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
        return PATHS[name], {**body, "max_tokens": 100, "system": [block], "messages": messages}
    messages[0]["content"] = system
    if name == "openai":
        more = {"stream_options": {"include_usage": True}} if streams else {}
        return PATHS[name], {**body, **more, "messages": messages}
    return PATHS[name], {**body, "input": messages}
