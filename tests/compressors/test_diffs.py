"""Diffs of real repositories: no file and no count is lost, changed lines of the source are shown or exactly folded."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field

import pytest

import headroom
from headroom.compressors import Budget, diffs
from headroom.marker import parse_marker
from headroom.segment import Segment
from headroom.store.memory import MemoryStore

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

KEY = "Ab3dE5gH7jK"
SEEDS = range(8)
ODD_NAMES = ["with space.py", 'quo"te.py', "über/日本.py", "tab\there.py", "a/b/plain.py", "b/c.py", "new=old.py"]
IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
}


class Repository:
    """A repository in which files of code, tests, documentation and data are edited at random."""

    def __init__(self, path, seed):
        self.path, self.random = path, random.Random(seed)
        self.git("init", "-q", "-b", "main")
        names = ["src/core.py", "src/app.js", "lib/server.go", "lib/parse.c", "Main.java", *ODD_NAMES]
        self.files = {name: self.code(name) for name in names}
        self.files |= {f"tests/test_{n}.py": self.code("x.py", "test_") for n in range(3)}
        self.files |= {"README.md": self.prose(), "docs/use.rst": self.prose(), "yarn.lock": self.prose()}
        self.write()
        (path / "image.bin").write_bytes(bytes(self.random.randrange(256) for _ in range(400)))
        self.commit("Begin")

    def git(self, *arguments, check=True):
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, env={**os.environ, **IDENTITY}, capture_output=True, check=check
        )
        return done.stdout.decode("utf-8", "replace")

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def write(self):
        for name, lines in self.files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(
                "\n".join(lines) + self.random.choice(["\n", "\n", "\n", ""]), encoding="utf-8", newline=""
            )

    def word(self):
        return self.random.choice(
            ["count", "value", "node", "error", "path", "größe", "item", "state", "reader", "limit"]
        )

    def statement(self, indent):
        one, two, number = self.word(), self.word(), self.random.randrange(1000)
        lines = [
            f"{one} = {two}.{self.word()}({number}, {self.word()})",
            f"if {one} > {number}: raise ValueError({two!r})",
            f"return {one} + {two} * {number}",
            f"# {one} is the {two} of {number}",
            f"{one}[{number}] = [{two} for {two} in {self.word()}]",
            f'print("{one} -> {two}: {number}")',
            "",
        ]
        line = self.random.choice(lines)
        return " " * indent + line if line else line

    def code(self, name, prefix=""):
        lines = []
        for ordinal in range(self.random.randrange(2, 7)):
            head = {"js": "function {}(a, b) {{", "go": "func {}(a int) error {{", "c": "int {}(int a) {{"}
            ending = name.rsplit(".", 1)[-1]
            lines.append(head.get(ending, "def {}(a, b):").format(f"{prefix}{self.word()}_{ordinal}"))
            lines += [self.statement(4) for _ in range(self.random.randrange(3, 14))]
            lines += [""] if ending == "py" else ["}", ""]
        return lines

    def prose(self):
        return [" ".join(self.word() for _ in range(8)) for _ in range(self.random.randrange(5, 40))]

    def edit(self):
        """Edits, moves, renames, deletes and adds some files."""
        for name in self.random.sample(sorted(self.files), 9):
            lines = self.files[name]
            for _ in range(self.random.randrange(1, 5)):
                at = self.random.randrange(len(lines) + 1)
                kind = self.random.randrange(6)
                if kind == 0:
                    lines[at:at] = [self.statement(4) for _ in range(self.random.randrange(1, 6))]
                elif kind == 1:
                    del lines[at : at + self.random.randrange(1, 6)]
                elif kind == 2 and at < len(lines):
                    lines[at] = lines[at].replace(self.word(), self.word())
                elif kind == 3:
                    block = lines[at : at + 6]
                    del lines[at : at + 6]
                    to = self.random.randrange(len(lines) + 1)
                    lines[to:to] = ["    " + line if line else line for line in block]
                elif kind == 4:
                    old, new = self.word(), self.word()
                    lines[:] = [re.sub(rf"\b{old}\b", new, line) for line in lines]
                else:
                    lines[at:at] = self.code(name)
        name = self.random.choice([name for name in sorted(self.files) if name.endswith(".py")])
        moved = f"moved/{name}"
        (self.path / name).unlink()
        self.files[moved] = self.files.pop(name)
        self.files[f"src/added_{self.random.randrange(99)}.py"] = self.code("x.py")
        gone = self.random.choice(sorted(set(self.files) - {moved}))
        (self.path / gone).unlink(missing_ok=True)
        del self.files[gone]
        self.write()
        (self.path / "image.bin").write_bytes(bytes(self.random.randrange(256) for _ in range(300)))
        (self.path / "run.sh").write_text("echo\n")
        (self.path / "run.sh").chmod(0o755)


@pytest.fixture(scope="module")
def repositories(tmp_path_factory):
    made = []
    for seed in SEEDS:
        repository = Repository(tmp_path_factory.mktemp("repository"), seed)
        repository.edit()
        repository.commit(f"Change {seed}\n\ndiff --git is mentioned here, and @@ -1 +1 @@ too")
        made.append(repository)
    return made


def view_of(text, query="", deep=False, target_ratio=None):
    """The lossy draft."""
    budget = Budget(diffs.Options(min_lossy_tokens=0), True, deep, target_ratio, KEY)
    [view] = [draft.text for draft in diffs.compress(segment(text, query), budget) if not draft.lossless]
    return view


def form_of(text):
    """The lossless draft, if there is one."""
    budget = Budget(diffs.Options(), False, False, None, KEY)
    return next((draft.text for draft in diffs.compress(segment(text), budget)), None)


def segment(text, query=""):
    return Segment(text, (), "tool", None, query)


def numstat(repository, *arguments):
    """Path now -> added and removed lines; None for binary files."""
    counts = {}
    listed = repository.git(*arguments, "--numstat", "--no-color", "-z").split("\0")
    at = 0
    while at < len(listed) and listed[at]:
        added, removed, path = listed[at].lstrip("\n").split("\t", 2)
        if not path:
            path, at = listed[at + 2], at + 2
        counts[path] = None if added == "-" else (int(added), int(removed))
        at += 1
    return counts


@dataclass
class Shown:
    """What a view says of one file."""

    head: str
    counts: tuple[int, int]
    told: int = 0
    lines: Counter = field(default_factory=Counter)
    twin: str = ""


def unquoted(path):
    if not path.startswith('"'):
        return path
    return path[1:-1].encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8")


HEAD = re.compile(
    r"""(".*?(?<!\\)"|.+?)((?:[ ]\+\d+)?(?:[ ]-\d+)?)"""
    r"""((?:[ ](?:new|deleted|copied|mode[ ]\d+|binary|test|support|docs|data|generated))*)(,[ ].*)?"""
)
"""A path, its counts, what it is, what is not shown of it."""


def read_view(view):
    """The files of a view, with every line that it shows or stands for."""
    files, labels, pending, block = {}, {}, [], None
    recent = []
    shown = None
    for line in view.splitlines()[1:]:
        if line.startswith("=== "):
            match = HEAD.fullmatch(line.removeprefix("=== ").rsplit(" => ", 1)[-1])
            path, numbers, rest = unquoted(match[1]), match[2], match[4] or ""
            counts = tuple(int(next(iter(re.findall(rf"{sign}(\d+)", numbers)), 0)) for sign in (r"\+", "-"))
            shown = files[path] = Shown(line, counts)
            told = re.findall(r", (?:comments|imports|line ends|left)((?: [+-]\d+)+)", rest)
            shown.told = sum(int(number) for counts in told for number in re.findall(r"\d+", counts))
            shown.told += sum(2 * int(count) for count in re.findall(r", s/\S+/\S+/ (\d+) lines", rest))
            twin = re.search(r", same change as (.*)$", rest)
            shown.twin = unquoted(twin[1]) if twin else ""
            block = None
            continue
        if shown is None or line.startswith("@@"):
            block = None
            continue
        if label := re.fullmatch(r"#(\d+):", line):
            pending = [*pending, (label[1], len(recent))]
            labels[label[1]] = len(recent)
            block = None
        elif head := re.fullmatch(r"([+-])(\d+):", line):
            block = head[1]
        elif line.startswith(" ") and block:
            add(shown, recent, block, line)
        elif again := re.fullmatch(r"([=+-]) (\d+) lines of #(\d+)", line):
            block = None
            start = labels[again[3]]
            for sign, said in list(recent[start : start + int(again[2])]):
                shown.lines[sign if again[1] == "=" else again[1], said] += 1
        elif line.startswith("~"):
            block = None
            match = re.fullmatch(r"(.*?)(?:\[-(.*?)-\](?:\{\+(.*?)\+\})?|\{\+(.*?)\+\})(.*)", line[1:])
            front, old, new, only, back = (part or "" for part in match.groups())
            shown.lines["-", (front + old + back).strip()] += 1
            shown.lines["+", (front + new + only + back).strip()] += 1
        elif line[:1] in ("+", "-"):
            block = None
            add(shown, recent, line[0], line[1:])
        else:
            block = None
    return files


def add(shown, recent, sign, said):
    recent.append((sign, said.strip()))
    shown.lines[sign, said.strip()] += 1


def changed_lines(diff):
    """Path -> the changed lines of a plain diff, without indentation."""
    files, path, is_body = {}, None, False
    for line in diff.split("\n"):
        if line.startswith("diff --git "):
            is_body = False
        elif not is_body and line.startswith("--- "):
            path = line[4:].rstrip("\t")
        elif not is_body and line.startswith("+++ "):
            name = line[4:].rstrip("\t")
            path = path if name == "/dev/null" else name
            path = unquoted(path)[2:]
            files[path] = Counter()
        elif line.startswith("@@ "):
            is_body = True
        elif is_body and line[:1] in ("+", "-"):
            files[path][line[0], line[1:].strip()] += 1
    return files


def is_source(path):
    return path.endswith((".py", ".js", ".go", ".c", ".java")) and "test" not in path


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"deep": True}, {"target_ratio": 0.3}, {"target_ratio": 0.01}], ids=str)
def test_no_file_is_lost_and_the_counts_are_those_of_git(repositories, options):
    for repository in repositories:
        view = view_of(repository.git("show", "-M", "HEAD"), **options)
        shown = read_view(view)
        counted = numstat(repository, "show", "-M", "--format=", "HEAD")
        assert set(shown) == set(counted)
        for path, counts in counted.items():
            if counts is None:
                assert " binary" in shown[path].head
            else:
                assert shown[path].counts == counts, path


@pytest.mark.slow
def test_every_changed_line_of_the_source_is_shown_or_counted_by_a_fold(repositories):
    folded = 0
    for repository in repositories:
        text = repository.git("show", "-M", "HEAD")
        view = view_of(text)
        shown = read_view(view)
        for path, changed in changed_lines(text).items():
            if not is_source(path):
                continue
            file = shown[path]
            if file.twin:
                assert changed == changed_lines(text)[file.twin]
                continue
            invented = file.lines - changed
            assert not invented, (path, invented)
            missing = changed - file.lines
            assert sum(missing.values()) == file.told, (path, missing, file.head)
            assert all(is_trifle(said) for (_, said) in missing) or "s/" in file.head or "line ends" in file.head
            folded += sum(missing.values())
    assert folded


def is_trifle(said):
    return not said or said.startswith(("#", "//", "*", "import", "from", '"""'))


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["show"],
        ["show", "--stat", "-p", "-M"],
        ["log", "-p"],
        ["show", "--no-prefix"],
        ["show", "--binary"],
        ["show", "-U0"],
        ["show", "--color=always"],
    ],
    ids=" ".join,
)
def test_the_lossless_form_expands_byte_for_byte(repositories, arguments):
    formed = 0
    for repository in repositories:
        text = repository.git(*arguments)
        form = form_of(text)
        if form is not None:
            assert headroom.expand(form) == text
            formed += len(form) < len(text)
    # White space that git marks in red has no short form.
    assert formed == len(repositories) or "--color=always" in arguments


def test_through_compress_the_original_comes_back_at_every_level(repositories):
    text = repositories[0].git("show", "HEAD")
    for level in ("lossless", "balanced", "deep"):
        store = MemoryStore(secret=b"a secret of thirty-two bytes....")
        result = headroom.compress(text, level=level, store=store)
        assert result.tokens_after < result.tokens_before
        assert headroom.expand(result.text, store=store) == text


def test_merges_with_conflicts_keep_both_sides(tmp_path):
    repository = Repository(tmp_path, 99)
    target = tmp_path / "src/core.py"
    lines = [f"def step_{n}(state):\n    return state + {n}\n\n" for n in range(30)]
    target.write_text("".join(lines))
    repository.commit("Base")
    repository.git("checkout", "-q", "-b", "other")
    target.write_text("".join(lines).replace("state + 7\n", "state + theirs\n"))
    repository.commit("Theirs")
    repository.git("checkout", "-q", "main")
    target.write_text("".join(lines).replace("state + 7\n", "state + ours\n"))
    repository.commit("Ours")
    repository.git("merge", "other", check=False)
    text = repository.git("diff")
    assert text.startswith("diff --cc")
    view, form = view_of(text), form_of(text)
    for said in ("=== src/core.py +", "state + ours", "state + theirs", "<<<<<<< HEAD", ">>>>>>> other"):
        assert said in view
    assert form is None or headroom.expand(form) == text


def test_windows_line_breaks_come_back(repositories):
    text = repositories[1].git("show", "HEAD").replace("\r", "").replace("\n", "\r\n")
    form = form_of(text)
    assert headroom.expand(form) == text


def diff_of(path, body):
    """A diff that adds lines to the top of one file."""
    head = f"diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{body.count(chr(10))} @@\n{body}"


def test_what_the_question_names_is_shown_wherever_it_stands():
    body = "".join(f"+line {n} of the guide\n" for n in range(60)) + "+the quota_window is an hour\n"
    view = view_of(diff_of("docs/guide.md", body), query="What about quota_window?")
    assert "quota_window is an hour" in view
    assert "guide.md +61" in view
    assert parse_marker(view).shown < 10


def test_tests_are_named_and_their_bodies_left_out():
    body = "".join(f"+def test_case_{n}():\n+    assert compute({n}) == {n * 7}\n+\n" for n in range(20))
    view = view_of(diff_of("tests/test_x.py", body))
    assert all(f"test_case_{n}" in view for n in range(20))
    assert "compute(" not in view


def test_definitions_and_errors_of_code_that_only_looks_like_tests_stay():
    body = "+def make_client(address):\n+    raise NotReady(address)\n" + "+    wait()\n" * 60
    for path in ("django/test/client.py", "integration-tests/run.py", "vendor/a/client.py", "src/tests.rs"):
        view = view_of(diff_of(path, body))
        assert "def make_client(address):" in view
        assert "raise NotReady(address)" in view
        assert "wait()" not in view


def test_a_word_that_became_another_one_is_said_once_with_its_count():
    body = "".join(
        f"-    store.put(item_{n}, limit, {n})\n+    store.put(item_{n}, bound, {n})\n \n" for n in range(30)
    )
    view = view_of(diff_of("lib/a.py", body))
    assert "lib/a.py +30 -30, s/limit/bound/ 30 lines\n" in view


def test_locks_and_minified_files_are_counted_only():
    digests = "".join(f'+    "sha512-{n:064x}",\n' for n in range(60))
    for path, body in (("Cargo.lock", digests), ("deps.list", digests), ("web/all.js", f"+{'a=b;' * 999}\n" * 3)):
        view = view_of(diff_of(path, body))
        assert f"=== {path} +{body.count(chr(10))} generated\n" in view
        assert len(view) < 120
