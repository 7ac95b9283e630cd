"""Answers of OpenAI Chat Completions.

Source: https://platform.openai.com/docs/api-reference/chat-streaming. Entries of hidden calls are left out of
`tool_calls` and the indexes after them moved; the chunks of later rounds have the id of the first one, and the usage,
which comes in the last chunk if the client asked for it, is the sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, texts_of
from headroom.proxy.answers import MOST_TOOLS, Answer, Round, Turn, is_hidden, runs, solid, summed
from headroom.proxy.sse import event_of, frame_of
from headroom.segment import RETRIEVE_TOOL

keeps_responses = False
results_field = None

_NAME = RETRIEVE_TOOL.encode()
_DONE = b"data: [DONE]"
_SAID_ONCE = frozenset({"role", "type", "id", "name"})
_NOT_SENT_BACK = frozenset({"annotations", "audio", "function_call"})
_WHOLE = frozenset({"tool_calls", "stop"})


def is_able(body: Mapping[str, Any], url: str) -> bool:
    """Where one answer in text is asked for, and the API takes one tool more."""
    is_one_text = body.get("n") in (None, 1) and "audio" not in (body.get("modalities") or ())
    return is_one_text and not body.get("functions") and len(body.get("tools") or ()) < MOST_TOOLS


def turns(messages: Sequence[Any]) -> list[Turn]:
    """Messages of the assistant that follow each other."""
    return runs(messages, lambda message: message.get("role") == "assistant", _said)


def _said(messages: Sequence[Mapping[str, Any]]) -> str:
    calls = [str(call.get("id")) for message in messages for call in _calls(message)]
    texts = (text for message in messages for text, _, _ in texts_of(message.get("content"), ()))
    return " ".join(calls) or solid("".join(texts))


def _calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    return [as_mapping(call) for call in calls] if isinstance(calls, list) else []


def _is_hidden(call: Mapping[str, Any]) -> bool:
    return is_hidden(as_mapping(call.get("function")).get("name"))


def _choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = answer.get("choices")
    return as_mapping(choices[0]) if isinstance(choices, list) and choices else {}


def round_of(answer: Answer) -> Round:
    """The message of the first choice, which is the only one."""
    choice = _choice(answer)
    message = as_mapping(choice.get("message"))
    calls = _calls(message)
    hidden = [dict(call) for call in calls if _is_hidden(call)]
    kept = {
        name: value
        for name, value in message.items()
        if name == "content" or (value is not None and value != [] and name not in _NOT_SENT_BACK)
    }
    return Round([kept], hidden, len(hidden) < len(calls), choice.get("finish_reason") in _WHOLE)


def joined(answers: Sequence[Answer]) -> Answer:
    """The texts of all in one message, the calls and the end of the last."""
    first, last = answers[0], answers[-1]
    message: dict[str, Any] = {}
    for answer in answers:
        for name, value in as_mapping(_choice(answer).get("message")).items():
            if name != "tool_calls":
                message[name] = _joined(name, message.get(name), value)
    calls = [call for call in _calls(as_mapping(_choice(last).get("message"))) if not _is_hidden(call)]
    if calls:
        message["tool_calls"] = calls
    choice = {**_choice(last), "message": message, "finish_reason": _finish_reason(last)}
    whole = {**last, "id": first.get("id"), "created": first.get("created"), "choices": [choice]}
    usage = summed(answer.get("usage") for answer in answers)
    return {**whole, "usage": usage} if usage else whole


def _joined(name: str, one: Any, other: Any) -> Any:
    if name in _SAID_ONCE or one is None or other is None:
        return one if other is None else other
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    return [*one, *other] if isinstance(one, list) and isinstance(other, list) else other


def _finish_reason(answer: Answer) -> Any:
    """Why the model stopped, for a client that sees no hidden calls."""
    return "stop" if round_of(answer).goes_on else _choice(answer).get("finish_reason")


def shown(answer: Answer) -> list[dict[str, Any]]:
    """The message, if anything stands in it."""
    message = dict(as_mapping(_choice(answer).get("message")))
    is_something = any(value for name, value in message.items() if name not in _SAID_ONCE)
    return [message] if is_something else []


def result_messages(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each result is a message."""
    return list(results)


def holds_results(message: Any) -> bool:
    """Never: results are messages of their own."""
    return False


class Splice:
    """Streams of Chat Completions as one."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self._earlier: list[bytes] = []
        self._is_watching = False
        self._first: Mapping[str, Any] = {}

    def begin(self, may_go_on: bool) -> None:
        """A stream begins."""
        self._may_go_on = may_go_on
        self._is_first = not self.answers
        self._is_over = False
        self._is_withheld = False
        self._is_changed = not self._is_first
        self._message: dict[str, Any] = {}
        self._places: dict[Any, int | None] = {}

    def feed(self, frame: bytes) -> bytes:
        """The frame as it came until a hidden call may have begun; then each chunk is looked at."""
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
        if event is None:
            return b"" if self._is_withheld and _DONE in frame else frame
        self._first = self._first or event
        if self._is_over:
            return self._after_end(event, frame)
        choice = _choice(event)
        delta = dict(as_mapping(choice.get("delta")))
        _add(self._message, delta)
        entries = _calls(delta)
        kept = [moved for entry in entries if (moved := self._moved(entry)) is not None]
        if kept:
            delta["tool_calls"] = kept
        elif entries:
            del delta["tool_calls"]
        if not self._is_first:
            delta.pop("role", None)
        reason = choice.get("finish_reason")
        if reason is not None:
            reason = self._end(event, reason)
        elif entries and not delta and not event.get("usage"):
            return b""
        if self._is_withheld and not any(delta.values()):
            return b""
        if not self._is_changed:
            return frame
        chunk = {**choice, "delta": delta, "finish_reason": reason} if choice else None
        return frame_of(self._ours({**event, "choices": [chunk] if chunk else []}))

    def _moved(self, entry: Mapping[str, Any]) -> dict[str, Any] | None:
        """An entry of `tool_calls` with its index among those that the client sees; None for a hidden one."""
        index = entry.get("index", 0)
        if index not in self._places:
            hidden = _is_hidden(entry)
            self._is_changed = self._is_changed or hidden
            shown_before = sum(place is not None for place in self._places.values())
            self._places[index] = None if hidden else shown_before
        place = self._places[index]
        return None if place is None else {**entry, "index": place}

    def _end(self, event: dict[str, Any], reason: Any) -> Any:
        """The model has ended: what the client is told of why, if it is told."""
        self._is_over = True
        message = _whole(self._message)
        choice = {"index": 0, "message": message, "finish_reason": reason}
        self.answers.append({**event, "choices": [choice]})
        said = round_of(self.answers[-1])
        self._is_withheld = said.goes_on and self._may_go_on
        return None if self._is_withheld else _finish_reason(self.answers[-1])

    def _after_end(self, event: dict[str, Any], frame: bytes) -> bytes:
        """What comes after the end: the usage, if the client asked for it."""
        if event.get("usage"):
            self.answers[-1]["usage"] = event["usage"]
        if self._is_withheld:
            return b""
        return frame_of(self._ours(event)) if self._is_changed else frame

    def _ours(self, event: dict[str, Any]) -> dict[str, Any]:
        """A chunk as one of the first stream."""
        if self._is_first:
            return event
        same = {name: self._first[name] for name in ("id", "created") if name in self._first}
        if event.get("usage"):
            earlier = self.answers[:-1] if self._is_over else self.answers
            same["usage"] = summed([*(answer.get("usage") for answer in earlier), event["usage"]])
        return {**event, **same}

    def fail(self, status: int, body: Mapping[str, Any]) -> bytes:
        """A chunk that tells of the error, after which nothing comes."""
        return frame_of(dict(body))


def _add(whole: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Adds what a delta says to what was said before."""
    for name, value in delta.items():
        known = whole.get(name)
        if name in _SAID_ONCE:
            whole[name] = known or value
        elif isinstance(value, str):
            whole[name] = f"{known or ''}{value}"
        elif isinstance(value, Mapping):
            _add(whole.setdefault(name, {}), value)
        elif isinstance(value, list):
            _add_entries(whole.setdefault(name, []), value)
        elif value is not None or name not in whole:
            whole[name] = value


def _add_entries(known: Any, entries: Sequence[Any]) -> None:
    for entry in entries:
        index = as_mapping(entry).get("index")
        same = next((each for each in known if index is not None and as_mapping(each).get("index") == index), None)
        if same is None:
            known.append(same := {} if isinstance(entry, Mapping) else entry)
        if isinstance(entry, Mapping):
            _add(same, entry)


def _whole(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message that the deltas made, as it would be without streaming."""
    calls = [{name: value for name, value in call.items() if name != "index"} for call in _calls(message)]
    whole = {**message, "role": message.get("role") or "assistant", "content": message.get("content") or None}
    return {**whole, "tool_calls": calls} if calls else whole
