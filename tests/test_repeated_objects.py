"""Results that were shown before in another form than their own: the same again, or an object that has changed."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom import compress, expand
from headroom.store.memory import MemoryStore

ORDER = {
    "order_id": "77-4512",
    "customer": {"name": "Ada Okafor", "city": "Leeds", "address": {"street": "Main Street 5", "zip": "LS1"}},
    "items": [{"sku": f"A-{n}", "name": f"lamp number {n}", "price": 20 + n, "quantity": 1} for n in range(6)],
    "payment": [{"method": "card", "amount": 141}],
    "created_at": "2026-05-06T17:41:02",
    "notes": "leave it with the neighbours, and ring twice",
    "state": "paid",
}
REFERRING = re.compile(
    r"\[headroom repeat (\d+)/(\d+) fields key=\w{11}\]\n"
    r"(.+)\[… all as above(, except)?( \(null: gone\))?\](?:\n(.*))?\Z",
    re.DOTALL,
)


def shown(*results, store=None, **options):
    """What a model is shown of results of calls, one after the other."""
    store = store or MemoryStore()
    messages = [{"role": "user", "content": "What became of the order?"}]
    for number, result in enumerate(results):
        call = {"id": f"call_{number}", "type": "function", "function": {"name": "order", "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        text = result if isinstance(result, str) else json.dumps(result)
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": text})
    after = compress(messages, store=store, **options).messages
    return [message["content"] for message in after if message["role"] == "tool"]


def merged(value, patch):
    """A value after a merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, inner in patch.items():
        if inner is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), inner)
    return result


def patched(text, before):
    """What a form that refers to an object above says, and the beginning that it names it by."""
    _, _, start, changed, gone, patch = REFERRING.match(text).groups()
    assert bool(changed) == (patch is not None)
    values = json.loads(expand(patch) or patch) if patch else {}
    assert bool(gone) == ("null" in (patch or "") and any(value is None for value in flat(values)))
    return merged(before, values), start


def flat(value):
    yield value
    if isinstance(value, dict):
        for inner in value.values():
            yield from flat(inner)


def test_an_object_is_told_by_what_has_changed_since_it_was_last_shown():
    shipped = {**ORDER, "state": "shipped", "payment": [*ORDER["payment"], {"method": "voucher", "amount": 9}]}
    moved = {**shipped, "customer": {**ORDER["customer"], "address": {"street": "Hill Road 1", "zip": "LS1"}}}
    first, second, third, fourth = shown(ORDER, shipped, moved, {k: v for k, v in moved.items() if k != "notes"})
    assert first.startswith("{order_id:77-4512,")
    assert patched(second, ORDER) == (shipped, "{order_id:77-4512,")
    assert patched(third, shipped)[0] == moved
    assert third.endswith("{order_id:77-4512,[… all as above, except]\n{customer:{address:{street:Hill Road 1}}}")
    assert fourth.endswith("[… all as above, except (null: gone)]\n{notes:null}")


def test_another_object_is_none_that_has_changed():
    other = {**ORDER, "order_id": "77-4513"}
    _, second, third = shown(ORDER, other, {**ORDER, "state": "lost"})
    assert "all as above" not in second
    assert patched(third, ORDER)[0]["state"] == "lost"


def test_an_object_is_named_by_its_beginning_only_where_no_later_one_begins_so():
    smiths = [{**{"name": f"Smith, {first}"}, **ORDER} for first in ("Ada", "Bob")]
    texts = shown(*smiths, {**smiths[0], "state": "lost"}, {**smiths[1], "state": "lost"})
    assert '{name:"Smith, Bob",' in texts[1]
    assert "all as above" not in texts[2]
    short, long = ({**{"id": number}, **ORDER} for number in (5, 51))
    *_, last = shown(short, long, {**short, "state": "lost"})
    assert patched(last, short) == ({**short, "state": "lost"}, "{id:5,")


def test_what_a_patch_cannot_say_is_said_anew():
    for later in ({**ORDER, "notes": None}, {**ORDER, "customer": {"name": "Ada Okafor", "city": None}}):
        assert "fields key=" not in shown(ORDER, later)[1]


def test_of_an_object_that_was_shown_in_part_nothing_is_taken_as_known():
    rows = [{"id": n, "name": f"service number {n}", "state": "ready", "port": 8000 + n} for n in range(300)]
    first, second = shown({"cluster": "north-1", "rows": rows}, {"cluster": "north-1", "rows": rows, "total": 300})
    assert first.startswith("[headroom json ")
    assert "all as above" not in second


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ORDER),
        json.dumps(ORDER, indent=2),
        json.dumps([{"id": n, "name": f"service number {n}", "state": "ready"} for n in range(400)]),
        "".join(f"{n},2026-05-06,north,ready,worker,{n % 4},10.0.0.{n}\n" for n in range(90)),
    ],
    ids=["object", "object on lines", "rows", "table"],
)
def test_a_result_that_is_the_same_again_is_referred_to_in_whatever_form_it_was_shown(text):
    store = MemoryStore()
    first, second, third = shown(text, text, text, store=store)
    assert first != text
    for again in (second, third):
        assert again.startswith("[headroom repeat ")
        assert len(again) < len(text) / 4
        assert expand(again, store=store) == text


def test_without_retrieval_nothing_is_referred_to():
    first, second = shown(ORDER, ORDER, retrieval="none")
    assert first == second


scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.floats(allow_nan=False)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
fields = st.sampled_from(["state", "notes", "payment", "customer", "extra", "items", 'od"d', "ünï"])


@settings(max_examples=200)
@given(st.lists(st.dictionaries(fields, values | st.just("…gone"), max_size=3), min_size=1, max_size=4))
def test_every_patch_makes_the_object_that_it_stands_for(changes):
    versions = [ORDER]
    for change in changes:
        later = {**versions[-1], **change}
        versions.append({name: value for name, value in later.items() if value != "…gone"})
    texts = shown(*versions)
    for before, after, text in zip(versions, versions[1:], texts[1:], strict=False):
        if REFERRING.match(text):
            assert patched(text, before)[0] == after
