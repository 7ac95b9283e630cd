"""What could be the names of files in arguments."""

from __future__ import annotations

import re
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from headroom.file_names import dotted_names


def of_a_name(character):
    return re.fullmatch(r"[\w.+-]", character) is not None


@given(st.text(st.sampled_from("ab.+-_/ \n\"'é٣,"), max_size=60) | st.text(max_size=60))
def test_each_is_as_long_as_it_can_be_and_has_a_dot(text):
    runs = ["".join(run) for is_name, run in groupby(text, of_a_name) if is_name]
    assert dotted_names(text) == [run for run in runs if "." in run]
