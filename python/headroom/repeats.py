"""What a conversation has shown, and results that say again what stands above.

A result of which lines stand above in the same payload is written with references to them (`rust/core/src/repeat`):
an output that is the same again, a file read once more after a change, ranges that overlap, a search or a test run that
finds mostly what it found before, a file that the agent has just written. Only what precedes a result is looked at, as
it went out and as it stands in this very payload, so a reference never points at something nobody has read. It carries
the key of the whole result all the same: clients and providers clear old results, and then a call resolves it.

Where a model cannot ask (`retrieval="none"`) nothing is referred to, not even an output that is identical: what is
lossless while the earlier one stands would be a loss as soon as somebody clears it.

What was shown is kept between turns, so that a turn costs its own new texts; it is a memory of pure results.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from headroom._core import Referring, Shown
from headroom.memo import Memo

_CLEAR_SHARE = 0.5

_shown: Memo[Shown] = Memo(max_entries=128, max_weight=24_000_000)
_spoken: Memo[tuple[str, ...]] = Memo(max_entries=4_096, max_weight=16_000_000)


class Repeats:
    """The texts of one conversation that were shown up to some point, and texts that refer to them."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, bool, str | None, bool]] = []
        self._keys: list[str] = []
        self.keys: set[str] = set()
        """The keys of the texts so far."""
        self._states = [hash("")]
        self._shown: Shown | None = None
        self._indexed = 0

    def add(
        self, key: str, text: str, written: int = 0, referring: bool = False, original: str = "", whole: bool = False
    ) -> None:
        """Goes past a text as it went out; `key` names its original, and `written` is a hash of the text if it is
        another one than that. Nothing can refer to a text without a key. `whole`: nothing of the original was left out.
        """
        json_object = original if key and original[:1] == "{" else None
        self._texts.append((text if key else "", referring, json_object, whole))
        self._keys.append(key)
        self.keys.add(key)
        self._states.append(hash((self._states[-1], key, written, referring)))

    def write(
        self, text: str, key: str, written: str | None, clearly: bool
    ) -> tuple[Referring, tuple[str, ...]] | None:
        """The form of a text that refers to what was shown, and the keys of the texts that it refers to. `written` is
        the form of the text by itself, if it has another one than its own: that may be what was shown. Half of
        that must be saved by referring to it if it shall be so `clearly`.
        """
        if not self._texts:
            return None
        shown = self._up_to_date()
        form = shown.write_object(text, key) if text[:1] == "{" else None
        if form is None:
            forms = [shown.write(text, key)]
            if written is not None:
                again = shown.write(written, key)
                most = _CLEAR_SHARE if clearly else 1.0
                is_clear = again is not None and len(again.text) <= most * len(written)
                forms.append(again if is_clear else None)
            form = min(filter(None, forms), key=lambda form: len(form.text), default=None)
        return form and (form, tuple(dict.fromkeys(self._keys[source] for source in form.sources)))

    def keep(self) -> None:
        """Keeps what was looked through for the next turn."""
        if self._shown is not None:
            weight = sum(len(text) + len(original or "") for text, _, original, _ in self._texts[: self._indexed])
            _shown.put(self._states[self._indexed], self._shown, weight)
            self._shown = None

    def _up_to_date(self) -> Shown:
        if self._shown is None:
            self._shown, self._indexed = self._last_known()
        if self._indexed < len(self._texts):
            self._shown.add(self._texts[self._indexed :])
            self._indexed = len(self._texts)
        return self._shown

    def _last_known(self) -> tuple[Shown, int]:
        # Taken out, since it will be changed: whoever works on the same conversation at the same time makes another.
        for count in range(len(self._texts), 0, -1):
            shown = _shown.take(self._states[count])
            if shown is not None:
                return shown, count
        return Shown(), 0


def texts_in(arguments: str) -> tuple[str, ...]:
    """The texts of several lines in the arguments of a call, JSON or not: what it writes into a file, or has run."""
    if "\\n" not in arguments and "\n" not in arguments:
        return ()
    known = _spoken.get(arguments)
    if known is None:
        try:
            known = tuple(text for text in _strings(json.loads(arguments)) if "\n" in text)
        except (ValueError, RecursionError):
            known = (arguments,)
        _spoken.put(arguments, known, len(arguments))
    return known


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
