"""Traces that interpreters and compilers of this machine really print, through the public functions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

from headroom import compress, expand
from headroom.marker import parse_marker
from headroom.store.memory import MemoryStore

EAGER = {"min_tokens": 0, "stack_traces.min_lossy_tokens": 0}


def run(text, level="balanced", query=None, **options):
    store = MemoryStore()
    result = compress(text, query=query, level=level, store=store, content_type="trace", settings=EAGER, **options)
    if result.text != text:
        assert expand(result.text, store=store) == text
    return result.text


def printed(*command, cwd, **environment):
    """What a command that fails prints."""
    environment = {**os.environ, "PYTHONPATH": "", **environment}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    return done.stdout + done.stderr


def python(tmp_path, code, **files):
    for name, content in {"app.py": code, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content))
    site = tmp_path / "lib" / "python3" / "site-packages"
    return printed(sys.executable, "app.py", cwd=tmp_path, PYTHONPATH=str(site))


def needs(name):
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


def check(text, *needed):
    """Every needed piece is in what is chosen and in the lossless form, which gives the text back."""
    view, form = run(text), run(text, level="lossless")
    assert len(view) < len(text)
    for piece in needed:
        assert piece in view, (piece, view)
        assert piece in form, (piece, form)
    return view


def test_a_chain_of_python_exceptions_is_told_whole_with_the_innermost_frame_of_each(tmp_path):
    text = python(
        tmp_path,
        """
        import json

        def parse(text):
            return json.loads(text)

        def load(name):
            try:
                return parse("{bad")
            except ValueError as error:
                raise RuntimeError(f"cannot load {name}") from error

        def main():
            try:
                load("shop.json")
            finally:
                {}["gone"]

        main()
        """,
    )
    app = tmp_path / "app.py"
    view = check(
        text,
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes",
        "The above exception was the direct cause of the following exception:",
        "RuntimeError: cannot load shop.json",
        "During handling of the above exception, another exception occurred:",
        "KeyError: 'gone'",
        f'File "{app}", line 5, in parse',
        f'File "{app}", line 11, in load',
    )
    assert re.search(r"\d library", view)


def test_recursion_of_python_is_counted_exactly(tmp_path):
    text = python(tmp_path, "def down(n):\n    return down(n + 1)\n\ndown(0)\n")
    view = check(text, "RecursionError: maximum recursion depth exceeded")
    [count] = re.findall(r"\[Previous line repeated \d+ more times\]", text)
    assert f"x3 > {count}" in view


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are newer")
def test_every_exception_of_a_group_is_told(tmp_path):
    text = python(
        tmp_path,
        """
        def fail(n):
            raise OSError(f"disk {n} is full")

        errors = []
        for n in range(4):
            try:
                fail(n)
            except OSError as error:
                errors.append(error)
        raise ExceptionGroup("several disks", errors)
        """,
    )
    app = tmp_path / "app.py"
    check(
        text,
        "ExceptionGroup: several disks",
        f'File "{app}", line 3, in fail',
        *(f"disk {n} is full" for n in range(4)),
    )


def test_frames_of_installed_packages_are_counted_unless_they_are_all_there_is(tmp_path):
    package = "lib/python3/site-packages/engine/__init__.py"
    steps = "\n".join(f"def step{n}(call):\n    return step{n + 1}(call)" for n in range(20))
    engine = f"{steps}\ndef step20(call):\n    return call()\n"
    text = python(
        tmp_path, "import engine\n\ndef work():\n    return 1 // 0\n\nengine.step0(work)\n", **{package: engine}
    )
    view = check(text, "ZeroDivisionError", f'File "{tmp_path / "app.py"}", line 4, in work')
    assert "21 library frames" in view
    assert "step7" not in view
    broken = engine.replace("return call()", "return 1 // 0")
    text = python(tmp_path, "import engine\n\nengine.step0(None)\n", **{package: broken})
    check(text, f'File "{tmp_path / package}", line 42, in step20')
    assert "step7" in run(text, query="what does step7 do?")


def test_output_around_traces_keeps_both_ends_and_what_it_reports(tmp_path):
    code = """
        import sys
        def work(n):
            raise ValueError(f"item {n} is broken")
        for n in range(200):
            print("item", n, "of the batch was read", flush=True)
            if n == 90:
                print("WARNING: failed to write item 90", flush=True)
        work(5)
        """
    view = check(
        python(tmp_path, code),
        "item 0 of the batch",
        "item 199 of the batch",
        "failed to write item 90",
        "item 5 is broken",
    )
    assert "item 50 of" not in view
    assert re.search(r"\.\.\. \d+ lines", view)


@needs("javac")
def test_causes_and_suppressed_exceptions_of_java_are_told(tmp_path):
    (tmp_path / "Main.java").write_text(
        textwrap.dedent("""
        import java.util.*;
        public class Main {
          static int depth(int n) { return n == 0 ? Integer.parseInt("x12") : depth(n - 1) + 1; }
          static void load(String name) {
            try { depth(30); } catch (NumberFormatException error) {
              IllegalStateException thrown = new IllegalStateException("cannot load " + name, error);
              thrown.addSuppressed(new java.io.IOException("close failed"));
              throw thrown;
            }
          }
          public static void main(String[] names) { List.of("shop").forEach(Main::load); }
        }
        """)
    )
    view = check(
        printed("java", "Main.java", cwd=tmp_path),
        "java.lang.IllegalStateException: cannot load shop",
        "Suppressed: java.io.IOException: close failed",
        'Caused by: java.lang.NumberFormatException: For input string: "x12"',
        "at Main.load(Main.java:7)",
        "at Main.depth(Main.java:4)",
    )
    assert "at Main.depth(Main.java:4) x31" in view
    assert "Iterable" not in view


@needs("node")
def test_traces_of_node_tell_the_cause_and_the_applications_frames(tmp_path):
    library = tmp_path / "node_modules" / "engine"
    library.mkdir(parents=True)
    steps = "\n".join(f"function step{n}(f) {{ return step{n + 1}(f) }}" for n in range(6))
    (library / "index.js").write_text(f"{steps}\nfunction step6(f) {{ return f() }}\nmodule.exports = step0\n")
    (tmp_path / "app.js").write_text(
        textwrap.dedent("""
        Error.stackTraceLimit = 50
        const engine = require('engine')
        function parse(text) { return JSON.parse(text) }
        function load(name) {
          try { return parse('{bad') } catch (error) { throw new Error('cannot load ' + name, { cause: error }) }
        }
        engine(() => load('shop.json'))
        """)
    )
    view = check(
        printed("node", "app.js", cwd=tmp_path),
        "Error: cannot load shop.json",
        f"at load ({tmp_path / 'app.js'}:6:",
        "[cause]: SyntaxError:",
        f"at parse ({tmp_path / 'app.js'}:4:",
    )
    assert "step3" not in view


@needs("rustc")
def test_backtraces_of_rust_keep_the_crates_frames(tmp_path):
    (tmp_path / "app.rs").write_text(
        'fn look(list: &[u32]) -> u32 { *list.first().expect("a list is never empty") }\n'
        'fn main() { let sum: u32 = (0..3).map(|_| look(&[])).sum(); println!("{sum}"); }\n'
    )
    subprocess.run(["rustc", "-g", "app.rs"], cwd=tmp_path, check=True)
    for amount in ("1", "full"):
        view = check(
            printed("./app", cwd=tmp_path, RUST_BACKTRACE=amount), "a list is never empty", "app::look", "app.rs:1:"
        )
        assert "app::main" in view
        assert re.search(r"\d+ library", view)


@needs("go")
def test_panics_of_go_tell_the_goroutines(tmp_path):
    (tmp_path / "main.go").write_text(
        textwrap.dedent("""
        package main
        import ("sync"; "time")
        type Store struct{ orders map[string]int }
        func (store *Store) put(name string) { store.orders[name] = 1 }
        func work(store *Store, n int) {
            time.Sleep(time.Duration(n) * time.Second)
            store.put("a")
        }
        func main() {
            var group sync.WaitGroup
            for n := 0; n < 8; n++ { group.Add(1); go func() { work(&Store{}, 1 + n) }() }
            group.Wait()
        }
        """)
    )
    environment = {"GOTRACEBACK": "all", "GOCACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    text = printed("go", "run", "main.go", cwd=tmp_path, **environment)
    check(text, "panic: assignment to entry in nil map", "main.(*Store).put(", "main.work", f"{tmp_path / 'main.go'}:5")


def test_traces_of_dotnet_keep_inner_exceptions_and_own_frames():
    library = "   at System.Linq.Enumerable.ToList[TSource](IEnumerable`1 source)\n" * 12
    text = (
        "Unhandled exception. System.AggregateException: One or more errors occurred.\n"
        " ---> Acme.EmptyOrderException: Order 4711 has no lines\n"
        "   at Acme.Orders.Total(Order order) in /src/Orders.cs:line 52\n"
        f"{library}"
        "   at Acme.Orders.SubmitAsync(IReadOnlyList`1 orders) in /src/Orders.cs:line 30\n"
        "   --- End of inner exception stack trace ---\n"
        f"{library}"
        "   at Acme.Program.Main(String[] args) in /src/Program.cs:line 12\n"
    )
    view = check(
        text,
        "Order 4711 has no lines",
        "at Acme.Orders.Total(Order order) in /src/Orders.cs:line 52",
        "Acme.Orders.SubmitAsync",
        "at Acme.Program.Main(String[] args) in /src/Program.cs:line 12",
    )
    assert "x12" in view or "12 library" in view


def failing_tests(count):
    runner = "".join(f"\tat org.junit.runners.Runner{n}.run(Runner{n}.java:{n})\n" for n in range(25))
    return "".join(
        f"--- org.acme.shop.OrderTest::testOrder{n}\n"
        "java.lang.IllegalStateException: no lines\n"
        "\tat org.acme.shop.Order.total(Order.java:52)\n"
        f"\tat org.acme.shop.OrderTest.testOrder{n}(OrderTest.java:{100 + n})\n{runner}"
        for n in range(count)
    )


def test_every_failing_test_is_named_where_their_traces_are_alike():
    text = failing_tests(30)
    view = check(text, "at org.acme.shop.Order.total(Order.java:52)")
    for n in range(30):
        assert f"--- org.acme.shop.OrderTest::testOrder{n}\n" in view
        assert f"testOrder{n}(OrderTest.java:{100 + n})" in view or f"testOrder{n}:{100 + n}" in view
    assert len(view) < len(text) / 9


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: text.removesuffix("\n")])
def test_any_line_break_comes_back(change):
    text = change(failing_tests(3))
    form = run(text, level="lossless")
    assert len(form) < len(text) / 2
    assert parse_marker(run(text))


def test_going_deep_leaves_what_was_thrown_and_the_innermost_frames():
    text = failing_tests(6)
    deep, tight = run(text, level="deep"), run(text, level="deep", target_ratio=0.02)
    assert len(tight) <= len(deep) <= len(run(text))
    for view in (deep, tight):
        assert "java.lang.IllegalStateException: no lines" in view
        assert "at org.acme.shop.Order.total(Order.java:52)" in view
        assert all(f"OrderTest::testOrder{n}" in view for n in range(6))
