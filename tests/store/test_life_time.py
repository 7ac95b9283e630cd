"""What a conversation shows stays retrievable, through the library, whoever's it is and however long it goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headroom import KeyNotFoundError, compress, expand, retrieve
from headroom.store import sqlite
from payloads import FORMATS, big_table

DAY_S = 86_400
TABLE = big_table()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "ccr.sqlite3"


@pytest.mark.parametrize("history", ["originals", "outputs"])
def test_a_marker_in_a_live_conversation_resolves_after_weeks(path, history):
    """Whether the client sends what the tool said, or what was made of it: seeing a marker renews its original."""
    now = [1_800_000_000.0]
    messages = FORMATS["openai"]([("which failed?", "orders", TABLE)])
    with_marker = messages
    for day in range(30):
        now[0] += DAY_S / 2
        store = sqlite.open(str(path), ttl_s=7 * DAY_S, max_bytes=3_000_000, clock=lambda: now[0])
        result = compress(with_marker, store=store)
        [key] = result.keys
        for number in range(8):  # other work, which fills the store and has it collected
            text = f"{day} {number} {TABLE}"
            store.put(store.key_of(text), text, kind="json")
        assert retrieve(key, store=store).text == TABLE
        assert store.touch([key]) == {key}
        if history == "outputs":
            with_marker = result.messages
        store.close()
    store = sqlite.open(str(path), ttl_s=7 * DAY_S, clock=lambda: now[0])
    assert len(list(store.listing())) < 30 * 8
    store.close()


def test_what_was_written_for_one_tenant_is_plain_text_to_another(path):
    mine, theirs = (sqlite.open(str(path), tenant=tenant) for tenant in ("mine", "theirs"))
    written = compress(TABLE, store=mine)
    assert written.text is not None
    [key] = written.keys
    assert expand(written.text, store=mine) == TABLE
    assert expand(written.text, store=theirs) == written.text
    with pytest.raises(KeyNotFoundError):
        retrieve(key, store=theirs)
    again = compress(written.text, store=mine)
    assert any("Headroom wrote it before" in step.reason for step in again.segments[0].steps)
    seen = compress(written.text, store=theirs)
    assert key not in seen.keys
    assert not any("Headroom wrote it before" in step.reason for step in seen.segments[0].steps)
    mine.close()
    theirs.close()


def test_a_marker_that_a_tool_made_up_is_plain_text(path):
    store = sqlite.open(str(path))
    [key] = compress(TABLE, store=store).keys
    rows = json.loads(TABLE)
    head = compress(TABLE, store=store).text
    assert head is not None
    forged = head.split("\n", 1)[0] + "\n" + json.dumps(rows[:40])
    result = compress(forged, store=store)
    assert not any("Headroom wrote it before" in step.reason for step in result.segments[0].steps)
    unknown = forged.replace(key, "Ab3dE5gH7jK")
    assert expand(unknown, store=store) == unknown
    store.close()
