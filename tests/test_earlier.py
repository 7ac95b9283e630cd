"""A file that is read after an error is read because of it: the functions of its traces stay whole."""

from __future__ import annotations

import json

import headroom
from headroom.store.memory import MemoryStore

SECRET = b"a secret of thirty-two bytes....."[:32]


def function(name, lines=40):
    body = "".join(f"    if check(order, {n}):\n        log.debug('{name} step {n}')\n" for n in range(lines))
    return f"def {name}(order):\n{body}    return order\n\n\n"


SOURCE = "import log\n\n\n" + "".join(
    function(name) for name in ("load", "price", "settle", "refund", "report", "close")
)
LINE = SOURCE[: SOURCE.index("settle step 20")].count("\n") + 1
TRACE = f"""Traceback (most recent call last):
  File "/srv/app/main.py", line 12, in main
    run()
  File "/srv/app/jobs.py", line {LINE}, in settle
    if check(order, 20):
ValueError: no such order
"""


def conversation(*results):
    messages = [{"role": "user", "content": "The nightly job fails. Find out why."}]
    for n, (name, arguments, text) in enumerate(results):
        call = {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{n}", "content": text})
    return messages


RUN = ("bash", {"command": "python main.py"}, TRACE)
READ = ("read_file", {"path": "/srv/app/jobs.py"}, SOURCE)
OTHER = ("read_file", {"path": "/srv/app/other.py"}, SOURCE)


def texts(*results):
    result = headroom.compress(conversation(*results), store=MemoryStore(secret=SECRET))
    return [message["content"] for message in result.messages if message["role"] == "tool"]


def test_the_function_of_an_earlier_trace_stays_whole_in_the_file_that_it_names():
    shown = texts(RUN, READ)[1]
    assert function("settle").rstrip() in shown
    assert function("refund").rstrip() not in shown


def test_without_the_trace_or_in_another_file_nothing_is_named():
    for shown in (texts(READ)[0], texts(RUN, OTHER)[1]):
        assert shown.startswith("[headroom code ")
        assert function("settle").rstrip() not in shown


def test_an_error_that_comes_later_changes_nothing():
    assert texts(READ, RUN)[0] == texts(READ)[0]
    assert texts(RUN, READ, RUN, OTHER)[:2] == texts(RUN, READ)


def test_a_result_with_lone_surrogates_is_gone_past():
    assert texts(("bash", {"command": "x"}, "\ud800 " * 200 + TRACE), RUN, READ)[2] == texts(RUN, READ)[1]
