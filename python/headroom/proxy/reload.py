"""Settings that a running proxy can change to, and what it says of the others.

Decisions that were made stay: those on a conversation are recorded in the store, whatever the settings say later.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import NamedTuple

from headroom.settings import Settings

_RELOADED = frozenset(
    {
        *("level", "retrieval", "mode", "target_ratio", "model", "models_file", "compress_user", "compress_system"),
        *("min_tokens", "ignore_file", "retrieve_max_tokens", "allowed_hosts", "open_local_api"),
        *("relay_responses_websocket", "max_body_bytes", "max_requests", "holdout_ratio", "record_requests"),
        *("log_requests", "tools", "options", "offer_retrieve", "retrieve_max_rounds", "retrieve_request_max_tokens"),
    }
)
"""The others say where the proxy listens and sends to, and where it keeps things: who relies on it relies on those."""


class Reloaded(NamedTuple):
    """The settings to go on with, the names of those that changed, and of those that take effect at the next start."""

    settings: Settings
    changed: tuple[str, ...]
    left: tuple[str, ...]

    def in_words(self) -> str:
        """What to tell the user."""
        told = f"settings read again: {', '.join(self.changed) or 'nothing'} changed"
        if self.left:
            told += f"; {', '.join(self.left)} cannot change while the proxy runs: start it again"
        return told


def reloaded(old: Settings, new: Settings) -> Reloaded:
    """What becomes of `old` settings when `new` ones are there."""
    different = [each.name for each in fields(Settings) if getattr(old, each.name) != getattr(new, each.name)]
    changed = tuple(name for name in different if name in _RELOADED)
    left = tuple(name for name in different if name not in _RELOADED)
    return Reloaded(replace(old, **{name: getattr(new, name) for name in changed}), changed, left)
