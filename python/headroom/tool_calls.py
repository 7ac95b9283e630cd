"""The retrieve tool: its definition for a request, and the answers to a model's calls of it.

The definition is rent on every turn, so it is short: at most 60 o200k tokens in every format. A call that cannot be
answered is told so in words the model can act on; nothing is raised for what a model wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from headroom.arguments import shown
from headroom.errors import HeadroomError, InputError
from headroom.places import as_mapping
from headroom.providers import Provider, ToolRequest
from headroom.registry import provider_named, providers
from headroom.retrieval import Retrieved, retrieve
from headroom.segment import RETRIEVE_TOOL, ToolCall
from headroom.store import Store

RETRIEVE_DESCRIPTION = "Original; query: lines 1, grep X, $.a, SQL"
RETRIEVE_SCHEMA = {
    "type": "object",
    "properties": {"key": {"type": "string"}, "query": {"type": "string"}},
    "required": ["key"],
}
_USAGE = (
    'the arguments must be an object such as {"key": "Ab3dE5gH7jK", "query": "where status = failed | count"}; '
    "query may be left out"
)


def define_retrieve_tool(format: str) -> dict[str, Any]:
    """The definition of the retrieve tool in a provider's format, to be put last into a request's `tools`."""
    return provider_named(format).offer_tool(RETRIEVE_TOOL, RETRIEVE_DESCRIPTION, RETRIEVE_SCHEMA)


def answer_call(call: Any, open_store: Callable[[], Store], max_tokens: int, note: str = "") -> dict[str, Any]:
    """The message or block that answers a model's call of the retrieve tool, in the format of the call; `note` is what
    the model is told besides.

    Raises InputError when this is no tool call in a known format, or one of another tool.
    """
    provider, request = _read(call, providers())
    try:
        return provider.answer_tool_call(request, _look_up(request, open_store, max_tokens) + note, False)
    except HeadroomError as error:
        return provider.answer_tool_call(request, f"Nothing was retrieved: {error}{note}", True)


def _read(call: Any, known: Sequence[Provider]) -> tuple[Provider, ToolRequest]:
    fields = as_mapping(call)
    for provider in known:
        request = provider.read_tool_call(fields)
        if request is not None:
            if ToolCall(request.name, "").is_retrieve:
                return provider, request
            raise InputError(f"this is a call of {shown(request.name)}; only calls of {RETRIEVE_TOOL!r} are answered")
    names = ", ".join(provider.name for provider in known)
    raise InputError(f"{shown(call)} is no tool call in a known format ({names}); pass the call as it came")


def _look_up(request: ToolRequest, open_store: Callable[[], Store], max_tokens: int) -> str:
    arguments = request.arguments or {}
    key, query = arguments.get("key"), arguments.get("query") or ""
    if not isinstance(key, str) or not isinstance(query, str):
        raise InputError(_USAGE)
    return told(retrieve(key.strip(), query, store=open_store(), max_tokens=max_tokens))


def told(retrieved: Retrieved) -> str:
    """A retrieved part as a model reads it: the text, and how to ask for more."""
    if retrieved.next is None:
        return retrieved.text or "(nothing matches)"
    return f"{retrieved.text}\n({retrieved.shown:,} of {retrieved.total:,} shown; for more, query: {retrieved.next})"
