"""What earlier results of a conversation say of files: the places that their stack traces name, for reads of the files.

A file that is read after an error is read because of it, so the functions in which the error happened are part of what
is asked. Only what precedes a result is looked at, so nothing that comes later changes what became of it.
"""

from __future__ import annotations

import re

from headroom import _core
from headroom.file_names import dotted_names
from headroom.memo import Memo
from headroom.segment import Segment

_FILE = re.compile(r"[\w.+-]+\.\w{1,10}")
"""The name of a file with an ending, at the beginning of what could be one."""

_ARGUMENTS_CHARACTERS = 2_000
_MOST_PLACES = 12

_told: Memo[list[tuple[str, str]]] = Memo(max_entries=4_096, max_weight=4_000_000)


class Earlier:
    """The results of a conversation up to some point, looked through when a file is read."""

    def __init__(self) -> None:
        self._pending: list[tuple[str, str]] = []
        self._places: dict[str, dict[str, None]] = {}

    def add(self, name: str, segment: Segment) -> None:
        """Goes past a segment; `name` names its text, and is the text itself where that is short."""
        if segment.origin == "tool":
            self._pending.append((name or segment.text, segment.text))

    def question(self, segment: Segment) -> str:
        """The question in force at a segment, with the places in a file which its call reads."""
        if segment.call is None or segment.origin != "tool" or not (self._pending or self._places):
            return segment.query
        names = dotted_names(segment.call.arguments[:_ARGUMENTS_CHARACTERS])
        files = [found[0] for name in names if (found := _FILE.match(name))]
        if not files:
            return segment.query
        self._look()
        places = [place for file in dict.fromkeys(files) for place in self._places.get(file, ())]
        return "\n".join((segment.query, *places[-_MOST_PLACES:])) if places else segment.query

    def _look(self) -> None:
        for name, text in self._pending:
            told = _told.get(name)
            if told is None:
                try:
                    told = _core.trace_files(text)
                except UnicodeEncodeError:
                    continue  # lone surrogates: nobody looks into such a text
                _told.put(name, told, len(name) + sum(len(place) for _, place in told))
            for file, place in told:
                self._places.setdefault(file, {})[place] = None
        self._pending.clear()
