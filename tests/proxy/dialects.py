"""The wire formats as a provider speaks them and as a client reads them, each in its own words.

A provider's answer is a list of `Think`, `Say` and `Call`. `reply` renders it, `hear` reads it back as an SDK would
and refuses what no SDK would understand; `faults` are what a provider would refuse in a request. What a thought is
signed with names the answer it comes from, so that one in the wrong place is seen.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, NamedTuple

from headroom.proxy.sse import Frames, event_of
from proxy.fake_provider import Reply

EVENTS = "text/event-stream"


class Think(NamedTuple):
    text: str


class Say(NamedTuple):
    text: str


class Call(NamedTuple):
    id: str
    name: str
    arguments: dict[str, Any]


Block = Think | Say | Call


class Heard(NamedTuple):
    """What a client has of an answer: the messages to keep, what was said, its calls, why it ended, what it used."""

    messages: list[Any]
    text: str
    calls: list[Call]
    reason: Any
    used: int
    id: str


def pieces(text: str) -> list[str]:
    return [text[at : at + 7] for at in range(0, len(text), 7)]


def _frame(value: Any, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _events(raw: bytes) -> list[Any]:
    frames = Frames()
    return [event_of(frame) for frame in frames.feed(raw) if b"data:" in frame and b"[DONE]" not in frame]


def _signed(number: int, text: str) -> str:
    return f"sig-{number}-{len(text)}"


def _tool(name: str) -> dict[str, Any]:
    return {"name": name, "description": "does it", "parameters": {"type": "object", "properties": {}}}


class Anthropic:
    name = "anthropic_messages"
    field = "messages"
    path = "/v1/messages"
    stream_path = path

    def body(self, messages: list[Any], tools: tuple[str, ...], **more: Any) -> dict[str, Any]:
        given = [{"name": name, "input_schema": _tool(name)["parameters"]} for name in tools]
        return {"model": "claude-test", "max_tokens": 99, "messages": messages, "tools": given, **more}

    def user(self, text: str) -> dict[str, Any]:
        return {"role": "user", "content": [{"type": "text", "text": text}]}

    def results(self, calls: list[Call], texts: list[str]) -> list[Any]:
        blocks = [
            {"type": "tool_result", "tool_use_id": call.id, "content": text}
            for call, text in zip(calls, texts, strict=True)
        ]
        return [{"role": "user", "content": blocks}]

    def _content(self, blocks: list[Block], number: int) -> list[dict[str, Any]]:
        content: list[dict[str, Any]] = []
        for block in blocks:
            if isinstance(block, Think):
                content.append({"type": "thinking", "thinking": block.text, "signature": _signed(number, block.text)})
            elif isinstance(block, Say):
                content.append({"type": "text", "text": block.text})
            else:
                content.append({"type": "tool_use", "id": block.id, "name": block.name, "input": block.arguments})
        return content

    def reply(self, blocks: list[Block], number: int, stream: bool, reason: str | None = None) -> Reply:
        content = self._content(blocks, number)
        has_calls = any(isinstance(block, Call) for block in blocks)
        reason = reason or ("tool_use" if has_calls else "end_turn")
        usage = {"input_tokens": 10, "output_tokens": number, "cache_read_input_tokens": 100}
        message = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": "m", "content": content}
        whole = {**message, "stop_reason": reason, "stop_sequence": None, "usage": usage}
        if not stream:
            return Reply([json.dumps(whole).encode()])
        begun = {**message, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}, {"type": "ping"}]
        for index, block in enumerate(content):
            events += self._block_events(index, block)
        delta = {"stop_reason": reason, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": number}})
        events.append({"type": "message_stop"})
        return Reply([_frame(event, event["type"]) for event in events], content_type=EVENTS)

    def _block_events(self, index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
        if block["type"] == "thinking":
            empty: dict[str, Any] = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        elif block["type"] == "text":
            empty = {"type": "text", "text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces(block["text"])]
        else:
            empty = {**block, "input": {}}
            parts = ["", *pieces(json.dumps(block["input"]))]
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
        begin = {"type": "content_block_start", "index": index, "content_block": empty}
        return [
            begin,
            *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": index},
        ]

    def hear(self, raw: bytes, stream: bool) -> Heard:
        message = self._read_events(raw) if stream else json.loads(raw)
        content = message["content"]
        calls = [Call(block["id"], block["name"], block["input"]) for block in content if block["type"] == "tool_use"]
        text = "".join(block["text"] for block in content if block["type"] == "text")
        kept = [{"role": "assistant", "content": content}] if content else []
        usage = message["usage"]
        used = usage["input_tokens"] + usage["output_tokens"] + usage["cache_read_input_tokens"]
        return Heard(kept, text, calls, message["stop_reason"], used, message["id"])

    def _read_events(self, raw: bytes) -> dict[str, Any]:
        begin, *events = [event for event in _events(raw) if event["type"] != "ping"]
        assert begin["type"] == "message_start"
        message = {**begin["message"], "content": []}
        content: list[dict[str, Any]] = message["content"]
        is_open, arguments = False, ""
        for event in events:
            kind = event["type"]
            assert message is not None, "nothing follows message_stop"
            if kind == "error":
                raise RuntimeError(event["error"]["message"])
            if kind == "content_block_start":
                assert not is_open
                assert event["index"] == len(content)
                content.append(dict(event["content_block"]))
                is_open, arguments = True, ""
            elif kind == "content_block_delta":
                assert is_open
                assert event["index"] == len(content) - 1
                for name, value in event["delta"].items():
                    if name == "partial_json":
                        arguments += value
                    elif name != "type":
                        content[-1][name] += value
            elif kind == "content_block_stop":
                assert is_open
                assert event["index"] == len(content) - 1
                is_open = False
                if content[-1]["type"] == "tool_use":
                    content[-1]["input"] = json.loads(arguments)
            elif kind == "message_delta":
                message.update(event["delta"])
                message["usage"] = {**message["usage"], **event["usage"]}
            else:
                assert kind == "message_stop"
                assert event is events[-1], "the stream ends once"
        assert events[-1]["type"] == "message_stop"
        return message

    def faults(self, body: dict[str, Any]) -> list[str]:
        found = []
        names = [tool["name"] for tool in body.get("tools", ())]
        found += ["tools of one name"] if len(set(names)) < len(names) else []
        asked: list[str] = []
        role = None
        for at, message in enumerate(body["messages"]):
            content = message["content"]
            blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            kinds = [block["type"] for block in blocks]
            given = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
            if sorted(given) != sorted(asked):
                found.append(f"{at}: results {given} for calls {asked}")
            if given and kinds[: len(given)] != ["tool_result"] * len(given):
                found.append(f"{at}: results do not come first")
            if not blocks or any(block["type"] == "text" and not block["text"].strip() for block in blocks):
                found.append(f"{at}: nothing said")
            signed = [block["signature"] for block in blocks if block["type"] == "thinking"]
            if len({mark.split("-")[1] for mark in signed}) > 1:
                found.append(f"{at}: thoughts of two answers")
            for block in blocks:
                if block["type"] == "thinking" and int(block["signature"].split("-")[2]) != len(block["thinking"]):
                    found.append(f"{at}: a thought was changed")
            if role == message["role"]:
                found.append(f"{at}: two of {role}")
            role = message["role"]
            asked = [block["id"] for block in blocks if block["type"] == "tool_use"]
        return [*found, *(["calls without results"] if asked else [])]


class Chat:
    name = "openai_chat"
    field = "messages"
    path = "/v1/chat/completions"
    stream_path = path

    def body(self, messages: list[Any], tools: tuple[str, ...], **more: Any) -> dict[str, Any]:
        given = [{"type": "function", "function": _tool(name)} for name in tools]
        options = {"stream_options": {"include_usage": True}} if more.get("stream") else {}
        return {"model": "gpt-4o", "messages": messages, "tools": given, **options, **more}

    def user(self, text: str) -> dict[str, Any]:
        return {"role": "user", "content": text}

    def results(self, calls: list[Call], texts: list[str]) -> list[Any]:
        return [
            {"role": "tool", "tool_call_id": call.id, "content": text} for call, text in zip(calls, texts, strict=True)
        ]

    def reply(self, blocks: list[Block], number: int, stream: bool, reason: str | None = None) -> Reply:
        text = "".join(block.text for block in blocks if isinstance(block, Say)) or None
        thought = "".join(block.text for block in blocks if isinstance(block, Think))
        calls = [
            {
                "id": block.id,
                "type": "function",
                "function": {"name": block.name, "arguments": json.dumps(block.arguments)},
            }
            for block in blocks
            if isinstance(block, Call)
        ]
        reason = reason or ("tool_calls" if calls else "stop")
        usage = {"prompt_tokens": 110, "completion_tokens": number, "total_tokens": 110 + number}
        fixed = {"id": f"c{number}", "created": number, "model": "m"}
        if not stream:
            message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
            message |= {"reasoning_content": thought} if thought else {}
            message |= {"tool_calls": calls} if calls else {}
            choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
            whole = {**fixed, "object": "chat.completion", "choices": [choice], "usage": usage}
            return Reply([json.dumps(whole).encode()])
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": piece} for piece in pieces(thought)]
        deltas += [{"content": piece} for piece in pieces(text or "")]
        for index, call in enumerate(calls):
            function = {"name": call["function"]["name"], "arguments": ""}
            deltas.append({"tool_calls": [{**call, "index": index, "function": function}]})
            for piece in pieces(call["function"]["arguments"]):
                deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        fixed["object"] = "chat.completion.chunk"
        chunks = [
            {**fixed, "choices": [{"index": 0, "delta": delta, "finish_reason": None}], "usage": None}
            for delta in deltas
        ]
        chunks.append({**fixed, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": None})
        chunks.append({**fixed, "choices": [], "usage": usage})
        return Reply([*map(_frame, chunks), b"data: [DONE]\n\n"], content_type=EVENTS)

    def hear(self, raw: bytes, stream: bool) -> Heard:
        whole = self._read_events(raw) if stream else json.loads(raw)
        message, reason = whole["choices"][0]["message"], whole["choices"][0]["finish_reason"]
        kept = {"role": "assistant", "content": message.get("content")}
        kept |= {"tool_calls": message["tool_calls"]} if message.get("tool_calls") else {}
        calls = [
            Call(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in message.get("tool_calls") or ()
        ]
        is_something = kept["content"] or calls
        used = whole["usage"]["total_tokens"]
        return Heard([kept] if is_something else [], message.get("content") or "", calls, reason, used, whole["id"])

    def _read_events(self, raw: bytes) -> dict[str, Any]:
        assert raw.endswith(b"data: [DONE]\n\n") or b'"error"' in raw
        assert raw.count(b"[DONE]") <= 1
        message: dict[str, Any] = {"tool_calls": []}
        reason = usage = None
        ids = set()
        for chunk in _events(raw):
            if "error" in chunk:
                raise RuntimeError(chunk["error"]["message"])
            ids.add(chunk["id"])
            usage = chunk.get("usage") or usage
            for choice in chunk["choices"]:
                assert reason is None, "nothing follows the end"
                reason = choice["finish_reason"]
                for name, value in choice["delta"].items():
                    if name == "role":
                        assert "role" not in message, "the role is said once"
                        message["role"] = value
                    elif name == "tool_calls":
                        self._add_calls(message["tool_calls"], value)
                    elif value is not None:
                        message[name] = (message.get(name) or "") + value
        assert len(ids) == 1, "one answer has one id"
        assert reason is not None
        assert message["role"] == "assistant"
        choices = [{"message": message, "finish_reason": reason}]
        return {"id": ids.pop(), "choices": choices, "usage": usage}

    def _add_calls(self, known: list[Any], entries: list[Any]) -> None:
        for entry in entries:
            if entry["index"] == len(known):
                known.append({"id": entry["id"], "type": "function", "function": dict(entry["function"])})
            else:
                assert entry["index"] == len(known) - 1
                known[-1]["function"]["arguments"] += entry["function"]["arguments"]

    def faults(self, body: dict[str, Any]) -> list[str]:
        found = []
        names = [tool["function"]["name"] for tool in body.get("tools", ())]
        found += ["tools of one name"] if len(set(names)) < len(names) else []
        open_calls: set[str] = set()
        for at, message in enumerate(body["messages"]):
            if message["role"] == "tool":
                if message["tool_call_id"] not in open_calls:
                    found.append(f"{at}: a result without a call")
                open_calls.discard(message["tool_call_id"])
                continue
            if open_calls:
                found.append(f"{at}: calls without results: {sorted(open_calls)}")
            open_calls = {call["id"] for call in message.get("tool_calls") or ()}
            if message["role"] == "assistant" and not message.get("content") and not open_calls:
                found.append(f"{at}: nothing said")
        return [*found, *(["calls without results"] if open_calls else [])]


class Responses:
    name = "openai_responses"
    field = "input"
    path = "/v1/responses"
    stream_path = path

    def body(self, messages: list[Any], tools: tuple[str, ...], **more: Any) -> dict[str, Any]:
        given = [{"type": "function", **_tool(name)} for name in tools]
        return {"model": "gpt-5", "store": False, "input": messages, "tools": given, **more}

    def user(self, text: str) -> dict[str, Any]:
        return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}

    def results(self, calls: list[Call], texts: list[str]) -> list[Any]:
        return [
            {"type": "function_call_output", "call_id": call.id, "output": text}
            for call, text in zip(calls, texts, strict=True)
        ]

    def _items(self, blocks: list[Block], number: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        for at, block in enumerate(blocks):
            fixed = {"id": f"item_{number}_{at}", "status": "completed"}
            if isinstance(block, Think):
                sealed = _signed(number, block.text)
                items.append({"type": "reasoning", "id": fixed["id"], "summary": [], "encrypted_content": sealed})
            elif isinstance(block, Say):
                part = {"type": "output_text", "text": block.text, "annotations": []}
                items.append({**fixed, "type": "message", "role": "assistant", "content": [part]})
            else:
                arguments = json.dumps(block.arguments)
                call = {"call_id": block.id, "name": block.name, "arguments": arguments}
                items.append({**fixed, "type": "function_call", **call})
        return items

    def reply(self, blocks: list[Block], number: int, stream: bool, reason: str | None = None) -> Reply:
        items = self._items(blocks, number)
        usage = {"input_tokens": 110, "output_tokens": number, "total_tokens": 110 + number}
        fixed = {"id": f"resp_{number}", "object": "response", "created_at": number, "model": "m"}
        whole = {**fixed, "status": reason or "completed", "output": items, "usage": usage}
        if not stream:
            return Reply([json.dumps(whole).encode()])
        begun = {**fixed, "status": "in_progress", "output": [], "usage": None}
        events: list[dict[str, Any]] = [
            {"type": f"response.{kind}", "response": begun} for kind in ("created", "in_progress")
        ]
        for index, item in enumerate(items):
            events += self._item_events(index, item)
        events.append({"type": f"response.{whole['status']}", "response": whole})
        numbered = [{**event, "sequence_number": at} for at, event in enumerate(events)]
        return Reply([_frame(event, event["type"]) for event in numbered], content_type=EVENTS)

    def _item_events(self, index: int, item: dict[str, Any]) -> list[dict[str, Any]]:
        place = {"item_id": item["id"], "output_index": index}
        inner: list[dict[str, Any]] = []
        empty = item
        if item["type"] == "message":
            empty = {**item, "content": [], "status": "in_progress"}
            said = {"type": "response.output_text.delta", **place, "content_index": 0}
            inner = [{**said, "delta": piece} for piece in pieces(item["content"][0]["text"])]
        elif item["type"] == "function_call":
            empty = {**item, "arguments": "", "status": "in_progress"}
            asked = {"type": "response.function_call_arguments.delta", **place}
            inner = [{**asked, "delta": piece} for piece in pieces(item["arguments"])]
        return [
            {"type": "response.output_item.added", "output_index": index, "item": empty},
            *inner,
            {"type": "response.output_item.done", "output_index": index, "item": item},
        ]

    def hear(self, raw: bytes, stream: bool) -> Heard:
        whole = self._read_events(raw) if stream else json.loads(raw)
        items = whole["output"]
        calls = [
            Call(item["call_id"], item["name"], json.loads(item["arguments"]))
            for item in items
            if item["type"] == "function_call"
        ]
        text = "".join(item["content"][0]["text"] for item in items if item["type"] == "message")
        return Heard(items, text, calls, whole["status"], whole["usage"]["total_tokens"], whole["id"])

    def _read_events(self, raw: bytes) -> dict[str, Any]:
        events = _events(raw)
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        begin, going, *inner, end = events
        assert (begin["type"], going["type"]) == ("response.created", "response.in_progress")
        if end["type"] == "response.failed":
            raise RuntimeError(end["response"]["error"]["message"])
        done: list[dict[str, Any]] = []
        said = ""
        for event in inner:
            if event["type"] == "response.output_item.added":
                assert event["output_index"] == len(done)
                said = ""
            elif event["type"] == "response.output_item.done":
                assert event["output_index"] == len(done)
                done.append(event["item"])
                assert said in ("", *(part["text"] for part in event["item"].get("content", ()))) or (
                    said == event["item"].get("arguments")
                )
            else:
                assert event["output_index"] == len(done)
                said += event["delta"]
        assert end["response"]["output"] == done
        assert end["response"]["id"] == begin["response"]["id"]
        return dict(end["response"])

    def faults(self, body: dict[str, Any]) -> list[str]:
        found = []
        names = [tool["name"] for tool in body.get("tools", ())]
        found += ["tools of one name"] if len(set(names)) < len(names) else []
        items = body["input"] if isinstance(body["input"], list) else []
        calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
        outputs = [item["call_id"] for item in items if item.get("type") == "function_call_output"]
        if "previous_response_id" not in body and sorted(calls) != sorted(outputs):
            found.append(f"calls {calls}, outputs {outputs}")
        for item, after in pairwise(items):
            answer = item.get("id", "").rpartition("_")[0]
            if item.get("type") == "reasoning" and not str(after.get("id")).startswith(answer):
                found.append(f"reasoning {item['id']} without what follows it, but {after}")
        ids = [item["id"] for item in items if "id" in item]
        return [*found, *(["items twice"] if len(set(ids)) < len(ids) else [])]


class Gemini:
    name = "gemini"
    field = "contents"
    path = "/v1beta/models/gemini-test:generateContent"
    stream_path = "/v1beta/models/gemini-test:streamGenerateContent?alt=sse"

    def body(self, messages: list[Any], tools: tuple[str, ...], **more: Any) -> dict[str, Any]:
        more.pop("stream", None)
        return {"contents": messages, "tools": [{"functionDeclarations": [_tool(name) for name in tools]}], **more}

    def user(self, text: str) -> dict[str, Any]:
        return {"role": "user", "parts": [{"text": text}]}

    def results(self, calls: list[Call], texts: list[str]) -> list[Any]:
        parts = [
            {"functionResponse": {"id": call.id, "name": call.name, "response": {"output": text}}}
            for call, text in zip(calls, texts, strict=True)
        ]
        return [{"role": "user", "parts": parts}]

    def reply(self, blocks: list[Block], number: int, stream: bool, reason: str | None = None) -> Reply:
        parts: list[dict[str, Any]] = []
        is_first = True
        for block in blocks:
            if isinstance(block, Call):
                call = {"id": block.id, "name": block.name, "args": block.arguments}
                # Of parallel calls the first one alone is signed.
                signed = {"thoughtSignature": _signed(number, block.id)} if is_first else {}
                parts.append({"functionCall": call, **signed})
                is_first = False
            else:
                parts.append({"text": block.text, **({"thought": True} if isinstance(block, Think) else {})})
        usage = {"promptTokenCount": 110, "candidatesTokenCount": number, "totalTokenCount": 110 + number}
        usage_now: dict[str, Any] = {**usage, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 110}]}
        fixed = {"usageMetadata": usage_now, "modelVersion": "m", "responseId": f"r{number}"}

        def answer(some: list[Any], end: str | None) -> dict[str, Any]:
            ended = {"finishReason": end} if end else {}
            return {"candidates": [{"content": {"role": "model", "parts": some}, **ended, "index": 0}], **fixed}

        reason = reason or "STOP"
        if not stream:
            return Reply([json.dumps(answer(parts, reason)).encode()])
        cut = []
        for part in parts:
            cut += [{**part, "text": piece} for piece in pieces(part["text"])] if "text" in part else [part]
        chunks = [answer([part], reason if part is cut[-1] else None) for part in cut] or [answer([], reason)]
        return Reply([f"data: {json.dumps(chunk)}\r\n\r\n".encode() for chunk in chunks], content_type=EVENTS)

    def hear(self, raw: bytes, stream: bool) -> Heard:
        chunks = _events(raw) if stream else [json.loads(raw)]
        parts: list[dict[str, Any]] = []
        reason = None
        for chunk in chunks:
            if "error" in chunk:
                raise RuntimeError(chunk["error"]["message"])
            assert reason is None, "nothing follows the end"
            candidate = chunk["candidates"][0]
            reason = candidate.get("finishReason")
            for part in candidate["content"]["parts"]:
                last = parts[-1] if parts else {}
                if "text" in part and "text" in last and part.get("thought") == last.get("thought"):
                    parts[-1] = {**last, "text": last["text"] + part["text"]}
                else:
                    parts.append(part)
        assert len({chunk["responseId"] for chunk in chunks}) == 1
        assert reason is not None
        calls = [
            Call(part["functionCall"]["id"], part["functionCall"]["name"], part["functionCall"]["args"])
            for part in parts
            if "functionCall" in part
        ]
        text = "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))
        used = chunks[-1]["usageMetadata"]["totalTokenCount"]
        kept = [{"role": "model", "parts": parts}] if parts else []
        return Heard(kept, text, calls, reason, used, chunks[-1]["responseId"])

    def faults(self, body: dict[str, Any]) -> list[str]:
        found = []
        declared = [each["name"] for tool in body.get("tools", ()) for each in tool["functionDeclarations"]]
        found += ["functions of one name"] if len(set(declared)) < len(declared) else []
        asked: list[str] = []
        for at, content in enumerate(body["contents"]):
            calls = [part for part in content["parts"] if "functionCall" in part]
            given = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
            if sorted(each["id"] for each in given) != sorted(asked):
                found.append(f"{at}: responses {given} for calls {asked}")
            if calls and "thoughtSignature" not in calls[0]:
                found.append(f"{at}: the first call lacks its signature")
            asked = [part["functionCall"]["id"] for part in calls]
        return [*found, *(["calls without responses"] if asked else [])]


DIALECTS: dict[str, Any] = {each.name: each() for each in (Anthropic, Chat, Responses, Gemini)}
