"""What `compress()` gives back: the smaller payload, and an account of everything that was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headroom.segment import Segment, Step


@dataclass(frozen=True, slots=True)
class CompressResult:
    """A compressed payload. Exactly one of `messages` and `text` is set: the one that has the shape of the input.

    `system` is the system prompt that was given beside the messages, compressed only if the settings say so, and
    `tools` are those given; in mode `cache` values in both that change have names.
    `keys` name the originals of everything that was changed, in order; `headroom.retrieve(key)` gives them back.
    `segments` are the texts as they were, each with the steps applied to it; `notices` are steps about the whole.
    """

    messages: list[Any] | None
    text: str | None
    system: Any
    tools: Any
    keys: tuple[str, ...]
    segments: tuple[Segment, ...]
    notices: tuple[Step, ...]
    tokens_are_estimated: bool

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step, in order; a step named `read` begins the account of each text."""
        return tuple(step for segment in self.segments for step in segment.steps) + self.notices

    @property
    def tokens_before(self) -> int:
        """Tokens of all texts the model would have seen, calls and a given system prompt and tools included."""
        return sum(segment.steps[0].tokens_before for segment in self.segments)

    @property
    def tokens_after(self) -> int:
        """Tokens of all texts the model will see."""
        return self.tokens_before - self.tokens_saved

    @property
    def tokens_saved(self) -> int:
        """How many tokens the model need not read."""
        return sum(
            step.tokens_before - step.tokens_after
            for segment in self.segments
            for step in segment.steps
            if step.name == "write"
        )

    @property
    def compression_ratio(self) -> float:
        """The share of the tokens that was saved, 0 to 1."""
        before = self.tokens_before
        return self.tokens_saved / before if before else 0.0

    @property
    def store_failures(self) -> int:
        """How many texts went out less compressed because the store could not take the original."""
        return sum(step.failed for step in self.steps if step.name == "store")

    @property
    def compressor_failures(self) -> int:
        """How many texts went out as they were because a compressor failed on them."""
        return sum(step.failed for step in self.steps if step.name == "compress")

    @property
    def hook_failures(self) -> int:
        """How many hooks of other packages failed; steps named `hook` name them."""
        return sum(step.failed for step in self.notices if step.name == "hook")

    def explain(self) -> str:
        """A readable report: for each text what was tried, what was kept and why, what was left out."""
        from headroom.explain import explain

        return explain(self)
