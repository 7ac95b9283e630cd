"""Huge texts take time in proportion to their size, whatever compressor reads them."""

from __future__ import annotations

import time

import pytest

from headroom.compressors import Budget
from headroom.registry import compressors
from headroom.segment import Segment

KEY = "Ab3dE5gH7jK"
MEGABYTE = 1_000_000
DIFF_HEAD = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n"
UNITS = {
    "one line": ("", "lorem ipsum 17 "),
    "one word": ("", "x"),
    "empty lines": ("", "\n"),
    "carriage returns": ("", "50% done\r"),
    "a repeated line": ("", "2024-01-02 10:00:01 INFO worker started on port 8080\n"),
    "a repeated hit": ("", "src/main/java/A.java:12:    int x = 1;\n"),
    "a repeated path": ("", "src/main/java/A.java\n"),
    "a repeated frame": ("java.lang.Error: no\n", "\tat a.b.C.run(C.java:12)\n"),
    "a repeated Python frame": ("Traceback (most recent call last):\n", '  File "a.py", line 1, in f\n    f()\n'),
    "a repeated change": (DIFF_HEAD, "+x = 1\n-x = 2\n"),
    "a repeated result": ("", "tests/test_a.py::test_b PASSED [ 10%]\n"),
    "a repeated row": ("id,name,city\n", "17,Ann,Oslo\n"),
    "a repeated aligned row": ("NAME    READY   STATUS\n", "pod-1   1/1     Running\n"),
    "a repeated boxed row": ("| a | b |\n|---|---|\n", "| 1 | 2 |\n"),
    "small tables": ("", "NAME  SIZE\na     1\nb     2\n\n| a |\n|---|\n| b |\n| c |\n\n"),
    "rules": ("", "+---+---+\n| a | b |\n"),
    "many kinds of rows": ("", "".join(f"{'x,' * (columns + 1)}y\n" * 3 for columns in range(30))),
    "a repeated branch": ("app@1.0.0\n", "│ ├── a@1.0.0\n"),
    "a repeated key": ("", "name: x\n"),
    "a repeated record": ("items:\n", "- name: x\n  port: 80\n  tags: [a, b]\n"),
    "a deepening list": ("a:\n", "- - - - - - - - "),
    "a deepening flow": ("a: ", "{b: ["),
    "an unclosed quote": ("a: 1\n", 'b: "c\n'),
    "a repeated table": ("", '[[package]]\nname = "x"\nversion = "1.0"\n'),
    "a repeated section": ("", "[unit]\nkey = value\nother = words\n"),
    "a repeated element": ("<r>", '<item id="1"><name>x</name></item>\n'),
    "a deepening element": ("", "<item>\n"),
    "an unclosed tag": ("<r>", '<item id="1\n'),
    "entities": ('<!DOCTYPE r [<!ENTITY a "b">]><r>', "&a;&a;"),
    "nodes of a tree": (
        '[1] region "' + "all of it " * 900 + '"\n',
        '  [12] link "one"  [url: https://example.com/#a]\n  [7] StaticText "it"\n',
    ),
    "a deepening tree": ("[1] banner\n", "".join(f"{' ' * n}- listitem [ref=e{n}]:\n" for n in range(300))),
    "open elements": ("<!doctype html>", '<div><a href="x">text '),
    "encoded lines": ("", "q83vEjRWeJqL3vASNFZ4mXze8BI0VnicVb2kR7Lp0QeXw3mZsT1yUoGfHd5NiA8KjBt9Yu6Wr4Ec\n"),
    "colours": ("", "\x1b[31mred\x1b[0m\n"),
}


def seconds_for(compressor, shape, size_bytes):
    head, unit = UNITS[shape]
    text = head + unit * (size_bytes // len(unit))
    budget = Budget(compressor.Options(), lossy=True, deep=False, target_ratio=None, key=KEY)
    start = time.process_time()
    compressor.match(Segment(text, (), "tool", query="what about x and run?"))
    compressor.compress(Segment(text, (), "tool", query="what about x and run?"), budget)
    return time.process_time() - start


@pytest.mark.parametrize("shape", UNITS)
@pytest.mark.parametrize("compressor", compressors(), ids=lambda compressor: compressor.name)
def test_ten_times_the_text_takes_about_ten_times_as_long(compressor, shape):
    small = seconds_for(compressor, shape, 2 * MEGABYTE)
    # A second for memory that the system must give first: of a small text it takes next to nothing.
    assert seconds_for(compressor, shape, 20 * MEGABYTE) < 25 * small + 1


@pytest.mark.parametrize("shape", ["one line", "empty lines", "a repeated line"])
@pytest.mark.parametrize("compressor", compressors(), ids=lambda compressor: compressor.name)
def test_fifty_megabytes_are_no_trouble(compressor, shape):
    assert seconds_for(compressor, shape, 50 * MEGABYTE) < 20
