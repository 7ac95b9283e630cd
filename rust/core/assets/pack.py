#!/usr/bin/env python3
"""Packs a tiktoken vocabulary: lines of `base64(token) rank` in, one length byte and the token's bytes each out.

Ranks are the order of the tokens and must count up from 0 without a gap; `unpack` gives the published file back,
byte for byte, so that the packed form can be checked against the published hash.

    pack.py o200k_base.tiktoken o200k_base.vocab
"""

import base64
import hashlib
import sys
from pathlib import Path


def pack(published: bytes) -> bytes:
    """The packed form of a published vocabulary."""
    packed = bytearray()
    for expected, line in enumerate(published.splitlines()):
        encoded, rank = line.split()
        if int(rank) != expected:
            raise ValueError(f"rank {int(rank)} stands where {expected} was due: ranks must be gapless and in order")
        token = base64.b64decode(encoded)
        packed.append(len(token))
        packed += token
    return bytes(packed)


def tokens(packed: bytes) -> list[bytes]:
    """The tokens of a packed vocabulary, by rank."""
    found, at = [], 0
    while at < len(packed):
        end = at + 1 + packed[at]
        found.append(packed[at + 1 : end])
        at = end
    return found


def unpack(packed: bytes) -> bytes:
    """The published vocabulary of a packed one."""
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens(packed)))


def main() -> None:
    """Packs the file of the first argument into that of the second and prints the hashes of both."""
    source, target = map(Path, sys.argv[1:])
    published = source.read_bytes()
    packed = pack(published)
    if unpack(packed) != published:
        raise ValueError(f"{source} does not come back from its packed form")
    target.write_bytes(packed)
    for path, content in ((source, published), (target, packed)):
        print(f"{hashlib.sha256(content).hexdigest()}  {path.name}")


if __name__ == "__main__":
    main()
