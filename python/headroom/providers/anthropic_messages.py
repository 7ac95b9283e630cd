"""Anthropic Messages.

Source: https://docs.anthropic.com/en/api/messages. Read are texts (a string content or blocks of type `text`), the
contents of `tool_result` blocks, and the input of `tool_use` blocks. Thinking blocks are signed, blocks of server tools
are checked by the provider, documents and search results are what citations point into: all of them, images, unknown
blocks and every other field are passed on as they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, compact_json, texts_of, tools_text, with_texts
from headroom.providers import Endpoint, Part, ToolRequest, Usage, tokens_in
from headroom.segment import Origin, Place, Segment, ToolCall

name = "anthropic_messages"
aliases = ("anthropic",)
messages_field = "messages"
endpoint = Endpoint(
    "anthropic",
    routes=(r"/v1/messages",),
    count_routes=(r"/v1/messages/count_tokens",),
    headers=("anthropic-version", "x-api-key"),
    batch_routes=(r"/v1/messages/batches",),
)

_ORIGINS: dict[str, Origin] = {"user": "user", "assistant": "assistant", "system": "system"}
_SHARED_BLOCKS = frozenset({"text", "image_url", "input_audio", "file", "refusal"})


def detect(messages: Sequence[Any]) -> float:
    """0.9 when a block is seen that only this format has, 0.4 when nothing speaks against it."""
    for message in messages:
        fields = as_mapping(message)
        if str(fields.get("role")) not in _ORIGINS or "tool_calls" in fields:
            return 0.0
        content = fields.get("content")
        if isinstance(content, list):
            kinds = {str(as_mapping(block).get("type")) for block in content}
            if kinds & {"image_url", "input_audio"}:
                return 0.0
            if kinds - _SHARED_BLOCKS:
                return 0.9
    return 0.4


def read(messages: Sequence[Any]) -> list[Segment]:
    """Every text of the messages; a tool result belongs to the `tool_use` block whose id it names."""
    segments: list[Segment] = []
    calls: dict[str, ToolCall] = {}
    query = ""
    for index, message in enumerate(messages):
        fields = as_mapping(message)
        origin = _ORIGINS.get(str(fields.get("role")), "system")
        found = list(_read_content(fields.get("content"), (index, "content"), origin, calls, query))
        segments += found
        if origin == "user":
            query = "\n".join(each.text for each in found if each.origin == "user") or query
    return segments


def _read_content(
    content: Any, place: Place, origin: Origin, calls: dict[str, ToolCall], query: str
) -> Iterator[Segment]:
    if isinstance(content, str):
        for text, where, _ in texts_of(content, place):
            yield Segment(text, where, origin, None, query)
        return
    for position, each in enumerate(content or ()):
        block = as_mapping(each)
        kind = block.get("type")
        if kind == "text" and block.get("text"):
            yield Segment(
                block["text"], (*place, position, "text"), origin, None, query, frozen=bool(block.get("citations"))
            )
        elif kind == "tool_use":
            call = ToolCall(str(block.get("name", "")), compact_json(block.get("input")))
            calls[str(block.get("id"))] = call
            yield Segment(call.arguments, (*place, position, "input"), "assistant", frozen=True)
        elif kind == "tool_result":
            identifier = str(block.get("tool_use_id"))
            made_by = calls.get(identifier)
            for text, where, inner in texts_of(block.get("content"), (*place, position, "content")):
                cited = bool(inner.get("citations"))
                yield Segment(text, where, "tool", made_by, query, frozen=cited, call_id=identifier)


def read_beside(body: Mapping[str, Any]) -> list[Segment]:
    """The system prompt, a string or blocks of text, and the tools."""
    system = [Segment(text, place, "system") for text, place, _ in texts_of(body.get("system"), ("system",))]
    return [*system, *tools_text(body.get("tools"))]


_MODEL_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})


def part_of(message: Any) -> Part:
    """What a message is: calls stand in messages of the assistant, results in one of the user that holds nothing else.
    Blocks of server tools are results as well as calls, so a message with them is neither.
    """
    fields = as_mapping(message)
    content = fields.get("content")
    blocks = [as_mapping(block) for block in content] if isinstance(content, list) else []
    kinds = {str(block.get("type")) for block in blocks}
    if fields.get("role") == "assistant":
        ids = tuple(str(block.get("id")) for block in blocks if block.get("type") == "tool_use")
        is_call = bool(ids) and kinds <= _MODEL_BLOCKS
        return Part("call" if is_call else "said", ids if is_call else (), bool(kinds - {"text", "tool_use"}))
    if kinds == {"tool_result"} and all(_is_text(block.get("content")) for block in blocks):
        return Part("result", tuple(str(block.get("tool_use_id")) for block in blocks))
    return Part("other")


def _is_text(content: Any) -> bool:
    if not isinstance(content, list):
        return True
    return all(block.get("type") == "text" and not block.get("citations") for block in map(as_mapping, content))


def write(messages: Sequence[Any], replacements: Mapping[Place, str]) -> list[Any]:
    """The messages with other texts at some places."""
    return list(with_texts(messages, replacements))


def say(text: str) -> dict[str, Any]:
    """A message of the user; the provider joins it with the results before it."""
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def offer_tool(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A client tool."""
    return {"name": name, "description": description, "input_schema": dict(schema)}


def read_tool_call(call: Mapping[str, Any]) -> ToolRequest | None:
    """What a `tool_use` block asks for."""
    if call.get("type") != "tool_use":
        return None
    arguments = call.get("input")
    return ToolRequest(
        str(call.get("id", "")), str(call.get("name", "")), arguments if isinstance(arguments, Mapping) else None
    )


def answer_tool_call(request: ToolRequest, text: str, failed: bool) -> dict[str, Any]:
    """A `tool_result` block, to come first in the next user message."""
    answer: dict[str, Any] = {"type": "tool_result", "tool_use_id": request.id, "content": text}
    return {**answer, "is_error": True} if failed else answer


def callable_tools(body: Mapping[str, Any]) -> frozenset[str]:
    """The tools that are loaded, unless the choice is none or one of them."""
    if as_mapping(body.get("tool_choice")).get("type", "auto") not in ("auto", "any"):
        return frozenset()
    tools = body.get("tools")
    given = [as_mapping(tool) for tool in tools] if isinstance(tools, list) else []
    return frozenset(str(tool.get("name")) for tool in given if not tool.get("defer_loading"))


def usage(event: Mapping[str, Any]) -> Usage | None:
    """The `usage` of a message, of `message_start`, or of `message_delta`; `input_tokens` are without cached ones."""
    fields = as_mapping(event.get("usage")) or as_mapping(as_mapping(event.get("message")).get("usage"))
    if not fields:
        return None
    written = as_mapping(fields.get("cache_creation"))
    in_all, hour = tokens_in(fields, "cache_creation_input_tokens"), tokens_in(written, "ephemeral_1h_input_tokens")
    short = tokens_in(written, "ephemeral_5m_input_tokens")
    if short is None and in_all is not None:
        short = max(0, in_all - (hour or 0))
    read, output = tokens_in(fields, "cache_read_input_tokens"), tokens_in(fields, "output_tokens")
    said = Usage(tokens_in(fields, "input_tokens"), short, hour, read, output)
    return None if said == Usage() else said


def error_body(status: int, message: str) -> dict[str, Any]:
    """An error as the API words it."""
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return {"type": "error", "error": {"type": kind, "message": message}}
