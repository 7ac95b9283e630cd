"""The command line as a user runs it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from headroom import __version__
from headroom.marker import parse_marker
from payloads import FORMATS, big_table

TABLE = big_table()


@pytest.fixture
def headroom(tmp_path):
    def run(*arguments, input=b"", stdout=subprocess.PIPE, **environment):
        surroundings = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")},
            "HEADROOM_CONFIG": os.devnull,
            "HEADROOM_STORE_PATH": str(tmp_path / "originals.db"),
            **environment,
        }
        code = "from headroom.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            input=input,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=surroundings,
        )

    return run


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.json"
    path.write_text(TABLE)
    return path


def key_of(done):
    return done.stderr.decode().rsplit("headroom retrieve ", 1)[1].split()[0]


def refused(done):
    """Exit code 2, nothing on standard output, one line on standard error: returns that line."""
    assert (done.returncode, done.stdout) == (2, b""), done
    [line] = done.stderr.decode().splitlines()
    assert line.startswith("headroom: ")
    return line


def test_a_file_is_compressed_and_had_back_byte_for_byte(headroom, table):
    done = headroom("compress", table, "--query", "which failed?")
    assert done.returncode == 0
    assert "upstream timed out" in done.stdout.decode()
    assert parse_marker(done.stdout.decode())
    [line] = done.stderr.decode().splitlines()
    assert " tokens, " in line
    assert headroom("retrieve", key_of(done)).stdout == TABLE.encode()


def test_standard_input_is_read_by_default_and_for_a_dash(headroom):
    outputs = {headroom("compress", *dash, input=TABLE.encode()).stdout for dash in ([], ["-"])}
    assert len(outputs) == 1
    assert parse_marker(outputs.pop().decode())


def test_what_cannot_be_made_smaller_comes_out_byte_for_byte(headroom):
    text = "über alles\r\nkein JSON\x1b[31m\n".encode()
    done = headroom("compress", input=text)
    assert (done.returncode, done.stdout) == (0, text)


def test_a_byte_order_mark_is_kept_in_the_original(headroom):
    text = b"\xef\xbb\xbf" + TABLE.encode()
    done = headroom("compress", input=text)
    assert headroom("retrieve", key_of(done)).stdout == text


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_list_of_messages_is_compressed_as_a_conversation(headroom, name, mark):
    messages = FORMATS[name]([("which failed?", "orders", TABLE)])
    done = headroom("compress", input=mark + json.dumps(messages).encode())
    written = json.loads(done.stdout)
    assert [list(message) for message in written] == [list(message) for message in messages]
    assert written[:-1] == messages[:-1]
    assert written[-1] != messages[-1]


def test_a_list_of_records_that_have_a_role_of_their_own_is_data(headroom):
    records = json.dumps([{"role": "maintainer", "login": f"user{number}"} for number in range(300)]).encode()
    done = headroom("compress", "--level", "lossless", input=records)
    assert not done.stdout.startswith(b"[\n")
    assert len(done.stdout) < len(records)


def test_as_json_the_result_has_its_figures_and_keys(headroom, table):
    done = headroom("compress", table, "--json")
    result = json.loads(done.stdout)
    assert result["tokens_saved"] == result["tokens_before"] - result["tokens_after"] > 0
    assert parse_marker(result["text"]).key == result["keys"][0]


def test_explain_tells_on_standard_error_what_was_kept_without_colours_for_a_file(headroom, table):
    done = headroom("compress", table, "--explain")
    report = done.stderr.decode()
    assert "kept" in report
    assert "left out" in report
    assert "\x1b[" not in report
    assert done.stdout == headroom("compress", table).stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_colour", "coloured"), [("", True), ("1", False)])
def test_explain_is_in_colour_on_a_terminal_unless_refused(headroom, table, tmp_path, no_colour, coloured):
    import pty

    outer, inner = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_colour, "HEADROOM_STORE_PATH": str(tmp_path / "s.db")}
    with subprocess.Popen(
        [sys.executable, "-c", "from headroom.cli import main; main()", "compress", str(table), "--explain"],
        stdout=subprocess.DEVNULL,
        stderr=inner,
        env=environment,
    ) as process:
        os.close(inner)
        report = b""
        try:
            while part := os.read(outer, 65536):
                report += part
        except OSError:
            pass  # Linux says so when the other end is closed.
        process.wait()
    os.close(outer)
    assert b"kept" in report
    assert (b"\x1b[" in report) == coloured


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\x7fELF\x00\x01", "standard input is binary (a zero byte at offset 4)"),
        (b"caf\xe9", "standard input is not UTF-8 text (byte 0xe9 at offset 3)"),
        ("hi".encode("utf-16"), "standard input is UTF-16"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(headroom, text, message):
    assert message in refused(headroom("compress", input=text))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compress", "/no/such/file"], "'/no/such/file' does not exist"),
        (["compress", "/"], "'/' is a directory"),
        (["compress", "--level", "max"], "level='max' is not one of lossless, balanced, deep"),
        (["compress", "--content-type", "jason"], "content_type='jason' is not one of"),
        (["compress", "--leevl", "deep"], "--leevl"),
        (["outline"], "PATH..."),
        (["outline", "/no/such/folder"], "'/no/such/folder' does not exist"),
        (["outline", "/dev/null"], "there are no source files in it"),
        (["outline", __file__, "--budget", "2"], "budget=2 is too small to show anything"),
        (["outline", __file__, "--budget", "0"], "0"),
        (["comprss"], "no command 'comprss', see headroom --help; did you mean 'compress'?"),
        (["retrieve"], "KEY"),
        (["retrieve", "00000000000"], "'00000000000'"),
        (["retrieve", "00000000000", "--max-tokens", "none"], "none"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line_that_names_it(headroom, arguments, message):
    assert message in refused(headroom(*arguments))


def test_a_malformed_query_is_refused_in_one_line(headroom, table):
    key = key_of(headroom("compress", table))
    assert "five" in refused(headroom("retrieve", key, "rows five"))


def test_parts_are_retrieved_by_query_and_by_option(headroom, table):
    key = key_of(headroom("compress", table))
    by_query = headroom("retrieve", key, "rows 218")
    assert by_query.stdout == headroom("retrieve", key, "--rows", "218").stdout
    assert b"upstream timed out" in by_query.stdout


def test_what_a_ceiling_leaves_out_is_told_on_standard_error(headroom, table):
    key = key_of(headroom("compress", table))
    done = headroom("retrieve", key, "--max-tokens", "500")
    assert TABLE.encode().startswith(done.stdout[:100])
    assert "for more: " in done.stderr.decode()


def test_a_store_that_cannot_be_written_is_told_and_nothing_is_lost(headroom, table, tmp_path):
    (tmp_path / "in-the-way").write_text("a file")
    done = headroom("compress", table, HEADROOM_STORE_PATH=str(tmp_path / "in-the-way" / "originals.db"))
    assert done.returncode == 2
    assert parse_marker(done.stdout.decode()) is None
    assert b"upstream timed out" in done.stdout
    assert "nothing was left out" in done.stderr.decode().splitlines()[-1]


def test_a_store_that_cannot_be_read_is_refused_in_one_line(headroom, tmp_path):
    (tmp_path / "in-the-way").write_text("a file")
    path = str(tmp_path / "in-the-way" / "originals.db")
    assert "in-the-way" in refused(headroom("retrieve", "00000000000", HEADROOM_STORE_PATH=path))


def test_a_wrong_setting_is_refused_in_one_line(headroom, tmp_path):
    path = tmp_path / "headroom.toml"
    path.write_text("levle = 'deep'\n")
    assert "did you mean 'level'" in refused(headroom("compress", HEADROOM_CONFIG=str(path)))


def test_settings_show_each_value_and_where_it_came_from(headroom, tmp_path):
    path = tmp_path / "headroom.toml"
    path.write_text("level = 'deep'\n[smart_crusher]\nmin_lossy_tokens = 7\n")
    done = headroom("settings", HEADROOM_CONFIG=str(path), HEADROOM_MIN_TOKENS="9", HEADROOM_LEVLE="x")
    lines = {line.split()[0]: line for line in done.stdout.decode().splitlines()}
    assert '"deep"' in lines["level"]
    assert str(path) in lines["level"]
    assert "HEADROOM_MIN_TOKENS" in lines["min_tokens"]
    assert "default" in lines["compress_user"]
    assert "7" in lines["smart_crusher.min_lossy_tokens"]
    assert "HEADROOM_LEVLE in the environment is no setting; did you mean 'HEADROOM_LEVEL'" in done.stderr.decode()


def test_settings_as_json(headroom):
    values = json.loads(headroom("settings", "--json", HEADROOM_LEVEL="deep").stdout)
    assert values["level"] == {"value": "deep", "from": "HEADROOM_LEVEL"}


def test_an_outline_is_printed_with_its_figures_on_standard_error(headroom):
    done = headroom("outline", __file__, "--budget", "300", "--query", "refused")
    assert done.returncode == 0
    assert b"def refused(done):" in done.stdout
    [line] = done.stderr.decode().splitlines()
    assert " tokens; 1 of 1 files, " in line
    made = json.loads(headroom("outline", __file__, "--budget", "300", "--query", "refused", "--json").stdout)
    assert made["text"].encode() == done.stdout
    assert made["tokens"] <= 300
    assert ["refused", "def refused(done):"] in [[name, text] for name, _, text in made["files"][0]["definitions"]]


def test_the_version_and_the_help(headroom):
    assert headroom("--version").stdout.decode().split() == ["headroom", __version__]
    assert headroom("compress", "--help").returncode == 0
    for arguments in ([], ["--help"], ["-h"]):
        done = headroom(*arguments)
        assert done.returncode == 0
        assert b"compress" in done.stdout
        assert b"retrieve" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_reader_that_goes_away_is_no_error(table, tmp_path):
    big = tmp_path / "big.txt"
    big.write_text("a line that no compressor is for\n" * 100_000)
    code = "from headroom.cli import main; main()"
    environment = {**os.environ, "HEADROOM_STORE_PATH": str(tmp_path / "s.db")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, "compress", str(big)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    process.stdout.read(10)
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait() == 0


def test_records_that_have_a_role_but_say_nothing_are_data(headroom):
    users = json.dumps([{"role": "user", "name": f"name-{n}", "email": f"n{n}@x.io"} for n in range(200)]).encode()
    done = headroom("compress", "--level", "lossless", input=users)
    assert done.returncode == 0
    assert len(done.stdout) < len(users) / 2


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is always full")
def test_an_output_that_cannot_be_written_is_told_in_one_line(headroom, table):
    with open("/dev/full", "wb") as full:
        done = headroom("compress", table, stdout=full)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines()[-1].startswith("headroom: standard output cannot be written: ")
