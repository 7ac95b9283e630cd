"""The public functions: arguments checked here, work done below. `headroom` itself imports this on first use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache, lru_cache, wraps
from operator import is_
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

from headroom import _core, hooks, ignore_file
from headroom.again import remember, sent_before
from headroom.arguments import check_choice, check_count, check_text, refuse_unknown, shown
from headroom.decide import Policy
from headroom.errors import InputError, KeyNotFoundError
from headroom.in_force import resolve_settings
from headroom.marker import parse_marker
from headroom.pipeline import Outcome, Pipeline
from headroom.places import as_mapping, texts_of, tools_text, with_texts
from headroom.protection import Protection
from headroom.providers import Provider
from headroom.registry import compressors, provider_named, providers
from headroom.result import CompressResult
from headroom.retrieval import Range, Retrieved
from headroom.retrieval import retrieve as retrieve_part
from headroom.router import content_types
from headroom.segment import Segment, Step
from headroom.settings import Level, Retrieval, Settings
from headroom.store import Store, open_store
from headroom.tokens import TokenCounter, token_counter
from headroom.tool_calls import answer_call, define_retrieve_tool

if TYPE_CHECKING:
    from headroom.aligner import Aligned
    from headroom.epochs import Limit

P = ParamSpec("P")
R = TypeVar("R")

_NO_CEILING = 2**62
_is_new = Lock()
"""Held from the first call on."""


@cache
def default_settings() -> Settings:
    """The settings of this process: environment and file are read once."""
    return resolve_settings().settings


def default_store(settings: Settings | None = None) -> Store:
    """The store that the settings describe, opened once a process. Raises StoreError when it cannot be."""
    global _last_store
    chosen = settings or default_settings()
    last = _last_store
    if last is not None and last[0] is chosen and not last[1].is_closed:
        return last[1]
    # What is no setting of the store must not open another one.
    own = tuple([getattr(chosen, name) for name in _STORE_FIELDS])
    store = _opened_store(own)
    if store.is_closed:
        _opened_store.cache_clear()
        store = _opened_store(own)
    _last_store = (chosen, store)
    return store


_last_store: tuple[Settings, Store] | None = None
_STORE_FIELDS = tuple(field.name for field in fields(Settings) if field.name.startswith("store_"))


@lru_cache(maxsize=8)
def _opened_store(own: tuple[Any, ...]) -> Store:
    return open_store(Settings(**dict(zip(_STORE_FIELDS, own, strict=True))))


def compress(
    input: str | Sequence[Any],
    *,
    model: str | None = None,
    provider: str = "auto",
    content_type: str | None = None,
    query: str | None = None,
    level: Level | None = None,
    retrieval: Retrieval | None = None,
    target_ratio: float | None = None,
    max_tokens: int | None = None,
    system: str | Sequence[Any] | None = None,
    tools: Sequence[Any] | None = None,
    store: Store | None = None,
    settings: Settings | Mapping[str, Any] | None = None,
    bypass: bool = False,
    **unknown: NoReturn,
) -> CompressResult:
    """Makes a conversation, or one text, smaller, and keeps the originals where `retrieve` finds them.

    `input` is a list of messages as the provider's SDK takes them (OpenAI chat or Responses, Anthropic, Gemini), which
    comes back in the same shape, or one text. It is never changed; messages in which nothing changed are the same
    objects. Tool results are compressed; texts of the user and the system only if the settings say so.

    What None means is the setting of that name, else: `model`: counts are o200k; `content_type`: detected; `query`:
    the last text of the user before a result; `level`: balanced; `retrieval`: assumed.

    - `provider`: a wire format's name, or "auto" to recognise it.
    - `content_type`: what every tool result, or the text, is; "text" for something to be left alone.
    - `query`: the question that decides what is worth keeping of the results that are new.
    - `level`: "lossless" | "balanced" | "deep". `retrieval`: "assumed" if the model is offered the retrieve tool (see
      `retrieve_tool`), "none" if it is not: then nothing is left out.
    - `target_ratio`: share of its tokens that a lossy result keeps at most, 0.01 to 1, evidence first. Of a small text,
      what names its fields and its evidence may need more; a step named `budget` says so.
    - `max_tokens`: a budget for the whole output, by default the window of a known `model` without what its answer
      takes. Over it, exchanges of calls and results that are least wanted are left out at once behind one summary with
      a key, well below the budget, and later turns replay that form (see `headroom/epochs.py`); then large results get
      ever shorter, oldest first. Steps named `budget` tell the arithmetic, and what cannot be met.
    - `system`, `tools`: what goes out beside the messages; counted, and `system` is compressed if the settings say so.
    - `bypass`: leaves this request as it is, decides and records nothing, and only counts.
    - `store`, `settings`: others than the process's own; `settings` also as a dict of single values.

    Decisions on a conversation are recorded in the store: what a result became when it was first seen it stays,
    whatever options or settings a later turn has, after restarts and in every process that shares the store.

    Raises UnknownOptionError (a TypeError), InputError or SettingsError (ValueErrors) for wrong arguments. A failing
    store or compressor raises nothing: the lossless form or the original goes out, and the result's `steps`,
    `store_failures` and `compressor_failures` say so.

    >>> import json
    >>> rows = json.dumps([{"id": n, "status": "ok", "zone": "eu-west-1"} for n in range(50)])
    >>> result = compress(rows, level="lossless")
    >>> result.tokens_after < result.tokens_before
    True
    """
    if unknown:
        refuse_unknown("compress", unknown, _KEYWORDS)
    chosen = _settings(settings)
    check_text("model", model)
    check_text("query", query)
    check_count("max_tokens", max_tokens)
    if content_type is not None:
        check_choice("content_type", content_type, content_types(compressors()))
    if store is not None and not hasattr(store, "put_many"):
        raise InputError(f"store={shown(store)} is no store; see headroom.store")
    failures = _set_up() + hooks.call("input_received", {"input": input, "model": model or chosen.model})
    counter = token_counter(model or chosen.model)
    ignored = None if bypass else ignore_file.find(chosen.ignore_file)
    pipeline = Pipeline(
        policy_for(chosen, level, retrieval, target_ratio),
        counter,
        compressors(),
        (lambda: default_store(chosen)) if store is None else (lambda: store),
        Protection(chosen.tools, ignored),
    )
    wire, given = None, None
    if isinstance(input, str):
        segments = [Segment(input, (), "tool")]
    else:
        wire = _provider(input, provider)
        if system is None and tools is None and not bypass and chosen.mode != "cache":
            given = (wire, model, content_type, query, level, retrieval, target_ratio, max_tokens, chosen, ignored)
            sent = sent_before(input, given)
            if sent is not None and pipeline.stands(*sent):
                return _written(wire, input, sent[0], counter, failures)
        segments = wire.read(input)
    if system is not None or tools is not None:
        segments = [*_beside(system, tools), *segments]
    limit = None if bypass else _limit(max_tokens, model or chosen.model, chosen.models_file, wire, input)
    aligned: Aligned | None = None
    named = segments
    if wire is not None and chosen.mode == "cache" and not bypass:
        # Imported here, as in `_limit`, since most calls need neither, and the imports take milliseconds.
        from headroom.aligner import align

        aligned = align(segments, tools, tuple(map(wire.part_of, input)), pipeline.store)
        named = [each._replace(text=aligned.texts.get(each.place, each.text)) for each in segments]
        if limit is not None:
            rent = sum(map(counter.count, aligned.blocks.values()))
            limit = replace(limit, max_tokens=max(1, limit.max_tokens - rent))
    hinted = _hinted(named, query, content_type)
    outcome = pipeline.pass_by(hinted) if bypass else pipeline.run(hinted, limit, is_conversation=wire is not None)
    if wire is not None and given is not None:
        if outcome.in_use is not None:
            remember(input, given, outcome, pipeline.store())
        return _written(wire, input, outcome, counter, failures)
    written = outcome.replacements if aligned is None else {**aligned.texts, **outcome.replacements}
    beside = {place[1:]: text for place, text in written.items() if place[:1] == ("system",)}
    inside = {place: text for place, text in written.items() if place[:1] != ("system",)} if beside else written
    result = CompressResult(
        messages=_assembled(wire, wire.write(input, inside), outcome, aligned) if wire is not None else None,
        text=with_texts(input, inside) if wire is None else None,
        system=with_texts(system, beside),
        tools=tools if aligned is None else with_texts(tools, aligned.described),
        keys=outcome.keys,
        segments=outcome.segments if aligned is None else _accounted(outcome.segments, aligned, segments, counter),
        notices=outcome.notices if aligned is None else (*aligned.notices, *outcome.notices),
        tokens_are_estimated=counter.is_estimate,
    )
    return _told(outcome, result, failures)


def _written(
    wire: Provider, messages: Sequence[Any], outcome: Outcome, counter: TokenCounter, failures: tuple[Step, ...]
) -> CompressResult:
    """The result of messages that stand alone: no system prompt and no tools beside them, and no value has a name."""
    result = CompressResult(
        messages=_assembled(wire, wire.write(messages, outcome.replacements), outcome, None),
        text=None,
        system=None,
        tools=None,
        keys=outcome.keys,
        segments=outcome.segments,
        notices=outcome.notices,
        tokens_are_estimated=counter.is_estimate,
    )
    return _told(outcome, result, failures)


def _told(outcome: Outcome, result: CompressResult, failures: tuple[Step, ...]) -> CompressResult:
    """The result, with the failures of hooks, which are told of it."""
    failures += _tell(outcome, result)
    return replace(result, notices=(*result.notices, *failures)) if failures else result


def _set_up() -> tuple[Step, ...]:
    """Tells hooks, before anything else, that there is work; once a process."""
    if not _is_new.acquire(blocking=False):
        return ()
    return hooks.call("setup", {"settings": default_settings()})


def _tell(outcome: Outcome, result: CompressResult) -> tuple[Step, ...]:
    """Tells hooks what became of a payload; the failures of those that could not bear it."""
    if not hooks.installed():
        return ()
    known = set(outcome.known)
    fresh = tuple(each for each in outcome.segments if each.place not in known and len(each.steps) > 1)
    return (
        *(hooks.call("cached", {"places": outcome.known}) if known else ()),
        *(hooks.call("routed", {"segments": fresh}) if fresh else ()),
        *(hooks.call("remembered", {"keys": outcome.keys}) if outcome.keys else ()),
        *hooks.call("compressed", {"result": result}),
    )


def _in_thread(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    @wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from asyncio import to_thread

        return await to_thread(function, *args, **kwargs)

    return run


acompress = _in_thread(compress)
"""`compress` for an event loop: the same arguments and result, worked on in a thread."""


def expand(text: str, *, store: Store | None = None) -> str:
    """The original of a lossy form, byte for byte, or of a lossless form (JSON minified); any other text
    unchanged.

    Raises StoreError if the text begins with a marker and the store cannot be read. A marker whose key names nothing
    in the store is ordinary text.
    """
    check_text("text", text)
    marker = parse_marker(text)
    if marker is None:
        return _core.expand(text) or text
    try:
        return (store or default_store()).get(marker.key)
    except KeyNotFoundError:
        return text


def retrieve(
    key: str,
    query: str = "",
    *,
    lines: Range | None = None,
    rows: Range | None = None,
    path: str | None = None,
    grep: str | None = None,
    context: int | None = None,
    where: str | None = None,
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    limit: int | None = None,
    max_tokens: int | None = None,
    store: Store | None = None,
) -> Retrieved:
    """The original that a key names, byte for byte, or the part of it that a query or keywords ask for.

    `query` is the language a model uses: `lines 120-180`, `rows 5-20`, `$.items[*].name`, `grep -i REGEX -C 2`, `where
    ms > 100`, `columns id, ms`, `sort ms desc`, `limit 5`, `count by status`, `symbol Class.method`, joined by ` | `,
    or SQL (all of it: `headroom.retrieval`). The keywords are other words for it: a number, `"5-20"` or `(5, 20)` for
    `lines` and `rows`, a text or a list of names for `columns`.
    With `max_tokens`, the result's `next` is the query for what did not fit.

    Raises KeyNotFoundError, QueryError (its message shows the nearest valid form), InputError or StoreError.

    >>> result = compress('[{"id": 1, "name": "checkout"}, {"id": 2, "name": "billing"}]', settings={"min_tokens": 0})
    >>> retrieve(result.keys[0], rows=2).text
    '{"id": 2, "name": "billing"}'
    >>> retrieve(result.keys[0], "where name startswith check | count").text
    '1 of 2 rows'
    """
    check_text("key", key)
    check_text("query", query)
    return retrieve_part(
        key,
        query or "",
        store=store or default_store(),
        max_tokens=_NO_CEILING if max_tokens is None else max_tokens,
        lines=lines,
        rows=rows,
        path=path,
        grep=grep,
        context=context,
        where=where,
        columns=columns,
        sort=sort,
        limit=limit,
    )


def retrieve_tool(format: str) -> dict[str, Any]:
    """The tool by which a model asks for originals, to be put last into a request's `tools`.

    `format` is a provider's name or alias: "openai", "responses", "anthropic", "gemini". At most 60 tokens.

    >>> retrieve_tool("anthropic")["name"]
    'headroom_retrieve'
    """
    check_text("format", format)
    return define_retrieve_tool(format)


def handle_tool_call(
    call: Any, *, store: Store | None = None, settings: Settings | Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Answers a model's call of the retrieve tool, in the format of the call.

    `call` is an entry of OpenAI's `tool_calls`, answered by a tool message, or an Anthropic `tool_use` block, answered
    by a `tool_result` block; SDK objects will do. What the model got wrong is told to the model in the answer, and
    what is longer than the setting `retrieve_max_tokens` comes with the query for the rest.

    Raises InputError when this is no tool call, or one of another tool.
    """
    chosen = _settings(settings)
    return answer_call(call, lambda: store or default_store(chosen), chosen.retrieve_max_tokens)


_KEYWORDS = tuple(name for name in compress.__annotations__ if name not in ("input", "unknown", "return"))


def _settings(given: Settings | Mapping[str, Any] | None) -> Settings:
    if given is None:
        return default_settings()
    if isinstance(given, Settings):
        return given
    if isinstance(given, Mapping):
        return resolve_settings(given).settings
    raise InputError(f"settings={shown(given)} must be a Settings object or a dict of settings")


def policy_for(
    settings: Settings,
    level: Level | None = None,
    retrieval: Retrieval | None = None,
    target_ratio: float | None = None,
) -> Policy:
    """What decisions depend on: the settings, with what is not None instead of theirs."""
    global _last_policy
    given = (settings, level, retrieval, target_ratio)
    last = _last_policy
    # By identity, since a hash of settings takes as long as all else that is done for content that is known.
    if last is not None and all(map(is_, last[0], given)):
        return last[1]
    policy = _made_policy(*given)
    _last_policy = (given, policy)
    return policy


_last_policy: tuple[tuple[object, ...], Policy] | None = None


def _made_policy(
    settings: Settings, level: Level | None, retrieval: Retrieval | None, target_ratio: float | None
) -> Policy:
    given = {"level": level, "retrieval": retrieval, "target_ratio": target_ratio}
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    chosen = replace(settings, **changed)
    return Policy(
        chosen.level,
        chosen.retrieval,
        chosen.target_ratio,
        chosen.compress_user,
        chosen.compress_system,
        chosen.min_tokens,
        chosen.options,
    )


def _provider(messages: Any, name: str) -> Provider:
    check_text("provider", name)
    if type(messages) is not list:
        _refuse_no_list(messages)
    if set(map(type, messages)) != {dict}:
        _refuse_no_message(messages)
    if name != "auto":
        return provider_named(name)
    best, best_score = None, 0.0
    for each in providers():
        score = each.detect(messages)
        if score == 1.0:
            return each
        if score > best_score:
            best, best_score = each, score
    if best is None:
        known = ", ".join(each.name for each in providers())
        raise InputError(f"the messages are in none of the known formats ({known}); each needs a role of that format")
    return best


def _limit(
    max_tokens: int | None, model: str | None, models_file: str | None, wire: Provider | None, input: Any
) -> Limit | None:
    """What the whole may take: what the caller says, else what the model's window holds of a conversation."""
    if max_tokens is None and (model is None or wire is None):
        return None
    limit = _made_limit(max_tokens, model, models_file)
    if limit is None or wire is None:
        return limit
    return limit.reading(lambda: tuple(map(wire.part_of, input)))


@lru_cache(maxsize=64)
def _made_limit(max_tokens: int | None, model: str | None, models_file: str | None) -> Limit | None:
    from headroom.epochs import Limit
    from headroom.models import RELATIVE_PRICES, model_named

    known = model_named(model, models_file)
    prices = known.prices if known else RELATIVE_PRICES
    if max_tokens is not None:
        return Limit(max_tokens, f"max_tokens={max_tokens:,}", prices)
    if known is None:
        return None
    return Limit(known.budget_tokens, f"the {known.budget_tokens:,} tokens that {model} takes", prices)


def _assembled(wire: Provider, messages: list[Any], outcome: Outcome, aligned: Aligned | None) -> list[Any]:
    """The messages without those that go, and with those that tell of values where they belong."""
    blocks = {} if aligned is None else aligned.blocks
    if not outcome.removed and not blocks:
        return messages
    assembled: list[Any] = []
    for at in range(len(messages) + 1):
        if at in blocks:
            assembled.append(wire.say(blocks[at]))
        if at < len(messages) and at not in outcome.removed:
            assembled.append(messages[at])
    return assembled


def _accounted(
    segments: tuple[Segment, ...], aligned: Aligned, given: Iterable[Segment], counter: TokenCounter
) -> tuple[Segment, ...]:
    """The segments with what mode `cache` did to them: names for values, and messages that were nothing before."""
    originals = {each.place: each.text for each in given if each.place in aligned.texts}
    done = []
    for each in segments:
        original = originals.get(each.place)
        if original is not None:
            read, *others = each.steps
            before = counter.count(original)
            named = Step("write", "values that change have names", before, read.tokens_before)
            each = each._replace(text=original, steps=(read._replace(tokens_before=before), named, *others))
        done.append(each)
    for at, text in aligned.blocks.items():
        written = Step("write", "current values of the prefix", 0, counter.count(text))
        done.append(Segment("", ("values", at), "user", frozen=True, steps=(Step("read", "added"), written)))
    return tuple(done)


def _refuse_no_list(messages: Any) -> None:
    if isinstance(messages, Mapping):
        raise InputError('the input is a dict; pass its list of messages, such as body["messages"], or one text')
    if not isinstance(messages, Sequence) or isinstance(messages, (bytes, bytearray)):
        raise InputError(f"the input is a {type(messages).__name__}; pass a list of messages, or one text as a str")


def _refuse_no_message(messages: Sequence[Any]) -> None:
    for index, message in enumerate(messages):
        if type(message) is not dict and not as_mapping(message):
            raise InputError(f"message {index} is {shown(message)}; a message is a dict with a role and a content")


def _beside(system: Any, tools: Any) -> Iterable[Segment]:
    for text, place, _ in texts_of(system, ("system",)):
        yield Segment(text, place, "system")
    yield from tools_text(tools)


def _hinted(segments: list[Segment], query: str | None, content_type: str | None) -> list[Segment]:
    if query is None and content_type is None:
        return segments
    return [
        each._replace(query=each.query if query is None else query, content_type=content_type)
        if each.origin == "tool"
        else each
        for each in segments
    ]
