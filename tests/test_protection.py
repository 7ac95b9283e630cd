"""What nobody touches, what is left alone, and what loses nothing."""

from __future__ import annotations

import json

import pytest

from headroom import compress
from headroom.decide import Policy
from headroom.errors import SettingsError
from headroom.ignore_file import NAME, find
from headroom.marker import parse_marker
from headroom.protection import Protection, is_eligible
from headroom.segment import RETRIEVE_TOOL, Segment, ToolCall
from headroom.store.memory import MemoryStore
from payloads import big_table

LONG = "some words that are long enough to be worth a look\n" * 20


def conversation(*calls):
    """Calls, each a tool's name, its arguments and its result, as OpenAI chat messages."""
    messages = [{"role": "user", "content": "go on"}]
    for number, (name, arguments, result) in enumerate(calls):
        call = {"name": name, "arguments": json.dumps(arguments)}
        messages += [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": f"c{number}", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": f"c{number}", "content": result},
        ]
    return messages


def outputs(*calls, **options):
    result = compress(conversation(*calls), **{"store": MemoryStore(), **options})
    return [message["content"] for message in result.messages if message["role"] == "tool"], result


def tool(name="read", arguments="{}", **fields):
    return Segment(LONG, (0,), "tool", ToolCall(name, arguments), **fields)


def test_texts_that_must_reach_the_provider_are_never_touched():
    protection = Protection()
    policy = Policy(compress_user=True, compress_system=True, min_tokens=0)
    for segment in (
        Segment(LONG, (0,), "assistant"),
        tool(frozen=True),
        tool(RETRIEVE_TOOL),
        tool(f"mcp__x__{RETRIEVE_TOOL}"),
    ):
        assert protection.reason(segment, policy).startswith("left alone")
        assert not is_eligible(segment, policy)
    assert protection.reason(tool(), policy) == ""


@pytest.mark.parametrize(("origin", "setting"), [("user", "compress_user"), ("system", "compress_system")])
def test_texts_of_the_user_and_the_system_are_left_alone_unless_a_setting_says_otherwise(origin, setting):
    segment = Segment(LONG, (0,), origin)
    assert setting in Protection().reason(segment, Policy())
    assert Protection().reason(segment, Policy(**{setting: True})) == ""


def test_small_texts_are_left_alone():
    assert "min_tokens" in Protection().reason(Segment("small", (0,), "tool"), Policy())


def test_a_tool_that_is_off_is_left_alone_and_another_level_is_obeyed():
    settings = {"tools.ledger_*": "off", "tools.fetch": "lossless"}
    said, result = outputs(
        ("ledger_read", {}, big_table()),
        ("fetch", {}, big_table(odd=3)),
        ("other", {}, big_table(odd=5)),
        settings=settings,
    )
    assert said[0] == big_table()
    assert said[1] != big_table(odd=3)
    assert [bool(parse_marker(text)) for text in said] == [False, False, True]
    assert "tools.ledger_read is off" in result.explain()


def test_a_tool_that_is_turned_off_later_keeps_what_it_was():
    store = MemoryStore()
    first, _ = outputs(("fetch", {}, big_table()), store=store)
    again, _ = outputs(("fetch", {}, big_table()), store=store, settings={"tools.fetch": "off"})
    assert first == again


def test_a_wrong_level_of_a_tool_is_refused_by_name():
    with pytest.raises(SettingsError, match=r"tools\.fetch='loud'"):
        compress([], settings={"tools.fetch": "loud"})


def test_what_an_edit_shows_and_a_file_that_was_edited_lose_nothing():
    said, _ = outputs(
        ("read", {"path": "src/a.json"}, big_table(odd=1)),
        ("edit_file", {"path": "src/a.json", "new": "x"}, big_table(odd=2)),
        ("read", {"path": "/repo/src/a.json"}, big_table(odd=3)),
        ("read", {"path": "/repo/src/b.json"}, big_table(odd=4)),
    )
    # To refer to what stands above loses nothing.
    kinds = [marker.kind if (marker := parse_marker(text)) else "" for text in said]
    assert kinds == ["json", "", "repeat", "json"]


@pytest.mark.parametrize("command", ["sed -i 's/a/b/' x.json", "cat > x.json << 'EOF'\n{}\nEOF", "apply_patch <<EOF"])
def test_commands_that_change_files_are_edits(command):
    said, _ = outputs(
        ("bash", {"command": command + " x.json"}, "ok"), ("bash", {"command": "cat x.json"}, big_table())
    )
    assert parse_marker(said[1]) is None


def test_commands_that_only_read_are_no_edits():
    said, _ = outputs(
        ("bash", {"command": "sed -n 1,9p x.json"}, "ok"), ("bash", {"command": "cat x.json"}, big_table())
    )
    assert parse_marker(said[1])


@pytest.fixture
def repository(tmp_path, monkeypatch):
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    (root / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(root / "deep" / "er")
    return root


def test_what_the_ignore_file_names_is_left_alone(repository):
    (repository / NAME).write_text("# money\n/contracts/\n*.sql\n!open.sql\ntool: mcp__ledger__*\n")
    said, result = outputs(
        ("read", {"path": f"{repository}/contracts/a.json"}, big_table(odd=1)),
        ("bash", {"command": "cat db/dump.sql | head -900"}, big_table(odd=2)),
        ("bash", {"command": "cat db/open.sql"}, big_table(odd=3)),
        ("read", {"path": "src/contracts/a.json"}, big_table(odd=4)),
        ("mcp__ledger__list", {}, big_table(odd=5)),
    )
    assert [bool(parse_marker(text)) for text in said] == [False, False, True, True, False]
    assert said[0] == big_table(odd=1)
    assert f"{NAME} names db/dump.sql" in result.explain()
    assert f"{NAME} names the tool mcp__ledger__list" in result.explain()


def test_the_ignore_file_is_looked_for_up_to_the_root_of_the_repository(repository):
    (repository.parent / NAME).write_text("*\n")
    assert find(None) is None
    (repository / NAME).write_text("*.sql\n")
    assert find(None).names(ToolCall("read", '{"path": "a.sql"}'))
    (repository / NAME).write_text("*.csv\n# longer\n")
    assert not find(None).names(ToolCall("read", '{"path": "a.sql"}'))


def test_an_ignore_file_can_be_named_by_a_setting(repository):
    other = repository / "rules"
    other.write_text("*.json\n")
    said, _ = outputs(("read", {"path": "a.json"}, big_table()), settings={"ignore_file": str(other)})
    assert said == [big_table()]
    with pytest.raises(SettingsError, match="ignore_file"):
        compress([], settings={"ignore_file": str(repository / "missing")})


def test_a_line_that_cannot_be_read_is_told_with_its_number(repository):
    (repository / NAME).write_text("*.sql\n[z-a]\n")
    with pytest.raises(SettingsError, match="line 2"):
        find(None)


def test_without_a_working_directory_there_is_no_ignore_file(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find(None) is None


@pytest.mark.parametrize("path", ["Makefile", "src/Dockerfile", ".gitignore", "a/BUILD", "notes.md"])
def test_files_without_an_ending_are_files_too(path):
    edited = ("edit", {"path": path, "old_str": "a", "new_str": "b"}, "The file was edited.")
    said, _ = outputs(edited, ("bash", {"command": f"cat ./{path}"}, big_table()))
    assert parse_marker(said[1]) is None


@pytest.mark.parametrize("name", ["get_credit_report", "dispatch_job", "audit", "unwritten_rules", "inserted_rows"])
def test_a_name_that_only_holds_the_word_is_no_editors(name):
    said, _ = outputs((name, {"id": 7}, big_table()))
    assert parse_marker(said[0])


@pytest.mark.parametrize("name", ["str_replace_editor", "MultiEdit", "apply_patch", "Write", "mcp__fs__edit_file"])
def test_editors_are_known_by_a_word_of_their_name(name):
    said, _ = outputs((name, {"path": "a.py"}, big_table()))
    assert parse_marker(said[0]) is None
