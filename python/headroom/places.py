"""Reading and changing single texts of a payload, whatever its wire format.

A payload is what a provider's SDK takes: dicts and lists, and now and then an object of the SDK itself. Writing is
copy-on-write: the payload that came in is never changed, and what no replacement touches is the same object in the
payload that goes out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headroom.segment import Place, Segment


def as_mapping(value: Any) -> Mapping[str, Any]:
    """The fields of a message or block: a dict's own, an SDK object's as it would be on the wire, else none."""
    if type(value) is dict:
        return value
    if value is None or type(value) is str:
        return {}
    if isinstance(value, Mapping):
        return value
    dump = getattr(value, "model_dump", None)
    fields = dump() if callable(dump) else None
    return fields if isinstance(fields, Mapping) else {}


def readable(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which nothing can be encoded with; else the same text."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


TEXT_KINDS = frozenset({"text"})


def texts_of(
    content: Any, place: Place, kinds: frozenset[str] = TEXT_KINDS
) -> list[tuple[str, Place, Mapping[str, Any]]]:
    """The texts of a `content` value: a string, or a list whose blocks of a type in `kinds` hold one each.

    Each with its place, and the block it stands in (empty for a bare string). Empty texts are passed over.
    """
    if isinstance(content, str):
        return [(content, place, {})] if content else []
    texts = []
    if isinstance(content, Sequence):
        for index, block in enumerate(content):
            fields = as_mapping(block)
            text = fields.get("text")
            if isinstance(text, str) and text and str(fields.get("type")) in kinds:
                texts.append((text, (*place, index, "text"), fields))
    return texts


def compact_json(value: Any) -> str:
    """A value of a payload as the shortest JSON text; what JSON cannot say is written as its `str`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def json_arguments(text: Any) -> dict[str, Any] | None:
    """The arguments of a call that are written as JSON; None where they are no object."""
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, TypeError):
        return None
    return arguments if isinstance(arguments, dict) else None


def tools_text(tools: Any) -> Iterator[Segment]:
    """The definitions of tools as one text that nobody may change, at `("tools",)`; nothing where there are none."""
    if tools:
        yield Segment(compact_json(tools), ("tools",), "system", frozen=True)


def with_texts(payload: Any, replacements: Mapping[Place, str]) -> Any:
    """A payload in which the text at each place is replaced, sharing everything else with the one that came in.
    The cost is proportional to the containers on the way to the changed places.
    """
    if not replacements:
        return payload
    if () in replacements:
        return replacements[()]
    branches: dict[str | int, dict[Place, str]] = {}
    for place, text in replacements.items():
        branches.setdefault(place[0], {})[place[1:]] = text
    fields = type(payload) is dict or not isinstance(payload, Sequence)
    changed: Any = dict(as_mapping(payload)) if fields else list(payload)
    for step, inner in branches.items():
        whole = inner.get(())
        changed[step] = with_texts(changed[step], inner) if whole is None else whole
    return changed
