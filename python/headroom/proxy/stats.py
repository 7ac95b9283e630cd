"""What the proxy did since it was started, in numbers alone: no content, no keys, no names of files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from typing import Any

from headroom.proxy.transform import Account


@dataclass(slots=True)
class Tally:
    """Counts of one wire format. `tokens_*` are of the texts that a model would read, as the client sent them;
    `rent_tokens` are those of what was added, and are among `tokens_after`.
    """

    requests: int = 0
    compressed_requests: int = 0
    compressed_texts: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    observed_requests: int = 0
    observed_tokens_before: int = 0
    observed_tokens_after: int = 0
    held_out_requests: int = 0
    offered_requests: int = 0
    retrievals: int = 0
    rent_tokens: int = 0
    failures: int = 0
    store_failures: int = 0
    compressor_failures: int = 0

    def add(self, account: Account, was_observed: bool) -> None:
        """Counts one request's account; one that was only observed saved nothing."""
        self.store_failures += account.store_failures
        self.compressor_failures += account.compressor_failures
        self.held_out_requests += account.is_held_out
        self.offered_requests += account.offer is not None
        self.rent_tokens += account.rent_tokens
        if was_observed:
            self.observed_requests += 1
            self.observed_tokens_before += account.tokens_before
            self.observed_tokens_after += account.tokens_after
            return
        self.compressed_requests += account.compressed > 0
        self.compressed_texts += account.compressed
        self.tokens_before += account.tokens_before
        self.tokens_after += account.tokens_after


@dataclass(slots=True)
class Stats:
    """The counts of a running proxy."""

    mode: str
    started: float = field(default_factory=time.monotonic)
    requests: int = 0
    active: int = 0
    upstream_failures: int = 0
    clients_gone: int = 0
    refused: int = 0
    without_tenant: int = 0
    formats: dict[str, Tally] = field(default_factory=dict)

    def of(self, format: str) -> Tally:
        """The counts of a wire format."""
        return self.formats.setdefault(format, Tally())

    def as_json(self) -> dict[str, Any]:
        """The counts as `/stats` shows them, with the sums over all formats."""
        tallies = {name: _plain(tally) for name, tally in sorted(self.formats.items())}
        totals = {each.name: sum(tally[each.name] for tally in tallies.values()) for each in fields(Tally)}
        return {
            "mode": self.mode,
            "uptime_s": round(time.monotonic() - self.started, 1),
            "requests": self.requests,
            "active_requests": self.active,
            "upstream_failures": self.upstream_failures,
            "clients_gone": self.clients_gone,
            "refused": self.refused,
            "without_tenant": self.without_tenant,
            "tokens_saved": totals["tokens_before"] - totals["tokens_after"],
            "observed_tokens_saved": totals["observed_tokens_before"] - totals["observed_tokens_after"],
            "totals": totals,
            "formats": tallies,
        }


def _plain(tally: Tally) -> dict[str, int]:
    return {each.name: getattr(tally, each.name) for each in fields(tally)}
