"""A model that was exported in, the weights out with which it is used: those by which most answers survive.

    python training/choose.py OUT [--to python/headroom/prose_model/data] [--questions 300]

Tried on what `prepare.py` kept back in OUT, neither learned from nor tested on, one weight after another.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "benches"))

from prose import BUDGETS, Case, read_cases, read_documentation, survives, tokens  # noqa: E402

from headroom import _core  # noqa: E402
from headroom.prose_model._loaded import loaded  # noqa: E402
from headroom.prose_model._session import WEIGHTS  # noqa: E402

FIRST = {"answer": 0.5, "sentence": 0.3, "word": 1.0, "near": 0.3, "token": 0.05, "opening": 0.2, "cut": 0.5}
STEPS = (0.5, 2.0)
ROUNDS = 2
LEAST_GAIN = 0.001

Read = tuple[Case, _core.ProseWindows, list[bytes], str]


def surviving(reads: Sequence[Read], weights: dict[str, float] | None) -> dict[tuple[str, float], float]:
    """The share of answers that survive, by setting and budget; without weights, by words alone."""
    hits: dict[tuple[str, float], list[bool]] = {}
    for case, windows, numbers, setting in reads:
        guess = windows.guess(numbers, [weights[name] for name in WEIGHTS]) if weights else None
        total = sum(map(tokens, case.passages))
        for share in BUDGETS[setting]:
            kept = _core.prose_extract(list(case.passages), case.question, int(share * total), guess)
            hits.setdefault((setting, share), []).append(survives(case, kept))
    return {key: sum(own) / len(own) for key, own in hits.items()}


def main() -> None:
    """Writes the weights beside the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--to", type=Path, default=HERE.parent / "python/headroom/prose_model/data")
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()
    path = arguments.to / "weights.json"
    best = json.loads(path.read_text(encoding="utf-8")) if path.exists() else FIRST
    path.write_text(json.dumps(best, indent=2) + "\n", encoding="utf-8")
    model = loaded(str(arguments.to))
    held = json.loads((arguments.out / "held.json").read_text(encoding="utf-8"))
    squad = arguments.out / "held-squad.json"
    squad.write_text(json.dumps({"data": held["squad"]}), encoding="utf-8")
    settings = read_cases(squad, "all", arguments.questions)
    settings["documentation"] = random.Random(1).sample(
        read_documentation(arguments.out / "held.json", 2 * arguments.questions), arguments.questions
    )
    reads: list[Read] = []
    for setting, cases in settings.items():
        for case in cases:
            windows = _core.ProseWindows(list(case.passages), case.question, model.vocabulary)
            reads.append((case, windows, [model.run(batch) for batch in windows.batches()], setting))
    print("by words", surviving(reads, None))
    found = surviving(reads, best)
    most = sum(found.values()) / len(found)
    print(f"{most:.4f}", best, found, flush=True)
    for _ in range(ROUNDS):
        for name in WEIGHTS:
            for step in STEPS:
                while True:
                    tried = {**best, name: round(best[name] * step, 6)}
                    found = surviving(reads, tried)
                    mean = sum(found.values()) / len(found)
                    if mean < most + LEAST_GAIN:
                        break
                    most, best = mean, tried
                    print(f"{most:.4f}", best, found, flush=True)
                    path.write_text(json.dumps(best, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
