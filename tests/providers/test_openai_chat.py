from __future__ import annotations

from headroom.providers import openai_chat

CALL = {"id": "c1", "type": "function", "function": {"name": "list_pods", "arguments": '{"ns": "prod"}'}}
CONVERSATION = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": [{"type": "text", "text": "which pod fails?"}, {"type": "image_url", "image_url": {}}]},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "pods"},
]


def test_a_tool_result_knows_its_call_and_the_question_before_it():
    result = openai_chat.read(CONVERSATION)[-1]
    assert (result.text, result.origin, result.place) == ("pods", "tool", (3, "content"))
    assert (result.call.name, result.call.arguments) == ("list_pods", '{"ns": "prod"}')
    assert result.query == "which pod fails?"


def test_every_text_is_read_with_its_origin_and_calls_are_frozen():
    seen = [(each.origin, each.text, each.frozen) for each in openai_chat.read(CONVERSATION)]
    assert seen == [
        ("system", "be brief", False),
        ("user", "which pod fails?", False),
        ("assistant", '{"ns": "prod"}', True),
        ("tool", "pods", False),
    ]


def test_a_later_question_does_not_reach_back():
    later = [
        *CONVERSATION,
        {"role": "user", "content": "and now?"},
        {"role": "tool", "tool_call_id": "c1", "content": "x"},
    ]
    tools = [each for each in openai_chat.read(later) if each.origin == "tool"]
    assert [each.query for each in tools] == ["which pod fails?", "and now?"]


def test_a_tool_result_may_be_a_list_of_parts():
    message = {
        "role": "tool",
        "tool_call_id": "c1",
        "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
    }
    places = [each.place for each in openai_chat.read([message])]
    assert places == [(0, "content", 0, "text"), (0, "content", 1, "text")]


def test_the_legacy_function_role_belongs_to_the_legacy_call():
    messages = [
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "result"},
    ]
    result = openai_chat.read(messages)[-1]
    assert (result.origin, result.call.name) == ("tool", "f")


def test_a_custom_tools_input_counts_as_its_arguments():
    call = {"id": "c2", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
    messages = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c2", "content": "1"},
    ]
    assert openai_chat.read(messages)[-1].call.arguments == "select 1"


def test_a_developer_message_is_a_system_text_and_an_unknown_role_is_left_to_the_provider():
    origins = [each.origin for each in openai_chat.read([{"role": "developer", "content": "x"}])]
    assert origins == ["system"]
    assert openai_chat.detect([{"role": "oracle", "content": "x"}]) == 0


def test_a_tool_message_settles_the_format_and_plain_messages_leave_it_open():
    assert openai_chat.detect(CONVERSATION) == 1
    assert 0 < openai_chat.detect([{"role": "user", "content": "hi"}]) < 1


def test_a_call_whose_arguments_are_no_json_has_no_arguments():
    request = openai_chat.read_tool_call({"id": "c", "function": {"name": "f", "arguments": "{"}})
    assert request.arguments is None
    assert openai_chat.read_tool_call({"type": "tool_use", "id": "c"}) is None
