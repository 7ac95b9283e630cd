"""Source code: what is left out of a file can be had back by the lines that the view names; nothing is rewritten."""

from __future__ import annotations

import json
import os
import re
import sysconfig
from pathlib import Path

import pytest

import headroom
from headroom import _core
from headroom.compressors import Budget, code_compressor
from headroom.segment import Segment, ToolCall

KEY = "Ab3dE5gH7jK"
LEFT_OUT = re.compile(r"… (\d+) lines (\d+)-(\d+)\n?\Z")
CARGO = Path.home() / ".cargo" / "registry" / "src"
PLACES = {
    "python": (Path(sysconfig.get_paths()["stdlib"]), "*.py", 120),
    "rust": (CARGO, "*.rs", 120),
    "c": (CARGO, "*.c", 40),
    "cpp": (CARGO, "*.h", 60),
    "javascript": (CARGO, "*.js", 40),
    "bash": (Path("/usr"), "*.sh", 20),
}
# Folders with sources in any language, as many as there are: languages of which no machine is sure to have some.
PLACES |= {place: (Path(place), "*.*", 2_000) for place in os.environ.get("CODE_SOURCES", "").split(":") if place}
MOST_BYTES = 300_000


def view_of(text, path, query="", **options):
    call = f'read_file {{"path": "{path}"}}'
    return next((f for f in _core.compress_text("code", text, query, call, key=KEY, **options) if not f.lossless), None)


def filled(view, text):
    """A view with what it left out put back by its lines."""
    source = text.split("\n")
    source = [line + "\n" for line in source[:-1]] + ([source[-1]] if source[-1] else [])
    out = []
    row = 0
    for line in re.findall(r"[^\n]*\n|[^\n]+", view)[1:]:
        found = LEFT_OUT.match(line)
        if found and int(found[2]) == row + 1:
            first, last = int(found[2]), int(found[3])
            assert int(found[1]) == last - first + 1
            out += source[first - 1 : last]
            row = last
        else:
            out.append(line)
            row += 1
    return "".join(out)


def files(place, pattern, most):
    found = sorted(path for path in place.rglob(pattern) if path.is_file() and path.stat().st_size < MOST_BYTES)
    step = max(1, len(found) // most)
    for path in found[::step][:most]:
        try:
            yield path, path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue


@pytest.mark.parametrize("language", PLACES)
def test_every_file_comes_back_when_what_was_left_out_is_put_back(language):
    place, pattern, most = PLACES[language]
    found = list(files(place, pattern, most)) if place.is_dir() else []
    if len(found) < 3:
        pytest.skip(f"no {language} sources under {place} on this machine")
    shortened = 0
    for path, whole in found:
        # Broken code too: a part of the file, and the file with its middle cut out.
        third = len(whole) // 3
        for text in (whole, whole[third:], whole[:third] + whole[2 * third :], whole.replace("\n", "\r\n")):
            for options in ({}, {"deep": True}, {"target_ratio": 0.1}):
                view = view_of(text, path.name, **options)
                if view is not None:
                    shortened += 1
                    back = filled(view.text, text)
                    assert back in (text, text + "\n"), path
    assert shortened > len(found)


@pytest.mark.parametrize("language", PLACES)
def test_every_printed_file_expands_byte_for_byte(language):
    place, pattern, most = PLACES[language]
    found = list(files(place, pattern, most // 4)) if place.is_dir() else []
    if not found:
        pytest.skip(f"no {language} sources under {place} on this machine")
    for path, text in found:
        lines = text.split("\n")
        for printed in (
            "".join(f"{number:6}\t{line}\n" for number, line in enumerate(lines, 1)),
            "\n".join(f"{number}→{line}" for number, line in enumerate(lines, 118)),
            "".join(f"{number}: {line}\n" for number, line in enumerate(lines, 1)),
            "".join(f"        {line}\n" if line else "\n" for line in lines),
        ):
            for form in _core.compress_text("code", printed):
                assert form.lossless
                assert headroom.expand(form.text) == printed, path


def long_file():
    body = "".join(f"    total = step_{n}(total)\n" for n in range(30))
    return "".join(f"def function_{n}(total):\n{body}    return total + {n}\n\n\n" for n in range(12))


def test_an_elided_range_is_given_back_by_the_retrieve_tool():
    text = long_file()
    call = {"id": "c", "type": "function", "function": {"name": "read_file", "arguments": '{"path": "a.py"}'}}
    messages = [
        {"role": "user", "content": "What does function_7 return?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": text},
    ]
    result = headroom.compress(messages, model="gpt-4o")
    view = result.messages[2]["content"]
    assert "return total + 7\n" in view
    assert "return total + 8\n" not in view
    found = next(line for line in view.split("\n") if LEFT_OUT.match(line))
    first, last = map(int, LEFT_OUT.match(found).groups()[1:])
    asked = headroom.retrieve(result.keys[0], f"lines {first}-{last}")
    assert asked.text.rstrip("\n") == "\n".join(text.split("\n")[first - 1 : last]).rstrip("\n")


@pytest.mark.parametrize(
    ("call", "query"),
    [
        (ToolCall("write_file", '{"path": "a.py"}'), ""),
        (ToolCall("str_replace_editor", '{"command": "str_replace", "path": "a.py"}'), ""),
        (ToolCall("read_file", '{"path": "src/a.py"}'), "Please review src/a.py."),
        (ToolCall("read_file", '{"path": "src/a.py"}'), "Port this file to Go"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_was_just_written_or_is_asked_for_in_every_word_stays(call, query):
    budget = Budget(code_compressor.Options(), True, False, None, KEY)
    assert code_compressor.compress(Segment(long_file(), (), "tool", call, query), budget) == []


def test_lines_asked_for_by_their_numbers_stay():
    text = "".join(long_file().splitlines(keepends=True)[40:180])
    call = ToolCall("bash", json.dumps({"command": "sed -n '40,180p' a.py"}))
    budget = Budget(code_compressor.Options(), True, False, None, KEY)
    assert code_compressor.compress(Segment(text, (), "tool", call), budget) == []


OTHERS = {
    "prose": "Import the module from the beginning, and use it; the class of things is public.\n",
    "yaml": "name: build\nuses: actions/checkout\nwith:\n  path: src/a.py\n",
    "hits": "src/a.py:12:def f(x):\nsrc/a.py:14:    return g(x)\n",
    "log": "2024-01-02 10:00:01 INFO a.b: return f(x); done\n",
    "records": '{"name": "def f(x):", "value": [1, 2]}\n',
    "diff": "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n-def f(x):\n+def g(x):\n     return 1\n",
    "table": "name,type,value\ndef,class,1\n",
    "list": "src/main/a.py\nsrc/main/b.py\n",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_texts_are_left_to_others(kind):
    for call in (None, ToolCall("bash", '{"command": "python a.py | tail -50"}')):
        assert code_compressor.match(Segment(OTHERS[kind] * 30, (), "tool", call)) < 0.3
