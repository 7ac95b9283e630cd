"""Mode `cache` in the proxy: the prefix stays the same bytes, and all else stays as it came."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headroom
from headroom.library import default_store, resolve_settings
from headroom.proxy.transform import Transformer
from headroom.registry import compressors, provider_named
from headroom.store.memory import MemoryStore
from payloads import CONVERSATIONS, FORMATS, big_table
from proxy.changing_prompts import FIELDS, HEAD, request, tells_values, without_told
from proxy.odd_json import UNKNOWN, Raw, cut_out, differing_places, written

PATHS = {
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "anthropic": "/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-pro:generateContent",
}
COUNTS = {
    "responses": "/v1/responses/input_tokens",
    "anthropic": "/v1/messages/count_tokens",
    "gemini": "/v1beta/models/gemini-2.5-pro:countTokens",
}


def turns_of(count, about="orders"):
    return [(f"which {about} failed in {n}?", "orders", big_table(100 + n, 50)) for n in range(count)]


def transformer(path):
    chosen = resolve_settings({"store_path": str(path), "mode": "cache"}).settings
    return Transformer(chosen, compressors(), lambda: default_store(chosen))


@pytest.fixture(scope="module")
def transform(tmp_path_factory):
    return transformer(tmp_path_factory.mktemp("cache") / "store.db")


def forwarded(transform, raw, name, **more):
    job = transform.read(raw, provider_named(name), aligns=True, **more)
    account = None if job is None else transform.run(job)
    return raw if account is None or account.body is None else account.body


def prefix_of(name, body):
    """What the model reads before the messages, without the billing header, which the provider takes out."""
    beside = {field: value for field, value in body.items() if field not in (FIELDS[name], "stream")}
    if name == "anthropic":
        beside["system"] = beside["system"][1:]
    if name == "openai":
        beside["system"] = body["messages"][0]
    return json.dumps(beside)


def messages_of(name, body):
    return [json.dumps(without_marks(message)) for message in body[FIELDS[name]]]


def without_marks(value):
    if isinstance(value, dict):
        return {key: without_marks(inner) for key, inner in value.items() if key != "cache_control"}
    return [without_marks(inner) for inner in value] if isinstance(value, list) else value


@st.composite
def growing(draw):
    """A conversation in one of the formats that grows by a turn, each written oddly."""
    name = draw(st.sampled_from(sorted(FORMATS)))
    turns = [*draw(CONVERSATIONS), ("which failed?", "orders", big_table(draw(st.integers(20, 200)), 7))]
    turns = [(f"{question} {draw(st.integers(0, 10**9))}", *rest) for question, *rest in turns]
    bodies = []
    for number in range(1, len(turns) + 1):
        body = request(name, turns[:number], draw(st.integers(0, 59)), x_future=draw(UNKNOWN), temperature=Raw("1.0"))
        if name == "anthropic":
            body["messages"][0]["x_unknown"] = Raw("1.50")
        bodies.append(written(draw, body))
    return name, bodies


@given(growing())
@settings(max_examples=20)
def test_the_prefix_stays_and_every_byte_outside_of_named_and_compressed_values_is_as_it_was_sent(case):
    name, bodies = case
    # Hypothesis tries conversations that begin alike again and again; each example is another user's.
    store = MemoryStore(secret=bytes(32))
    transform = Transformer(resolve_settings({"mode": "cache"}).settings, compressors(), lambda: store)
    sent = []
    for text in bodies:
        out = forwarded(transform, text.encode(), name).decode()
        sent.append(json.loads(out))
        bare = without_told(out, FIELDS[name])
        changed = differing_places(json.loads(text), json.loads(bare))
        assert cut_out(text, changed) == cut_out(bare, changed)
        assert out.count("cache_control") == text.count("cache_control")
        assert "[[timestamp 1]]" in out
        if name == "anthropic":
            assert sent[-1]["system"][0] == json.loads(text)["system"][0]
    own = [{**body, "x_future": None, "temperature": None} for body in sent]
    assert len({prefix_of(name, body) for body in own}) == 1
    for earlier, later in pairwise(sent):
        before = messages_of(name, earlier)
        assert messages_of(name, later)[: len(before)] == before


@pytest.mark.parametrize("name", ["openai", "responses", "anthropic"])
def test_it_sends_what_the_library_makes_of_the_same_request(transform, name):
    body = request(name, turns_of(2, "of the library's"), 7)
    messages = FORMATS[name](turns_of(2, "of the library's"))
    if name == "openai":
        messages[0] = body["messages"][0]
    system = {"responses": body.get("instructions"), "anthropic": body.get("system")}.get(name)
    out = json.loads(forwarded(transform, json.dumps(body).encode(), name))
    store = MemoryStore(secret=bytes(32))
    own = headroom.compress(
        body[FIELDS[name]],
        provider=name,
        system=system,
        tools=body["tools"],
        retrieval="none",
        store=store,
        settings={"mode": "cache"},
    )
    assert out[FIELDS[name]] == own.messages
    assert out["tools"] == own.tools


def test_what_is_added_is_rent_in_the_figures(transform):
    job = transform.read(json.dumps(request("openai", turns_of(1, "rented"), 3)).encode(), provider_named("openai"))
    plain = transform.run(job)
    job = transform.read(
        json.dumps(request("openai", turns_of(1, "lent"), 3)).encode(), provider_named("openai"), aligns=True
    )
    account = transform.run(job)
    assert account.rent_tokens > 20
    assert plain.rent_tokens == 0


@pytest.mark.parametrize(
    "twice", ['"messages":[],"model":"m",', '"model":"m","tools":[{"description":"/tmp/tmp8xk2q1z0/box"}],']
)
def test_where_the_values_cannot_be_told_they_stay_where_they_are(transform, twice):
    text = json.dumps(request("openai", turns_of(1, twice), 4))
    raw = ("{" + twice + text[1:]).encode()
    out = forwarded(transform, raw, "openai")
    assert b"[[" not in out
    assert HEAD.encode() not in out


def test_a_store_that_fails_leaves_the_values_in_the_prompt_and_is_counted(tmp_path):
    (tmp_path / "store.db").mkdir()
    broken = transformer(tmp_path / "store.db")
    raw = json.dumps(request("anthropic", turns_of(1, "unstored"), 4)).encode()
    account = broken.run(broken.read(raw, provider_named("anthropic"), aligns=True))
    assert account.store_failures > 0
    assert b"[[" not in (account.body or raw)


@pytest.mark.parametrize("name", COUNTS)
def test_what_is_only_counted_is_not_taken_for_sent(transform, name):
    turns = turns_of(2, f"counted {name}")
    first = json.loads(forwarded(transform, json.dumps(request(name, turns[:1], 1)).encode(), name))
    counted = forwarded(transform, json.dumps(request(name, turns[:1], 2)).encode(), name, is_sent=False)
    assert b"05:02:11" in counted
    second = json.loads(forwarded(transform, json.dumps(request(name, turns, 3)).encode(), name))
    before = messages_of(name, first)
    assert messages_of(name, second)[: len(before)] == before


class PrefixCache:
    """A provider's cache of prompts: what of a request stood at the beginning of an earlier one."""

    def __init__(self, name):
        self._name = name
        self._known = set()

    def read(self, body):
        """How many blocks of a request are read from the cache, and how many it has."""
        blocks = [prefix_of(self._name, body), *messages_of(self._name, body)]
        if self._name == "openai":
            del blocks[1]
        ends = [json.dumps(blocks[: end + 1]) for end in range(len(blocks))]
        found = max((end + 1 for end, each in enumerate(ends) if each in self._known), default=0)
        self._known.update(ends)
        return found, len(blocks)


def hits(name, bodies):
    """Of each request but the first, the share of the request before it that was read from the cache."""
    cache = PrefixCache(name)
    counted = [cache.read(body) for body in bodies]
    return [read / before for (_, before), (read, _) in pairwise(counted)]


def send_turn(proxy, name, turn, mode):
    counted = json.dumps(request(name, turns_of(turn, f"in {mode}"), turn)).encode()
    if name in COUNTS:
        proxy.post(COUNTS[name], counted, {"x-headroom-mode": mode})
    sent = json.dumps(request(name, turns_of(turn, f"in {mode}"), turn + 20)).encode()
    assert proxy.post(PATHS[name], sent, {"x-headroom-mode": mode}).status == 200


def answered(provider, name):
    return [seen.json() for seen in provider.seen if seen.target == PATHS[name]]


def test_all_that_was_sent_is_read_from_the_providers_cache_also_after_restarts(started, provider):
    proxy = started("--mode", "cache")
    for turn in range(1, 6):
        if turn in (3, 4):
            proxy.stop()
            proxy = started("--mode", "cache", home=proxy.home)
        for name in PATHS:
            send_turn(proxy, name, turn, "cache")
    for name in PATHS:
        bodies = answered(provider, name)
        assert hits(name, bodies) == [1.0] * 4
        assert sum(map(tells_values, bodies[-1][FIELDS[name]])) == 5
    assert proxy.stats()["totals"]["rent_tokens"] > 0


def test_without_it_nothing_is_read_from_the_providers_cache(proxy, provider):
    for turn in range(1, 4):
        for name in PATHS:
            send_turn(proxy, name, turn, "token")
    for name in PATHS:
        bodies = answered(provider, name)
        assert hits(name, bodies) == [0.0] * 2
        assert not any(map(tells_values, bodies[-1][FIELDS[name]]))


def test_a_request_can_ask_for_it_alone(proxy, provider):
    body = request("openai", turns_of(1, "asked for"), 9)
    proxy.post(PATHS["openai"], body, {"x-headroom-mode": "cache"})
    assert tells_values(provider.last().json()["messages"][-1])
    proxy.post(PATHS["openai"], body, {"x-headroom-mode": "cache", "x-headroom-bypass": "true"})
    assert provider.last().json() == body


def test_no_values_are_told_between_a_call_and_its_results(proxy, provider):
    body = request("openai", turns_of(1, "half done"), 5)
    call = {"type": "function", "function": {"name": "run", "arguments": "{}"}}
    body["messages"] += [
        {"role": "assistant", "content": None, "tool_calls": [{**call, "id": each} for each in ("a", "b")]},
        {"role": "tool", "tool_call_id": "a", "content": "done"},
    ]
    proxy.post(PATHS["openai"], body, {"x-headroom-mode": "cache"})
    told = [tells_values(message) for message in provider.last().json()["messages"]]
    assert told == [False, False, False, False, True, False, False]
