"""Conversations as they grow: what was sent stays as it was sent, and what stands above is not said again."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom import compress, expand, retrieve
from headroom._core import Shown
from headroom.errors import InputError, StoreError
from headroom.marker import parse_marker
from headroom.memo import forget_everything
from headroom.store.memory import MemoryStore
from headroom.store.sqlite import SqliteStore
from payloads import FORMATS, TEXTS, WORDS, big_table, tables
from stand_ins import FullStore

WRITERS = pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
EAGER = {"min_tokens": 0, "smart_crusher.min_lossy_tokens": 100}
CODE = [f"field_{number} = table.read({number * 7919 % 1000}, otherwise=None)" for number in range(90)]


@st.composite
def results(draw):
    """Ranges of one file, numbered or not, changed here and there; records; any text."""
    if draw(st.integers(0, 3)) == 0:
        return draw(st.one_of(TEXTS, tables(60)))
    start, length = draw(st.integers(0, 80)), draw(st.integers(0, 60))
    lines = CODE[start : start + length]
    for at in draw(st.lists(st.integers(0, 80), max_size=3)):
        if at < len(lines):
            lines[at] = draw(WORDS)
    if draw(st.booleans()):
        first = draw(st.sampled_from([start + 1, 1, 998]))
        lines = [f"{first + offset:>6}\t{line}" for offset, line in enumerate(lines)]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))


CONVERSATIONS = st.lists(st.tuples(TEXTS, WORDS, results()), min_size=2, max_size=6)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(["lossless", "balanced", "deep"]),
        "target_ratio": st.sampled_from([0.1, 0.5]),
        "query": WORDS,
        "settings": st.sampled_from([{"min_tokens": 20}, EAGER, {"tools.*": "off"}, {"compress_user": True}]),
        "model": st.sampled_from(["gpt-4o", "gpt-4-turbo", "claude-sonnet-4-5"]),  # windows that nothing here exceeds
    },
)


def texts(messages):
    return [json.dumps(message, ensure_ascii=False) for message in messages]


def file(*ranges):
    return "\n".join("\n".join(CODE[start:end]) for start, end in ranges)


def written(result, index=-1):
    return result.messages[index]["content"]


def outputs(turns, **options):
    messages = FORMATS["openai"](turns)
    result = compress(messages, **{"store": MemoryStore(), **options})
    return [message["content"] for message in result.messages if message["role"] == "tool"], result


@WRITERS
@settings(max_examples=15)
@given(turns=CONVERSATIONS, data=st.data())
def test_what_was_sent_stays_across_restarts_and_whatever_is_asked_for_later(write, turns, data, tmp_path_factory):
    messages = write(turns)
    path, sent = str(tmp_path_factory.mktemp("store") / "store.db"), []
    for length in range(1, len(messages) + 1, data.draw(st.integers(1, 3))):
        forget_everything()
        store = SqliteStore(path)
        now = texts(compress(messages[:length], store=store, **data.draw(OPTIONS)).messages)
        store.close()
        assert now[: len(sent)] == sent
        sent = now


@WRITERS
def test_two_that_share_a_store_take_turns(write, tmp_path):
    turns = [("read it", "file.py", file((0, 60))), ("again", "file.py", file((20, 80))), ("and?", "x", big_table())]
    stores = [SqliteStore(str(tmp_path / "store.db")) for _ in range(2)]
    messages, sent = write(turns), []
    for length in range(1, len(messages) + 1):
        options = {"level": ("balanced", "lossless")[length % 2]}
        now = texts(compress(messages[:length], store=stores[length % 2], **options).messages)
        assert now[: len(sent)] == sent
        sent = now


def test_processes_that_share_a_store_take_turns(tmp_path):
    script = (
        "import json, sys, headroom\n"
        "for line in sys.stdin:\n"
        "    messages, options = json.loads(line)\n"
        "    result = headroom.compress(messages, settings={'store_path': sys.argv[1], **options})\n"
        "    print(json.dumps(result.messages), flush=True)\n"
    )
    turns = [("read it", "file.py", file((0, 60))), ("again", "file.py", file((20, 80))), ("and?", "x", big_table())]
    messages, sent = FORMATS["anthropic"](turns), []
    command = [sys.executable, "-c", script, str(tmp_path / "store.db")]
    processes = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    for length in range(1, len(messages) + 1):
        process = processes[length % 2]
        process.stdin.write(json.dumps([messages[:length], {"level": ("balanced", "lossless")[length % 2]}]) + "\n")
        process.stdin.flush()
        now = texts(json.loads(process.stdout.readline()))
        assert now[: len(sent)] == sent
        sent = now
    for process in processes:
        process.communicate()
    assert any("as above]" in text for text in sent)


def test_whoever_decides_second_uses_what_was_written_first():
    """Two see a result at the same time: the one that comes second finds the record only when it writes its own."""
    inner = MemoryStore()
    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    first = compress(messages, store=inner, level="lossless")

    class Late:
        tenant = inner.tenant

        def records(self, names):
            return {}

        def __getattr__(self, name):
            return getattr(inner, name)

    second = compress(messages, store=Late(), level="balanced")
    assert written(second) == written(first) != big_table()
    assert second.tokens_after == first.tokens_after


def test_a_frozen_result_keeps_its_original_in_the_store():
    store = MemoryStore()
    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    first = compress(messages, store=store)
    again = compress(messages, store=store, level="lossless")
    assert written(again) == written(first)
    assert store.get(again.keys[0]) == big_table()
    assert (again.tokens_before, again.tokens_after) == (first.tokens_before, first.tokens_after)


def test_a_replay_says_that_it_is_one_and_counts_what_it_saves(tmp_path):
    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    first = compress(messages, store=SqliteStore(str(tmp_path / "store.db")))
    forget_everything()
    again = compress(messages, store=SqliteStore(str(tmp_path / "store.db")))
    assert "written as it was when it first came" in again.explain()
    assert again.tokens_saved == first.tokens_saved > 0


def test_what_could_not_be_stored_stays_as_it_went_out():
    store = MemoryStore()
    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    failing = FullStore(store)
    first = compress(messages, store=failing)
    assert parse_marker(written(first)) is None
    failing.put_many = store.put_many
    assert written(compress(messages, store=failing)) == written(first)


def test_what_was_sent_is_sent_again_even_if_its_original_is_lost_and_says_so():
    class Emptied:
        def __init__(self, inner):
            self._inner, self.is_empty = inner, False

        def touch(self, keys):
            return set() if self.is_empty else self._inner.touch(keys)

        def put_many(self, entries, records=()):
            if self.is_empty:
                raise StoreError("the disk is full")
            return self._inner.put_many(entries, records)

        def __getattr__(self, name):
            return getattr(self._inner, name)

    store = Emptied(MemoryStore())
    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    first = compress(messages, store=store)
    store.is_empty = True
    again = compress(messages, store=store)
    assert written(again) == written(first)
    assert again.store_failures == 1


def test_where_a_source_is_gone_a_result_is_decided_on_anew_and_for_good(tmp_path):
    turns = [("go on", "a", file((0, 60))), ("go on", "b", file((20, 80)))]
    messages = FORMATS["openai"](turns)
    alone = [messages[0], messages[1], *messages[4:]]
    path = str(tmp_path / "store.db")
    together = compress(messages, store=SqliteStore(path)).messages
    for level in ("balanced", "lossless"):
        forget_everything()
        assert written(compress(alone, store=SqliteStore(path), level=level)) == file((20, 80))
    forget_everything()
    assert compress(messages, store=SqliteStore(path), level="lossless").messages == together
    assert "as above]" in together[-1]["content"]


def test_one_text_is_no_conversation():
    store = MemoryStore()
    assert compress(big_table(), store=store, level="lossless").text != compress(big_table(), store=store).text


def test_a_conversation_that_is_bypassed_is_left_alone_and_nothing_is_recorded():
    store = MemoryStore()
    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    result = compress(messages, store=store, bypass=True)
    assert result.messages == messages
    assert result.tokens_saved == 0
    assert store.stats().entries == 0
    assert written(compress(messages, store=store)) != big_table()


def test_an_output_that_comes_again_is_referred_to():
    said, result = outputs([("run it", "a", file((0, 40))), ("and again", "b", file((0, 40)))])
    assert said[0] == file((0, 40))
    assert said[1].split("\n")[1:] == ["field_0 =[…+39 lines as above]"]
    assert parse_marker(said[1]).key in result.keys


def test_a_file_that_is_read_again_shows_what_changed():
    changed = [*CODE[:60]]
    changed[30] = "field_30 = None  # changed"
    said, _ = outputs([("read", "a", file((0, 60))), ("read", "b", "\n".join(changed))])
    assert said[1].split("\n")[1:] == ["field_0 =[…+29 lines as above]", changed[30], "field_31[…+28 lines as above]"]


def test_a_line_that_stands_above_is_only_begun():
    lines = [f"wholly new {number}, as is this" if number % 3 else CODE[number] for number in range(30)]
    said, _ = outputs([("read", "a", file((0, 60))), ("search", "b", "\n".join(lines))])
    assert said[1].split("\n")[1:5] == ["field_0 =[… as above]", lines[1], lines[2], "field_3 =[… as above]"]


def test_ranges_that_overlap_are_shown_once_whatever_their_numbers():
    numbered = "\n".join(f"{number + 101:>6}\t{line}" for number, line in enumerate(CODE[20:70]))
    said, _ = outputs([("read", "a", file((0, 60))), ("read", "b", numbered)])
    assert "   101\tfield_20[…+39 lines as above, renumbered]" in said[1]
    assert said[1].endswith(f"   150\t{CODE[69]}")


@settings(max_examples=60)
@given(turns=CONVERSATIONS, drop=st.integers(0, 3))
def test_references_lead_to_what_stands_in_the_payload_and_give_back_the_text(turns, drop):
    messages = FORMATS["openai"](turns)[3 * drop :]
    store = MemoryStore()
    result = compress(messages, store=store, settings={"min_tokens": 0})
    shown = Shown()
    for before, after in zip(messages, result.messages, strict=True):
        if after["role"] == "tool":
            refers = before["content"] != after["content"] and "[headroom repeat" in after["content"][:20]
            if refers:
                # What is referred to is the text, or the form that it would have by itself.
                read = shown.expand(after["content"])
                meant = (read, expand(read, store=store))
                assert "".join(before["content"].split()) in ("".join(each.split()) for each in meant)
                assert expand(after["content"], store=store) == before["content"]
            own_lines = after["content"].startswith("#code ")
            shown.add([(before["content"] if own_lines else after["content"], refers, None, False)])
        for call in after.get("tool_calls", ()):
            argument = json.loads(call["function"]["arguments"])["of"]
            shown.add([(argument, False, None, False)] if "\n" in argument else [])


def test_what_an_agent_wrote_and_reads_again_is_referred_to():
    call = {"name": "write", "arguments": json.dumps({"path": "a.py", "content": file((0, 40))})}
    messages = FORMATS["openai"]([("write it", "a", "written"), ("read it", "b", file((0, 40)))])
    messages[2]["tool_calls"][0]["function"] = call
    result = compress(messages, store=MemoryStore())
    assert written(result).split("\n")[1:] == ["field_0 =[…+39 lines as above]"]
    for arguments in ("[1, 2\nno JSON", '{"a": [[{"b": "c\\nd"}]]}', "[" * 5_000 + "\n"):
        messages[2]["tool_calls"][0]["function"] = {"name": "write", "arguments": arguments}
        assert written(compress(messages, store=MemoryStore())) == file((0, 40))


@settings(max_examples=20)
@given(turns=CONVERSATIONS, level=st.sampled_from(["lossless", "balanced"]))
def test_what_headroom_wrote_is_left_alone_when_a_client_sends_it_back(turns, level):
    store = MemoryStore()
    once = compress(FORMATS["anthropic"](turns), store=store, settings=EAGER, level=level)
    assert compress(once.messages, store=store, settings=EAGER).messages == once.messages


def test_nothing_is_referred_to_that_a_client_dropped():
    turns = [("read", "a", file((0, 60))), ("read", "b", file((10, 60)))]
    messages = FORMATS["openai"](turns)
    alone = compress([messages[0], *messages[4:]], store=MemoryStore())
    assert "as above]" not in written(alone)


def test_nothing_is_referred_to_where_a_model_cannot_ask():
    said, _ = outputs([("run it", "a", file((0, 40))), ("again", "b", file((0, 40)))], retrieval="none")
    assert all("as above]" not in text for text in said)


def test_what_a_text_refers_to_is_not_shortened_to_fit_a_budget():
    turns = [("read", "a", big_table()), ("read", "b", file((0, 60))), ("read", "c", file((10, 70)))]
    said, _ = outputs(turns, max_tokens=10)
    assert said[1] == file((0, 60))
    assert "as above]" in said[2]


def test_a_store_that_cannot_read_its_records_costs_the_lossy_forms_alone():
    class Unreadable:
        def __init__(self, inner):
            self._inner = inner

        def records(self, names):
            raise StoreError("the disk cannot be read")

        def __getattr__(self, name):
            return getattr(self._inner, name)

    messages = FORMATS["openai"]([("which failed?", "x", big_table())])
    result = compress(messages, store=Unreadable(MemoryStore()))
    assert parse_marker(written(result)) is None
    assert result.store_failures == 1
    assert result.tokens_saved > 0


def test_the_same_result_twice_is_decided_on_twice():
    said, _ = outputs([("a?", "a", big_table()), ("a?", "a", big_table())])
    assert all(parse_marker(text) for text in said)
    assert len(said) == 2


def test_growing_texts_are_all_different(tmp_path):
    store = SqliteStore(str(tmp_path / "store.db"))
    turns = [("read", str(number), file((0, 10 + 10 * number))) for number in range(6)]
    messages = FORMATS["responses"](turns)
    sent = [texts(compress(messages[:length], store=store).messages) for length in range(1, len(messages) + 1)]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(sent))


def test_lines_that_were_written_without_their_indentation_count_as_shown():
    indented = "\n".join(f"        {line}" for line in CODE[:60])
    said, _ = outputs([("read", "a", indented), ("read", "b", indented[800:])])
    assert said[0].startswith("#code ")
    assert "lines as above]" in said[1]


def test_a_reader_who_cannot_ask_is_shown_nothing_that_was_shortened_for_another():
    own = MemoryStore()
    turns = [("which failed?", "a", big_table())]
    [shortened], result = outputs(turns, store=own)
    assert parse_marker(shortened)
    [whole], _ = outputs(turns, store=own, retrieval="none")
    assert parse_marker(whole) is None
    assert outputs(turns, store=own, retrieval="none")[0] == [whole]
    assert outputs(turns, store=own)[0] == [shortened]
    assert retrieve(result.keys[0], store=own).text == big_table()


def test_another_conversation_that_began_alike_is_not_taken_for_the_first():
    own = MemoryStore()
    for question, wanted in (("which failed?", "upstream timed out"), ("what of order 1303?", "1303")):
        turns = [("hello all", "a", "ok"), (question, "orders", big_table())]
        assert wanted in outputs(turns, store=own)[0][1]


def test_messages_that_no_format_has_are_refused_or_left_alone():
    for message in (
        {"role": "user", "content": [{"type": {}}]},
        {"role": "assistant", "tool_calls": 5},
        {"role": "tool", "content": [{"type": ["text"], "text": "x"}]},
    ):
        assert compress([message], store=MemoryStore()).messages == [message]
    with pytest.raises(InputError):
        compress([{"role": ["user"], "content": "x"}], store=MemoryStore())
