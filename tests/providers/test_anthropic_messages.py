from __future__ import annotations

from headroom.providers import anthropic_messages

USE = {"type": "tool_use", "id": "t1", "name": "list_pods", "input": {"ns": "prod", "naïve": 1.5}}
THINKING = {"type": "thinking", "thinking": "hmm", "signature": "s"}
IMAGE = {"type": "image", "source": {"type": "base64", "data": ""}}


def result(content, **fields):
    return {"type": "tool_result", "tool_use_id": "t1", "content": content, **fields}


CONVERSATION = [
    {"role": "user", "content": "which pod fails?"},
    {"role": "assistant", "content": [THINKING, {"type": "text", "text": "let me see"}, USE]},
    {"role": "user", "content": [result("pods", is_error=False), {"type": "text", "text": "hurry"}]},
]


def test_a_tool_result_knows_its_call_and_the_question_before_it():
    found = [each for each in anthropic_messages.read(CONVERSATION) if each.origin == "tool"]
    assert [(each.text, each.place, each.query) for each in found] == [
        ("pods", (2, "content", 0, "content"), "which pod fails?")
    ]
    assert found[0].call.name == "list_pods"
    assert found[0].call.arguments == '{"ns":"prod","naïve":1.5}'


def test_thinking_is_never_read_and_a_calls_input_is_frozen():
    seen = [(each.origin, each.text, each.frozen) for each in anthropic_messages.read(CONVERSATION)]
    assert ("assistant", '{"ns":"prod","naïve":1.5}', True) in seen
    assert not any("hmm" in text for _, text, _ in seen)


def test_the_texts_of_a_listed_result_are_read_and_its_images_are_not():
    message = {
        "role": "user",
        "content": [result([{"type": "text", "text": "a"}, IMAGE, {"type": "text", "text": "b"}])],
    }
    places = [each.place for each in anthropic_messages.read([message])]
    assert places == [(0, "content", 0, "content", 0, "text"), (0, "content", 0, "content", 2, "text")]


def test_what_citations_point_into_is_never_read_or_is_frozen():
    blocks = [
        {"type": "document", "source": {"type": "text", "data": "d"}, "citations": {"enabled": True}},
        {"type": "search_result", "source": "u", "title": "t", "content": [{"type": "text", "text": "s"}]},
        {"type": "text", "text": "cited", "citations": [{"type": "char_location"}]},
    ]
    message = {"role": "user", "content": [result(blocks)]}
    assert [(each.text, each.frozen) for each in anthropic_messages.read([message])] == [("cited", True)]


def test_blocks_of_server_tools_and_unknown_blocks_are_never_read():
    blocks = [
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"type": "text", "text": "w"}]},
        {"type": "mcp_tool_result", "tool_use_id": "m", "content": [{"type": "text", "text": "m"}]},
        {"type": "from_the_future", "text": "f"},
    ]
    assert anthropic_messages.read([{"role": "assistant", "content": blocks}]) == []


def test_a_system_message_inside_the_messages_is_a_system_text():
    found = anthropic_messages.read([{"role": "system", "content": [{"type": "text", "text": "rules"}]}])
    assert [each.origin for each in found] == ["system"]


def test_a_string_and_a_single_text_block_are_read_alike():
    [as_string] = anthropic_messages.read([{"role": "user", "content": "hi"}])
    [as_block] = anthropic_messages.read([{"role": "user", "content": [{"type": "text", "text": "hi"}]}])
    assert (as_string.text, as_string.origin) == (as_block.text, as_block.origin)


def test_a_block_of_its_own_settles_the_format_and_a_tool_message_rules_it_out():
    assert anthropic_messages.detect(CONVERSATION) > 0.5
    assert anthropic_messages.detect([{"role": "tool", "content": "x"}]) == 0
    assert 0 < anthropic_messages.detect([{"role": "user", "content": "hi"}]) < 0.5


def test_a_failed_answer_says_so_in_its_own_field():
    request = anthropic_messages.read_tool_call({"type": "tool_use", "id": "t", "name": "n", "input": {"key": "k"}})
    assert anthropic_messages.answer_tool_call(request, "no", True)["is_error"] is True
    assert "is_error" not in anthropic_messages.answer_tool_call(request, "yes", False)
