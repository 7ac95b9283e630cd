from __future__ import annotations

import subprocess
import sys
import timeit

import pytest

from headroom import compress, hooks
from headroom.errors import RegistryError
from headroom.store.memory import MemoryStore
from payloads import FORMATS, big_table

MESSAGES = FORMATS["openai"]([("which failed?", "orders", big_table())])
LISTENER = """
name = "listener"
heard = []
""" + "\n".join(f"def {moment}(payload): heard.append(({moment!r}, dict(payload)))" for moment in hooks.MOMENTS)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs modules of hooks, each given as source, as packages of others do."""

    def write(**modules):
        (tmp_path / "guests-1.0.dist-info").mkdir()
        lines = "\n".join(f"{name} = {name}" for name in modules)
        (tmp_path / "guests-1.0.dist-info" / "entry_points.txt").write_text(f"[headroom.hooks]\n{lines}\n")
        for name, source in modules.items():
            (tmp_path / f"{name}.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path)
        hooks.installed.cache_clear()
        return tmp_path

    yield write
    hooks.installed.cache_clear()
    for name in [name for name, module in sys.modules.items() if str(tmp_path) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


def heard(name="listener"):
    return [moment for moment, _ in sys.modules[name].heard if moment != "setup"]


def test_every_moment_of_a_payload_is_told_in_order(install):
    install(listener=LISTENER)
    store = MemoryStore()
    result = compress(MESSAGES, store=store, model="gpt-4o")
    assert heard() == ["input_received", "routed", "remembered", "compressed"]
    told = dict(sys.modules["listener"].heard)
    assert told["input_received"]["input"] is MESSAGES
    assert told["input_received"]["model"] == "gpt-4o"
    assert told["remembered"]["keys"] == result.keys
    assert told["compressed"]["result"] == result
    assert [each.place for each in told["routed"]["segments"]] == [(3, "content")]
    compress(MESSAGES, store=store, model="gpt-4o")
    assert heard()[4:] == ["input_received", "cached", "remembered", "compressed"]
    assert dict(sys.modules["listener"].heard)["cached"]["places"] == ((3, "content"),)


def test_a_failing_hook_is_caught_counted_and_named_and_changes_nothing(install):
    plain = compress(MESSAGES, store=MemoryStore(secret=b"s" * 32))
    install(
        broken="name = 'broken'\ndef compressed(payload): raise KeyError('x')\ndef input_received(payload): 1 / 0\n",
        listener=LISTENER,
    )
    result = compress(MESSAGES, store=MemoryStore(secret=b"s" * 32))
    assert result.messages == plain.messages
    assert result.hook_failures == 2
    reasons = [step.reason for step in result.steps if step.name == "hook"]
    assert reasons == [
        "broken failed at input_received: ZeroDivisionError",
        "broken failed at compressed: KeyError",
    ]
    assert "hook: broken failed at compressed: KeyError" in result.explain()
    assert "compressed" in heard()


def test_what_a_hook_is_handed_cannot_be_added_to(install):
    install(greedy="name = 'greedy'\ndef pre_send(payload): payload['more'] = 1\n")
    [step] = hooks.call("pre_send", {})
    assert step.reason == "greedy failed at pre_send: TypeError"


def test_setup_comes_first_and_once_a_process(install):
    site = install(listener=LISTENER)
    code = f"""
import sys; sys.path.insert(0, {str(site)!r})
from headroom import compress
compress("a"); compress("b")
import listener
print([moment for moment, _ in listener.heard])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(["setup", *["input_received", "compressed"] * 2])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("name = 'idle'\n", "idle cannot join headroom.hooks: it has no function setup or"),
        ("def setup(payload): ...\n", "it lacks name"),
        ("import no_such_module\n", "no_such_module"),
    ],
)
def test_a_module_that_is_no_hook_is_an_error_that_names_it(install, source, message):
    install(guest=source)
    with pytest.raises(RegistryError, match=message):
        hooks.installed()


def test_nobody_there_costs_next_to_nothing():
    hooks.installed.cache_clear()
    assert hooks.call("post_send", {}) == ()
    payload: dict[str, object] = {}
    assert min(timeit.repeat(lambda: hooks.call("post_send", payload), number=1_000, repeat=5)) < 0.01
