"""`headroom store`: what is stored, whether it is whole, erasing it, taking it out, another master key."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from glob import escape, glob
from typing import IO

import click

from headroom.cli.streams import write_text
from headroom.errors import InputError, StoreCorruptError
from headroom.library import default_settings
from headroom.store import LOCAL_TENANT, Listed, Store, open_store, path_of

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

tenant_option = click.option("--tenant", metavar="NAME", default=LOCAL_TENANT, help="Whose originals; default: local.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


@click.group("store")
def command() -> None:
    """Look after the originals that compression has left out.

    They are sealed on disk; the key is in a file of yours or in the system's keyring.
    """


@command.command("stats")
@json_option
def stats(as_json: bool) -> None:
    """Show how much is stored, for all tenants."""
    with _opened(LOCAL_TENANT) as store:
        figures = store.stats()
    if as_json:
        write_text(json.dumps(figures._asdict()) + "\n")
    else:
        share = 100 * figures.used_bytes / figures.max_bytes
        write_text(
            f"{figures.entries:,} originals of {figures.original_bytes:,} bytes"
            f" in {figures.used_bytes:,} of {figures.max_bytes:,} bytes ({share:.1f} %)\n"
        )


@command.command("verify")
@tenant_option
@json_option
@click.pass_context
def verify(ctx: click.Context, tenant: str, as_json: bool) -> None:
    """Read back everything that is stored; exit with 1 if something is damaged."""
    known = _put_aside()
    with _opened(tenant) as store:
        checked, damaged = store.verify()
    lost = {path: f"the whole store was damaged; what it held is in {path}" for path in _put_aside() - known}
    damaged = {**lost, **damaged}
    if as_json:
        write_text(json.dumps({"checked": checked, "damaged": dict(damaged)}) + "\n")
    else:
        lines = [*damaged.values(), f"{checked:,} read back, {len(damaged):,} damaged"]
        write_text("\n".join([*lines, ""]))
    ctx.exit(1 if damaged else 0)


@command.command("purge")
@click.argument("keys", nargs=-1)
@click.option("--unseen", metavar="AGE", help="What was not seen for so long: 45m, 12h, 30d.")
@click.option("--all", "everything", is_flag=True, help="Everything, with its key.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@tenant_option
@json_option
def purge(keys: tuple[str, ...], unseen: str | None, everything: bool, yes: bool, tenant: str, as_json: bool) -> None:
    """Erase originals for good: those that KEYS name, those not seen for long, or all.

    Whatever is left of them on the disk is sealed under a key that is erased too. Markers that name them can no longer
    be resolved.
    """
    if bool(keys) + (unseen is not None) + everything != 1:
        raise InputError("say what to erase by one of: KEYS, --unseen AGE, --all")
    what, erase = _chosen(keys, unseen)
    if not yes:
        _confirm(f"Erase {what} for good?")
    with _opened(tenant) as store:
        erased = erase(store)
    write_text(json.dumps({"erased": erased}) + "\n" if as_json else f"{erased:,} originals erased\n")


@command.command("export")
@click.argument("destination", type=click.Path())
@tenant_option
@click.pass_context
def export(ctx: click.Context, destination: str, tenant: str) -> None:
    """Write all originals, in the clear, to DESTINATION: a new directory, or a new file that ends with .ndjson.

    Only you may read what is written.
    """
    with _opened(tenant) as store, _destination(destination) as write:
        damaged = written = 0
        for listed in store.listing():
            try:
                write(listed, store.get(listed.key))
                written += 1
            except StoreCorruptError as error:
                damaged += 1
                click.echo(f"headroom: {error}", err=True)
    write_text(f"{written:,} originals written to {destination}\n")
    ctx.exit(1 if damaged else 0)


@command.command("rotate-key")
def rotate_key() -> None:
    """Change the master key, and erase the old one.

    The new one is kept where the setting store_key_place says. No original is written again, and no key of an original
    changes. A copy of the store's file that was made before can no longer be opened.
    """
    with _opened(LOCAL_TENANT) as store:
        store.rotate_key()
    write_text(f"the store has a new master key (store_key_place: {default_settings().store_key_place})\n")


@contextmanager
def _opened(tenant: str) -> Iterator[Store]:
    store = open_store(default_settings(), tenant=tenant)
    try:
        yield store
    finally:
        store.close()


def _put_aside() -> set[str]:
    """Damaged databases that were put aside, beside the one in use."""
    return set(glob(f"{escape(path_of(default_settings()))}.damaged-[0-9]*"))


def _chosen(keys: tuple[str, ...], unseen: str | None) -> tuple[str, Callable[[Store], int]]:
    if keys:
        return f"{len(set(keys))} originals", lambda store: _purged(store, keys)
    if unseen is None:
        return "everything that is stored", lambda store: store.purge_all()
    found = re.fullmatch(r"(\d{1,9})([smhd])", unseen)
    if found is None:
        raise InputError(f"--unseen {unseen!r} is no age; write a number and a unit: 45m, 12h or 30d")
    seconds = int(found[1]) * _UNITS_S[found[2]]
    return f"what was not seen for {unseen}", lambda store: store.purge_unseen(seconds)


def _purged(store: Store, keys: tuple[str, ...]) -> int:
    unknown = sorted(set(keys) - store.touch(keys))
    if unknown:
        named = ", ".join(map(repr, unknown))
        raise InputError(
            f"no original under {named}, so nothing was erased; a key is the 11 characters behind key= in a marker"
        )
    return store.purge(keys)


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(f"{question} Nobody can be asked here; add --yes")
    click.confirm(question, err=True, abort=True)


@contextmanager
def _destination(path: str) -> Iterator[Callable[[Listed, str], None]]:
    """What writes an original to the new file or directory."""
    try:
        if not path.endswith(".ndjson"):
            os.mkdir(path, 0o700)
            os.chmod(path, 0o700)  # whatever the umask
            yield lambda listed, text: _write_file(os.path.join(path, f"{listed.key}.txt"), text)
            return
        with _private(path) as stream:
            yield lambda listed, text: _write_line(stream, listed, text)
    except FileExistsError:
        raise InputError(f"{path!r} exists; name a new directory, or a new file that ends with .ndjson") from None
    except OSError as error:
        raise InputError(f"{path!r} cannot be written: {error.strerror or error}; name another place") from None


def _write_file(path: str, text: str) -> None:
    with _private(path) as stream:
        stream.write(text.encode())


def _write_line(stream: IO[bytes], listed: Listed, text: str) -> None:
    stream.write(json.dumps({**listed._asdict(), "text": text}, ensure_ascii=False).encode() + b"\n")


def _private(path: str) -> IO[bytes]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    stream = os.fdopen(descriptor, "wb")
    os.chmod(path, 0o600)  # whatever the umask
    return stream
