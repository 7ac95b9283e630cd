"""Tables of real tools, run here, and of random cells: no cell is changed, and no extreme or row asked for is lost."""

from __future__ import annotations

import csv
import io
import random
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

import headroom
from headroom import _core, compress
from headroom.registry import compressors
from headroom.router import route
from headroom.segment import Segment, ToolCall
from headroom.store.memory import MemoryStore

STATES = ["done", "done", "done", "running", "queued"]


def rows_of(seed, count=300):
    """Rows with a key, a state, an amount with one largest value, and a date."""
    chance = random.Random(seed)
    rows = [
        [
            f"job-{seed}-{ordinal:05}",
            chance.choice(STATES),
            f"{chance.uniform(0, 900):.2f}",
            f"2024-03-{ordinal % 28 + 1:02}",
        ]
        for ordinal in range(count)
    ]
    rows[chance.randrange(count)][2] = "98765.43"
    return rows


def printed(form, rows):
    head = ["job", "state", "seconds", "day"]
    if form in (",", ";", "\t"):
        out = io.StringIO()
        csv.writer(out, delimiter=form, lineterminator="\n").writerows([head, *rows])
        return out.getvalue()
    width = [max(len(row[at]) for row in [head, *rows]) for at in range(4)]
    if form == "markdown":
        lines = [
            "| " + " | ".join(cell.ljust(own) for cell, own in zip(row, width, strict=True)) + " |"
            for row in [head, *rows]
        ]
        return "\n".join([lines[0], "|" + "|".join("-" * (own + 2) for own in width) + "|", *lines[1:]]) + "\n"
    lines = [
        "   ".join(cell.ljust(own) for cell, own in zip(row, width, strict=True)).rstrip() for row in [head, *rows]
    ]
    return "\n".join(lines) + "\n"


def answer(text, question, level="balanced"):
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": None, "tool_calls": [call()]},
        {"role": "tool", "tool_call_id": "c1", "content": text},
    ]
    result = compress(messages, model="gpt-4o", store=MemoryStore(secret=b"x" * 32), level=level)
    return result.messages[2]["content"]


def call():
    return {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": '{"command": "report"}'}}


@pytest.mark.parametrize("form", [",", ";", "\t", "markdown", "aligned"])
@pytest.mark.parametrize("seed", range(6))
def test_the_largest_value_and_the_row_asked_for_are_shown_and_little_else(form, seed):
    rows = rows_of(seed)
    text = printed(form, rows)
    wanted = rows[(seed * 41 + 7) % len(rows)]
    view = answer(text, f"When did {wanted[0]} run?")
    largest = next(row for row in rows if row[2] == "98765.43")
    assert view.startswith("[headroom table ")
    for cell in [*wanted, *largest]:
        assert cell in view
    assert len(view) < len(text) / 4


@pytest.mark.parametrize("form", [",", ";", "\t", "markdown", "aligned"])
def test_the_lossless_form_gives_every_byte_back_and_the_row_asked_for_in_full(form):
    rows = rows_of(1)
    text = printed(form, rows)
    short = answer(text, f"When did {rows[123][0]} run?", level="lossless")
    assert short.startswith("#table ")
    assert headroom.expand(short) == text
    full = [line for line in short.splitlines() if all(cell in line for cell in rows[123])]
    assert full


def test_a_table_in_several_parts_keeps_what_stands_between_them():
    parts = [
        f"Region {name}:\n\n{printed('aligned', rows_of(seed, 80))}\n" for seed, name in enumerate(("north", "south"))
    ]
    view = answer("".join(parts), "How long did the jobs take?")
    assert "Region north:" in view
    assert "Region south:" in view


@pytest.mark.parametrize(
    "command",
    [
        ["ls", "-l", "/usr/bin"],
        ["ls", "-laR", "/usr/share"],
        ["ps", "aux"],
        ["ps", "-ef"],
        ["du", "-a", str(Path(headroom.__file__).parent)],
        ["df"],
    ],
    ids=" ".join,
)
def test_what_tools_print_here_is_told_as_tables_and_read_back(command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    text = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout[:200_000]
    if text.count("\n") < 5:
        pytest.skip("it prints too little here")
    segment = Segment(text, (), "tool", ToolCall("bash", ""), "")
    assert route(segment, compressors(), lossy=True)[0][1].name == "tables"
    for form in _core.compress_text("table", text, "", "", key=None, clear_share=0.0):
        assert _core.expand(form.text) == text


def test_random_cells_are_read_back():
    chance = random.Random(11)
    alphabet = ["", "a", "b c", '"', '"q,u"', "0.5", "12", "-3", "=", "@", "x|y", "é", "中", "path/to", "path/of", " "]
    for _ in range(300):
        by = chance.choice([",", "\t", ";", " | "])
        rows = [
            by.join(chance.choice(alphabet) for _ in range(chance.randrange(2, 5)))
            for _ in range(chance.randrange(3, 40))
        ]
        text = chance.choice(["\n", "\r\n"]).join(rows) + chance.choice(["", "\n"])
        for form in _core.compress_text("table", text, "", "", key=None, clear_share=0.0):
            assert _core.expand(form.text) == text


@pytest.mark.parametrize("mode", ["-box", "-markdown", "-table", "-column", "-csv", "-tabs"])
def test_tables_of_a_database_are_told_whatever_way_they_are_printed(mode):
    if shutil.which("sqlite3") is None:
        pytest.skip("sqlite3 is not installed")
    base = sqlite3.connect(":memory:")
    base.execute("create table jobs(job, state, seconds, day)")
    base.executemany("insert into jobs values(?, ?, ?, ?)", rows_of(3))
    script = "\n".join(base.iterdump())
    command = ["sqlite3", "-header", mode, ":memory:"]
    done = subprocess.run(command, input=f"{script}\nselect * from jobs;", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this sqlite3 knows no {mode}")
    view = answer(done.stdout, "Which job took longest?")
    assert "98765.43" in view
    assert len(view) < len(done.stdout) / 4
