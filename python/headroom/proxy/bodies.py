"""Request bodies and their content codings: as they came, and what is in them."""

from __future__ import annotations

import zlib

from headroom._core import brotli_decompress, zstd_decompress

_GZIP, _ZLIB, _RAW = 31, 15, -15


def decoded(raw: bytes, coding: str | None, max_bytes: int) -> bytes | None:
    """The content of a body in a coding (RFC 9110, section 8.4.1); None if it cannot be read within `max_bytes`."""
    name = (coding or "identity").strip().lower()
    try:
        if name == "identity":
            return raw
        if name in ("gzip", "x-gzip"):
            return _inflated(raw, _GZIP, max_bytes)
        if name == "deflate":
            # What is called deflate is the zlib format, but some send the bare stream.
            return _inflated(raw, _ZLIB if raw[:1] == b"\x78" else _RAW, max_bytes)
        if name == "zstd":
            return zstd_decompress(raw, max_bytes)
        return brotli_decompress(raw, max_bytes) if name == "br" else None
    except (ValueError, zlib.error):
        return None


def _inflated(raw: bytes, window_bits: int, max_bytes: int) -> bytes | None:
    inflate = zlib.decompressobj(window_bits)
    content = inflate.decompress(raw, max_bytes)
    return content if inflate.eof and not inflate.unconsumed_tail and not inflate.unused_data else None
