from __future__ import annotations

import re

from headroom import compress
from headroom.explain import explain
from headroom.store.memory import MemoryStore
from payloads import FORMATS, big_table

MESSAGES = FORMATS["openai"]([("which failed?", "orders", big_table())])


def result():
    return compress(MESSAGES, store=MemoryStore(), max_tokens=1)


def test_the_report_says_what_was_kept_and_why_and_what_was_left_out():
    report = result().explain()
    assert "tokens" in report.splitlines()[0]
    assert "3.content: tool of fetch" in report
    head = next(line for line in report.splitlines() if line.startswith("    kept "))
    assert head.endswith(" | left out")
    beside = report.splitlines()[report.splitlines().index(head) + 1]
    assert re.search(r"^    \S.*: \w+.* \| [0-9,]+ of \S", beside)
    assert "budget: " in report
    assert "1 user text, " in report


def test_parts_are_painted_by_their_role():
    seen = set()
    explain(result(), paint=lambda text, role: seen.add(role) or text)
    assert seen == {"head", "saved", "kept", "dropped", "failed", "quiet"}


def test_figures_in_the_report_are_those_of_the_result():
    it = result()
    assert f"{it.tokens_before:,} -> {it.tokens_after:,} tokens" in it.explain()
