"""A provider on loopback that speaks Anthropic's Messages API: it has a tool called, retrieves, and is done.

Run as `python fake_provider.py FILE SHELL RETRIEVE`, the last two being what the agent calls its shell and the retrieve
tool: prints its port, and at the end of its input, as JSON, every request it got. Its first answer has `cat FILE` run,
its second asks for lines 5 to 6 under the key it was shown.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FILE, SHELL, RETRIEVE = sys.argv[1:4] if __name__ == "__main__" else ("", "", "")
REQUESTS: list[dict] = []


def answer(body):
    """The block that a model would answer a request with."""
    blocks = [
        block for message in body["messages"] if isinstance(message["content"], list) for block in message["content"]
    ]
    results = [block for block in blocks if block.get("type") == "tool_result"]
    if SHELL not in [tool["name"] for tool in body.get("tools", [])]:
        return {"type": "text", "text": "a title"}
    if not results:
        arguments = {"command": f"cat {FILE}", "description": "reads the log"}
        return {"type": "tool_use", "id": "toolu_1", "name": SHELL, "input": arguments}
    if len(results) == 1:
        key = re.search(r"key=([0-9A-Za-z]{11})", json.dumps(results[0]))
        arguments = {"key": key.group(1) if key else "absent", "query": "lines 5-6"}
        return {"type": "tool_use", "id": "toolu_2", "name": RETRIEVE, "input": arguments}
    return {"type": "text", "text": "all done"}


def events(block, model):
    """The answer as a stream."""
    usage = {"input_tokens": 5, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
    yield {"type": "message_start", "message": {**message, "stop_reason": None}}
    if block["type"] == "text":
        start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        start = {**block, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    yield {"type": "content_block_start", "index": 0, "content_block": start}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    reason = "end_turn" if block["type"] == "text" else "tool_use"
    yield {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 5}}
    yield {"type": "message_stop"}


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
        if "count_tokens" in self.path:
            return self.reply(b'{"input_tokens": 10}', "application/json")
        REQUESTS.append(body)
        lines = [
            f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events(answer(body), body["model"])
        ]
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
