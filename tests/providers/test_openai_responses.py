from __future__ import annotations

from headroom import compress
from headroom.providers import openai_responses

CALL = {"type": "function_call", "call_id": "c1", "name": "list_pods", "arguments": '{"ns":"prod"}'}
CONVERSATION = [
    {"role": "user", "content": "which pod fails?"},
    {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "eA=="},
    CALL,
    {"type": "function_call_output", "call_id": "c1", "output": "pods"},
]


def test_an_output_knows_its_call_and_the_question_before_it():
    result = openai_responses.read(CONVERSATION)[-1]
    assert (result.text, result.place, result.origin, result.query) == (
        "pods",
        (3, "output"),
        "tool",
        "which pod fails?",
    )
    assert (result.call.name, result.call.arguments) == ("list_pods", '{"ns":"prod"}')


def test_both_streams_of_a_shells_output_are_read():
    items = [
        {"type": "shell_call", "call_id": "s", "action": {"commands": ["make"]}},
        {"type": "shell_call_output", "call_id": "s", "output": [{"stdout": "built", "stderr": "warning: unused"}]},
    ]
    found = [each for each in openai_responses.read(items) if each.origin == "tool"]
    assert [(each.text, each.place) for each in found] == [
        ("built", (1, "output", 0, "stdout")),
        ("warning: unused", (1, "output", 0, "stderr")),
    ]
    assert found[0].call == ("shell", '{"commands":["make"]}')


def test_reasoning_and_the_calls_of_the_providers_own_tools_are_never_read():
    items = [
        CONVERSATION[1],
        {"type": "mcp_call", "id": "m", "name": "n", "arguments": "{}", "output": "secret"},
        {"type": "file_search_call", "id": "f", "results": [{"text": "found"}]},
        {"type": "item_reference", "id": "x"},
        {"type": "from_the_future", "output": "f"},
    ]
    assert openai_responses.read(items) == []


def test_a_call_of_its_own_settles_the_format_and_a_tool_message_rules_it_out():
    assert openai_responses.detect(CONVERSATION) == 1
    assert openai_responses.detect([{"role": "tool", "content": "x"}]) == 0
    assert 0 < openai_responses.detect([{"role": "user", "content": "hi"}]) < 0.4


def test_the_instructions_and_tools_of_a_request_are_read_beside_its_items():
    body = {"instructions": "Be brief.", "tools": [{"type": "function", "name": "f"}], "input": CONVERSATION}
    assert [(each.place, each.frozen) for each in openai_responses.read_beside(body)] == [
        (("instructions",), False),
        (("tools",), True),
    ]


def test_the_tools_in_a_namespace_may_be_called_too():
    server = {
        "type": "namespace",
        "name": "mcp__headroom",
        "tools": [{"type": "function", "name": "headroom_retrieve"}],
    }
    assert "headroom_retrieve" in openai_responses.callable_tools({"tools": [server, {"type": "web_search"}]})
    assert not openai_responses.callable_tools({"tools": [server], "tool_choice": "none"})
    torn = [{"type": "namespace", "name": "x", "tools": 5}, {"type": "namespace", "tools": [None]}]
    assert "headroom_retrieve" not in openai_responses.callable_tools({"tools": torn})


def test_an_output_is_compressed_in_place():
    rows = "[" + ",".join(f'{{"id":{n},"status":"ok","zone":"eu"}}' for n in range(300)) + "]"
    result = compress([*CONVERSATION[:3], {**CONVERSATION[3], "output": rows, "x": 1}])
    assert result.messages[:3] == CONVERSATION[:3]
    assert result.messages[3] == {**CONVERSATION[3], "output": result.messages[3]["output"], "x": 1}
    assert len(result.messages[3]["output"]) < len(rows) / 4
