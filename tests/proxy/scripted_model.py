"""A model behind the fake provider that says what a test wants, and a client that talks to it through the proxy."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from proxy.dialects import Block, Call, Heard, Say
from proxy.fake_provider import FakeProvider, Reply, Seen

_KEY = re.compile(r"key=([0-9A-Za-z]{11})")


def keys_in(body: Any) -> list[str]:
    """The keys in the markers of a request, in order."""
    return list(dict.fromkeys(_KEY.findall(json.dumps(body, ensure_ascii=False))))


def ours(identifier: str, key: str, query: str = "rows 3") -> Call:
    return Call(identifier, "headroom_retrieve", {"key": key, "query": query})


def theirs(identifier: str, tool: str = "weather") -> Call:
    return Call(identifier, tool, {"city": "Köln"})


class Model:
    """Answers each request with what `answer` makes of it; keeps what it was sent, and what of that a provider would
    have refused. `answered`: how many answers there were before.
    """

    def __init__(
        self, provider: FakeProvider, dialect: Any, answer: Callable[[dict[str, Any]], Any], answered: int = 0
    ) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self._dialect = dialect
        self._answer = answer
        self._answered = answered
        self._lock = threading.Lock()
        provider.script = self.reply

    def reply(self, seen: Seen) -> Reply:
        """What a request is answered."""
        body = seen.json()
        with self._lock:
            self.bodies.append(body)
            number = self._answered + len(self.bodies)
        self.faults += self._dialect.faults(body)
        said = self._answer(body)
        if isinstance(said, Reply):
            return said
        stream = bool(body.get("stream")) or "stream" in seen.target
        return self._dialect.reply(said, number, stream)

    @property
    def messages(self) -> list[list[Any]]:
        """The messages of each request."""
        return [body[self._dialect.field] for body in self.bodies]


def in_turn(*answers: Any) -> Callable[[dict[str, Any]], Any]:
    """Each of the answers once; those that are functions are asked."""
    left = list(answers)

    def answer(body: dict[str, Any]) -> Any:
        said = left.pop(0)
        return said(body) if callable(said) else said

    return answer


def asking(*more: Block, query: str = "rows 3", identifier: str = "h1") -> Callable[[dict[str, Any]], list[Block]]:
    """Calls for the newest original that a marker names, after what else is said."""
    return lambda body: [*more, ours(identifier, keys_in(body)[-1], query)]


class Client:
    """A client in one format. `messages` is its history."""

    def __init__(self, proxy: Any, dialect: Any, stream: bool, tools: tuple[str, ...] = ("weather",)) -> None:
        self.proxy = proxy
        self.dialect = dialect
        self.stream = stream
        self.tools = tools
        self.messages: list[Any] = []

    def body(self, **more: Any) -> dict[str, Any]:
        streaming = {"stream": True} if self.stream else {}
        return {**self.dialect.body(self.messages, self.tools, **streaming), **more}

    @property
    def path(self) -> str:
        return str(self.dialect.stream_path if self.stream else self.dialect.path)

    def post(self, **more: Any) -> Any:
        return self.proxy.post(self.path, self.body(**more))

    def ask(self, *messages: Any, **more: Any) -> Heard:
        """The answer to its history and these messages, which it keeps."""
        self.messages += messages
        answer = self.post(**more)
        assert answer.status == 200, answer.body
        heard: Heard = self.dialect.hear(answer.body, self.stream)
        self.messages += heard.messages
        return heard

    def begun(self, question: str, table: str) -> list[Any]:
        """A question, a call of the client's tool and its result."""
        call = theirs("begin1")
        said = self.dialect.hear(b"".join(self.dialect.reply([call], 0, False).frames), False).messages
        return [self.dialect.user(question), *said, *self.dialect.results([call], [table])]


DONE: list[Block] = [Say("There are three.")]
