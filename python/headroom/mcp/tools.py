"""The tools: arguments as a model writes them go in, an answer for the model comes out.

Definitions are rent on every turn of a conversation: together they are at most 250 o200k tokens, and the retrieve tool,
which agents are asked to load at once, at most 60. What a model got wrong is told to it in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headroom.arguments import check_text
from headroom.errors import HeadroomError, InputError
from headroom.library import compress, default_settings, default_store, retrieve
from headroom.nearest import did_you_mean
from headroom.segment import RETRIEVE_TOOL
from headroom.tool_calls import RETRIEVE_DESCRIPTION, RETRIEVE_SCHEMA, told

_TEXT = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: the text for a model, and, where a program may want them, the same as values."""

    text: str
    values: Mapping[str, Any] | None = None
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: how it is offered, and what answers a call. `is_needed_at_once`: not to be loaded only on demand."""

    name: str
    description: str
    schema: Mapping[str, Any]
    answer: Callable[..., Answer]
    is_needed_at_once: bool = False


def call(name: str, arguments: Mapping[str, Any] | None) -> Answer:
    """Answers a call. Nothing is raised for what a model wrote."""
    try:
        tool = next((tool for tool in TOOLS if tool.name == name), None)
        if tool is None:
            names = [tool.name for tool in TOOLS]
            raise InputError(f"no tool {name!r}; there are {', '.join(names)}{did_you_mean(name, names)}")
        return tool.answer(**_checked(tool, arguments or {}))
    except HeadroomError as error:
        return Answer(str(error), is_error=True)


def _checked(tool: Tool, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    known = tool.schema["properties"]
    for name, value in arguments.items():
        if name not in known:
            raise InputError(f"{tool.name} takes no {name!r}{did_you_mean(name, known)}")
        check_text(name, value)
    for name in tool.schema.get("required", ()):
        if arguments.get(name) is None:
            raise InputError(f"{tool.name} needs {name!r}, a text")
    return arguments


def _compress(content: str, content_type: str | None = None, query: str | None = None) -> Answer:
    result = compress(content, content_type=content_type, query=query)
    text = result.text or ""
    figures = {"tokens_before": result.tokens_before, "tokens_after": result.tokens_after, "keys": list(result.keys)}
    return Answer(text, {"text": text, **figures})


def _retrieve(key: str, query: str | None = None) -> Answer:
    # No values: several agents show a model these in place of the text, and as JSON it would be escaped and longer.
    return Answer(told(retrieve(key.strip(), query or "", max_tokens=default_settings().retrieve_max_tokens)))


def _stats() -> Answer:
    stats = default_store().stats()._asdict()
    return Answer("\n".join(f"{name}: {value}" for name, value in stats.items()), stats)


TOOLS = (
    Tool(
        "headroom_compress",
        "Shorter form of a long text; its header has the key to the original",
        {
            "type": "object",
            "properties": {"content": _TEXT, "content_type": _TEXT, "query": _TEXT},
            "required": ["content"],
        },
        _compress,
    ),
    Tool(RETRIEVE_TOOL, RETRIEVE_DESCRIPTION, RETRIEVE_SCHEMA, _retrieve, is_needed_at_once=True),
    Tool("headroom_stats", "What the store of originals holds", {"type": "object", "properties": {}}, _stats),
)
