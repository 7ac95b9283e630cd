"""A provider on loopback that speaks every wire format: it has a tool called, retrieves, and is done.

Run as `python fake_provider.py FILE SHELL RETRIEVE [FOLDER]`, the second and third being what the agent calls its shell
and the retrieve tool ("" where it has none): prints its port, and at the end of its input, as JSON, the path, tools'
names, tool results and length of every request. In FOLDER every request is kept whole.
Its first answer has `cat FILE` run, its second asks for lines 9 to 12 under the key it was shown, if it was shown one.
Agents ask before their MCP servers are up: until the retrieve tool is offered, for a while, it has the shell wait.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FILE, SHELL, RETRIEVE = sys.argv[1:4] if __name__ == "__main__" else ("", "", "")
REQUESTS: list[dict] = []
WAITING = "until all is up"
MOST_WAITS = 20


class Anthropic:
    """Messages."""

    route = "/messages"

    def read(self, body):
        contents = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
        results = [block for content in contents for block in content if block.get("type") == "tool_result"]
        return [tool["name"] for tool in body.get("tools", [])], [block["content"] for block in results]

    def events(self, call, text, model):
        usage = {"input_tokens": 5, "output_tokens": 1}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
        yield {"type": "message_start", "message": {**message, "stop_reason": None}}
        if call is None:
            start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": text}
        else:
            start = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(call["arguments"])}
        yield {"type": "content_block_start", "index": 0, "content_block": start}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        reason = "end_turn" if call is None else "tool_use"
        yield {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}}
        yield {"type": "message_stop"}


class Chat:
    """Chat Completions."""

    route = "/chat/completions"

    def read(self, body):
        results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        return [tool["function"]["name"] for tool in body.get("tools") or []], results

    def events(self, call, text, model):
        delta = {"role": "assistant", "content": text}
        if call is not None:
            function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
            delta = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"index": 0, "id": call["id"], "type": "function", "function": function}],
            }
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
        reason = "stop" if call is None else "tool_calls"
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
        yield {**head, "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}}


class Responses:
    """Responses."""

    route = "/responses"

    def read(self, body):
        results = [item["output"] for item in body["input"] if item.get("type") == "function_call_output"]
        tools = body.get("tools", [])
        inner = [f"{each['name']}__{tool['name']}" for each in tools if "tools" in each for tool in each["tools"]]
        return [tool["name"] for tool in tools if "name" in tool] + inner, results

    def events(self, call, text, model):
        item = {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": text}],
        }
        if call is not None:
            arguments = json.dumps(call["arguments"])
            namespace, _, name = call["name"].rpartition("__")
            item = {
                "type": "function_call",
                "id": "fc_1",
                "call_id": call["id"],
                "name": name,
                "arguments": arguments,
                **({"namespace": namespace} if namespace else {}),
            }
        response = {"id": "resp_1", "object": "response", "model": model, "output": []}
        usage = {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}
        yield {"type": "response.created", "response": {**response, "status": "in_progress"}}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
        done = {**response, "status": "completed", "output": [item], "usage": usage}
        yield {"type": "response.completed", "response": done}


class Gemini:
    """generateContent and streamGenerateContent."""

    route = ":streamGenerateContent"

    def read(self, body):
        parts = [part for content in body["contents"] for part in content.get("parts", [])]
        results = [part["functionResponse"]["response"] for part in parts if "functionResponse" in part]
        declared = [each for tool in body.get("tools", []) for each in tool.get("functionDeclarations", [])]
        return [each["name"] for each in declared], results

    def events(self, call, text, model):
        part = {"text": text} if call is None else {"functionCall": {"name": call["name"], "args": call["arguments"]}}
        usage = {"promptTokenCount": 5, "candidatesTokenCount": 5, "totalTokenCount": 10}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        yield {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini"}


FORMATS = (Anthropic(), Chat(), Responses(), Gemini())


def without_waits(results):
    return [result for result in results if WAITING not in json.dumps(result)]


def step(tools, results):
    """The call that a model would answer with, or None, and its text."""
    if SHELL not in tools:
        return None, "a title" if SHELL else "all done"
    waits = len(results)
    results = without_waits(results)
    waits -= len(results)
    if not results:
        must_wait = RETRIEVE not in tools and RETRIEVE and waits < MOST_WAITS
        command = f"sleep 1; echo {WAITING}" if must_wait else f"cat {FILE}"
        arguments = {"command": command, "description": "reads the log"}
        if SHELL == "exec_command":
            arguments = {"cmd": command, "max_output_tokens": 20_000}
        if SHELL == "run_commands":
            arguments = {"commands": [command]}
        return {"id": f"toolu_{waits}", "name": SHELL, "arguments": arguments}, ""
    key = re.search(r"key=([0-9A-Za-z]{11})", json.dumps(results[0]))
    if len(results) == 1 and key and RETRIEVE in tools:
        # Cline puts what a command printed into one line of JSON.
        query = "chars 1-500" if SHELL == "run_commands" else "lines 9-12"
        return {"id": "toolu_retrieve", "name": RETRIEVE, "arguments": {"key": key.group(1), "query": query}}, ""
    return None, "all done"


class Provider(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.reply(b"", "text/plain")

    def do_GET(self):
        self.do_HEAD()

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.partition("?")[0]
        if "count_tokens" in path:
            return self.reply(b'{"input_tokens": 10}', "application/json")
        spoken = next((each for each in FORMATS if path.endswith(each.route)), None)
        if spoken is None:
            return self.reply(b"{}", "application/json")
        tools, results = spoken.read(body)
        length = len(json.dumps(body))
        if len(sys.argv) > 4:
            Path(sys.argv[4], f"{len(REQUESTS):03d}").write_text(json.dumps({"path": path, "body": body}))
        REQUESTS.append({"path": path, "tools": tools, "results": without_waits(results), "length": length})
        call, text = step(tools, results)
        lines = [
            (f"event: {event['type']}\n" if "type" in event else "") + f"data: {json.dumps(event)}\n\n"
            for event in spoken.events(call, text, body.get("model", "model"))
        ]
        lines += ["data: [DONE]\n\n"] if isinstance(spoken, Chat) else []
        return self.reply("".join(lines).encode(), "text/event-stream")

    def reply(self, raw, kind):
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    print(json.dumps(REQUESTS), flush=True)
