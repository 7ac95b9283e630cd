from __future__ import annotations

import json

import pytest

from headroom import count_tokens
from headroom.audit import audit, read_bodies
from headroom.errors import InputError
from payloads import FORMATS, big_table

FIELDS = {"openai": "messages", "anthropic": "messages", "responses": "input", "gemini": "contents"}
WRITERS = pytest.mark.parametrize(("name", "write"), FORMATS.items(), ids=FORMATS)
TURNS = [(f"question {number}", f"part {number}", big_table(40, 17)) for number in range(4)]


def bodies(name, write, clock=lambda number: "2026-11-30T05:42:47Z", tool="search", model=None):
    """Four requests of a growing conversation; `clock` gives what the system prompt of each says."""
    for number in range(1, 5):
        messages = write(TURNS[:number])
        system = f"You help. It is {clock(number)}. Be brief."
        body = {FIELDS[name]: messages, "tools": [{"name": tool, "description": "finds things"}]}
        if name == "openai":
            messages[0] = {"role": "system", "content": system}
        elif name == "anthropic":
            body["system"] = [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]
        elif name == "responses":
            body["instructions"] = system
        else:
            body["systemInstruction"] = {"parts": [{"text": system}]}
        yield f"log:{number}", body | ({"model": model} if model else {})


def times(number):
    return f"2026-11-30T05:4{number}:11Z"


@WRITERS
def test_a_conversation_that_only_grows_breaks_nothing(name, write):
    [found] = audit(bodies(name, write))
    assert (found.requests, found.breaks) == (4, ())
    assert found.name == "question 0"
    assert found.volatile == {"timestamp": 1}


@WRITERS
def test_a_time_in_the_system_prompt_is_found_in_every_format(name, write):
    [found] = audit(bodies(name, write, times))
    assert [each.request for each in found.breaks] == ["log:2", "log:3", "log:4"]
    first = found.breaks[0]
    assert first.kind == "timestamp"
    assert (first.old, first.new) == (times(1), times(2))
    assert first.character == len("You help. It is 2026-11-30T05:4")
    behind = count_tokens(big_table(40, 17))
    assert behind < first.tokens < 2 * behind
    assert first.cost == pytest.approx(first.tokens * 1.15)
    assert first.currency == "tokens"


def test_what_it_cost_is_told_in_the_prices_of_the_model():
    [found] = audit(bodies("anthropic", FORMATS["anthropic"], times, model="claude-sonnet-4-5"))
    first = found.breaks[0]
    assert first.currency == "USD"
    assert first.cost == pytest.approx(first.tokens * (3.75 - 0.3) / 1e6)


def test_a_changed_tool_stands_before_everything():
    one, two = list(bodies("anthropic", FORMATS["anthropic"]))[:2]
    two[1]["tools"][0]["description"] = "finds more"
    [found] = audit([one, two])
    assert found.breaks[0].place == "tools"
    assert found.breaks[0].kind == "text"


def test_moved_breakpoints_and_a_text_written_as_a_block_are_no_change():
    one, two = list(bodies("openai", FORMATS["openai"]))[:2]
    two[1]["messages"][1] = {
        "role": "user",
        "content": [{"type": "text", "text": "question 0", "cache_control": {"type": "ephemeral"}}],
    }
    assert audit([one, two])[0].breaks == ()


def test_messages_that_were_taken_out_and_other_fields_are_told():
    one, two = list(bodies("openai", FORMATS["openai"]))[2:]
    fewer = {**two[1], "messages": two[1]["messages"][:1] + two[1]["messages"][1:2] + two[1]["messages"][4:]}
    [found] = audit([one, ("cut", fewer)])
    assert found.breaks[0].place.startswith("2")
    other = json.loads(json.dumps(one[1]))
    other["messages"][2]["name"] = "helper"
    [found] = audit([one, ("named", other)])
    assert (found.breaks[0].kind, found.breaks[0].place) == ("fields", "2")
    [found] = audit([two, one])
    assert found.breaks[0].kind == "message"


def test_conversations_are_told_apart_by_what_was_asked_first_but_for_its_time():
    def asked(number, text):
        return f"log:{number}", {"messages": [{"role": "user", "content": text}]}

    found = audit(
        [
            asked(1, "<env>Today's date: 2026-11-30</env> go"),
            asked(2, "another thing"),
            asked(3, "<env>Today's date: 2026-12-01</env> go"),
        ]
    )
    assert [each.requests for each in found] == [2, 1]
    assert found[0].breaks[0].kind == "date"


def test_files_and_directories_are_read_in_order(tmp_path):
    one, two = list(bodies("openai", FORMATS["openai"]))[:2]
    (tmp_path / "b.jsonl").write_text(json.dumps(two[1]) + "\n\n")
    (tmp_path / "a.json").write_text("\ufeff" + json.dumps(one[1]), encoding="utf-8")
    assert [name for name, _ in read_bodies(str(tmp_path))] == ["a.json:1", "b.jsonl:1"]
    assert audit(read_bodies(str(tmp_path)))[0].requests == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "line 1, is not JSON"), ('{"a": 1}', "no request in a known format"), ("[1]", "no request in a known")],
)
def test_what_is_no_request_is_refused(tmp_path, text, message):
    file = tmp_path / "requests.jsonl"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        audit(read_bodies(str(file)))


def test_an_empty_directory_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no file"):
        list(read_bodies(str(tmp_path)))
