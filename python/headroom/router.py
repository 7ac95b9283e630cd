"""The router: which compressors may try a text, best first.

Compressors compete by their `match` score. A content type that the caller named decides instead of the scores.
"""

from __future__ import annotations

from collections.abc import Sequence

from headroom.compressors import Compressor
from headroom.segment import Segment

PLAIN = "text"
"""The content type of text that no compressor is for: it is left alone."""

LEAST_SCORE = 0.3
"""A compressor that matches less surely does not try."""


def content_types(compressors: Sequence[Compressor]) -> list[str]:
    """Every content type a caller may name."""
    return [PLAIN, *(kind for compressor in compressors for kind in compressor.content_types)]


def route(segment: Segment, compressors: Sequence[Compressor], lossy: bool) -> list[tuple[float, Compressor]]:
    """Scores above 0 and compressors, best first; ties go by name. Those below `LEAST_SCORE` are there to be told.

    `lossy` says whether leaving anything out is allowed; if not, compressors without a lossless form stay out.
    """
    hint = segment.content_type
    scored = []
    for compressor in compressors:
        if lossy or compressor.lossless:
            score = compressor.match(segment) if hint is None else float(hint in compressor.content_types)
            if score > 0:
                scored.append((score, compressor))
    return sorted(scored, key=lambda pair: (-pair[0], pair[1].name))
