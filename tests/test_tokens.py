"""Token counts are those of tiktoken, rebuilt here from the packed vocabularies so that no network is needed."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import sys
import threading
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom import _core
from headroom.tokens import TokenCounter, count_tokens, is_estimate, token_counter

ASSETS = Path(__file__).parent.parent / "rust" / "core" / "assets"

PUBLISHED = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}

PATTERNS = {
    "o200k_base": "|".join(
        (
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
            r"\p{N}{1,3}",
            r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
            r"\s*[\r\n]+",
            r"\s+(?!\S)",
            r"\s+",
        )
    ),
    "cl100k_base": "|".join(
        (
            r"'(?i:[sdmt]|ll|ve|re)",
            r"[^\r\n\p{L}\p{N}]?+\p{L}++",
            r"\p{N}{1,3}+",
            r" ?[^\s\p{L}\p{N}]++[\r\n]*+",
            r"\s++$",
            r"\s*[\r\n]",
            r"\s+(?!\S)",
            r"\s",
        )
    ),
}


def packing():
    spec = importlib.util.spec_from_file_location("pack", ASSETS / "pack.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PACK = packing()


def published(name):
    tokens = PACK.tokens((ASSETS / f"{name}.vocab").read_bytes())
    return tiktoken.Encoding(
        name,
        pat_str=PATTERNS[name],
        mergeable_ranks={token: rank for rank, token in enumerate(tokens)},
        special_tokens={"<|endoftext|>": len(tokens)},
    )


ENCODINGS = {name: published(name) for name in PUBLISHED}


def assert_same(text):
    for name, encoding in ENCODINGS.items():
        tokens = encoding.encode(text, disallowed_special=())
        assert TokenCounter(name).count(text) == len(tokens), (name, text)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_packed_vocabulary_is_the_published_one(name):
    unpacked = PACK.unpack((ASSETS / f"{name}.vocab").read_bytes())
    assert hashlib.sha256(unpacked).hexdigest() == PUBLISHED[name]
    assert PACK.pack(unpacked) == (ASSETS / f"{name}.vocab").read_bytes()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_readme_of_the_assets_names_their_hashes(name):
    readme = (ASSETS / "README.md").read_text()
    assert hashlib.sha256((ASSETS / f"{name}.vocab").read_bytes()).hexdigest() in readme
    assert PUBLISHED[name] in readme


def test_a_vocabulary_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="rank 2 stands where 1 was due"):
        PACK.pack(b"IQ== 0\nIg== 2\n")


# What the split patterns tell apart: each kind of white space, letters with and without case, marks, digits of other
# scripts, line ends, apostrophes and what folds to ASCII, symbols; and what joins to long pieces.
CHARACTERS = (
    " \n\r\t\x0b\x0c\x1c\x1f\x85\xa0\u1680\u2003\u2028\u3000\u200b\ufeff\0\x7f'\u2019\"/.-_{}:,\\"
    "sStmdDlLrRvVeE\u017f\u212aaxAZ12½²٣९Ⅷ éÉßǄǅǆʰ\u02c8ªº中文日한ก\u0e31\u0e33\u0301\u0308\u20dd\ufe0f\u200d😀"
    "яЯΩωא\u0627\ud7ff\ue000\uffff\U0010ffff\U000e0001"
)
JOINED = [
    "\r\n",
    "  ",
    "re",
    "LL",
    "hello",
    "World",
    "TEST",
    "aB",
    "333",
    "4444",
    "👨\u200d👩\u200d👧",
    "<|endoftext|>",
]
RUNS = [
    part * times for part in (" ", "-", "=", "a", "\n", "😀", "中文", "'s", " \n", ");\n", "/\n") for times in (10, 70)
]
FRAGMENTS = [*CHARACTERS, *JOINED, *RUNS]

nasty = st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join)
anything = st.text(max_size=200)
alike = st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=4), st.integers(1, 300))


@settings(max_examples=1500, deadline=None)
@given(nasty | anything | alike)
def test_any_text_counts_as_with_tiktoken(text):
    assert_same(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(FRAGMENTS),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from(["id", "createdAt", "user_id"]), inner),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(values, st.sampled_from([None, 1, 4, "\t"]), st.booleans())
def test_any_json_counts_as_with_tiktoken(value, indent, ascii_only):
    assert_same(json.dumps(value, indent=indent, ensure_ascii=ascii_only))


WORDS = ["error", "WARN", "getUserById", "snake_case", "it's", "HTTPServer", "y2k", "naïve", "0x7fff", "127.0.0.1"]
LOG_LINE = st.builds(
    "{} [{}] {}: {}".format, st.integers(0, 10**13), *([st.sampled_from(WORDS)] * 2), st.text(max_size=30)
)
CODE_LINE = st.builds(
    "{}{}({}){}".format,
    st.sampled_from(["", "    ", "\t\t"]),
    *([st.sampled_from(WORDS)] * 2),
    st.sampled_from([";", " {", ":", ""]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LOG_LINE | CODE_LINE, max_size=40), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_any_log_and_code_counts_as_with_tiktoken(lines, line_end):
    assert_same(line_end.join(lines))


@pytest.mark.slow
def test_every_character_counts_as_with_tiktoken_wherever_it_stands():
    """Planes 4 to 13 hold nothing, and 15 and 16 are all of one class: of these a sample."""
    points = [*range(0xD800), *range(0xE000, 0x40000), *range(0x40000, 0xE0000, 97), *range(0xE0000, 0xE1000)]
    points += range(0xE1000, sys.maxunicode + 1, 97)
    characters = [chr(point) for point in points]
    for at in range(0, len(characters), 512):
        assert_same("".join(f"{c}a{c}A{c} {c}1{c}.\n{c}'{c}" for c in characters[at : at + 512]))


def test_lone_surrogates_count_as_with_tiktoken():
    assert_same("a\ud800b \udc00\ud83d\ude00 \udfff")


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000, " " * 300_000, "\n" * 300_000, "-" * 300_000, "😀" * 80_000, "ab" * 150_000, "中文字" * 30_000],
    ids=lambda text: repr(text[:2]),
)
def test_long_runs_take_time_in_proportion(text):
    """A quadratic merge would take minutes for each; what one counts is checked on a part that tiktoken can bear."""
    assert_same(text[:5000])
    assert count_tokens(text) > 1000


def test_threads_count_alike():
    rng = random.Random(5)
    texts = ["".join(rng.choices(FRAGMENTS, k=4000)) for _ in range(8)]
    expected = [count_tokens(text) for text in texts]
    found = [[] for _ in texts]

    def work(slot):
        for _ in range(5):
            found[slot] = [count_tokens(text) for text in texts]

    threads = [threading.Thread(target=work, args=(slot,)) for slot in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * len(texts)


def test_an_unknown_encoding_is_refused():
    with pytest.raises(ValueError, match="'p50k_base' is not known: use 'o200k_base' or 'cl100k_base'"):
        _core.count_tokens("text", "p50k_base")


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        (None, "o200k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("chatgpt-4o-latest", "o200k_base"),
        ("gpt-4.1-nano", "o200k_base"),
        ("gpt-5.6-codex", "o200k_base"),
        ("GPT-5", "o200k_base"),
        ("o1", "o200k_base"),
        ("openrouter/openai/o3-mini", "o200k_base"),
        ("o4-mini-2025-04-16", "o200k_base"),
        ("ft:gpt-4o-2024-08-06:org::id", "o200k_base"),
        ("openai.gpt-oss-120b-1:0", "o200k_base"),
        ("openai:gpt-4o", "o200k_base"),
        ("azure/gpt-4", "cl100k_base"),
        ("gpt-4-turbo-2024-04-09", "cl100k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("gpt-3.5-turbo", "cl100k_base"),
        ("azure/gpt-35-turbo", "cl100k_base"),
        ("text-embedding-3-large", "cl100k_base"),
    ],
)
def test_a_model_whose_vocabulary_is_published_is_counted_exactly(model, encoding):
    assert token_counter(model) == TokenCounter(encoding, 1.0, is_estimate=False)
    assert token_counter(model).name == encoding
    assert not is_estimate(model)


@pytest.mark.parametrize(
    ("model", "ratio"),
    [
        ("claude-3-5-sonnet-20241022", 1.18),
        ("claude-3-opus-20240229", 1.18),
        ("claude-opus-4-20250514", 1.18),
        ("anthropic/claude-sonnet-4.5", 1.18),
        ("us.anthropic.claude-opus-4-6-v1:0", 1.18),
        ("vertex_ai/claude-opus-4@20250514", 1.18),
        ("claude-v2:1", 1.18),
        ("claude-opus-4-7", 1.53),
        ("anthropic/claude-opus-4.7:beta", 1.53),
        ("claude-opus-4-10", 1.53),
        ("claude-sonnet-5-20260801", 1.53),
        ("claude-opus-5-5", 1.53),
        ("claude-latest", 1.53),
        ("gemini-2.5-pro", 1.08),
        ("models/gemini-3-flash-preview", 1.08),
        ("mistral-large-latest", 1.0),
        ("gpt-4x", 1.0),
        ("", 1.0),
    ],
)
def test_a_closed_tokenizer_is_estimated_and_said_to_be(model, ratio):
    counter = token_counter(model)
    assert counter == TokenCounter("o200k_base", ratio, is_estimate=True)
    assert counter.name == f"about {ratio} x o200k_base"
    assert is_estimate(model)
    text = "The quick brown fox jumps over the lazy dog. " * 20
    assert count_tokens(text, model) == round(count_tokens(text) * ratio)
    assert count_tokens("", model) == 0
