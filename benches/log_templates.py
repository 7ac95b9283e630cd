"""How well lines of logs are grouped by template, on LogHub's ground truth, with Drain3 beside it in the same run.

    python -m pip install drain3
    python benches/log_templates.py LOGHUB

LOGHUB is a folder with `*_2k.log_structured.csv` of https://github.com/logpai/loghub (in it, or in folders in it). The
figure is grouping accuracy as in the papers on Drain and LogPAI: the share of lines whose group holds exactly the lines
that the ground truth's group holds. Both are given the column `Content`. Drain3 runs with its defaults, and with the
general masks below for blocks, addresses, hexadecimal and other numbers. Those are ours: the papers tune Drain's masks
and thresholds for each log, which gives it more than is shown here. Without drain3 its columns stay empty.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path

from headroom import _core

try:
    from drain3 import TemplateMiner
    from drain3.masking import MaskingInstruction
    from drain3.template_miner_config import TemplateMinerConfig
except ImportError:
    TemplateMiner = None

MASKS = [
    (r"blk_-?\d+", "BLK"),
    (r"(?<![\w.])(\d{1,3}\.){3}\d{1,3}(:\d+)?(?![\w.])", "IP"),
    (r"(?<!\w)0x[0-9a-fA-F]+(?!\w)", "HEX"),
    (r"(?<![\w])[-+]?\d+(?![\w])", "NUM"),
]


def read(path: Path) -> tuple[list[str], list[str]]:
    """The contents of lines, and the template of each."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["Content"].replace("\n", " ").replace("\r", " ") for row in rows], [row["EventId"] for row in rows]


def accuracy(groups: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    """The share of lines whose group equals one of the truth."""
    own, true, both = Counter(groups), Counter(truth), Counter(zip(groups, truth, strict=True))
    exact = sum(count for (group, label), count in both.items() if own[group] == count == true[label])
    return exact / len(truth)


def ours(lines: Sequence[str]) -> list[int]:
    """The groups of Headroom's core."""
    return _core.log_templates("\n".join(lines) + "\n")


def drain(masks: bool) -> Callable[[Sequence[str]], list[int]]:
    """A function that groups with Drain3."""

    def group(lines: Sequence[str]) -> list[int]:
        config = TemplateMinerConfig()
        config.masking_instructions = [MaskingInstruction(*mask) for mask in MASKS] if masks else []
        miner = TemplateMiner(config=config)
        return [miner.add_log_message(line)["cluster_id"] for line in lines]

    return group


def main() -> None:
    """Prints a row for each log."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    paths = sorted(Path(sys.argv[1]).rglob("*_structured.csv"))
    if not paths:
        sys.exit(f"no *_structured.csv below {sys.argv[1]}: give the folder of a LogHub checkout")
    systems = {"headroom": ours}
    if TemplateMiner is not None:
        systems |= {"drain3": drain(masks=False), "drain3+masks": drain(masks=True)}
    print(f"{'log':14s}{'templates':>10s}" + "".join(f"{name:>14s}{'us/line':>9s}" for name in systems))
    sums = dict.fromkeys(systems, 0.0)
    for path in paths:
        lines, truth = read(path)
        row = f"{path.name.split('_2k')[0]:14s}{len(set(truth)):10d}"
        for name, group in systems.items():
            start = time.perf_counter()
            groups = group(lines)
            each_us = (time.perf_counter() - start) * 1e6 / len(lines)
            sums[name] += (found := accuracy(groups, truth))
            row += f"{found:14.3f}{each_us:9.2f}"
        print(row)
    print(f"{'mean':24s}" + "".join(f"{total / len(paths):14.3f}{'':9s}" for total in sums.values()))


if __name__ == "__main__":
    main()
