"""Answers of providers: what one says, several made one without the hidden calls, as JSON and as a stream. No I/O.

A hidden call is the model's call of the retrieve tool where the proxy offered it and answers it. A provider's answer
with one is a round; the rounds of a client's request and the answer after them become one answer, in which neither the
calls nor their results stand. A format has a module here with the name of its provider; in a format that has none, the
proxy offers no tool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from headroom.places import as_mapping
from headroom.segment import RETRIEVE_TOOL

MOST_TOOLS = 128
"""So many tools OpenAI's APIs take in one request."""

Answer = dict[str, Any]
"""A provider's answer as it would be without streaming."""


class Round(NamedTuple):
    """What an answer says: the model's messages as they are sent back, and its hidden calls as the format has them.

    `has_others`: tools of the client are called besides. `is_whole`: the model has ended its calls by itself.
    """

    messages: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    has_others: bool
    is_whole: bool

    @property
    def goes_on(self) -> bool:
        """Whether the answers to the hidden calls are all that the model waits for."""
        return bool(self.calls) and self.is_whole and not self.has_others


class Turn(NamedTuple):
    """Messages of the model that follow each other: places `start` up to `end`, and what tells them from others: the
    ids of its calls, or its text without white space, or its thoughts.
    """

    start: int
    end: int
    said: str


class Splice(Protocol):
    """The streams of all rounds as one: frames in, frames out. One object a request of a client."""

    answers: list[Answer]
    """The answers whose closing events have come, as they would be without streaming."""

    def begin(self, may_go_on: bool) -> None:
        """A provider's stream begins; `may_go_on`: whether its hidden calls may be answered by another round."""

    def feed(self, frame: bytes) -> bytes:
        """What the client gets for a frame of the provider's: the same bytes, others, or none."""

    def fail(self, status: int, body: Mapping[str, Any]) -> bytes:
        """The end of the stream where a later round was refused or broke off; `body` words an error as the API does."""


class Format(Protocol):
    """What the module of a format has."""

    Splice: type[Splice]

    def is_able(self, body: Mapping[str, Any], url: str) -> bool:
        """Whether hidden calls in the answers to a request with `tools` could be answered."""

    def turns(self, messages: Sequence[Any]) -> list[Turn]:
        """The turns of the model among a request's messages."""

    def round_of(self, answer: Answer) -> Round:
        """What an answer says."""

    def joined(self, answers: Sequence[Answer]) -> Answer:
        """One answer for the client: what all of them say without hidden calls, and the sum of what they used."""

    def shown(self, answer: Answer) -> list[dict[str, Any]]:
        """The messages that a client keeps of an answer."""

    def result_messages(self, results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The messages that answer the calls of a round, from the answers to its single calls."""

    keeps_responses: bool
    """Whether a client may go on from an answer by its id alone."""

    results_field: str | None
    """The field of a message that holds results; None where each result is a message of its own."""

    def holds_results(self, message: Any) -> bool:
        """Whether results may be put before what stands in a message of the client's."""


@cache
def format_of(provider: str) -> Format | None:
    """The module for the format of a provider of this name; None if there is none."""
    wanted = f"{__name__}.{provider}"
    try:
        return cast(Format, import_module(wanted))
    except ModuleNotFoundError as error:
        if error.name != wanted:
            raise
        return None


def is_hidden(name: Any) -> bool:
    """Whether a call of this tool is for the proxy: it offers its own where no client has one of that name."""
    return bool(name == RETRIEVE_TOOL)


def runs(
    messages: Sequence[Any],
    is_models: Callable[[Mapping[str, Any]], bool],
    said: Callable[[Sequence[Mapping[str, Any]]], str],
) -> list[Turn]:
    """The turns of the model: messages of its own that follow each other, and what `said` makes of them."""
    found = []
    fields = [as_mapping(message) for message in messages]
    start = None
    for index in range(len(fields) + 1):
        is_in = index < len(fields) and is_models(fields[index])
        if is_in and start is None:
            start = index
        elif not is_in and start is not None:
            found.append(Turn(start, index, said(fields[start:index])))
            start = None
    return found


def solid(text: str) -> str:
    """A text without its white space, which clients may change at its ends."""
    return "".join(text.split())


def summed(uses: Iterable[Any]) -> dict[str, Any]:
    """What several answers used together: numbers are added, tokens by modality each with its own; of all else the
    last is taken.
    """
    total: dict[str, Any] = {}
    for used in uses:
        for name, value in as_mapping(used).items():
            total[name] = _sum(total.get(name), value)
    return total


def _sum(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return summed((one, other))
    if isinstance(one, list) and isinstance(other, list):
        by_kind: dict[Any, Any] = {}
        for each in (*one, *other):
            kind = as_mapping(each).get("modality")
            by_kind[kind] = summed((by_kind.get(kind), each)) | {"modality": kind}
        return list(by_kind.values())
    are_numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other))
    if are_numbers:
        return one + other
    return one if other is None else other
