"""`headroom model`, in a process of its own, with a hub on loopback: what is fetched, checked, used, and refused."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from cli.fake_hub import FakeHub
from headroom.lease import Lease
from headroom.prose_model.pulled import MANIFEST
from tiny_onnx import token_classifier

ID = "org/keeper"
MARKED = "The heron stands in the reeds. "
FILLER = [f"Room {number} was painted by somebody whom nobody knew in town {number * 7}. " for number in range(120)]
TEXT = "\n\n".join(["The gauge shows what the pump gives.", *FILLER[:70], MARKED, *FILLER[70:]])
NAMES = ("config.json", "tokenizer.json", "model.onnx")


@pytest.fixture(scope="module")
def one_hub():
    hub = FakeHub()
    yield hub
    hub.stop()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = token_classifier(tmp_path_factory.mktemp("model"), ["the", "heron", "stands", "in", "reeds"])
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.fixture
def hub(one_hub, made):
    one_hub.forget()
    one_hub.files = dict(made)
    return one_hub


@pytest.fixture
def models(tmp_path):
    """Where they are kept."""
    return tmp_path / "data" / "headroom" / "models"


@pytest.fixture
def headroom(tmp_path, hub):
    def run(*arguments, code=0, text="", program="", **environment):
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "HEADROOM_CONFIG": os.devnull,
            "HF_ENDPOINT": hub.url,
        }
        command = [sys.executable, "-c", f"{program}\nfrom headroom.cli import main; main()", *arguments]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, env={**own, **environment}, check=False
        )
        assert done.returncode == code, done
        if code == 2:
            assert done.stdout == ""
            assert done.stderr.count("\n") == 1
        return done

    return run


def compressed(headroom, **environment):
    own = {"HEADROOM_TARGET_RATIO": "0.2", **environment}
    return headroom("compress", "--query", "What does the gauge show?", text=TEXT, **own)


def whole(models):
    """What is in its place."""
    return sorted(each.name for each in models.iterdir() if not each.name.startswith(".")) if models.exists() else []


def test_what_was_pulled_is_listed_used_and_removed(headroom, hub, models):
    done = headroom("model", "pull", ID)
    sha256 = hashlib.sha256(hub.files["model.onnx"]).hexdigest()
    assert f"{ID} at {hub.commit}: model.onnx" in done.stdout
    assert sha256 in done.stdout
    assert sorted(each.name for each in (models / "org--keeper").iterdir()) == sorted([*NAMES, MANIFEST])
    named = {"HEADROOM_PROSE_MODEL": ID}
    listed = json.loads(headroom("model", "list", "--json", **named).stdout)
    assert (listed["in_force"], listed["from"]) == (ID, "HEADROOM_PROSE_MODEL")
    assert [(each["id"], each["is_in_force"]) for each in listed["models"]] == [("shipped", False), (ID, True)]
    assert (listed["models"][1]["sha256"], listed["models"][1]["where"]) == (sha256, str(models / "org--keeper"))
    shown = headroom("model", "list", **named).stdout.splitlines()
    assert shown[2].startswith(f"*  {ID}")
    hub.forget()
    assert MARKED.strip() in compressed(headroom, **named).stdout
    assert MARKED.strip() not in compressed(headroom, HEADROOM_PROSE_MODEL="off").stdout
    headroom("model", "remove", ID)
    assert whole(models) == []
    done = compressed(headroom, **named)
    assert MARKED.strip() not in done.stdout
    assert done.stderr.count(f"headroom model pull {ID}") == 1
    assert hub.seen == [], "only pull asks the network"


def test_the_doctor_says_which_is_in_force_and_whether_it_works(headroom, hub, models):
    def found(**environment):
        done = headroom("doctor", "--json", code=environment.pop("code"), **environment, HEADROOM_PORT="0")
        [own] = [each for each in json.loads(done.stdout) if each["subject"] == "model"]
        return own["verdict"], own["text"]

    assert found(code=0) == ("good", "shipped is in force, and what it needs is here")
    assert found(code=0, HEADROOM_PROSE_MODEL="off")[0] == "good"
    verdict, text = found(code=1, HEADROOM_PROSE_MODEL=ID)
    assert verdict == "problem"
    assert f"headroom model pull {ID}" in text
    headroom("model", "pull", ID)
    assert found(code=0, HEADROOM_PROSE_MODEL=ID) == ("good", f"{ID} is in force, and can be read with")
    with (models / "org--keeper" / "tokenizer.json").open("a") as stream:
        stream.write(" ")
    verdict, text = found(code=1, HEADROOM_PROSE_MODEL=ID)
    assert verdict == "problem"
    assert f"tokenizer.json is not the file that was pulled: headroom model pull {ID}" in text


def test_a_token_goes_to_the_hub_alone(headroom, hub):
    done = headroom("model", "pull", ID, HF_TOKEN="hf_secret")
    assert "hf_secret" not in done.stdout + done.stderr
    sent = {seen.headers["Host"].partition(":")[0]: seen.headers.get("Authorization") for seen in hub.seen}
    assert sent == {"127.0.0.1": "Bearer hf_secret", "localhost": None}


def test_a_download_that_was_cut_off_goes_on(headroom, hub, models):
    hub.fault = "cut off"
    done = headroom("model", "pull", ID, code=2)
    assert "was cut off; run this again: it goes on where it stopped" in done.stderr
    assert whole(models) == []
    hub.fault = ""
    headroom("model", "pull", ID)
    resumed = {seen.headers["Range"] for seen in hub.seen if "Range" in seen.headers}
    assert resumed == {f"bytes={len(hub.files['tokenizer.json']) // 2}-"}
    assert (models / "org--keeper" / "tokenizer.json").read_bytes() == hub.files["tokenizer.json"]
    assert not (models / ".partial" / "org--keeper").exists()


def test_what_came_of_one_that_was_cut_off_can_be_removed(headroom, hub, models):
    hub.fault = "cut off"
    headroom("model", "pull", ID, code=2)
    assert list((models / ".partial" / "org--keeper").iterdir())
    headroom("model", "remove", ID)
    assert list((models / ".partial").iterdir()) == []
    assert "see headroom model list" in headroom("model", "remove", ID, code=2).stderr


def test_a_hub_that_tells_no_hash_is_believed_only_with_one(headroom, hub, models):
    hub.fault = "no SHA-256"
    sha256 = hashlib.sha256(hub.files["model.onnx"]).hexdigest()
    done = headroom("model", "pull", ID, code=2)
    assert (
        f"what came has {sha256}; if that is what you expect: headroom model pull {ID} --sha256 {sha256}" in done.stderr
    )
    assert whole(models) == []
    assert "and not 0000" in headroom("model", "pull", ID, "--sha256", "0" * 64, code=2).stderr
    headroom("model", "pull", ID, "--sha256", sha256.upper())
    assert whole(models) == ["org--keeper"]


def test_pulling_again_brings_what_is_there_now(headroom, hub, models, tmp_path):
    headroom("model", "pull", ID)
    other = token_classifier(tmp_path / "other", ["painted"], file="onnx/model.onnx")
    hub.files = {name: (other / name).read_bytes() for name in ("config.json", "tokenizer.json", "onnx/model.onnx")}
    headroom("model", "pull", ID)
    assert sorted(each.name for each in (models / "org--keeper").iterdir()) == [
        "config.json",
        MANIFEST,
        "onnx",
        "tokenizer.json",
    ]
    assert headroom("doctor", "--json", HEADROOM_PROSE_MODEL=ID, HEADROOM_PORT="0")


def test_a_disk_that_fills_up_is_told_and_the_rest_comes_when_there_is_room(headroom, models):
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))"
    # Python would cut its own files at the limit too.
    done = headroom("model", "pull", ID, code=2, program=limited, PYTHONDONTWRITEBYTECODE="1")
    assert "cannot be written: File too large" in done.stderr
    assert whole(models) == []
    headroom("model", "pull", ID)
    assert whole(models) == ["org--keeper"]


def test_numbers_in_a_file_of_their_own_come_too(headroom, hub, models):
    hub.files["model.onnx_data"] = bytes(range(256)) * 8
    headroom("model", "pull", ID)
    assert (models / "org--keeper" / "model.onnx_data").read_bytes() == hub.files["model.onnx_data"]
    (models / "org--keeper" / "model.onnx_data").write_bytes(b"")
    assert "model.onnx_data is not the file that was pulled" in compressed(headroom, HEADROOM_PROSE_MODEL=ID).stderr


def test_a_model_that_was_renamed_is_found(headroom, models):
    headroom("model", "pull", "old/name")
    assert whole(models) == ["old--name"]


def test_a_label_that_does_not_say_what_it_means_can_be_named(headroom, hub, models, tmp_path):
    labels = {"id2label": {"0": "yes", "1": "no", "2": "perhaps"}}
    folder = token_classifier(tmp_path / "other", ["heron"], config=labels)
    hub.files["config.json"] = (folder / "config.json").read_bytes()
    assert "which of its labels (yes, no, perhaps) means keep?" in headroom("model", "pull", ID, code=2).stderr
    hub.files["config.json"] = hub.files["config.json"].replace(b', "2": "perhaps"', b"").replace(b"no", b"O")
    headroom("model", "pull", ID, "--label", "yes")
    weights = models / "org--keeper" / "weights.json"
    assert json.loads(weights.read_text()) == {"label": "yes"}
    weights.write_text('{"label": "yes", "sentence": 0.25}')
    headroom("model", "pull", ID, "--label", "O")
    assert json.loads(weights.read_text()) == {"label": "O", "sentence": 0.25}
    assert headroom("doctor", "--json", HEADROOM_PROSE_MODEL=ID, HEADROOM_PORT="0")


REFUSALS = {
    "an unknown id": ({"id": "org/nobody"}, "has no model org/nobody, or shows it to some alone"),
    "a place outside": ({"id": "../../etc"}, "is no id of a model"),
    "a file outside": ({"more": ("--file", "../../model.onnx")}, "is no path in a repository"),
    "a file that is not there": ({"more": ("--file", "a/b.onnx")}, "has none of a/b.onnx"),
    "an unknown revision": ({"more": ("--revision", "v9")}, "has no revision 'v9'"),
    "a model with terms": ({"fault": "gated"}, "set HF_TOKEN"),
    "no hub": ({"more": ("--endpoint", "http://127.0.0.1:9")}, "127.0.0.1:9 cannot be reached"),
    "an address that is none": ({"more": ("--endpoint", "ftp://hub")}, "is no address of a hub"),
    "other bytes": ({"fault": "other bytes"}, "not kept"),
    "a hash that is none": ({"more": ("--sha256", "abc")}, "is no SHA-256"),
    "no room": ({"fault": "huge"}, "is full; make room"),
    "a hub that fails": ({"fault": "503"}, "answers 503"),
    "no ONNX file": ({"files": {"model.onnx": None}}, "has none of model.onnx, onnx/model.onnx"),
    "no tokenizer": ({"files": {"tokenizer.json": None}}, "or that has no tokenizer.json"),
    "no configuration": ({"files": {"config.json": None}}, "or that has no config.json"),
    "another kind": (
        {"files": {"config.json": b'{"architectures": ["BertForMaskedLM"]}'}},
        "it is no token classifier (its config.json says BertForMaskedLM)",
    ),
    "a configuration that is none": ({"files": {"config.json": b"[1]"}}, "config.json holds no JSON object"),
    "a damaged network": ({"files": {"model.onnx": b"x" * 2_000}}, "does not work"),
    "no extra": (
        {"program": "import sys; sys.modules['tokenizers'] = None"},
        "tokenizers is not installed: pip install 'headroom-ai[ml]'",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_pulled_is_told_in_a_line_and_leaves_nothing(headroom, hub, models, case):
    given, told = REFUSALS[case]
    hub.fault = given.get("fault", "")
    hub.files = {name: raw for name, raw in {**hub.files, **given.get("files", {})}.items() if raw is not None}
    arguments = ("model", "pull", given.get("id", ID), *given.get("more", ()))
    assert told in headroom(*arguments, code=2, program=given.get("program", "")).stderr
    assert whole(models) == []
    assert [each for each in models.rglob("*") if each.is_file() and each.name != ".lock"] == []


def test_one_at_a_time_changes_what_there_is(headroom, models):
    headroom("model", "pull", ID)
    lease = Lease(str(models / ".lock"))
    assert lease.try_alone()
    for what in ("pull", "remove"):
        assert "wait until it is done" in headroom("model", what, ID, code=2).stderr
    lease.release()
    assert whole(models) == ["org--keeper"]
