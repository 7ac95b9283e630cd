"""Text in and out of the command line, byte for byte."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click

from headroom.errors import InputError
from headroom.explain import Paint, Role
from headroom.settings import is_colour_refused

_COLOURS: dict[Role, dict[str, str | bool]] = {
    "head": {"bold": True},
    "saved": {"fg": "green"},
    "kept": {"fg": "cyan"},
    "dropped": {"fg": "yellow"},
    "failed": {"fg": "red"},
    "quiet": {"dim": True},
}


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`. Raises InputError when it is no UTF-8 text."""
    name = "standard input" if file == "-" else repr(file)
    try:
        if file == "-":
            if sys.stdin is None:
                raise InputError("standard input is closed; name a file")
            raw = sys.stdin.buffer.read()
        else:
            with open(file, "rb") as stream:
                raw = stream.read()
    except FileNotFoundError:
        raise InputError(f"{name} does not exist; name a file, or - for standard input") from None
    except IsADirectoryError:
        raise InputError(f"{name} is a directory; name a file in it") from None
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}; check its permissions") from None
    return _decoded(raw, name)


def _decoded(raw: bytes, name: str) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{name} is UTF-16; convert it first: iconv -f utf-16 -t utf-8")
    zero = raw.find(b"\0")
    if zero >= 0:
        raise InputError(f"{name} is binary (a zero byte at offset {zero:,}); only text can be compressed")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name} is not UTF-8 text (byte 0x{raw[error.start]:02x} at offset {error.start:,}); "
            "only text can be compressed: convert it with iconv, or leave it out"
        ) from None


def write_text(text: str) -> None:
    """Writes a text to standard output as it is; a terminal gets a line end after it.

    A reader that has gone is no error. Raises InputError when it cannot be written for another reason.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if sys.stdout.isatty() and not text.endswith("\n"):
        raw += os.linesep.encode()
    try:
        sys.stdout.flush()
        # Unbuffered, so that nothing is left for the interpreter to fail with at exit.
        rest = memoryview(raw)
        while rest:
            rest = rest[os.write(sys.stdout.fileno(), rest) :]
    except BrokenPipeError:
        return
    except OSError as error:
        raise InputError(f"standard output cannot be written: {error.strerror}; write to another place") from None


def paint(stream: TextIO) -> Paint:
    """Colours for a stream: none unless it is a terminal and the user does not refuse them."""
    if not stream.isatty() or is_colour_refused():
        return lambda text, role: text
    return lambda text, role: click.style(text, **_COLOURS[role])  # type: ignore[arg-type]
