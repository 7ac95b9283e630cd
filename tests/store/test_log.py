"""The store's log: brought into the file beside, so that no put waits for the disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from headroom.store import Entry, sqlite


def put(store, number: int) -> str:
    text = f"{number}: " + os.urandom(20_000).hex()
    key = store.key_of(text)
    store.put_many([Entry(key, text, "text")])
    return key


def wait_for_the_log() -> None:
    for thread in threading.enumerate():
        if thread.name == "headroom-log":
            thread.join()


def test_a_long_log_is_brought_in_by_a_thread_beside(tmp_path):
    path = str(tmp_path / "store.sqlite3")
    store = sqlite.open(path)
    keys = []
    for _ in range(6):
        keys += [put(store, number) for number in range(64)]
        wait_for_the_log()
    # Most of what was put stands in the file by now, and the log did not grow as long as all of it.
    assert os.stat(path).st_size > 6_000_000
    assert os.stat(f"{path}-wal").st_size < 8_000_000
    assert all(store.get(key) for key in keys[:: len(keys) // 7])
    store.close()


def test_a_store_that_was_moved_away_is_not_made_anew_by_it(tmp_path):
    path = tmp_path / "store.sqlite3"
    store = sqlite.open(str(path))
    for number in range(63):
        put(store, number)
    store._database.committed()  # what the 64th would do, had its file not gone
    for ending in ("", "-wal", "-shm"):
        Path(f"{path}{ending}").rename(tmp_path / f"elsewhere{ending}")
    wait_for_the_log()
    assert not path.exists()
    store.close()
