from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from payloads import FORMATS, big_table

ROOT = Path(__file__).parent.parent


def snippets(name):
    return re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_what_the_readme_shows_runs_as_it_stands(capsys):
    sent = []
    completions = SimpleNamespace(create=lambda **request: sent.append(copy.deepcopy(request)))
    messages = FORMATS["openai"]([("which failed?", "orders", big_table())])
    arguments = json.dumps({"key": "00000000000"})
    names = {
        "messages": messages,
        "client": SimpleNamespace(chat=SimpleNamespace(completions=completions)),
        "tools": [],
        "call": {"id": "call_9", "type": "function", "function": {"name": "headroom_retrieve", "arguments": arguments}},
    }
    for snippet in snippets("README.md"):
        exec(snippet, names)
    assert len(json.dumps(sent[0]["messages"])) < len(json.dumps(messages))
    assert "saved" in capsys.readouterr().out


def test_the_compressor_that_contributing_shows_is_complete():
    [snippet] = snippets("CONTRIBUTING.md")
    names: dict[str, object] = {}
    exec(snippet, names)
    assert {"name", "content_types", "lossless", "Options", "match", "compress"} <= set(names)
    assert names["Options"]()


@pytest.mark.slow
def test_the_demonstration_runs_and_gets_the_original_back():
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "demo.py")], capture_output=True, text=True, check=True
    )
    assert "The strongest earthquake is still in it: True" in done.stdout
    assert "identical: True" in done.stdout
