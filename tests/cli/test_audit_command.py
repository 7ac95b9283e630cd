from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture
def requests(tmp_path):
    file = tmp_path / "requests.jsonl"
    lines = [
        {"model": "claude-opus-4-5", "system": f"Now: 2026-11-30 05:4{minute}:00.", "messages": [said]}
        for minute in range(2)
        for said in [{"role": "user", "content": "hello " * 200}]
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def audit(*arguments):
    names = {name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")}
    return subprocess.run(
        [sys.executable, "-c", "from headroom.cli import main; main()", "audit", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**names, "HEADROOM_CONFIG": os.devnull},
    )


def test_the_report_names_place_value_and_cost(requests):
    done = audit(requests)
    assert done.returncode == 0, done.stderr
    assert "system, character 20: timestamp: '2026-11-30 05:40:00' -> '2026-11-30 05:41:00'" in done.stdout
    assert "1 of 2 requests broke the cache" in done.stdout
    assert "$0.00" in done.stdout


def test_json_has_the_same_figures(requests):
    [found] = json.loads(audit(requests, "--json").stdout)
    assert found["requests"] == 2
    assert found["breaks"][0]["kind"] == "timestamp"
    assert found["volatile"] == {"timestamp": 1}


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path):
    done = audit(tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert done.stderr.startswith("headroom: ")
    assert "does not exist" in done.stderr
