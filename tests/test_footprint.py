"""What an installation costs: start-up time, and bytes on disk and in the wheel."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

import headroom

MEGABYTE = 1_000_000
ATTEMPTS = 15

IMPORT = "import time; start = time.perf_counter(); import headroom; print(time.perf_counter() - start)"
FIRST_COMPRESS = """
import json, sys, time
text = json.dumps([{"id": n, "state": "ready" if n % 7 else "busy", "note": "x" * 40} for n in range(1000)])
start = time.perf_counter()
import pytest

import headroom
result = headroom.compress(text, settings={"store_path": sys.argv[1]})
print(time.perf_counter() - start)
assert result.tokens_saved > 0
"""


WORK = "import time; s = time.perf_counter(); sum(n * n for n in range(400_000)); print(time.perf_counter() - s)"
WORK_S = 0.020


def slower() -> float:
    """How many times slower than a usual machine this one is just now, at least 1."""
    return max(1.0, fastest(WORK) / WORK_S)


def fastest(code: str, *arguments: str) -> float:
    """Seconds that the code says it took, in the best of some fresh processes."""
    # An installation has its modules compiled.
    compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    runs = (
        subprocess.run(
            [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, env=compiled
        )
        for _ in range(ATTEMPTS)
    )
    return min(float(run.stdout) for run in runs)


@pytest.mark.timed
def test_importing_takes_less_than_50_ms():
    assert fastest(IMPORT) < 0.050 * slower()


@pytest.mark.timed
def test_the_first_compress_of_a_process_takes_less_than_150_ms_all_told(tmp_path):
    assert fastest(FIRST_COMPRESS, str(tmp_path / "store.sqlite3")) < 0.150 * slower()


MODEL = Path(headroom.__file__).parent / "prose_model" / "data"


def package_files() -> list[Path]:
    root = Path(headroom.__file__).parent
    return [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def test_the_wheel_is_smaller_than_15_mb():
    packed = sum(len(zlib.compress(path.read_bytes(), 6)) for path in package_files())
    assert packed < 15 * MEGABYTE, f"{packed / MEGABYTE:.1f} MB"


def test_the_model_that_the_extra_ml_reads_with_is_smaller_than_8_mb():
    sizes = [path.stat().st_size for path in package_files() if MODEL in path.parents]
    assert sizes
    assert sum(sizes) < 8 * MEGABYTE


def test_the_base_install_is_smaller_than_45_mb():
    own = sum(path.stat().st_size for path in package_files())
    required = [
        requirement.split(">")[0].split("=")[0].strip()
        for requirement in importlib.metadata.requires("headroom-ai") or ()
        if ";" not in requirement
    ]
    assert required
    others = sum(
        Path(str(file.locate())).stat().st_size
        for name in required
        for file in importlib.metadata.files(name) or ()
        if Path(str(file.locate())).exists()
    )
    assert own + others < 45 * MEGABYTE, f"{(own + others) / MEGABYTE:.1f} MB"
