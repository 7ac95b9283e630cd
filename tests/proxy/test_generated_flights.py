"""Generated conversations with retrievals at any time: what reaches the provider is valid and only grows, and the
client has every answer once.
"""

from __future__ import annotations

import json
import os
import random
from itertools import pairwise

import pytest

from payloads import big_table
from proxy.dialects import DIALECTS, Call, Say, Think
from proxy.scripted_model import Client, Model, keys_in, ours

CONVERSATIONS = int(os.environ.get("PROXY_FLIGHTS", "100"))
"""How many conversations are held; more with this in the environment."""

RESTARTS = max(1, CONVERSATIONS // 200)
"""How often the proxy is started anew, in the midst of conversations."""

AT_ONCE = 20
"""Conversations that go on by turns, so that a restart meets each of them somewhere else."""


class Rambling:
    """A model that thinks, says, retrieves and calls as chance has it, and remembers what it said to be heard."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0
        self.said: list[str] = []
        self.calls: list[Call] = []

    def answer(self, body):
        chance = self._chance
        blocks = []
        if chance.random() < 0.4:
            blocks.append(Think(f"hm {self._next()}"))
        if chance.random() < 0.5:
            self.said.append(f"Answer {self._next()}. ")
            blocks.append(Say(self.said[-1]))
        keys = keys_in(body) or ["AAAAAAAAAAA"]
        calls = []
        if chance.random() < 0.45:
            queries = ["rows 3", "count", "nonsense ((", "lines 1-3", "where status = failed"]
            calls += [
                ours(f"call_h{self._next()}x", chance.choice(keys), chance.choice(queries))
                for _ in range(chance.choice([1, 1, 2]))
            ]
        if chance.random() < 0.3:
            call = Call(f"call_t{self._next()}x", chance.choice(["weather", "lookup"]), {"n": chance.randrange(9)})
            self.calls.append(call)
            calls.append(call)
        chance.shuffle(calls)
        if not calls and not any(isinstance(block, Say) for block in blocks):
            self.said.append(f"Answer {self._next()}. ")
            blocks.append(Say(self.said[-1]))
        return [*blocks, *calls]

    def _next(self):
        self._count += 1
        return self._count


class Conversation:
    """One conversation: a client, and what its model has said."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)
        self.number = number
        self.dialect = list(DIALECTS.values())[number % len(DIALECTS)]
        self.model = Rambling(self.chance)
        self.client = Client(None, self.dialect, stream=self.chance.random() < 0.5, tools=("weather", "lookup"))
        self.bodies: list[dict] = []
        self.answered = 0
        self.heard = ""
        self.heard_calls: list[Call] = []
        self.pending: list[Call] = []

    def turn(self, proxy, provider):
        """One request of the client."""
        client, dialect, chance = self.client, self.dialect, self.chance
        client.proxy = proxy
        client.stream = chance.random() < 0.5
        if self.pending:
            results = [big_table(chance.choice([5, 120, 200]), 4) for _ in self.pending]
            new = dialect.results(self.pending, results)
        elif not client.messages:
            new = client.begun(f"conversation {self.number}?", big_table(150, 7))
        else:
            new = [dialect.user(f"question {len(client.messages)}?")]
        model = Model(provider, dialect, self.model.answer, self.answered)
        heard = client.ask(*new)
        assert model.faults == []
        self.answered += len(model.bodies)
        self.bodies += model.bodies
        self.heard += heard.text
        self.heard_calls += heard.calls
        self.pending = heard.calls
        if not heard.messages:
            # There was nothing to keep, so the client asks anew.
            del client.messages[-len(new) :]
            self.bodies.clear()
            client.messages.clear()
            self.pending = []
            self.number += 1_000_000

    def check(self):
        """That nothing was lost or doubled, and that each request begins with the one before."""
        assert self.heard == "".join(self.model.said)
        assert self.heard_calls == self.model.calls
        field = self.dialect.field
        for shorter, longer in pairwise(self.bodies):
            assert longer["tools"] == shorter["tools"]
            assert longer[field][: len(shorter[field])] == shorter[field]


@pytest.mark.parametrize("part", range(RESTARTS))
def test_every_request_is_valid_and_goes_on_where_the_last_one_ended(started, provider, part):
    here = CONVERSATIONS // RESTARTS
    held = [Conversation(part * here + number) for number in range(here)]
    chance = random.Random(part)
    proxy = started()
    for begin in range(0, here, AT_ONCE):
        group = held[begin : begin + AT_ONCE]
        turns = [each for each in group for _ in range(each.chance.randint(2, 5))]
        chance.shuffle(turns)
        for at, conversation in enumerate(turns):
            if begin == 0 and at == len(turns) // 2:
                proxy.stop()
                proxy = started(home=proxy.home)
            conversation.turn(proxy, provider)
    for conversation in held:
        conversation.check()
    retrieved = json.dumps([conversation.bodies[-1] for conversation in held if conversation.bodies])
    assert retrieved.count("headroom_retrieve") > 2 * here
