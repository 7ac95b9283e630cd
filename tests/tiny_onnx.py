"""Small token classifiers in Hugging Face's form, written out by hand: ONNX is protocol buffers, of few kinds.

The network gives each token what stands for it in a table, and fails where a window is longer than it has positions
for, as a real one does. The numbers of the fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

FLOAT, INT64 = 1, 7
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    raw = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(raw)) + raw


def _tensor(name: str, kind: int, shape: Sequence[int], numbers: Sequence[float]) -> bytes:
    raw = struct.pack(f"<{len(numbers)}{'f' if kind == FLOAT else 'q'}", *numbers)
    return b"".join(_field(1, size) for size in shape) + _field(2, kind) + _field(8, name) + _field(9, raw)


def _value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, sizes)))


def _node(operator: str, inputs: Iterable[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    raw = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, operator)
    for name, value in attributes.items():
        several = not isinstance(value, int)
        numbers = b"".join(_field(8, each) for each in value) if several else _field(3, value)
        raw += _field(5, _field(1, name) + numbers + _field(20, 7 if several else 2))
    return raw


def network(
    table: Sequence[Sequence[float]],
    positions: int,
    *,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    output: Sequence[str | int] | None = None,
    sizes: Sequence[str | int] = ("batch", "sequence"),
) -> bytes:
    """A network that gives token `n` the numbers `table[n]`, and nothing where the mask is 0."""
    labels = len(table[0])
    flat = [number for row in table for number in row]
    tensors = [
        _tensor("table", FLOAT, (len(table), labels), flat),
        _tensor("positions", FLOAT, (positions, labels), [0.0] * positions * labels),
        _tensor("zero", INT64, (), [0]),
        _tensor("one", INT64, (), [1]),
        _tensor("last", INT64, (1,), [-1]),
    ]
    nodes = [
        _node("Gather", ("table", "input_ids"), "words"),
        _node("Shape", ("input_ids",), "shape"),
        _node("Gather", ("shape", "one"), "length"),
        _node("Range", ("zero", "length", "one"), "places"),
        _node("Gather", ("positions", "places"), "added"),
        _node("Add", ("words", "added"), "sum"),
        _node("Cast", ("attention_mask",), "mask", to=FLOAT),
        _node("Unsqueeze", ("mask", "last"), "masks"),
        _node("Mul", ("sum", "masks"), "logits"),
    ]
    graph = [_field(1, node) for node in nodes] + [_field(2, "tiny")] + [_field(5, tensor) for tensor in tensors]
    graph += [_field(11, _value(name, INT64, sizes)) for name in inputs]
    graph.append(_field(12, _value("logits", FLOAT, output or ("batch", "sequence", labels))))
    opset = _field(8, _field(2, 13))
    return _field(1, 8) + _field(7, b"".join(graph)) + opset


def word_piece(words: Iterable[str]) -> str:
    """A tokenizer.json as BERT has one: it knows some words, and all letters alone."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789äöüß天気がいい🙂.,:!?"
    pieces = dict.fromkeys([*SPECIAL, *words, *letters, *(f"##{letter}" for letter in letters)])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    own = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    own.normalizer = normalizers.BertNormalizer(strip_accents=False)
    own.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    own.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    # As such files come: cut to what the model was trained on, and filled up.
    own.enable_truncation(16)
    own.enable_padding(length=16, pad_id=0)
    return own.to_str()


def sentence_piece(words: Iterable[str]) -> str:
    """A tokenizer.json as XLM-RoBERTa has one: its pieces begin with ▁ for the space before."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789äöüß天気がいい.,:!?"
    pieces = dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *(f"▁{word}" for word in words), *letters])
    scored = [(piece, -1.0 if len(piece) > 1 else -9.0) for piece in pieces]
    own = Tokenizer(models.Unigram(scored, unk_id=3))
    # The space before a piece may be the end of a line.
    own.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("\n", " ")])
    own.pre_tokenizer = pre_tokenizers.Metaspace()
    own.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return own.to_str()


def token_classifier(
    folder: Path,
    keeps: Iterable[str],
    *,
    tokenizer: str = "",
    file: str = "model.onnx",
    positions: int = 64,
    odds: float = 6.0,
    config: dict[str, object] | None = None,
    **more: object,
) -> Path:
    """Writes a model that keeps some words, and its tokenizer's letters and other words not; returns its folder."""
    from tokenizers import Tokenizer

    keeps = list(keeps)
    written = tokenizer or word_piece(keeps)
    vocabulary = Tokenizer.from_str(written).get_vocab()
    table = [[odds, 0.0] for _ in range(max(vocabulary.values()) + 1)]
    for word in keeps:
        table[vocabulary[word]] = [0.0, odds]
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(network(table, positions, **more))  # type: ignore[arg-type]
    (folder / "tokenizer.json").write_text(written, encoding="utf-8")
    told = {
        "architectures": ["BertForTokenClassification"],
        "id2label": {"0": "LABEL_0", "1": "LABEL_1"},
        "max_position_embeddings": positions,
        "pad_token_id": 0,
        **(config or {}),
    }
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder
