"""YAML, TOML, XML and INI: what the forms say of real shapes of data, and what they must not do."""

from __future__ import annotations

import configparser
import json
import sys
import sysconfig
import xml.etree.ElementTree as ElementTree
from itertools import islice
from pathlib import Path

import pytest

import headroom
from headroom import _core
from headroom.store.memory import MemoryStore

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

INPUTS = Path(__file__).parents[1] / "conformance" / "inputs"
KEY = "Ab3dE5gH7jK"


def lossless(text):
    forms = [form.text for form in _core.compress_text("markup", text) if form.lossless]
    return forms[0] if forms else None


def lossy(text, question=""):
    [form] = [form for form in _core.compress_text("markup", text, question, key=KEY) if not form.lossless]
    return form.text


def scores(text):
    return dict(_core.text_scores(text))


@pytest.mark.parametrize(
    "name", ["yaml-pods.yaml", "yaml-documents.yaml", "toml-lock.toml", "xml-feed.xml", "ini-workers.ini"]
)
def test_the_lossless_form_is_much_shorter_and_gives_the_text_back(name):
    text = (INPUTS / name).read_text(encoding="utf-8")
    form = lossless(text)
    assert form.startswith("#markup ")
    assert _core.count_tokens(form) < 0.75 * _core.count_tokens(text)
    assert headroom.expand(form) == text


def test_expanded_text_has_the_same_values_in_its_own_language():
    toml, xml, ini = (
        (INPUTS / name).read_text(encoding="utf-8") for name in ("toml-lock.toml", "xml-feed.xml", "ini-workers.ini")
    )
    assert tomllib.loads(headroom.expand(lossless(toml))) == tomllib.loads(toml)
    shown = [ElementTree.canonicalize(each) for each in (headroom.expand(lossless(xml)), xml)]
    assert shown[0] == shown[1]
    read = []
    for each in (headroom.expand(lossless(ini)), ini):
        parser = configparser.ConfigParser()
        parser.read_string(each)
        read.append({name: dict(parser[name]) for name in parser})
    assert read[0] == read[1]


def test_files_of_the_installed_packages_come_back_byte_for_byte():
    root = Path(sysconfig.get_path("purelib"))
    suffixes = {".toml", ".yaml", ".yml", ".xml", ".svg", ".cfg", ".ini"}
    files = islice((each for each in sorted(root.rglob("*")) if each.suffix in suffixes and each.is_file()), 300)
    texts = [each.read_bytes().decode("utf-8", "replace") for each in files]
    entries = [each.read_text(encoding="utf-8") for each in sorted(root.rglob("entry_points.txt"))]
    assert entries
    for text in (*texts, *entries):
        form = lossless(text)
        assert form is None or headroom.expand(form) == text


def test_a_pod_that_fails_stays_among_many_that_do_not():
    text = (INPUTS / "yaml-pods.yaml").read_text(encoding="utf-8")
    view = lossy(text, "Which pod is not healthy, and why?")
    assert view.startswith("[headroom yaml ")
    for fact in ("CrashLoopBackOff", "back-off 5m0s restarting failed container", "dv2tdjgr8m-z7pc5", "17"):
        assert fact in view
    assert len(view) < len(text) / 4


def test_fields_without_values_are_counted_not_listed():
    text = (INPUTS / "yaml-pods.yaml").read_text(encoding="utf-8")
    view = lossy(text)
    assert "f:metadata" not in view
    assert " keys}" in view


def test_a_record_that_is_asked_for_stays():
    text = (INPUTS / "toml-lock.toml").read_text(encoding="utf-8")
    package = tomllib.loads(text)["package"][21]
    view = lossy(text, f"Which version of {package['name']} is locked?")
    assert all(package[field] in view for field in ("name", "version", "checksum"))


def test_comments_that_are_asked_for_stay():
    text = (INPUTS / "yaml-documents.yaml").read_text(encoding="utf-8").replace("north", "meteorology", 1)
    assert "# Owned by team meteorology." in lossy(text, "What does team meteorology own?")


def test_spelling_of_values_is_kept():
    records = "".join(f"- {{id: {n:03d}, on: yes, size: 1_{n:03d}, at: 0x{n:02X}, ratio: {n}.50}}\n" for n in range(90))
    view = lossy(f"records:\n{records}")
    assert "089" in view
    assert "1_089" in view
    assert "0x59" in view
    assert "89.50" in view


def test_no_entity_is_resolved():
    head = '<?xml version="1.0"?>\n<!DOCTYPE r [<!ENTITY a "SECRET"><!ENTITY b SYSTEM "file:///etc/hostname">]>\n'
    items = "".join(f"<item><id>{n}</id><name>&a;&b;</name></item>\n" for n in range(200))
    assert _core.compress_text("markup", f"{head}<r>{items}</r>\n", key=KEY) == []
    [form] = [each for each in _core.compress_text("markup", f"<r>{items}</r>\n", key=KEY) if not each.lossless]
    assert "&a;&b;" in form.text


@pytest.mark.parametrize(
    "text",
    [
        "Note: the meeting is moved.\nReason: the room is taken.\n\nPlease tell the others about it, and thanks.\n" * 9,
        "2026-11-20 10:00:01 INFO worker: started\n2026-11-20 10:00:02 WARN worker: slow\n" * 20,
        "src/a.yaml:3:name: x\nsrc/b.yaml:14:name: y\n" * 20,
        "---\ntitle: Tides\ndate: 2026-11-20\n---\n\n# Tides\n\nThe sea rises: twice a day.\nIt falls as often.\n",
        "def f(x):\n    y = x\n    return y\n\n\nclass A:\n    z = 1\n" * 9,
        "- one thing to do\n- another: maybe\n- a third\n" * 9,
        "<p>Some words</p>\n<div>and more</div>\n" * 9,
        "<testsuite name='a' tests='2'>\n<testcase name='b'/>\n<testcase name='c'/>\n</testsuite>\n",
        "t/a.py::test_x PASSED\nt/a.py::test_y FAILED\n== 1 failed, 1 passed in 0.1s ==\n",
        "diff --git a/x.yaml b/x.yaml\n--- a/x.yaml\n+++ b/x.yaml\n@@ -1,2 +1,2 @@\n-a: 1\n+a: 2\n b: 1\n",
        json.dumps({"a": [{"b": n} for n in range(50)]}, indent=1),
        "name,size\na,1\nb,2\n" * 9,
        "Disassembly of section .init:\n\n" + "    2000:\t48 83 ec 08  \tsub $0x8,%rsp\n    2004:\tc3  \tret\n" * 20,
    ],
    ids=lambda text: text[:12],
)
def test_other_kinds_are_not_taken(text):
    assert scores(text)["markup"] < 0.3


def test_what_was_folded_is_left_alone():
    text = (INPUTS / "ini-workers.ini").read_text(encoding="utf-8")
    own = MemoryStore(secret=b"a secret of thirty-two bytes....."[:32])
    once = headroom.compress(text, store=own, level="lossless").text
    assert once.startswith("#markup ini")
    assert headroom.compress(once, store=own, level="lossless").text == once
