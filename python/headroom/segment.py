"""The one data type: a piece of text the model would read, and what was done to it.

Providers make segments out of a payload, every later stage reads them, and whatever was decided about one is
written down in its steps. Every figure reported anywhere is derived from steps. All types here are immutable
(named tuples: a long conversation makes hundreds of them on every turn).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

Origin = Literal["system", "user", "assistant", "tool"]
StepName = Literal["read", "choose", "compress", "gate", "store", "write", "budget", "hook", "align"]

RETRIEVE_TOOL = "headroom_retrieve"
"""The name of the tool by which a model asks for an original."""

_SERVED_NAMES = tuple(f"headroom{mark}{RETRIEVE_TOOL}" for mark in ("_", "__", "-", ":", ".", "/"))

Place = tuple[str | int, ...]
"""Where a text stands in a payload: keys and indexes from the outside in, such as `(3, "content", 0, "text")`.

A text that was given alone stands at `()`. The system prompt and the tools, which are given beside the messages,
stand at places that begin with `"system"` and `"tools"`.
"""


Account = Callable[[str], tuple[Sequence[tuple[str, str]], Sequence[tuple[str, int]]]]
"""Given the original text: what a lossy form kept and why, such as `("row 17", "max of delay")`, and places with how
many of their items were left out. Worked out when somebody asks, since most results are never explained."""


class ToolCall(NamedTuple):
    """The call that made a tool result: the tool's name and its arguments as the text the model wrote."""

    name: str
    arguments: str

    @property
    def is_retrieve(self) -> bool:
        """Whether it asked Headroom for an original, directly or through MCP.

        Agents put a server's name, which is ours, before that of its tool, each in its own way: `mcp__server__tool`
        (Claude Code, which may know the server by any name), `server-tool` (Copilot CLI), `server_tool` (OpenCode),
        `MCP:server:tool` (Cursor).
        """
        if self.name.startswith("mcp__"):
            return self.name.endswith(f"__{RETRIEVE_TOOL}")
        return self.name == RETRIEVE_TOOL or self.name.endswith(_SERVED_NAMES)


class Step(NamedTuple):
    """One thing that was done, and why.

    `tokens_before` and `tokens_after` are those of the text the step was about; they differ only in a step that
    changed what the model reads. `failed` says that something went wrong, and the text went out less compressed for it.
    `account` tells more of a lossy form, when it is called with the original text.
    """

    name: StepName
    reason: str
    tokens_before: int = 0
    tokens_after: int = 0
    key: str | None = None
    failed: bool = False
    account: Account | None = None


class Segment(NamedTuple):
    """A piece of text the model would read.

    `query` is the question in force when it arrived: the last text of the user before it. `frozen` means that nobody
    may change it, whatever the settings. `content_type` is a caller's hint, None to detect. `call_id` is the id by
    which a result names its call, empty where it has none.
    """

    text: str
    place: Place
    origin: Origin
    call: ToolCall | None = None
    query: str = ""
    content_type: str | None = None
    frozen: bool = False
    steps: tuple[Step, ...] = ()
    call_id: str = ""

    def after(self, *steps: Step) -> Segment:
        """The same segment with `steps` added to what was done to it."""
        return Segment(
            self.text,
            self.place,
            self.origin,
            self.call,
            self.query,
            self.content_type,
            self.frozen,
            self.steps + steps,
            self.call_id,
        )
