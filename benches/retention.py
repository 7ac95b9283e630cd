"""Future use: what later turns of recorded conversations cite from results, and whether it could still be read then.

    python benches/retention.py CONVERSATIONS.jsonl

For every message of the assistant, its identifiers (names with an underscore, a dot, a slash, a digit or capitals)
and values (numbers of three digits or more) are looked for in the results before it. Those that stand in a result
and nowhere else before are cited from results. Kept are those that stand in what went out before that message, or that
are written in it without loss.

saved: tokens of all texts; results: tokens of results alone; kept: share of what was cited that could be read. The
controls cut each result to the same number of tokens: `random` deletes lines, or words where there are few lines, at
random; `head/tail` keeps the beginning and the end.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from wire_shapes import Messages, recorded, text_of

from headroom import compress, count_tokens
from headroom.store.memory import MemoryStore

LITERAL = re.compile(r"[A-Za-z_][\w./-]*\w|\d[\d.]*\d\d")
TELLING = re.compile(r"[_./\d]|[a-z][A-Z]")
FEW_LINES = 20


class Kept(NamedTuple):
    """How many literals were cited, and how many of them could be read, by system."""

    cited: int
    ours: int
    random: int
    head_tail: int


def literals(text: str) -> set[str]:
    """The identifiers and values in a text."""
    words = (re.sub(r"^[ab]/", "", word) for word in LITERAL.findall(text))  # a diff adds a/ and b/
    return {word for word in words if len(word) >= 3 and TELLING.search(word)}


def said(message: dict[str, object]) -> str:
    """Everything that a message of the assistant says, calls included."""
    calls: list[dict[str, dict[str, str]]] = message.get("tool_calls") or []  # type: ignore[assignment]
    return "\n".join([text_of(message.get("content")), *(call["function"]["arguments"] for call in calls)])


def thinned(text: str, share: float, seed: str) -> str:
    """The text with lines, or words where there are few lines, deleted at random."""
    separator = "\n" if text.count("\n") > FEW_LINES else " "
    chance = random.Random(seed)
    return separator.join(part for part in text.split(separator) if chance.random() < share)


def ends(text: str, share: float, _: str) -> str:
    """The beginning and the end of the text."""
    cut = int(len(text) * share / 2)
    return text[:cut] + "\n" + text[len(text) - cut :]


def replayed(messages: Messages) -> tuple[Kept, int, int, int, int]:
    """One conversation: what was kept; tokens of all texts, before and after; tokens of results, before and after."""
    result = compress(messages, store=MemoryStore(), provider="openai_chat")
    before = {
        segment.place[0]: segment.steps[0].tokens_before for segment in result.segments if segment.origin == "tool"
    }
    lossless = {segment.place[0] for segment in result.segments if segment.steps[-1].reason.endswith(", lossless")}
    out = result.messages or []
    seen, rest, cited, visible = "", "", 0, ["", "", ""]
    kept = [0, 0, 0]
    for index, message in enumerate(messages):
        text = text_of(message.get("content"))
        if message["role"] == "tool":
            seen += text + "\n"
            ours = text_of(out[index].get("content"))
            share = count_tokens(ours) / max(1, count_tokens(text))
            cuts: list[Callable[[str, float, str], str]] = [thinned, ends]
            controls = [cut(text, share, str(index)) if share < 1 else text for cut in cuts]
            readable = f"{ours}\n{text}" if index in lossless else ours
            visible = [old + new + "\n" for old, new in zip(visible, [readable, *controls], strict=True)]
            continue
        if message["role"] == "assistant":
            wanted = [word for word in literals(said(message)) if word in seen and word not in rest]
            cited += len(wanted)
            for system, shown in enumerate(visible):
                kept[system] += sum(word in shown for word in wanted)
            text = said(message)
        rest += text + "\n"
    after = sum(before.values()) - result.tokens_saved
    return Kept(cited, *kept), result.tokens_before, result.tokens_after, sum(before.values()), after


def main() -> None:
    """Prints a line for each conversation, and the whole."""
    print(f"{'conversation':46}{'saved':>8}{'results':>9}{'cited':>7}{'kept':>8}{'random':>8}{'head/tail':>10}")
    total, tokens = [0, 0, 0, 0], [0, 0, 0, 0]
    for name, messages in recorded(Path(sys.argv[1])):
        kept, *counts = replayed(messages)
        total = [one + other for one, other in zip(total, kept, strict=True)]
        tokens = [one + other for one, other in zip(tokens, counts, strict=True)]
        print(line(name[:44], Kept(*kept), counts))
    print(line("all", Kept(*total), tokens))


def line(title: str, kept: Kept, tokens: list[int]) -> str:
    """One row of the table."""
    saved, results = 1 - tokens[1] / tokens[0], 1 - tokens[3] / max(1, tokens[2])
    shares = [100 * part / max(1, kept.cited) for part in kept[1:]]
    figures = f"{100 * saved:7.1f}%{100 * results:8.1f}%{kept.cited:7}"
    return f"{title:46}{figures}{shares[0]:7.2f}%{shares[1]:7.1f}%{shares[2]:9.1f}%"


if __name__ == "__main__":
    main()
