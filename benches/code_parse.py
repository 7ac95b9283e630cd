"""Time of the code compressor beside that of a bare parse by the same grammar, for each language, in one run.

    python benches/code_parse.py FOLDER…

Reads the source files below the folders, at most `--most` of a language. Both are measured on the same texts, one right
after the other, in turns, and the shortest of `--turns` counts: only their ratio means anything on a busy machine.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from headroom import _core

KEY = "Ab3dE5gH7jK"


def shortest(work: Callable[[], object], turns: int) -> float:
    """Seconds of the fastest of some turns."""
    best = float("inf")
    for _ in range(turns):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def sources(folders: list[Path], most: int) -> dict[str, list[tuple[str, str]]]:
    """Names and texts of files, by their language."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted(each for folder in folders for each in folder.rglob("*.*") if each.is_file()):
        language = _core.code_language(path.name)
        if language is None or len(found[language]) >= most or not 4_000 < path.stat().st_size < 200_000:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found[language].append((path.name, text))
    return found


def main() -> None:
    """Prints a row for each language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=12)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    print(f"{'language':12s}{'files':>6s}{'KB':>8s}{'parse ms':>10s}{'all ms':>10s}{'ratio':>7s}")
    found = sources(options.folders, options.most)
    for language, files in sorted((name, files) for name, files in found.items() if files):
        parse = whole = 0.0
        for name, text in files:
            call = f'read_file {{"path": "{name}"}}'
            parse += shortest(lambda text=text, language=language: _core.code_parse(language, text), options.turns)
            whole += shortest(lambda text=text, call=call: compressed(text, call), options.turns)
        size = sum(len(text) for _, text in files)
        row = f"{language:12s}{len(files):6d}{size / 1000:8.0f}{parse * 1e3:10.2f}{whole * 1e3:10.2f}"
        print(f"{row}{whole / parse:7.2f}")


def compressed(text: str, call: str) -> object:
    """What a new text costs: how surely it is code, and its view."""
    _core.code_score(text, call)
    return _core.compress_text("code", text, "", call, key=KEY, clear_share=0.3)


if __name__ == "__main__":
    main()
