"""Models that `headroom model pull` has fetched: each in a folder of the data directory, as it was when it came.

Its manifest says what it is, where it is from, and the SHA-256 of each file: a file that is another now is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from headroom.errors import InputError
from headroom.prose_model._session import Missing
from headroom.settings import user_directory

MANIFEST = "manifest.json"
ONNX_FILES = ("model.onnx", "onnx/model.onnx", "onnx/model_quantized.onnx")
"""Where a repository has its model, the first that is there."""

_ID = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)?", re.ASCII)
_CHUNK_BYTES = 1 << 20


class File(NamedTuple):
    """A file of a model, as it came."""

    sha256: str
    size_bytes: int


class Pulled(NamedTuple):
    """A model that was pulled: its id, its commit in the hub, which of its files is the model, and all of them."""

    id: str
    commit: str
    model: str
    files: Mapping[str, File]

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.size_bytes for file in self.files.values())


def is_id(name: str) -> bool:
    """Whether a name could be that of a model in a hub.

    >>> is_id("org/some-model"), is_id("../model"), is_id("/srv/model")
    (True, False, False)
    """
    return _ID.fullmatch(name) is not None and "--" not in name and ".." not in name


def models_directory() -> Path:
    """Where all of them are."""
    return Path(user_directory("data")) / "models"


def directory_of(id: str) -> Path:
    """The folder of a model, which need not be there."""
    return models_directory() / id.replace("/", "--")


def folder_of(name: str) -> Path:
    """The folder of a model by its id or its path, unchanged since it was pulled if it was.

    Raises Missing. An id that was pulled comes first, so that what lies in the working directory takes no one's place.
    """
    folder = directory_of(name) if is_id(name) else Path(name)
    if not (folder / MANIFEST).exists():
        folder = Path(name).expanduser()
    if not folder.is_dir():
        if is_id(name):
            raise Missing(f"{name} was not pulled, and is no folder: headroom model pull {name}")
        raise Missing(f"{name} is no folder; name one, or the id of a model that was pulled: headroom model list")
    if (folder / MANIFEST).exists():
        own = read(folder)
        for path, file in own.files.items():
            _check(own, folder, path, file)
    return folder


def read(folder: Path) -> Pulled:
    """What a folder's manifest says. Raises Missing where it says nothing that can be read."""
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = {str(path): File(str(file["sha256"]), int(file["size_bytes"])) for path, file in told["files"].items()}
        return Pulled(str(told["id"]), str(told["commit"]), str(told["model"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Missing(f"{folder / MANIFEST} cannot be read ({type(error).__name__}): pull that model again") from None


def write(folder: Path, own: Pulled) -> None:
    """Writes a folder's manifest."""
    told = {**own._asdict(), "files": {path: file._asdict() for path, file in own.files.items()}}
    (folder / MANIFEST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def listing() -> Iterator[tuple[Path, Pulled]]:
    """All that were pulled, by id, with their folders. Raises Missing where one's manifest is damaged."""
    for manifest in sorted(models_directory().glob(f"*/{MANIFEST}")):
        yield manifest.parent, read(manifest.parent)


@contextmanager
def alone() -> Iterator[None]:
    """Keeps other processes from changing what was pulled. Raises InputError where one is at it."""
    if sys.platform == "win32":
        # There, a folder that is in use cannot be moved away.
        yield
        return
    from headroom.lease import Lease

    lease = Lease(str(models_directory() / ".lock"))
    if not lease.try_alone():
        raise InputError(f"another process is changing {models_directory()}; wait until it is done")
    try:
        yield
    finally:
        lease.release()


def partial_directory(id: str) -> Path:
    """Where a model is kept that is not whole: being pulled, or being removed."""
    return models_directory() / ".partial" / directory_of(id).name


def put(folder: Path, id: str) -> Path:
    """Moves a whole model, from somewhere in its partial directory, to its place, and returns that."""
    place, old = directory_of(id), partial_directory(id) / "old"
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    folder.rename(place)
    shutil.rmtree(partial_directory(id))
    return place


def remove(id: str) -> None:
    """Removes a model. Raises InputError where it was not pulled, or cannot be removed."""
    place, partial = directory_of(id), partial_directory(id)
    if not is_id(id) or not (place.is_dir() or partial.is_dir()):
        raise InputError(f"no model {id!r} was pulled, see headroom model list")
    with alone():
        try:
            shutil.rmtree(partial / "old", ignore_errors=True)
            if place.is_dir():
                # At once: nobody shall find half of it.
                partial.mkdir(parents=True, exist_ok=True)
                place.rename(partial / "old")
            shutil.rmtree(partial)
        except OSError as error:
            raise InputError(f"{place} cannot be removed: {error.strerror}; make it writable") from None


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _check(own: Pulled, folder: Path, path: str, file: File) -> None:
    try:
        is_same = (folder / path).stat().st_size == file.size_bytes and sha256_of(folder / path) == file.sha256
    except OSError:
        is_same = False
    if not is_same:
        raise Missing(f"{folder / path} is not the file that was pulled: headroom model pull {own.id}")
