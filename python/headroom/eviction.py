"""Which exchanges of a conversation to leave out when it is too long: the least wanted first.

Wanted is what is recent, what answers the open goal, what later turns have used, and what tells of trouble. Texts of
the user and the system, what the model has not answered yet, and the newest exchanges are never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from headroom import _core
from headroom.exchanges import Exchange
from headroom.places import readable
from headroom.segment import Segment

NEWEST_EXCHANGES = 4
"""So many exchanges at the end are never left out."""

_GOAL_TURNS = 2
_GOAL_CHARACTERS = 8_000
_MOST_USED_WORDS = 20
_TROUBLE_WEIGHT = 0.25
_LENGTH_EXPONENT = 0.25
"""Chosen on recorded conversations at half their tokens: of what later turns cite from results 80 % can still be read,
75 % where the oldest go first and 74 % where any do."""

_DECIMALS = 6
"""Scores are compared after rounding, since logarithms differ in their last bit between machines."""


class Text(NamedTuple):
    """A text of the conversation: the tokens of what would be written for it, the keys of the texts that this refers
    to, and keys by which others refer to it or to a part of it.
    """

    segment: Segment
    tokens: int
    sources: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


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
        wanted.append((round(value / max(1, candidates[at].saved_tokens) ** _LENGTH_EXPONENT, _DECIMALS), at))
    return [candidates[at] for _, at in sorted(wanted)]


def goal_of(texts: Sequence[Text]) -> str:
    """What is asked for now: the user's last text, and what the model said in its last turns."""
    asked = next((text.segment.text for text in reversed(texts) if text.segment.origin == "user"), "")
    said = [text.segment.text for text in texts if text.segment.origin == "assistant"][-2 * _GOAL_TURNS :]
    return "\n".join((asked[:_GOAL_CHARACTERS], *said))


def dependents(chosen: Collection[Exchange], candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates beside the chosen ones with a text that refers to one of those, directly or through others."""
    gone = {key for each in candidates if each.exchange in chosen for text in each.texts for key in text.keys}
    rest = {each.exchange: each for each in candidates if each.exchange not in chosen}
    found: list[Candidate] = []
    while more := [each for each in rest.values() if any(gone.intersection(text.sources) for text in each.texts)]:
        for each in more:
            del rest[each.exchange]
            gone |= {key for text in each.texts for key in text.keys}
        found += more
    return found


def free(candidates: Sequence[Candidate], others: Iterable[Text]) -> list[Candidate]:
    """The candidates to which nothing refers that stays: neither the other texts nor what those refer to."""
    needed = {key for text in others for key in text.sources}
    left = list(candidates)
    while held := [each for each in left if any(needed.intersection(text.keys) for text in each.texts)]:
        needed = {key for each in held for text in each.texts for key in text.sources}
        left = [each for each in left if each not in held]
    return left
