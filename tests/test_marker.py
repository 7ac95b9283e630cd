from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.marker import Marker, format_marker, parse_marker

KEYS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=11, max_size=11)
WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10)
COUNTS = st.integers(0, 10**12)


@given(st.builds(Marker, WORDS, COUNTS, COUNTS, WORDS, KEYS), st.text())
def test_a_marker_reads_back_as_it_was_written_whatever_follows_on_the_next_lines(marker, rest):
    assert parse_marker(format_marker(marker)) == marker
    assert parse_marker(f"{format_marker(marker)}\n{rest}") == marker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[headroom json 42/1000 rows key=Ab3dE5gH7jK",
        " [headroom json 42/1000 rows key=Ab3dE5gH7jK]",
        "text first\n[headroom json 42/1000 rows key=Ab3dE5gH7jK]",
        "[headroom json 42/1000 rows key=Ab3dE5gH7jK] and more on the line",
        "[headroom json 42/1000 rows key=tooshort]",
        "[headroom json 42/1000 rows key=muchtoolong01]",
        "[headroom JSON 42/1000 rows key=Ab3dE5gH7jK]",
        "[headroom json ٤٢/1000 rows key=Ab3dE5gH7jK]",
        "[headroom json 42 of 1000 rows key=Ab3dE5gH7jK]",
    ],
)
def test_anything_else_is_no_marker(text):
    assert parse_marker(text) is None
