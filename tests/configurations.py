"""Configuration files as people have them: made from a seed, in each format, with all that an edit could spoil.

Comments, blank lines, tabs, CRLF, a byte order mark, odd order, one-line and minified layouts, trailing commas,
existing values where an edit will go, links, read-only files, missing files and directories.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

WORDS = ("theme", "model", "editor", "permissions", "zoom", "größe", "a b", "telemetry", "keys", "history", "x")
TEXTS = ("dark", "gpt-x", "ünï", "", 'say "hi"', "http://localhost:4000/v1", "a # b", "// no comment", "C:\\x")


def scalar(random):
    return random.choice([True, False, 0, 17, 2.5, *TEXTS])


def tree(random, depth=2):
    """Nested settings, in no order."""
    value = {}
    for word in random.sample(WORDS, random.randint(0, 5)):
        kind = random.random()
        if depth and kind < 0.3:
            value[word] = tree(random, depth - 1)
        elif kind < 0.5:
            value[word] = [random.choice(TEXTS) for _ in range(random.randint(0, 3))]
        else:
            value[word] = scalar(random)
    return value


def settled(random, edits):
    """Settings in which, now and then, something stands already where an edit will go, or on the way there."""
    value = tree(random)
    for edit in edits:
        reach = random.choice(["nothing", "way", "way", "siblings", "value"])
        inner = value
        for key in edit.path[:-1]:
            if reach == "nothing":
                break
            inner = inner.setdefault(key, {})
            if reach == "siblings":
                inner.update({f"other{n}": random.choice([{"command": "true", "args": ["-x"]}, "y"]) for n in (1, 2)})
        else:
            last = edit.path[-1]
            if edit.in_list and reach != "way":
                elements = [{"name": "other", "command": "true"}] if isinstance(edit.value, dict) else ["A=b"]
                inner[last] = random.choice([[], elements])
            elif reach == "value":
                old = {"command": "old"} if isinstance(edit.value, dict) else "http://old"
                inner[last] = random.choice([old, edit.value])
    shuffled = list(value.items())
    random.shuffle(shuffled)
    return dict(shuffled)


def as_json(random, value, is_strict=False):
    """Text in one of the layouts that JSON with comments is found in."""
    layout = random.choice(["lines", "lines", "lines", "tight", "spaced"])
    if layout == "tight":
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if layout == "spaced":
        return json.dumps(value, ensure_ascii=False)
    unit = random.choice(["  ", "    ", "\t"])
    text = _json_lines(random, value, unit, "", not is_strict and random.random() < 0.6)
    head = "// settings\n" if not is_strict and random.random() < 0.3 else ""
    return head + text + random.choice(["", "\n", "\n\n"])


def _json_lines(random, value, unit, margin, comments):
    if not isinstance(value, dict | list) or not value or random.random() < 0.15:
        return json.dumps(value, ensure_ascii=False)
    inner = margin + unit
    if isinstance(value, dict):
        keys = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        value = list(value.values())
        opener, closer = "{}"
    else:
        keys, (opener, closer) = [""] * len(value), "[]"
    items = [key + _json_lines(random, each, unit, inner, comments) for key, each in zip(keys, value, strict=True)]
    lines = []
    for number, item in enumerate(items):
        is_last = number == len(items) - 1
        comma = "," if not is_last or (comments and random.random() < 0.4) else ""
        if comments and random.random() < 0.25:
            lines.append(inner + random.choice(["// why, {this}", "/* a\n   b */", '// "x": 1,']))
        behind = random.choice(["", "", "", " // c", " /* d */"]) if comments else ""
        lines.append(f"{inner}{item}{comma}{behind}")
        if random.random() < 0.1:
            lines.append("")
    if comments and random.random() < 0.2:
        lines.append(inner + "// the end")
    return "\n".join([opener, *lines, margin + closer])


def as_toml(random, value):
    """Tables with headers, inline tables, arrays of tables, comments."""
    lines = []
    if random.random() < 0.4:
        lines += ["# settings", ""]
    _toml_table(random, value, (), lines)
    return "\n".join(lines) + random.choice(["", "\n", "\n\n# end\n"])


def _toml_table(random, value, path, lines):
    tables = {}
    for key, inner in value.items():
        is_tables = isinstance(inner, list) and inner and isinstance(inner[0], dict)
        if is_tables or (isinstance(inner, dict) and random.random() < 0.8):
            tables[key] = inner
            continue
        if random.random() < 0.2:
            lines.append(random.choice(["# why", "", "   # odd"]))
        lines.append(f"{_toml_key(key)} = {_toml_value(random, inner)}{random.choice(['', '', ' # c'])}")
    for key, inner in tables.items():
        where = (*path, key)
        header = ".".join(map(_toml_key, where))
        if random.random() < 0.7:
            lines.append("")
        for each in inner if isinstance(inner, list) else [inner]:
            lines.append(f"[[{header}]]" if isinstance(inner, list) else f"[{header}]")
            _toml_table(random, each, where, lines)


def _toml_key(key):
    return key if key.isascii() and key.replace("-", "").isalnum() else json.dumps(key, ensure_ascii=False)


def _toml_value(random, value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml_key(key)} = {_toml_value(random, each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        inner = [_toml_value(random, each) for each in value]
        if inner and random.random() < 0.3:
            return "[\n" + "".join(f"    {each}, # e\n" for each in inner) + "]"
        return "[" + ", ".join(inner) + "]"
    return json.dumps(value, ensure_ascii=False)


def as_yaml(random, value):
    """Block and flow collections, comments, lists that are indented or not."""
    if not value:
        return random.choice(["", "# nothing\n", "{}\n"])
    lines = ["# settings", ""] if random.random() < 0.4 else []
    _yaml_lines(random, value, 0, random.choice([2, 2, 4]), random.random() < 0.5, lines)
    return "\n".join(lines) + random.choice(["", "\n", "\n\n# end\n"])


def _yaml_lines(random, value, indent, step, indents_lists, lines):
    for key, inner in value.items():
        margin = " " * indent
        if random.random() < 0.15:
            lines.append(random.choice([f"{margin}# why", ""]))
        name = f"{margin}{json.dumps(key, ensure_ascii=False) if ' ' in key else key}:"
        behind = random.choice(["", "", "  # c"])
        if isinstance(inner, dict) and inner and random.random() < 0.8:
            lines.append(name + behind)
            _yaml_lines(random, inner, indent + step, step, indents_lists, lines)
        elif isinstance(inner, list) and inner and random.random() < 0.8:
            lines.append(name + behind)
            dash = " " * (indent + (step if indents_lists else 0)) + "-"
            for each in inner:
                if isinstance(each, dict):
                    pairs = [f"{key}: {json.dumps(scalar)}" for key, scalar in each.items()]
                    lines += [f"{dash} {pairs[0]}", *(f"{' ' * (len(dash) + 1)}{pair}" for pair in pairs[1:])]
                else:
                    lines.append(f"{dash} {json.dumps(each, ensure_ascii=False)}{behind}")
        else:
            lines.append(f"{name} {json.dumps(inner, ensure_ascii=False)}{behind}")


WRITERS = {"json": as_json, "toml": as_toml, "yaml": as_yaml}


def configuration(random, file):
    """The bytes of a file in which the edits of `file` will be made."""
    text = WRITERS[file.format](random, settled(random, file.edits))
    if random.random() < 0.3:
        text = text.replace("\n", "\r\n")
    mark = b"\xef\xbb\xbf" if random.random() < 0.15 else b""
    return mark + text.encode()


def place(random, file, elsewhere):
    """Puts a configuration where `file` says, in one of the ways it is found there, and names the way."""
    path = Path(file.path)
    way = random.choice(["file", "file", "file", "link", "dangling", "read-only", "no file", "no directory"])
    if way == "no directory":
        return way
    path.parent.mkdir(parents=True, exist_ok=True)
    if way in ("link", "dangling"):
        elsewhere.mkdir(exist_ok=True)
        target = elsewhere / "real"
        path.symlink_to(target if random.random() < 0.5 else os.path.relpath(target, path.parent))
        path = target
    if way not in ("dangling", "no file"):
        path.write_bytes(configuration(random, file))
        path.chmod(0o400 if way == "read-only" else random.choice([0o600, 0o644]))
    return way


def snapshot(*roots):
    """Everything under some directories: kinds, modes, links, bytes."""
    found = {}
    for root in roots:
        for path in sorted(root.rglob("*")):
            mode = path.lstat().st_mode
            if path.is_symlink():
                found[path] = ("link", os.readlink(path))
            elif path.is_dir():
                found[path] = ("directory", stat.S_IMODE(mode))
            else:
                found[path] = ("file", stat.S_IMODE(mode), path.read_bytes())
    return found
