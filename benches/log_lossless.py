"""How many tokens the lossless form of whole logs saves, and how long it takes to make.

    python benches/log_lossless.py FILE_OR_FOLDER [...]

Of a folder, such as a LogHub checkout, all `*.log` files below it are read. Tokens are those of o200k_base; every form
is expanded and compared with the file.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from headroom import _core


def read(path: Path) -> str:
    """A file's text, line endings as they are; bytes that are no UTF-8 are replaced."""
    return path.read_bytes().decode("utf-8", errors="replace")


def main() -> None:
    """Prints a row for each file, and their sum."""
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    paths = [
        found
        for name in sys.argv[1:]
        for found in ([Path(name)], sorted(Path(name).rglob("*.log")))[Path(name).is_dir()]
    ]
    print(f"{'log':28s}{'before':>10s}{'after':>10s}{'saved %':>9s}{'us/ktok':>9s}")
    before_all = after_all = 0
    for path in paths:
        text = read(path)
        start = time.perf_counter()
        forms = _core.compress_text("log", text)
        took_s = time.perf_counter() - start
        form = next((form.text for form in forms if form.lossless), text)
        if form != text and _core.expand(form) != text:
            sys.exit(f"{path}: the form does not expand to the file")
        before, after = _core.count_tokens(text), _core.count_tokens(form)
        before_all, after_all = before_all + before, after_all + after
        print(f"{path.name:28s}{before:10d}{after:10d}{100 * (1 - after / before):9.1f}{took_s * 1e9 / before:9.1f}")
    print(f"{'all':28s}{before_all:10d}{after_all:10d}{100 * (1 - after_all / max(before_all, 1)):9.1f}")


if __name__ == "__main__":
    main()
