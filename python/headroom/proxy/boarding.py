"""Before a request goes out: the retrieve tool is offered, hidden exchanges are put back, chains are mapped.

Whether the tool is offered is decided on the first request of a conversation and recorded, so that it never comes later
and never goes; a conversation that was known before without it stays so. What is added is spliced into the bytes that
came: the tool last among the client's, exchanges where they took place. All else stays as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from headroom._core import Body
from headroom.frozen import conversation_name, first_text
from headroom.places import as_mapping, readable
from headroom.providers import Provider
from headroom.proxy.answers import Format, Turn, format_of
from headroom.proxy.hidden import Chained, Exchange, chain_name, found, found_chain, names_of
from headroom.proxy.sse import wire_json
from headroom.segment import RETRIEVE_TOOL, ToolCall
from headroom.settings import Settings
from headroom.store import Record, Store
from headroom.tokens import token_counter
from headroom.tool_calls import define_retrieve_tool

_TOOLS, _PREVIOUS = b'"tools"', b'"previous_response_id"'
_NOTED = b"1"
_OWN_NAME = f'"{RETRIEVE_TOOL}"'.encode()


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
    """A body as it goes out, what was offered in it, and the tokens that were added."""

    raw: bytes
    offer: Offer | None
    rent_tokens: int


class _Edit(NamedTuple):
    """Bytes that stand instead of those from `start` to `end`."""

    start: int
    end: int
    new: bytes


def is_concerned(raw: bytes) -> bool:
    """Whether there may be something to add to a body; looks for two names alone."""
    return _TOOLS in raw or _PREVIOUS in raw


class Boarding:
    """What all requests have in common. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_on = settings.offer_retrieve and settings.retrieval != "none" and settings.level != "lossless"

    def board(
        self, raw: bytes, provider: Provider, url: str, open_store: Callable[[], Store], model: str | None = None
    ) -> Boarded | None:
        """The body as it goes out; None where it stays as it came. Raises StoreError."""
        wire = format_of(provider.name)
        if wire is None or not is_concerned(raw):
            return None
        try:
            body = Body(raw)
            names = body.names()
            messages = body.get(provider.messages_field)
            fields = {name: body.get(name) for name in names if name != provider.messages_field}
        except ValueError:
            return None
        if len(set(names)) < len(names) or not isinstance(messages, list | str) or not messages:
            return None
        request = _Request(body, provider, wire, url, messages, fields)
        boarded = self._boarded(request, open_store)
        if boarded is None:
            return None
        edits, added, offer = boarded
        counter = token_counter(str(fields.get("model") or model or self._settings.model or ""))
        return Boarded(_edited(raw, edits), offer, sum(counter.count(each.decode()) for each in added))

    def _boarded(
        self, request: _Request, open_store: Callable[[], Store]
    ) -> tuple[list[_Edit], list[bytes], Offer | None] | None:
        client_id = request.fields.get("previous_response_id")
        is_offerable = self._is_on and request.offers_others and request.is_able
        if not is_offerable and client_id is None:
            return None
        store = open_store()
        conversation = store.key_of(readable(request.first_text))
        chained = None
        values: Mapping[str, bytes] = {}
        edits: list[_Edit] = []
        added: list[bytes] = []
        if isinstance(client_id, str):
            chained = found_chain(store.records([name := chain_name(store, client_id)]).get(name))
            if chained is not None:
                edits, added = request.chain(client_id, chained)
        turns = request.turns if is_offerable else []
        names = names_of(store, conversation, turns)
        if client_id is not None:
            is_offered = is_offerable and chained is not None
        else:
            is_offered, values = self._is_offered(store, conversation, request, names)
        if not is_offered:
            return (edits, added, None) if edits else None
        more, texts = request.restore(turns, names, store, values)
        tool = wire_json(define_retrieve_tool(request.provider.name))
        edits += [*more, request.append("tools", tool)]
        previous = None if chained is None or not isinstance(client_id, str) else (client_id, chained.id)
        said = Counter(turn.said for turn in turns)
        offer = Offer(
            request.provider,
            request.format,
            store,
            conversation,
            said,
            previous,
            is_kept=request.format.keeps_responses and request.fields.get("store") is not False,
            is_stream=request.is_stream,
        )
        return edits, [*added, *texts, tool], offer

    def _is_offered(
        self, store: Store, conversation: str, request: _Request, names: list[str]
    ) -> tuple[bool, Mapping[str, bytes]]:
        """Whether the tool is offered, which is decided once, and what is recorded under the names."""
        offered = store.name_of("offer", request.provider.name, conversation)
        refused = store.name_of("no offer", request.provider.name, conversation, request.tools_digest)
        known = conversation_name(store, conversation)
        values = store.records([offered, refused, known, *filter(None, names)])
        if offered in values:
            return True, values
        if refused in values or known in values:
            return False, {}
        if not request.is_callable:
            store.put_many((), [Record(refused, _NOTED)])
            return False, {}
        store.put_many((), [Record(offered, _NOTED)])
        return True, values


class _Request:
    """A request's body, and what can be done to it."""

    def __init__(
        self,
        body: Body,
        provider: Provider,
        wire: Format,
        url: str,
        messages: list[Any] | str,
        fields: Mapping[str, Any],
    ) -> None:
        self.provider = provider
        self.format = wire
        self.fields = fields
        self._body = body
        self._url = url
        self._messages = messages
        self._field = provider.messages_field

    @property
    def offers_others(self) -> bool:
        """Whether the client sends tools, and none that is ours by name or at once."""
        tools = self.fields.get("tools")
        if not isinstance(tools, list) or not tools or _OWN_NAME in self._body.raw("tools"):
            return False
        names = self.provider.callable_tools({"tools": tools})
        return not any(ToolCall(name, "").is_retrieve for name in names)

    @property
    def is_able(self) -> bool:
        """Whether calls of ours in the answer could be answered."""
        return self.format.is_able(self.fields, self._url)

    @property
    def is_stream(self) -> bool:
        """Whether the answer is to come as events."""
        return self.fields.get("stream") is True or ":stream" in self._url

    @property
    def is_callable(self) -> bool:
        """Whether the model may call ours now."""
        tools = [*self.fields["tools"], define_retrieve_tool(self.provider.name)]
        return RETRIEVE_TOOL in self.provider.callable_tools({**self.fields, "tools": tools})

    @property
    def tools_digest(self) -> str:
        return self._body.raw("tools").decode()

    @property
    def first_text(self) -> str:
        if isinstance(self._messages, str):
            return self._messages
        # Most often it is the first message that says it.
        for size in (1, 2, len(self._messages)):
            text = first_text(self.provider.read(self._messages[:size]))
            if text:
                return text
        return ""

    @property
    def turns(self) -> list[Turn]:
        return self.format.turns(self._messages) if isinstance(self._messages, list) else []

    def append(self, field: str, new: bytes) -> _Edit:
        """A value at the end of a field that is a list with something in it."""
        _, end = self._span(field)
        return _Edit(end - 1, end - 1, b"," + new)

    def chain(self, client_id: str, chained: Chained) -> tuple[list[_Edit], list[bytes]]:
        """The server's id instead of the client's, and the results of open calls before all that is new."""
        edits = []
        if client_id != chained.id:
            edits.append(_Edit(*self._span("previous_response_id"), wire_json(chained.id)))
        added = [wire_json(result) for result in chained.pending]
        if added and isinstance(self._messages, str):
            said = b'{"role":"user","content":%s}' % self._body.raw(self._field)
            edits.append(_Edit(*self._span(self._field), b"[%s]" % b",".join([*added, said])))
        elif added:
            start = self._span(self._field, 0)[0]
            edits.append(_Edit(start, start, b"".join(each + b"," for each in added)))
        return edits, added

    def restore(
        self, turns: list[Turn], names: list[str], store: Store, values: Mapping[str, bytes]
    ) -> tuple[list[_Edit], list[bytes]]:
        """The hidden exchanges of the turns, where they took place."""
        exchanges = found(store, [name for name in names if name in values], values)
        edits: list[_Edit] = []
        texts: list[bytes] = []
        for turn, name in zip(turns, names, strict=True):
            exchange = exchanges.get(name)
            if exchange is None or (exchange.pending and not self._takes_results(turn.end)):
                continue
            made, added = self._restored(turn, exchange)
            edits += made
            texts += added
        return edits, texts

    def _takes_results(self, index: int) -> bool:
        if self.format.results_field is None:
            return True
        return index < len(self._messages) and self.format.holds_results(self._messages[index])

    def _restored(self, turn: Turn, exchange: Exchange) -> tuple[list[_Edit], list[bytes]]:
        before = []
        for messages, results in exchange.rounds:
            before += [*messages, *self.format.result_messages([result.answer for result in results])]
        added = [wire_json(message) for message in before]
        start, end = self._span(self._field, turn.start)[0], self._span(self._field, turn.end - 1)[1]
        if exchange.is_clients:
            edits = [_Edit(start, start, b"".join(each + b"," for each in added))]
        else:
            edits = [_Edit(start, end, b",".join([*added, *map(wire_json, self._marked(turn, exchange.last))]))]
        pending = [wire_json(result.answer) for result in exchange.pending]
        if pending and self.format.results_field is None:
            edits.append(_Edit(end, end, b"".join(b"," + each for each in pending)))
        elif pending:
            edits.append(self._put_first(turn.end, self.format.results_field or "", pending))
        return edits, [*added, *pending]

    def _marked(self, turn: Turn, last: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The last messages with the mark of the cache that the client has put on its own."""
        content = as_mapping(self._messages[turn.end - 1]).get("content")
        mark = as_mapping(content[-1]).get("cache_control") if isinstance(content, list) and content else None
        blocks = last[-1].get("content") if last else None
        if not mark or not isinstance(blocks, list) or not blocks:
            return last
        return [*last[:-1], {**last[-1], "content": [*blocks[:-1], {**blocks[-1], "cache_control": mark}]}]

    def _put_first(self, index: int, field: str, new: list[bytes]) -> _Edit:
        """Values at the beginning of a field of a message: a list, or a text that becomes one."""
        start, end = self._span(self._field, index, field)
        value = as_mapping(self._messages[index]).get(field)
        if isinstance(value, str):
            said = [b'{"type":"text","text":%s}' % self._body.raw(self._field, index, field)] if value else []
            return _Edit(start, end, b"[%s]" % b",".join([*new, *said]))
        return _Edit(start + 1, start + 1, b",".join(new) + (b"," if value else b""))

    def _span(self, *place: str | int) -> tuple[int, int]:
        span = self._body.span(*place)
        assert span is not None, place
        return span


def extended(raw: bytes, provider: Provider, messages: list[dict[str, Any]]) -> bytes:
    """A body with more messages after its own."""
    body = Body(raw)
    field = provider.messages_field
    span = body.span(field)
    assert span is not None
    new = b",".join(map(wire_json, messages))
    if isinstance(body.get(field), str):
        said = b'{"role":"user","content":%s}' % body.raw(field)
        return _edited(raw, [_Edit(*span, b"[%s,%s]" % (said, new))])
    return _edited(raw, [_Edit(span[1] - 1, span[1] - 1, b"," + new)])


def _edited(raw: bytes, edits: list[_Edit]) -> bytes:
    parts = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [raw[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*parts, raw[at:]])
