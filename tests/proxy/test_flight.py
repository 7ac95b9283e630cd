"""The model's retrievals answered on the way: real client, real proxy, a model that says what the test wants."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise

import anthropic
import brotli
import openai
import pytest

import headroom
from payloads import big_table
from proxy.conftest import wait_until
from proxy.dialects import DIALECTS, EVENTS, Say, Think
from proxy.fake_provider import Reply
from proxy.scripted_model import DONE, Client, Model, asking, in_turn, keys_in, ours, theirs

TABLE = big_table(300, 7)
ROW = json.dumps(json.loads(TABLE)[2], ensure_ascii=False)

every_format = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
both_ways = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


def values(message):
    """Everything that stands in a message, with the texts of calls as what they say."""
    return json.dumps(message, ensure_ascii=False)


@every_format
@both_ways
def test_the_tool_comes_last_and_its_calls_are_answered_within_the_request(proxy, provider, dialect, stream):
    client = Client(proxy, dialect, stream)
    model = Model(provider, dialect, in_turn(asking(Think("hm"), Say("Let me look. ")), DONE))
    heard = client.ask(*client.begun(f"which failed? {dialect.name} {stream}", TABLE))
    first, second = model.bodies
    assert model.faults == []
    assert first["tools"] == second["tools"] == [*client.body()["tools"], headroom.retrieve_tool(dialect.name)]
    assert second[dialect.field][: len(first[dialect.field])] == first[dialect.field]
    *called, result = second[dialect.field][len(first[dialect.field]) :]
    assert keys_in(first)[0] in values(called)
    assert ROW in values(result).replace("\\", "")
    assert heard.text == "Let me look. There are three."
    assert heard.calls == []
    assert heard.used == 111 + 112


def test_later_turns_bring_the_exchange_back_as_it_was_also_after_a_restart(started, provider):
    proxy = started()
    clients = [Client(proxy, dialect, stream) for dialect in DIALECTS.values() for stream in (False, True)]
    models = [ask_twice(client, provider) for client in clients]
    proxy.stop()
    proxy = started(home=proxy.home)
    for client, model in zip(clients, models, strict=True):
        client.proxy, provider.script = proxy, model.reply
        client.ask(client.dialect.user("how many?"))
        assert client.ask(client.dialect.user("thanks")).text == "Bye."
        assert model.faults == []
        assert len(model.bodies) == 6
        for shorter, longer in pairwise(model.messages):
            assert longer[: len(shorter)] == shorter
        assert len({json.dumps(body["tools"]) for body in model.bodies}) == 1


def ask_twice(client, provider):
    """Two questions, the first of which takes a retrieval; the model has answers for two more."""
    answers = [
        asking(Think("hm"), Say("Let me look. ")),
        [Think("aha"), Say("There are three.")],
        [Say("Because it rained.")],
        asking(identifier="h2", query="count"),
        [Say("It is 300.")],
        [Say("Bye.")],
    ]
    model = Model(provider, client.dialect, in_turn(*answers))
    client.ask(*client.begun(f"which failed, {client.dialect.name} {client.stream}?", TABLE))
    client.ask(client.dialect.user("why?"))
    return model


@every_format
@both_ways
def test_calls_mixed_with_the_clients_own_are_completed_by_its_next_request(proxy, provider, dialect, stream):
    client = Client(proxy, dialect, stream)
    mixed = [Think("hm"), Say("Both. "), theirs("t1")]
    answers = [lambda body: [*mixed[:2], ours("h1", keys_in(body)[-1]), mixed[2]], [Say("Sunny.")], [Say("Bye.")]]
    model = Model(provider, dialect, in_turn(*answers))
    heard = client.ask(*client.begun(f"mixed {dialect.name} {stream}?", TABLE))
    assert heard.calls == [theirs("t1")]
    assert len(model.bodies) == 1
    heard = client.ask(*dialect.results(heard.calls, ["sunny"]))
    assert heard.text == "Sunny."
    client.ask(dialect.user("thanks"))
    assert model.faults == []
    assert ROW in values(model.messages[1]).replace("\\", "")
    for shorter, longer in pairwise(model.messages):
        assert longer[: len(shorter)] == shorter


@every_format
@both_ways
def test_there_is_an_end_to_the_rounds_and_nothing_is_lost_by_it(proxy, provider, dialect, stream):
    client = Client(proxy, dialect, stream)
    calls = [asking(Say(f"Look {number}. "), identifier=f"h{number}") for number in range(4)]
    model = Model(provider, dialect, in_turn(*calls, [Say("Done.")]))
    heard = client.ask(*client.begun(f"no end {dialect.name} {stream}?", TABLE))
    assert heard.text == "Look 0. Look 1. Look 2. Look 3. "
    assert len(model.bodies) == 4
    assert "last retrieval for this answer" in values(model.messages[3][-1])
    assert client.ask(dialect.user("go on")).text == "Done."
    assert model.faults == []
    assert values(model.messages[4]).replace("\\", "").count(ROW) == 4


@every_format
@both_ways
def test_what_the_model_gets_wrong_is_told_to_the_model(proxy, provider, dialect, stream):
    client = Client(proxy, dialect, stream)
    first = [ours("h1", "AAAAAAAAAAA"), ours("h2", "AAAAAAAAAAA", "nonsense ((")]
    model = Model(provider, dialect, in_turn(first, DONE))
    heard = client.ask(*client.begun(f"wrong {dialect.name} {stream}?", TABLE))
    assert heard.text == "There are three."
    assert values(model.messages[1]).count("Nothing was retrieved") == 2
    assert model.faults == []


@every_format
@both_ways
def test_a_retrieved_text_is_never_compressed(proxy, provider, dialect, stream):
    client = Client(proxy, dialect, stream)
    model = Model(provider, dialect, in_turn(asking(query="rows 1-60"), DONE, DONE))
    client.ask(*client.begun(f"all of it {dialect.name} {stream}?", TABLE))
    client.ask(dialect.user("and now?"))
    rows = values(json.dumps(json.loads(TABLE)[40], ensure_ascii=False)).strip('"')
    for messages in model.messages[1:]:
        assert rows.replace("\\", "") in values(messages).replace("\\", "")
    assert values(model.messages[2]).count("[headroom ") == values(model.messages[0]).count("[headroom ")


REFUSED = {
    "an error": (lambda dialect: Reply([b'{"error":{"message":"overloaded","type":"x","code":529}}'], status=529)),
    "no JSON": (lambda dialect: Reply([b"<html>"], status=502, content_type="text/html")),
    "another kind": (lambda dialect: Reply([b"hello"], content_type="text/plain")),
    "a stream cut off": (
        lambda dialect: Reply(dialect.reply(DONE, 2, True).frames[:3], content_type=EVENTS, is_whole=False)
    ),
    "a stream that just ends": (lambda dialect: Reply(dialect.reply(DONE, 2, True).frames[:2], content_type=EVENTS)),
}


@every_format
@pytest.mark.parametrize("refusal", REFUSED.values(), ids=REFUSED)
def test_a_later_round_that_fails_ends_the_stream_in_its_grammar(proxy, provider, dialect, refusal):
    client = Client(proxy, dialect, stream=True)
    Model(provider, dialect, in_turn(asking(Say("Let me look. ")), refusal(dialect)))
    client.messages += client.begun(f"failing {dialect.name}?", TABLE)
    answer = client.post()
    assert answer.status == 200
    assert answer.is_whole
    with pytest.raises(RuntimeError):
        dialect.hear(answer.body, stream=True)


@every_format
def test_a_later_round_that_fails_is_the_answer_where_nothing_was_sent(proxy, provider, dialect):
    client = Client(proxy, dialect, stream=False)
    Model(provider, dialect, in_turn(asking(), REFUSED["an error"](dialect), asking(), REFUSED["no JSON"](dialect)))
    client.messages += client.begun(f"failing at once {dialect.name}?", TABLE)
    answer = client.post()
    assert (answer.status, answer.json()["error"]["message"]) == (529, "overloaded")
    answer = client.post()
    assert answer.status == 502
    assert "the provider answered 502" in answer.json()["error"]["message"]


@every_format
def test_a_client_that_goes_takes_a_later_round_with_it(proxy, provider, dialect):
    client = Client(proxy, dialect, stream=True)
    model = Model(provider, dialect, in_turn(asking(), [Say("x" * 7_000)]))
    client.messages += client.begun(f"gone {dialect.name}?", TABLE)
    connection = proxy.connect()
    provider.gap_s = 0.01
    connection.request("POST", client.path, json.dumps(client.body()), {"Content-Type": "application/json"})
    response = connection.getresponse()
    while b"xx" not in response.read1():
        pass
    connection.close()
    response.close()
    wait_until(provider.gone.is_set)
    assert len(model.bodies) == 2


@every_format
def test_text_flows_on_before_and_after_a_hidden_call(proxy, provider, dialect):
    client = Client(proxy, dialect, stream=True)

    def held(blocks, number, word):
        return dialect.reply(blocks, number, stream=True)._replace(holds_at=word)

    rounds = [
        lambda body: held([Say("before it all"), ours("h1", keys_in(body)[-1])], 1, b"before"),
        held([Say("after that")], 2, b"after"),
    ]
    Model(provider, dialect, in_turn(*rounds))
    client.messages += client.begun(f"flowing {dialect.name}?", TABLE)
    connection = proxy.connect()
    connection.request("POST", client.path, json.dumps(client.body()), {"Content-Type": "application/json"})
    response = connection.getresponse()
    seen = b""
    for word in (b"before", b"after"):
        # The provider has sent nothing behind the word yet.
        while word not in seen:
            chunk = response.read1()
            assert chunk
            seen += chunk
        provider.go_on.set()
    seen += response.read()
    connection.close()
    assert dialect.hear(seen, True).text == "before it allafter that"


def test_a_client_goes_on_from_an_answer_by_its_id(started, provider):
    proxy = started()
    dialect = DIALECTS["openai_responses"]
    client = Client(proxy, dialect, stream=True)
    answers = [
        asking(Say("Let me look. ")),
        [Say("Three. "), theirs("t1")],
        lambda body: [ours("h2", "AAAAAAAAAAA"), theirs("t2")],
        DONE,
        [Say("Bye.")],
    ]
    model = Model(provider, dialect, in_turn(*answers))
    client.messages = client.begun("a chain?", TABLE)
    kept = {"store": True}
    first = dialect.hear(client.post(**kept).body, True)
    assert first.calls == [theirs("t1")]
    proxy.stop()
    client.proxy = started(home=proxy.home)
    client.messages = dialect.results(first.calls, ["sunny"])
    second = dialect.hear(client.post(**kept, previous_response_id=first.id).body, True)
    assert model.bodies[2]["previous_response_id"] == "resp_2"
    assert second.calls == [theirs("t2")]
    client.messages = dialect.results(second.calls, ["rainy"])
    third = dialect.hear(client.post(**kept, previous_response_id=second.id).body, True)
    pending, given = model.bodies[3]["input"]
    assert (pending["call_id"], given["call_id"]) == ("h2", "t2")
    assert "Nothing was retrieved" in pending["output"]
    client.messages = "and a text?"
    client.post(**kept, previous_response_id=third.id)
    assert model.bodies[4]["input"] == "and a text?"
    assert all(body["tools"][-1]["name"] == "headroom_retrieve" for body in model.bodies)


def test_of_an_unknown_chain_nothing_is_left_out(proxy, provider):
    dialect = DIALECTS["openai_responses"]
    client = Client(proxy, dialect, stream=False)
    model = Model(provider, dialect, in_turn(DONE))
    client.messages = dialect.results([theirs("t1")], [TABLE])
    client.post(previous_response_id="resp_from_elsewhere")
    assert [tool["name"] for tool in model.bodies[0]["tools"]] == ["weather"]
    assert keys_in(model.bodies[0]) == []
    assert json.loads(headroom.expand(model.messages[0][0]["output"])) == json.loads(TABLE)


def test_the_tool_can_be_turned_off_and_then_nothing_is_left_out(started, provider):
    proxy = started(HEADROOM_OFFER_RETRIEVE="false")
    for dialect in DIALECTS.values():
        client = Client(proxy, dialect, stream=False)
        model = Model(provider, dialect, in_turn(DONE))
        client.ask(*client.begun("off?", TABLE))
        assert "headroom_retrieve" not in values(model.bodies[0])
        assert keys_in(model.bodies[0]) == []


def test_retrievals_and_what_was_added_are_counted(started, provider):
    dialect = DIALECTS["anthropic_messages"]
    proxy = started()
    client = Client(proxy, dialect, stream=False)
    Model(provider, dialect, in_turn(asking(), DONE, DONE))
    client.ask(*client.begun("counted?", TABLE))
    once = proxy.stats()["totals"]
    assert (once["offered_requests"], once["retrievals"]) == (1, 1)
    assert 0 < once["rent_tokens"] <= 90
    client.ask(dialect.user("and?"))
    assert proxy.stats()["totals"]["rent_tokens"] > 2 * once["rent_tokens"]


@every_format
@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_answers_in_a_content_coding_are_looked_into(proxy, provider, dialect, coding):
    pack = {"gzip": gzip.compress, "br": brotli.compress}[coding]
    client = Client(proxy, dialect, stream=False)

    def packed(blocks, number):
        reply = dialect.reply(blocks, number, False)
        return reply._replace(frames=[pack(b"".join(reply.frames))], coding=coding)

    Model(provider, dialect, in_turn(lambda body: packed([ours("h1", keys_in(body)[-1])], 1), packed(DONE, 2), DONE))
    client.messages += client.begun(f"packed {dialect.name} {coding}?", TABLE)
    answer = client.proxy.post(client.path, client.body(), {"Accept-Encoding": coding})
    assert "Content-Encoding" not in answer.headers
    assert dialect.hear(answer.body, False).text == "There are three."
    plain = packed(DONE, 3)
    Model(provider, dialect, in_turn(plain))
    answer = client.proxy.post(client.path, client.body(), {"Accept-Encoding": coding})
    assert (answer.headers["Content-Encoding"], answer.body) == (coding, plain.frames[0])


@every_format
def test_a_stream_that_is_packed_all_the_same_is_unpacked_on_the_way(proxy, provider, dialect):
    client = Client(proxy, dialect, stream=True)

    def packed(blocks, number):
        reply = dialect.reply(blocks, number, True)
        raw = gzip.compress(b"".join(reply.frames))
        return reply._replace(frames=[raw[at : at + 99] for at in range(0, len(raw), 99)], coding="gzip")

    Model(provider, dialect, in_turn(lambda body: packed([ours("h1", keys_in(body)[-1])], 1), packed(DONE, 2)))
    client.messages += client.begun(f"packed all the same {dialect.name}?", TABLE)
    answer = proxy.post(client.path, client.body(), {"Accept-Encoding": "br"})
    assert dialect.hear(answer.body, True).text == "There are three."
    assert provider.last().headers["Accept-Encoding"] == "identity"


def test_a_later_round_is_another_request_than_the_client_has_named(proxy, provider):
    dialect = DIALECTS["openai_chat"]
    client = Client(proxy, dialect, stream=False)
    Model(provider, dialect, in_turn(asking(), DONE))
    client.messages += client.begun("named?", TABLE)
    proxy.post(client.path, client.body(), {"Idempotency-Key": "once", "Authorization": "Bearer sk-1"})
    first, second = (seen.headers for seen in provider.seen)
    assert first["Idempotency-Key"] == "once"
    assert "Idempotency-Key" not in second
    assert second["Authorization"] == "Bearer sk-1"


def test_tokens_are_counted_of_what_would_be_sent(proxy, provider):
    dialect = DIALECTS["anthropic_messages"]
    client = Client(proxy, dialect, stream=False)
    model = Model(provider, dialect, in_turn(asking(Think("hm")), [Think("aha"), Say("Three.")], DONE, DONE))
    client.ask(*client.begun("counted as sent?", TABLE))
    client.messages.append(dialect.user("and?"))
    proxy.post("/v1/messages/count_tokens", client.body())
    client.post()
    assert model.bodies[2] == model.bodies[3]


@pytest.mark.parametrize("setting", [{"HEADROOM_HOLDOUT_RATIO": "1"}, {"HEADROOM_MODE": "observe"}])
def test_a_conversation_that_is_left_alone_is_offered_nothing(started, provider, setting):
    dialect = DIALECTS["openai_chat"]
    proxy = started(**setting)
    client = Client(proxy, dialect, stream=False)
    model = Model(provider, dialect, in_turn(DONE))
    client.ask(*client.begun("left alone?", TABLE))
    assert model.bodies[0]["tools"] == client.body()["tools"]
    assert model.messages[0] == client.messages[:-1]


def test_official_clients_see_nothing_of_it(proxy, provider):
    dialect = DIALECTS["anthropic_messages"]
    client = Client(proxy, dialect, stream=True)
    Model(provider, dialect, in_turn(asking(Think("hm"), Say("Look. ")), [Say("Three."), theirs("t1")]))
    client.messages += client.begun("the official one?", TABLE)
    body = client.body()
    del body["stream"]
    with (
        anthropic.Anthropic(base_url=proxy.url, api_key="sk-1", max_retries=0) as claude,
        claude.messages.stream(**body) as stream,
    ):
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text", "text", "tool_use"]
    assert (message.stop_reason, message.usage.output_tokens) == ("tool_use", 3)
    for name in ("openai_chat", "openai_responses"):
        dialect = DIALECTS[name]
        client = Client(proxy, dialect, stream=True)
        Model(provider, dialect, in_turn(asking(Say("Look. ")), [Say("Three."), theirs("t1")]))
        client.messages += client.begun(f"the official one, {name}?", TABLE)
        with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="sk-1", max_retries=0) as chat:
            if name == "openai_chat":
                chunks = list(chat.chat.completions.create(**client.body()))
                text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
                assert chunks[-1].usage is not None
                assert chunks[-1].usage.total_tokens == 111 + 112
            else:
                events = list(chat.responses.create(**client.body()))
                text = events[-1].response.output_text
                assert events[-1].response.usage.total_tokens == 111 + 112
        assert text == "Look. Three."
