from __future__ import annotations

import json

import pytest

import headroom
from headroom.agent_hooks import EVENTS, claude_post_tool_use, copilot_post_tool_use, cursor_post_tool_use
from headroom.errors import InputError
from headroom.marker import parse_marker
from headroom.registry import agents
from payloads import big_table

TABLE = big_table()
LOG = "\n".join(f"10:00:{n % 60:02d} INFO worker-{n % 7} handled request {n} in {n % 93} ms" for n in range(400))


def answered(response, tool="Bash", arguments=None, **fields):
    """The output that stands for a tool's, or None where it is left alone."""
    event = {"tool_name": tool, "tool_input": arguments or {"command": "cat x"}, "tool_response": response, **fields}
    answer = claude_post_tool_use(json.dumps(event))
    if not answer:
        return None
    specific = json.loads(answer)["hookSpecificOutput"]
    assert specific.pop("hookEventName") == "PostToolUse"
    assert set(specific) == {"updatedToolOutput"}
    return specific["updatedToolOutput"]


def test_the_output_keeps_its_shape_and_its_original_can_be_had_back():
    response = {"stdout": LOG, "stderr": "", "interrupted": False, "isImage": False}
    output = answered(response)
    assert {**output, "stdout": LOG} == response
    assert len(output["stdout"]) < len(LOG) / 10
    assert headroom.retrieve(parse_marker(output["stdout"]).key).text == LOG


@pytest.mark.parametrize(
    ("response", "read"),
    [
        (TABLE, lambda output: output),
        ([{"type": "text", "text": TABLE}], lambda output: output[0]["text"]),
        ({"content": [{"type": "text", "text": TABLE}]}, lambda output: output["content"][0]["text"]),
        ({"mode": "content", "content": TABLE, "numFiles": 3}, lambda output: output["content"]),
        ({"result": TABLE, "code": 200}, lambda output: output["result"]),
    ],
)
def test_texts_are_found_wherever_tools_keep_them(response, read):
    text = read(answered(response, "mcp__db__query"))
    assert parse_marker(text)
    assert headroom.retrieve(parse_marker(text).key).text == TABLE


def test_what_would_not_become_smaller_is_left_alone():
    for response in ("short", {"stdout": "", "stderr": ""}, {"stdout": "x" * 150}, [], None, 3, {"filePath": LOG}):
        assert answered(response) is None


def test_answers_of_the_retrieve_tool_are_left_alone():
    for tool in ("mcp__headroom__headroom_retrieve", "headroom_retrieve"):
        assert answered([{"type": "text", "text": TABLE}], tool) is None


def test_an_output_that_is_ours_already_is_left_alone():
    response = {"stdout": answered({"stdout": LOG})["stdout"]}
    assert answered(response) is None


def test_what_the_user_asked_last_decides_what_stays(tmp_path):
    transcript = tmp_path / "transcript.jsonl"
    lines = [
        {"type": "user", "message": {"role": "user", "content": "what did request 311 do?"}},
        {"type": "assistant", "message": {"role": "assistant", "content": [{"type": "tool_use"}]}},
        {"type": "user", "message": {"role": "user", "content": [{"type": "tool_result", "content": "no question"}]}},
    ]
    transcript.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"type": "user", torn')
    wanted = "handled request 311 in"
    assert wanted in answered({"stdout": LOG}, transcript_path=str(transcript))["stdout"]
    assert wanted not in answered({"stdout": LOG}, transcript_path=str(tmp_path / "absent"))["stdout"]


def test_cursors_mcp_tools_are_answered_and_its_own_left_alone():
    def answered(tool, output):
        event = {"tool_name": tool, "tool_input": "{}", "tool_output": output}
        return json.loads(cursor_post_tool_use(json.dumps(event)))

    blocks = {"content": [{"type": "text", "text": TABLE}], "isError": False}
    answer = answered("MCP:db:query", json.dumps(blocks))
    assert set(answer) == {"updated_mcp_tool_output"}
    [block] = answer["updated_mcp_tool_output"]["content"]
    assert headroom.retrieve(parse_marker(block["text"]).key).text == TABLE
    assert parse_marker(answered("MCP:query", LOG)["updated_mcp_tool_output"])
    assert answered("Shell", json.dumps({"output": LOG, "exitCode": 0})) == {}
    assert answered("MCP:headroom:headroom_retrieve", json.dumps(blocks)) == {}
    assert answered("MCP:query", '"short"') == {}


def test_copilots_results_are_answered_but_not_what_it_says_of_files():
    def answered(tool, text):
        result = {"resultType": "success", "textResultForLlm": text}
        event = {"toolName": tool, "toolArgs": {"command": "cat x"}, "toolResult": result}
        answer = copilot_post_tool_use(json.dumps(event))
        return json.loads(answer)["modifiedResult"] if answer else None

    result = answered("bash", LOG)
    assert result["resultType"] == "success"
    assert headroom.retrieve(parse_marker(result["textResultForLlm"]).key).text == LOG
    for tool in ("view", "edit", "headroom-headroom_retrieve"):
        assert answered(tool, LOG) is None
    assert answered("bash", "short") is None


def test_the_events_are_those_that_agents_hooks_name():
    assert {agent.hook_event for agent in agents() if "hooks" in agent.setups} == set(EVENTS)


@pytest.mark.parametrize("event", ["", "{", "[]", '{"tool_name": "Bash"}'])
@pytest.mark.parametrize("answer", EVENTS.values(), ids=EVENTS)
def test_something_else_than_an_event_is_refused(event, answer):
    with pytest.raises(InputError, match="standard input is no"):
        answer(event)
