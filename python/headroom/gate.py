"""The gate: which draft, if any, may stand for the original.

A draft passes only when it is smaller in tokens and in bytes and what it leaves out can be had back. A lossy draft must
be clearly smaller than the lossless one to be worth asking back for. The gate's order of preference is: lossy where it
pays, lossless, original.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from headroom.compressors import Draft
from headroom.marker import parse_marker

Counts = Sequence[Callable[[str], int]]
"""Counters of tokens: first the one by which figures are reported, then others by which a draft must be smaller too."""

LOSSY_SHARE = 0.75
"""A lossy draft is taken only when it has at most this share of the lossless draft's tokens."""


class Verdict(NamedTuple):
    """What the gate says of one draft: its tokens, and why it was refused; an empty reason means that it may pass."""

    draft: Draft
    tokens: int
    refusal: str


def judge(drafts: Sequence[Draft], original: str, tokens: int, key: str, counts: Counts) -> list[Verdict]:
    """A verdict on each draft by itself, in order. `tokens` are those of the original, `key` its name in the store."""
    return [_judge_alone(draft, original, tokens, key, counts) for draft in drafts]


def compare(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, with lossy drafts refused that are not clearly smaller than the best lossless one."""
    lossless = min((each.tokens for each in verdicts if each.draft.lossless and not each.refusal), default=None)
    if lossless is None:
        return list(verdicts)
    limit = LOSSY_SHARE * lossless
    return [
        each
        if each.draft.lossless or each.refusal or each.tokens <= limit
        else Verdict(each.draft, each.tokens, f"not clearly smaller than the lossless form's {lossless:,} tokens")
        for each in verdicts
    ]


def choose(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The smallest draft that may pass, or None when the original stays."""
    return min((each for each in verdicts if not each.refusal), key=lambda each: each.tokens, default=None)


def _judge_alone(draft: Draft, original: str, tokens: int, key: str, counts: Counts) -> Verdict:
    if not draft.text:
        return Verdict(draft, 0, "empty: providers refuse empty text")
    if not draft.lossless and not _names(draft.text, key):
        return Verdict(draft, 0, "its first line is no marker with the original's key: nobody could ask for the rest")
    if not _fewer_bytes(draft.text, original):
        return Verdict(draft, 0, "not smaller in bytes")
    count, *others = counts
    own = count(draft.text)
    if own >= tokens:
        return Verdict(draft, own, f"{own:,} tokens are not fewer than {tokens:,}")
    if any(other(draft.text) >= other(original) for other in others):
        return Verdict(draft, own, "not smaller in o200k_base, by which other models would count it")
    return Verdict(draft, own, "")


def _names(text: str, key: str) -> bool:
    marker = parse_marker(text)
    return marker is not None and marker.key == key


def _fewer_bytes(text: str, original: str) -> bool:
    # A character has one to four bytes, so most cases need no encoding.
    if 4 * len(text) < len(original) or (text.isascii() and len(text) < len(original)):
        return True
    return len(text.encode()) < len(original.encode())
