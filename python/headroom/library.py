"""The public functions: arguments checked here, work done below. `headroom` itself imports this on first use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache, wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

from headroom import _core
from headroom.arguments import check_choice, check_count, check_text, refuse_unknown, shown
from headroom.decide import Policy
from headroom.errors import InputError, KeyNotFoundError
from headroom.marker import parse_marker
from headroom.pipeline import Pipeline
from headroom.places import as_mapping, texts_of, tools_text, with_texts
from headroom.providers import Provider
from headroom.registry import compressors, provider_named, providers
from headroom.result import CompressResult
from headroom.retrieval import Range, Retrieved
from headroom.retrieval import retrieve as retrieve_part
from headroom.router import content_types
from headroom.segment import Segment
from headroom.settings import Level, Resolved, Retrieval, Settings, resolve
from headroom.store import Store, open_store
from headroom.tokens import token_counter
from headroom.tool_calls import answer_call, define_retrieve_tool

P = ParamSpec("P")
R = TypeVar("R")

_NO_CEILING = 2**62


def resolve_settings(flags: Mapping[str, Any] | None = None) -> Resolved:
    """The settings in force, with the origin of each; `flags` override the environment and the file."""
    return resolve(flags, families={compressor.name: compressor.Options for compressor in compressors()})


@cache
def default_settings() -> Settings:
    """The settings of this process: environment and file are read once."""
    return resolve_settings().settings


def default_store(settings: Settings | None = None) -> Store:
    """The store that the settings describe, opened once a process. Raises StoreError when it cannot be."""
    chosen = settings or default_settings()
    return _opened_store(chosen.store_path, chosen.store_max_bytes, chosen.store_ttl_s)


@lru_cache(maxsize=8)
def _opened_store(store_path: str | None, store_max_bytes: int, store_ttl_s: int) -> Store:
    return open_store(Settings(store_path=store_path, store_max_bytes=store_max_bytes, store_ttl_s=store_ttl_s))


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
    - `query`: the question that decides what is worth keeping. Change it between turns and earlier results may come out
      differently, which costs the provider's cache.
    - `level`: "lossless" | "balanced" | "deep". `retrieval`: "assumed" if the model is offered the retrieve tool (see
      `retrieve_tool`), "none" if it is not: then nothing is left out.
    - `target_ratio`: share of its tokens that a lossy result keeps at most, 0.01 to 1, evidence first. Of a small text,
      what names its fields and its evidence may need more; a step named `budget` says so.
    - `max_tokens`: a budget for the whole output; large results get ever shorter, oldest first, until it is met. What
      cannot be met is told by a step named `budget`; nothing is dropped for it.
    - `system`, `tools`: what goes out beside the messages; counted, and `system` is compressed if the settings say so.
    - `store`, `settings`: others than the process's own; `settings` also as a dict of single values.

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
    counter = token_counter(model or chosen.model)
    pipeline = Pipeline(
        policy_for(chosen, level, retrieval, target_ratio),
        counter,
        compressors(),
        (lambda: default_store(chosen)) if store is None else (lambda: store),
    )
    wire = None
    if isinstance(input, str):
        segments = [Segment(input, (), "tool")]
    else:
        wire = _provider(input, provider)
        segments = wire.read(input)
    if system is not None or tools is not None:
        segments = [*_beside(system, tools), *segments]
    outcome = pipeline.run(_hinted(segments, query, content_type), max_tokens)
    written = outcome.replacements
    beside = {place[1:]: text for place, text in written.items() if place[:1] == ("system",)}
    inside = {place: text for place, text in written.items() if place[:1] != ("system",)} if beside else written
    return CompressResult(
        messages=wire.write(input, inside) if wire is not None else None,
        text=with_texts(input, inside) if wire is None else None,
        system=with_texts(system, beside),
        keys=outcome.keys,
        segments=outcome.segments,
        notices=outcome.notices,
        tokens_are_estimated=counter.is_estimate,
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
    max_tokens: int | None = None,
    store: Store | None = None,
) -> Retrieved:
    """The original that a key names, byte for byte, or the part of it that a query or keywords ask for.

    `query` is the language a model uses: `lines 120-180`, `rows 5-20`, `$.items[*].name`, `grep -i REGEX -C 2`, joined
    by ` | `. The keywords are other words for it: a number, `"5-20"` or `(5, 20)` for `lines` and `rows`.
    With `max_tokens`, the result's `next` is the query for what did not fit.

    Raises KeyNotFoundError, QueryError (its message shows the nearest valid form), InputError or StoreError.

    >>> result = compress('[{"id": 1, "name": "checkout"}, {"id": 2, "name": "billing"}]', settings={"min_tokens": 0})
    >>> retrieve(result.keys[0], rows=2).text
    '{"id": 2, "name": "billing"}'
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
    try:
        return _made_policy(settings, level, retrieval, target_ratio)
    except TypeError:  # something that cannot be hashed, and so is no valid value either
        return _made_policy.__wrapped__(settings, level, retrieval, target_ratio)


@lru_cache(maxsize=64, typed=True)
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
    for index, message in enumerate(messages):
        if type(message) is not dict and not as_mapping(message):
            raise InputError(f"message {index} is {shown(message)}; a message is a dict with a role and a content")
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


def _refuse_no_list(messages: Any) -> None:
    if isinstance(messages, Mapping):
        raise InputError('the input is a dict; pass its list of messages, such as body["messages"], or one text')
    if not isinstance(messages, Sequence) or isinstance(messages, (bytes, bytearray)):
        raise InputError(f"the input is a {type(messages).__name__}; pass a list of messages, or one text as a str")


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
