"""Real tools, really run in small projects made here; what each must tell is known from how the project was made.

A `Run` is what a tool printed, and what an agent must be able to read of it, however it is compressed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """A tool's output and the facts in it, each as it is printed."""

    text: str
    failures: Sequence[str] = ()
    """Names of failed tests, and what they say."""
    errors: Sequence[str] = ()
    """Errors with their places."""
    totals: Sequence[str] = ()
    """What tells whether it went well, and how many there were."""
    warnings: Sequence[tuple[str, int]] = ()
    """Places of warnings: path and line."""
    error_places: Sequence[tuple[str, int]] = ()
    """Places of errors that say the same of many places."""


def run(command: Sequence[str], folder: Path, timeout_s: int = 120, **environment: str) -> str:
    """What a command prints on both streams."""
    surroundings = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    surroundings.pop("FORCE_COLOR", None)
    for name in (
        "PYTEST_ADDOPTS",
        "PYTEST_CURRENT_TEST",
        "NODE_TEST_CONTEXT",
        "NODE_OPTIONS",
        "MAKEFLAGS",
        "MAKELEVEL",
    ):
        surroundings.pop(name, None)
    done = subprocess.run(
        command,
        cwd=folder,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_s,
        check=False,
    )
    return done.stdout


def write(folder: Path, **files: str) -> Path:
    """Makes files; in their names `__` stands for a folder and `_dot_` for a dot."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def line_of(text: str, *parts: str) -> str:
    """The last line that holds all parts."""
    return [line for line in text.splitlines() if all(part in line for part in parts)][-1].strip()


# Python


def pytest_project(folder: Path) -> list[str]:
    """Six files of tests of all endings; returns the names of those that fail."""
    failing = []
    for number in range(6):
        lines = ["import warnings", "import pytest", ""]
        for test in range(24):
            name = f"test_case_{number}_{test}"
            if test == 7:
                failing.append(name)
                found, wanted = f"{{'left': {number}, 'right': 2}}", f"{{'left': {number}, 'right': 30{number}}}"
                body = f"    expected = {found}\n    assert expected == {wanted}"
            elif test == 11 and number % 2:
                failing.append(name)
                body = f"    print('looked up {number}')\n    raise LookupError('no entry {number} of the register')"
            elif test == 13:
                body = "    pytest.skip('not on this machine')"
            elif test == 15:
                lines.append("@pytest.mark.xfail(reason='known')")
                body = "    assert False"
            elif test == 17:
                body = "    warnings.warn('old way', DeprecationWarning)"
            else:
                body = "    assert True"
            lines.append(f"def {name}():\n{body}\n")
        lines.append(f"@pytest.mark.parametrize('value', ['a b', 'c', '{number}', 'ü|x'])")
        lines.append(f"def test_values_{number}(value):\n    assert value != '{number}'\n")
        failing.append(f"test_values_{number}[{number}]")
        if number == 3:
            lines.append("@pytest.fixture\ndef broken():\n    raise OSError('the fixture is broken')\n")
            lines.append("def test_with_fixture(broken):\n    pass\n")
            failing.append("test_with_fixture")
        write(folder, **{f"tests__test_part_{number}_dot_py": "\n".join(lines)})
    write(folder, pytest_dot_ini="[pytest]\naddopts = -p no:cacheprovider\n")
    return failing


def pytest_run(folder: Path, failing: Sequence[str], *options: str) -> Run:
    """One run of pytest over the project."""
    text = run([sys.executable, "-m", "pytest", *options], folder)
    said = ["LookupError: no entry 1 of the register"] if "--tb=no" not in options else []
    return Run(text, failures=[*failing, *said], totals=[line_of(text, " failed", " passed", " in ").strip("= ")])


def pytest_broken_run(folder: Path) -> Run:
    """A run in which a file cannot be collected."""
    write(folder, test_good_dot_py="def test_a():\n    pass\n" * 3, test_bad_dot_py="import no_such_module_here\n")
    text = run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v"], folder)
    return Run(
        text,
        errors=["No module named 'no_such_module_here'", "test_bad.py"],
        totals=[line_of(text, "1 error in").strip("= ")],
    )


def unittest_run(folder: Path) -> Run:
    """`python -m unittest -v` over 60 tests of which some fail."""
    lines = ["import unittest", "", "class First(unittest.TestCase):"]
    failing = []
    for test in range(60):
        name = f"test_number_{test}"
        body = "self.assertTrue(True)"
        if test % 19 == 5:
            failing.append(name)
            body = f"self.assertEqual({test}, {test + 1}, 'numbers differ at {test}')"
        elif test == 50:
            failing.append(name)
            body = "raise ValueError('cannot be read: 50')"
        elif test % 17 == 3:
            body = "self.skipTest('later')"
        lines.append(f"    def {name}(self):\n        {body}\n")
    write(folder, test_first_dot_py="\n".join(lines))
    text = run([sys.executable, "-m", "unittest", "-v", "test_first"], folder)
    said = ["numbers differ at 5", "numbers differ at 24", "numbers differ at 43", "ValueError: cannot be read: 50"]
    return Run(text, failures=[*failing, *said], totals=[line_of(text, "Ran 60 tests"), line_of(text, "FAILED (")])


def linted_project(folder: Path) -> None:
    """Python files with faults that ruff and mypy find."""
    for number in range(12):
        unused = "\n".join(f"import {name}" for name in ("os", "json", "re", "sys")[: 1 + number % 4])
        wrong = "\n".join(f"value_{at}: int = 'text {at}'" for at in range(number % 5))
        call = (
            f"def add(left: int, right: int) -> int:\n    return left + right\n\n\nadd({number}, 'x')\n"
            if number % 3 == 0
            else ""
        )
        undefined = f"print(undefined_name_{number})\n" if number in (4, 9) else ""
        write(folder, **{f"package__module_{number}_dot_py": f"{unused}\n\n{wrong}\n\n{call}{undefined}"})
    write(folder, package____init___dot_py="")


def ruff_run(folder: Path, form: str) -> Run:
    """`ruff check` in one of its output formats."""
    command = ["ruff", "check", "--isolated", "--no-cache", f"--output-format={form}", "--select=E,F,I,W", "package"]
    text = run([sys.executable, "-m", *command], folder)
    concise = (
        text
        if form == "concise"
        else run([sys.executable, "-m", *command[:4], "--output-format=concise", *command[5:]], folder)
    )
    places = [
        line.split(":")
        for line in concise.splitlines()
        if line.count(":") > 3 or ": F" in line or ": E" in line or ": I" in line
    ]
    undefined = [f"Undefined name `undefined_name_{number}`" for number in (4, 9)]
    warnings = [(path, int(number)) for path, number, *rest in places if "F821" not in "".join(rest)]
    return Run(text, errors=undefined, totals=[line_of(text, "Found ", " errors")], warnings=warnings)


def mypy_run(folder: Path) -> Run:
    """`mypy` over the package; every finding is an error."""
    text = run([sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null", "package"], folder)
    found = [line.split(":", 3) for line in text.splitlines() if ": error:" in line]
    messages = sorted({message.strip() for *_, message in found})
    places = [(path, int(number)) for path, number, *_ in found]
    return Run(text, errors=messages, totals=[line_of(text, "Found ", " errors in ")], error_places=places)


# C


def make_run(folder: Path, jobs: int = 1) -> Run:
    """`make -k` over 24 C files: warnings in many, errors in two, and a link that fails."""
    names = [f"part_{number:02}" for number in range(24)]
    warnings, errors = [], []
    for number, name in enumerate(names):
        body = f'#include "shared.h"\nint {name}(int count) {{\n'
        if number % 3 == 0:
            body += f"  int unused_{number};\n"
            warnings.append((f"src/{name}.c", 3))
        if number in (10, 17):
            body += f"  return missing_{number};\n"
            place = f"src/{name}.c:{body.count(chr(10))}:10"
            said = f"missing_{number}\N{RIGHT SINGLE QUOTATION MARK} undeclared (first use in this function)"
            errors.append(f"{place}: error: \N{LEFT SINGLE QUOTATION MARK}{said}")
        write(folder, **{f"src__{name}_dot_c": body + "  return count;\n}\n"})
    write(
        folder,
        src__shared_dot_h="int undefined_function(void);\n",
        src__main_dot_c='#include "shared.h"\nint main(void) { return undefined_function(); }\n',
    )
    objects = " ".join(f"src/{name}.o" for name in names)
    write(
        folder,
        Makefile="CFLAGS = -std=c99 -pedantic -Wall -Wextra -Wno-missing-field-initializers -O1 -Isrc\n"
        f"all: program alone\nprogram: {objects}\n\tgcc -o $@ $^\nalone: src/main.o\n\tgcc -o $@ $^\n"
        "%.o: %.c\n\tgcc $(CFLAGS) -c -o $@ $<\n",
    )
    text = run(["make", "-k", f"-j{jobs}"], folder, LC_ALL="C.UTF-8")
    links = [line_of(text, "undefined reference to"), line_of(text, "collect2: error:")]
    totals = [line_of(text, "make: *** ", f"part_{number}.o") for number in (10, 17)]
    return Run(text, errors=[*errors, *links], totals=totals, warnings=warnings)


# Rust


def cargo_project(folder: Path) -> None:
    """A crate with tests in two modules, in one more binary and in its documentation."""
    passing = "\n".join(f"    #[test]\n    fn works_with_{number}() {{ assert!(true); }}\n" for number in range(30))
    write(
        folder,
        Cargo_dot_toml='[package]\nname = "sample"\nversion = "0.1.0"\nedition = "2021"\n\n[lib]\n\n[workspace]\n',
        src__lib_dot_rs="//! A sample.\npub mod parse;\n\n"
        "/// Adds.\n///\n/// ```\n/// assert_eq!(sample::add(1, 2), 3);\n/// ```\n"
        "pub fn add(left: u32, right: u32) -> u32 { left + right }\n\n#[cfg(test)]\nmod tests {\n" + passing + "}\n",
        src__parse_dot_rs="pub fn one() -> u32 { let unused_here = 2; 1 }\n\n#[cfg(test)]\nmod tests {\n"
        + passing
        + '    #[test]\n    fn fails_in_parse() { assert_eq!(super::one(), 7, "one is not seven"); }\n'
        "    #[test]\n    #[ignore]\n    fn later() {}\n}\n",
        tests__whole_dot_rs=passing.replace("    ", "")
        + '\n#[test]\nfn fails_as_a_whole() { let found: Option<u32> = None; found.expect("nothing was found"); }\n',
    )


def cargo_run(folder: Path) -> Run:
    """`cargo test` in all binaries, though some fail."""
    text = run(
        ["cargo", "test", "--offline", "--no-fail-fast"],
        folder,
        CARGO_TERM_COLOR="never",
        RUST_BACKTRACE="0",
        CARGO_TARGET_DIR=str(folder / "target"),
    )
    failures = ["fails_in_parse", "fails_as_a_whole", "one is not seven", "nothing was found", "src/parse.rs:"]
    totals = [line.strip() for line in text.splitlines() if line.startswith("test result: ")]
    return Run(text, failures=failures, totals=totals, warnings=[("src/parse.rs", 1)])


def cargo_check_run(folder: Path) -> Run:
    """`cargo check` of a crate with errors and many warnings."""
    unused = "\n".join(f"pub fn part_{number}() {{ let unused_{number} = {number}; }}" for number in range(20))
    body = f'{unused}\npub fn wrong() -> u32 {{ "text" }}\npub fn more() {{ missing_name(); }}\n'
    write(
        folder,
        Cargo_dot_toml='[package]\nname = "faulty"\nversion = "0.1.0"\nedition = "2021"\n\n[workspace]\n',
        src__lib_dot_rs=body,
    )
    text = run(
        ["cargo", "check", "--offline"], folder, CARGO_TERM_COLOR="never", CARGO_TARGET_DIR=str(folder / "target")
    )
    errors = [
        "error[E0308]: mismatched types",
        "src/lib.rs:21:",
        "error[E0425]: cannot find function `missing_name`",
        "src/lib.rs:22:",
    ]
    return Run(text, errors=errors, totals=[line_of(text, "could not compile")])


# JavaScript


def node_run(folder: Path, reporter: str) -> Run:
    """`node --test` over 80 tests."""
    lines = ["const { test, describe, it } = require('node:test');", "const assert = require('node:assert');"]
    failing = []
    for suite in range(4):
        lines.append(f"describe('suite {suite}', () => {{")
        for number in range(20):
            name = f"does thing {suite}.{number} well"
            body = ""
            if number == 9:
                failing.append(name)
                body = f"assert.strictEqual({suite}, 100{suite});"
            lines.append(f"  it('{name}', () => {{ {body} }});")
        lines.append("});")
    lines.append("test('is left out', { skip: true }, () => {});")
    write(folder, **{"parts_dot_test_dot_js": "\n".join(lines)})
    text = run(["node", "--test", f"--test-reporter={reporter}", "parts.test.js"], folder)
    return Run(text, failures=[*failing, "1003"], totals=[line_of(text, "pass 76"), line_of(text, "fail 4")])


def jest_project(folder: Path) -> None:
    """Installs jest; without the registry this fails, and says so."""
    write(folder, package_dot_json='{"name": "sample", "private": true, "devDependencies": {"jest": "^29.7.0"}}')
    npm = shutil.which("npm")
    assert npm, "npm is not installed: jest's output cannot be made"
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"npm could not install jest, so its output cannot be made:\n{done.stderr[-2000:]}"


def jest_run(folder: Path, *options: str) -> Run:
    """`jest` over eight files, with failures in three."""
    failing = []
    for number in range(8):
        tests = []
        for test in range(10):
            name = f"keeps promise {number} of {test}"
            body = "expect(1).toBe(1);"
            if number % 3 == 1 and test == 4:
                failing.append(name)
                body = f"expect({{ found: {number} }}).toEqual({{ found: 77{number} }});"
            tests.append(f"  test('{name}', () => {{ {body} }});")
        text = (
            f"describe('part {number}', () => {{\n" + "\n".join(tests) + "\n  test.skip('later on', () => {});\n});\n"
        )
        write(folder, **{f"src__part{number}_dot_test_dot_js": text})
    text = run(["node_modules/.bin/jest", "--ci", "--runInBand", *options], folder)
    said = ["771", "774", "777", "src/part1.test.js:6"]
    return Run(text, failures=[*failing, *said], totals=[line_of(text, "Tests:"), line_of(text, "Test Suites:")])


# Go


def go_run(folder: Path, *options: str) -> Run:
    """`go test` over two packages."""
    for package in ("left", "right"):
        tests = [f'func TestThing{number}(t *testing.T) {{ t.Log("thing {number}") }}' for number in range(25)]
        tests.append(f'func TestBroken(t *testing.T) {{ t.Errorf("{package}: got %d, want %d", 3, 4) }}')
        tests.append(
            'func TestTable(t *testing.T) {\n\tfor _, name := range []string{"a", "b"} {\n'
            "\t\tt.Run(name, func(t *testing.T) {"
            f' if name == "b" {{ t.Fatal("{package} table fails at b") }} }})\n\t}}\n}}'
        )
        tests.append('func TestLater(t *testing.T) { t.Skip("later") }')
        write(
            folder,
            **{
                f"{package}__{package}_test_dot_go": f'package {package}\n\nimport "testing"\n\n'
                + "\n".join(tests)
                + "\n"
            },
        )
    write(folder, go_dot_mod="module example.org/sample\n\ngo 1.21\n")
    text = run(
        ["go", "test", "-vet=off", *options, "./..."], folder, GOFLAGS="-mod=mod", GOPROXY="off", CGO_ENABLED="0"
    )
    failures = ["TestBroken", "TestTable/b", "left: got 3, want 4", "right: got 3, want 4", "right table fails at b"]
    return Run(
        text,
        failures=failures,
        totals=[line_of(text, "FAIL", "example.org/sample/left"), line_of(text, "FAIL", "example.org/sample/right")],
    )


GO_SAMPLE = (
    "".join(f"=== RUN   TestThing{number}\n--- PASS: TestThing{number} (0.00s)\n" for number in range(40))
    + "=== RUN   TestBroken\n    left_test.go:30: left: got 3, want 4\n--- FAIL: TestBroken (0.00s)\n"
    + "=== RUN   TestTable\n=== RUN   TestTable/a\n=== RUN   TestTable/b\n    left_test.go:33: left table fails at b\n"
    + "--- FAIL: TestTable (0.00s)\n    --- PASS: TestTable/a (0.00s)\n    --- FAIL: TestTable/b (0.00s)\n"
    + "FAIL\nFAIL\texample.org/sample/left\t0.004s\nok  \texample.org/sample/right\t0.003s\nFAIL\n"
)
"""What `go test -v` prints, for machines without go."""


def go_sample() -> Run:
    """A run of `go test -v` as go 1.26 prints it."""
    failures = ["TestBroken", "TestTable/b", "left: got 3, want 4", "left table fails at b"]
    return Run(GO_SAMPLE, failures=failures, totals=["FAIL\texample.org/sample/left\t0.004s"])


XDIST_SAMPLE = (
    "============================= test session starts ==============================\n"
    "platform linux -- Python 3.12.3, pytest-8.3.4, pluggy-1.5.0\nplugins: xdist-3.6.1\n"
    "created: 2/2 workers\n2 workers [90 items]\n\n"
    + "".join(
        f"[gw{number % 2}] [{(number + 1) * 100 // 90:3}%] {'FAILED' if number in (30, 71) else 'PASSED'} "
        f"tests/test_{number // 30}.py::test_item_{number} \n"
        for number in range(90)
    )
    + "\n=================================== FAILURES ===================================\n"
    + "".join(
        f"{'_' * 33} test_item_{number} {'_' * 33}\n"
        f"[gw0] linux -- Python 3.12.3 /usr/bin/python3\n\n"
        f"    def test_item_{number}():\n>       assert {number} == 0\n"
        f"E       assert {number} == 0\n\ntests/test_{number // 30}.py:{number + 2}: AssertionError\n"
        for number in (30, 71)
    )
    + "=========================== short test summary info ============================\n"
    "FAILED tests/test_1.py::test_item_30 - assert 30 == 0\nFAILED tests/test_2.py::test_item_71 - assert 71 == 0\n"
    "========================= 2 failed, 88 passed in 0.61s =========================\n"
)
"""What pytest prints with pytest-xdist, which is not among this project's requirements."""


def xdist_sample() -> Run:
    """A run of `pytest -n 2 -v`."""
    failures = ["test_item_30", "test_item_71", "assert 71 == 0", "tests/test_2.py:73"]
    return Run(XDIST_SAMPLE, failures=failures, totals=["2 failed, 88 passed in 0.61s"])


# Java


def javac_run(folder: Path) -> Run:
    """`javac` with errors and warnings."""
    names = [f"Part{number}" for number in range(10)]
    for number, name in enumerate(names):
        old = "    public Integer old() { return new Integer(1); }\n" if number % 2 else ""
        wrong = f"    public int wrong() {{ return missing{number}; }}\n" if number in (3, 6) else ""
        write(folder, **{f"{name}_dot_java": f"public class {name} {{\n{old}{wrong}}}\n"})
    text = run(["javac", "-Xlint:all", "-d", "out", *(f"{name}.java" for name in names)], folder)
    errors = ["Part3.java:3: error: cannot find symbol", "Part6.java:2: error: cannot find symbol"]
    return Run(text, errors=errors, totals=[line_of(text, "2 errors")])
