"""Encoded bytes through the public functions: described in place, the text around them stays, all can be had back."""

from __future__ import annotations

import base64
import gzip
import random
import textwrap

import pytest

from headroom import compress, expand
from headroom.store.memory import MemoryStore


def run(text, query=None):
    store = MemoryStore()
    result = compress(text, query=query, store=store)
    assert result.text != text
    assert expand(result.text, store=store) == text
    return result.text


def noise(length):
    return random.Random(length).randbytes(length)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (gzip.compress(noise(2_000), mtime=0), "gzip"),
        (b"%PDF-1.4\n" + noise(2_000), "pdf"),
        (b"wOF2" + noise(2_000), "woff2"),
        (noise(2_000), "binary"),
    ],
)
def test_wrapped_base64_is_described_by_type_and_size(content, kind):
    encoded = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 76))
    view = run(f"$ base64 a.bin\n{encoded}\n$ ls\na.bin notes.txt\n")
    assert f"[base64 {kind}, {len(content)} bytes, blake3 " in view
    assert "$ base64 a.bin\n" in view
    assert view.endswith("\n$ ls\na.bin notes.txt\n")


def test_a_private_key_is_never_repeated_whatever_is_asked():
    body = base64.b64encode(noise(1_200)).decode()
    lines = textwrap.wrap(body, 64)
    joined = "\n".join(lines)
    text = f"-----BEGIN PRIVATE KEY-----\n{joined}\n-----END PRIVATE KEY-----\n"
    view = run(text, query=f"what is {lines[3]}?")
    assert "-----BEGIN PRIVATE KEY-----\n[pem 1200 bytes]\n-----END PRIVATE KEY-----" in view
    assert not any(line in view for line in lines)


def test_lists_of_hashes_are_left_to_others():
    text = "\n".join(noise(20 + n).hex()[:40] + " fix the build" for n in range(100))
    assert "blob" not in "".join(step.reason for step in compress(text, store=MemoryStore()).steps)
