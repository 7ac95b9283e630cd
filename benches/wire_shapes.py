"""Recorded conversations in each wire shape: OpenAI chat messages in, the same conversation in another shape out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Messages = list[dict[str, Any]]


def recorded(path: Path) -> Iterator[tuple[str, Messages]]:
    """The conversations of a file of JSON lines: an id and OpenAI chat messages."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            yield case["id"], case["messages"]


def requests(messages: Messages) -> list[int]:
    """How many of the messages each request has that the agent sent: all before each message of the assistant."""
    return [index for index, message in enumerate(messages) if message["role"] == "assistant" and index] + [
        len(messages)
    ]


def text_of(content: Any) -> str:
    """What a content says, be it a string or a list of parts."""
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""


def openai(messages: Messages) -> Messages:
    """As they are."""
    return messages


def anthropic(messages: Messages) -> Messages:
    """Anthropic Messages, results that follow each other in one message; the system prompt is the first user's."""
    out: Messages = []
    for message in messages:
        text = text_of(message.get("content"))
        if message["role"] == "tool":
            block = {"type": "tool_result", "tool_use_id": message.get("tool_call_id", ""), "content": text}
            if out and out[-1]["content"][0]["type"] == "tool_result":
                out[-1]["content"].append(block)
            else:
                out.append({"role": "user", "content": [block]})
            continue
        blocks: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
        for call in message.get("tool_calls") or []:
            asked = {"name": call["function"]["name"], "input": _arguments(call)}
            blocks.append({"type": "tool_use", "id": call["id"], **asked})
        out.append(
            {
                "role": "assistant" if message["role"] == "assistant" else "user",
                "content": blocks or [{"type": "text", "text": "-"}],
            }
        )
    return out


def responses(messages: Messages) -> Messages:
    """Items of OpenAI Responses."""
    out: Messages = []
    for message in messages:
        text = text_of(message.get("content"))
        if message["role"] == "tool":
            out.append({"type": "function_call_output", "call_id": message.get("tool_call_id", ""), "output": text})
            continue
        if text:
            kind = "output_text" if message["role"] == "assistant" else "input_text"
            part = {"type": kind, "text": text}
            out.append({"type": "message", "role": message["role"], "content": [part]})
        for call in message.get("tool_calls") or []:
            out.append({"type": "function_call", "call_id": call["id"], **call["function"]})
    return out


def gemini(messages: Messages) -> Messages:
    """Gemini contents; calls have no ids, as most have not."""
    out: Messages = []
    names: dict[str, str] = {}
    for message in messages:
        text = text_of(message.get("content"))
        if message["role"] == "tool":
            name = names.get(message.get("tool_call_id", ""), "tool")
            answer = {"functionResponse": {"name": name, "response": {"output": text}}}
            out.append({"role": "user", "parts": [answer]})
            continue
        parts: list[dict[str, Any]] = [{"text": text}] if text else []
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
            parts.append({"functionCall": {"name": call["function"]["name"], "args": _arguments(call)}})
        out.append({"role": "model" if message["role"] == "assistant" else "user", "parts": parts or [{"text": "-"}]})
    return out


def _arguments(call: dict[str, Any]) -> dict[str, Any]:
    try:
        arguments = json.loads(call["function"]["arguments"] or "{}")
    except ValueError:
        arguments = call["function"]["arguments"]
    return arguments if isinstance(arguments, dict) else {"value": arguments}


SHAPES: dict[str, Callable[[Messages], Messages]] = {
    "openai_chat": openai,
    "openai_responses": responses,
    "anthropic_messages": anthropic,
    "gemini": gemini,
}
