"""A provider that keeps books: its own tokenizer, a cache of prompts by their beginnings, and exact prices."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from aiohttp import web

from headroom import count_tokens
from proxy.fake_provider import FakeProvider, reply_to, stream_of

_PIECE = re.compile(r" ?[^\W\d_]{1,6}|\d{1,3}|\s+|[^\w\s]{1,2}|_")
_SIGNS = re.compile(r"[\d!-/:-@[-`{-~]+")
_TOKENS_A_MESSAGE = 4

PRICES = {
    "claude-sonnet-4-5": {"fresh": "3", "read": "0.3", "write": "3.75", "hour": "6", "output": "15"},
    "gpt-4o": {"fresh": "2.5", "read": "1.25", "write": "2.5", "hour": "2.5", "output": "10"},
    "gpt-5.5": {"fresh": "5", "read": "0.5", "write": "5", "hour": "5", "output": "30"},
    "gemini-2.5-flash-lite": {"fresh": "0.1", "read": "0.01", "write": "0.1", "hour": "0.1", "output": "0.4"},
}
"""US dollars a million tokens, as the providers list them."""


def tokens_of(text: str) -> int:
    """Tokens of a text: from about 0.95 to 1.4 of o200k's, depending on what it is."""
    return len(_PIECE.findall(text))


def factored_tokens_of(text: str) -> int:
    """Tokens of a text to another tokenizer: those of o200k times 1.05 to 1.45, as digits and signs in it have it."""
    signs = sum(map(len, _SIGNS.findall(text)))
    return round(count_tokens(text) * (1.05 + 0.4 * signs / max(1, len(text))))


class Till:
    """What requests cost. Two requests are told apart by what their blocks say, nothing else."""

    def __init__(self, tokens_of: Callable[[str], int] = tokens_of) -> None:
        self._tokens_of = tokens_of
        self.bill = dict.fromkeys(("fresh", "write", "hour", "read", "output"), 0)
        self.money = Decimal(0)
        self.inputs: list[int] = []
        self._known: set[int] = set()

    def take(self, path: str, asked: dict[str, Any]) -> dict[str, int]:
        """Bills a request; what it used, by kind."""
        model = _model(path, asked)
        used = dict.fromkeys(self.bill, 0)
        prefix, is_known = hash(model), True
        for block in _blocks(asked):
            tokens = self._tokens_of(block) + _TOKENS_A_MESSAGE
            prefix = hash((prefix, block))
            is_known = is_known and prefix in self._known
            self._known.add(prefix)
            used["read" if is_known else "fresh"] += tokens
        if "/messages" in path:
            # Anthropic writes what is marked; here all but the last few tokens of what is new.
            written, used["fresh"] = max(0, used["fresh"] - 7), min(7, used["fresh"])
            used["hour" if '"ttl": "1h"' in json.dumps(asked.get("system")) else "write"] = written
        # As many for the same request of the same session, whatever of it was compressed.
        used["output"] = 20 + 37 * len(self.inputs) % 300
        for name, count in used.items():
            self.bill[name] += count
            self.money += count * Decimal(PRICES[model][name]) / 10**6
        self.inputs.append(sum(used.values()) - used["output"])
        return used


def _blocks(asked: dict[str, Any]) -> Iterator[str]:
    """The texts of a prompt in the order in which it is cached: tools, system, then each message."""
    for name in ("tools", "system", "systemInstruction"):
        if asked.get(name):
            yield "\n".join(_strings(asked[name]))
    for name in ("messages", "input", "contents"):
        for message in asked.get(name) or ():
            yield "\n".join(_strings(message))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("id", "tool_use_id", "tool_call_id", "call_id", "type", "role", "cache_control"):
                yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


class BillingProvider(FakeProvider):
    """Answers as the fake provider does, and bills."""

    def forget(self) -> None:
        super().forget()
        self.till = Till()
        self.is_packed = False

    async def _answered(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        if self.fault or self.answer is not None:
            return await super()._answered(request, body)
        asked = json.loads(body)
        path = request.path
        if path.endswith("count_tokens"):
            return web.json_response({"input_tokens": 42})
        used = self.till.take(path, asked)
        if not (asked.get("stream") or "streamGenerateContent" in path):
            reply = reply_to(path, asked)
            reply.update(usage_in(path, used), model=_model(path, asked))
            return self._packed(json.dumps(reply).encode(), "application/json")
        frames = [billed(path, frame, used, _model(path, asked)) for frame in stream_of(path, asked)]
        if path.endswith("/chat/completions") and asked.get("stream_options"):
            last = {"id": "c1", "object": "chat.completion.chunk", "model": "m", "choices": [], **usage_in(path, used)}
            frames.insert(-1, f"data: {json.dumps(last)}\n\n".encode())
        if self.is_packed:
            return self._packed(b"".join(frames), "text/event-stream")
        return await self._stream(request, frames)

    def _packed(self, body: bytes, kind: str) -> web.Response:
        headers = {"Content-Type": kind}
        if self.is_packed:
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)


def usage_in(path: str, used: dict[str, int]) -> dict[str, Any]:
    """The usage as an answer of the path's format tells it."""
    prompt, output = sum(used.values()) - used["output"], used["output"]
    if path.endswith("/chat/completions"):
        details = {"cached_tokens": used["read"], "audio_tokens": 0}
        usage = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
        return {"usage": {**usage, "prompt_tokens_details": details}}
    if path.endswith("/responses"):
        details = {"cached_tokens": used["read"], "cache_write_tokens": 0}
        usage = {"input_tokens": prompt, "input_tokens_details": details, "output_tokens": output}
        return {"usage": {**usage, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": prompt + output}}
    if path.endswith("/messages"):
        written = {"ephemeral_5m_input_tokens": used["write"], "ephemeral_1h_input_tokens": used["hour"]}
        usage = {
            "input_tokens": used["fresh"],
            "cache_creation_input_tokens": used["write"] + used["hour"],
            "cache_read_input_tokens": used["read"],
            "cache_creation": written,
            "output_tokens": output,
        }
        return {"usage": usage}
    thought = output // 3
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": output - thought, "thoughtsTokenCount": thought}
    return {"usageMetadata": {**usage, "cachedContentTokenCount": used["read"], "totalTokenCount": prompt + output}}


def _model(path: str, asked: dict[str, Any]) -> str:
    return asked.get("model") or path.rpartition("/")[2].partition(":")[0]


def billed(path: str, frame: bytes, used: dict[str, int], model: str) -> bytes:
    """A frame of a stream with the usage that the format tells in it, spelt as it came."""
    head, mark, data = frame.partition(b"data: ")
    if not mark or data.startswith(b"[DONE]"):
        return frame
    event = json.loads(data)
    if event.get("type") == "message_start":
        event["message"]["model"] = model
        event["message"]["usage"] = {**usage_in(path, used)["usage"], "output_tokens": 1}
    elif event.get("type") == "message_delta":
        event["usage"] = {"output_tokens": used["output"]}
    elif event.get("type") == "response.completed":
        event["response"].update(usage_in(path, used))
    elif "candidates" in event:
        event.update(usage_in(path, used))
    elif event.get("object") == "chat.completion.chunk":
        event.update(usage=None, model=model)
    return head + mark + json.dumps(event, ensure_ascii=False).encode() + data[-(len(data) - len(data.rstrip())) :]
