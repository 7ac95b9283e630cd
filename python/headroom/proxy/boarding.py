"""Before a request goes out: the retrieve tool is offered, hidden exchanges are put back, chains are mapped.

Whether the tool is offered is decided on the first request of a conversation and recorded, so that it never comes later
and never goes; a conversation that was known before without it stays so. What is added is spliced into the bytes that
came: the tool last among the client's, exchanges where they took place. All else stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from headroom._core import Body, holds
from headroom.errors import StoreError
from headroom.frozen import conversation_name
from headroom.places import readable
from headroom.providers import Provider
from headroom.proxy.answers import Format, format_of
from headroom.proxy.hidden import Chained, Exchange, chain_name, found, found_chain, names_of
from headroom.proxy.request_edits import Edit, Request, edited
from headroom.proxy.sse import wire_json
from headroom.report import report
from headroom.settings import Settings
from headroom.store import Record, Store
from headroom.tokens import TokenCounter, token_counter
from headroom.tool_calls import define_retrieve_tool

_TOOLS, _PREVIOUS = b'"tools"', b'"previous_response_id"'
_NOTED = b"1"


@dataclass(frozen=True, slots=True)
class Offer:
    """That the tool was offered in a request: what answering the model's calls of it takes."""

    provider: Provider
    format: Format
    store: Store
    conversation: str
    said: Counter[str]
    """How often the turns of the request said what they say."""
    previous_id: tuple[str, str] | None
    """The response that the client goes on from, by the client's id and the server's."""
    is_kept: bool
    """Whether the provider keeps the response, so that the client may go on from it."""
    is_stream: bool


class Boarded(NamedTuple):
    """A body that was read, and what is to be put into it. `raw` are its bytes if they are no longer those that came.

    `added` are bytes that are still to be put in, with their positions. `can_call`: whether the model may call the tool
    that was offered now. `rent_tokens` are those of all that was put in, `tokens_inside` those of them in `body`.
    `records` say what was decided: nothing of it may go out before they are written.
    """

    body: Body
    messages: Any
    raw: bytes | None = None
    added: tuple[tuple[int, bytes], ...] = ()
    offer: Offer | None = None
    can_call: bool = False
    rent_tokens: int = 0
    tokens_inside: int = 0
    records: tuple[Record, ...] = ()

    def without_offer(self) -> Boarded:
        """The body as it came: what was decided on it now could not be written."""
        return Boarded(self.body, self.messages)


def is_concerned(raw: bytes) -> bool:
    """Whether there may be something to put into a body; looks for two names alone."""
    return holds(raw, _TOOLS) or holds(raw, _PREVIOUS)


class Boarding:
    """What all requests have in common. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_on = settings.offer_retrieve and settings.retrieval != "none" and settings.level != "lossless"

    def board(
        self, raw: bytes, provider: Provider, url: str, open_store: Callable[[], Store], model: str | None = None
    ) -> Boarded | None:
        """A body with what is to be put into it; None if it is no conversation in the format."""
        try:
            body = Body(raw)
            names = body.names()
            messages = body.get(provider.messages_field)
            fields = {name: body.get(name) for name in names if name != provider.messages_field}
        except ValueError:
            return None
        if not isinstance(messages, list | str) or not messages:
            return None
        wire = format_of(provider.name)
        if wire is None or len(set(names)) < len(names):
            return Boarded(body, messages)
        try:
            return self._boarded(Request(raw, body, provider, wire, url, messages, fields, model), open_store)
        except StoreError as error:
            report(f"the retrieve tool was not offered: {error}")
            return Boarded(body, messages)

    def _boarded(self, request: Request, open_store: Callable[[], Store]) -> Boarded:
        client_id = request.fields.get("previous_response_id")
        is_offerable = self._is_on and request.offers_others and request.is_able
        if not is_offerable and client_id is None:
            return Boarded(request.body, request.messages)
        store = open_store()
        conversation = store.key_of(readable(request.first_text))
        turns = request.turns if is_offerable else []
        exchanges: list[Exchange | None] = [None] * len(turns)
        edits: list[Edit] = []
        texts: list[str] = []
        records: tuple[Record, ...] = ()
        chained = None
        if client_id is not None:
            chained = _chained(store, client_id)
            is_offered = is_offerable and chained is not None
            if chained is not None:
                edits, texts = request.chain(client_id, chained)
        else:
            names = names_of(store, conversation, turns)
            is_offered, records, values = self._is_offered(store, conversation, request, names)
            exchanges = [found(store, name, values) for name in names]
        if not is_offered:
            return self._put(request, edits, texts, records, None)
        restored, more_texts = request.restore(turns, exchanges)
        offer = Offer(
            request.provider,
            request.format,
            store,
            conversation,
            Counter(turn.said for turn in turns),
            previous_id=None if chained is None else (str(client_id), chained.id),
            is_kept=request.format.keeps_responses and request.fields.get("store") is not False,
            is_stream=request.is_stream,
        )
        return self._put(request, [*edits, *restored], [*texts, *more_texts], records, offer)

    def _is_offered(
        self, store: Store, conversation: str, request: Request, names: list[str]
    ) -> tuple[bool, tuple[Record, ...], Mapping[str, bytes]]:
        """Whether the tool is offered, which is decided once; the record of that, if it is yet to be written; and what
        is recorded under the names.
        """
        offered = store.name_of("offer", request.provider.name, conversation)
        refused = store.name_of("no offer", request.provider.name, conversation, request.tools_text)
        known = conversation_name(store, conversation)
        values = store.records([offered, refused, known, *filter(None, names)])
        if offered in values:
            return True, (), values
        # Others that began with the same words say nothing about a conversation that begins only now.
        if names and (refused in values or known in values):
            return False, (), {}
        is_offered = request.is_callable
        return is_offered, (Record(offered if is_offered else refused, _NOTED),), values

    def _put(
        self,
        request: Request,
        edits: list[Edit],
        texts: list[str],
        records: tuple[Record, ...],
        offer: Offer | None,
    ) -> Boarded:
        """The edits in the body, and the tool, if it is offered, beside it."""
        named = request.fields.get("model")
        counter = token_counter(named if isinstance(named, str) else request.model or self._settings.model)
        inside = sum(counter.count(text) for text in texts)
        body, messages, raw = request.body, request.messages, None
        if edits:
            raw = edited(request.raw, edits)
            body = Body(raw)
            messages = body.get(request.provider.messages_field)
        if offer is None:
            return Boarded(body, messages, raw, rent_tokens=inside, tokens_inside=inside, records=records)
        tool = _tool_json(request.provider.name)
        span = body.span("tools")
        assert span is not None, "the client sends tools"
        added = ((span[1] - 1, b"," + tool),)
        rent = inside + _count(counter, tool)
        return Boarded(body, messages, raw, added, offer, request.is_callable, rent, inside, records)


@lru_cache(maxsize=16)
def _tool_json(format: str) -> bytes:
    """The retrieve tool in a provider's format."""
    return wire_json(define_retrieve_tool(format))


@lru_cache(maxsize=256)
def _count(counter: TokenCounter, tool: bytes) -> int:
    return counter.count(tool.decode())


def settled(boarded: Boarded, open_store: Callable[[], Store]) -> Boarded:
    """The body with its records written, of which nothing else says anything; without the offer if they cannot be."""
    try:
        open_store().put_many((), boarded.records)
    except StoreError as error:
        report(f"the retrieve tool was not offered: {error}")
        return boarded.without_offer()
    return boarded


def _chained(store: Store, client_id: Any) -> Chained | None:
    if not isinstance(client_id, str):
        return None
    name = chain_name(store, client_id)
    return found_chain(store.records([name]).get(name))
