"""The model of running text, as it is shipped: what it adds to words, and what holds with it and without."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headroom import _core, compress, expand
from headroom.prose_model import OFF, guess
from headroom.prose_model._loaded import loaded
from headroom.store.memory import MemoryStore

GUIDE = (Path(__file__).parent / "conformance" / "inputs" / "markdown-guide.md").read_text(encoding="utf-8")
ASKED = "Below which voltage must the battery be changed?"
EAGER = {"kompress.min_lossy_tokens": 100, "level": "deep"}


def view(text, query, **settings):
    """What stands for a text, without the marker, whose key differs from store to store."""
    store = MemoryStore()
    result = compress(text, query=query, store=store, settings={**EAGER, **settings})
    assert expand(result.text, store=store) == text
    assert result.tokens_after <= result.tokens_before
    return result.text.partition("\n")[2]


def run(program):
    """What a program that is run alone prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def numbers_of(windows, value=0.0):
    import numpy

    return [numpy.full(rows * length * 3, value, numpy.float32).tobytes() for rows, length, *_ in windows.batches()]


def test_nothing_of_it_is_imported_before_it_is_needed():
    assert (
        run(
            "import sys, headroom\n"
            "from headroom.store.memory import MemoryStore\n"
            f"text = open({str(Path(__file__).parent / 'conformance/inputs/markdown-guide.md')!r}).read()\n"
            "headroom.compress(text, store=MemoryStore(), settings={'kompress.min_lossy_tokens': 100})\n"
            f"mild = {{**{EAGER!r}, 'level': 'balanced', 'target_ratio': 0.6}}\n"
            f"headroom.compress(text, query={ASKED!r}, store=MemoryStore(), settings=mild)\n"
            "print({'onnxruntime', 'numpy'} & sys.modules.keys())\n"
            f"headroom.compress(text, query={ASKED!r}, store=MemoryStore(), settings={EAGER!r})\n"
            "print('onnxruntime' in sys.modules)"
        )
        == "set()\nTrue"
    )


def test_without_the_extra_words_decide():
    program = (
        "import sys, headroom\n"
        "from headroom.store.memory import MemoryStore\n"
        "sys.modules['onnxruntime'] = None\n"
        f"text = open({str(Path(__file__).parent / 'conformance/inputs/markdown-guide.md')!r}).read()\n"
        f"print(headroom.compress(text, query={ASKED!r}, store=MemoryStore(), settings={EAGER!r}).text)"
    )
    assert run(program).partition("\n")[2] == view(GUIDE, ASKED, **{"kompress.model": OFF}).strip()


def test_a_folder_without_a_model_is_reported_and_words_decide(tmp_path, caplog):
    settings = {"kompress.model": str(tmp_path)}
    assert view(GUIDE, ASKED, **settings) == view(GUIDE, ASKED, **{"kompress.model": OFF})
    assert "the model of running text cannot be used" in caplog.text
    assert ASKED not in caplog.text


def test_the_model_of_a_folder_is_used(tmp_path):
    data = Path(sys.modules["headroom.prose_model"].__file__).parent / "data"
    for each in data.iterdir():
        (tmp_path / each.name).write_bytes(each.read_bytes())
    assert view(GUIDE, ASKED, **{"kompress.model": str(tmp_path)}) == view(GUIDE, ASKED)


def test_threads_share_it_and_get_what_one_gets():
    questions = [ASKED, "Who built the first gauges?", "How is the probe cleaned?", "What does a red light mean?"] * 4
    alone = [view(GUIDE, question) for question in questions]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda question: view(GUIDE, question), questions))
    assert together == alone
    assert loaded() is loaded()


def test_nothing_is_read_where_nothing_is_asked_that_is_there():
    assert guess(GUIDE, "", "", deep=False) is None
    assert guess(GUIDE, "Zyzzyva quokka?", "", deep=False) is None
    assert guess(GUIDE, ASKED, "", deep=False, model=OFF) is None
    assert guess(GUIDE, ASKED, "", deep=False) is not None


def test_texts_of_more_than_2_mb_are_left_to_words():
    assert guess(GUIDE * (2_000_000 // len(GUIDE) + 1), ASKED, "", deep=False) is None


def test_the_core_takes_only_numbers_for_all_pieces():
    model = loaded()
    windows = _core.ProseWindows([GUIDE], ASKED, model.vocabulary)
    assert windows.guess(numbers_of(windows), model.weights)
    for wrong in (numbers_of(windows)[1:], [*numbers_of(windows), b"\0" * 12], numbers_of(windows, float("nan"))):
        with pytest.raises(ValueError, match="finite numbers for every piece"):
            windows.guess(wrong, model.weights)
    with pytest.raises(ValueError, match="PAD"):
        _core.ProseVocabulary("a\nb")


def test_rows_have_at_most_128_pieces_and_equal_lengths():
    windows = _core.ProseWindows([GUIDE, GUIDE[:500]], ASKED, loaded().vocabulary)
    for rows, length, *columns in windows.batches():
        assert length <= 128
        assert {len(column) for column in columns} == {rows * length * 4}


PASSAGES = [
    (
        "When did the first ferry cross the strait?",
        "May 1911",
        "The ferry company owns four ships, of which the oldest is used in winter only. The first of its "
        "ferries left the harbour of Aldby on a rainy morning in May 1911 and reached the other side of the "
        "strait three hours later. A second ship was bought after the war, when the trade in timber had "
        "recovered and the line was making money again.",
    ),
    (
        "How many visitors does the museum have each year?",
        "62,000",
        "The museum stands in a former grain store beside the canal. It was opened by the town in 1978 with "
        "two rooms of tools and costumes. Today it draws about 62,000 visitors a year, most of them school "
        "classes from the region. A new wing for the collection of clocks is being planned, but the money for "
        "it has not been found so far.",
    ),
    (
        "Who wrote the opera?",
        "Ludovic Marsh",
        "The opera in three acts was received coldly when it was first given, and was soon forgotten. It had "
        "been written by Ludovic Marsh in the last years of his life, when he was nearly blind. The score was "
        "found again in an attic in the suburbs, and a performance on the radio made it known to a wider "
        "public.",
    ),
    (
        "What is the valley known for?",
        "wild orchids",
        "The valley lies to the east of the pass and is reached by a single road. It is known for its wild "
        "orchids, which flower on the meadows from June. Snow closes the road for about five months, and in "
        "that time the people of the two villages live on what they have stored in the autumn.",
    ),
    (
        "Where did the painter study?",
        "Antwerp",
        "The painter was born into a family of weavers. He studied in Antwerp under a cousin of his mother, "
        "and returned after four years with a hundred drawings. Few of his early works are left, since most "
        "of them were burned with the house of his brother, who had collected them with great care over many "
        "years.",
    ),
    (
        "What does the pump do when the pressure falls?",
        "stops and closes the valve",
        "The pump is driven by a small motor below the floor and runs day and night. When the pressure falls "
        "below two bar, it stops and closes the valve, and a lamp on the front lights up. The filter has to "
        "be cleaned every month. Spare parts are kept in the cupboard beside the door, together with the "
        "drawings and the key.",
    ),
    (
        "Which company built the engine?",
        "Harland",
        "The locomotive was in service for thirty years and is shown in the old depot. Its engine was built "
        "by Harland and could pull nine coaches up the steepest part of the line. After an accident in the "
        "tunnel the boiler was replaced, and the cab was closed on both sides to protect the driver from "
        "smoke.",
    ),
    (
        "What causes the noise in the pipes?",
        "trapped air",
        "The house was heated with coal until the pipes were laid. The noise in the pipes is caused by "
        "trapped air, which gathers in the highest part of the loop. It can be let out with the key that "
        "hangs in the cellar. If nothing helps, the plumber should be called, and he will ask for the number "
        "on the plate.",
    ),
]


def surviving(guess_of):
    """How many answers survive at two budgets, a whole sentence and half of one."""
    kept = 0
    for question, answer, passage in PASSAGES:
        for share in (0.2, 0.12):
            budget = int(share * _core.count_tokens(passage))
            stretches = _core.prose_extract([passage], question, budget, guess_of(passage, question))
            kept += any(answer in passage[start:end] for _, start, end in stretches)
    return kept


def test_more_answers_survive_with_it():
    model = loaded()

    def guess_of(passage, question):
        return model.guess(_core.ProseWindows([passage], question, model.vocabulary))

    assert surviving(guess_of) > surviving(lambda passage, question: None)
    assert surviving(guess_of) >= 11
