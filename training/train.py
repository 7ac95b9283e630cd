"""Rows in, the network's weights out; learns for as long as it is told.

    python training/train.py OUT --weights FOLDER --minutes 50

OUT has what `prepare.py` wrote, and gets `network.pt`, every five minutes and at the end. The rate falls to zero with
the clock, so that the result is whole whatever share of the machine there was.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from network import Network, projected
from prepare import HELD_ROWS
from safetensors.torch import load_file
from torch.nn import functional

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
RATE, RATE_OF_PIECES = 2e-3, 5e-4
WARM_STEPS = 60
SAVE_SECONDS = 300
PIECES_OF_BATCH = 2_000
OF_HEADS = (1.0, 0.7, 0.5)


class Rows:
    """The rows of a file, the last of them kept back."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as stored:
            self.lengths, self.columns = stored["lengths"], [stored[k] for k in ("ids", "shapes", "matches", "labels")]
        self.starts = np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])
        self.own, self.held = (
            np.arange(len(self.lengths) - HELD_ROWS),
            np.arange(len(self.lengths) - HELD_ROWS, len(self.lengths)),
        )

    def batch(self, rows: np.ndarray) -> list[torch.Tensor]:
        length = int(self.lengths[rows].max())
        out = [np.full((len(rows), length), fill, np.int64) for fill in (0, 0, 0, -1)]
        for at, row in enumerate(rows):
            start, end = self.starts[row], self.starts[row + 1]
            for whole, column in zip(out, self.columns, strict=True):
                whole[at, : end - start] = column[start:end]
        return [torch.from_numpy(whole) for whole in out]

    def batches(self, rows: np.ndarray, chance: np.random.Generator) -> Iterator[list[torch.Tensor]]:
        """Batches of rows of about the same length, in disorder; sorted within a few thousand, so that they differ."""
        for some in np.array_split(chance.permutation(rows), max(1, len(rows) // 4_000)):
            some = some[np.argsort(self.lengths[some], kind="stable")]
            cuts = np.flatnonzero(np.diff(np.cumsum(self.lengths[some]) // PIECES_OF_BATCH)) + 1
            groups = [group for group in np.split(some, cuts) if len(group)]
            for at in chance.permutation(len(groups)):
                yield self.batch(groups[at])


def loss_of(numbers: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    is_text = labels >= 0
    known = labels[is_text]
    targets = torch.stack([known & 1, known >> 1 & 1, known >> 2 & 1], -1).float()
    each = functional.binary_cross_entropy_with_logits(numbers[is_text], targets, reduction="none").mean(0)
    return (each * torch.tensor(OF_HEADS)).sum()


@torch.no_grad()
def measured(network: Network, rows: Rows) -> tuple[float, float]:
    """The loss on rows kept back, and how often the likeliest piece of a row is part of its answer."""
    network.eval()
    loss, hits, all_rows = 0.0, 0, 0
    batches = list(rows.batches(rows.held, np.random.default_rng(0)))
    for *inputs, labels in batches:
        numbers = network(*inputs)
        loss += float(loss_of(numbers, labels)) / len(batches)
        best = numbers[..., 0].masked_fill(labels < 0, -1e9).argmax(1, keepdim=True)
        has = ((labels & 1) * (labels >= 0)).amax(1) == 1
        hits += int(((labels.gather(1, best)[:, 0] & 1) == 1)[has].sum())
        all_rows += int(has.sum())
    network.train()
    return loss, hits / max(1, all_rows)


def learn(worker: int, network: Network, arguments: argparse.Namespace, begun: float) -> None:
    """One of the processes that learn at once, each from its own batches, on the same weights (Recht et al., "Hogwild",
    2011): threads would wait for one another on a machine that others use.
    """
    torch.set_num_threads(1)
    pieces = [network.piece.weight]
    others = [each for name, each in network.named_parameters() if name != "piece.weight"]
    groups = [
        {"params": pieces, "lr": RATE_OF_PIECES, "top": RATE_OF_PIECES},
        {"params": others, "lr": RATE, "top": RATE},
    ]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
    rows = Rows(arguments.out / "rows.npz")
    chance = np.random.default_rng(worker)
    step, done, mean, seen, saved = 0, 0.0, 0.0, 0, begun
    while done < 1:
        for *inputs, labels in rows.batches(rows.own, chance):
            done = (time.time() - begun) / (60 * arguments.minutes)
            if done >= 1:
                break
            for group in optimizer.param_groups:
                group["lr"] = group["top"] * (1 - done) * min(1, (step + 1) / WARM_STEPS)
            loss = loss_of(network(*inputs), labels)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            step, seen = step + 1, seen + labels.numel()
            mean += (float(loss.detach()) - mean) * max(0.01, 1 / step)
            if worker == 0 and step % 50 == 0:
                rate = seen / (time.time() - begun)
                print(f"{done:5.1%} step {step:,}, {seen:,} pieces, {rate:,.0f}/s: {mean:.4f}", flush=True)
            if worker == 0 and time.time() - saved > SAVE_SECONDS:
                saved = time.time()
                keep(network, rows, arguments.out)


def keep(network: Network, rows: Rows, out: Path) -> None:
    """Saves what was learned, and says how good it is."""
    torch.save(network.state_dict(), out / "network.pt")
    print("kept back: loss {:.4f}, best piece in answer {:.3f}".format(*measured(network, rows)), flush=True)


def begin(arguments: argparse.Namespace) -> Network:
    """The network before it learns: what pieces mean is what all-MiniLM-L6-v2 learned."""
    vocabulary = (arguments.out / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    network = Network(len(vocabulary), vocabulary.index("[SEP]"))
    if arguments.go_on:
        network.load_state_dict(torch.load(arguments.out / "network.pt"))
        return network
    raw = arguments.weights / "model.safetensors"
    if hashlib.sha256(raw.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{raw} is not the model that is expected")
    full = {piece: at for at, piece in enumerate((arguments.weights / "vocab.txt").read_text("utf-8").splitlines())}
    learned = load_file(raw)["embeddings.word_embeddings.weight"][[full[piece] for piece in vocabulary]]
    network.piece.weight.data.copy_(projected(learned))
    return network


def main() -> None:
    """Learns and saves."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=50)
    parser.add_argument("--workers", type=int, default=2, help="processes that learn")
    parser.add_argument("--go-on", action="store_true", help="from the network that is there")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    network = begin(arguments)
    network.share_memory()
    torch.multiprocessing.spawn(learn, (network, arguments, time.time()), arguments.workers)
    keep(network, Rows(arguments.out / "rows.npz"), arguments.out)


if __name__ == "__main__":
    main()
