"""Server-sent events, however their bytes are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headroom.proxy.sse import Frames, event_of, frame_of, wire_json

LINES = st.sampled_from(
    ["data: {}", 'data: {"a":"東京"}', ": comment", "event: x", "id: 7", "data", "data:x", "retry: 1"]
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def streams(draw):
    """A stream with one kind of line end throughout, as all of them have, and where to cut it."""
    end = draw(ENDS)
    frames = draw(st.lists(st.lists(LINES, min_size=1, max_size=4), max_size=6))
    raw = "".join(end.join([*lines, "", ""]) for lines in frames) + draw(st.sampled_from(["", "data: open"]))
    return raw.encode(), len(frames), draw(st.lists(st.integers(0, len(raw.encode())), max_size=8))


@given(streams())
def test_frames_are_the_stream_byte_for_byte_wherever_it_is_cut(case):
    raw, count, cuts = case
    places = sorted({0, *cuts, len(raw)})
    frames = Frames()
    found = [frame for start, end in pairwise(places) for frame in frames.feed(raw[start:end])]
    assert len(found) == count
    assert b"".join([*found, frames.rest()]) == raw


def test_a_frame_ends_with_its_last_byte_and_waits_for_no_more():
    frames = Frames()
    assert frames.feed(b"data: 1\n") == []
    assert frames.feed(b"\n") == [b"data: 1\n\n"]
    assert frames.feed(b"data: 2\r\n\r\ndata") == [b"data: 2\r\n\r\n"]
    assert frames.rest() == b"data"


@pytest.mark.parametrize(
    ("frame", "event"),
    [
        (b'event: x\ndata: {"a":\ndata: 1}\n\n', {"a": 1}),
        (b'data:{"a":1}\r\n\r\n', {"a": 1}),
        (b"data: [DONE]\n\n", None),
        (b": ping\n\n", None),
        (b'data: {"a":\n\n', None),
    ],
)
def test_an_event_is_the_object_that_its_data_is(frame, event):
    assert event_of(frame) == event


def test_what_is_written_can_be_read_also_where_it_has_lone_surrogates():
    for value in ({"text": "東京 \x00\n"}, {"text": "\ud83d"}):
        assert event_of(frame_of(value, "delta")) == value
    with pytest.raises(ValueError, match="not JSON compliant"):
        wire_json({"ms": float("inf")})
