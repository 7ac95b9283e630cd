"""Running text through the public functions: what the question wants stays, the rest can be asked for by its place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from headroom import compress, count_tokens, expand, retrieve
from headroom.errors import SettingsError
from headroom.marker import parse_marker
from headroom.store.memory import MemoryStore

INPUTS = Path(__file__).parents[1] / "conformance" / "inputs"
EAGER = {"kompress.min_lossy_tokens": 100}
MARK = re.compile(r"\[… ((?:lines?|chars) [\d-]+)\]")


@pytest.fixture
def store():
    return MemoryStore()


def text_of(name):
    return (INPUTS / name).read_text(encoding="utf-8")


def ask(name, query, store, **options):
    """The text, and what stands for it."""
    text = text_of(name)
    result = compress(text, query=query, store=store, settings={**EAGER, **options.pop("settings", {})}, **options)
    assert expand(result.text, store=store) == text
    return text, result.text


def test_the_answer_stays_below_its_heading_and_the_rest_goes(store):
    text, view = ask("markdown-guide.md", "Below which voltage must the battery be changed?", store)
    assert parse_marker(view).kind == "prose"
    assert (
        "A voltage below 3.1 V that does not recover is a sign that the battery has to be changed within two weeks."
        in view
    )
    assert "## Power" in view
    assert "museum of the harbour" not in view
    assert count_tokens(view) < 0.6 * count_tokens(text)


def test_who_wants_all_that_a_text_says_gets_all_of_it_unless_he_wants_it_short(store):
    query = "Read this guide's page and tell me what it says, please."
    text, view = ask("markdown-guide.md", query, store)
    assert view == text
    _, view = ask("markdown-guide.md", query, MemoryStore(), target_ratio=0.5)
    assert count_tokens(view) <= 0.5 * count_tokens(text)


def test_every_heading_stays_so_that_what_was_left_out_can_be_named(store):
    text, view = ask("markdown-guide.md", "Below which voltage must the battery be changed?", store)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        line for line in view.splitlines() if line.startswith("#")
    ]


def test_what_a_mark_names_gives_back_what_is_missing(store):
    text, view = ask("markdown-guide.md", "Who built the first gauges?", store)
    marks = MARK.findall(view)
    assert marks
    for query in marks:
        missing = retrieve(parse_marker(view).key, query, store=store).text.strip()
        assert missing in text
        assert missing not in view


def test_sources_of_chunks_stay_whether_or_not_they_answer(store):
    text, view = ask("prose-overlapping-chunks.txt", "Who built the first gauges?", store)
    assert "Ingrid Solheim" in view
    assert all(line in view.splitlines() for line in text.splitlines() if line.startswith("["))
    text, view = ask("prose-documents-in-tags.txt", "Who built the first gauges?", store)
    assert "Ingrid Solheim" in view
    assert re.findall("<source>.*", text) == re.findall("<source>.*", view)


def test_passages_in_json_are_shortened_and_every_other_value_stays(store):
    text, view = ask("prose-chunks.json", "Who built the first gauges?", store)
    shown = json.loads(view.partition("\n")[2])
    whole = json.loads(text)
    assert [{**each, "text": ""} for each in shown["results"]] == [{**each, "text": ""} for each in whole["results"]]
    assert "Ingrid Solheim" in view
    assert any(re.fullmatch(r"\[… \d+ chars\]", each["text"]) for each in shown["results"])


@pytest.mark.parametrize("name", ["prose-german-chunks.txt", "prose-chinese-chunks.txt"])
def test_other_languages_are_read_too(store, name):
    query = {
        "prose-german-chunks.txt": "Wo wurde das Schiff gebaut?",
        "prose-chinese-chunks.txt": "第一台水位计是谁制造的",
    }
    answer = {
        "prose-german-chunks.txt": "in Flensburg gebaut",
        "prose-chinese-chunks.txt": "一位住在港口旁边的工程师制造",
    }
    text, view = ask(name, query[name], store)
    assert answer[name] in view
    assert len(view) < len(text)


def test_what_is_said_twice_is_said_once_without_losing_anything():
    for name in ("prose-overlapping-chunks.txt", "prose-pages-with-footers.md"):
        text = text_of(name)
        result = compress(text, level="lossless", store=MemoryStore())
        assert result.text.startswith("#prose ")
        assert expand(result.text) == text
        assert count_tokens(result.text) < 0.9 * count_tokens(text)


@pytest.mark.parametrize("write", [lambda parts: "\n---\n".join(parts), lambda parts: json.dumps(parts, indent=1)])
def test_windows_of_a_search_that_overlap_within_sentences_are_said_once(write):
    words = text_of("markdown-guide.md").split()
    text = write([" ".join(words[at : at + 200]) for at in range(0, len(words) - 50, 150)])
    result = compress(text, level="lossless", store=MemoryStore(), settings=EAGER)
    assert expand(result.text) == text
    assert result.text.startswith("#prose ")
    assert count_tokens(result.text) < 0.95 * count_tokens(text)


def test_where_nothing_is_asked_nothing_is_left_out(store):
    text = text_of("markdown-guide.md")
    assert compress(text, store=store, settings=EAGER).text == text


def test_leaving_out_where_nothing_is_asked_keeps_seventy_percent_and_every_fact(store):
    facts = ("It must never be opened.", "It weighs 12 kg.", "See `gauge flush`.", "Ask Anna.", "Read /etc/gauge.")
    words = ("water", "wind", "weather", "work", "way", "world", "wall", "wood", "week", "wheel")

    def filler(number):
        return f"And the {words[number % 10]} went on with the {words[number // 10]} in much the same way as before."

    text = "".join(
        f"Here it begins with the {words[n % 10]}. {facts[n % 5]} {filler(n)} {filler(n + 30)} {filler(n + 60)}\n\n"
        for n in range(30)
    )
    result = compress(text, store=store, settings={**EAGER, "kompress.unasked": True})
    assert parse_marker(result.text).kind == "prose"
    assert count_tokens(result.text) >= 0.7 * count_tokens(text)
    for fact in facts:
        assert result.text.count(fact) == text.count(fact)


@pytest.mark.parametrize("model", ["off", "shipped"])
def test_what_is_left_out_where_nothing_is_asked_can_be_asked_for_and_denies_nothing(store, model):
    settings = {"kompress.unasked": True, "kompress.model": model}
    text, view = ask("markdown-guide.md", "", store, settings=settings)
    assert parse_marker(view).kind == "prose"
    marks = MARK.findall(view)
    assert marks
    for query in marks:
        missing = retrieve(parse_marker(view).key, query, store=store).text.strip()
        assert missing in text
        assert not re.search(r"\d|\b(not|never|no|must|may|can|should)\b|`|n't\b", missing), missing
    assert count_tokens(view) >= 0.7 * count_tokens(text)


def test_less_than_seventy_percent_cannot_be_asked_for():
    with pytest.raises(SettingsError, match=r"kompress.unasked_share=0.5 .* 0.7"):
        compress("x", store=MemoryStore(), settings={"kompress.unasked_share": 0.5})


def test_source_files_are_not_taken_for_prose_however_documented(store):
    code = (
        'def level(x):\n    """Returns the level. It is in centimetres, as everybody knows."""\n    return x\n\n' * 40
    )
    result = compress(code, query="what is the level?", store=store, settings=EAGER)
    assert parse_marker(result.text) is None or parse_marker(result.text).kind != "prose"


def cuts(text, view):
    """What stands before and behind the gaps of a view, and what is missing there, with the white space between."""
    for query in re.findall(r"\[… chars ([\d-]+)\]", view):
        first, last = (int(number) for number in query.split("-"))
        yield text[: first - 1].rstrip(" "), text[first - 1 : last]


@pytest.mark.parametrize("ratio", [0.3, 0.1, 0.05])
@pytest.mark.parametrize("level", ["balanced", "deep"])
def test_parts_of_sentences_are_shown_at_the_deep_level_alone_and_every_cut_is_marked(store, level, ratio):
    text, view = ask("markdown-guide.md", "Who built the first gauges?", store, target_ratio=ratio, level=level)
    rest = text
    for shown in re.split(r"\[… [^\]]+\]", view.partition("\n")[2]):
        assert shown.strip() in rest
        rest = rest[rest.index(shown.strip()) + len(shown.strip()) :]
    ends = re.compile(r"(^|\n|[.!?:][\"')\]*`]*)$")
    is_cut = any(not ends.search(before) or not ends.search(gap) for before, gap in cuts(text, view))
    assert is_cut <= (level == "deep" and ratio < 0.25)


@pytest.mark.parametrize("ratio", [0.4, 0.25, 0.15])
def test_a_target_is_kept_and_the_answer_stays(store, ratio):
    text, view = ask("markdown-guide.md", "Who built the first gauges?", store, target_ratio=ratio, level="deep")
    assert count_tokens(view) <= ratio * count_tokens(text) + 3
    assert "Ingrid Solheim" in view
