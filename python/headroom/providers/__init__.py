"""Providers: one file each wire format; what a payload says, and how to write other texts into it.

A module in this package (or one that an installed package names in the entry point group `headroom.providers`) is
found by itself when it has what `Provider` asks for. Providers know the format and nothing about compression, and
never import each other. `CONTRIBUTING.md` says how to add one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from headroom.segment import Place, Segment

_MOST_TOKENS = 10**9
"""No request has as many."""


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A model's request to run a tool: its id, the tool's name, and the arguments, None when they are not an object."""

    id: str
    name: str
    arguments: Mapping[str, Any] | None


class Part(NamedTuple):
    """What a message is in an exchange, and the calls it makes or answers.

    A `call` or a `thought` (which belongs to the calls after it) and what is `said` besides come from the model; a
    `result` holds results alone, as texts. Anything else is `other`. `is_signed`: it holds what the provider checks, so
    it may be left out with its whole turn alone.
    """

    kind: Literal["call", "thought", "said", "result", "other"]
    ids: tuple[str, ...] = ()
    is_signed: bool = False

    @property
    def is_models(self) -> bool:
        """Whether the model wrote it."""
        return self.kind in ("call", "thought", "said")


class Usage(NamedTuple):
    """What a provider says that a request took, in its own tokens; None is what was not said.

    The kinds are disjoint: `fresh` is input neither read from a cache nor written to one. Writes are to a cache that
    lives minutes, or an hour and more. `output` includes what the model thought.
    """

    fresh: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    cache_read: int | None = None
    output: int | None = None

    @property
    def input_tokens(self) -> int:
        """All input."""
        return (self.fresh or 0) + (self.cache_write_5m or 0) + (self.cache_write_1h or 0) + (self.cache_read or 0)

    def then(self, later: Usage) -> Usage:
        """What holds after a later event of the same answer, whose counts are of the whole so far."""
        return Usage(*(old if new is None else new for old, new in zip(self, later, strict=True)))


def tokens_in(fields: Mapping[str, Any], name: str) -> int | None:
    """A count among fields of usage; None where there is none that could be one."""
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS else None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests of a format come from and go to.

    `upstream` names the setting of the target: `openai` is `openai_target_api_url`. `routes` are regular expressions
    for the ends of the paths to which conversations are posted; a group named `model` is the model. Of other requests,
    those that have one of `headers`, or a path that begins with one of `prefixes`, go to the same upstream. What is
    posted to `count_routes` is only counted; it may hold the request in one of `wrappers`. To the paths of
    `batch_routes`, lists of requests are posted: the body holds a list at one of `batch_places`, each of whose items
    holds a request in `batch_item`.
    """

    upstream: str
    routes: tuple[str, ...]
    count_routes: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    batch_routes: tuple[str, ...] = ()
    batch_places: tuple[tuple[str, ...], ...] = (("requests",),)
    batch_item: str = "params"


class Provider(Protocol):
    """What a provider's module has."""

    @property
    def name(self) -> str:
        """Its name: the module's."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names by which a caller may ask for it."""

    @property
    def messages_field(self) -> str:
        """The field of a request's body that holds its messages."""

    @property
    def endpoint(self) -> Endpoint:
        """Which requests are in this format, and where they go."""

    def detect(self, messages: Sequence[Any]) -> float:
        """How surely the messages are in this format, 0 to 1; 0 when they cannot be."""

    def read(self, messages: Sequence[Any]) -> list[Segment]:
        """Every text the model would read, in order, with the call and the query in force for each tool result."""

    def read_beside(self, body: Mapping[str, Any]) -> list[Segment]:
        """The texts of a request's body beside its messages, at places from the body: the system prompt, and the tools
        as one text that nobody may change.
        """

    def part_of(self, message: Any) -> Part:
        """What a message is in an exchange of calls and results."""

    def write(self, messages: Sequence[Any], replacements: Mapping[Place, str]) -> list[Any]:
        """The messages with other texts at some places; messages without one are the same objects."""

    def say(self, text: str) -> dict[str, Any]:
        """A message of the user that holds a text, to stand after others."""

    def offer_tool(self, name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The definition of a tool, to be put into a request's `tools`."""

    def read_tool_call(self, call: Mapping[str, Any]) -> ToolRequest | None:
        """What a tool call asks for, or None if this is no tool call in this format."""

    def answer_tool_call(self, request: ToolRequest, text: str, failed: bool) -> dict[str, Any]:
        """The message or block that answers a tool call."""

    def callable_tools(self, body: Mapping[str, Any]) -> frozenset[str]:
        """The names of the tools among a request's that the model is free to call, by its tools and tool choice."""

    def usage(self, event: Mapping[str, Any]) -> Usage | None:
        """What a whole answer, or one event of a stream, says that the request took; None if it says nothing of it."""

    def error_body(self, status: int, message: str) -> dict[str, Any]:
        """The body of an answer with a status of 400 or more, as the format's SDKs understand it."""
