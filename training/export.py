"""The network's weights in, the model that ships out: ONNX, its matrices as 8-bit numbers.

    python training/export.py OUT [--to python/headroom/prose_model/data]

Weights are stored as 8-bit numbers with a factor for each column (rows of embeddings), and reckoned with as 32-bit
floats: so there are no kernels for 8-bit numbers that saturate on processors without VNNI, and none that differ from
one to the next by more than the last bits of a float.
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


def as_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Large matrices as 8-bit numbers: of embeddings by rows, since rows are looked up, of others by columns."""
    graph = model.graph
    looked_up = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    nodes, kept = [], []
    for initializer in graph.initializer:
        numbers = numpy_helper.to_array(initializer)
        if numbers.dtype != np.float32 or numbers.ndim != 2 or numbers.size < SMALLEST:
            kept.append(initializer)
            continue
        axis = 0 if initializer.name in looked_up else 1
        scale = np.maximum(np.abs(numbers).max(axis=1 - axis), 1e-8).astype(np.float32) / 127
        whole = np.rint(numbers / np.expand_dims(scale, 1 - axis)).astype(np.int8)
        name = initializer.name
        kept += [numpy_helper.from_array(whole, f"{name}.whole"), numpy_helper.from_array(scale, f"{name}.scale")]
        zero = numpy_helper.from_array(np.zeros_like(scale, np.int8), f"{name}.zero")
        kept.append(zero)
        inputs = [f"{name}.whole", f"{name}.scale", f"{name}.zero"]
        nodes.append(helper.make_node("DequantizeLinear", inputs, [name], axis=axis, name=f"{name}.read"))
    nodes += graph.node
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


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
    model = as_bytes(exported(network)).SerializeToString()
    arguments.to.mkdir(parents=True, exist_ok=True)
    (arguments.to / "model.onnx").write_bytes(model)
    shutil.copyfile(arguments.out / "vocabulary.txt", arguments.to / "vocabulary.txt")
    print(f"{len(model):,} bytes, SHA-256 {hashlib.sha256(model).hexdigest()}")


if __name__ == "__main__":
    main()
