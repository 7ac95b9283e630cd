"""Reports of real tools, run here: no failing test, no diagnostic and no total is ever lost.

What must be readable is known from how the projects are made (`tool_runs`), not from what a compressor keeps.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter

import pytest

import headroom
import tool_runs
from headroom import _core, compress, count_tokens
from headroom.registry import compressors
from headroom.router import route
from headroom.segment import Segment, ToolCall
from headroom.store.memory import MemoryStore

KEY = "Ab3dE5gH7jK"
HARSHNESS = {
    "balanced": {},
    "deep": {"deep": True},
    "half": {"target_ratio": 0.5},
    "quarter": {"target_ratio": 0.25},
    "tenth": {"target_ratio": 0.1},
    "deep tenth": {"deep": True, "target_ratio": 0.1},
}


@pytest.fixture(scope="session")
def python_tests(tmp_path_factory):
    """The folder of a project tested with pytest, and the names of the tests that fail."""
    folder = tmp_path_factory.mktemp("python_tests")
    return folder, tool_runs.pytest_project(folder)


@pytest.fixture(scope="session")
def jest_folder(tmp_path_factory):
    """A folder with jest, installed once."""
    folder = tmp_path_factory.mktemp("jest")
    tool_runs.jest_project(folder)
    return folder


@pytest.fixture(scope="session")
def linted(tmp_path_factory):
    """A package with faults."""
    folder = tmp_path_factory.mktemp("linted")
    tool_runs.linted_project(folder)
    return folder


def forms(text, lossless=False, **options):
    """What the core makes of a text: the lossless form, or the views."""
    options = {"deep": False, "target_ratio": None, **options}
    made = _core.compress_text("report", text, "", "", key=None if lossless else KEY, clear_share=0.0, **options)
    return [form.text for form in made if form.lossless == lossless]


def bare(text):
    return "".join(character for character in text if not character.isspace() and character not in '"\\\\')


def missing(facts, text):
    """The facts that cannot be read in a text."""
    plain = bare(text)
    return [fact for fact in facts if bare(fact) not in plain]


def unplaced(places, text, path_of=lambda path: path):
    """The places of which a text does not tell path and line, in one line."""
    lines = text.splitlines()
    return [
        (path, number)
        for path, number in places
        if not any(re.search(re.escape(path_of(path)) + rf"\b.*?\b{number}\b", line) for line in lines)
    ]


def assert_nothing_is_lost(run):
    """Everything a run must tell is in every form of it, and the lossless one is exact."""
    for name, options in HARSHNESS.items():
        for text in forms(run.text, **options):
            lost = missing([*run.failures, *run.errors, *run.totals], text)
            assert not lost, f"{name}: {lost}\n{text}"
            lost = unplaced(run.error_places, text)
            assert not lost, f"{name}: {lost}\n{text}"
            if name == "balanced":
                # In the same folder as the path before, a path may be said without it.
                lost = unplaced(run.warnings, text, lambda path: path.rsplit("/", 1)[-1])
                assert not lost, f"{name}: {lost}\n{text}"
            elif name in ("deep", "half"):
                files = {path.rsplit("/", 1)[-1] for path, _ in run.warnings}
                assert not missing(files, text), f"{name}\n{text}"
    for text in forms(run.text, lossless=True):
        assert headroom.expand(text) == run.text
        assert not missing([*run.failures, *run.totals], text), text


def saved(run, **options):
    """The share of a run's tokens that its shortest form saves."""
    every = [*forms(run.text, **options), *forms(run.text, lossless=True), run.text]
    return 1 - min(count_tokens(text) for text in every) / count_tokens(run.text)


PYTEST_OPTIONS = [(), ("-v",), ("-q",), ("-rA",), ("-v", "--tb=native"), ("--tb=line",), ("-q", "--tb=no")]


@pytest.mark.slow
@pytest.mark.parametrize("options", PYTEST_OPTIONS, ids=lambda options: " ".join(options) or "plain")
def test_pytest(python_tests, options):
    folder, failing = python_tests
    run = tool_runs.pytest_run(folder, failing, *options)
    assert_nothing_is_lost(run)
    assert saved(run) > 0.3


@pytest.mark.slow
def test_pytest_writing_xml(python_tests):
    folder, failing = python_tests
    tool_runs.pytest_run(folder, failing, "-q", "--junitxml=report.xml")
    text = (folder / "report.xml").read_text(encoding="utf-8")
    assert "\n<testcase" not in text
    run = tool_runs.Run(text, failures=failing, totals=['failures="15" skipped="12" tests="169"', 'errors="1"'])
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
def test_pytest_that_cannot_collect(tmp_path):
    assert_nothing_is_lost(tool_runs.pytest_broken_run(tmp_path))


def test_pytest_with_workers():
    run = tool_runs.xdist_sample()
    assert_nothing_is_lost(run)
    assert saved(run) > 0.8


def test_unittest(tmp_path):
    run = tool_runs.unittest_run(tmp_path)
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.parametrize("form", ["concise", "full"])
def test_ruff(linted, form):
    run = tool_runs.ruff_run(linted, form)
    assert run.warnings
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
def test_mypy(linted):
    run = tool_runs.mypy_run(linted)
    assert len(run.error_places) > 20
    assert_nothing_is_lost(run)
    assert saved(run) > 0.4


@pytest.mark.slow
def test_make_with_gcc(tmp_path):
    run = tool_runs.make_run(tmp_path)
    assert run.warnings
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
def test_cargo_test(tmp_path):
    tool_runs.cargo_project(tmp_path)
    run = tool_runs.cargo_run(tmp_path)
    assert len(run.totals) == 3
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
def test_cargo_check(tmp_path):
    run = tool_runs.cargo_check_run(tmp_path)
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
@pytest.mark.parametrize("reporter", ["tap", "spec"])
def test_node(tmp_path, reporter):
    assert shutil.which("node"), "node is not installed: its reports cannot be made"
    run = tool_runs.node_run(tmp_path, reporter)
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--verbose",)], ids=["plain", "verbose"])
def test_jest(jest_folder, options):
    run = tool_runs.jest_run(jest_folder, *options)
    assert_nothing_is_lost(run)
    assert saved(run) > 0.3


def test_go_as_it_prints():
    run = tool_runs.go_sample()
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("go") is None, reason="go is not installed: only its printed sample is tested")
def test_go(tmp_path):
    run = tool_runs.go_run(tmp_path, "-v")
    assert_nothing_is_lost(run)
    assert saved(run) > 0.6


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("javac") is None, reason="javac is not installed")
def test_javac(tmp_path):
    assert_nothing_is_lost(tool_runs.javac_run(tmp_path))


def test_passes_are_counted_by_file():
    counts = Counter({"tests/test_a.py": 30, "tests/test_b.py": 41, "tests/deep/test_c.py": 7})
    lines = [f"{path}::test_{number} PASSED" for path, count in counts.items() for number in range(count)]
    text = "\n".join([*lines, "============ 78 passed in 0.50s ============", ""])
    [view] = forms(text)
    for path, count in counts.items():
        assert f"{path.removeprefix('tests/')} {count}" in view
    assert "78 passed in 0.50s" in view
    assert "78 PASSED" in view


def test_errors_stand_before_warnings_which_are_counted_by_rule():
    lines = [
        f"src/m{number % 4}.py:{number}:1: W0613: Unused argument 'a{number}' (unused-argument)"
        for number in range(1, 60)
    ]
    lines.insert(30, "src/m1.py:30:4: E1101: Module 'os' has no 'startfile' member (no-member)")
    text = "\n".join([*lines, "", "Your code has been rated at 7.10/10", ""])
    for options in HARSHNESS.values():
        [view] = forms(text, **options)
        error, warning = view.index("E1101: Module 'os' has no 'startfile' member"), view.index("W0613")
        assert error < warning
        assert "59\N{MULTIPLICATION SIGN} W0613" in view
        assert "rated at 7.10/10" in view


def test_what_a_continuous_integration_service_adds_is_taken_away():
    lines = [f"\x1b[32m✓\x1b[0m works with {number}" for number in range(60)]
    lines += ["\x1b[31m✗\x1b[0m breaks at 7", "10%\r55%\r100% done", "##[error]Process completed with exit code 1."]
    text = "".join(f"2026-11-20T10:00:{number % 60:02}.1234567Z {line}\n" for number, line in enumerate(lines))
    [view] = forms(text)
    for fact in ("60 ✓", "✗ breaks at 7", "##[error]Process completed with exit code 1."):
        assert fact in view
    assert "\x1b" not in view
    [form] = forms(text, lossless=True)
    assert headroom.expand(form) == text


def test_an_unknown_tools_failure_stays_among_what_it_repeats():
    lines = [f"unit {number:03} .. good" for number in range(120)]
    lines[80] = "unit 080 .. BAD value 7 is not 8"
    text = "\n".join([*lines, "summary: 119 good, 1 BAD", ""])
    for options in HARSHNESS.values():
        for view in forms(text, **options):
            assert not missing([lines[80], "summary: 119 good, 1 BAD"], view), view


@pytest.mark.parametrize("sample", [tool_runs.GO_SAMPLE, tool_runs.XDIST_SAMPLE], ids=["go", "xdist"])
def test_reports_are_recognised(sample):
    segment = Segment(sample, (), "tool", ToolCall("bash", '{"command": "run the tests"}'), "did they pass?")
    assert route(segment, compressors(), lossy=True)[0][1].name == "test_reports"


def test_the_original_can_be_had_back_from_a_view():
    store = MemoryStore(secret=b"a secret of thirty-two bytes....."[:32])
    result = compress(tool_runs.XDIST_SAMPLE, store=store)
    assert result.text != tool_runs.XDIST_SAMPLE
    assert store.get(result.keys[0]) == tool_runs.XDIST_SAMPLE


def test_a_target_ratio_is_kept_where_there_is_little_evidence():
    text = (
        "".join(f"tests/test_{number % 9}.py::test_item_{number} PASSED\n" for number in range(400))
        + "400 passed in 2.00s\n"
    )
    for ratio in (0.5, 0.25, 0.1):
        [view] = forms(text, target_ratio=ratio)
        assert count_tokens(view) <= ratio * count_tokens(text)
