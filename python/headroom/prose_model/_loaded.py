"""The name of a model in, one that is ready to be asked out: each is loaded once, and shared by all threads."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from headroom import _core
from headroom.prose_model import _token_classifier as classifiers
from headroom.prose_model._session import WEIGHTS, Missing, require, session
from headroom.prose_model.pulled import folder_of

DATA = Path(__file__).parent / "data"
"""The folder of the model that is shipped."""

_lock = Lock()
_known: dict[str, Model | classifiers.TokenClassifier | Missing] = {}


class Model(NamedTuple):
    """A model: what it takes a batch to run it, the pieces of words that it knows, and how much what it says counts."""

    run: Callable[[tuple[int, int, bytes, bytes, bytes]], bytes]
    vocabulary: _core.ProseVocabulary
    weights: tuple[float, ...]

    def guess(self, windows: _core.ProseWindows) -> _core.ProseGuess:
        """What the model says of what there is to read."""
        return windows.guess([self.run(batch) for batch in windows.batches()], self.weights)

    def read(
        self, text: str, query: str, call: str, *, deep: bool, unasked_share: float | None = None
    ) -> _core.ProseGuess | None:
        """What the model says of a text; `None` where that need not be known."""
        windows = _core.ProseWindows.of_text(text, query, call, self.vocabulary, deep=deep, unasked_share=unasked_share)
        return self.guess(windows) if windows is not None else None


def loaded(name: str = "") -> Model | classifiers.TokenClassifier:
    """The model of a folder or of an id that was pulled, by default the one that is shipped.

    Raises Missing, each time, where there is none.
    """
    found = _known.get(name)
    if found is None:
        with _lock:
            found = _known.get(name)
            if found is None:
                try:
                    found = _load(folder_of(name) if name else DATA)
                except Missing as error:
                    found = error
                _known[name] = found
    if isinstance(found, Missing):
        raise found
    return found


def _load(folder: Path) -> Model | classifiers.TokenClassifier:
    if (folder / classifiers.CONFIG).exists():
        return classifiers.load(folder)
    require("onnxruntime", "numpy")
    try:
        vocabulary = _core.ProseVocabulary((folder / "vocabulary.txt").read_text(encoding="utf-8"))
        told = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
        return Model(_runner(folder / "model.onnx"), vocabulary, tuple(float(told[name]) for name in WEIGHTS))
    except Exception as error:
        # onnxruntime has errors of its own, which it does not document.
        raise Missing(f"{folder}: {type(error).__name__}") from error


def _runner(path: Path) -> Callable[[tuple[int, int, bytes, bytes, bytes]], bytes]:
    numpy, opened = import_module("numpy"), session(path)

    def run(batch: tuple[int, int, bytes, bytes, bytes]) -> bytes:
        rows, length, *columns = batch
        inputs = {
            name: numpy.frombuffer(column, numpy.int32).reshape(rows, length)
            for name, column in zip(("ids", "shapes", "matches"), columns, strict=True)
        }
        numbers: bytes = opened.run(("numbers",), inputs)[0].tobytes()
        return numbers

    return run
