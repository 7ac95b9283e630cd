"""Hidden exchanges: retrieve calls of the model and their results, which the client never sees, kept as records.

An exchange belongs to a turn of the model in a conversation, which is known by the ids of the client's calls in it,
else by its text, and by how many turns before said the same. What the provider was sent stands in the record word for
word; results stand in a record of their own original each, so that they end with it. A response of OpenAI's Responses
API that a client may go on from has a record too: which response of the server's it stands for, and which calls are
still open.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from headroom.proxy.answers import Turn
from headroom.proxy.sse import wire_json
from headroom.report import report
from headroom.store import Record, Store

_VERSION = b"1"

Message = dict[str, Any]


class Result(NamedTuple):
    """The answer to one hidden call, and the key of the original it shows."""

    answer: Message
    key: str


class Exchange(NamedTuple):
    """What belongs to one turn: rounds of the model's messages and the results, then the turn's last messages as the
    model wrote them, with results of its hidden calls that are still to be given.

    `is_clients`: the last messages are what the client has.
    """

    rounds: list[tuple[list[Message], list[Result]]]
    last: list[Message]
    pending: list[Result]
    is_clients: bool


class Chained(NamedTuple):
    """What a client's id of a response stands for: the server's, and results that the next request must give."""

    id: str
    pending: list[Message]


def names_of(store: Store, conversation: str, turns: Sequence[Turn]) -> list[str]:
    """The names of the exchanges that the turns of a conversation may have, empty for one that says nothing."""
    times: Counter[str] = Counter()
    names = []
    for turn in turns:
        times[turn.said] += 1
        names.append(exchange_name(store, conversation, turn.said, times[turn.said]) if turn.said else "")
    return names


def exchange_name(store: Store, conversation: str, said: str, times: int) -> str:
    """The name of the exchange of the turn that says this for the so manyth time."""
    return store.name_of("hidden", conversation, said, str(times))


def written(store: Store, name: str, exchange: Exchange) -> list[Record]:
    """The records of an exchange: one for each original that its results show."""
    results = [result for _, results in exchange.rounds for result in results] + exchange.pending
    keys = list(dict.fromkeys(result.key for result in results if result.key)) or [""]
    elsewhere: dict[str, dict[str, Message]] = {key: {} for key in keys[1:]}
    for number, result in enumerate(results):
        if result.key in elsewhere:
            elsewhere[result.key][str(number)] = result.answer
    head = {
        "rounds": [[messages, _here(results, elsewhere)] for messages, results in exchange.rounds],
        "last": exchange.last,
        "pending": _here(exchange.pending, elsewhere),
        "is_clients": exchange.is_clients,
        "others": keys[1:],
    }
    records = [Record(name, _VERSION + wire_json(head), keys[0])]
    for key, answers in elsewhere.items():
        records.append(Record(_part_name(store, name, key), _VERSION + wire_json(answers), key))
    return records


def _here(results: Iterable[Result], elsewhere: Mapping[str, object]) -> list[Message | None]:
    return [None if result.key in elsewhere else result.answer for result in results]


def _part_name(store: Store, name: str, key: str) -> str:
    return store.name_of("hidden results", name, key)


def found(store: Store, name: str, values: Mapping[str, bytes]) -> Exchange | None:
    """The exchange of this name among the records, if it is whole."""
    head = _read(values.get(name))
    return None if head is None else _whole(store, name, head)


def _whole(store: Store, name: str, head: Mapping[str, Any]) -> Exchange | None:
    elsewhere: dict[str, Message] = {}
    if head["others"]:
        parts = [_part_name(store, name, key) for key in head["others"]]
        values = store.records(parts)
        for part in parts:
            answers = _read(values.get(part))
            if answers is None:
                return None
            elsewhere.update(answers)
    number = 0

    def results(answers: Sequence[Message | None]) -> list[Result]:
        nonlocal number
        filled = []
        for answer in answers:
            filled.append(Result(elsewhere[str(number)] if answer is None else answer, ""))
            number += 1
        return filled

    rounds = [(messages, results(answers)) for messages, answers in head["rounds"]]
    return Exchange(rounds, head["last"], results(head["pending"]), head["is_clients"])


def chain_name(store: Store, response_id: str) -> str:
    """The name of the record of a response that a client may go on from."""
    return store.name_of("chain", response_id)


def written_chain(store: Store, response_id: str, chained: Chained) -> Record:
    """The record of such a response."""
    return Record(chain_name(store, response_id), _VERSION + wire_json({"id": chained.id, "pending": chained.pending}))


def found_chain(value: bytes | None) -> Chained | None:
    """What such a record says."""
    head = _read(value)
    return None if head is None else Chained(head["id"], head["pending"])


def _read(value: bytes | None) -> Any:
    if value is None:
        return None
    if not value.startswith(_VERSION):
        report("a later version of Headroom wrote the record of a hidden exchange, so that it is left out")
        return None
    return json.loads(value[len(_VERSION) :])
