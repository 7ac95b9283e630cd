"""The network: pieces of a question and of a text in, for each piece three numbers out.

Small enough to be learned in an hour on one busy core, and to be run without one's noticing: pieces of words that were
learned by all-MiniLM-L6-v2, gated dilated convolutions as Wu et al. used to read ("Fast Reading Comprehension with
ConvNets", 2017), and attention of every piece to those of the question.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 128
HEADS = 4
SHAPES = 16
MATCHES = 4
BEFORE = (1, 2)
BEHIND = (1, 2, 4, 8)
DROPPED, DROPPED_PIECES = 0.1, 0.04
"""While it learns: shares of what is dropped, and of the pieces of the text that are not told. Without, it knows the
passages by heart after three readings, and is worse on others."""
UNKNOWN = 1


class Gated(nn.Module):
    """What stands at a place, and as far to the left and to the right of it, decides what is added there."""

    def __init__(self, reach: int) -> None:
        super().__init__()
        self.reach = reach
        self.norm = nn.LayerNorm(WIDTH)
        self.linear = nn.Linear(3 * WIDTH, 2 * WIDTH)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, own: Tensor, is_there: Tensor) -> Tensor:
        normed = self.norm(own) * is_there
        wide = functional.pad(normed, (0, 0, self.reach, self.reach))
        length = own.shape[1]
        near = [wide[:, :length], normed, wide[:, 2 * self.reach : 2 * self.reach + length]]
        value, gate = self.linear(torch.cat(near, -1)).chunk(2, -1)
        return own + self.drop(value * torch.sigmoid(gate))


class Asking(nn.Module):
    """Every piece looks for its like in the question; how well it finds it, and what, is added."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(WIDTH)
        self.seek = nn.Linear(WIDTH, WIDTH)
        self.offer = nn.Linear(WIDTH, 2 * WIDTH)
        self.merge = nn.Linear(3 * WIDTH + HEADS, WIDTH)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, own: Tensor, question: Tensor) -> Tensor:
        rows, length, _ = own.shape
        normed = self.norm(own)
        heads = lambda each: each.reshape(rows, length, HEADS, -1).transpose(1, 2)  # noqa: E731
        key, value = self.offer(normed).chunk(2, -1)
        found = heads(self.seek(normed)) @ heads(key).transpose(2, 3) * (WIDTH // HEADS) ** -0.5
        found = found.masked_fill(question[:, None, None, :] == 0, -1e4)
        told = (found.softmax(-1) @ heads(value)).transpose(1, 2).reshape(rows, length, WIDTH)
        best = found.amax(-1).transpose(1, 2)
        return own + self.drop(self.merge(torch.cat([normed, told, normed * told, best], -1)))


class Network(nn.Module):
    """Takes numbers of pieces, shapes and matches, (rows, length), 0 where nothing is; gives (rows, length, 3)."""

    def __init__(self, pieces: int, divider: int) -> None:
        super().__init__()
        self.divider = divider
        self.piece = nn.Embedding(pieces, WIDTH)
        self.shape = nn.Embedding(SHAPES, WIDTH)
        self.match = nn.Embedding(MATCHES, WIDTH)
        self.side = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(DROPPED)
        self.before = nn.ModuleList(Gated(reach) for reach in BEFORE)
        self.asking = Asking()
        self.behind = nn.ModuleList(Gated(reach) for reach in BEHIND)
        self.last = nn.LayerNorm(WIDTH)
        self.heads = nn.Linear(WIDTH, 3)
        nn.init.constant_(self.heads.bias, -2.5)
        for small in (self.shape, self.match, self.side):
            nn.init.normal_(small.weight, std=0.3)

    def forward(self, ids: Tensor, shapes: Tensor, matches: Tensor) -> Tensor:
        is_there = (ids != 0).unsqueeze(-1).float()
        is_divider = (ids == self.divider).float()
        question = (is_divider.cumsum(1) - is_divider == 0).float()
        side = self.side.weight[0] * question.unsqueeze(-1) + self.side.weight[1] * (1 - question).unsqueeze(-1)
        told = ids
        if self.training:
            is_dropped = (torch.rand(ids.shape) < DROPPED_PIECES) & (question == 0) & (ids > UNKNOWN)
            told = ids.masked_fill(is_dropped, UNKNOWN)
        own = self.drop(self.norm(self.piece(told) + self.shape(shapes) + self.match(matches) + side))
        for each in self.before:
            own = each(own, is_there)
        own = self.asking(own, question)
        for each in self.behind:
            own = each(own, is_there)
        return self.heads(self.last(own))


def projected(weights: Tensor) -> Tensor:
    """Embeddings brought to the network's width by their principal components, with the mean square of 1."""
    centred = weights - weights.mean(0)
    _, _, directions = torch.linalg.svd(centred.T @ centred)
    own = centred @ directions[:WIDTH].T
    return own / own.pow(2).mean().sqrt()
