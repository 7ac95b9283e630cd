from __future__ import annotations

import pytest

from headroom import compress
from headroom.providers import gemini


def called(name="list_pods", **fields):
    return {"functionCall": {"name": name, "args": {"ns": "prod"}, **fields}}


def responded(response, name="list_pods", **fields):
    return {"functionResponse": {"name": name, "response": response, **fields}}


def conversation(*responses):
    return [
        {"role": "user", "parts": [{"text": "which pod fails?"}]},
        {"role": "model", "parts": [called() for _ in responses]},
        {"role": "user", "parts": list(responses)},
    ]


def results(contents):
    return [each for each in gemini.read(contents) if each.origin == "tool"]


@pytest.mark.parametrize(
    ("response", "read"),
    [
        ({"output": "x"}, {("output",): "x"}),
        ({"stdout": "x", "stderr": "y", "exit_code": 0}, {("stdout",): "x", ("stderr",): "y"}),
        ({"result": {"content": [{"type": "text", "text": "x"}]}}, {("result", "content", 0, "text"): "x"}),
        ({"pods": [{"name": "a"}], "next": None, "none": []}, {("pods",): '[{"name":"a"}]'}),
    ],
)
def test_every_field_of_a_response_is_read(response, read):
    contents = conversation(responded(response))
    found = {each.place[5:]: each.text for each in results(contents)}
    assert found == read
    places = [each.place for each in results(contents)]
    assert places == [(2, "parts", 0, "functionResponse", "response", *place) for place in read]
    written = gemini.write(contents, dict.fromkeys(places, "shorter"))
    assert [(each.place, each.text) for each in results(written)] == [(place, "shorter") for place in places]


def test_responses_belong_to_their_calls_by_id_and_else_in_order():
    contents = [
        {"role": "model", "parts": [called("read", args={"n": n}) for n in (1, 2)] + [called("read", id="c", args={})]},
        {"role": "user", "parts": [responded({"output": "x"}, "read", id="c"), responded({"output": "a"}, "read")]},
        {"role": "user", "parts": [responded({"output": "b"}, "read")]},
    ]
    assert [each.call.arguments for each in results(contents)] == ["{}", '{"n":1}', '{"n":2}']


def test_thoughts_are_never_read_and_signed_texts_are_frozen():
    parts = [{"text": "hmm", "thought": True}, {"text": "so", "thoughtSignature": "s"}, {"text": "well"}]
    found = gemini.read([{"role": "model", "parts": parts}])
    assert [(each.text, each.frozen) for each in found] == [("so", True), ("well", False)]


def test_parts_settle_the_format():
    assert gemini.detect(conversation(responded({"output": "x"}))) == 1
    assert gemini.detect([{"role": "user", "content": "hi"}]) == 0


def test_the_system_instruction_is_read_in_either_spelling():
    for field in ("systemInstruction", "system_instruction"):
        [found] = gemini.read_beside({field: {"parts": [{"text": "Be brief."}]}, "contents": []})
        assert (found.text, found.place) == ("Be brief.", (field, "parts", 0, "text"))


def test_a_response_of_data_is_compressed():
    pods = [{"id": n, "status": "ok", "zone": "eu"} for n in range(300)]
    contents = conversation(responded({"pods": pods, "next": "page2"}))
    result = compress(contents)
    response = result.messages[2]["parts"][0]["functionResponse"]["response"]
    assert list(response) == ["pods", "next"]
    assert response["next"] == "page2"
    assert "[300]" in response["pods"]
    assert result.tokens_after < result.tokens_before / 4
