"""Answers of Anthropic Messages.

Source: https://docs.anthropic.com/en/api/messages-streaming. Blocks of hidden calls are left out and the indexes after
them moved; of later rounds the client sees the blocks alone, within the message that the first one began. Usage and the
reason to stop come with the last `message_delta`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, json_arguments
from headroom.proxy.answers import Answer, Round, Turn, is_hidden, runs, solid, summed
from headroom.proxy.sse import event_of, frame_of
from headroom.segment import RETRIEVE_TOOL

keeps_responses = False
results_field = "content"

_NAME = RETRIEVE_TOOL.encode()


def is_able(body: Mapping[str, Any], url: str) -> bool:
    """Always: an answer is one message."""
    return True


def turns(messages: Sequence[Any]) -> list[Turn]:
    """Messages of the assistant that follow each other."""
    return runs(messages, lambda message: message.get("role") == "assistant", _said)


def _said(messages: Sequence[Mapping[str, Any]]) -> str:
    blocks = [block for message in messages for block in _blocks(message.get("content"))]
    calls = " ".join(str(block.get("id")) for block in blocks if block.get("type") == "tool_use")
    text = solid("".join(str(block.get("text")) for block in blocks if block.get("type") == "text"))
    return calls or text or "".join(str(block.get("signature") or "") for block in blocks)


def _blocks(content: Any) -> list[Mapping[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [as_mapping(block) for block in content] if isinstance(content, list) else []


def round_of(answer: Answer) -> Round:
    """The message without empty texts, which the API refuses."""
    blocks = [dict(block) for block in _blocks(answer.get("content"))]
    calls = [block for block in blocks if block.get("type") == "tool_use"]
    hidden = [call for call in calls if is_hidden(call.get("name"))]
    content = [block for block in blocks if block.get("type") != "text" or str(block.get("text")).strip()]
    is_whole = answer.get("stop_reason") == "tool_use"
    return Round([{"role": "assistant", "content": content}], hidden, len(hidden) < len(calls), is_whole)


def joined(answers: Sequence[Answer]) -> Answer:
    """The first message with the blocks of all, and the end of the last."""
    *_, last = answers
    content = [block for answer in answers for block in _blocks(answer.get("content")) if not _is_hidden(block)]
    whole = {**last, "id": answers[0].get("id"), "content": content, "stop_reason": _stop_reason(last)}
    return {**whole, "usage": summed(answer.get("usage") for answer in answers)}


def _is_hidden(block: Mapping[str, Any]) -> bool:
    return block.get("type") == "tool_use" and is_hidden(block.get("name"))


def _stop_reason(answer: Answer) -> Any:
    """Why the model stopped, for a client that sees no hidden calls."""
    said = round_of(answer)
    return "end_turn" if said.goes_on else answer.get("stop_reason")


def shown(answer: Answer) -> list[dict[str, Any]]:
    """The message, if anything stands in it."""
    content = answer.get("content")
    return [{"role": "assistant", "content": content}] if content else []


def result_messages(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One message of the user with all results."""
    return [{"role": "user", "content": list(results)}]


def holds_results(message: Any) -> bool:
    """Whether it is a message of the user."""
    fields = as_mapping(message)
    return fields.get("role") == "user" and isinstance(fields.get("content"), str | list)


class Splice:
    """Streams of Anthropic Messages as one."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._shown = 0
        self._earlier: list[bytes] = []
        self._is_watching = False

    def begin(self, may_go_on: bool) -> None:
        """A stream begins."""
        self._may_go_on = may_go_on
        self._is_withheld = False
        self._message: dict[str, Any] = {}
        self._blocks: dict[Any, dict[str, Any]] = {}
        self._arguments: dict[Any, list[str]] = {}
        self._indexes: dict[Any, int | None] = {}

    def feed(self, frame: bytes) -> bytes:
        """The frame as it came until a hidden call may have begun; then each event is looked at."""
        if not self._is_watching:
            if _NAME not in frame:
                self._earlier.append(frame)
                return frame
            self._is_watching = True
            for known in self._earlier:
                self._pass(known)
            self._earlier.clear()
        return self._pass(frame)

    def _pass(self, frame: bytes) -> bytes:
        event = event_of(frame)
        kind = None if event is None else event.get("type")
        if event is None or not isinstance(kind, str):
            return frame
        if kind == "message_start":
            self._message = dict(as_mapping(event.get("message")))
            return b"" if self.answers else frame
        if kind.startswith("content_block_"):
            return self._pass_block(kind, event, frame)
        if kind == "message_delta":
            return self._pass_end(event, frame)
        return b"" if kind == "message_stop" and self._is_withheld else frame

    def _pass_block(self, kind: str, event: dict[str, Any], frame: bytes) -> bytes:
        index = event.get("index")
        if kind == "content_block_start":
            block = dict(as_mapping(event.get("content_block")))
            self._blocks[index] = block
            self._indexes[index] = None if _is_hidden(block) else self._shown
            self._shown += not _is_hidden(block)
        elif kind == "content_block_delta" and index in self._blocks:
            self._add(index, as_mapping(event.get("delta")))
        moved = self._indexes.get(index)
        if moved is None:
            return b"" if index in self._indexes else frame
        return frame if moved == index else frame_of({**event, "index": moved}, kind)

    def _add(self, index: Any, delta: Mapping[str, Any]) -> None:
        block = self._blocks[index]
        for name, value in delta.items():
            if name == "partial_json":
                self._arguments.setdefault(index, []).append(str(value))
            elif name == "citation":
                block["citations"] = [*(block.get("citations") or ()), value]
            elif name != "type" and isinstance(value, str):
                block[name] = f"{block.get(name) or ''}{value}"

    def _pass_end(self, event: dict[str, Any], frame: bytes) -> bytes:
        delta, usage = as_mapping(event.get("delta")), as_mapping(event.get("usage"))
        for index, parts in self._arguments.items():
            self._blocks[index]["input"] = _input("".join(parts))
        content = [_plain(block) for block in self._blocks.values()]
        used = {**as_mapping(self._message.get("usage")), **usage}
        answer = {**self._message, **delta, "content": content, "usage": used}
        self.answers.append(answer)
        said = round_of(answer)
        if said.goes_on and self._may_go_on:
            self._is_withheld = True
            return b""
        if len(self.answers) == 1 and not said.calls:
            return frame
        whole = joined(self.answers)
        return frame_of(
            {**event, "delta": {**delta, "stop_reason": whole["stop_reason"]}, "usage": whole["usage"]}, "message_delta"
        )

    def fail(self, status: int, body: Mapping[str, Any]) -> bytes:
        """An event that tells of the error, after which nothing comes."""
        return frame_of({"type": "error", **body}, "error")


def _input(text: str) -> Any:
    return json_arguments(text) if text.strip() else {}


def _plain(block: dict[str, Any]) -> dict[str, Any]:
    """A block as it is sent back: without the fields that are null."""
    return {name: value for name, value in block.items() if value is not None}
