from __future__ import annotations

import asyncio
import inspect
import json

import pytest

from headroom import (
    InputError,
    KeyNotFoundError,
    QueryError,
    Settings,
    SettingsError,
    UnknownOptionError,
    acompress,
    compress,
    count_tokens,
    expand,
    handle_tool_call,
    retrieve,
    retrieve_tool,
)
from headroom.marker import parse_marker
from headroom.store.memory import MemoryStore
from payloads import FORMATS, big_table
from stand_ins import FullStore

TABLE = big_table()
TURN = [("which failed?", "orders", TABLE)]


@pytest.fixture
def store():
    return MemoryStore()


class SdkObject:
    def __init__(self, **fields):
        self.fields = fields

    def model_dump(self):
        return dict(self.fields)


@pytest.mark.parametrize("name", FORMATS)
def test_a_conversation_comes_back_smaller_in_the_same_shape(name, store):
    messages = FORMATS[name](TURN)
    result = compress(messages, store=store)
    assert len(result.messages) == len(messages)
    assert result.text is None
    assert 0 < result.compression_ratio < 1
    assert result.tokens_after == result.tokens_before - result.tokens_saved
    assert store.get(result.keys[0]) == TABLE


def test_a_text_comes_back_as_a_text(store):
    result = compress(TABLE, store=store)
    assert result.messages is None
    assert parse_marker(result.text).key == result.keys[0]


def test_small_results_and_an_empty_conversation_come_back_as_they_were(store):
    assert compress([], store=store).messages == []
    assert compress("", store=store).text == ""
    assert compress('{"a": 1}', store=store).text == '{"a": 1}'


def test_the_default_store_keeps_originals_too():
    result = compress(TABLE)
    assert retrieve(result.keys[0]).text == TABLE
    assert expand(result.text) == TABLE


def test_messages_may_be_objects_of_an_sdk(store):
    messages = FORMATS["openai"](TURN)
    messages[2] = SdkObject(**messages[2])
    result = compress(messages, store=store)
    assert result.messages[2] is messages[2]
    assert result.segments[-1].call.name == "fetch"
    assert result.tokens_saved > 0


def test_tool_results_are_worked_on_and_user_and_system_texts_only_if_the_settings_say_so(store):
    messages = [{"role": "system", "content": TABLE}, {"role": "user", "content": TABLE}]
    assert compress(messages, store=store).messages == messages
    settings = {"compress_system": True, "compress_user": True}
    assert all(message["content"] != TABLE for message in compress(messages, store=store, settings=settings).messages)


def test_a_system_prompt_beside_the_messages_is_counted_and_comes_back(store):
    messages = FORMATS["anthropic"](TURN)
    system = [{"type": "text", "text": "You help.", "cache_control": {"type": "ephemeral"}}]
    alone, beside = compress(messages, store=store), compress(messages, store=store, system=system)
    assert beside.system == system
    assert beside.tokens_before == alone.tokens_before + count_tokens("You help.")
    assert beside.messages == alone.messages


def test_a_system_prompt_is_compressed_where_the_settings_say_so(store):
    result = compress([], system=TABLE, store=store, settings={"compress_system": True}, provider="anthropic")
    assert parse_marker(result.system)


def test_tools_are_counted_and_left_alone(store):
    tools = [retrieve_tool("openai")]
    messages = FORMATS["openai"](TURN)
    alone, beside = compress(messages, store=store), compress(messages, store=store, tools=tools)
    text = json.dumps(tools, ensure_ascii=False, separators=(",", ":"))
    assert beside.tokens_before == alone.tokens_before + count_tokens(text)
    assert beside.messages == alone.messages


def test_a_named_content_type_decides_what_it_is(store):
    assert compress(TABLE, content_type="text", store=store).text == TABLE
    assert compress(TABLE, content_type="json", store=store).text != TABLE


def test_the_question_decides_what_is_kept(store):
    assert "1123" in compress(TABLE, query="what about 1123?", store=store).text


def test_a_target_keeps_less(store):
    plain, target = compress(TABLE, store=store), compress(TABLE, target_ratio=0.05, store=store)
    assert target.tokens_after <= plain.tokens_after


def test_a_budget_that_cannot_be_met_is_told(store):
    result = compress(FORMATS["openai"](TURN), max_tokens=5, store=store)
    assert result.steps[-1].name == "budget"
    assert result.steps[-1].failed


def test_settings_may_be_an_object_or_a_dict(store):
    for settings in (Settings(level="lossless"), {"level": "lossless"}):
        assert parse_marker(compress(TABLE, settings=settings, store=store).text) is None


def test_a_keyword_beats_a_setting(store):
    assert parse_marker(compress(TABLE, level="balanced", settings={"level": "lossless"}, store=store).text)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"levle": "deep"}, UnknownOptionError, r"compress\(\) takes no 'levle'; did you mean 'level'"),
        ({"quarry": "x"}, TypeError, "did you mean 'query'"),
        ({"level": "max"}, SettingsError, "level='max' is not one of lossless, balanced, deep"),
        ({"level": "ballanced"}, ValueError, "did you mean 'balanced'"),
        ({"level": ["deep"]}, SettingsError, r"level=\['deep'\] is not one of"),
        ({"level": 3}, SettingsError, "level=3 is not one of"),
        ({"retrieval": "maybe"}, SettingsError, "retrieval='maybe' is not one of assumed, none"),
        ({"target_ratio": 1.5}, SettingsError, "target_ratio=1.5 is out of range: it must be from 0.01 to 1"),
        ({"target_ratio": "half"}, SettingsError, "target_ratio='half' is not a number"),
        ({"max_tokens": 0}, InputError, "max_tokens=0 must be a whole number, 1 or more"),
        ({"max_tokens": 1.5}, InputError, "max_tokens=1.5"),
        ({"model": 4}, InputError, "model=4 is a int; it must be a text"),
        ({"query": ["x"]}, InputError, r"query=\['x'\] is a list"),
        ({"content_type": "jason"}, InputError, "content_type='jason' is not one of .*; did you mean 'json'"),
        ({"provider": "opnai"}, InputError, "'opnai' is no known provider .*; did you mean 'openai'"),
        ({"store": "here"}, InputError, "store='here' is no store"),
        ({"settings": 3}, InputError, "settings=3 must be"),
        ({"settings": {"levle": "deep"}}, SettingsError, "did you mean 'level'"),
    ],
)
def test_a_wrong_argument_is_an_error_that_names_the_value_and_what_would_do(options, error, message):
    with pytest.raises(error, match=message):
        compress([{"role": "user", "content": "hi"}], **options)


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"bytes", "the input is a bytes; pass a list of messages, or one text as a str"),
        (None, "the input is a NoneType"),
        ({"messages": []}, r'the input is a dict; pass its list of messages, such as body\["messages"\]'),
        (["hello"], "message 0 is 'hello'; a message is a dict with a role and a content"),
        ([{"role": "user", "content": "x"}, 7], "message 1 is 7"),
        ([{"type": "event"}], "in none of the known formats"),
    ],
)
def test_a_wrong_payload_is_an_error_that_names_it(payload, message):
    with pytest.raises(InputError, match=message):
        compress(payload)


def test_a_full_store_costs_the_lossy_form_and_is_counted(store, caplog):
    result = compress(TABLE, store=FullStore(store))
    assert parse_marker(result.text) is None
    assert result.text != TABLE
    assert result.store_failures == 1
    assert result.keys == ()


def test_acompress_gives_the_same(store):
    messages = FORMATS["openai"](TURN)
    assert asyncio.run(acompress(messages, store=store)).messages == compress(messages, store=store).messages
    assert inspect.signature(acompress) == inspect.signature(compress)
    assert inspect.iscoroutinefunction(acompress)


def test_expand_gives_the_values_behind_a_lossless_form(store):
    text = compress(TABLE, level="lossless", store=store).text
    assert json.loads(expand(text)) == json.loads(TABLE)


def test_expand_leaves_any_other_text_as_it_is(store):
    assert expand("just text", store=store) == "just text"
    assert expand("", store=store) == ""


def test_retrieve_gives_parts_by_query_and_by_keyword(store):
    key = compress(TABLE, store=store).keys[0]
    assert retrieve(key, store=store).text == TABLE
    assert "upstream timed out" in retrieve(key, "grep timed", store=store).text
    assert retrieve(key, rows=218, store=store).text == retrieve(key, "rows 218", store=store).text
    assert "30000" in retrieve(key, path="$[217].ms", store=store).text


def test_retrieve_under_a_ceiling_says_how_to_go_on(store):
    key = compress(TABLE, store=store).keys[0]
    parts, query = [], ""
    for _ in range(100):
        part = retrieve(key, query, max_tokens=2_000, store=store)
        assert count_tokens(part.text) <= 2_000
        parts.append(part.text)
        if part.next is None:
            break
        query = part.next
    assert len(parts) > 2
    assert "".join(parts) == TABLE


def test_retrieve_of_an_unknown_key_or_by_a_malformed_query_is_an_error_that_says_so(store):
    key = compress(TABLE, store=store).keys[0]
    with pytest.raises(KeyNotFoundError, match="00000000000"):
        retrieve("00000000000", store=store)
    with pytest.raises(QueryError):
        retrieve(key, "rows five", store=store)
    with pytest.raises(InputError):
        retrieve(7, store=store)


def openai_call(name="headroom_retrieve", arguments="{}"):
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def anthropic_call(name="headroom_retrieve", input=None):
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": input}


def test_a_models_call_is_answered_in_its_own_format(store):
    key = compress('[{"id": 1, "name": "a long name"}, {"id": 2}]', store=store, settings={"min_tokens": 0}).keys[0]
    whole = store.get(key)
    assert handle_tool_call(openai_call(arguments=json.dumps({"key": key})), store=store) == {
        "role": "tool",
        "tool_call_id": "call_1",
        "content": whole,
    }
    assert handle_tool_call(anthropic_call("mcp__headroom__headroom_retrieve", {"key": key}), store=store) == {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": whole,
    }


def test_the_answer_to_a_call_is_bounded_and_says_how_to_go_on(store):
    key = compress(TABLE, store=store).keys[0]
    answer = handle_tool_call(anthropic_call(input={"key": key}), store=store, settings={"retrieve_max_tokens": 500})
    *_, last = answer["content"].splitlines()
    assert "for more, query: " in last
    assert count_tokens(answer["content"]) < 560


@pytest.mark.parametrize(
    "arguments",
    ["{", "[]", "{}", '{"key": 5}', '{"key": "00000000000"}', '{"key": "00000000000", "query": 5}'],
)
def test_what_the_model_got_wrong_is_told_to_the_model(arguments, store):
    answer = handle_tool_call(openai_call(arguments=arguments), store=store)
    assert answer["content"].startswith("Nothing was retrieved: ")


def test_a_failed_lookup_is_marked_where_the_format_can_say_it(store):
    answer = handle_tool_call(anthropic_call(input={"key": "00000000000"}), store=store)
    assert answer["is_error"] is True


def test_an_answer_to_a_retrieval_is_never_compressed(store):
    key = compress(TABLE, store=store).keys[0]
    call = openai_call(arguments=json.dumps({"key": key}))
    answer = handle_tool_call(call, store=store, settings={"retrieve_max_tokens": 100_000})
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": None, "tool_calls": [call]}, answer]
    assert compress(messages, store=store).messages == messages


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (openai_call("other_tool"), "this is a call of 'other_tool'; only calls of 'headroom_retrieve'"),
        ({"type": "text", "text": "x"}, "is no tool call in a known format"),
        ("headroom_retrieve", "is no tool call in a known format"),
    ],
)
def test_what_is_no_retrieve_call_is_the_callers_error(call, message, store):
    with pytest.raises(InputError, match=message):
        handle_tool_call(call, store=store)


def test_a_store_that_cannot_be_read_is_told_to_the_model(store):
    store.close()
    answer = handle_tool_call(openai_call(arguments='{"key": "00000000000"}'), store=store)
    assert "closed" in answer["content"]


def test_an_unknown_format_of_the_tool_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'anthropic'"):
        retrieve_tool("antropic")


def test_a_store_that_cannot_be_opened_costs_the_lossy_form(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    result = compress(TABLE, settings={"store_path": str(blocked / "store.db")})
    assert parse_marker(result.text) is None
    assert result.store_failures == 1


def test_expand_leaves_json_and_broken_notation_as_they_are():
    for text in ['{"a": 1.0,\n "b": [1, 2]}', "&1=abc", "&1=", "[2]{a}", "ndjson", "@1[2]{a}\n1\n2"]:
        assert expand(text) == text
