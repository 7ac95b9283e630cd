"""Requests as agents send them, whose prompts and tools hold values that change on every turn, in each wire format."""

from __future__ import annotations

import json
from typing import Any

from payloads import FORMATS, Turn
from proxy.odd_json import span

FIELDS = {"openai": "messages", "responses": "input", "anthropic": "messages", "gemini": "contents"}
HEAD = "[current values]"


def prompt(turn: int) -> str:
    return (
        f"You help. Today's date: 2026-11-30. It is 2026-11-30T05:{turn:02d}:11Z. "
        "Session 123e4567-e89b-12d3-a456-426614174000."
    )


def request(name: str, turns: list[Turn], turn: int, **more: Any) -> dict[str, Any]:
    """A request of a conversation, at another time on each turn."""
    messages = FORMATS[name](turns)
    schema = {"type": "object", "properties": {"q": {"type": "string"}}}
    tool: Any = {"name": "run", "description": f"Runs in /tmp/tmp8xk2q1z{turn % 10}/box"}
    if name == "openai":
        messages[0] = {"role": "system", "content": prompt(turn)}
        tools = [{"type": "function", "function": {**tool, "parameters": schema}}]
        return {"model": "gpt-4o", "messages": messages, "tools": tools, **more}
    if name == "responses":
        tools = [{"type": "function", **tool, "parameters": schema}]
        return {"model": "gpt-4o", "instructions": prompt(turn), "tools": tools, "input": messages, **more}
    if name == "anthropic":
        marked = {"type": "ephemeral"}
        system = [
            {"type": "text", "text": f"x-anthropic-billing-header: cc_version=2.0.{turn}; cch=a1b{turn:02d}f0;"},
            {"type": "text", "text": prompt(turn), "cache_control": marked},
        ]
        messages[-1]["content"][-1]["cache_control"] = marked
        tools = [{**tool, "input_schema": schema}]
        return {"model": "claude-opus-5-5", "system": system, "tools": tools, "messages": messages, **more}
    tools = [{"functionDeclarations": [{**tool, "parameters": schema}]}]
    return {"systemInstruction": {"parts": [{"text": prompt(turn)}]}, "tools": tools, "contents": messages, **more}


def tells_values(message: Any) -> bool:
    """Whether a message is one that tells current values."""
    return HEAD in json.dumps(message)


def without_told(text: str, field: str) -> str:
    """A body's bytes without the messages that tell values, and the commas before them."""
    body = json.loads(text)
    told = [index for index, message in enumerate(body[field]) if tells_values(message)]
    for index in reversed(told):
        start, end = span(text, (field, index))
        text = text[:start].rstrip().removesuffix(",") + text[end:]
    return text
