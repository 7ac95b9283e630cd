"""OpenAI Chat Completions messages.

Source: https://platform.openai.com/docs/api-reference/chat/create. Read are contents (a string or parts of type
`text`), and the arguments of tool calls. Images, audio, files, refusals and unknown parts or fields are passed on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, json_arguments, texts_of, tools_text, with_texts
from headroom.providers import Endpoint, Part, ToolRequest, Usage, tokens_in
from headroom.segment import Origin, Place, Segment, ToolCall

name = "openai_chat"
aliases = ("openai",)
messages_field = "messages"
endpoint = Endpoint("openai", routes=(r"/chat/completions",))

_ORIGINS: dict[str, Origin] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_OWN_PARTS = frozenset({"image_url", "input_audio", "file", "refusal"})


def detect(messages: Sequence[Any]) -> float:
    """1 when something only this format has is seen, 0.5 when nothing speaks against it."""
    score = 0.5
    for message in messages:
        fields = as_mapping(message)
        if str(fields.get("role")) not in _ORIGINS:
            return 0.0
        if fields["role"] in ("tool", "function") or "tool_calls" in fields or "function_call" in fields:
            return 1.0
        if fields["role"] == "developer":
            score = 0.6
        content = fields.get("content")
        if isinstance(content, list) and any(str(as_mapping(part).get("type")) in _OWN_PARTS for part in content):
            return 1.0
    return score


def read(messages: Sequence[Any]) -> list[Segment]:
    """Every text of the messages; a tool message belongs to the call whose id it names."""
    segments: list[Segment] = []
    calls: dict[str, ToolCall] = {}
    query = ""
    for index, message in enumerate(messages):
        fields = as_mapping(message)
        origin = _ORIGINS.get(str(fields.get("role")), "system")
        call, identifier = None, ""
        if origin == "tool":
            identifier = str(fields.get("tool_call_id") or fields.get("name"))
            call = calls.get(identifier)
        texts = texts_of(fields.get("content"), (index, "content"))
        for text, place, _ in texts:
            segments.append(Segment(text, place, origin, call, query, call_id=identifier))
        if origin == "user" and texts:
            query = "\n".join(text for text, _, _ in texts)
        if "tool_calls" in fields or "function_call" in fields:
            for identifier, made, place in _calls(fields, index):
                calls[identifier] = made
                segments.append(Segment(made.arguments, place, "assistant", frozen=True))
    return segments


def _calls(fields: Mapping[str, Any], index: int) -> Iterator[tuple[str, ToolCall, Place]]:
    for position, entry in enumerate(_listed(fields.get("tool_calls"))):
        call = as_mapping(entry)
        for kind, argument in (("function", "arguments"), ("custom", "input")):
            inner = as_mapping(call.get(kind))
            if inner:
                made = ToolCall(str(inner.get("name", "")), str(inner.get(argument) or ""))
                yield str(call.get("id")), made, (index, "tool_calls", position, kind, argument)
    legacy = as_mapping(fields.get("function_call"))
    if legacy:
        made = ToolCall(str(legacy.get("name", "")), str(legacy.get("arguments") or ""))
        yield made.name, made, (index, "function_call", "arguments")


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def read_beside(body: Mapping[str, Any]) -> list[Segment]:
    """The tools, or the functions of old; the system prompt is one of the messages."""
    functions = [each._replace(place=("functions",)) for each in tools_text(body.get("functions"))]
    return [*tools_text(body.get("tools")), *functions]


def part_of(message: Any) -> Part:
    """What a message is: calls stand in messages of the assistant, each result is a message."""
    fields = as_mapping(message)
    role, content = fields.get("role"), fields.get("content")
    if role == "assistant":
        ids = tuple(identifier for identifier, _, _ in _calls(fields, 0))
        return Part("call" if ids else "said", ids)
    texts = texts_of(content, ())
    is_text = isinstance(content, str) or (isinstance(content, list) and len(texts) == len(content))
    if role in ("tool", "function") and is_text:
        return Part("result", (str(fields.get("tool_call_id") or fields.get("name")),))
    return Part("other")


def write(messages: Sequence[Any], replacements: Mapping[Place, str]) -> list[Any]:
    """The messages with other texts at some places."""
    return list(with_texts(messages, replacements))


def say(text: str) -> dict[str, Any]:
    """A message of the user."""
    return {"role": "user", "content": text}


def offer_tool(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A function tool. `strict` is left out: it would forbid optional arguments."""
    return {"type": "function", "function": {"name": name, "description": description, "parameters": dict(schema)}}


def read_tool_call(call: Mapping[str, Any]) -> ToolRequest | None:
    """What an entry of `tool_calls` asks for."""
    function = as_mapping(call.get("function"))
    if not function:
        return None
    return ToolRequest(
        str(call.get("id", "")), str(function.get("name", "")), json_arguments(function.get("arguments"))
    )


def answer_tool_call(request: ToolRequest, text: str, failed: bool) -> dict[str, Any]:
    """A tool message. The format has no field for failure: the text says it."""
    return {"role": "tool", "tool_call_id": request.id, "content": text}


def callable_tools(body: Mapping[str, Any]) -> frozenset[str]:
    """The functions, unless the choice is none or names what must be called or may be."""
    if body.get("tool_choice", "auto") not in ("auto", "required", None):
        return frozenset()
    tools = body.get("tools")
    functions = (as_mapping(as_mapping(tool).get("function")) for tool in tools) if isinstance(tools, list) else ()
    return frozenset(str(function.get("name")) for function in functions)


def usage(event: Mapping[str, Any]) -> Usage | None:
    """The `usage` of an answer, or of a stream's last chunk; prompt tokens include those of the cache.

    DeepSeek (https://api-docs.deepseek.com/guides/kv_cache) tells the cached ones as `prompt_cache_hit_tokens`.
    """
    fields = as_mapping(event.get("usage"))
    prompt = tokens_in(fields, "prompt_tokens")
    if prompt is None:
        return None
    details = as_mapping(fields.get("prompt_tokens_details"))
    cached, written = tokens_in(details, "cached_tokens"), tokens_in(details, "cache_write_tokens") or 0
    read = (tokens_in(fields, "prompt_cache_hit_tokens") if cached is None else cached) or 0
    return Usage(max(0, prompt - read - written), written, 0, read, tokens_in(fields, "completion_tokens") or 0)


def error_body(status: int, message: str) -> dict[str, Any]:
    """An error as the API words it."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}
