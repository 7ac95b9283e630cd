"""A request's body in, the bytes to forward and an account of them out. No network; the store is the only I/O.

The body is read once, the provider's format finds the texts, the pipeline decides on them, and what it decided is
spliced into the bytes that came: every other byte stays. A body that is no conversation in the format, or no JSON at
all, is forwarded as it is: what is wrong with it is for the provider to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from headroom import ignore_file
from headroom._core import Body
from headroom.compressors import Compressor
from headroom.decide import Policy
from headroom.library import policy_for
from headroom.memo import Memo
from headroom.pipeline import Outcome, Pipeline
from headroom.places import as_mapping
from headroom.protection import Protection
from headroom.providers import Provider
from headroom.proxy.boarding import Boarded, Offer
from headroom.segment import Place, Segment, ToolCall
from headroom.settings import Settings
from headroom.store import Store, memory
from headroom.tokens import token_counter

_SAMPLE = "\n".join(f"2026-01-01T00:00:{second:02d}Z INFO ready" for second in range(40))


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one request's body; `body` is None where the bytes that came go on.

    `offer`: the retrieve tool was added to it. `rent_tokens` are those of all that was added; `tokens_after` has them.
    """

    body: bytes | None
    tokens_before: int
    tokens_after: int
    compressed: int = 0
    store_failures: int = 0
    compressor_failures: int = 0
    is_held_out: bool = False
    offer: Offer | None = None
    rent_tokens: int = 0


class _Tools(NamedTuple):
    """A request's tools: their text as a segment, whether the retrieve tool is one, whether it may be called now."""

    segments: list[Segment]
    has_retrieve: bool
    can_retrieve: bool


class Conversation(NamedTuple):
    """The texts of one request, at places in the body, and what decisions on them depend on."""

    segments: list[Segment]
    policy: Policy
    model: str | None
    can_ask: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A body that was read: its conversations, and whether any of their texts may need a decision."""

    body: Body
    conversations: list[Conversation]
    needs_engine: bool
    is_held_out: bool = False
    added: tuple[tuple[int, bytes], ...] = ()
    """Bytes to be put into the body, with their positions."""


_tools: Memo[_Tools] = Memo(max_entries=64, max_weight=4_000_000)


class Transformer:
    """What all requests have in common. Safe to use from several threads."""

    def __init__(self, settings: Settings, compressors: Sequence[Compressor], open_store: Callable[[], Store]) -> None:
        self._settings = settings
        self._compressors = compressors
        self._open_store = open_store
        self._policies = {
            True: policy_for(settings),
            False: policy_for(settings, retrieval="none"),
        }

    def warm_up(self) -> None:
        """Does once what the first request would have to wait for. Raises StoreError if the store cannot be opened."""
        sample = Segment(_SAMPLE, (), "tool", ToolCall("warm_up", ""))
        # The sample is nobody's original, so it goes into a store that ends with this call.
        Pipeline(self._policies[False], token_counter(), self._compressors, memory.open).run([sample])
        self._open_store()

    def read(self, raw: bytes, provider: Provider, model: str | None = None) -> Job | None:
        """The conversation in a body, or None if there is none; `model` where the body names none."""
        try:
            body = Body(raw)
            messages = body.get(provider.messages_field)
        except ValueError:
            return None
        return self._job(Boarded(body, messages), provider, model)

    def read_boarded(self, boarded: Boarded, provider: Provider, model: str | None = None) -> Job | None:
        """The conversation in a body that was read before."""
        return self._job(boarded, provider, model)

    def _job(self, boarded: Boarded, provider: Provider, model: str | None) -> Job | None:
        body, messages = boarded.body, boarded.messages
        try:
            fields = {name: body.get(name) for name in body.names() if name not in (provider.messages_field, "tools")}
        except ValueError:
            return None
        if isinstance(messages, str) or not messages:
            return None
        tools = _read_tools(body, provider, fields)
        if boarded.offer is not None:
            tools = tools._replace(has_retrieve=True, can_retrieve=boarded.can_call)
        inside = _inside(provider, messages, (provider.messages_field,))
        segments = [*provider.read_beside(fields), *tools.segments, *inside]
        conversation = self._conversation(segments, {"model": model, **fields}, tools.can_retrieve, tools.has_retrieve)
        is_held_out = self._is_held_out(inside)
        return Job(body, [conversation], self._needs_engine(conversation), is_held_out, boarded.added)

    def read_batch(self, raw: bytes, provider: Provider, model: str | None = None) -> Job | None:
        """The conversations in the body of a batch, or None if it is none. Nobody answers retrievals of a batch."""
        listed, inner = provider.endpoint.batch_place
        try:
            body = Body(raw)
            items = body.get(listed)
        except ValueError:
            return None
        conversations = []
        for index, item in enumerate(items if isinstance(items, list) else ()):
            fields = dict(as_mapping(as_mapping(item).get(inner)))
            messages = fields.pop(provider.messages_field, None)
            if isinstance(messages, list):
                segments = _inside(provider, messages, (listed, index, inner, provider.messages_field))
                beside = [
                    each._replace(place=(listed, index, inner, *each.place)) for each in provider.read_beside(fields)
                ]
                conversations.append(
                    self._conversation(
                        [*beside, *segments], {"model": model, **fields}, can_retrieve=False, can_ask=False
                    )
                )
        return Job(body, conversations, any(map(self._needs_engine, conversations))) if conversations else None

    def _conversation(
        self, segments: list[Segment], fields: Mapping[str, Any], can_retrieve: bool, can_ask: bool
    ) -> Conversation:
        model = fields.get("model")
        named = model if isinstance(model, str) else self._settings.model
        return Conversation(segments, self._policies[can_retrieve], named, can_ask)

    def _needs_engine(self, conversation: Conversation) -> bool:
        policy = conversation.policy
        if policy.compress_user or policy.compress_system:
            return True
        return any(segment.origin == "tool" for segment in conversation.segments)

    def run(self, job: Job) -> Account:
        """The bytes to forward for a body: the originals of what was left out are stored when this returns."""
        outcomes = [self._outcome(each) for each in job.conversations]
        replacements = [item for outcome in outcomes for item in outcome.replacements.items()]
        body, written = job.body.splice(replacements, job.added) if replacements or job.added else (None, [])
        changed = {place for (place, _), is_written in zip(replacements, written, strict=True) if is_written}
        segments = [segment for outcome in outcomes for segment in outcome.segments]
        before = sum(segment.steps[0].tokens_before for segment in segments)
        steps = [step for segment in segments for step in segment.steps]
        return Account(
            body if changed or job.added else None,
            before,
            before - _saved(segments, changed),
            len(changed),
            sum(step.failed for step in steps if step.name == "store"),
            sum(step.failed for step in steps if step.name == "compress"),
            job.is_held_out,
        )

    def _outcome(self, conversation: Conversation) -> Outcome:
        protection = Protection(self._settings.tools, ignore_file.find(self._settings.ignore_file))
        counter = token_counter(conversation.model)
        pipeline = Pipeline(conversation.policy, counter, self._compressors, self._open_store, protection)
        return pipeline.run(conversation.segments, is_conversation=True, can_ask=conversation.can_ask)

    def _is_held_out(self, segments: Sequence[Segment]) -> bool:
        """Whether a conversation is one of those left alone, to compare with: its first question decides."""
        if not self._settings.holdout_ratio:
            return False
        first = next((segment.text for segment in segments if segment.origin == "user"), "")
        digest = blake2b(first.encode("utf-8", "surrogatepass"), digest_size=4).digest()
        return int.from_bytes(digest, "big") < self._settings.holdout_ratio * 2**32


def _read_tools(body: Body, provider: Provider, fields: Mapping[str, Any]) -> _Tools:
    """A request's tools; they are the same on every turn, and large."""
    raw = body.raw("tools")
    choice = str([fields.get(name) for name in ("tool_choice", "toolConfig", "tool_config")])
    known = _tools.get((provider.name, raw, choice))
    if known is None:
        request = {**fields, "tools": body.get("tools")}
        offered = provider.callable_tools({"tools": request["tools"]})
        segments = provider.read_beside({"tools": request["tools"]})
        callable_now = provider.callable_tools(request)
        known = _Tools(segments, _names_retrieve(offered), _names_retrieve(callable_now))
        _tools.put((provider.name, raw, choice), known, len(raw))
    return known


def _names_retrieve(names: Iterable[str]) -> bool:
    return any(ToolCall(name, "").is_retrieve for name in names)


def _inside(provider: Provider, messages: Any, place: Place) -> list[Segment]:
    return [segment._replace(place=(*place, *segment.place)) for segment in provider.read(messages)]


def _saved(segments: Sequence[Segment], changed: set[Place]) -> int:
    return sum(
        step.tokens_before - step.tokens_after
        for segment in segments
        if segment.place in changed
        for step in segment.steps
        if step.name == "write"
    )
