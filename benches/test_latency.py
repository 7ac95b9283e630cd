"""Latencies that a user feels, beside `json.loads` of the same text in the same run.

    make bench            run, and compare with benches/baseline.json by ratio to json.loads

Every first sight is of a text never seen before, with a real store on disk: detection, crushing, the exact count of
both sides, the key and the write are all in the figure.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headroom import compress, count_tokens, expand
from headroom.store import sqlite

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "earthquakes.json"
SIZES = {"25 KB": 25_000, "50 KB": 50_000, "100 KB": 100_000}
QUESTION = {"role": "user", "content": "Which event was the strongest?"}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "http_get", "arguments": '{"url": "/feed"}'}}],
}


def feed(size: int) -> dict[str, Any]:
    """The example, with as many records as make a text of about `size` bytes."""
    document = json.loads(EXAMPLE.read_text())
    records = document["features"]
    length = 0
    kept = []
    for record in itertools.cycle(records):
        length += len(json.dumps(record)) + 2
        if length > size:
            return {**document, "features": kept}
        kept.append(record)


@pytest.fixture(params=SIZES.values(), ids=SIZES.keys())
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A document of one of the sizes."""
    return feed(request.param)


@pytest.fixture
def fresh(document: dict[str, Any]) -> Iterator[str]:
    """Texts of the same shape, each different from all others."""

    def texts() -> Iterator[str]:
        for ordinal in itertools.count():
            yield json.dumps({**document, "generated": 1_500_000_000_000 + ordinal})

    return texts()


def messages(text: str) -> list[dict[str, Any]]:
    """A conversation in which a tool answered with `text`."""
    return [QUESTION, CALL, {"role": "tool", "tool_call_id": "c", "content": text}]


def test_json_loads(benchmark: Any, fresh: Iterator[str]) -> None:
    """The yardstick."""
    benchmark.pedantic(json.loads, setup=lambda: ((next(fresh),), {}), rounds=60)


def test_first_sight(benchmark: Any, fresh: Iterator[str], tmp_path: Path) -> None:
    """Everything, for a text that was never seen."""
    store = sqlite.open(str(tmp_path / "store.sqlite3"))
    result = benchmark.pedantic(
        lambda payload: compress(payload, model="gpt-4o", store=store),
        setup=lambda: ((messages(next(fresh)),), {}),
        rounds=60,
        warmup_rounds=3,
    )
    assert result.tokens_after < result.tokens_before / 2
    store.close()


def test_known_content(benchmark: Any, fresh: Iterator[str], tmp_path: Path) -> None:
    """A conversation that is sent again."""
    store = sqlite.open(str(tmp_path / "store.sqlite3"))
    payload = messages(next(fresh))
    compress(payload, model="gpt-4o", store=store)
    benchmark(compress, payload, model="gpt-4o", store=store)
    store.close()


def test_lossless(benchmark: Any, fresh: Iterator[str], tmp_path: Path) -> None:
    """The lossless level, decoded and compared before use."""
    store = sqlite.open(str(tmp_path / "store.sqlite3"))
    benchmark.pedantic(
        lambda payload: compress(payload, model="gpt-4o", store=store, level="lossless"),
        setup=lambda: ((messages(next(fresh)),), {}),
        rounds=40,
    )
    store.close()


def test_count(benchmark: Any, fresh: Iterator[str]) -> None:
    """An exact count of tokens."""
    benchmark.pedantic(count_tokens, setup=lambda: ((next(fresh),), {}), rounds=60)


def test_expand(benchmark: Any, fresh: Iterator[str], tmp_path: Path) -> None:
    """A lossless form, expanded."""
    store = sqlite.open(str(tmp_path / "store.sqlite3"))
    text = compress(next(fresh), level="lossless", store=store).text
    assert text is not None
    benchmark(expand, text)
    store.close()
