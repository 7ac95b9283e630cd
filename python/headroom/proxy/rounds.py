"""The rounds of one client's request: retrievals are answered, and what the next request must have back is recorded.

Called in a thread of the engine, since the store is read and written. A retrieval that fails is told to the model in
words, whatever the reason.
"""

from __future__ import annotations

from collections.abc import Callable

from headroom.errors import StoreError
from headroom.proxy.answers import Answer, Round
from headroom.proxy.boarding import Offer
from headroom.proxy.hidden import Chained, Exchange, Message, Result, exchange_name, written, written_chain
from headroom.proxy.request_edits import extended
from headroom.proxy.sse import wire_json
from headroom.proxy.stats import Tally
from headroom.report import report
from headroom.settings import Settings
from headroom.store import Record
from headroom.tokens import token_counter
from headroom.tool_calls import answer_call

_LAST_NOTE = "\n(This was the last retrieval for this answer: go on with what you have.)"
_NO_TOKENS_NOTE = "Nothing was retrieved: the limit of one answer is reached. Ask again in your next one."


class Rounds:
    """What was asked and answered since the client's request came.

    `told` hears how many retrievals there were, and how many failed.
    """

    def __init__(self, offer: Offer, settings: Settings, tally: Tally, told: Callable[[int, int], object]) -> None:
        self._offer = offer
        self._format = offer.format
        self._settings = settings
        self._tally = tally
        self._told = told
        self._held: list[tuple[list[Message], list[Result]]] = []
        self._tokens_left = settings.retrieve_request_max_tokens

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self._held)

    @property
    def may_go_on(self) -> bool:
        """Whether another one is allowed."""
        return self.count < self._settings.retrieve_max_rounds

    def hear(self, answer: Answer) -> Round:
        """What an answer of the provider says. Each that has come to its end passes here once, with its usage."""
        return self._format.round_of(answer)

    def must_record(self, answers: list[Answer]) -> bool:
        """Whether the next request must have anything back."""
        return bool(self._held or self._offer.is_kept or self._format.round_of(answers[-1]).calls)

    def answer(self, sent: bytes, said: Round) -> bytes:
        """The body of the next round, after the one that was sent."""
        is_last = self.count + 1 >= self._settings.retrieve_max_rounds
        results = self._results(said, _LAST_NOTE if is_last else "")
        self._held.append((said.messages, results))
        messages = [*said.messages, *self._format.result_messages([result.answer for result in results])]
        return extended(sent, self._offer.provider, messages)

    def _results(self, said: Round, note: str) -> list[Result]:
        results = []
        count = token_counter(None).count
        for call in said.calls:
            self._tally.retrievals += 1
            self._told(1, 0)
            request = self._offer.provider.read_tool_call(call)
            assert request is not None, "hidden calls are calls of the format"
            if self._tokens_left <= 0:
                results.append(Result(self._offer.provider.answer_tool_call(request, _NO_TOKENS_NOTE, True), ""))
                continue
            most = min(self._settings.retrieve_max_tokens, self._tokens_left)
            try:
                answer = answer_call(call, lambda: self._offer.store, most, note)
            except Exception as error:
                # Whatever goes wrong in here must not cost the client its answer: the model is told.
                self._tally.failures += 1
                self._told(0, 1)
                report(f"a retrieval failed: {type(error).__name__} in {self._offer.provider.name}")
                words = f"Nothing was retrieved: {type(error).__name__}{note}"
                answer = self._offer.provider.answer_tool_call(request, words, True)
            self._tokens_left -= count(wire_json(answer).decode())
            key = (request.arguments or {}).get("key")
            results.append(Result(answer, key.strip() if isinstance(key, str) else ""))
        return results

    def record(self, answers: list[Answer]) -> None:
        """Records what belongs to the turn that these answers make."""
        offer = self._offer
        said = self._format.round_of(answers[-1])
        pending = self._results(said, "") if said.is_whole else []
        whole = self._format.joined(answers)
        records: list[Record] = []
        if offer.is_kept and whole.get("id") and answers[-1].get("id"):
            chained = Chained(str(answers[-1]["id"]), [result.answer for result in pending])
            records.append(written_chain(offer.store, str(whole["id"]), chained))
        try:
            if (self._held or pending) and offer.previous_id is None:
                records += self._exchange(answers, said, pending, whole)
            offer.store.put_many((), records)
        except (StoreError, ValueError) as error:
            self._tally.store_failures += 1
            report(f"a hidden exchange could not be recorded, so the next request goes without it: {error}")

    def _exchange(self, answers: list[Answer], said: Round, pending: list[Result], whole: Answer) -> list[Record]:
        shown = self._format.shown(whole)
        turns = self._format.turns(shown)
        if not turns or not turns[0].said:
            return []
        earlier = self._format.shown(self._format.joined(answers[:-1])) if self._held else []
        last = said.messages
        if said.calls and not said.is_whole:
            # A call that was cut off is as if it had never been begun.
            last = self._format.shown(self._format.joined(answers[-1:]))
        exchange = Exchange(self._held, last, pending, is_clients=not earlier and not pending)
        store, conversation, text = self._offer.store, self._offer.conversation, turns[0].said
        name = exchange_name(store, conversation, text, self._offer.said[text] + 1)
        return written(store, name, exchange)
