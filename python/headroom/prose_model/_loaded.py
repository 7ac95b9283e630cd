"""A folder in, a model that is ready to be asked out: each is loaded once, and shared by all threads."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from headroom import _core

_DATA = Path(__file__).parent / "data"
_WEIGHTS = ("answer", "sentence", "word", "near", "token", "opening")

_lock = Lock()
_known: dict[str, Model | Missing] = {}


class Missing(Exception):
    """There is no such model, or what it needs is not installed."""


class Model(NamedTuple):
    """A model: what it takes a batch to run it, the pieces of words that it knows, and how much what it says counts."""

    run: Callable[[tuple[int, int, bytes, bytes, bytes]], bytes]
    vocabulary: _core.ProseVocabulary
    weights: tuple[float, ...]

    def guess(self, windows: _core.ProseWindows) -> _core.ProseGuess:
        """What the model says of what there is to read."""
        return windows.guess([self.run(batch) for batch in windows.batches()], self.weights)


def loaded(folder: str = "") -> Model:
    """The model of a folder, by default the one that is shipped. Raises Missing, each time, where there is none."""
    found = _known.get(folder)
    if found is None:
        with _lock:
            found = _known.get(folder)
            if found is None:
                try:
                    found = _load(Path(folder) if folder else _DATA)
                except Missing as error:
                    found = error
                _known[folder] = found
    if isinstance(found, Missing):
        raise found
    return found


def _load(folder: Path) -> Model:
    for module in ("onnxruntime", "numpy"):
        if find_spec(module) is None:
            raise Missing(f"{module} is not installed: pip install 'headroom-ai[ml]'")
    try:
        vocabulary = _core.ProseVocabulary((folder / "vocabulary.txt").read_text(encoding="utf-8"))
        told = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
        return Model(_session(folder / "model.onnx"), vocabulary, tuple(float(told[name]) for name in _WEIGHTS))
    except Exception as error:
        # onnxruntime has errors of its own, which it does not document.
        raise Missing(f"{folder}: {type(error).__name__}") from error


def _session(path: Path) -> Callable[[tuple[int, int, bytes, bytes, bytes]], bytes]:
    """Runs a batch: on one thread, which is the caller's and sleeps when there is nothing to do."""
    # Neither is imported before there is something to read; the one has no types, the other need not be installed.
    numpy, onnxruntime = import_module("numpy"), import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(batch: tuple[int, int, bytes, bytes, bytes]) -> bytes:
        rows, length, *columns = batch
        inputs = {
            name: numpy.frombuffer(column, numpy.int32).reshape(rows, length)
            for name, column in zip(("ids", "shapes", "matches"), columns, strict=True)
        }
        numbers: bytes = session.run(("numbers",), inputs)[0].tobytes()
        return numbers

    return run
