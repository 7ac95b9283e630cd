"""Answers of Gemini.

Source: https://ai.google.dev/api/generate-content. Parts with hidden calls are left out; of later rounds the client
sees the parts within the response that the first one began. Every chunk tells the usage so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headroom.places import as_mapping, compact_json
from headroom.proxy.answers import Answer, Round, Turn, is_hidden, runs, solid, summed
from headroom.proxy.sse import event_of, frame_of
from headroom.segment import RETRIEVE_TOOL

keeps_responses = False
results_field = "parts"

_NAME = RETRIEVE_TOOL.encode()
_STREAM, _AS_EVENTS = ":streamGenerateContent", "alt=sse"
_DECLARATIONS = ("functionDeclarations", "function_declarations")
_PLAIN = frozenset({"text", "thought"})


def is_able(body: Mapping[str, Any], url: str) -> bool:
    """Where one answer is asked for, as a whole or as events, of a request that declares functions itself: the tools
    of a cached content cannot be added to, and those of the provider stand alone.
    """
    config = as_mapping(body.get("generationConfig") or body.get("generation_config"))
    count = config.get("candidateCount", config.get("candidate_count"))
    if count not in (None, 1) or body.get("cachedContent") or body.get("cached_content"):
        return False
    if _STREAM in url and _AS_EVENTS not in url:
        return False
    tools = body.get("tools")
    return any(as_mapping(tool).get(name) for tool in tools or () for name in _DECLARATIONS)


def turns(messages: Sequence[Any]) -> list[Turn]:
    """Contents of the model that follow each other."""
    return runs(messages, lambda message: message.get("role") == "model", _said)


def _said(contents: Sequence[Mapping[str, Any]]) -> str:
    parts = [part for content in contents for part in _parts(content)]
    calls = [_call(part) for part in parts if _call(part)]
    # Many calls have no id.
    named = [str(call.get("id") or compact_json([call.get("name"), call.get("args")])) for call in calls]
    text, thoughts = (
        solid("".join(str(part.get("text") or "") for part in parts if bool(part.get("thought")) == is_thought))
        for is_thought in (False, True)
    )
    return " ".join(named) or text or thoughts


def _parts(content: Any) -> list[Mapping[str, Any]]:
    parts = as_mapping(content).get("parts")
    return [as_mapping(part) for part in parts] if isinstance(parts, list) else []


def _call(part: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_mapping(part.get("functionCall") or part.get("function_call"))


def _is_hidden(part: Mapping[str, Any]) -> bool:
    return is_hidden(_call(part).get("name"))


def _candidate(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    candidates = answer.get("candidates")
    return as_mapping(candidates[0]) if isinstance(candidates, list) and candidates else {}


def round_of(answer: Answer) -> Round:
    """The content of the first candidate, which is the only one."""
    candidate = _candidate(answer)
    parts = [dict(part) for part in _parts(candidate.get("content"))]
    hidden = [part for part in parts if _is_hidden(part)]
    others = any(_call(part) for part in parts if not _is_hidden(part))
    return Round([{"role": "model", "parts": parts}], hidden, others, candidate.get("finishReason") == "STOP")


def joined(answers: Sequence[Answer]) -> Answer:
    """The last response with the parts of all."""
    first, last = answers[0], answers[-1]
    parts: list[dict[str, Any]] = []
    for answer in answers:
        shown_parts = [part for part in _parts(_candidate(answer).get("content")) if not _is_hidden(part)]
        _add_parts(parts, shown_parts)
    content = {**as_mapping(_candidate(last).get("content")), "parts": parts}
    same = {"responseId": first["responseId"]} if "responseId" in first else {}
    whole = {**last, **same, "candidates": [{**_candidate(last), "content": content}]}
    usage = summed(answer.get("usageMetadata") for answer in answers)
    return {**whole, "usageMetadata": usage} if usage else whole


def shown(answer: Answer) -> list[dict[str, Any]]:
    """The content, if it has parts."""
    content = as_mapping(_candidate(answer).get("content"))
    return [dict(content)] if _parts(content) else []


def result_messages(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One content of the user with all results."""
    return [{"role": "user", "parts": list(results)}]


def holds_results(message: Any) -> bool:
    """Whether it is a content of the user."""
    fields = as_mapping(message)
    return fields.get("role", "user") in ("user", "function") and isinstance(fields.get("parts"), list)


class Splice:
    """Streams of Gemini as one."""

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
        self._parts: list[dict[str, Any]] = []

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
            return frame
        self._first = self._first or event
        candidate = dict(_candidate(event))
        parts = _parts(candidate.get("content"))
        kept = [part for part in parts if not _is_hidden(part)]
        _add_parts(self._parts, parts)
        if self._is_over:
            self._use(event)
        elif candidate.get("finishReason"):
            self._end(event, candidate)
        is_changed = not self._is_first or len(kept) < len(parts) or self._is_withheld
        if not is_changed:
            return frame
        if (parts or self._is_withheld) and not kept and (self._is_withheld or not candidate.get("finishReason")):
            return b""
        if self._is_withheld:
            candidate.pop("finishReason", None)
        if parts:
            candidate["content"] = {**as_mapping(candidate.get("content")), "parts": kept}
        return frame_of(self._ours({**event, "candidates": [candidate]} if "candidates" in event else event))

    def _use(self, event: Mapping[str, Any]) -> None:
        if event.get("usageMetadata"):
            self.answers[-1]["usageMetadata"] = event["usageMetadata"]

    def _end(self, event: dict[str, Any], candidate: Mapping[str, Any]) -> None:
        self._is_over = True
        content = {**as_mapping(candidate.get("content")), "role": "model", "parts": self._parts}
        self.answers.append({**event, "candidates": [{**candidate, "content": content}]})
        self._is_withheld = round_of(self.answers[-1]).goes_on and self._may_go_on

    def _ours(self, event: dict[str, Any]) -> dict[str, Any]:
        """A chunk as one of the first stream."""
        if self._is_first:
            return event
        same = {"responseId": self._first["responseId"]} if "responseId" in self._first else {}
        if event.get("usageMetadata"):
            earlier = self.answers[:-1] if self._is_over else self.answers
            used = [*(answer.get("usageMetadata") for answer in earlier), event["usageMetadata"]]
            same["usageMetadata"] = summed(used)
        return {**event, **same}

    def fail(self, status: int, body: Mapping[str, Any]) -> bytes:
        """A chunk that tells of the error, after which nothing comes."""
        return frame_of(dict(body))


def _add_parts(known: list[dict[str, Any]], parts: Sequence[Mapping[str, Any]]) -> None:
    """Adds parts to those before; pieces of one text become one."""
    for part in parts:
        last = known[-1] if known else {}
        is_more = all(set(each) <= _PLAIN and "text" in each for each in (last, part))
        if is_more and bool(last.get("thought")) == bool(part.get("thought")):
            known[-1] = {**last, "text": f"{last['text']}{part['text']}"}
        else:
            known.append(dict(part))
