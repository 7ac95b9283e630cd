"""YAML, TOML, XML and INI, records of one field a line (`psql -x`, `dpkg -s`), and what `git log` prints.

The lossless form is the text with blocks that are built alike said once; `expand` gives the text back byte for byte.
The lossy form keeps, of the records that the parsed text holds, those that carry evidence, in the notation of JSON's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headroom.compressors import Budget, Draft
from headroom.compressors._printed import drafts, matching
from headroom.segment import Segment
from headroom.settings import setting

name = "markup"
content_types = (
    "markup",
    "yaml",
    "toml",
    "xml",
    "ini",
    "records",
    "commits",
    "application/yaml",
    "application/toml",
    "application/xml",
    "text/xml",
)
lossless = True


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the compressor of YAML, TOML, XML and INI."""

    min_lossy_tokens: int = setting(
        1_500, "texts estimated smaller than this are only written losslessly: dropping would not pay", low=0
    )


match = matching("markup")


def compress(segment: Segment, budget: Budget[Options]) -> Sequence[Draft]:
    """The lossy draft alone where it saves most of the text, else both, else the lossless one."""
    return drafts("markup", segment, budget, budget.options.min_lossy_tokens)
