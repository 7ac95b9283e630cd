"""Outputs of several kinds: every part is told as its own kind, and can be asked for by the place that is named."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import headroom
from headroom.store.memory import MemoryStore

INPUTS = Path(__file__).parent.parent / "conformance" / "inputs"
PART = re.compile(
    r"^\[(?:@\d+ )?(?P<place>lines \d+-\d+|\$[^:\]]*?(?: \| lines \d+-\d+)?)(?:: (?P<told>[^\]]+))?\]$", re.M
)


def log(lines, start=0):
    rows = (
        f"2026-03-14 10:{n // 60:02}:{n % 60:02} INFO  http: GET /orders/{n * 7 + start} 200 {n % 50} ms"
        for n in range(lines)
    )
    return "\n".join(rows) + "\n"


def records(count):
    return [{"id": n, "state": "failed" if n == 31 else "done", "amount": n * 1.25} for n in range(count)]


@pytest.fixture
def store():
    return MemoryStore()


def written(result, kind="mixed"):
    return any(step.name == "write" and step.reason.startswith(kind) for step in result.steps)


@pytest.mark.parametrize("path", sorted(INPUTS.glob("mixed-*")), ids=lambda path: path.stem)
def test_every_place_that_a_view_names_can_be_asked_for(path, store):
    text = path.read_text(encoding="utf-8")
    result = headroom.compress(text, store=store)
    assert written(result)
    places = [found["place"] for found in PART.finditer(result.text)]
    assert places
    for place in places:
        part = headroom.retrieve(result.keys[0], place, store=store).text
        assert part
        if place.startswith("lines"):
            assert part in text


def test_a_tool_result_in_json_is_opened(store):
    answer = {"exit_code": 3, "stdout": log(200) + "2026-03-14 11:00:00 ERROR disk full\n", "stderr": "", "took_s": 1.5}
    text = json.dumps(answer)
    result = headroom.compress(text, store=store)
    assert written(result)
    assert '"exit_code":3' in result.text
    assert "ERROR disk full" in result.text
    assert result.tokens_after < 0.1 * result.tokens_before
    found = headroom.retrieve(result.keys[0], "$.stdout | grep ERROR", store=store)
    assert "disk full" in found.text
    assert headroom.expand(result.text, store=store) == text


def test_the_blocks_of_an_mcp_result_are_opened(store):
    blocks = [{"type": "text", "text": log(120)}, {"type": "text", "text": json.dumps(records(80), indent=2)}]
    result = headroom.compress(json.dumps({"content": blocks, "isError": False}), store=store)
    assert written(result)
    assert "$.content[0].text: log " in result.text
    assert "$.content[1].text: json " in result.text
    assert "failed" in result.text


def test_the_parts_of_a_lossless_form_put_back_are_the_text():
    text = f"What the service said:\n{json.dumps(records(60), indent=4)}\n\n<log>\n{log(90)}</log>\nThat is all.\r\n"
    result = headroom.compress(text, level="lossless")
    assert written(result)
    assert result.tokens_after < 0.6 * result.tokens_before
    assert headroom.expand(result.text) == text


def test_words_between_the_parts_stand_as_they_are(store):
    words = ["First I looked at the orders.", "Then, since one had failed, at the log.", "The bank refused it."]
    text = f"{words[0]}\n{json.dumps(records(80))}\n{words[1]}\n```\n{log(100)}```\n{words[2]}\n"
    result = headroom.compress(text, store=store)
    assert written(result)
    assert all(word in result.text for word in words)


def test_outputs_of_real_commands_keep_what_each_of_them_says(tmp_path, store):
    """A directory, a log of commits, and JSON, one behind the other as a shell prints them."""
    for n in range(40):
        (tmp_path / f"module_{n}.py").write_text(f"def work_{n}():\n    return {n}\n")
    script = "import json, sys; print(json.dumps([{'module': n, 'covered': n % 97} for n in range(120)], indent=1))"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    for n in range(6):
        subprocess.run(
            [*git, "commit", "-q", "--allow-empty", "-m", f"Reason number {n} for this"], cwd=tmp_path, check=True
        )
    commands = (["ls", "-la"], ["git", "log"], [sys.executable, "-c", script])
    outputs = [
        subprocess.run(each, cwd=tmp_path, check=True, capture_output=True, text=True).stdout for each in commands
    ]
    result = headroom.compress("".join(outputs), store=store)
    assert written(result)
    assert result.tokens_after < result.tokens_before / 2
    for n in range(6):
        assert f"Reason number {n} for this" in result.text


def test_found_lines_are_left_to_the_search_compressor():
    hits = "".join(f"docs/a{n // 9}.md:{n}:<output> or ``` or {json.dumps(records(3))}\n" for n in range(200))
    assert not written(headroom.compress(hits))
