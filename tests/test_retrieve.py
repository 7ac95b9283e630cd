"""Retrieval: queries over stored originals, through the public function."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from headroom.errors import InputError, KeyNotFoundError, QueryError
from headroom.retrieval import Retrieved, retrieve
from headroom.store.memory import MemoryStore

ALL = 10**9

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
lined_text = st.lists(st.text("ab1 é:|\"'\\\r\t{}[],", max_size=12), max_size=30).map("\n".join)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc") | any_text, inner, max_size=4),
    max_leaves=25,
)
queries = st.sampled_from(
    ["", "lines 2-", "lines 1,3-4,6-", "rows 1-", "rows 2-5", "chars 2-60", "grep a", "grep -vi A", "grep b -C 1"]
)


def ask(text: str, query: str = "", max_tokens: int = ALL, **keywords: Any) -> Retrieved:
    store = MemoryStore()
    key = store.key_of(text)
    store.put(key, text, kind="text")
    return retrieve(key, query, store=store, max_tokens=max_tokens, **keywords)


def all_parts(text: str, query: str, max_tokens: int) -> str:
    store = MemoryStore()
    key = store.key_of(text)
    store.put(key, text, kind="text")
    parts = []
    following: str | None = query
    while following is not None:
        part = retrieve(key, following, store=store, max_tokens=max_tokens)
        assert part.text or part.next is None
        parts.append(part.text)
        following = part.next
    return "".join(parts)


def message_of(query: str, text: str = "[1, 2]", **keywords: Any) -> str:
    with pytest.raises(QueryError) as caught:
        ask(text, query, **keywords)
    return str(caught.value)


def outcome_of(text: str, query: str, max_tokens: int) -> Retrieved | str:
    """The answer, or the message of the error."""
    try:
        return ask(text, query, max_tokens)
    except QueryError as error:
        return str(error)


def python_lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def descendants(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for each in inside for found in (each, *descendants(each))]


# The whole, and parts of it.


@given(any_text)
def test_no_query_gives_the_whole_text(text):
    lines = len(python_lines(text))
    assert ask(text) == Retrieved(text, lines, lines, None)


@given(any_text | lined_text, queries, st.integers(1, 20))
@example("é" * 100, "", 1)
@example("\U0001f600" * 10, "", 1)
def test_the_parts_together_are_the_whole(text, query, max_tokens):
    assert all_parts(text, query, max_tokens) == ask(text, query).text


@given(documents, st.sampled_from(["$", "$[*]", "$.a", "$..b", "$..*", "rows 1-", "grep a"]), st.integers(1, 20))
def test_the_parts_of_json_together_are_the_whole(document, path, max_tokens):
    text = json.dumps([document, [document]])
    assert all_parts(text, path, max_tokens) == ask(text, path).text


def test_a_part_says_how_much_it_shows_and_how_to_go_on():
    text = "".join(f"line {number} of a long text\n" for number in range(1, 1001))
    part = ask(text, max_tokens=500)
    assert part.total == 1000
    assert 20 < part.shown < 200
    assert part.text == "".join(python_lines(text)[: part.shown])
    assert part.next == f"lines {part.shown + 1}-"
    part = ask(text, "lines 101-300", max_tokens=500)
    assert part.next == f"lines {101 + part.shown}-300"
    assert ask(text, "grep line", max_tokens=500).next.startswith("grep line | lines ")


def test_one_huge_line_comes_in_parts_too():
    text = json.dumps({"items": [{"id": number, "name": f"number {number}"} for number in range(3_000)]})
    part = ask(text, max_tokens=1_000)
    assert part.text.endswith((", ", "},"))
    assert part.next == f"chars {len(part.text) + 1}-"
    assert (part.shown, part.total) == (len(part.text), len(text))
    assert all_parts(text, "", 1_000) == text


# Lines, characters, rows.


@given(lined_text, st.integers(1, 35), st.integers(0, 35))
def test_lines_are_slices(text, first, more):
    lines = python_lines(text)
    wanted = lines[first - 1 : first + more]
    assert ask(text, f"lines {first}-{first + more}") == Retrieved("".join(wanted), len(wanted), len(lines), None)
    assert ask(text, f"lines {first}-").text == "".join(lines[first - 1 :])
    assert ask(text, lines=(first, first + more)) == ask(text, f"lines {first}-{first + more}")


@given(any_text, st.integers(1, 250), st.integers(0, 250))
def test_chars_are_slices(text, first, more):
    wanted = text[first - 1 : first + more]
    assert ask(text, f"chars {first}-{first + more}") == Retrieved(wanted, len(wanted), len(text), None)


@given(st.lists(documents, min_size=1, max_size=8), st.sampled_from([None, 1, 2]), st.integers(1, 9), st.integers(0, 9))
def test_rows_are_the_elements_of_an_array(elements, indent, first, more):
    part = ask(json.dumps(elements, indent=indent), f"rows {first}-{first + more}")
    wanted = elements[first - 1 : first + more]
    assert (part.shown, part.total, part.next) == (len(wanted), len(elements), None)
    assert read_values(part.text) == wanted
    nested = json.dumps({"total": len(elements), "page": {"items": [elements]}}, indent=indent)
    assert len(elements) < 2 or len(nested) > 1e4 or ask(nested, "$.page.items[0]").shown == 1


@given(st.lists(st.dictionaries(st.sampled_from("ab"), scalars, max_size=3), min_size=2, max_size=8))
def test_rows_of_json_lines_are_the_lines(records):
    lines = [json.dumps(record) for record in records]
    part = ask("\n".join(lines), "rows 2-")
    assert part == Retrieved("\n".join(lines[1:]), len(lines) - 1, len(lines), None)


def read_values(text: str) -> list[Any]:
    decoder = json.JSONDecoder()
    values, at = [], 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        assert text[at : at + 1] in ("\n", "")
        at += 1
    return values


# Paths.


@given(documents)
def test_a_deep_path_finds_every_value(document):
    part = ask(json.dumps({"in": document}), "$..*")
    assert read_values(part.text) == [document, *descendants(document)]


@given(st.dictionaries(any_text, scalars, min_size=1, max_size=6), st.data())
def test_any_name_can_be_asked_for(record, data):
    name = data.draw(st.sampled_from(sorted(record)))
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    for text in (json.dumps(record), json.dumps(record, ensure_ascii=False)):
        assert json.loads(ask(text, f"$['{quoted}']").text) == record[name]


@given(st.lists(st.integers(), min_size=1, max_size=12), st.integers(-15, 15), st.integers(-15, 15), st.integers(1, 4))
def test_indices_and_slices_are_those_of_python(numbers, first, last, step):
    text = json.dumps(numbers)
    assert read_values(ask(text, f"$[{first}:{last}:{step}]").text) == numbers[first:last:step]
    found = read_values(ask(text, f"$[{first}]").text)
    assert found == ([numbers[first]] if -len(numbers) <= first < len(numbers) else [])


def test_values_are_given_as_they_are_written():
    text = '{"a": 1.10, "b": 1E2, "a": 12345678901234567890123, "c": "\\u00e9"}'
    assert ask(text, "$.a").text == "1.10\n12345678901234567890123"
    assert ask(text, "$.b").text == "1E2"
    assert ask(text, "$.c").text == '"\\u00e9"'


def test_json_in_a_string_is_reached_through_a_pipe():
    text = json.dumps({"body": json.dumps({"items": [{"id": 1}, {"id": 2}]})})
    assert ask(text, "$.body | $.items[1].id").text == "2"
    assert ask(text, "$.body | rows 1 | $.id").text == "1"


# Grep.


@given(
    lined_text,
    st.sampled_from(["a", "A", "^a", "b$", "a.b", "[ab]1", "a|1", "(ab)+", r"\d\s", r"\bb", "é", "a{2,3}", "x"]),
    st.booleans(),
)
def test_grep_finds_what_python_finds(text, pattern, ignore_case):
    if text.lstrip()[:1] in ("[", "{") and "\n" not in text:
        text = "." + text  # JSON on one line is searched by record
    lines = [line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line for line in python_lines(text)]
    wanted = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    found = [f"{number}:{line}" for number, line in enumerate(lines, 1) if wanted.search(line)]
    answer = ask(text, f"grep {'-i ' if ignore_case else ''}{pattern}")
    assert answer == Retrieved("\n".join(found), len(found), len(found), None)


@given(lined_text, st.text("ab|\"'\\ .*-i$^()[]é", min_size=1, max_size=8), st.integers(0, 3))
def test_any_pattern_can_be_passed_by_keyword(text, literal, context):
    assume(not re.search(r"\w\|\w", literal))  # what this may be mistaken for is tested in the core
    pattern = re.sub(r"([^\wé ])", r"\\\1", literal)
    found = [line for line in python_lines("." + text) if literal in line]
    assert ask("." + text, grep=pattern, context=context).total == len(found)


def test_context_is_marked_as_in_grep():
    text = "".join(f"{letter}\n" for letter in "abcdefghij")
    assert ask(text, "grep 'c|d|i' -B 1 -A 1").text == "2-b\n3:c\n4:d\n5-e\n--\n8-h\n9:i\n10-j"
    assert ask(text, grep="c", context=1) == ask(text, "grep c -C 1") == Retrieved("2-b\n3:c\n4-d", 1, 1, None)


def test_records_of_json_on_one_line_are_searched_one_by_one():
    rows = [{"id": number, "state": "failed" if number in (7, 70) else "fine"} for number in range(100)]
    text = json.dumps({"page": 1, "items": rows, "note": "nothing failed"})
    found = ask(text, "grep failed")
    assert (found.shown, found.total) == (3, 3)
    lines = found.text.splitlines()
    assert lines[:2] == ['8:{"id": 7, "state": "failed"}', '71:{"id": 70, "state": "failed"}']
    place, shown = re.fullmatch(r"(chars \d+-\d+):(.*)", lines[2]).groups()
    assert "nothing failed" in shown
    assert ask(text, place).text == shown
    assert ask(text, "grep failed | $.id").text == "7\n70"


# Keywords.


def test_keywords_are_other_words_for_a_query():
    text = json.dumps({"log": "a\nb\nc\n", "rows": [{"n": number} for number in range(9)]})
    assert ask(text, path="$.log", lines=2).text == "b\n"
    assert ask(text, path="$.log", lines="2-") == ask(text, "$.log | lines 2-")
    assert ask(text, path="$.log", lines=(2, None), grep="c").text == "3:c"
    assert ask(text, "$.rows", rows=(2, 3)).text == '{"n": 1}\n{"n": 2}'
    assert ask(text, rows="1,9", grep="8").text == '9:{"n": 8}'


def test_rows_with_columns_are_asked_for_by_keyword_too():
    rows = [{"id": at, "state": "ok" if at % 3 else "bad", "net, total": at / 4} for at in range(12)]
    text = json.dumps({"page": 1, "items": rows})
    answer = ask(text, where="state = bad", sort="id desc", limit=2, columns=["id", "net, total"])
    assert answer.text == '2 of 4 rows (12 in all)\nrow,id,"net, total"\n10,9,2.25\n7,6,1.5'
    assert answer == ask(text, "where state = bad | sort id desc | limit 2 | columns id, 'net, total'")
    assert answer == ask(text, 'select id, "net, total" from items where state = bad order by id desc limit 2')
    assert (answer.shown, answer.total, answer.next) == (2, 2, None)
    assert ask(text, "count where state = bad") == Retrieved("4 of 12 rows", 1, 1, None)
    assert ask(text, rows="1-6", where="state = bad", columns="id").text == "2 of 12 rows\nrow,id\n1,0\n4,3"


def test_rows_of_a_table_have_the_numbers_that_its_view_shows():
    rows = (f"file_{at}.txt,{at * at % 977},{'text' if at % 9 else 'binary'}\n" for at in range(300))
    text = "name,size,kind\n" + "".join(rows)
    assert ask(text, "rows 7").text == "file_6.txt,36,text"
    assert ask(text, "where name = file_6.txt").text == "1 of 300 rows\nrow,name,size,kind\n7,file_6.txt,36,text"


def test_a_definition_in_code_is_asked_for_by_its_name():
    text = "class A:\n    def run(self):\n        return 1\n\n\ndef run():\n    return 2\n"
    assert ask(text, "symbol A.run").text == "2:    def run(self):\n3:        return 1"
    assert "write `symbol run`" in message_of("symbol rum", text)


# Errors.


@pytest.mark.parametrize(
    ("query", "nearest"),
    [
        ("status=failed", "where status=failed"),
        ("id > 97", "where id > 97"),
        ("wher status = failed", "where status = failed"),
        ("/openssl/", "grep openssl"),
        ("lines 180-120", "lines 120-180"),
        ("lines 0-10", "lines 1-10"),
        ("lines 5:10", "lines 5-10"),
        ("rows", "rows 1-20"),
        ("10-20", "lines 10-20"),
        ("timeout", "grep timeout"),
        ("data.items[0]", "$.data.items[0]"),
        ("$.items[?(@.id==3)].name", "$.items[*] | grep REGEX"),
        ("grep 'unclosed", "grep 'unclosed'"),
        ("grep foo(", "grep -F 'foo('"),
        ("grep (?=a)", "grep -F '(?=a)'"),
        ("grep -o x", "grep -- -o"),
        ("rows 1-5 | | grep x", "grep REGEX | lines 1-20"),
        ("where vale = 1", "where value = 1"),
        ("where value = 1 | sort vlaue desc", "where value = 1 | sort value desc"),
        ("count value", "count by value"),
        ("where (value = 1", "where (value = 1)"),
        ("where value ~ '['", "where a contains '['"),
    ],
)
def test_a_malformed_query_is_told_the_nearest_valid_form(query, nearest):
    message = message_of(query)
    assert message.startswith(f"query `{query}`: ")
    assert message.endswith(f"write `{nearest}`")


def test_a_path_on_a_text_that_is_not_json_says_where_it_stops_being_json():
    assert "not JSON (line 2, char 1); write `lines 1-40`" in message_of("$.a", '{"a": 1,\nb: 2}')


@given(st.text("lines rows chars grep $.*[]'\"|-,0159Ci\\(", max_size=30), any_text | lined_text)
def test_any_query_gives_an_answer_or_a_query_error(query, text):
    outcome = outcome_of(text, query, max_tokens=30)
    if isinstance(outcome, str):
        assert "write `" in outcome
    else:
        assert outcome.shown <= outcome.total


def test_other_arguments_are_checked():
    store = MemoryStore()
    with pytest.raises(KeyNotFoundError):
        retrieve("Ab3dE5gH7jK", store=store)
    for wrong in (0, -1, True, "many"):
        with pytest.raises(InputError, match="max_tokens"):
            ask("text", max_tokens=wrong)
    with pytest.raises(InputError, match="context"):
        ask("text", context=2)


# Hostile texts.

DEEP = "[" * 100_000 + "]" * 100_000
HOSTILE = {
    "deep": DEEP,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "unclosed": "[" * 2_000_000,
    "one line": "é" * 25_000_000,
    "numbers": "[" + "0," * 5_000_000 + "0]",
    "blank lines": "\n" * 5_000_000,
    "quotes": '["' + '\\"' * 5_000_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "query",
    [
        *("", "lines 2-", "rows 1-3", "chars 1000000-", "$..a", "$[-1]", "$..*", "grep a", "grep -i '.*[^a]|[é]'"),
        *("count where value > 1", "top 3 by text"),
    ],
)
def test_hostile_texts_take_linear_time(text, query):
    started = time.perf_counter()
    outcome = outcome_of(text, query, max_tokens=4_000)
    assert time.perf_counter() - started < 10
    if isinstance(outcome, str):
        assert "write `" in outcome
    else:
        assert len(outcome.text) < 500_000
