"""What agents' hooks call: an event as the agent writes it goes in, its answer comes out.

- Claude Code's PostToolUse (https://code.claude.com/docs/en/hooks): `tool_name`, `tool_input` and `tool_response` in,
  `updatedToolOutput` out, which stands for the response in the agent's own history and must have its shape.
- Cursor's postToolUse (https://cursor.com/docs/agent/hooks): the same with `tool_output`, which is JSON in a text, and
  `updated_mcp_tool_output`, which is heeded for MCP tools alone.
- Copilot CLI's postToolUse (https://docs.github.com/en/copilot/reference/copilot-cli-reference/cli-hooks-reference):
  `toolName`, `toolArgs` and `toolResult` in, `modifiedResult` out.

Only the texts that a model reads are replaced. Where none becomes smaller the answer changes nothing: one with the same
output would undo what another hook makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from headroom.errors import InputError
from headroom.places import with_texts
from headroom.segment import Place, ToolCall

# Where tools keep what a model reads: Claude Code's Bash, Grep and WebFetch, blocks of content, Copilot CLI's results.
_TEXT_FIELDS = ("stdout", "stderr", "content", "result", "text", "textResultForLlm")

# What Copilot CLI's own tools say of files is wanted literally, to be edited.
_COPILOT_FILE_TOOLS = ("view", "create", "edit")

# The question in force is looked for in so much of the end of a transcript, in bytes.
_TRANSCRIPT_END_BYTES = 1 << 19

# A response smaller than this in characters gains nothing that would pay for a marker.
_MIN_CHARACTERS = 200


def claude_post_tool_use(event: str) -> str:
    """The answer to Claude Code's event, or an empty text to leave the output as it is.

    Raises InputError for something that is no such event.
    """
    fields = _read(event, "tool_response")
    shorter = _shorter(fields.get("tool_name"), fields.get("tool_input"), fields["tool_response"], fields)
    if shorter is None:
        return ""
    answer = {"hookEventName": "PostToolUse", "updatedToolOutput": shorter}
    return json.dumps({"hookSpecificOutput": answer}, ensure_ascii=False)


def cursor_post_tool_use(event: str) -> str:
    """The answer to Cursor's event; an empty object leaves the output as it is.

    Raises InputError for something that is no such event.
    """
    fields = _read(event, "tool_output")
    if not str(fields.get("tool_name")).startswith("MCP:"):
        return "{}"
    output = fields["tool_output"]
    with suppress(ValueError, TypeError):
        output = json.loads(output)
    shorter = _shorter(fields["tool_name"], fields.get("tool_input"), output, fields)
    return "{}" if shorter is None else json.dumps({"updated_mcp_tool_output": shorter}, ensure_ascii=False)


def copilot_post_tool_use(event: str) -> str:
    """The answer to Copilot CLI's event, or an empty text to leave the output as it is.

    Raises InputError for something that is no such event.
    """
    fields = _read(event, "toolResult")
    if fields.get("toolName") in _COPILOT_FILE_TOOLS:
        return ""
    shorter = _shorter(fields.get("toolName"), fields.get("toolArgs"), fields["toolResult"], fields)
    return "" if shorter is None else json.dumps({"modifiedResult": shorter}, ensure_ascii=False)


EVENTS = {
    "claude-post-tool-use": claude_post_tool_use,
    "copilot-post-tool-use": copilot_post_tool_use,
    "cursor-post-tool-use": cursor_post_tool_use,
}
"""What answers each event, by the name that `headroom hook` takes."""


def _read(event: str, field: str) -> dict[str, Any]:
    try:
        fields = json.loads(event)
    except ValueError:
        raise InputError("standard input is no JSON; this command is for agents' hooks, see headroom init") from None
    if not isinstance(fields, dict) or field not in fields:
        raise InputError(f"standard input is no event after a tool's use: it has no {field}")
    return fields


def _shorter(name: Any, arguments: Any, response: Any, fields: Mapping[str, Any]) -> Any:
    """The response with what became smaller in it, or None if nothing did."""
    found = [(place, text) for place, text in _texts(response, ()) if len(text) >= _MIN_CHARACTERS]
    if not found or ToolCall(str(name), "").is_retrieve:
        return None
    question = _question(str(fields.get("transcript_path") or ""))
    shorter = _compressed(str(name), arguments, question, [text for _, text in found])
    replaced = {place: new for (place, old), new in zip(found, shorter, strict=True) if new != old}
    return with_texts(response, replaced) if replaced else None


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*place, index))
    elif isinstance(value, Mapping):
        for field in _TEXT_FIELDS:
            if field in value:
                yield from _texts(value[field], (*place, field))


def _question(transcript: str) -> str | None:
    """What the user asked last, from the end of a transcript, of which each line is JSON; None if it is not there."""
    try:
        with open(transcript, "rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - _TRANSCRIPT_END_BYTES))
            lines = stream.read().splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        # Only a line that may hold what a user wrote is worth parsing.
        if b'"user"' not in line or b'"tool_result"' in line:
            continue
        with suppress(ValueError):
            entry = json.loads(line)
            if entry.get("type") == "user" and not entry.get("isMeta"):
                texts = [text for _, text in _texts(entry["message"], ())]
                return "\n".join(texts) or None
    return None


def _compressed(name: str, arguments: Any, question: str | None, texts: list[str]) -> list[str]:
    """The texts as a conversation would have them, in which the tool call says what was asked for."""
    # Imported here since most outputs are small, and the hook starts anew for each.
    from headroom.library import compress

    use = {"type": "tool_use", "id": "1", "name": name, "input": arguments if isinstance(arguments, dict) else {}}
    blocks = [{"type": "text", "text": text} for text in texts]
    messages = [
        # A conversation is known by how it begins: what was decided for another question is not for this one.
        *([{"role": "user", "content": question}] if question else []),
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": blocks}]},
    ]
    written: Any = compress(messages, provider="anthropic_messages").messages
    return [block["text"] for block in written[-1]["content"][0]["content"]]
