"""Instructions that the core's functions take, counted by callgrind: the same on every run, whatever else is running.

    python benches/instructions.py            compare with benches/instructions.json; fail where more than 5 % are added
    python benches/instructions.py --save     make the present counts the baseline

A function is run once and eleven times; the difference, divided by ten, is what one call takes without start-up.
Needs valgrind (Debian: apt-get install valgrind) and cargo.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "benches" / "instructions.json"
JSON = ROOT / "examples" / "earthquakes.json"
PRINTED = ROOT / "tests" / "conformance" / "inputs"
FUNCTIONS = {
    **dict.fromkeys(("parse", "lossy", "lossless", "expand", "count", "key"), JSON),
    "detect": PRINTED / "log-web-access.txt",
    "log": PRINTED / "log-web-access.txt",
    "search": PRINTED / "search-rg-heading.txt",
    "diff": PRINTED / "diff-git-show.txt",
    "trace": PRINTED / "trace-rust-full.txt",
    "report": PRINTED / "report-pytest-verbose.txt",
    "divide": PRINTED / "mixed-shell-session.txt",
    "table": PRINTED / "csv-orders.csv",
    "markup": PRINTED / "yaml-pods.yaml",
    "page": PRINTED / "html-article.html",
    "code": PRINTED / "code-rust-ring.txt",
    "blob": PRINTED / "blob-mail-attachment.txt",
    "mixed": PRINTED / "mixed-shell-session.txt",
}
TOLERATED = 1.05


def build() -> Path:
    """The program that runs one function of the core."""
    command = ["cargo", "build", "--release", "--locked", "--quiet", "-p", "headroom-core", "--example", "measure"]
    subprocess.run(command, check=True, cwd=ROOT)
    return ROOT / "target" / "release" / "examples" / "measure"


def instructions(program: Path, function: str, times: int) -> int:
    """Instructions of the whole program."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [str(program), function, str(FUNCTIONS[function]), str(times)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if found is None:
        sys.exit(f"callgrind printed no count for {function}:\n{run.stderr}")
    return int(found[1])


def main() -> None:
    """Counts, prints, and compares with the baseline or replaces it."""
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is needed: apt-get install valgrind")
    program = build()
    counts = {
        function: (instructions(program, function, 11) - instructions(program, function, 1)) // 10
        for function in FUNCTIONS
    }
    if "--save" in sys.argv[1:]:
        BASELINE.write_text(json.dumps(counts, indent=2) + "\n")
    baseline = json.loads(BASELINE.read_text())
    print(f"{'function':10}{'instructions':>14}{'a byte':>9}{'baseline':>14}{'ratio':>8}")
    worse = []
    for function, count in counts.items():
        ratio, size = count / baseline[function], FUNCTIONS[function].stat().st_size
        print(f"{function:10}{count:14,}{count / size:9.1f}{baseline[function]:14,}{ratio:8.3f}")
        if ratio > TOLERATED:
            worse.append(function)
    if worse:
        sys.exit(f"more than {TOLERATED - 1:.0%} more instructions than the baseline: {', '.join(worse)}")


if __name__ == "__main__":
    main()
