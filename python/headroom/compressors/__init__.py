"""Compressors: one file each kind of content; text in, drafts of a smaller text out.

A module in this package (or one that an installed package names in the entry point group `headroom.compressors`) is
found by itself when it has what `Compressor` asks for. Compressors are pure: they decide nothing about stores, tokens
or messages, and never import each other. `CONTRIBUTING.md` says how to add one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from headroom.segment import Account, Segment

Options = TypeVar("Options")


@dataclass(frozen=True, slots=True)
class Budget(Generic[Options]):
    """What a compressor may do with one segment.

    `lossy`: whether it may leave anything out; `deep`: whether it should leave out more; `target_ratio`: the share of
    the tokens that a lossy draft keeps at most, 0..1, evidence first. `key` names the original in the store: a lossy
    draft begins with a marker that carries it. `options` are the compressor's own.
    """

    options: Options
    lossy: bool
    deep: bool
    target_ratio: float | None
    key: str


class Draft(NamedTuple):
    """A text that could stand for the original.

    `lossless`: the same values can be read from it, and `expand` gives them back. A lossy draft has an `account` of
    what it kept and what it left out.
    """

    text: str
    lossless: bool
    account: Account | None = None


class Compressor(Protocol):
    """What a compressor's module has."""

    @property
    def name(self) -> str:
        """Its name: the module's."""

    @property
    def content_types(self) -> tuple[str, ...]:
        """The kinds of content it is for; naming one as `content_type` chooses it. The first is the kind's name."""

    @property
    def lossless(self) -> bool:
        """Whether it has a lossless form at all; if not, it is asked only where leaving out is allowed."""

    @property
    def Options(self) -> type[Any]:
        """A frozen dataclass of its options, each field made by `headroom.settings.setting`."""

    def match(self, segment: Segment) -> float:
        """How surely it is made for this text, 0 to 1; cheap, since it is asked about every new text."""

    def compress(self, segment: Segment, budget: Budget[Any]) -> Sequence[Draft]:
        """Drafts, at most one lossy and one lossless; none when nothing can be gained. Deterministic."""
