"""A folder in Hugging Face's form in, a token classifier that is ready to be asked out.

The folder has `config.json` and `tokenizer.json`, and the network as `model.onnx`, `onnx/model.onnx` or
`onnx/model_quantized.onnx`: input_ids, attention_mask and perhaps token_type_ids in, a number for each label of each
token out. Such a model says which tokens are worth keeping, as LLMLingua-2 (Pan et al., 2024) does, whatever is asked.

Which label means keeping: the one called keep, preserve or the like; else of two the second; else all but `O`, so that
a tagger of names keeps names. Its own tokenizer finds the tokens, in windows of whole sentences that the model has
positions for.

How much it counts, since it does not know the question: what is asked for decides which sentences are good, and among
those that have as much of it, or nothing, the model does. A sentence of which it would keep everything gains a quarter
of what one gains that has all that is asked for (`sentence`); its likeliest token alone says nothing of a sentence
(`answer`). Where parts of sentences are chosen, the worth of the sentence counts most (`token`), then being near to
what is asked for (`near`), then how likely a word is kept (`word`). With these, one that keeps rare words, names and
numbers costs no answers to questions about SQuAD's paragraphs at any budget; with ten times `word`, 5 to 15 of 100. A
file `weights.json` in the folder says otherwise: any of `answer`, `sentence`, `word`, `near`, `token`, `opening` and
`cut` (see `_core.ProseWindows.guess`), and as `label` the name of the one that means keeping.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from headroom import _core
from headroom.prose_model._session import WEIGHTS, Missing, require, session
from headroom.prose_model.pulled import MANIFEST, ONNX_FILES, read

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
WEIGHTS_FILE = "weights.json"

_DEFAULTS = {"answer": 0.0, "sentence": 0.25, "word": 0.1, "near": 0.5, "token": 1.6, "opening": 0.1, "cut": 0.0}
_KEEPS = frozenset({"keep", "kept", "preserve", "preserved", "important", "relevant", "retain", "answer"})
_MOST_POSITIONS = 512
"""Longer windows take more time than several that are shorter, and gain nothing."""
_FEWEST_POSITIONS = 16
_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids"})
_SURE = 30.0
"""The log of odds beyond which nothing is more likely."""

_Batch = tuple[int, int, bytes, bytes]


class _Frame(NamedTuple):
    """What the tokenizer puts around a text, what makes windows equally long, and how long they are at most."""

    before: list[int]
    after: list[int]
    filler: int
    length: int


class TokenClassifier(NamedTuple):
    """A model: what it takes a batch to run it, what finds its tokens, and how much what it says counts."""

    run: Callable[[_Batch], bytes]
    tokenizer: Any
    frame: _Frame
    weights: tuple[float, ...]

    def read(
        self, text: str, query: str, call: str, *, deep: bool, unasked_share: float | None = None
    ) -> _core.ProseGuess | None:
        """What the model says of a text; `None` where that need not be known."""
        reading = _core.ProseReading.of_text(text, query, call, deep=deep, unasked_share=unasked_share)
        if reading is None:
            return None
        found = self.tokenizer.encode(reading.text, add_special_tokens=False)
        windows = reading.windows(found.ids, found.offsets, **self.frame._asdict())
        return windows.guess([self.run(batch) for batch in windows.masked()], self.weights)


def load(folder: Path) -> TokenClassifier:
    """The model of a folder. Raises Missing where it is none of this kind, or does not work."""
    require("onnxruntime", "numpy", "tokenizers")
    path = folder
    try:
        config, told = _json(folder / CONFIG), {}
        if (folder / WEIGHTS_FILE).exists():
            told = _json(folder / WEIGHTS_FILE)
        path = _onnx_file(folder)
        keeps = kept_labels(config, told.get("label"))
        weights = tuple(float(told.get(name, _DEFAULTS[name])) for name in WEIGHTS)
        tokenizer = _tokenizer(folder / TOKENIZER)
        frame = _frame(tokenizer, config)
        own = TokenClassifier(_runner(session(path), keeps), tokenizer, frame, weights)
        _try(own)
    except Missing as error:
        raise Missing(f"{folder}: {error}") from None
    except Exception as error:
        # onnxruntime and tokenizers have errors of their own, which they do not document.
        raise Missing(f"{path} does not work: {type(error).__name__}: {_first_line(error)}") from error
    return own


def kept_labels(config: Mapping[str, Any], wanted: object = None) -> list[bool]:
    """For each label of a model whether it means keeping a token. Raises Missing where the model is of another kind,
    or no label is known to mean that; `wanted` names the one that does.

    >>> kept_labels({"architectures": ["BertForTokenClassification"], "id2label": {"0": "LABEL_0", "1": "LABEL_1"}})
    [False, True]
    """
    architectures = config.get("architectures") or []
    labels = config.get("id2label")
    if not (
        any(str(each).endswith("ForTokenClassification") for each in architectures) or (labels and not architectures)
    ):
        kind = ", ".join(map(str, architectures)) or "nothing"
        raise Missing(f"it is no token classifier (its {CONFIG} says {kind}); name one that is")
    # Hugging Face leaves out labels that nobody has named: two, unless it says how many.
    named = labels or {str(number): f"LABEL_{number}" for number in range(int(config.get("num_labels", 2)))}
    names = [str(named[key]) for key in sorted(named, key=int)]
    found = _keeps(names, wanted)
    if not any(found) or all(found):
        raise Missing(f'which of its labels ({", ".join(names)}) means keep? Name it in weights.json: {{"label": …}}')
    return found


def _keeps(names: list[str], wanted: object) -> list[bool]:
    if wanted is not None:
        return [name == wanted for name in names]
    if any(name.lower() in _KEEPS for name in names):
        return [name.lower() in _KEEPS for name in names]
    if "O" in names:
        return [name != "O" for name in names]
    return [number == 1 and len(names) == 2 for number in range(len(names))]


def parsed(raw: str, name: str) -> dict[str, Any]:
    """What a file says that holds a JSON object. Raises Missing where it holds none."""
    try:
        told = json.loads(raw)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Missing(f"{name} holds no JSON object")
    return told


def _json(path: Path) -> dict[str, Any]:
    try:
        return parsed(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise Missing(f"{path.name} cannot be read: {type(error).__name__}") from None


def _onnx_file(folder: Path) -> Path:
    names = (read(folder).model,) if (folder / MANIFEST).exists() else ONNX_FILES
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise Missing(f"it has none of {', '.join(names)}")


def _tokenizer(path: Path) -> Any:
    tokenizer = import_module("tokenizers").Tokenizer.from_file(str(path))
    # Windows are made, and made equally long, of what it finds in the whole text.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # `[SEP]` in a text is what somebody wrote.
    tokenizer.encode_special_tokens = True
    return tokenizer


def _frame(tokenizer: Any, config: Mapping[str, Any]) -> _Frame:
    found = tokenizer.encode("a")
    own = [at for at, is_special in enumerate(found.special_tokens_mask) if not is_special]
    if not own:
        raise Missing(f"its {TOKENIZER} finds no token in a letter")
    filler = int(config.get("pad_token_id") or 0)
    positions = int(config.get("max_position_embeddings") or _MOST_POSITIONS)
    # In RoBERTa and its kin they are counted from behind the filler's number; elsewhere that costs one of them.
    if positions - filler - 1 >= _FEWEST_POSITIONS:
        positions -= filler + 1
    return _Frame(found.ids[: own[0]], found.ids[own[-1] + 1 :], filler, min(positions, _MOST_POSITIONS))


def _runner(opened: Any, keeps: list[bool]) -> Callable[[_Batch], bytes]:
    """Runs a batch: for each token the log of the odds that it is kept, as the core takes it."""
    numpy = import_module("numpy")
    inputs = {each.name: each for each in opened.get_inputs()}
    output = _output(opened, inputs)
    types = {name: numpy.int32 if each.type == "tensor(int32)" else numpy.int64 for name, each in inputs.items()}
    kept = numpy.array(keeps)

    def run(batch: _Batch) -> bytes:
        rows, length, *columns = batch
        ids, mask = (numpy.frombuffer(column, numpy.int32).reshape(rows, length) for column in columns)
        columns_of = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        given = {name: columns_of[name].astype(kind) for name, kind in types.items()}
        logits = opened.run((output,), given)[0].astype(numpy.float32)
        if logits.shape != (rows, length, len(keeps)):
            raise Missing(f"it says {logits.shape} numbers of {rows, length} tokens, and has {len(keeps)} labels")
        odds = numpy.logaddexp.reduce(logits[..., kept], -1) - numpy.logaddexp.reduce(logits[..., ~kept], -1)
        numbers = numpy.repeat(numpy.clip(odds, -_SURE, _SURE)[..., None], 3, -1)
        return bytes(numbers.tobytes())

    return run


def _output(opened: Any, inputs: Mapping[str, Any]) -> str:
    """The name of what the model says. Raises Missing where it takes something else than a token classifier."""
    if "input_ids" not in inputs or not inputs.keys() <= _INPUTS:
        raise Missing(f"it takes {', '.join(inputs)}, and can be given {', '.join(sorted(_INPUTS))}")
    if any(isinstance(size, int) for each in inputs.values() for size in each.shape):
        raise Missing("it takes windows of one size alone; export it with dynamic axes")
    names = [each.name for each in opened.get_outputs()]
    return "logits" if "logits" in names else names[0]


def _try(own: TokenClassifier) -> None:
    """Has the model read a full window, so that one that does not work is known before a text depends on it."""
    before, after, _, length = own.frame
    token = own.tokenizer.encode("a", add_special_tokens=False).ids[:1]
    ids = [*before, *token * (length - len(before) - len(after)), *after]
    numpy = import_module("numpy")
    raw = own.run((1, length, numpy.array(ids, numpy.int32).tobytes(), numpy.ones(length, numpy.int32).tobytes()))
    numbers = numpy.frombuffer(raw, numpy.float32)
    if not numpy.isfinite(numbers).all():
        raise Missing("it says something else than numbers")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
