"""Searches are really run, and what is left of their output is compared with it: no file and no match may get lost.

`SEARCH_INVOCATIONS` sets how many searches are run; if it is set, every tool must be installed.
"""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sysconfig
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from headroom import compress, expand
from headroom.compressors import Budget
from headroom.compressors import search_results as module
from headroom.marker import parse_marker
from headroom.segment import Segment, ToolCall
from headroom.store.memory import MemoryStore

REPOSITORY = Path(__file__).parents[2]
SETTINGS = {"min_tokens": 0, "search_results.min_lossy_tokens": 0}
IS_FULL = "SEARCH_INVOCATIONS" in os.environ
INVOCATIONS = int(os.environ.get("SEARCH_INVOCATIONS", "500"))
WORKERS = 4
KEY = "Ab3dE5gH7jK"

ODD_FILES = {
    "with space/my file.py": "import os\n\n\ndef main():\n    return os.getcwd()\n",
    "with space/x-12-y.py": "import sys\n# import-3-lines\nprint(sys.path)\n",
    "dash-7-ed/a-1.txt": "self-4-made\nimport 3:4\nreturn:5:6\n",
    "dash-7-ed/a": "import this\nreturn-1-\n",
    "2024-01-05-notes.md": "# return\nimport: 12:30:45\n10-12-2024 import\n",
    "at 10:30 x.log": "2024-01-02 10:00:01 ERROR colon failed\n2024-01-02 10:00:02 INFO colon\n",
    "prüfung/日本語.md": "import 試験\nreturn der Prüfung — größer\n",
    "deep/a/b/c/d/e/f.go": 'package f\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("self")\n\treturn\n}\n',
    "crlf/x.c": '#import "y.h"\r\nint self(void) {\r\n  return 1;\r\n}\r\n',
    "@types/index.d.ts": "import x from 'y';\nexport function self(): void;\n",
    "!odd/>x.txt": "import\nreturn @1 self\n@@2 self\n",
    "logs/app.log": "".join(
        f"2024-03-{day:02d} 10:00:0{day % 10} INFO import of self took {day}\n" for day in range(1, 29)
    ),
}


@dataclass(frozen=True)
class Tree:
    root: Path
    files: frozenset[str]
    words: tuple[str, ...]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Real sources in a repository of their own, some with names that are hard to tell from what stands behind them."""
    root = tmp_path_factory.mktemp("tree")
    library = Path(sysconfig.get_path("stdlib"))
    sources = [*(REPOSITORY / "python").rglob("*.py"), *(REPOSITORY / "rust/core/src/json").rglob("*.rs")]
    sources += [*(library / "json").glob("*.py"), *(library / "http").glob("*.py"), *(library / "email").glob("*.py")]
    for number, source in enumerate(sorted(sources)):
        top = root / ("pkg" if source.is_relative_to(REPOSITORY) else "lib") / source.parent.name
        top.mkdir(parents=True, exist_ok=True)
        target = (
            top / source.name if not (top / source.name).exists() else top / f"{source.stem}_{number}{source.suffix}"
        )
        shutil.copy(source, target)
    for name, text in ODD_FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    (root / "pkg/data.bin").write_bytes(b"import\0self\0return\n")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@y", "-c", "core.autocrlf=false"]
    for arguments in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "tree"]):
        subprocess.run([*git, *arguments], cwd=root, check=True, capture_output=True)
    files = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.relative_to(root).parts]
    words = Counter(
        word for path in files for word in re.findall(r"\w{3,}", path.read_bytes().decode("utf-8", "replace"))
    )
    return Tree(root, frozenset(str(path.relative_to(root)) for path in files), tuple(sorted(words)))


@dataclass(frozen=True)
class Search:
    """A command, how its output names files, and what it prints of each."""

    command: tuple[str, ...]
    form: str
    """`lines`, `heading`, `counts` or `files`."""
    numbered: bool
    columns: bool = False


def searches(tree, count):
    """Searches as agents make them, and some as they rarely do."""
    chance = random.Random(7)
    usual = [
        "import",
        "return",
        "self",
        "def",
        "self.",
        "None",
        "the",
        "fn",
        "let",
        "if ",
        "class",
        "error",
        "str",
        "colon",
    ]
    tools = [tool for tool in ("grep", "rg", "git") if shutil.which(tool)]
    assert not IS_FULL or len(tools) == 3, "install grep, ripgrep and git"
    tops = sorted({name.split("/")[0] for name in tree.files if "/" in name})
    for _ in range(count):
        tool = chance.choice(tools)
        pattern = chance.choice(
            [chance.choice(usual), chance.choice(tree.words), chance.choice(tree.words), "no such word"]
        )
        form = chance.choices(["lines", "heading", "counts", "files"], [12, 4, 2, 2])[0]
        form = "lines" if form == "heading" and tool == "grep" else form
        flags = chance.sample(["-w", "-i", "-F", "-m3", "-v"], chance.choices([0, 1, 2], [6, 4, 1])[0])
        flags = [
            flag for flag in flags if not (flag == "-v" and len(pattern) < 8) and not (flag == "-m3" and tool == "git")
        ]
        numbered = form == "heading" or chance.random() < 0.85
        if not numbered:
            # Without numbers nobody can tell where a path with a colon in it ends.
            flags = [flag for flag in flags if flag != "-v"]
            pattern = "class" if pattern == "colon" else pattern
        columns = numbered and tool != "grep" and chance.random() < 0.15
        around = chance.choice(["-C1", "-C2", "-A2", "-B1", "-A1"]) if numbered and chance.random() < 0.3 else None
        if form in ("counts", "files"):
            flags.append({"counts": "-c", "files": "-l"}[form])
        else:
            flags += (["-n"] if numbered else []) + ([around] if around else []) + (["--column"] if columns else [])
        if form == "heading":
            flags += ["--heading"] + (["--break"] if tool == "git" else [])
        places = chance.choices([["."], [chance.choice(tops)], chance.sample(tops, 2)], [3, 2, 2])[0]
        if tool == "grep":
            flags += ["-rH"] + (["--include=*.py"] if chance.random() < 0.2 else []) + ["--exclude-dir=.git"]
            command = ["grep", *flags, "-e", pattern, *places]
        elif tool == "rg":
            plain = [] if form == "heading" else ["--no-heading"]
            flags += [] if numbered or form in ("counts", "files") else ["-N"]
            flags += ["-g", "*.{py,md}"] if chance.random() < 0.2 else []
            flags += ["--color=never", "--sort=path", "-H"]
            command = ["rg", *plain, *flags, "-e", pattern, "--", *places]
        else:
            flags += ["--no-color", "-I"] + (
                ["-p"] if around is None and form == "lines" and chance.random() < 0.1 else []
            )
            revision = ["HEAD"] if chance.random() < 0.2 else []
            quoting = ["-c", "core.quotepath=off"] if chance.random() < 0.5 else []
            command = ["git", *quoting, "grep", *flags, "-e", pattern, *revision, "--", *places]
        yield Search(tuple(command), form, numbered, columns)


def run(tree, search):
    done = subprocess.run(search.command, cwd=tree.root, capture_output=True, check=False)
    assert done.returncode in (0, 1), (search.command, done.stderr)
    return done.stdout.decode("utf-8", "replace")


def spelled(name, files):
    """The file that a printed path means, if it is one: with `./` or a revision before it, or without."""
    bare = name.removeprefix("HEAD:").removeprefix("./")
    if bare.startswith('"'):
        bare = bare.strip('"').encode("latin-1").decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")
    return name if bare in files else None


def counts(search, output, files):
    """The matching lines of each file, as printed; told apart by knowing which files there are."""
    found = Counter()
    path, seen = None, None
    lines = output.split("\n")
    for index, line in enumerate(lines[:-1]):
        if search.form == "files":
            found[line] += 1
        elif search.form == "counts":
            name, _, number = line.rpartition(":")
            found[name] += int(number)
        elif search.form == "heading":
            if (index == 0 or lines[index - 1] == "") and spelled(line, files):
                path = line
            elif re.match(r"\d+:", line):
                found[path] += 1
        else:
            path = next((path for path in prefixes(line, search) if spelled(path, files)), path)
            rest = line[len(path) :] if path and line.startswith(path) else ""
            place = re.match(r":(\d+):" if search.numbered else ":", rest)
            if place and (path, place[0]) != seen:
                found[path] += 1
                seen = (path, place[0]) if search.numbered else None
            elif line.startswith("Binary file ") or line.startswith("grep: ") or ": binary file matches" in line:
                found["binary " + re.sub(r".*?(\S*data\.bin).*", r"\1", line)] += 1
    return found


def prefixes(line, search):
    """What could be the path that a line begins with, the longest first."""
    ends = r"[:=-]\d+[:=-]" if search.numbered else "[:-]"
    return [line[: place.start()] for place in re.finditer(ends, line)][::-1] if search else []


def read_view(text, files):
    """The matches of each file, as a view states them, and how many of them stand there without being counted."""
    marker, legend, *lines = text.rstrip("\n").split("\n")
    assert parse_marker(marker)
    root = legend.partition("; under ")[2]
    is_counts = legend.startswith("path:matches,")
    found, directory, uncounted = Counter(), "", 0

    def names(shown):
        """The longest file that a line begins with, and what stands behind it."""
        for end in range(len(shown), 0, -1):
            if end == len(shown) or shown[end] in " :":
                for path in (root + shown[:end], shown[:end]):
                    if spelled(path, files):
                        return path, shown[end:]
        return None, shown

    for line in lines:
        if re.match(r"(\d+)?[:=-]", line) and not spelled(root + line.rpartition(":")[0], files):
            continue
        if re.match(r"0 in the \d+ other files", line):
            assert is_counts
            continue
        if "data.bin" in line and "inary file" in line:
            found["binary " + re.sub(r".*?(\S*data\.bin).*", r"\1", line)] += 1
            continue
        line = line.removeprefix(">")
        first = not line.startswith(" ")
        rest = line if first else line[1:]
        while rest:
            path, rest = names(rest if first else directory + rest)
            assert path, (line, text)
            number = re.match(r":(\d+)(?![\d-])", rest)
            found[path] += int(number[1]) if number else 1
            if rest.startswith(":") and number is None:
                # A match as it was printed, since where its path ends cannot be told: none of those that are counted.
                uncounted += 1
                break
            rest = rest[number.end() :] if number else rest
            directory = path[: path.rfind("/") + 1].removeprefix(root) if first else directory
            rest, first = rest.removeprefix(" "), False
    return found, uncounted


HARSHNESS = [("balanced", None), ("deep", None), ("balanced", 0.4), ("balanced", 0.1), ("deep", 0.02)]


def check(tree, search, chance):
    """Runs a search, compresses what it printed, and compares; returns how many views there were to compare."""
    output = run(tree, search)
    expected = +counts(search, output, tree.files)
    query = chance.choice(["", "where is it defined?", f"what uses {chance.choice(tree.words)}?"])
    options = {"query": query, "settings": SETTINGS, "content_type": chance.choice([None, "search"])}
    whole = compress(output, level="lossless", store=MemoryStore(), **options)
    assert whole.text == output or expand(whole.text) == output, search
    level, ratio = chance.choice(HARSHNESS)
    if chance.random() < 0.5:
        text = compress(output, level=level, target_ratio=ratio, store=MemoryStore(), **options).text
        return check_text(tree, search, output, expected, text)
    # The view may go out where the gate would choose another form today.
    call = ToolCall("bash", json.dumps({"command": shlex.join(search.command)}))
    budget = Budget(module.Options(min_lossy_tokens=0), True, level == "deep", ratio, KEY)
    drafts = module.compress(Segment(output, (), "tool", call, query), budget)
    return sum(check_text(tree, search, output, expected, draft.text) for draft in drafts)


def check_text(tree, search, output, expected, text):
    """Compares a text with what it stands for: whether it is a view of it, the same, or reads back as the same."""
    marker = parse_marker(text)
    if marker is None:
        assert text == output or expand(text) == output, search
        return 0
    assert expected or search.form == "counts", search
    found, uncounted = read_view(text, tree.files)
    shown = {path: number for path, number in found.items() if number}
    assert shown == dict(expected), (search, text)
    total = sum(number for path, number in expected.items() if not path.startswith("binary"))
    assert marker.unit != "matches" or marker.total + uncounted == total, (search, text)
    return 1


@pytest.mark.slow
def test_no_file_and_no_match_of_a_real_search_gets_lost(tree):
    work = [(search, random.Random(number)) for number, search in enumerate(searches(tree, INVOCATIONS))]
    with ThreadPoolExecutor(WORKERS) as pool:
        views = sum(pool.map(lambda each: check(tree, *each), work))
    assert views > INVOCATIONS / 5
