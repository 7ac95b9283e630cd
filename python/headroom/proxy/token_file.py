"""The local token: a secret in a file that only this user can read, so whoever knows it acts for this user."""

from __future__ import annotations

import os
from contextlib import suppress

from headroom.errors import StoreError

TOKEN_FILE = "proxy-token"  # noqa: S105  (the name of a file)
"""Where the token is, in the data directory."""


def local_token(directory: str) -> str:
    """The token of this user's proxies, kept in a directory of theirs; made when it is missing. Raises StoreError."""
    path = os.path.join(directory, TOKEN_FILE)
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        if not os.path.exists(path):
            with suppress(FileExistsError):
                _write_new(path, _new_token())
        with open(path, encoding="ascii") as stream:
            token = stream.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"the token file {path} cannot be used: {error}; make its directory writable") from error
    if len(token) < 32:
        raise StoreError(f"the token file {path} holds no token; remove it, and a new one is made")
    return token


def _write_new(path: str, token: str) -> None:
    """Writes a new file whole or not at all: whoever comes second reads what the first one wrote."""
    draft = f"{path}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(token)
        os.link(draft, path)
    finally:
        os.unlink(draft)


def _new_token() -> str:
    # Imported here since it is needed once, and who starts an agent waits for what is imported above.
    from secrets import token_urlsafe

    return token_urlsafe(32)
