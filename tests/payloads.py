"""Conversations and tool results, made by hand or by hypothesis, in each wire format."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

Turn = tuple[str, str, str]
"""A question, the arguments of a tool call, the tool's result."""

WORDS = st.sampled_from(["pod", "über", "checkout", "日本", "ok", "failed", "eu-west-1", 'quo"te', "back\\slash", ""])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), WORDS)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=20,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 150) -> str:
    """Records of one shape or a few, long enough for both tiers, written compactly or prettily or a line each."""
    names = draw(st.lists(st.sampled_from(["id", "name", "zone", "ms", "naïve", "status"]), min_size=1, unique=True))
    kinds = {name: draw(st.sampled_from(["count", "constant", "choice", "number", "any"])) for name in names}
    choices = draw(st.lists(WORDS, min_size=1, max_size=4))
    odd = draw(st.integers(0, max_rows))
    extra = draw(JSON)
    size = draw(st.integers(0, max_rows))

    def cell(kind: str, row: int) -> Any:
        if kind == "count":
            return row
        if kind == "constant":
            return "always the same"
        if kind == "choice":
            return choices[row * row % len(choices)]
        return row * 1.5 if kind == "number" else extra

    rows = [{name: cell(kind, row) for name, kind in kinds.items()} for row in range(size)]
    if odd < size:
        rows[odd] = {**rows[odd], "error": "it failed here"}
    style = draw(st.sampled_from(["compact", "pretty", "lines"]))
    if style == "lines":
        return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return json.dumps(rows, ensure_ascii=draw(st.booleans()), indent=2 if style == "pretty" else None)


RESULTS = st.one_of(tables(), JSON.map(json.dumps), TEXTS)
TURNS = st.tuples(TEXTS, WORDS, RESULTS)
CONVERSATIONS = st.lists(TURNS, min_size=1, max_size=4)


def openai(turns: list[Turn]) -> list[dict[str, Any]]:
    """The turns as OpenAI chat messages."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": "You help."}]
    for number, (question, argument, result) in enumerate(turns):
        call = {"name": "fetch", "arguments": json.dumps({"of": argument})}
        messages += [
            {"role": "user", "content": question},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"call_{number}", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": f"call_{number}", "content": result},
        ]
    return messages


def anthropic(turns: list[Turn]) -> list[dict[str, Any]]:
    """The turns as Anthropic messages: results alternately as a string and as a list of blocks."""
    messages: list[dict[str, Any]] = []
    for number, (question, argument, result) in enumerate(turns):
        content: Any = result if number % 2 else [{"type": "text", "text": result}] if result else []
        messages += [
            {"role": "user", "content": [{"type": "text", "text": question or "?"}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": f"toolu_{number}", "name": "fetch", "input": {"of": argument}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": content}],
            },
        ]
    return messages


def responses(turns: list[Turn]) -> list[dict[str, Any]]:
    """The turns as items of OpenAI Responses: results alternately as a string and as a list of parts."""
    items: list[dict[str, Any]] = [{"role": "developer", "content": "You help."}]
    for number, (question, argument, result) in enumerate(turns):
        identifier = f"call_{number}"
        asked = {"type": "function_call", "call_id": identifier, "name": "fetch", "arguments": json.dumps([argument])}
        output: Any = result if number % 2 else [{"type": "input_text", "text": result}]
        items += [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": question}]},
            asked,
            {"type": "function_call_output", "call_id": identifier, "output": output},
        ]
    return items


def gemini(turns: list[Turn]) -> list[dict[str, Any]]:
    """The turns as contents of Gemini: results alternately as the output and deeper in the response."""
    contents: list[dict[str, Any]] = []
    for number, (question, argument, result) in enumerate(turns):
        response = {"output": result} if number % 2 else {"result": {"content": [{"type": "text", "text": result}]}}
        contents += [
            {"role": "user", "parts": [{"text": question}]},
            {"role": "model", "parts": [{"functionCall": {"name": "fetch", "args": {"of": argument}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "fetch", "response": response}}]},
        ]
    return contents


FORMATS = {"openai": openai, "anthropic": anthropic, "responses": responses, "gemini": gemini}


def big_table(rows: int = 400, odd: int = 217) -> str:
    """A response in which one record is unlike the others, large enough for the lossy tier."""
    records = [
        {"id": 1000 + row, "status": "ok", "zone": ("eu-west-1", "us-east-2")[row % 2], "ms": 20 + row * 7 % 13}
        for row in range(rows)
    ]
    records[odd] = {**records[odd], "status": "failed", "reason": "upstream timed out", "ms": 30_000}
    return json.dumps(records)
