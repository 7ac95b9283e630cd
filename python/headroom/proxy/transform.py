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
from headroom.places import as_mapping, compact_json
from headroom.protection import Protection
from headroom.providers import Provider
from headroom.proxy.alignment import Prefix, aligned
from headroom.proxy.boarding import Boarded, Offer
from headroom.proxy.shares import Rent, Shares, shares_of
from headroom.segment import Place, Segment, ToolCall
from headroom.settings import Settings
from headroom.store import Record, Store, memory
from headroom.tokens import token_counter
from headroom.tool_calls import define_retrieve_tool

_KEPT_BY_PROVIDERS = ("previous_response_id", "conversation", "prompt", "cachedContent", "cached_content")
"""Fields that name something the provider keeps and the model reads, beside what the request holds."""

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
    model: str | None = None
    shares: Shares | None = None
    rent: tuple[Rent, ...] = ()
    is_recorded: bool = True
    """Whether the records that a body came with are written."""


class _Tools(NamedTuple):
    """A request's tools: their text as a segment, whether the retrieve tool is one, whether it may be called now, and
    how many tokens it has.
    """

    segments: list[Segment]
    has_retrieve: bool
    can_retrieve: bool
    retrieve_tokens: int


class Conversation(NamedTuple):
    """The texts of one request, at places in the body, and what decisions on them depend on; with a `prefix`, values of
    that are to have names.
    """

    segments: list[Segment]
    policy: Policy
    model: str | None
    can_ask: bool
    prefix: Prefix | None = None
    tool_tokens: int = 0
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A body that was read: its conversations, and whether any of their texts may need a decision."""

    body: Body
    conversations: list[Conversation]
    needs_engine: bool
    open_store: Callable[[], Store]
    is_held_out: bool = False
    added: tuple[tuple[int, bytes], ...] = ()
    """Bytes to be put into the body, with their positions."""
    records: tuple[Record, ...] = ()
    """What is to be written with the decisions."""


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

    def read(
        self,
        raw: bytes,
        provider: Provider,
        model: str | None = None,
        *,
        aligns: bool = False,
        is_sent: bool = True,
        open_store: Callable[[], Store] | None = None,
    ) -> Job | None:
        """The conversation in a body, or None if there is none; `model` where the body names none, `open_store` where
        its originals go to another store than the process's own.

        `aligns`: values of the prefix that change get names, as mode `cache` does. `is_sent`: the request is to be
        answered, and not only counted.
        """
        own = (provider.messages_field, "tools")
        try:
            body = Body(raw)
            names = body.names()
            base: Place = () if own[0] in names else tuple(w for w in provider.endpoint.wrappers if w in names)[:1]
            boarded = Boarded(body, body.get(*base, own[0]))
        except ValueError:
            return None
        return self._job(boarded, provider, model, base, open_store, aligns=aligns, is_sent=is_sent)

    def read_boarded(
        self,
        boarded: Boarded,
        provider: Provider,
        model: str | None = None,
        *,
        open_store: Callable[[], Store] | None = None,
        aligns: bool = False,
        is_sent: bool = True,
    ) -> Job | None:
        """The conversation in a body that was read before."""
        return self._job(boarded, provider, model, (), open_store, aligns=aligns, is_sent=is_sent)

    def _job(
        self,
        boarded: Boarded,
        provider: Provider,
        model: str | None,
        base: Place,
        open_store: Callable[[], Store] | None,
        *,
        aligns: bool,
        is_sent: bool,
    ) -> Job | None:
        body, messages = boarded.body, boarded.messages
        own = (provider.messages_field, "tools")
        try:
            inner = as_mapping(body.get(*base)) if base else body.names()
            fields = {name: body.get(*base, name) for name in inner if name not in own}
        except ValueError:
            return None
        if isinstance(messages, str) or not messages:
            return None
        tools = _read_tools(body, provider, fields, base)
        tool_tokens = tools.retrieve_tokens
        if boarded.offer is not None:
            tools = tools._replace(has_retrieve=True, can_retrieve=boarded.can_call)
            tool_tokens += boarded.rent_tokens - boarded.tokens_inside
        inside = _inside(provider, messages, (*base, own[0]))
        segments = [*_at(base, provider.read_beside(fields)), *_at(base, tools.segments), *inside]
        conversation = self._conversation(segments, {"model": model, **fields}, tools.can_retrieve, tools.has_retrieve)
        is_partial = any(fields.get(name) is not None for name in _KEPT_BY_PROVIDERS)
        conversation = conversation._replace(tool_tokens=tool_tokens, is_partial=is_partial)
        if aligns:
            conversation = conversation._replace(
                prefix=Prefix(provider, messages, body.get(*base, "tools"), base, is_sent)
            )
        needs_engine = aligns or self._needs_engine(conversation)
        is_held_out = self._is_held_out(inside)
        return Job(
            body,
            [conversation],
            needs_engine,
            open_store or self._open_store,
            is_held_out,
            added=boarded.added,
            records=boarded.records,
        )

    def read_batch(
        self,
        raw: bytes,
        provider: Provider,
        model: str | None = None,
        *,
        open_store: Callable[[], Store] | None = None,
    ) -> Job | None:
        """The conversations in the body of a batch, or None if it is none. Nobody answers retrievals of a batch."""
        inner = provider.endpoint.batch_item
        listed: Place = ()
        items: Any = None
        try:
            body = Body(raw)
            for listed in provider.endpoint.batch_places:
                items = body.get(*listed)
                if isinstance(items, list):
                    break
        except ValueError:
            return None
        conversations = []
        for index, item in enumerate(items if isinstance(items, list) else ()):
            fields = dict(as_mapping(as_mapping(item).get(inner)))
            messages = fields.pop(provider.messages_field, None)
            if isinstance(messages, list):
                base = (*listed, index, inner)
                segments = _inside(provider, messages, (*base, provider.messages_field))
                beside = _at(base, provider.read_beside(fields))
                conversations.append(
                    self._conversation(
                        [*beside, *segments], {"model": model, **fields}, can_retrieve=False, can_ask=False
                    )
                )
        if not conversations:
            return None
        return Job(body, conversations, any(map(self._needs_engine, conversations)), open_store or self._open_store)

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
        account = self._written(job, job.conversations)
        if account is None:
            # Names without their values, or values without names, would tell the model less than it was told.
            account = self._written(job, [each._replace(prefix=None) for each in job.conversations])
        assert account is not None
        return account

    def _written(self, job: Job, conversations: Sequence[Conversation]) -> Account | None:
        """The account of a job whose conversations are these; None where the prefix cannot be written as it should."""
        namings = [aligned(each.segments, each.prefix, job.open_store) for each in conversations]
        outcomes = [
            self._outcome(each._replace(segments=naming.segments), job)
            for each, naming in zip(conversations, namings, strict=True)
        ]
        smaller = {place: text for outcome in outcomes for place, text in outcome.replacements.items()}
        named = {place: smaller.get(place, text) for naming in namings for place, text in naming.named.items()}
        replacements = [(place, text) for place, text in smaller.items() if place not in named]
        inserted = [item for naming in namings for item in naming.inserted]
        body, written = None, list[bool]()
        if replacements or job.added or named or inserted:
            body, written = job.body.splice(replacements, job.added, list(named.items()), inserted)
        if not all(written[len(replacements) :]):
            return None
        changed = {place for (place, _), is_written in zip(replacements, written, strict=False) if is_written}
        changed |= smaller.keys() & named.keys()
        segments = [segment for outcome in outcomes for segment in outcome.segments]
        texts = {place: text for place, text in replacements if place in changed}
        shares = shares_of(
            segments,
            texts,
            sum(each.tool_tokens for each in job.conversations),
            with_texts=self._settings.record_requests > 0,
            is_partial=any(each.is_partial for each in job.conversations),
        )
        before = sum(segment.steps[0].tokens_before for segment in segments)
        steps = [step for segment in segments for step in segment.steps]
        rent = sum(
            token_counter(each.model).count(text)
            for each, naming in zip(conversations, namings, strict=True)
            for text in naming.told
        )
        return Account(
            body if job.added or any(written) else None,
            before,
            before - _saved(segments, changed) + rent,
            len(changed),
            sum(step.failed for step in steps if step.name == "store") + sum(each.failed for each in namings),
            sum(step.failed for step in steps if step.name == "compress"),
            job.is_held_out,
            rent_tokens=rent,
            model=job.conversations[0].model,
            shares=shares,
            rent=(*shares.rent, Rent("volatile", rent, before)) if rent else shares.rent,
            is_recorded=all(outcome.is_recorded for outcome in outcomes),
        )

    def _outcome(self, conversation: Conversation, job: Job) -> Outcome:
        counter = token_counter(conversation.model)
        if not self._needs_engine(conversation):
            pipeline = Pipeline(conversation.policy, counter, self._compressors, job.open_store)
            return pipeline.pass_by(conversation.segments, job.records)
        protection = Protection(self._settings.tools, ignore_file.find(self._settings.ignore_file))
        pipeline = Pipeline(conversation.policy, counter, self._compressors, job.open_store, protection)
        return pipeline.run(
            conversation.segments, is_conversation=True, can_ask=conversation.can_ask, records=job.records
        )

    def _is_held_out(self, segments: Sequence[Segment]) -> bool:
        """Whether a conversation is one of those left alone, to compare with: its first question decides."""
        if not self._settings.holdout_ratio:
            return False
        first = next((segment.text for segment in segments if segment.origin == "user"), "")
        digest = blake2b(first.encode("utf-8", "surrogatepass"), digest_size=4).digest()
        return int.from_bytes(digest, "big") < self._settings.holdout_ratio * 2**32


def _read_tools(body: Body, provider: Provider, fields: Mapping[str, Any], base: Place) -> _Tools:
    """A request's tools; they are the same on every turn, and large."""
    raw = body.raw(*base, "tools")
    choice = str([fields.get(name) for name in ("tool_choice", "toolConfig", "tool_config")])
    known = _tools.get((provider.name, raw, choice))
    if known is None:
        request = {**fields, "tools": body.get(*base, "tools")}
        offered = provider.callable_tools({"tools": request["tools"]})
        segments = provider.read_beside({"tools": request["tools"]})
        callable_now = provider.callable_tools(request)
        has_retrieve = _names_retrieve(offered)
        tokens = _retrieve_tokens(provider, request["tools"]) if has_retrieve else 0
        known = _Tools(segments, has_retrieve, _names_retrieve(callable_now), tokens)
        _tools.put((provider.name, raw, choice), known, len(raw))
    return known


def _retrieve_tokens(provider: Provider, tools: Any) -> int:
    """The tokens of the retrieve tool's schema among a request's tools."""
    for tool in tools if isinstance(tools, list) else ():
        names = provider.callable_tools({"tools": [tool]})
        if _names_retrieve(names):
            # One that is declared together with others is taken to be as we define it.
            schema = tool if len(names) == 1 else define_retrieve_tool(provider.name)
            return token_counter().count(compact_json(schema))
    return 0


def _names_retrieve(names: Iterable[str]) -> bool:
    return any(ToolCall(name, "").is_retrieve for name in names)


def _inside(provider: Provider, messages: Any, place: Place) -> list[Segment]:
    return _at(place, provider.read(messages))


def _at(base: Place, segments: list[Segment]) -> list[Segment]:
    return [each._replace(place=(*base, *each.place)) for each in segments] if base else segments


def _saved(segments: Sequence[Segment], changed: set[Place]) -> int:
    return sum(
        step.tokens_before - step.tokens_after
        for segment in segments
        if segment.place in changed
        for step in segment.steps
        if step.name == "write"
    )
