"""OpenAI Responses.

Source: https://platform.openai.com/docs/api-reference/responses/create. The messages are the items of `input`. Read are
the contents of message items, the arguments of calls, and the outputs of the tools that the client itself runs
(functions, custom tools, shells, patches). Reasoning, which is encrypted or signed, calls of tools that the provider
runs, references to stored items, images, and items of unknown types are passed on as they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, compact_json, json_arguments, texts_of, tools_text, with_texts
from headroom.providers import Endpoint, Part, ToolRequest, Usage, tokens_in
from headroom.segment import Origin, Place, Segment, ToolCall

name = "openai_responses"
aliases = ("responses",)
messages_field = "input"
endpoint = Endpoint("openai", routes=(r"/responses", r"/responses/compact"), count_routes=(r"/responses/input_tokens",))

_ORIGINS: dict[str, Origin] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_TEXT_KINDS = frozenset({"input_text", "output_text", "text"})
_OWN_PARTS = frozenset({"input_text", "output_text", "input_image", "input_file"})
_OWN_ITEMS = frozenset({"reasoning", "item_reference", "compaction"})
_CALLS = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
}
"""Calls of tools that the client runs: the field that says what is asked for."""

_STREAMS = ("stdout", "stderr")


def detect(messages: Sequence[Any]) -> float:
    """1 when an item is seen that only this format has, 0.3 when nothing speaks against it."""
    score = 0.0
    for message in messages:
        fields = as_mapping(message)
        kind, role = str(fields.get("type") or "message"), fields.get("role")
        if kind in _OWN_ITEMS or kind.endswith(("_call", "_call_output")):
            return 1.0
        if role is None and kind != "message":
            continue
        if str(role) not in _ORIGINS or "tool_calls" in fields:
            return 0.0
        content = fields.get("content")
        kinds = {str(as_mapping(part).get("type")) for part in content} if isinstance(content, list) else set()
        if "type" in fields or kinds & _OWN_PARTS:
            return 1.0
        if kinds - _TEXT_KINDS:
            return 0.0
        score = 0.3
    return score


def read(messages: Sequence[Any]) -> list[Segment]:
    """Every text of the items; an output belongs to the call whose `call_id` it names."""
    segments: list[Segment] = []
    calls: dict[str, ToolCall] = {}
    query = ""
    for index, message in enumerate(messages):
        fields = as_mapping(message)
        kind = str(fields.get("type") or "message")
        if kind == "message":
            origin = _ORIGINS.get(str(fields.get("role")), "system")
            found = texts_of(fields.get("content"), (index, "content"), _TEXT_KINDS)
            segments += [
                Segment(text, place, origin, None, query, frozen=bool(part.get("annotations")))
                for text, place, part in found
            ]
            if origin == "user" and found:
                query = "\n".join(text for text, _, _ in found)
        elif kind in _CALLS:
            argument = fields.get(_CALLS[kind])
            asked = argument if isinstance(argument, str) else compact_json(argument)
            call = ToolCall(str(fields.get("name") or kind.removesuffix("_call")), asked)
            calls[str(fields.get("call_id") or fields.get("id"))] = call
            segments.append(Segment(asked, (index, _CALLS[kind]), "assistant", frozen=True))
        elif kind.removesuffix("_output") in _CALLS:
            identifier = str(fields.get("call_id") or fields.get("id"))
            made_by = calls.get(identifier)
            segments += [
                Segment(text, place, "tool", made_by, query, call_id=identifier)
                for text, place in _outputs(fields.get("output"), index)
            ]
    return segments


def _outputs(output: Any, index: int) -> Iterator[tuple[str, Place]]:
    for text, place, _ in texts_of(output, (index, "output"), _TEXT_KINDS):
        yield text, place
    if isinstance(output, list):
        for position, part in enumerate(output):
            fields = as_mapping(part)
            for stream in _STREAMS:
                if isinstance(fields.get(stream), str) and fields[stream]:
                    yield fields[stream], (index, "output", position, stream)


def part_of(message: Any) -> Part:
    """What an item is: reasoning belongs to the calls after it, which the provider checks."""
    fields = as_mapping(message)
    kind = str(fields.get("type") or "message")
    if kind == "message":
        return Part("said" if fields.get("role") == "assistant" else "other")
    if kind == "reasoning":
        return Part("thought", is_signed=True)
    identifier = str(fields.get("call_id") or fields.get("id"))
    if kind in _CALLS:
        return Part("call", (identifier,))
    output = fields.get("output")
    is_text = isinstance(output, str) or (
        isinstance(output, list) and all(as_mapping(part).get("type") in _TEXT_KINDS for part in output)
    )
    if kind.removesuffix("_output") in _CALLS and is_text:
        return Part("result", (identifier,))
    return Part("other")


def read_beside(body: Mapping[str, Any]) -> list[Segment]:
    """The instructions and the tools."""
    instructions = texts_of(body.get("instructions"), ("instructions",), _TEXT_KINDS)
    return [*(Segment(text, place, "system") for text, place, _ in instructions), *tools_text(body.get("tools"))]


def write(messages: Sequence[Any], replacements: Mapping[Place, str]) -> list[Any]:
    """The items with other texts at some places."""
    return list(with_texts(messages, replacements))


def say(text: str) -> dict[str, Any]:
    """A message item of the user."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def offer_tool(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A function tool. `strict` is left out: it would forbid optional arguments."""
    return {"type": "function", "name": name, "description": description, "parameters": dict(schema)}


def read_tool_call(call: Mapping[str, Any]) -> ToolRequest | None:
    """What a `function_call` item asks for."""
    if call.get("type") != "function_call":
        return None
    return ToolRequest(str(call.get("call_id", "")), str(call.get("name", "")), json_arguments(call.get("arguments")))


def answer_tool_call(request: ToolRequest, text: str, failed: bool) -> dict[str, Any]:
    """A `function_call_output` item. The format has no field for failure: the text says it."""
    return {"type": "function_call_output", "call_id": request.id, "output": text}


def callable_tools(body: Mapping[str, Any]) -> frozenset[str]:
    """The functions that are loaded, also those in namespaces, unless the choice is none or names what must or may be
    called.
    """
    if body.get("tool_choice", "auto") not in ("auto", "required", None):
        return frozenset()
    tools = body.get("tools")
    given = [as_mapping(tool) for tool in tools] if isinstance(tools, list) else []
    # Clients put the tools of one MCP server into a namespace.
    namespaces = (each.get("tools") for each in given if each.get("type") == "namespace")
    inner = [as_mapping(tool) for tools in namespaces if isinstance(tools, list) for tool in tools]
    return frozenset(str(tool.get("name")) for tool in (*given, *inner) if not tool.get("defer_loading"))


def usage(event: Mapping[str, Any]) -> Usage | None:
    """The `usage` of a response, or of the one in a stream's last event; input tokens include those of the cache."""
    fields = as_mapping(event.get("usage")) or as_mapping(as_mapping(event.get("response")).get("usage"))
    prompt = tokens_in(fields, "input_tokens")
    if prompt is None:
        return None
    details = as_mapping(fields.get("input_tokens_details"))
    read, written = tokens_in(details, "cached_tokens") or 0, tokens_in(details, "cache_write_tokens") or 0
    long = tokens_in(as_mapping(details.get("cache_write_tokens_details")), "ttl_12h_tokens") or 0
    fresh, output = max(0, prompt - read - written), tokens_in(fields, "output_tokens") or 0
    return Usage(fresh, max(0, written - long), long, read, output)


def error_body(status: int, message: str) -> dict[str, Any]:
    """An error as the API words it."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}
