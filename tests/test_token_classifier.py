"""Models in Hugging Face's form: what they add to words, wherever it stands, in whatever letters; and what is none."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headroom import _core, compress, expand
from headroom.prose_model._loaded import loaded
from headroom.prose_model._session import Missing
from headroom.prose_model._token_classifier import kept_labels, load
from headroom.store.memory import MemoryStore
from tiny_onnx import sentence_piece, token_classifier, word_piece

ASKED = "What does the gauge show?"
GAUGE = "The gauge shows what the pump gives."
MARKED = "Herons stand in reeds."
WORDS = ["herons", "stand", "in", "reeds", "."]
OTHERS = [f"Room {number} was painted by somebody whom nobody knew in town {number * 7}." for number in range(150)]
TOKENIZERS = {
    "WordPiece": (word_piece, lambda word: word, {}),
    "SentencePiece": (sentence_piece, lambda word: f"▁{word}", {"pad_token_id": 1}),
}


def text_of(at):
    """A paragraph that is asked for, and in place `at` of 150 one that is not."""
    return "\n\n".join([GAUGE, *OTHERS[:at], MARKED, *OTHERS[at:]])


def view(text, model, query=ASKED, **more):
    """What stands for a text, without the marker, whose key differs from store to store."""
    store = MemoryStore()
    own = {"kompress.min_lossy_tokens": 100, "kompress.model": str(model)}
    result = compress(text, query=query, store=store, settings=own, **{"target_ratio": 0.2, **more})
    assert expand(result.text, store=store) == text
    assert result.tokens_after <= result.tokens_before
    return result.text.partition("\n")[2]


@pytest.fixture(scope="module", params=TOKENIZERS)
def keeper(request, tmp_path_factory):
    """A model that keeps herons, and all that is said of them."""
    made, piece, config = TOKENIZERS[request.param]
    words = WORDS if request.param == "WordPiece" else ["Herons", "stand", "in", "reeds"]
    folder = tmp_path_factory.mktemp(request.param)
    return token_classifier(folder, map(piece, words), tokenizer=made(words), config=config)


@pytest.mark.parametrize("level", ["balanced", "deep"])
@pytest.mark.parametrize("at", [0, 1, 75, 149, 150])
def test_what_it_marks_is_kept_wherever_it_stands(keeper, at, level):
    assert MARKED in view(text_of(at), keeper, level=level)
    assert GAUGE in view(text_of(at), keeper, level=level)
    # Words alone keep what stands beside what is asked for, and how a text ends.
    assert at in (0, 1, 150) or MARKED not in view(text_of(at), "off", level=level)


def test_strings_of_json_are_read_too(keeper):
    passages = [" ".join(["Ä🙂 天気が\tいい.", *OTHERS[at : at + 5]]) for at in range(0, 150, 5)]
    passages[0] += f" {GAUGE}"
    passages[20] += f" {MARKED}"
    text = json.dumps([{"id": number, "text": passage} for number, passage in enumerate(passages)], ensure_ascii=False)
    assert MARKED in view(text, keeper)
    assert MARKED not in view(text, "off")


@pytest.mark.parametrize("positions", [16, 20, 64, 600])
def test_windows_are_as_long_as_the_model_has_positions_for(tmp_path, positions):
    folder = token_classifier(tmp_path, WORDS, positions=positions)
    assert load(folder).frame.length == min(positions, 512) - (positions > 16 and positions < 512)
    # One sentence of far more pieces than a window has.
    assert MARKED in view("\n\n".join([GAUGE, *OTHERS, "x" * 300 + " and " + "word " * 300 + ".", MARKED]), folder)


def test_threads_get_what_one_gets(keeper):
    texts = [text_of(at) for at in range(0, 150, 10)]
    alone = [view(text, keeper) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: view(text, keeper), texts)) == alone
    assert loaded(str(keeper)) is loaded(str(keeper))


LETTERS = st.sampled_from(
    ["a", "Bäume", "天気がいい", "🙂", "👩‍👩‍👧", "ﬁn", "é", "e\u0301", "[SEP]", "</s>", "İ", "\u200b", "—", "x1"]
)


@pytest.fixture(scope="module")
def pointer(request, tmp_path_factory):
    """By the kind of tokenizer, models that keep one word alone, and by which nothing else counts."""
    made = {}
    for name, (tokenizer, piece, config) in TOKENIZERS.items():
        folder = tmp_path_factory.mktemp(name)
        words = ["öl"] if name == "WordPiece" else ["Öl"]
        token_classifier(folder, map(piece, words), tokenizer=tokenizer(words), config=config, positions=32, odds=30.0)
        weights = {"word": 100, "near": 0, "token": 0, "opening": 0.01}
        (folder / "weights.json").write_text(json.dumps(weights))
        made[name] = load(folder)
    return made


@pytest.mark.parametrize("kind", TOKENIZERS)
@settings(max_examples=60)
@given(sentences=st.lists(st.lists(LETTERS, min_size=1, max_size=12), min_size=1, max_size=12), data=st.data())
def test_pieces_stand_where_the_text_has_them(pointer, kind, sentences, data):
    for words in sentences:
        if data.draw(st.booleans()):
            words.insert(data.draw(st.integers(0, len(words))), "Öl")
    text = "A gauge here. " + " ".join(f"{' '.join(words)}. " for words in sentences)
    text += "\n\n" + text
    wanted = [at for at in range(len(text)) if text.startswith("Öl", at)]
    guess = pointer[kind].read(text, "gauge", "", deep=True)
    budget = 4 * len(wanted) + 8
    kept = [(start, end) for _, start, end in _core.prose_extract([text], "gauge", budget, guess)]
    missed = [at for at in wanted if not any(start <= at and at + 2 <= end for start, end in kept)]
    assert missed == []


def test_a_folder_says_how_much_it_counts(tmp_path, keeper):
    text = text_of(75)
    for each in keeper.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    (tmp_path / "weights.json").write_text('{"sentence": 0}')
    assert MARKED not in view(text, tmp_path)


def test_inputs_that_a_model_may_have_are_given(tmp_path):
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    folder = token_classifier(tmp_path, WORDS, inputs=inputs, file="onnx/model_quantized.onnx")
    assert MARKED in view(text_of(75), folder)


def test_labels_that_mean_keeping_are_found():
    def found(*names, wanted=None):
        labels = {str(number): name for number, name in enumerate(names)}
        return kept_labels({"architectures": ["BertForTokenClassification"], "id2label": labels}, wanted)

    assert found("LABEL_0", "LABEL_1") == [False, True]
    assert found("KEEP", "DROP") == [True, False]
    assert found("O", "B-PER", "I-PER") == [False, True, True]
    assert found("x", "y", "z", wanted="z") == [False, False, True]
    assert kept_labels({"architectures": ["XLMRobertaForTokenClassification"]}) == [False, True]
    for labels, wanted in ((("x", "y", "z"), None), (("x", "y"), "w"), (("O",), None)):
        with pytest.raises(Missing, match="means keep"):
            found(*labels, wanted=wanted)


BROKEN = {
    "another kind": ({"config": {"architectures": ["BertForSequenceClassification"]}}, "no token classifier"),
    "fewer positions than it says": ({"config": {"max_position_embeddings": 500}}, "does not work"),
    "more labels than it has": ({"config": {"id2label": {"0": "O", "1": "A", "2": "B"}}}, "3 labels"),
    "windows of one size": ({"sizes": (1, 64)}, "one size alone"),
    "other inputs": ({"inputs": ("input_ids", "attention_mask", "bbox")}, "takes input_ids, attention_mask, bbox"),
    "no network": ({"file": "other.onnx"}, "has none of model.onnx"),
    "a tokenizer that is none": ({"after": ("tokenizer.json", "{}")}, "does not work"),
    "a network that is none": ({"after": ("model.onnx", "onnx")}, "does not work"),
    "weights that are none": ({"after": ("weights.json", '{"word": "much"}')}, "does not work"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_used_is_reported_once_and_words_decide(tmp_path, caplog, case):
    given, told = BROKEN[case]
    name, raw = given.pop("after", ("", "")) if "after" in given else ("", "")
    token_classifier(tmp_path, WORDS, **given)
    if name:
        (tmp_path / name).write_text(raw)
    assert view(text_of(75), tmp_path) == view(text_of(75), "off")
    assert view(text_of(76), tmp_path) == view(text_of(76), "off")
    [line] = [each.getMessage() for each in caplog.records]
    assert told in line
    assert "\n" not in line


def test_without_the_tokenizers_words_decide(keeper):
    program = (
        "import sys, headroom\n"
        "from headroom.store.memory import MemoryStore\n"
        "sys.modules['tokenizers'] = None\n"
        f"own = {{'kompress.min_lossy_tokens': 100, 'kompress.model': {str(keeper)!r}}}\n"
        f"text = {text_of(75)!r}\n"
        f"print(headroom.compress(text, query={ASKED!r}, store=MemoryStore(), target_ratio=0.2, settings=own).text)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.partition("\n")[2].strip() == view(text_of(75), "off").strip()
    assert done.stderr.count("tokenizers is not installed: pip install 'headroom-ai[ml]'") == 1


def test_the_core_takes_only_pieces_of_the_text(keeper):
    reading = _core.ProseReading.of_text(text_of(3), ASKED, "", deep=False)
    frame = {"before": [1], "after": [2], "filler": 0, "length": 16}
    assert len(reading.text) <= 12_000
    assert reading.windows([5], [(0, 3)], **frame).masked()[0][:2] == (1, 3)
    for ids, offsets, length in (([5], [], 16), ([5], [(0, len(reading.text) + 1)], 16), ([5], [(0, 3)], 2)):
        with pytest.raises(ValueError, match="not those of the text"):
            reading.windows(ids, offsets, **{**frame, "length": length})
