"""A request's body and the edits that the proxy may make in it: bytes put between those that came, no I/O.

Messages are put in as JSON of our own; whatever the client wrote stays byte for byte, except for messages of the model
that stand for more than one answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from headroom._core import Body
from headroom.frozen import first_text
from headroom.places import as_mapping
from headroom.providers import Provider
from headroom.proxy.answers import Format, Turn
from headroom.proxy.hidden import Chained, Exchange
from headroom.proxy.sse import wire_json
from headroom.segment import RETRIEVE_TOOL, ToolCall
from headroom.tool_calls import define_retrieve_tool

_OWN_NAME = f'"{RETRIEVE_TOOL}"'.encode()


class Edit(NamedTuple):
    """Bytes that stand instead of those from `start` to `end`."""

    start: int
    end: int
    new: bytes


class Request:
    """A request's body, and what can be done to it. `model` is the one that the path names."""

    def __init__(
        self,
        raw: bytes,
        body: Body,
        provider: Provider,
        wire: Format,
        url: str,
        messages: list[Any] | str,
        fields: Mapping[str, Any],
        model: str | None,
    ) -> None:
        self.raw = raw
        self.body = body
        self.provider = provider
        self.format = wire
        self.messages = messages
        self.fields = fields
        self.model = model
        self._url = url
        self._field = provider.messages_field

    @property
    def offers_others(self) -> bool:
        """Whether the client sends tools, and none that is ours by name or at once."""
        tools = self.fields.get("tools")
        if not isinstance(tools, list) or not tools or _OWN_NAME in self.body.raw("tools"):
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
    def tools_text(self) -> str:
        """The client's tools as it wrote them."""
        return self.body.raw("tools").decode()

    @property
    def first_text(self) -> str:
        """What tells the conversation from others."""
        if isinstance(self.messages, str):
            return self.messages
        # Most often it is the first message that says it.
        for size in (1, 2, len(self.messages)):
            text = first_text(self.provider.read(self.messages[:size]))
            if text:
                return text
        return ""

    @property
    def turns(self) -> list[Turn]:
        """The model's turns so far."""
        return self.format.turns(self.messages) if isinstance(self.messages, list) else []

    def chain(self, client_id: str, chained: Chained) -> tuple[list[Edit], list[str]]:
        """The server's id instead of the client's, and the results of open calls before all that is new; and the texts
        that were put in.
        """
        edits = []
        if client_id != chained.id:
            edits.append(Edit(*self._span("previous_response_id"), wire_json(chained.id)))
        new = [wire_json(result) for result in chained.pending]
        if new and isinstance(self.messages, str):
            said = b'{"role":"user","content":%s}' % self.body.raw(self._field)
            edits.append(Edit(*self._span(self._field), b"[%s]" % b",".join([*new, said])))
        elif new:
            start = self._span(self._field, 0)[0]
            edits.append(Edit(start, start, b"".join(each + b"," for each in new)))
        return edits, self._texts(chained.pending)

    def restore(self, turns: list[Turn], exchanges: Sequence[Exchange | None]) -> tuple[list[Edit], list[str]]:
        """The hidden exchanges of the turns, where they took place; and the texts that were put in."""
        edits: list[Edit] = []
        texts: list[str] = []
        for turn, exchange in zip(turns, exchanges, strict=True):
            if exchange is None or (exchange.pending and not self._takes_results(turn.end)):
                continue
            rounds = self._rounds(exchange)
            edits += self._restored(turn, exchange, rounds)
            pending = [result.answer for result in exchange.pending]
            texts += self._texts([*rounds, *(self.format.result_messages(pending) if pending else ())])
        return edits, texts

    def _texts(self, messages: list[dict[str, Any]]) -> list[str]:
        return [segment.text for segment in self.provider.read(messages)]

    def _takes_results(self, index: int) -> bool:
        if self.format.results_field is None:
            return True
        return index < len(self.messages) and self.format.holds_results(self.messages[index])

    def _rounds(self, exchange: Exchange) -> list[dict[str, Any]]:
        messages = []
        for said, results in exchange.rounds:
            messages += [*said, *self.format.result_messages([result.answer for result in results])]
        return messages

    def _restored(self, turn: Turn, exchange: Exchange, rounds: list[dict[str, Any]]) -> list[Edit]:
        start, end = self._span(self._field, turn.start)[0], self._span(self._field, turn.end - 1)[1]
        before = [wire_json(message) for message in rounds]
        if exchange.is_clients:
            edits = [Edit(start, start, b"".join(each + b"," for each in before))]
        else:
            edits = [Edit(start, end, b",".join([*before, *map(wire_json, self._marked(turn, exchange.last))]))]
        pending = [wire_json(result.answer) for result in exchange.pending]
        if pending and self.format.results_field is None:
            edits.append(Edit(end, end, b"".join(b"," + each for each in pending)))
        elif pending:
            edits.append(self._put_first(turn.end, self.format.results_field or "", pending))
        return edits

    def _marked(self, turn: Turn, last: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The last messages with the mark of the cache that the client has put on its own."""
        content = as_mapping(self.messages[turn.end - 1]).get("content")
        mark = as_mapping(content[-1]).get("cache_control") if isinstance(content, list) and content else None
        blocks = last[-1].get("content") if last else None
        if not mark or not isinstance(blocks, list) or not blocks:
            return last
        return [*last[:-1], {**last[-1], "content": [*blocks[:-1], {**blocks[-1], "cache_control": mark}]}]

    def _put_first(self, index: int, field: str, new: list[bytes]) -> Edit:
        """Values at the beginning of a field of a message: a list, or a text that becomes one."""
        start, end = self._span(self._field, index, field)
        value = as_mapping(self.messages[index]).get(field)
        if isinstance(value, str):
            said = [b'{"type":"text","text":%s}' % self.body.raw(self._field, index, field)] if value else []
            return Edit(start, end, b"[%s]" % b",".join([*new, *said]))
        return Edit(start + 1, start + 1, b",".join(new) + (b"," if value else b""))

    def _span(self, *place: str | int) -> tuple[int, int]:
        span = self.body.span(*place)
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
        return edited(raw, [Edit(*span, b"[%s,%s]" % (said, new))])
    return edited(raw, [Edit(span[1] - 1, span[1] - 1, b"," + new)])


def edited(raw: bytes, edits: list[Edit]) -> bytes:
    """The bytes with edits that do not overlap."""
    parts = []
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += [raw[at : edit.start], edit.new]
        at = edit.end
    return b"".join([*parts, raw[at:]])
