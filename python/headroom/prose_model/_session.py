"""What every model of running text is run by, what it counts by, and why one cannot be used."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WEIGHTS = ("answer", "sentence", "word", "near", "token", "opening", "cut")
"""How much what a model says counts, in the order in which the core takes it."""


class Missing(Exception):
    """There is no such model, or what it needs is not installed: one line with the next step."""


def require(*modules: str) -> None:
    """Raises Missing where one of the extra's modules is not installed."""
    for module in modules:
        if find_spec(module) is None:
            raise Missing(f"{module} is not installed: pip install 'headroom-ai[ml]'")


def session(path: Path) -> Any:
    """Runs what a file holds: on one thread, which is the caller's and sleeps when there is nothing to do."""
    # Not imported before there is something to read; it has no types, and need not be installed.
    onnxruntime = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Fatal errors alone: the others are raised, and are told in one line.
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
