"""Gemini `generateContent`.

Source: https://ai.google.dev/api/caching#Content. The messages are `contents`, whose parts hold texts, calls and
responses of functions; fields are spelt in camel case or, as the SDKs write them, in snake case. A response is an
object: each of its fields is read, a text as it stands, the texts of content blocks, and other data as JSON, for which
a shorter text may be written. Thoughts, parts with a `thoughtSignature`, inline data, files, executed code, and every
other field are passed on as they came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, compact_json, texts_of, tools_text, with_texts
from headroom.providers import Endpoint, Part, ToolRequest, Usage, tokens_in
from headroom.segment import Origin, Place, Segment, ToolCall

name = "gemini"
aliases = ("google",)
messages_field = "contents"
endpoint = Endpoint(
    "gemini",
    routes=(r"/models/(?P<model>[^/:]+):(?:generateContent|streamGenerateContent)",),
    count_routes=(r"/models/(?P<model>[^/:]+):countTokens",),
    wrappers=("generateContentRequest", "generate_content_request"),
    headers=("x-goog-api-key",),
    prefixes=("/v1beta/", "/v1alpha/", "/v1beta1/", "/upload/v1beta/"),
    batch_routes=(r"/models/(?P<model>[^/:]+):batchGenerateContent",),
    batch_places=tuple(("batch", field, "requests", "requests") for field in ("inputConfig", "input_config")),
    batch_item="request",
)

_ORIGINS: dict[str, Origin] = {"user": "user", "model": "assistant", "function": "tool"}
_CALL, _RESPONSE = ("functionCall", "function_call"), ("functionResponse", "function_response")
_SYSTEM = ("systemInstruction", "system_instruction")
_SIGNATURE = ("thoughtSignature", "thought_signature")
_DEPTH = 3
"""How deep in a field of a response blocks of text are looked for."""


def detect(messages: Sequence[Any]) -> float:
    """1 when every message has parts, as only this format's have."""
    for message in messages:
        fields = as_mapping(message)
        if not isinstance(fields.get("parts"), list) or fields.get("role", "user") not in (*_ORIGINS, None):
            return 0.0
    return 1.0 if messages else 0.2


def read(messages: Sequence[Any]) -> list[Segment]:
    """Every text of the contents; a response belongs to the call of its id, else to the first open one of its name."""
    segments: list[Segment] = []
    calls: dict[str, list[ToolCall]] = {}
    query = ""
    for index, message in enumerate(messages):
        fields = as_mapping(message)
        origin = _ORIGINS.get(str(fields.get("role") or "user"), "system")
        asked = []
        for position, each in enumerate(fields.get("parts") or ()):
            part = as_mapping(each)
            place: Place = (index, "parts", position)
            call_field, call = _field(part, _CALL)
            response_field, response = _field(part, _RESPONSE)
            if call:
                made = ToolCall(str(call.get("name", "")), compact_json(call.get("args") or {}))
                for known_as in _names(call):
                    calls.setdefault(known_as, []).append(made)
                segments.append(Segment(made.arguments, (*place, call_field, "args"), "assistant", frozen=True))
            elif response:
                made_by = _taken(calls.get(_names(response)[-1]))
                for text, where in _texts(response.get("response"), (*place, response_field, "response")):
                    identifier = str(response.get("id") or "")
                    segments.append(Segment(text, where, "tool", made_by, query, call_id=identifier))
            elif isinstance(part.get("text"), str) and part["text"] and not part.get("thought"):
                signed = any(part.get(field) for field in _SIGNATURE)
                segments.append(Segment(part["text"], (*place, "text"), origin, None, query, frozen=signed))
                if origin == "user":
                    asked.append(part["text"])
        query = "\n".join(asked) or query
    return segments


def _field(fields: Mapping[str, Any], spellings: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    for spelling in spellings:
        value = as_mapping(fields.get(spelling))
        if value:
            return spelling, value
    return spellings[0], {}


def _names(call: Mapping[str, Any]) -> list[str]:
    """What a call and its response have in common: the function's name and, last, an id, which no name is equal to."""
    identifier = [f"#{call['id']}"] if call.get("id") else []
    return [str(call.get("name", "")), *identifier]


def _taken(calls: list[ToolCall] | None) -> ToolCall | None:
    if not calls:
        return None
    return calls.pop(0) if len(calls) > 1 else calls[0]


def _texts(response: Any, place: Place) -> Iterator[tuple[str, Place]]:
    """The fields of a response, each a text or what stands for one; where they are does not depend on their size, so
    that a response is read alike before and after it was written.
    """
    for field, value in as_mapping(response).items():
        if isinstance(value, str):
            if value:
                yield value, (*place, field)
        elif isinstance(value, (Mapping, list)) and value:
            blocks = list(_blocks(value, (*place, field), _DEPTH))
            yield from blocks or [(compact_json(value), (*place, field))]


def _blocks(value: Any, place: Place, depth: int) -> Iterator[tuple[str, Place]]:
    """Blocks of text, as servers of the Model Context Protocol answer with them."""
    if isinstance(value, Mapping) and depth:
        for field, inner in value.items():
            if isinstance(inner, (Mapping, list)):
                yield from _blocks(inner, (*place, field), depth - 1)
    elif isinstance(value, list):
        for text, where, _ in texts_of(value, place):
            yield text, where


def part_of(message: Any) -> Part:
    """What a content is: a response answers the call of its id, else one of its name."""
    fields = as_mapping(message)
    parts = [as_mapping(part) for part in fields.get("parts") or ()]
    found = [(_field(part, _CALL)[1], _field(part, _RESPONSE)[1]) for part in parts]
    if fields.get("role") == "model":
        is_plain = all(call or isinstance(part.get("text"), str) for part, (call, _) in zip(parts, found, strict=True))
        ids = tuple(_names(call)[-1] for call, _ in found if call) if is_plain else ()
        return Part("call" if ids else "said", ids, any(part.get(name) for part in parts for name in _SIGNATURE))
    if found and all(response for _, response in found):
        return Part("result", tuple(_names(response)[-1] for _, response in found))
    return Part("other")


def read_beside(body: Mapping[str, Any]) -> list[Segment]:
    """The system instruction and the tools."""
    field, system = _field(body, _SYSTEM)
    segments = []
    for position, each in enumerate(system.get("parts") or ()):
        text = as_mapping(each).get("text")
        if isinstance(text, str) and text:
            segments.append(Segment(text, (field, "parts", position, "text"), "system"))
    return [*segments, *tools_text(body.get("tools"))]


def write(messages: Sequence[Any], replacements: Mapping[Place, str]) -> list[Any]:
    """The contents with other texts at some places; a field of a response that held data then holds a text."""
    return list(with_texts(messages, replacements))


def say(text: str) -> dict[str, Any]:
    """A content of the user."""
    return {"role": "user", "parts": [{"text": text}]}


def offer_tool(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A tool of one function."""
    return {"functionDeclarations": [{"name": name, "description": description, "parameters": dict(schema)}]}


def read_tool_call(call: Mapping[str, Any]) -> ToolRequest | None:
    """What a part with a function call asks for."""
    _, fields = _field(call, _CALL)
    if not fields:
        return None
    arguments = fields.get("args")
    return ToolRequest(
        str(fields.get("id") or ""),
        str(fields.get("name", "")),
        arguments if isinstance(arguments, Mapping) else None,
    )


def answer_tool_call(request: ToolRequest, text: str, failed: bool) -> dict[str, Any]:
    """A part with a function response: the text as its `output`, or as its `error`."""
    answer: dict[str, Any] = {"name": request.name, "response": {"error" if failed else "output": text}}
    return {"functionResponse": {"id": request.id, **answer} if request.id else answer}


def callable_tools(body: Mapping[str, Any]) -> frozenset[str]:
    """The declared functions, unless the mode is NONE, or only some are allowed."""
    _, config = _field(body, ("toolConfig", "tool_config"))
    _, calling = _field(config, ("functionCallingConfig", "function_calling_config"))
    if calling.get("mode") == "NONE" or calling.get("allowedFunctionNames") or calling.get("allowed_function_names"):
        return frozenset()
    tools = body.get("tools")
    names = set()
    for tool in tools if isinstance(tools, list) else ():
        fields = as_mapping(tool)
        declared = fields.get("functionDeclarations") or fields.get("function_declarations")
        names |= {str(as_mapping(each).get("name")) for each in declared} if isinstance(declared, list) else set()
    return frozenset(names)


def usage(event: Mapping[str, Any]) -> Usage | None:
    """The `usageMetadata` of an answer or of a part of a stream, each of the whole so far.

    The prompt's tokens include cached ones, not those of the provider's own tools; thoughts are no candidates.
    """
    _, fields = _field(event, ("usageMetadata", "usage_metadata"))
    prompt = tokens_in(fields, "promptTokenCount")
    if prompt is None:
        return None
    read = tokens_in(fields, "cachedContentTokenCount") or 0
    of_tools = tokens_in(fields, "toolUsePromptTokenCount") or 0
    said, thought = tokens_in(fields, "candidatesTokenCount") or 0, tokens_in(fields, "thoughtsTokenCount") or 0
    return Usage(max(0, prompt - read) + of_tools, 0, 0, read, said + thought)


def error_body(status: int, message: str) -> dict[str, Any]:
    """An error as the API words it."""
    kind = "UNAVAILABLE" if status >= 500 else "INVALID_ARGUMENT"
    return {"error": {"code": status, "message": message, "status": kind}}
