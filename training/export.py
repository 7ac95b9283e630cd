"""The network's weights in, the model that ships out: ONNX, matrices as 8-bit numbers, embeddings as 4-bit ones.

    python training/export.py OUT [--to python/headroom/prose_model/data]

Weights are stored as whole numbers with a factor for each column (row of an embedding), and reckoned with as 32-bit
floats: so there are no kernels for 8-bit numbers that saturate on processors without VNNI, and none that differ from
one to the next by more than the last bits of a float. Of embeddings only the rows that are looked up are unpacked.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from network import Network
from onnx import helper, numpy_helper

HERE = Path(__file__).parent
SMALLEST = 1_024
"""Numbers of a matrix that is worth it."""
SHARES = np.linspace(0.6, 1.0, 9)


def as_whole_numbers(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large matrices as whole numbers: of embeddings by rows, since rows are looked up, of others by columns."""
    graph = model.graph
    looked_up = {node.input[0]: node for node in graph.node if node.op_type == "Gather"}
    nodes: list[onnx.NodeProto] = []
    replaced: dict[str, list[onnx.NodeProto]] = {}
    kept: list[onnx.TensorProto] = []
    for initializer in graph.initializer:
        numbers, name = numpy_helper.to_array(initializer), initializer.name
        if numbers.dtype != np.float32 or numbers.ndim != 2 or numbers.size < SMALLEST:
            kept.append(initializer)
        elif name in looked_up:
            own, replaced[looked_up[name].name] = packed(name, numbers, looked_up[name])
            kept += own
        else:
            scale = np.maximum(np.abs(numbers).max(axis=0), 1e-8).astype(np.float32) / 127
            parts = {"whole": np.rint(numbers / scale).astype(np.int8), "scale": scale}
            parts["zero"] = np.zeros_like(scale, np.int8)
            kept += [numpy_helper.from_array(part, f"{name}.{kind}") for kind, part in parts.items()]
            inputs = [f"{name}.{kind}" for kind in parts]
            nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=1, name=f"{name}.read"))
    for node in graph.node:
        nodes += replaced.get(node.name, [node])
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def packed(
    name: str, numbers: np.ndarray, looked_up: onnx.NodeProto
) -> tuple[list[onnx.TensorProto], list[onnx.NodeProto]]:
    """An embedding as 4-bit numbers, -7 to 7, two in a byte (the left half of a row in the lower bits), with a factor
    for each row; and what looks its rows up.
    """
    rows, half = numbers.shape[0], numbers.shape[1] // 2
    scale = best_scale(numbers)
    whole = (np.clip(np.rint(numbers / scale[:, None]), -7, 7) + 8).astype(np.uint8)
    parts = {
        "packed": whole[:, :half] | whole[:, half:] << 4,
        "scale": scale.reshape(rows, 1),
        "four": np.array(4, np.uint8),
        "zero": np.array(8, np.float32),
    }
    ids, out = looked_up.input[1], looked_up.output[0]

    def step(kind: str, inputs: list[str], into: str, **attributes: object) -> onnx.NodeProto:
        return helper.make_node(kind, inputs, [into], name=f"{into}.{kind}", **attributes)

    at = lambda part: f"{name}.{part}"  # noqa: E731
    nodes = [
        step("Gather", [at("packed"), ids], at("rows")),
        step("BitShift", [at("rows"), at("four")], at("shifted"), direction="LEFT"),
        step("BitShift", [at("shifted"), at("four")], at("left"), direction="RIGHT"),
        step("BitShift", [at("rows"), at("four")], at("right"), direction="RIGHT"),
        step("Concat", [at("left"), at("right")], at("whole"), axis=-1),
        step("Cast", [at("whole")], at("floats"), to=onnx.TensorProto.FLOAT),
        step("Sub", [at("floats"), at("zero")], at("centred")),
        step("Gather", [at("scale"), ids], at("scales")),
        step("Mul", [at("centred"), at("scales")], out),
    ]
    return [numpy_helper.from_array(part, at(kind)) for kind, part in parts.items()], nodes


def best_scale(numbers: np.ndarray) -> np.ndarray:
    """For each row the factor by which whole numbers from -7 to 7 are nearest to it; the largest are cut off."""
    most = np.maximum(np.abs(numbers).max(axis=1), 1e-8).astype(np.float32) / 7
    best, least = most, np.full(len(numbers), np.inf, np.float32)
    for share in SHARES:
        scale = (most * share).astype(np.float32)
        near = np.clip(np.rint(numbers / scale[:, None]), -7, 7) * scale[:, None]
        error = np.square(near - numbers).sum(axis=1)
        best, least = np.where(error < least, scale, best), np.minimum(error, least)
    return best


def exported(network: Network) -> onnx.ModelProto:
    """The network as ONNX, for any number of rows of any length."""
    network.eval()
    some = torch.ones((2, 16), dtype=torch.int32)
    names = ["ids", "shapes", "matches"]
    axes = {name: {0: "rows", 1: "length"} for name in [*names, "numbers"]}
    raw = io.BytesIO()
    torch.onnx.export(
        network,
        (some, some, some),
        raw,
        input_names=names,
        output_names=["numbers"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    return onnx.load_from_string(raw.getvalue())


def main() -> None:
    """Writes the model, its vocabulary, and what they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--to", type=Path, default=HERE.parent / "python/headroom/prose_model/data")
    arguments = parser.parse_args()
    vocabulary = (arguments.out / "vocabulary.txt").read_text(encoding="utf-8")
    pieces = vocabulary.splitlines()
    network = Network(len(pieces), pieces.index("[SEP]"))
    network.load_state_dict(torch.load(arguments.out / "network.pt"))
    model = as_whole_numbers(exported(network)).SerializeToString()
    arguments.to.mkdir(parents=True, exist_ok=True)
    (arguments.to / "model.onnx").write_bytes(model)
    shutil.copyfile(arguments.out / "vocabulary.txt", arguments.to / "vocabulary.txt")
    print(f"{len(model):,} bytes, SHA-256 {hashlib.sha256(model).hexdigest()}")


if __name__ == "__main__":
    main()
