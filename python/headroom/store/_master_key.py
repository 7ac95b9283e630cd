"""Master keys: the one key under which all the others of a store stand in its file. They are never in that file.

A key is named after its store and counted up when it is changed, so that the keys of several stores, and those of a
store that was put aside, can lie in one place: in a directory of files (modes 0600 and 0700 whatever the umask), or in
the operating system's keyring.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Protocol

from headroom.errors import StoreError
from headroom.report import report
from headroom.settings import KeyPlace, user_directory
from headroom.store._files import make_private_directories, restrict

KEY_BYTES = 32
_SERVICE = "headroom"


class MasterKeys(Protocol):
    """A place for master keys."""

    @property
    def place(self) -> KeyPlace:
        """What the place is called in a store's file."""

    def save(self, name: str, key: bytes) -> None:
        """Keeps a key, instead of another of that name, so that it survives a crash. Raises StoreError."""

    def load(self, name: str) -> bytes:
        """The key. Raises StoreError that says where it was looked for."""

    def destroy(self, name: str) -> None:
        """Erases a key, if it is there."""


def open_keys(place: KeyPlace, directory: str) -> MasterKeys:
    """The place for master keys; `directory` is for files."""
    return KeyringKeys() if place == "keyring" else KeyFiles(directory)


def default_key_directory(location: str | None) -> str:
    """Where the keys of a store are: beside it, or, of the user's own store, in the configuration directory, so that
    who has a copy of the data directory has no key.
    """
    if location:
        return os.path.abspath(os.path.expanduser(location)) + ".keys"
    return os.path.join(user_directory("config"), "keys")


class KeyFiles:
    """Keys in files of a directory, in hexadecimal digits."""

    place: KeyPlace = "file"

    def __init__(self, directory: str) -> None:
        self._directory = os.path.abspath(os.path.expanduser(directory))

    def save(self, name: str, key: bytes) -> None:
        """Writes the file aside and puts it in its place when it is whole and on the disk."""
        path = self._path(name)
        aside = path + ".new"  # whoever saves a key of this store has its file locked
        try:
            make_private_directories(self._directory)
            with suppress(FileNotFoundError):
                os.unlink(aside)
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                restrict(aside, 0o600)
                stream.write(key.hex().encode() + b"\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(aside, path)
            _sync_directory(self._directory)
        except OSError as error:
            raise StoreError(
                f"the store's key cannot be kept in {self._directory}: {error.strerror or error};"
                " check that this user may write there, or set store_key_path to another directory"
            ) from error

    def load(self, name: str) -> bytes:
        """Reads the file, and takes it from others if they may read it."""
        path = self._path(name)
        try:
            with open(path, "rb") as stream:
                text = stream.read(200)
                if os.fstat(stream.fileno()).st_mode & 0o077:
                    restrict(path, 0o600)
        except OSError as error:
            raise StoreError(
                f"the store's key {path} cannot be read: {error.strerror or error}; put it back (or set"
                " store_key_path to where it is), or move the store away and a new one is started"
            ) from error
        return _key_of(text.decode("ascii", "replace"), path)

    def destroy(self, name: str) -> None:
        """Overwrites the file before it is removed.

        A disk or file system that writes to another place keeps the old 64 bytes until it uses theirs again.
        """
        path = self._path(name)
        with suppress(FileNotFoundError):
            try:
                with open(path, "r+b") as stream:
                    stream.write(b"0" * (2 * KEY_BYTES))
                    stream.flush()
                    os.fsync(stream.fileno())
                os.unlink(path)
            except PermissionError as error:
                raise StoreError(f"the key {path} cannot be erased: {error.strerror}; remove it by hand") from error

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name + ".key")


class KeyringKeys:
    """Keys in the operating system's keyring, by the package `keyring` (extra `keyring`)."""

    place: KeyPlace = "keyring"

    def __init__(self) -> None:
        try:
            import keyring
            import keyring.errors
        except ImportError:
            raise StoreError(
                "store_key_place is 'keyring', but the package keyring is not installed; run"
                " `pip install headroom-ai[keyring]` or set store_key_place to 'file'"
            ) from None
        self._keyring = keyring

    def save(self, name: str, key: bytes) -> None:
        """Sets a password of the service `headroom`."""
        if _keeps_in_the_clear(self._keyring.get_keyring()):
            backend = type(self._keyring.get_keyring()).__name__
            report(
                f"the keyring here ({backend}) keeps the store's key in the clear, for whoever reads its file; set"
                " store_key_place to 'file', or have another keyring (keyring --list-backends)"
            )
        try:
            self._keyring.set_password(_SERVICE, name, key.hex())
        except self._keyring.errors.KeyringError as error:
            raise self._unusable(error) from error

    def load(self, name: str) -> bytes:
        """Gets a password of the service `headroom`."""
        try:
            text = self._keyring.get_password(_SERVICE, name)
        except self._keyring.errors.KeyringError as error:
            raise self._unusable(error) from error
        if text is None:
            raise StoreError(
                f"the keyring has no key {name!r} of the service {_SERVICE!r}; unlock it or put the key back, or move"
                " the store away and a new one is started"
            )
        return _key_of(text, f"{name!r} in the keyring")

    def destroy(self, name: str) -> None:
        """Deletes a password of the service `headroom`."""
        with suppress(self._keyring.errors.PasswordDeleteError):
            self._keyring.delete_password(_SERVICE, name)

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(f"the keyring cannot be used: {error}; unlock it, or set store_key_place to 'file'")


def _keeps_in_the_clear(backend: Any) -> bool:
    """Whether a keyring is one of those that write passwords down as they are; of several, the first one is used."""
    chosen = next(iter(getattr(backend, "backends", ())), backend)
    return type(chosen).__name__ == "PlaintextKeyring"


def _sync_directory(directory: str) -> None:
    # After a power cut a store that was written must not be left without its key. Not every system can do this.
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _key_of(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"the store's key {where} is no key of {KEY_BYTES} bytes in hexadecimal; put a copy back, or move the"
            " store away and a new one is started"
        )
    return key
