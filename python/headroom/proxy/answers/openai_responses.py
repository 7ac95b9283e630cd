"""Answers of OpenAI Responses.

Source: https://platform.openai.com/docs/api-reference/responses-streaming. Items of hidden calls are left out, the
output indexes after them moved and the events numbered anew. Of later rounds the client sees the items alone, within
the response that the first one began, and at the end one response that holds them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, texts_of
from headroom.proxy.answers import MOST_TOOLS, Answer, Round, Turn, is_hidden, runs, solid, summed
from headroom.proxy.sse import event_of, frame_of
from headroom.segment import RETRIEVE_TOOL

keeps_responses = True
results_field = None

_NAME, _CALL = RETRIEVE_TOOL.encode(), b"function_call"
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_WRITTEN_ENDS = tuple(f'"{name}"'.encode() for name in _ENDS)
_CLIENTS_CALLS = frozenset(
    {
        "function_call",
        "custom_tool_call",
        "local_shell_call",
        "shell_call",
        "apply_patch_call",
        "computer_call",
        "mcp_approval_request",
    }
)
_CLIENTS_TOOLS = frozenset(
    {
        "function",
        "custom",
        "namespace",
        "local_shell",
        "shell",
        "apply_patch",
        "computer",
        "computer_use_preview",
    }
)
_TEXT_KINDS = frozenset({"output_text", "text"})


def is_able(body: Mapping[str, Any], url: str) -> bool:
    """Where the answer comes with the request, the provider keeps no conversation that hidden items would join, and
    the API takes one function more: some models have tools of the provider's alone.
    """
    tools = body.get("tools")
    kinds = [as_mapping(tool).get("type") for tool in tools] if isinstance(tools, list) else []
    is_apart = not body.get("background") and not body.get("conversation")
    return is_apart and len(kinds) < MOST_TOOLS and any(kind in _CLIENTS_TOOLS for kind in kinds)


def turns(messages: Sequence[Any]) -> list[Turn]:
    """Items of the model that follow each other."""
    return runs(messages, _is_models, _said)


def _is_models(item: Mapping[str, Any]) -> bool:
    kind = str(item.get("type") or "message")
    if kind == "message":
        return item.get("role") == "assistant"
    return kind != "item_reference" and not kind.endswith("_output")


def _said(items: Sequence[Mapping[str, Any]]) -> str:
    calls = [str(item.get("call_id") or item.get("id")) for item in items if item.get("type") in _CLIENTS_CALLS]
    texts = (text for item in items for text, _, _ in texts_of(item.get("content"), (), _TEXT_KINDS))
    thoughts = (str(item.get("encrypted_content") or item.get("id") or "") for item in items)
    return " ".join(calls) or solid("".join(texts)) or "".join(thoughts)


def _items(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    output = answer.get("output")
    return [as_mapping(item) for item in output] if isinstance(output, list) else []


def _is_hidden(item: Mapping[str, Any]) -> bool:
    return item.get("type") == "function_call" and is_hidden(item.get("name"))


def round_of(answer: Answer) -> Round:
    """The items of the output. Where the provider keeps none, reasoning without its encrypted content says nothing."""
    items = [dict(item) for item in _items(answer)]
    hidden = [item for item in items if _is_hidden(item)]
    others = sum(item.get("type") in _CLIENTS_CALLS for item in items) > len(hidden)
    kept = [
        item
        for item in items
        if answer.get("store") is not False or item.get("type") != "reasoning" or item.get("encrypted_content")
    ]
    return Round(kept, hidden, others, answer.get("status") == "completed")


def joined(answers: Sequence[Answer]) -> Answer:
    """The first response with the items of all, and the end of the last."""
    first, last = answers[0], answers[-1]
    same: Answer = {name: first[name] for name in ("id", "created_at", "previous_response_id") if name in first}
    output = [item for answer in answers for item in _items(answer) if not _is_hidden(item)]
    whole = {**last, **same, "output": output}
    usage = summed(answer.get("usage") for answer in answers)
    return {**whole, "usage": usage} if usage else whole


def shown(answer: Answer) -> list[dict[str, Any]]:
    """The items of the output."""
    return [dict(item) for item in _items(answer)]


def result_messages(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each result is an item."""
    return list(results)


def holds_results(message: Any) -> bool:
    """Never: results are items of their own."""
    return False


class Splice:
    """Streams of Responses as one."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._earlier: list[bytes] = []
        self._is_watching = False
        self._response: Mapping[str, Any] = {}
        self._shown = 0
        self._number: int | None = None

    def begin(self, may_go_on: bool) -> None:
        """A stream begins."""
        self._may_go_on = may_go_on
        self._indexes: dict[Any, int | None] = {}

    def feed(self, frame: bytes) -> bytes:
        """The frame as it came until a hidden call may have begun; then each event is looked at."""
        if not self._is_watching:
            if _NAME not in frame or _CALL not in frame:
                self._earlier.append(frame)
                self._note_end(frame)
                return frame
            self._is_watching = True
            for known in self._earlier:
                self._pass(known)
            self._earlier.clear()
        return self._pass(frame)

    def _note_end(self, frame: bytes) -> None:
        """Notes an answer without hidden calls, since the client may go on from it."""
        if any(name in frame for name in _WRITTEN_ENDS):
            event = event_of(frame) or {}
            if event.get("type") in _ENDS:
                self.answers.append(dict(as_mapping(event.get("response"))))

    def _pass(self, frame: bytes) -> bytes:
        event = event_of(frame)
        kind = None if event is None else event.get("type")
        if event is None or not isinstance(kind, str):
            return frame
        if isinstance(event.get("response"), Mapping):
            changed = self._pass_response(kind, event)
        elif "output_index" in event:
            changed = self._pass_item(kind, event)
        else:
            changed = event
        if changed is None:
            return b""
        number = changed.get("sequence_number")
        if isinstance(number, int):
            self._number = number if self._number is None else self._number
            if number != self._number:
                changed = {**changed, "sequence_number": self._number}
            self._number += 1
        return frame if changed is event else frame_of(changed, kind)

    def _pass_response(self, kind: str, event: dict[str, Any]) -> dict[str, Any] | None:
        response = dict(event["response"])
        if kind not in _ENDS:
            self._response = self._response or response
            return None if self.answers else event
        self.answers.append(response)
        said = round_of(response)
        if said.goes_on and self._may_go_on:
            return None
        is_as_it_came = len(self.answers) == 1 and not said.calls
        return event if is_as_it_came else {**event, "response": joined(self.answers)}

    def _pass_item(self, kind: str, event: dict[str, Any]) -> dict[str, Any] | None:
        index = event["output_index"]
        if index not in self._indexes:
            hidden = _is_hidden(as_mapping(event.get("item")))
            self._indexes[index] = None if hidden else self._shown
            self._shown += not hidden
        moved = self._indexes[index]
        if moved is None:
            return None
        return event if moved == index else {**event, "output_index": moved}

    def fail(self, status: int, body: Mapping[str, Any]) -> bytes:
        """The response as failed, with what there was of it."""
        error = as_mapping(body.get("error"))
        told = {"code": str(error.get("code") or error.get("type") or "server_error"), "message": error.get("message")}
        whole = joined([dict(self._response), *self.answers]) if self.answers else dict(self._response)
        response = {**whole, "status": "failed", "error": told}
        event = {"type": "response.failed", "sequence_number": self._number or 0, "response": response}
        return frame_of(event, "response.failed")
