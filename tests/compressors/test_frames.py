"""Around an output stands what whoever ran the tool says of it: the output is told as if it stood alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import headroom
from headroom.store.memory import MemoryStore

INPUTS = Path(__file__).parent.parent / "conformance" / "inputs"
PLAIN = [
    "csv-orders.csv",
    "diff-git-show.txt",
    "log-syslog-german.txt",
    "ndjson-events.ndjson",
    "records-psql-expanded.txt",
    "report-maven-on-github.txt",
    "report-pytest-verbose.txt",
]
FRAMES = {
    "labels": "Exit code: 0\nWall time: 0.3 seconds\nOutput:\n{}",
    "tags": "<returncode>0</returncode>\n<output>\n{}</output>",
    "request": "[execute_command for 'run it'] Result:\nCommand executed.\nOutput:\n{}",
    "streams": "STDOUT:\n{}\nSTDERR:\n\n(exit code 0)",
    "remarks": "{}\n[The command completed with exit code 0.]\n[Current working directory: /workspace]",
}
FRAME_TOKENS = 80


def compressed(text, store):
    return headroom.compress(text, query="What failed, and which is the highest?", store=store)


def shown(original, result):
    """The lines of the original that a view shows, without those that only frame others."""
    lines = set(original.splitlines())
    return {line for line in result.text.splitlines()[1:] if line in lines and len(line) > 3}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_framed_output_shows_what_it_shows_alone(name, frame):
    store = MemoryStore()
    text = (INPUTS / name).read_text(encoding="utf-8")
    alone, framed = compressed(text, store), compressed(frame.format(text), store)
    assert alone.tokens_after < 0.6 * alone.tokens_before
    assert framed.tokens_after <= alone.tokens_after * 1.05 + FRAME_TOKENS
    assert shown(text, alone) <= shown(text, framed)
    before, _, after = frame.partition("{}")
    assert all(line in framed.text for line in (before + after).splitlines())
    assert headroom.retrieve(framed.keys[0], store=store).text == frame.format(text)


@pytest.mark.parametrize("name", [*PLAIN, "prose-documents-in-tags.txt"])
@pytest.mark.parametrize(
    "wrap", [lambda text: {"output": text, "metadata": {"exit_code": 0}}, lambda text: [{"type": "text", "text": text}]]
)
def test_an_output_in_json_shows_what_it_shows_alone(name, wrap):
    store = MemoryStore()
    text = (INPUTS / name).read_text(encoding="utf-8")
    alone, framed = compressed(text, store), compressed(json.dumps(wrap(text)), store)
    assert framed.tokens_after <= alone.tokens_after * 1.05 + FRAME_TOKENS
    assert shown(text, alone) <= shown(text, framed)


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_what_is_too_small_to_leave_anything_out_of_alone_is_so_in_a_frame(frame):
    hits = "".join(
        f"src/module_{n}/load.py:{n * 7}:    value = load_config(path_{n}, strict=True)\n" for n in range(24)
    )
    users = "".join(f"user{n}:x:{n}:{n}:User {n}:/home/user{n}:/usr/sbin/nologin\n" for n in range(46))
    users += "deploy:x:1001:1001::/srv/deploy:/bin/bash\n"
    for text in (hits, users):
        assert all(
            step.reason.find("lossy") < 0 for step in compressed(text, MemoryStore()).steps if step.name == "write"
        )
        framed = compressed(frame.format(text), MemoryStore())
        assert all(step.reason.find("lossy") < 0 for step in framed.steps if step.name == "write"), framed.text


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_lines_of_a_page_are_numbered_as_in_the_whole(frame):
    links = "".join(f'<li><a href="/{n}">Section {n}</a></li>\n' for n in range(60))
    words = "".join(
        f"<p>The reader of paragraph {n} finds what there is to find about things of day {n}.</p>\n" for n in range(40)
    )
    head = f"<!doctype html><html><head><title>Days</title></head><body><nav><ul>\n{links}<li>zeppelin hangar</li>"
    page = f"{head}\n</ul></nav>\n<article><h1>Days</h1>\n{words}</article></body></html>\n"
    text = frame.format(page)
    result = headroom.compress(text, query="Where is the zeppelin hangar?", store=MemoryStore())
    lines = text.splitlines()
    told = [line for line in result.text.splitlines() if line.startswith("line ") and "zeppelin" in line]
    assert told
    for line in told:
        assert "zeppelin" in lines[int(line.split(":")[0].split()[1]) - 1]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_lossless_form_gives_back_the_frame_too(name, frame):
    text = frame.format((INPUTS / name).read_text(encoding="utf-8"))
    result = headroom.compress(text, level="lossless", store=MemoryStore())
    # Of JSON the white space between its tokens is not kept.
    assert "".join(headroom.expand(result.text).split()) == "".join(text.split())
