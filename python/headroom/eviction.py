"""Which exchanges of a conversation to leave out when it is too long: the least wanted first.

Wanted is what is recent, what answers the open goal, what later turns have used, and what tells of trouble. Texts of
the user and the system, what the model has not answered yet, and the newest exchanges are never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from headroom import _core
from headroom.exchanges import Exchange
from headroom.marker import parse_marker
from headroom.places import readable
from headroom.segment import Segment

NEWEST_EXCHANGES = 4
"""So many exchanges at the end are never left out."""

_GOAL_TURNS = 2
_GOAL_CHARACTERS = 8_000
_MOST_USED_WORDS = 20
_TROUBLE_WEIGHT = 0.25
_DECIMALS = 6
"""Scores are compared after rounding, since logarithms differ in their last bit between machines."""


class Text(NamedTuple):
    """A text of the conversation: what it was, what would be written for it, that text's tokens, and its key if any."""

    segment: Segment
    output: str
    tokens: int
    key: str


class Candidate(NamedTuple):
    """An exchange that may be left out, its texts, and how many tokens that would save."""

    exchange: Exchange
    texts: tuple[Text, ...]
    saved_tokens: int


def rank(candidates: Sequence[Candidate], said: Sequence[str], goal: str) -> list[Candidate]:
    """The candidates, least wanted first; linear in their texts.

    `said[n]` is what the model said and called before the results of candidate n, and after the last one what it said
    since; `goal` is what is asked for now.
    """
    results = [readable("\n".join(text.segment.text for text in each.texts)) for each in candidates]
    scores = _core.relevance_scores(readable(goal[-_GOAL_CHARACTERS:]), results)
    since = [""] * (len(said) - len(results))
    uses = _core.result_uses([readable(each) for each in said], [*results, *since])
    best = max(scores, default=0.0) or 1.0
    count = max(1, len(said) - 1)
    wanted = []
    for at, (score, (words, last, trouble)) in enumerate(zip(scores, uses, strict=False)):
        used = (last / count + min(words, _MOST_USED_WORDS) / _MOST_USED_WORDS) if words else 0.0
        value = at / count + score / best + used + (_TROUBLE_WEIGHT if trouble else 0.0)
        # What is long must be worth more to stay, but not in proportion: a long result was asked for too.
        wanted.append((round(value / max(1, candidates[at].saved_tokens) ** 0.5, _DECIMALS), at))
    return [candidates[at] for _, at in sorted(wanted)]


def goal_of(texts: Sequence[Text]) -> str:
    """What is asked for now: the user's last text, and what the model said in its last turns."""
    asked = next((text.segment.text for text in reversed(texts) if text.segment.origin == "user"), "")
    said = [text.segment.text for text in texts if text.segment.origin == "assistant"][-2 * _GOAL_TURNS :]
    return "\n".join((asked[:_GOAL_CHARACTERS], *said))


def dependents(chosen: Collection[Exchange], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates beside the chosen ones that say their text by pointing at one of those, directly or through others.

    A text points at another where the marker at its beginning carries the other's key.
    """
    gone = {text.key for each in candidates if each.exchange in chosen for text in each.texts if text.key}
    rest = {each.exchange: each for each in candidates if each.exchange not in chosen}
    found: list[Candidate] = []
    while True:
        more = [each for each in rest.values() if _points_at(each, gone)]
        if not more:
            return found
        for each in more:
            del rest[each.exchange]
            gone |= {text.key for text in each.texts if text.key}
        found += more


def _points_at(candidate: Candidate, gone: Collection[str]) -> bool:
    markers: Mapping[str, str] = {
        text.key: marker.key for text in candidate.texts if (marker := parse_marker(text.output)) is not None
    }
    return any(pointed in gone and pointed != own for own, pointed in markers.items())
