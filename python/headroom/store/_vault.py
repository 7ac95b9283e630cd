"""The keys of a store, as one tenant has them.

    master key (not in the file)
    ├── secret of the store: names originals, records, outputs and tenants; never changes
    └── key of a tenant, one in use and any number that are being given up
        └── key of one original or record, which stands beside it

Each is random, and stands in the file wrapped under the one above it. To change the master key is to wrap the secret
and the tenants' keys anew; to change a tenant's key is to wrap the keys of its originals and records anew. Erasing a
key for good erases what is below it, wherever copies of that are left: in the log, in free pages, on the disk.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from headroom._core import Sealer, record_name
from headroom.errors import StoreCorruptError, StoreError
from headroom.store._master_key import KEY_BYTES, MasterKeys, open_keys

T = TypeVar("T")
_FORMAT = b"headroom 2 "
_LEFT_BY_CRASHES = 64
_ASIDE = "it is put aside and a new one is started"
_COARSE_TICK_NS, _FINE_TICK_NS = 2_000_000_000, 100_000_000
"""The ticks of file systems' clocks: some know seconds alone, the others at least the kernel's tick."""
_MICROSECOND_NS = 1_000
_META = "SELECT name, value FROM meta"
_ATTEMPTS = 20
"""As often as somebody else may change the master key while it is looked up."""


class TenantKey(NamedTuple):
    """A tenant's key and its number in the file."""

    number: int
    sealer: Sealer


def create(connection: sqlite3.Connection, keys: MasterKeys, secret: bytes | None = None) -> tuple[str, Sealer]:
    """Gives a store its name and its keys, in the transaction that makes its tables; the result is name and master key.

    The master key is kept before anything is sealed under it.
    """
    store_id = os.urandom(16).hex()
    master_name, master = _new_master(keys, store_id, 1)
    wrapped = master.wrap(secret or os.urandom(KEY_BYTES), _secret_place(store_id))
    values = [("store", store_id), ("master", master_name), ("place", keys.place), ("secret", wrapped)]
    connection.executemany("INSERT INTO meta VALUES (?, ?)", values)
    return store_id, master


class Vault:
    """The store's secret and a tenant's keys. Not safe for several threads at once.

    `keys` is where a new master key goes; the present one is where the store's file says.
    """

    def __init__(
        self, connection: sqlite3.Connection, keys: MasterKeys, directory: str, tenant: str, path: str
    ) -> None:
        self._keys = keys
        self._directory = directory
        self._path = path
        self._master_name = ""
        self._tenant_keys: dict[int, Sealer] = {}
        settled(connection, lambda: self._open_master(connection))
        self.digest = tenant_digest(self.secret, tenant)
        self.reload(connection)

    def of_original(self, key: str) -> bytes:
        """The place that an original is sealed for."""
        return original_place(self.digest, key)

    def of_record(self, name: str) -> bytes:
        """The place that a record is sealed for."""
        return _FORMAT + f"record\0{self.digest}\0{name}".encode()

    def newest(self) -> TenantKey | None:
        """The key to seal with, as it was last known; None if the tenant has none yet. Needs no lock."""
        known = self._tenant_keys  # replaced as a whole, never changed
        return TenantKey(newest := max(known), known[newest]) if known else None

    def is_newest(self, connection: sqlite3.Connection, number: int) -> bool:
        """Whether a key is still the one to seal with. In a transaction that writes, the answer stays true."""
        found = connection.execute("SELECT max(id) FROM tenant_keys WHERE tenant = ?", (self.digest,)).fetchone()[0]
        return bool(found == number)

    def renewed(self, connection: sqlite3.Connection) -> TenantKey:
        """The key to seal with as the file has it, made if there is none; in a transaction that writes."""
        self.reload(connection)
        return self.newest() or self.add_key(connection)

    def mark(self) -> int | None:
        """Something that stays the same only if nobody has erased anything meanwhile; None where that cannot be told.

        Whoever erases something changes the master key (see `rotate`), so the directory changes that it is in. What
        has just changed may do so again within one tick of the file system's clock.
        """
        if self._place != "file":
            return None
        try:
            changed_ns = os.stat(self._directory).st_mtime_ns
        except OSError:
            return None
        is_fine = changed_ns // _MICROSECOND_NS % 1_000 != 0
        tick_ns = _FINE_TICK_NS if is_fine else _COARSE_TICK_NS
        return changed_ns if abs(time.time_ns() - changed_ns) > tick_ns else None

    def sealer(self, connection: sqlite3.Connection, number: int) -> Sealer | None:
        """The key of that number, or None where it is not this tenant's."""
        if number not in self._tenant_keys:
            self.reload(connection)
        return self._tenant_keys.get(number)

    def reload(self, connection: sqlite3.Connection) -> list[int]:
        """Takes up what other processes have changed; the result are the numbers of the tenant's keys."""

        def look() -> None:
            self._open_master(connection)
            self._read_tenant_keys(connection)

        settled(connection, look)
        return list(self._tenant_keys)

    def add_key(self, connection: sqlite3.Connection) -> TenantKey:
        """A new key to seal with, in a transaction that writes."""
        self._open_master(connection)
        added = add_tenant_key(connection, self._master, self.store_id, self.digest)
        self._tenant_keys = {**self._tenant_keys, added.number: added.sealer}
        return added

    def drop_keys(self, connection: sqlite3.Connection, numbers: list[int]) -> None:
        """Gives keys up, and with them all that is sealed under them."""
        rows = [(number, self.digest) for number in numbers]
        connection.executemany("DELETE FROM tenant_keys WHERE id = ? AND tenant = ?", rows)
        self._tenant_keys = {each: sealer for each, sealer in self._tenant_keys.items() if each not in numbers}

    def rotate(self, connection: sqlite3.Connection) -> str:
        """Wraps the secret and all tenants' keys under a new master key, in a transaction that writes.

        The result is the name of the old one, for `destroy_master` once the transaction is done.
        """
        self._open_master(connection)
        old_name, count = self._master_name, int(self._master_name.rpartition("-")[2])
        new_name, new = _new_master(self._keys, self.store_id, count + 1)
        wrapped = [(new.wrap(self.secret, _secret_place(self.store_id)), "secret")]
        connection.executemany("UPDATE meta SET value = ? WHERE name = ?", wrapped)
        connection.executemany(
            "UPDATE meta SET value = ? WHERE name = ?", [(new_name, "master"), (self._keys.place, "place")]
        )
        for number, tenant, key in connection.execute("SELECT id, tenant, wrapped FROM tenant_keys").fetchall():
            moved = self._master.rewrap(key, _tenant_place(self.store_id, tenant), new)
            connection.execute("UPDATE tenant_keys SET wrapped = ? WHERE id = ?", (moved, number))
        return f"{self._place}:{old_name}"

    def destroy_master(self, old: str) -> None:
        """Erases a master key that `rotate` has replaced, and those before it that crashes may have left."""
        place, _, name = old.partition(":")
        store_id, _, number = name.rpartition("-")
        keys = open_keys("keyring" if place == "keyring" else "file", self._directory)
        for each in range(int(number), max(0, int(number) - _LEFT_BY_CRASHES), -1):
            keys.destroy(f"{store_id}-{each}")

    def _open_master(self, connection: sqlite3.Connection) -> None:
        """Reads the master key and the secret, if they are not the known ones."""
        meta = dict(connection.execute(_META).fetchall())
        name, place = meta.get("master"), meta.get("place")
        if name == self._master_name:
            return
        if not (isinstance(name, str) and place in ("file", "keyring") and _is_of(name, meta.get("store"))):
            raise StoreCorruptError(
                f"store {self._path} has lost the name of its key; it is put aside and a new one is started"
            )
        self.store_id: str = meta["store"]
        self._place: str = place
        self._master = Sealer(open_keys("keyring" if place == "keyring" else "file", self._directory).load(name))
        try:
            secret = self._master.unwrap(meta.get("secret") or b"", _secret_place(self.store_id))
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"store {self._path} does not open with its key {name}: {error}; put the right key back, or move the"
                " store away and a new one is started"
            ) from error
        if self._master_name and secret != self.secret:
            raise StoreError(f"store {self._path} was replaced by another one; open it again")
        self.secret: bytes = secret
        self._master_name = name

    def _read_tenant_keys(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT id, wrapped FROM tenant_keys WHERE tenant = ?", (self.digest,)).fetchall()
        place = _tenant_place(self.store_id, self.digest)
        try:
            self._tenant_keys = {
                number: self._tenant_keys.get(number) or Sealer(self._master.unwrap(wrapped, place))
                for number, wrapped in rows
            }
        except (ValueError, TypeError) as error:
            raise StoreCorruptError(f"a tenant's key in store {self._path} is damaged: {error}; {_ASIDE}") from error


def settled(connection: sqlite3.Connection, look: Callable[[], T]) -> T:
    """What a look at the keys finds. Whoever erases something changes the master key, and may do so between one query
    and the next, so what does not fit together is damaged only if it does not at rest either. Raises StoreError.
    """
    for left in reversed(range(_ATTEMPTS)):
        before = _name_of_master(connection)
        try:
            return look()
        except StoreError:
            if not left or _name_of_master(connection) == before:
                raise
    raise AssertionError("the last attempt returns or raises")


def _name_of_master(connection: sqlite3.Connection) -> object:
    try:
        return connection.execute("SELECT value FROM meta WHERE name = 'master'").fetchone()
    except sqlite3.Error:
        return None  # whoever looks for more will say what is wrong


def tenant_digest(secret: bytes, tenant: str) -> str:
    """What a tenant is called in the file: its name may be an API key."""
    return record_name(secret, tenant, ["tenant"])


def original_place(tenant: str, key: str) -> bytes:
    """The place that an original is sealed for; `tenant` is the tenant's digest."""
    return _FORMAT + f"original\0{tenant}\0{key}".encode()


def add_tenant_key(connection: sqlite3.Connection, master: Sealer, store_id: str, tenant: str) -> TenantKey:
    """A new key for a tenant, given by its digest, in a transaction that writes."""
    key = os.urandom(KEY_BYTES)
    row = (tenant, master.wrap(key, _tenant_place(store_id, tenant)))
    number = connection.execute("INSERT INTO tenant_keys (tenant, wrapped) VALUES (?, ?)", row).lastrowid
    return TenantKey(int(number or 0), Sealer(key))


def _is_of(master_name: str, store_id: object) -> bool:
    return isinstance(store_id, str) and re.fullmatch(re.escape(store_id) + "-[0-9]+", master_name) is not None


def _new_master(keys: MasterKeys, store_id: str, number: int) -> tuple[str, Sealer]:
    name, key = f"{store_id}-{number}", os.urandom(KEY_BYTES)
    keys.save(name, key)
    return name, Sealer(key)


def _secret_place(store_id: str) -> bytes:
    return _FORMAT + f"secret\0{store_id}".encode()


def _tenant_place(store_id: str, tenant: str) -> bytes:
    return _FORMAT + f"tenant\0{store_id}\0{tenant}".encode()
