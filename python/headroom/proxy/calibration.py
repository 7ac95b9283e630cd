"""How many of a model's own tokens our counts stand for, learnt from what its provider reports for each request.

A closed tokenizer makes so many tokens of one of ours, which is another number for tool results than for what people
write. Both ratios are fitted by least squares to the shares that they have in each request, beside a little weight on
the guess we began with. All that is kept are sums, so what several processes saw can be added up. In a conversation
whose last request was reported on, only what came since is estimated.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

_PRIOR_WEIGHT = 0.01
_LEAST_REQUESTS = 5
_UNCALIBRATED_INTERVAL = 0.2
"""By how much one text's estimate may be off, see `headroom/tokens.py`."""

_SURENESS = 1.96
_PLAUSIBLE = (0.4, 2.5)
"""What a request's reported tokens may be of our estimate: others hold images, or what the provider keeps."""

_MOST_CONVERSATIONS = 1_024


class Sample(NamedTuple):
    """Our counts of one request as it was forwarded: tokens of tool results, and of all else."""

    results: float
    rest: float


class Sums(NamedTuple):
    """What is kept of all requests to a model: of the two counts over the reported tokens, their sums and products.

    `error` is the sum of how far estimates were off, as shares, before they were learnt from; `estimated` their number.
    """

    requests: float = 0
    results: float = 0.0
    rest: float = 0.0
    results_squared: float = 0.0
    product: float = 0.0
    rest_squared: float = 0.0
    error: float = 0.0
    estimated: float = 0

    def plus(self, other: Sums) -> Sums:
        """The sums over both."""
        return Sums(*(mine + its for mine, its in zip(self, other, strict=True)))


class Ratios(NamedTuple):
    """The fitted ratios; `overall` is the one for all text alike.

    What was taken out of a prompt is like none of what was left in it, so `overall` stands for its tokens, and
    `interval` is by what share it may be off (95 %): how sure the ratio is, and how far apart the kinds of text are.
    """

    results: float = 1.0
    rest: float = 1.0
    overall: float = 1.0
    interval: float = 0.0

    def tokens(self, sample: Sample) -> float:
        """The model's tokens for our counts."""
        return self.results * sample.results + self.rest * sample.rest


def fit(sums: Sums) -> Ratios:
    """The ratios that the sums speak for."""
    a, b, c = sums.results_squared + _PRIOR_WEIGHT, sums.product, sums.rest_squared + _PRIOR_WEIGHT
    p, q = sums.results + _PRIOR_WEIGHT, sums.rest + _PRIOR_WEIGHT
    determinant = a * c - b * b
    results, rest = (p * c - q * b) / determinant, (q * a - p * b) / determinant
    overall = (p + q) / (a + 2 * b + c)
    if sums.requests < _LEAST_REQUESTS:
        return Ratios(results, rest, overall, _UNCALIBRATED_INTERVAL)
    squares = (
        sums.requests
        - 2 * (results * sums.results + rest * sums.rest)
        + results * results * sums.results_squared
        + 2 * results * rest * sums.product
        + rest * rest * sums.rest_squared
    )
    variance = max(0.0, squares) / (sums.requests - 2)
    apart = abs(results - rest) / 2 / overall
    return Ratios(results, rest, overall, min(_UNCALIBRATED_INTERVAL, _SURENESS * math.sqrt(variance) + apart))


class Calibration:
    """The ratios of one model, and what this process has learnt of it since they were last taken out."""

    def __init__(self, known: Sums = Sums()) -> None:  # noqa: B008  (a constant)
        self._known = known
        self._new = Sums()
        self._last: OrderedDict[int, tuple[Sample, int]] = OrderedDict()
        self.ratios = fit(known)

    def estimate(self, sample: Sample, conversation: int) -> float:
        """The model's tokens of a request before anything is reported on it; 2.4 µs."""
        last = self._last.get(conversation)
        if last is None or last[0].results > sample.results or last[0].rest > sample.rest:
            return self.ratios.tokens(sample)
        new = Sample(sample.results - last[0].results, sample.rest - last[0].rest)
        return last[1] + self.ratios.tokens(new)

    def learn(self, sample: Sample, conversation: int, reported: int) -> None:
        """Takes note of what was reported for a request; what cannot be its texts alone is passed over."""
        estimate = self.estimate(sample, conversation)
        if not reported or not _PLAUSIBLE[0] <= reported / max(1.0, self.ratios.tokens(sample)) <= _PLAUSIBLE[1]:
            return
        results, rest = sample.results / reported, sample.rest / reported
        is_calibrated = self._known.requests >= _LEAST_REQUESTS
        error = abs(estimate / reported - 1) if is_calibrated else 0.0
        one = Sums(1, results, rest, results * results, results * rest, rest * rest, error, int(is_calibrated))
        self._known, self._new = self._known.plus(one), self._new.plus(one)
        self.ratios = fit(self._known)
        self._last[conversation] = (sample, reported)
        self._last.move_to_end(conversation)
        if len(self._last) > _MOST_CONVERSATIONS:
            self._last.popitem(last=False)

    def take_new(self) -> Sums:
        """What was learnt since this was last called."""
        new, self._new = self._new, Sums()
        return new
