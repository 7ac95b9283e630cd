"""The official SDKs through the proxy, as their users use them."""

from __future__ import annotations

import asyncio

import anthropic
import openai
import pytest

import headroom
from payloads import FORMATS, big_table
from proxy.fake_provider import stream_of

RESULT = [("which failed?", "orders", big_table())]
TEXT = "Hello — 東京."
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture
def chat(proxy):
    with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="sk-1", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(proxy):
    with anthropic.Anthropic(base_url=proxy.url, api_key="sk-1", max_retries=0) as client:
        yield client


def is_smaller(provider, field, messages):
    return len(provider.last().json()[field][-1:]) == 1 and len(str(provider.last().json()[field])) < len(str(messages))


def test_openai_chat(chat, provider):
    messages = FORMATS["openai"](RESULT)
    answer = chat.chat.completions.create(model="gpt-4o", messages=messages)
    assert answer.choices[0].message.content == "Hello."
    assert is_smaller(provider, "messages", messages)
    stream = chat.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == TEXT


def test_openai_tools(chat, provider):
    tools = [
        {"type": "function", "function": {"name": "weather", "parameters": WEATHER}},
        headroom.retrieve_tool("openai"),
    ]
    # A conversation that began without the tool would be written as it was then.
    messages = FORMATS["openai"]([("which one failed?", "orders", big_table())])
    answer = chat.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"city": "Köln"}'
    assert provider.last().json()["tools"] == tools
    assert "[headroom " in str(provider.last().json())


def test_openai_responses(chat, provider):
    items = FORMATS["responses"](RESULT)
    assert chat.responses.create(model="gpt-4o", input=items).output_text == "Hello."
    assert is_smaller(provider, "input", items)
    events = list(chat.responses.create(model="gpt-4o", input=items, stream=True))
    assert events[-1].response.output_text == TEXT


def test_openai_errors_and_lists(chat, provider):
    assert chat.models.list().data == []
    for status, error in (("429", openai.RateLimitError), ("500", openai.InternalServerError)):
        provider.fault = status
        with pytest.raises(error, match="as the provider words it"):
            chat.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
    provider.fault = "break"
    with pytest.raises(openai.APIConnectionError):
        list(chat.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True))


def test_anthropic_messages(claude, provider):
    messages = FORMATS["anthropic"](RESULT)
    answer = claude.messages.create(model="claude-test", max_tokens=9, messages=messages)
    assert answer.content[0].text == "Hello."
    assert is_smaller(provider, "messages", messages)
    sent = provider.last().json()["messages"]
    assert claude.messages.count_tokens(model="claude-test", messages=messages).input_tokens == 42
    assert provider.last().json()["messages"] == sent
    with claude.messages.stream(model="claude-test", max_tokens=9, messages=messages) as stream:
        assert stream.get_final_text() == TEXT


def test_anthropic_tools_and_errors(claude, provider):
    tools = [{"name": "weather", "input_schema": WEATHER}, headroom.retrieve_tool("anthropic")]
    # A conversation that began without the tool would be written as it was then.
    messages = FORMATS["anthropic"]([("which failed, and why?", "orders", big_table())])
    answer = claude.messages.create(model="claude-test", max_tokens=9, messages=messages, tools=tools)
    assert answer.content[0].input == {"city": "Köln"}
    assert "[headroom " in str(provider.last().json())
    provider.fault = "529"
    with pytest.raises(anthropic.APIStatusError) as overloaded:
        claude.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    assert overloaded.value.status_code == 529


def test_asynchronous_clients_at_once(proxy, provider):
    async def ask():
        async with (
            openai.AsyncOpenAI(base_url=f"{proxy.url}/v1", api_key="sk-1") as chat,
            anthropic.AsyncAnthropic(base_url=proxy.url, api_key="sk-1") as claude,
        ):
            hello = [{"role": "user", "content": "hi"}]
            answers = await asyncio.gather(
                *(chat.chat.completions.create(model="gpt-4o", messages=hello) for _ in range(8)),
                *(claude.messages.create(model="m", max_tokens=9, messages=hello) for _ in range(8)),
            )
            async with claude.messages.stream(model="m", max_tokens=9, messages=hello) as stream:
                return len(answers), await stream.get_final_text()

    assert asyncio.run(ask()) == (16, TEXT)


def test_gemini_streams_as_its_own_client_reads_them(proxy, provider):
    path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key=AIza-1"
    answer = proxy.post(path, {"contents": FORMATS["gemini"](RESULT)})
    assert answer.body == b"".join(stream_of("/v1beta/models/gemini-2.5-pro:streamGenerateContent", {}))
    assert provider.last().target == path
    assert is_smaller(provider, "contents", FORMATS["gemini"](RESULT))
