from __future__ import annotations

import copy

from headroom.places import as_mapping, texts_of, with_texts


class SdkObject:
    def __init__(self, **fields):
        self.fields = fields

    def model_dump(self):
        return dict(self.fields)


def test_a_replacement_changes_its_place_and_nothing_else():
    payload = [{"role": "user", "content": "a"}, {"role": "tool", "content": [{"type": "text", "text": "b", "x": 1}]}]
    before = copy.deepcopy(payload)
    written = with_texts(payload, {(1, "content", 0, "text"): "c"})
    assert payload == before
    assert written[0] is payload[0]
    assert written[1] == {"role": "tool", "content": [{"type": "text", "text": "c", "x": 1}]}


def test_without_replacements_the_payload_itself_comes_back():
    payload = [{"content": "a"}]
    assert with_texts(payload, {}) is payload


def test_the_text_itself_stands_at_the_empty_place():
    assert with_texts("long", {(): "short"}) == "short"


def test_several_places_of_one_message_are_written_together():
    payload = [{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
    written = with_texts(payload, {(0, "content", 0, "text"): "A", (0, "content", 1, "text"): "B"})
    assert [block["text"] for block in written[0]["content"]] == ["A", "B"]


def test_key_order_survives_writing():
    payload = [{"z": 1, "content": "a", "b": 2}]
    assert list(with_texts(payload, {(0, "content"): "c"})[0]) == ["z", "content", "b"]


def test_an_object_of_an_sdk_is_read_as_it_would_be_on_the_wire_and_written_as_a_dict():
    block = SdkObject(type="text", text="a", citations=None)
    assert as_mapping(block)["text"] == "a"
    [(text, place, _)] = texts_of([block], ("content",))
    written = with_texts({"content": [block]}, {place: text.upper()})
    assert written == {"content": [{"type": "text", "text": "A", "citations": None}]}


def test_what_is_no_text_block_has_no_text():
    blocks = [{"type": "image", "text": "no"}, {"type": "text", "text": ""}, {"type": "text", "text": 7}, None, "bare"]
    assert list(texts_of(blocks, ())) == []
    assert list(texts_of(None, ())) == []
    assert list(texts_of("", ())) == []
