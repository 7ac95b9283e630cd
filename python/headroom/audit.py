"""Where the prefix of recorded requests changed, which value did it, and what it cost.

A provider's cache holds the beginning of a request: tools, then the system prompt, then the messages. A value that
differs from one request of a conversation to the next makes everything behind it be written anew. Requests are bodies
as they went to a provider, in any of the known formats; a conversation is told by its first text of the user.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from headroom import _core
from headroom.errors import InputError
from headroom.models import RELATIVE_PRICES, model_named
from headroom.places import as_mapping, compact_json, readable
from headroom.providers import Provider
from headroom.registry import providers
from headroom.segment import Place, Segment
from headroom.tokens import token_counter

_SHOWN_CHARACTERS = 80
_SUFFIXES = (".jsonl", ".json")


class Request(NamedTuple):
    """A recorded request: where it stands, its format, its model, and its texts in the order in which they are cached.

    `messages[n]` are the texts of message n, and `bodies[n]` is all of it but `cache_control`.
    """

    name: str
    provider: str
    model: str | None
    beside: tuple[Segment, ...]
    messages: tuple[tuple[Segment, ...], ...]
    bodies: tuple[str, ...]

    @property
    def texts(self) -> list[Segment]:
        """All texts, in order."""
        return [*self.beside, *chain.from_iterable(self.messages)]

    @property
    def asked(self) -> str:
        """The first text of the user."""
        return next((each.text for each in self.texts if each.origin == "user"), "")

    @property
    def conversation(self) -> str:
        """What tells its conversation from others: the first text of the user, but for values that change."""
        return f"{self.provider}\n{without_values(self.asked)}"


@dataclass(frozen=True, slots=True)
class Break:
    """The first difference of a request to the one before: where, what did it, and what had to be written again.

    `kind` is the kind of volatile value, or `text` for other words, `message` where messages are not the ones they
    were, `fields` where only something beside the texts changed. `cost` is in US dollars where the model is known
    (`currency` is then "USD"), else in tokens of uncached input.
    """

    request: str
    place: str
    character: int
    kind: str
    old: str
    new: str
    tokens: int
    cost: float
    currency: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The requests of a conversation, in order, their breaks, and how many values in its prefix may change, by kind."""

    name: str
    provider: str
    model: str | None
    requests: int
    tokens: int
    breaks: tuple[Break, ...]
    volatile: Mapping[str, int]


def audit(bodies: Iterable[tuple[str, Any]], models_file: str | None = None) -> list[Conversation]:
    """What happened to each conversation among named requests, in order of appearance.

    Linear in the requests. Raises InputError for a body that is in no known format.
    """
    found: dict[str, Conversation] = {}
    last: dict[str, Request] = {}
    for name, body in bodies:
        request = _request(name, body)
        told_by = request.conversation
        before = last.get(told_by)
        broken = _break(before, request, models_file) if before is not None else None
        found[told_by] = _with(found.get(told_by), request, broken)
        last[told_by] = request
    return list(found.values())


def read_bodies(path: str) -> Iterator[tuple[str, Any]]:
    """The requests of a file (one JSON body a line) or of all such files in a directory, with where each stands.

    Raises InputError for what cannot be read.
    """
    chosen = Path(path)
    files = sorted(each for each in chosen.iterdir() if each.suffix in _SUFFIXES) if chosen.is_dir() else [chosen]
    if not files:
        raise InputError(f"{path!r} holds no file that ends in {' or '.join(_SUFFIXES)}; name a file of requests")
    for file in files:
        yield from _lines(file)


def _lines(file: Path) -> Iterator[tuple[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{str(file)!r} cannot be read: {error}") from None
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield f"{file.name}:{number}", json.loads(line)
            except (ValueError, RecursionError):
                raise InputError(
                    f"{str(file)!r}, line {number}, is not JSON; write one request's body a line"
                ) from None


def without_values(text: str) -> str:
    """A text with the values that change from request to request replaced by their kinds."""
    pieces, at = [], 0
    for kind, start, end in _core.volatile_values(readable(text)):
        pieces += [text[at:start], f"<{kind}>"]
        at = end
    return "".join((*pieces, text[at:]))


def _request(name: str, body: Any) -> Request:
    wire = _format(body)
    if wire is None:
        known = ", ".join(f"{each.name} ({each.messages_field})" for each in providers())
        raise InputError(f"{name} is no request in a known format: {known}")
    messages = body[wire.messages_field]
    messages = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    beside = sorted(wire.read_beside(body), key=lambda segment: segment.place[0] not in ("tools", "functions"))
    model = body.get("model")
    return Request(
        name,
        wire.name,
        model if isinstance(model, str) else None,
        tuple(beside),
        _by_message(wire.read(messages), len(messages)),
        tuple(compact_json(_plain(message)) for message in messages),
    )


def _format(body: Any) -> Provider | None:
    fields = body if isinstance(body, Mapping) else {}
    scores = []
    for each in providers():
        messages = fields.get(each.messages_field)
        if isinstance(messages, str) and each.messages_field == "input":
            return each
        if isinstance(messages, list) and all(as_mapping(message) for message in messages):
            # A system prompt beside the messages tells the formats apart where nothing in the messages does.
            own = 0.2 * any(segment.place[0] not in ("tools", "functions") for segment in each.read_beside(fields))
            scores.append((each.detect(messages) + own, each.name, each))
    best = max(scores, default=(0.0, "", None), key=lambda scored: scored[:2])
    return best[2] if best[0] > 0 else None


def _plain(value: Any) -> Any:
    """A value without `cache_control`, and with a string content as the one block of text that it is equal to."""
    if isinstance(value, Mapping):
        plain = {name: _plain(inner) for name, inner in value.items() if name != "cache_control"}
        if isinstance(plain.get("content"), str):
            plain["content"] = [{"type": "text", "text": plain["content"]}]
        return plain
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _by_message(segments: Sequence[Segment], count: int) -> tuple[tuple[Segment, ...], ...]:
    grouped: list[list[Segment]] = [[] for _ in range(count)]
    for segment in segments:
        grouped[int(segment.place[0])].append(segment)
    return tuple(map(tuple, grouped))


def _with(known: Conversation | None, request: Request, broken: Break | None) -> Conversation:
    """A conversation with one request more."""
    count = token_counter(request.model).count
    tokens = sum(count(segment.text) for segment in request.texts)
    if known is not None:
        breaks = (*known.breaks, broken) if broken else known.breaks
        return replace(known, requests=known.requests + 1, tokens=known.tokens + tokens, breaks=breaks)
    prefix = (segment for segment in request.texts if segment.origin == "system")
    kinds = Counter(kind for segment in prefix for kind, _, _ in _core.volatile_values(readable(segment.text)))
    return Conversation(_short(request.asked), request.provider, request.model, 1, tokens, (), dict(kinds))


def _break(old: Request, new: Request, models_file: str | None) -> Break | None:
    found = _difference(old, new)
    if found is None:
        return None
    place, character, kind, before, after, index = found
    count = token_counter(new.model).count
    lost = [count(each.text) for each in old.texts[index:]]
    sent = [count(each.text) for each in new.texts[index:]]
    tokens = min(sum(lost), sum(sent))
    model = model_named(new.model, models_file)
    prices = model.prices if model else RELATIVE_PRICES
    cost = tokens * (prices.cache_write - prices.cache_read) * (1e-6 if model else 1)
    shown = ".".join(str(part) for part in place)
    return Break(
        new.name, shown, character, kind, _short(before), _short(after), tokens, cost, "USD" if model else "tokens"
    )


def _difference(old: Request, new: Request) -> tuple[Place, int, str, str, str, int] | None:
    """Place, character and kind of the first difference, both values, and the number of the text it stands in."""
    for index, (left, right) in enumerate(zip_longest(old.beside, new.beside)):
        if left is None or right is None or left.text != right.text:
            place = (right or left).place
            return (place, *_change(left.text if left else "", right.text if right else ""), index)
    texts = len(new.beside)
    for at, (before, after) in enumerate(zip(old.bodies, new.bodies, strict=False)):
        if before != after:
            return _within(at, old.messages[at], new.messages[at], before, after, texts)
        texts += len(new.messages[at])
    if len(new.bodies) < len(old.bodies):
        at = len(new.bodies)
        return ((at,), 0, "message", old.bodies[at], "", texts)
    return None


def _within(
    at: int, old: Sequence[Segment], new: Sequence[Segment], before: str, after: str, texts: int
) -> tuple[Place, int, str, str, str, int]:
    if [(each.origin, each.place[2:]) for each in old][:1] != [(each.origin, each.place[2:]) for each in new][:1]:
        return ((at,), 0, "message", before, after, texts)
    for index, (left, right) in enumerate(zip(old, new, strict=False)):
        if left.text != right.text:
            return (right.place, *_change(left.text, right.text), texts + index)
    character, _, left_text, right_text = _change(before, after)
    return ((at,), character, "fields", left_text, right_text, texts)


def _change(old: str, new: str) -> tuple[int, str, str, str]:
    """The first character that differs, the kind of value that did it, and the value in each text."""
    change = _core.first_change(readable(old), readable(new))
    if change is None:
        shorter = min(len(old), len(new))
        return shorter, "text", old[shorter:], new[shorter:]
    character, kind, before, after = change
    return character, kind or "text", before, after


def _short(text: str) -> str:
    line = " ".join(text[: 4 * _SHOWN_CHARACTERS].split())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[: _SHOWN_CHARACTERS - 1]}…"
