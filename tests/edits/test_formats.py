"""What an edit looks like in each format: like what is around it."""

from __future__ import annotations

import pytest

from headroom.edits import Edit
from headroom.edits.documents import applied, reverted
from headroom.errors import ConfigError

KEY = Edit(("a", "b"), "new")
TABLE = Edit(("servers", "ours"), {"command": "x", "args": ["y"]})
ELEMENT = Edit(("list",), {"name": "ours"}, in_list=True)

CASES = [
    ("json", "", KEY, '{\n  "a": {\n    "b": "new"\n  }\n}\n'),
    ("json", "{}", KEY, '{\n  "a": {\n    "b": "new"\n  }\n}'),
    ("json", '{"z":[1,2]}', TABLE, '{"z":[1,2],"servers":{"ours":{"command":"x","args":["y"]}}}'),
    ("json", '{"z": 1}', KEY, '{"z": 1, "a": {"b": "new"}}'),
    ("json", '{\n\t"a": {\n\t\t"c": 1\n\t}\n}', KEY, '{\n\t"a": {\n\t\t"c": 1,\n\t\t"b": "new"\n\t}\n}'),
    ("json", '{\r\n "a": {}, // c\r\n}\r\n', KEY, '{\r\n "a": {\r\n  "b": "new"\r\n }, // c\r\n}\r\n'),
    ("json", '{\n  "z": 1 // last\n}', KEY, '{\n  "z": 1, // last\n  "a": {\n    "b": "new"\n  }\n}'),
    ("json", "{\n  // z: 1\n}", ELEMENT, '{\n  // z: 1\n  "list": [\n    {\n      "name": "ours"\n    }\n  ]\n}'),
    ("json", '{"list": [ 1, ]}', ELEMENT, '{"list": [ 1, {"name": "ours"}, ]}'),
    ("json", '{"a": {"b": "old"}, "a": {"b": "older"}}', KEY, '{"a": {"b": "old"}, "a": {"b": "new"}}'),
    ("json", "{a: {'b': 'it\\'s'}, n: +.5e3}", KEY, "{a: {'b': \"new\"}, n: +.5e3}"),
    ("toml", "", KEY, '[a]\nb = "new"\n'),
    ("toml", "z = 1 # c\n[a] # d\nc = 2\n", KEY, 'z = 1 # c\n[a] # d\nc = 2\nb = "new"\n'),
    ("toml", "a = {c = 1}\n", KEY, 'a = {c = 1,b = "new"}\n'),
    ("toml", "a.c = 1\n", KEY, 'a.c = 1\na.b = "new"\n'),
    (
        "toml",
        "[servers.mine]\ncommand = 'z'\n",
        TABLE,
        '[servers.mine]\ncommand = \'z\'\n\n[servers.ours]\ncommand = "x"\nargs = ["y"]\n',
    ),
    ("toml", "list = [{name = 'z'}]\n", ELEMENT, "list = [{name = 'z'}, {name = \"ours\"}]\n"),
    ("toml", "[[list]]\nname = 'z'\n", ELEMENT, "[[list]]\nname = 'z'\n[[list]]\nname = \"ours\"\n"),
    ("yaml", "", KEY, 'a:\n  b: "new"\n'),
    ("yaml", "# c\na:\n    c: 1 # d\n\n# end\n", KEY, '# c\na:\n    c: 1 # d\n    b: "new"\n\n# end\n'),
    ("yaml", "a: {c: 1}\n", KEY, 'a: {c: 1, "b": "new"}\n'),
    ("yaml", "a: # nothing yet\nz: 1\n", KEY, 'a: # nothing yet\n  b: "new"\nz: 1\n'),
    ("yaml", "list:\n- name: z\n  x: |\n    y\nz: 1", ELEMENT, 'list:\n- name: z\n  x: |\n    y\n- name: "ours"\nz: 1'),
    ("yaml", "list: []\n", ELEMENT, 'list: [{"name": "ours"}]\n'),
    ("yaml", "a:\n  b:\n    c: 1\n", KEY, None),
    ("yaml", "a: 1\n---\na: 2\n", KEY, None),
]


@pytest.mark.parametrize(("format", "text", "edit", "expected"), CASES)
def test_an_edit_looks_like_its_surroundings_and_changes_nothing_else(format, text, edit, expected):
    if expected is None:
        with pytest.raises(ConfigError, match=r"^settings .*(by hand|mend it)"):
            applied(text.encode(), format, (edit,), "settings")
        return
    edited, before = applied(text.encode(), format, (edit,), "settings")
    assert edited.decode() == expected
    again, _ = applied(edited, format, (edit,), "settings")
    assert again == edited
    reverted_text, kept = reverted(edited, format, (edit,), before, "settings")
    assert kept == []
    _, now = applied(reverted_text, format, (edit,), "settings")
    assert now[0].value == before[0].value, "what stood there stands there again"


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("json", '{"a": 1,, "b": 2}'),
        ("json", '{"a" 1}'),
        ("json", '{"a": 1'),
        ("json", '{"a": "torn}'),
        ("json", '{"a": nothing}'),
        ("json", "[" * 100_000),
        ("toml", "a = \n"),
        ("toml", "a = 1\na = 2\n"),
        ("yaml", "a: [1\n"),
        ("yaml", "a: 1\na: 2\n"),
        ("yaml", "- 1\n"),
    ],
)
def test_what_cannot_be_read_is_refused(format, text):
    with pytest.raises(ConfigError, match="settings"):
        applied(text.encode(), format, (KEY,), "settings")
