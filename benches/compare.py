"""Compares a benchmark run with the baseline, by ratio to `json.loads` in the same run: the machine cancels out.

    python benches/compare.py RUN.json [--save]

Fails where a median has become more than 1.5 times as slow, relative to json.loads, as the baseline says. `--save`
makes the run the baseline.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

BASELINE = Path(__file__).resolve().parent / "baseline.json"
YARDSTICK = "test_json_loads"
TOLERATED = 1.5


def ratios(run: Path) -> dict[str, float]:
    """Each benchmark's median, in units of json.loads of the same text."""
    medians = {each["name"]: each["stats"]["median"] for each in json.loads(run.read_text())["benchmarks"]}
    found = {}
    for name, median in medians.items():
        function, size = name.rstrip("]").split("[")
        found[name] = median / medians[f"{YARDSTICK}[{size}]"]
        if function == YARDSTICK:
            found[name] = 1.0
    return found


def main() -> None:
    """Prints the comparison; exits with 1 on a regression."""
    run = Path(sys.argv[1])
    measured = ratios(run)
    if "--save" in sys.argv[2:]:
        BASELINE.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n")
    baseline = json.loads(BASELINE.read_text())
    print(f"{'benchmark':32}{'x json.loads':>14}{'baseline':>10}{'change':>9}")
    worse = []
    for name, ratio in sorted(measured.items()):
        known = baseline.get(name)
        if known is None:
            sys.exit(f"{name} has no baseline: run `make bench-baseline`")
        print(f"{name:32}{ratio:14.3f}{known:10.3f}{ratio / known:9.2f}")
        if ratio > known * TOLERATED and name.split("[")[0] != YARDSTICK:
            worse.append(name)
    if worse:
        sys.exit(f"more than {TOLERATED} times as slow as the baseline: {', '.join(worse)}")


if __name__ == "__main__":
    main()
