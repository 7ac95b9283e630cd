"""What compression did to each tool's results in one request, and where in the prompt that was: a pure account.

Where a text stands decides what it costs: the front of a prompt is what the provider may have read from its cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from headroom.segment import Place, Segment

RentKind = Literal["tool", "retrieved", "hidden", "volatile"]
"""Why a request holds tokens that it would not without Headroom: the retrieve tool's schema, originals that the model
asked for, exchanges that the proxy answered itself, and cache mode's block of values."""

_MOST_CHARACTERS = 200_000
_TELLING_CHARACTERS = 2_000


class Share(NamedTuple):
    """One tool result, or another text that was changed; `at_tokens` of what is forwarded stand before it."""

    tool: str
    tokens_before: int
    tokens_after: int
    at_tokens: int

    @property
    def is_changed(self) -> bool:
        """Whether another text than the client's went out."""
        return self.tokens_after != self.tokens_before


class Rent(NamedTuple):
    """Tokens that are there because of Headroom alone, and how many of those forwarded stand before them, about."""

    kind: RentKind
    tokens: int
    at_tokens: int


class Change(NamedTuple):
    """A text as it was and as it went out, for the user to look at."""

    tool: str
    tokens_before: int
    tokens_after: int
    original: str
    compressed: str

    def as_json(self) -> dict[str, object]:
        """The change as the dashboard shows it, long texts cut."""
        return {
            "tool": self.tool,
            "tokens_before": self.tokens_before,
            "tokens_after": self.tokens_after,
            "original": self.original[:_MOST_CHARACTERS],
            "compressed": self.compressed[:_MOST_CHARACTERS],
            "is_cut": max(len(self.original), len(self.compressed)) > _MOST_CHARACTERS,
        }


class Shares(NamedTuple):
    """The account of one request.

    `retrievals` are originals that came back with this request; `only_retrieves` says that nothing else did, so there
    would have been no request without Headroom. `is_partial`: the prompt holds more than this request tells.
    `conversation` names it in this process, roughly.
    """

    shares: tuple[Share, ...]
    rent: tuple[Rent, ...]
    retrievals: int
    only_retrieves: bool
    changes: tuple[Change, ...]
    is_partial: bool
    conversation: int


def shares_of(
    segments: Sequence[Segment],
    written: Mapping[Place, str],
    tool_tokens: int,
    *,
    with_texts: bool = False,
    is_partial: bool = False,
) -> Shares:
    """The account of a run's segments, in the order in which the model reads them; linear in their number.

    `written` are the texts that went out in place of others, `tool_tokens` the retrieve tool's schema. `with_texts`
    keeps both forms of what was changed.
    """
    shares: list[Share] = []
    changes: list[Change] = []
    rent = [Rent("tool", tool_tokens, 0)] if tool_tokens else []
    at = newest = 0
    for segment in segments:
        before = after = segment.steps[0].tokens_before
        text = written.get(segment.place)
        is_result = segment.origin == "tool"
        if text is not None:
            after = before - _saved(segment)
        if segment.origin == "assistant":
            newest = len(shares)
        if is_result or text is not None:
            name = segment.call.name if segment.call is not None else "unknown" if is_result else f"({segment.origin})"
            shares.append(Share(name, before, after, at))
            if is_result and segment.call is not None and segment.call.is_retrieve:
                rent.append(Rent("retrieved", after, at))
            if text is not None and with_texts:
                changes.append(Change(name, before, after, segment.text, text))
        at += after
    came = shares[newest:]
    at_newest = came[0].at_tokens if came else at
    retrievals = sum(each.kind == "retrieved" and each.at_tokens >= at_newest for each in rent) if came else 0
    only = bool(came) and retrievals == len(came)
    first = next((segment.text for segment in segments if segment.origin == "user"), "")
    conversation = hash((first[:_TELLING_CHARACTERS], len(first)))
    return Shares(tuple(shares), tuple(rent), retrievals, only, tuple(changes), is_partial, conversation)


def _saved(segment: Segment) -> int:
    return sum(step.tokens_before - step.tokens_after for step in segment.steps if step.name == "write")
