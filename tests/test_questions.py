"""Questions over tables, JSON and logs, answered by `retrieve` and by plain Python: see benches/questions.py."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from question_sources import read_bars, read_csv, read_json, read_log
from questions import check, draw_questions

from headroom import count_tokens
from headroom.store.memory import MemoryStore

INPUTS = Path(__file__).parent / "conformance" / "inputs"
QUESTIONS = 250


def events(draw):
    """Records with what is hard to keep apart: numbers of many sizes, decimals, null, nothing, texts like numbers."""
    records = []
    for at in range(400):
        record = {
            "id": 9_007_199_254_740_993 + at * 10 ** draw.randrange(12),
            "state": draw.choice(["ok", "ok", "failed", "a, b", 'quo"ted', "7", "null", ""]),
            "ms": draw.choice([None, draw.randrange(10**4) / 10, draw.randrange(100), 1e-7, 0.1, 0.2]),
            "owner": {"login": draw.choice(["anna", "ben", "cy", "Zoë"]), "team": {"name": f"t{draw.randrange(4)}"}},
            "done": draw.random() < 0.5,
        }
        if draw.random() < 0.2:
            del record["ms"]
        records.append(record)
    return json.dumps({"page": 1, "items": records}, ensure_ascii=draw.random() < 0.5)


def orders(draw):
    rows = ["code,name,price,note"]
    for at in range(300):
        name = draw.choice(["Berg", '"Silva, Ann"', '"he said ""no"""', "two words"])
        price = draw.choice(["", f"{draw.randrange(10**6) / 100:.2f}", '"1,234.50"', str(draw.randrange(99))])
        note = draw.choice(["plain", '"line one\nline two"', "", "x" * 20])
        rows.append(f"{at:05},{name},{price},{note}")
    return "\n".join(rows) + "\n"


def log(draw):
    levels = ["INFO"] * 20 + ["WARN", "ERROR"]
    times = (f"2024-05-0{1 + at // 200} 10:{at // 60 % 60:02}:{at % 60:02},{at:03}" for at in range(600))
    lines = (f"{time} {draw.choice(levels)} worker {at % 7}: took {at * 3} ms" for at, time in enumerate(times))
    return "\n".join(lines) + "\n"


def sources(seed):
    draw = random.Random(seed)
    texts = {path.name: path.read_text(encoding="utf-8") for path in INPUTS.iterdir()}
    return {
        "csv": read_csv(texts["csv-orders.csv"]),
        "tsv": read_csv(texts["tsv-packages.tsv"], "\t", has_heading=False),
        "psql": read_bars(texts["table-psql-accounts.txt"]),
        "pods": read_json(texts["json-pods.json"]),
        "ndjson": read_json(texts["ndjson-events.ndjson"]),
        "events": read_json(events(draw)),
        "orders": read_csv(orders(draw)),
        "log": read_log(log(draw)),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_are_exact_and_cost_little_of_the_original(seed):
    texts = sources(seed)
    whole = {name: count_tokens(rows.text) for name, rows in texts.items()}
    store, wrong, shares = MemoryStore(), [], []
    for name, question in draw_questions(texts, QUESTIONS, seed):
        found, problem = check(texts[name], question, store)
        shares.append(count_tokens(found) / whole[name])
        if problem:
            wrong.append((name, question.query, problem))
    assert wrong == []
    assert sum(shares) / len(shares) <= 0.05
