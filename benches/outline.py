"""Tokens for public signatures kept: outline and code view beside aider's repository map and repomix --compress.

    python benches/outline.py FOLDER… [--aider PATH] [--repomix PATH] [--budgets 1000,4000]

The public signatures of a folder are those that universal-ctags finds: functions, methods and types that are not named
private and not local to a function. One is kept where a line of its file, as a tool shows it, begins as its own line
does up to the end of its name. All tools see the same copy of the source files (a fresh git repository), and outputs
are all counted in o200k tokens, without what a tool says about itself.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import headroom
from headroom import _core

KEY = "Ab3dE5gH7jK"
KINDS = {
    *("function", "func", "method", "class", "interface", "struct", "enum", "trait", "type", "typedef", "union"),
    *("member", "getter", "setter", "object", "generator", "methodSpec"),
}
GUTTER = re.compile(r"^(?:│|\s*[0-9]+:)")
Signatures = Counter[tuple[str, str]]


def signatures(folder: Path) -> Signatures:
    """Paths, and the beginnings of the lines of public signatures up to the end of the name."""
    listed = subprocess.run(
        ["ctags", "-R", "--output-format=json", "--fields=+naK", "-f", "-", "."],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Signatures = Counter()
    for tag in map(json.loads, listed.stdout.splitlines()):
        path, name = str(Path(tag["path"])), tag["name"]
        local = tag.get("scopeKind") in ("function", "method", "member") or tag.get("access") == "private"
        # Members of other languages are fields.
        field = tag["kind"] == "member" and not path.endswith(".py")
        if tag["kind"] not in KINDS or local or field or name.startswith("_") or _core.code_language(path) is None:
            continue
        row = (folder / path).read_text(encoding="utf-8", errors="replace").split("\n")[tag["line"] - 1]
        hidden = path.endswith(".rs") and not row.strip().startswith("pub")
        if name in row and not hidden and "private " not in row:
            found[path, row[: row.index(name) + len(name)].strip()] += 1
    return found


def kept(wanted: Signatures, text: str) -> int:
    """How many of the signatures a text shows, each under the path of its file."""
    paths = {path for path, _ in wanted}
    lines: dict[str, list[str]] = {}
    path = ""
    for line in text.split("\n"):
        named = line.removeprefix("File: ").removesuffix(":")
        if named in paths:
            path = named
        elif path:
            lines.setdefault(path, []).append(GUTTER.sub("", line).strip())
    return sum(
        min(count, sum(line.startswith(start) and not line[len(start) :][:1].isalnum() for line in lines.get(path, ())))
        for (path, start), count in wanted.items()
    )


def views(folder: Path, deep: bool) -> str:
    """The code view of each file, under its path."""
    shown = []
    for path in sorted(
        each for each in folder.rglob("*.*") if _core.code_language(each.name) and ".git" not in str(each)
    ):
        text, name = path.read_text(encoding="utf-8", errors="replace"), str(path.relative_to(folder))
        forms = _core.compress_text("code", text, "", f'read_file {{"path": "{name}"}}', key=KEY, deep=deep)
        lossy = [form.text.split("\n", 1)[1] for form in forms if not form.lossless]
        shown.append(f"{name}\n{lossy[0] if lossy else text}")
    return "\n".join(shown)


def aider(program: str, folder: Path, tokens: int) -> str:
    """aider's repository map, without what stands before it."""
    options = "--no-pretty --no-analytics --no-check-update --yes-always --no-gitignore --no-show-model-warnings"
    command = [
        *(program, "--show-repo-map", "--map-multiplier-no-files", "1", "--map-tokens", str(tokens)),
        *(*options.split(), "--no-show-release-notes", "--model", "gpt-4o", "--openai-api-key", "none"),
    ]
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        env={**os.environ, "COLUMNS": "2000"}, check=False,
    )  # fmt: skip
    return done.stdout.partition("ask me to *add them to the chat* first.")[2]


def repomix(program: str, folder: Path) -> str:
    """The packed files, without the summary and the tree of the folder."""
    options = "--compress --style plain --no-file-summary --no-directory-structure --quiet --stdout"
    done = subprocess.run(
        [*program.split(), ".", *options.split()], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def copied(folder: Path, to: Path) -> Path:
    """A git repository of the source files of a folder alone."""
    files, _, _ = _core.source_files(str(folder))
    for each in map(Path, files):
        if _core.code_language(each.name):
            target = to / each.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each, target)
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for step in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "files"]):
        subprocess.run(["git", *step], cwd=to, check=True, capture_output=True)
    return to


def main() -> None:
    """Prints a table for each folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--aider", help="the program of a virtual environment that has aider-chat")
    parser.add_argument("--repomix", help="the program, such as 'npx repomix'")
    parser.add_argument("--budgets", default="1000,4000")
    options = parser.parse_args()
    for given in options.folders:
        with tempfile.TemporaryDirectory() as place:
            folder = copied(given.resolve(), Path(place).resolve())
            wanted = signatures(folder)
            print(
                f"\n{given.name}: {wanted.total():,} public signatures in {len({path for path, _ in wanted}):,} files\n"
            )
            print("| tool | tokens | kept | kept % | tokens a signature | seconds |\n|---|---:|---:|---:|---:|---:|")
            for name, work in tools(folder, options):
                start = time.perf_counter()
                text = work()
                took = time.perf_counter() - start
                tokens, shown = _core.count_tokens(text), kept(wanted, text)
                share, each = shown / max(wanted.total(), 1), tokens / max(shown, 1)
                print(f"| {name} | {tokens:,} | {shown:,} | {share:.1%} | {each:.1f} | {took:.1f} |", flush=True)


def tools(folder: Path, options: argparse.Namespace) -> list[tuple[str, Callable[[], str]]]:
    """What is compared, by name."""
    every = 100_000_000
    budgets = [int(budget) for budget in options.budgets.split(",")]
    rows: list[tuple[str, Callable[[], str]]] = []
    for budget in budgets:
        rows.append(
            (f"outline, {budget:,}", lambda budget=budget: headroom.outline(folder, budget=budget, root=folder).text)
        )
        if options.aider:
            rows.append((f"aider, {budget:,}", lambda budget=budget: aider(options.aider, folder, budget)))
    rows.append(("outline, all", lambda: headroom.outline(folder, budget=every, root=folder).text))
    if options.aider:
        rows.append(("aider, all", lambda: aider(options.aider, folder, 1_000_000)))
    rows += [("code view, deep", lambda: views(folder, True)), ("code view", lambda: views(folder, False))]
    if options.repomix:
        rows.append(("repomix --compress", lambda: repomix(options.repomix, folder)))
    return rows


if __name__ == "__main__":
    main()
