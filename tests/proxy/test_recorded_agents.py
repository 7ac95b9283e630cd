"""What coding agents really send, through the proxy: `tests/agents/record_requests.py` has recorded it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from headroom import count_tokens

RECORDED = sorted((Path(__file__).parents[1] / "agents" / "recorded").glob("*.json"))
TELLTALE = "handled request"
TROUBLE = "upstream timed out"
TALKS = ("messages", "input", "contents")


def test_every_agent_that_is_tried_was_recorded():
    names = {path.stem for path in RECORDED}
    assert names == {"aider", "claude", "cline", "codex", "continue", "copilot", "gemini", "opencode", "qwen"}


def talk(body):
    return next(body[name] for name in TALKS if name in body)


def changed(sent, forwarded, place=()):
    """The places and values that differ; a tool more than was sent is none."""
    if isinstance(sent, dict) and isinstance(forwarded, dict) and sent.keys() == forwarded.keys():
        return [each for name in sent for each in changed(sent[name], forwarded[name], (*place, name))]
    if isinstance(sent, list) and isinstance(forwarded, list):
        more = forwarded[len(sent) :]
        if not more or (place == ("tools",) and len(more) == 1 and "headroom_retrieve" in json.dumps(more)):
            pairs = enumerate(zip(sent, forwarded, strict=False))
            return [each for index, (one, other) in pairs for each in changed(one, other, (*place, index))]
    return [] if sent == forwarded else [(place, sent, forwarded)]


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_an_agents_requests_go_on_as_they_came_but_for_what_its_tools_printed(started, provider, path):
    requests = json.loads(path.read_text(encoding="utf-8"))
    assert any(TELLTALE in json.dumps(request["body"]) for request in requests)
    proxy, went_out, shorter = started(), [], 0
    for number, request in enumerate(requests):
        if number == len(requests) - 1:
            proxy.stop()
            proxy = started(home=proxy.home)
        raw = json.dumps(request["body"], ensure_ascii=False, separators=(",", ":")).encode()
        proxy.post(request["path"], raw, {"Authorization": "Bearer sk-none", "x-api-key": "sk-none"})
        seen = provider.last()
        assert seen.target.partition("?")[0] == request["path"]
        differences = changed(request["body"], seen.json())
        if not differences and seen.json() == request["body"]:
            assert seen.body == raw
        for place, before, after in differences:
            assert place[0] in TALKS
            assert TELLTALE in before
            # Some cut what is printed themselves.
            assert (TROUBLE in after) == (TROUBLE in before)
            # Where the agent has no tool to ask with, the log is written without loss.
            assert count_tokens(after) < count_tokens(before) / (5 if "[headroom " in after else 1.5)
            shorter += 1
        went_out.append((request["body"], seen.json()))
    # What Aider reads is the user's word, which is left alone unless the user says otherwise.
    assert shorter or path.stem == "aider"
    for (one, first), (other, second) in pairwise(went_out):
        if json.dumps(talk(other)).startswith(json.dumps(talk(one))[:-1]):
            assert json.dumps(talk(second)).startswith(json.dumps(talk(first))[:-1])
