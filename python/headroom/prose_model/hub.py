"""Fetches a token classifier from a hub, as huggingface.co is one: the one part of this package that asks the network.

The files are those of `https://HUB/ID/resolve/REVISION/FILE`. The hub answers for a large file with where it is to be
had, and as `X-Linked-Etag` with its SHA-256 (https://huggingface.co/docs/hub/en/storage-backends); for a small one
with the number that git gives it. What came is checked by those, the network itself always by a SHA-256: the hub's, or
one that the user names. A model that was fetched, is whole, and works is moved to its place at once; before that nobody
finds it. A download that was cut off goes on where it stopped when it is asked for again.

The token is sent to the hub alone, never to where it redirects, and is in no message.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from headroom import __version__
from headroom.errors import InputError
from headroom.prose_model import _token_classifier as classifiers
from headroom.prose_model._session import Missing, require
from headroom.prose_model.pulled import (
    ONNX_FILES,
    File,
    Pulled,
    alone,
    directory_of,
    is_id,
    partial_directory,
    put,
    sha256_of,
    write,
)

DEFAULT_ENDPOINT = "https://huggingface.co"

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 18
_MOST_REDIRECTS = 6
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NUMBERS = "_data"
"""How the name of the file ends in which a large network has its numbers."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_GIT = re.compile(r"[0-9a-f]{40}")

Progress = Callable[[str, int, int | None], None]
"""Is told the file, the bytes of it that are here, and how many it has if that is known."""


class Wish(NamedTuple):
    """What to fetch: an id, a branch, tag or commit, and perhaps which file is the network, what SHA-256 that must
    have, and which label means keeping a token.
    """

    id: str
    revision: str = "main"
    file: str | None = None
    sha256: str | None = None
    label: str | None = None


class _Told(NamedTuple):
    """What the hub says of a file."""

    commit: str
    sha256: str
    git: str
    size_bytes: int | None


def pull(wish: Wish, endpoint: str, token: str, progress: Progress) -> tuple[Path, Pulled]:
    """Fetches a model, and says where it is now. Raises InputError with what is wrong; then that is as it was."""
    if not is_id(wish.id):
        raise InputError(f"{wish.id!r} is no id of a model; write it as its page does: organisation/name")
    if wish.file is not None and (wish.file.startswith("/") or ".." in wish.file.split("/")):
        raise InputError(f"--file {wish.file!r} is no path in a repository; write one like {ONNX_FILES[1]}")
    if wish.sha256 is not None and not _SHA256.fullmatch(wish.sha256.lower()):
        raise InputError(f"--sha256 {wish.sha256!r} is no SHA-256: that has 64 hexadecimal digits")
    with alone(), _in_plain_words(wish.id):
        require("onnxruntime", "numpy", "tokenizers")
        return _Download(wish, _Hub(endpoint, token), progress).run()


@contextmanager
def _in_plain_words(id: str) -> Iterator[None]:
    try:
        yield
    except Missing as error:
        raise InputError(f"{id} cannot be used: {error}") from None
    except OSError as error:
        place = partial_directory(id)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(f"the disk of {place} is full; make room, and run this again") from None
        raise InputError(f"{place} cannot be written: {error.strerror or error}; make it writable") from None


class _Download:
    """One model on its way: its files are put together in a folder, and moved when it is whole."""

    def __init__(self, wish: Wish, hub: _Hub, progress: Progress) -> None:
        self._wish, self._hub, self._progress = wish, hub, progress
        self._partial = partial_directory(wish.id)
        self._folder = self._partial / "whole"
        self._revision = wish.revision
        self._files: dict[str, File] = {}

    def run(self) -> tuple[Path, Pulled]:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        try:
            self._config()
            self._fetch(classifiers.TOKENIZER)
            own = Pulled(self._wish.id, model=self._network(), commit=self._revision, files=self._files)
            write(self._folder, own)
            self._weights()
            classifiers.load(self._folder)
            return put(self._folder, self._wish.id), own
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _config(self) -> None:
        """Fetches what tells of which kind the model is, before more is fetched."""
        self._fetch(classifiers.CONFIG)
        raw = (self._folder / classifiers.CONFIG).read_text(encoding="utf-8", errors="replace")
        classifiers.kept_labels(classifiers.parsed(raw, classifiers.CONFIG), self._wish.label)

    def _weights(self) -> None:
        """Writes how much the model counts, as far as the user has said so: here, or where it was pulled to before."""
        before = directory_of(self._wish.id) / classifiers.WEIGHTS_FILE
        told = before.read_text(encoding="utf-8") if before.exists() else "{}"
        if self._wish.label is not None:
            told = json.dumps({**classifiers.parsed(told, str(before)), "label": self._wish.label}) + "\n"
        if told != "{}":
            (self._folder / classifiers.WEIGHTS_FILE).write_text(told, encoding="utf-8")

    def _network(self) -> str:
        """Fetches the network, with its numbers if they are in a file of their own; returns which it is."""
        names = (self._wish.file,) if self._wish.file else ONNX_FILES
        for name in names:
            told = self._told(name)
            if told is not None:
                wanted = (self._wish.sha256 or told.sha256).lower()
                self._fetch(name, told._replace(sha256=wanted), is_network=True)
                numbers = self._told(name + _NUMBERS)
                if numbers is not None:
                    self._fetch(name + _NUMBERS, numbers, is_network=True)
                return name
        raise InputError(
            f"{self._wish.id} has none of {', '.join(names)}; name its file by --file, or a model exported to ONNX"
        )

    def _told(self, name: str) -> _Told | None:
        return self._hub.told(self._wish.id, self._revision, name)

    def _fetch(self, name: str, told: _Told | None = None, *, is_network: bool = False) -> None:
        """Fetches a file, checks it, and puts it where it belongs."""
        told = told or self._told(name)
        if told is None:
            raise InputError(f"{self._hub.endpoint} has no {self._wish.id}, or that has no {name}; check the id")
        # All files are of the commit that the first is of.
        self._revision = told.commit or self._revision
        part = self._received(name, told)
        sha256 = sha256_of(part)
        refusal = self._refusal(name, told, part, sha256, is_network)
        if refusal:
            part.unlink()
            raise InputError(refusal)
        place = self._folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        self._files[name] = File(sha256, part.stat().st_size)
        part.rename(place)

    def _refusal(self, name: str, told: _Told, part: Path, sha256: str, is_network: bool) -> str:
        """Why what came is not kept; nothing where it is."""
        if told.sha256:
            same = sha256 == told.sha256
            return (
                "" if same else f"{name} of {self._wish.id} has the SHA-256 {sha256}, and not {told.sha256}: not kept"
            )
        if is_network:
            cure = "name another hub by --endpoint"
            if not name.endswith(_NUMBERS):
                cure = f"if that is what you expect: headroom model pull {self._wish.id} --sha256 {sha256}"
            return f"the hub tells no SHA-256 of {name}, and what came has {sha256}; {cure}"
        if told.git and told.git != _git_number(part):
            return f"{name} of {self._wish.id} is not what the hub says it is, and was not kept; run this again"
        return ""

    def _received(self, name: str, told: _Told) -> Path:
        """Receives a file, or what lacks of one whose SHA-256 will tell whether all of it is right."""
        part = self._partial / f"{told.sha256 or 'unnamed'}.part"
        have, size = part.stat().st_size if part.exists() else 0, told.size_bytes
        if not told.sha256 or size is None or have > size:
            part.unlink(missing_ok=True)
            have = 0
        if size is not None and size - have > shutil.disk_usage(self._partial).free:
            raise OSError(errno.ENOSPC, "no room")
        if have and have == size:
            return part
        with self._hub.opened(self._wish.id, self._revision, name, have) as (stream, begin):
            have = begin
            with part.open("ab" if begin else "wb") as out:
                for chunk in _chunks(stream, self._wish.id, name):
                    out.write(chunk)
                    have += len(chunk)
                    self._progress(name, have, size)
        if size is not None and have < size:
            raise _cut_off(self._wish.id, name)
        return part


class _Hub:
    """Where models are: what it says of files, and what is in them."""

    def __init__(self, endpoint: str, token: str) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise InputError(f"{endpoint!r} is no address of a hub; write one like {DEFAULT_ENDPOINT}")
        self.endpoint, self._origin = endpoint.rstrip("/"), (parts.scheme, parts.netloc)
        self._token = token
        self._opener: OpenerDirector = build_opener(_Unredirected)

    def told(self, id: str, revision: str, name: str) -> _Told | None:
        """What the hub says of a file; `None` where it has none of that name."""
        url = self._address(id, revision, name)
        for _ in range(_MOST_REDIRECTS):
            try:
                with self._open(url, id, revision, method="HEAD") as answer:
                    return _told(answer.headers)
            except _Absent:
                return None
            except _Redirect as redirect:
                url = redirect.url
                if redirect.headers.get("X-Linked-Etag") or not self._is_own(url):
                    return _told(redirect.headers)
        raise InputError(f"{self.endpoint} redirects in circles")

    @contextmanager
    def opened(self, id: str, revision: str, name: str, begin: int) -> Iterator[tuple[IO[bytes], int]]:
        """What is in a file, from a byte on, if the hub can do that: yields from which on it does."""
        url = self._address(id, revision, name)
        for _ in range(_MOST_REDIRECTS):
            try:
                with self._open(url, id, revision, begin=begin) as answer:
                    yield answer, begin if answer.status == 206 else 0
                    return
            except _Absent:
                raise InputError(f"{self.endpoint} tells of {name}, and does not have it; try again later") from None
            except _Redirect as redirect:
                url = redirect.url
        raise InputError(f"{self.endpoint} redirects in circles")

    def _address(self, id: str, revision: str, name: str) -> str:
        return f"{self.endpoint}/{id}/resolve/{quote(revision, safe='')}/{quote(name)}"

    def _is_own(self, url: str) -> bool:
        return urlsplit(url)[:2] == self._origin

    def _open(self, url: str, id: str, revision: str, *, method: str = "GET", begin: int = 0) -> Any:
        """What is at an address. Raises _Redirect, _Absent, or InputError with what is wrong."""
        headers = {"User-Agent": f"headroom/{__version__}", "Accept-Encoding": "identity"}
        if self._token and self._is_own(url):
            headers["Authorization"] = f"Bearer {self._token}"
        if begin:
            headers["Range"] = f"bytes={begin}-"
        try:
            request = Request(url, headers=headers, method=method)  # noqa: S310  (of http and https alone: see _next)
            return self._opener.open(request, timeout=_TIMEOUT_S)
        except HTTPError as error:
            with error:
                if error.code in _REDIRECTS and "Location" in error.headers:
                    raise _Redirect(self._next(url, error.headers["Location"]), error.headers) from None
                if not self._is_own(url):
                    raise _failure(error, urlsplit(url).netloc) from None
                raise _refusal(error, self.endpoint, id, revision) from None
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            cure = "see to the network, or name a mirror by --endpoint"
            raise InputError(f"{urlsplit(url).netloc} cannot be reached ({reason}); {cure}") from None

    def _next(self, url: str, location: str) -> str:
        found = urljoin(url, location)
        scheme = urlsplit(found).scheme
        if scheme != "https" and scheme != urlsplit(url).scheme:
            raise InputError(f"{self.endpoint} redirects to {scheme}, which is not safe; name another by --endpoint")
        return found


class _Absent(Exception):
    """The hub has nothing of that name."""


class _Redirect(Exception):
    """The hub says that something is elsewhere."""

    def __init__(self, url: str, headers: Any) -> None:
        super().__init__(url)
        self.url, self.headers = url, headers


class _Unredirected(HTTPRedirectHandler):
    """Follows no redirect by itself: urllib would take the token along."""

    def redirect_request(self, *given: Any) -> None:
        return None


def _told(headers: Any) -> _Told:
    number = (headers.get("X-Linked-Etag") or headers.get("ETag") or "").removeprefix("W/").strip('"').lower()
    is_linked = "X-Linked-Etag" in headers
    size = headers.get("X-Linked-Size") or (None if is_linked else headers.get("Content-Length"))
    return _Told(
        commit=headers.get("X-Repo-Commit") or "",
        sha256=number if _SHA256.fullmatch(number) and is_linked else "",
        git=number if _GIT.fullmatch(number) else "",
        size_bytes=int(size) if size and size.isdecimal() else None,
    )


def _refusal(error: HTTPError, endpoint: str, id: str, revision: str) -> Exception:
    code = error.headers.get("X-Error-Code", "")
    if code == "RevisionNotFound":
        return InputError(f"{id} has no revision {revision!r}; name a branch, a tag or a commit")
    if code == "GatedRepo":
        return InputError(f"{id} is given only to who has accepted its terms: do so on its page, and set HF_TOKEN")
    if error.code in (401, 403) or code == "RepoNotFound":
        # The hub does not say which: who may not see a model shall not know that it is there.
        return InputError(f"{endpoint} has no model {id}, or shows it to some alone: check the id, or set HF_TOKEN")
    if error.code == 404:
        return _Absent()
    return _failure(error, endpoint)


def _failure(error: HTTPError, where: str) -> InputError:
    return InputError(f"{where} answers {error.code} {error.reason}; try again later, or another hub by --endpoint")


def _chunks(stream: IO[bytes], id: str, name: str) -> Iterator[bytes]:
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
    except (OSError, HTTPException):
        raise _cut_off(id, name) from None


def _cut_off(id: str, name: str) -> InputError:
    return InputError(f"{name} of {id} was cut off; run this again: it goes on where it stopped")


def _git_number(path: Path) -> str:
    """The number that git gives a file."""
    raw = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
