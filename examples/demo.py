"""One tool result, compressed and had back: what `make demo` shows."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from headroom import Settings, compress, retrieve
from headroom.marker import parse_marker
from headroom.store import open_store

FEED = Path(__file__).with_name("earthquakes.json").read_text(encoding="utf-8")
CALL = {"name": "http_get", "arguments": json.dumps({"url": "/earthquakes/feed/v1.0/summary/all_week.geojson"})}
MESSAGES = [
    {"role": "user", "content": "What was the strongest earthquake in this feed? Give id, magnitude and place."},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": CALL}]},
    {"role": "tool", "tool_call_id": "call_1", "content": FEED},
]
LINES_SHOWN = 24
WIDTH = 140


def main() -> None:
    """Runs the demonstration in a store of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as directory:
        for level in ("lossless", "balanced"):
            # A store of its own for each: in one that has seen a conversation, a result stays what it first became.
            store = open_store(Settings(store_path=str(Path(directory) / f"{level}.db")))
            result = compress(MESSAGES, model="gpt-4o", level=level, store=store)
            print(
                f"{level:9} {result.tokens_before:,} -> {result.tokens_after:,} tokens,"
                f" {result.compression_ratio:.1%} saved"
            )
        text = result.messages[-1]["content"]
        print("\nWhat the model reads in place of the feed (first lines):\n")
        for line in text.splitlines()[:LINES_SHOWN]:
            print(f"  {line}" if len(line) <= WIDTH else f"  {line[:WIDTH]} ...")
        key = parse_marker(text).key
        print(f"\nThe strongest earthquake is still in it: {'us1000chhc' in text}")
        original = store.get(key)
        print(f"The original under key {key}: {len(original):,} characters, identical: {original == FEED}")
        part = retrieve(key, "rows 1-2", store=store)
        print(f"Two rows of it (retrieve(key, 'rows 1-2')): {len(part.text):,} characters")
        store.close()


if __name__ == "__main__":
    main()
