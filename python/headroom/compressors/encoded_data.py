"""Encoded bytes: Base64, dumps, PEM, data URLs, minified code; one line says what each is, the text around stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "encoded_data"
content_types = ("blob", "base64", "hex")
lossless = False


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the compressor of encoded bytes."""

    min_lossy_tokens: int = setting(
        200, "texts estimated smaller than this are left as they are: dropping would not pay", low=0
    )


match = matching("blob")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The text with a description for each encoded part; nothing where there is none."""
    return drafts("blob", segment, budget, budget.options.min_lossy_tokens)
