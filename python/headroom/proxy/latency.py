"""Durations in buckets of a tenth: counts of them can be added up and kept, and percentiles read off within 5 %."""

from __future__ import annotations

import math
from collections.abc import Mapping

_WIDTH = math.log(1.1)
_LEAST_MS, _MOST_MS = 0.01, 10_000_000.0


def bucket_of(milliseconds: float) -> int:
    """The number of the bucket that a duration falls into.

    >>> bucket_of(1.0), bucket_of(1.06), bucket_of(0)
    (0, 1, -48)
    """
    return round(math.log(min(_MOST_MS, max(_LEAST_MS, milliseconds))) / _WIDTH)


def middle_ms(bucket: int) -> float:
    """The duration in the middle of a bucket, in milliseconds."""
    return math.exp(bucket * _WIDTH)


def percentile_ms(counts: Mapping[int, int], share: float) -> float | None:
    """The duration that a share (0 to 1) of those counted do not exceed; None where nothing was counted."""
    left = share * sum(counts.values())
    for bucket in sorted(counts):
        left -= counts[bucket]
        if left <= 0:
            return middle_ms(bucket)
    return None


def summary(counts: Mapping[int, int]) -> dict[str, object]:
    """What is shown of durations: how many, some percentiles, and how many up to the upper end of each bucket."""
    named = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    found = {name: percentile_ms(counts, share) for name, share in named.items()}
    return {
        "count": sum(counts.values()),
        **{name: None if value is None else round(value, 3) for name, value in found.items()},
        "histogram": [
            [round(middle_ms(bucket) * math.exp(_WIDTH / 2), 3), counts[bucket]] for bucket in sorted(counts)
        ],
    }
