from __future__ import annotations

import subprocess
import sys
import typing

import pytest

import headroom

PUBLIC = {
    *("acompress", "compress", "count_tokens", "expand", "handle_tool_call", "outline", "retrieve", "retrieve_tool"),
    *("CompressResult", "Outline", "Retrieved", "Segment", "Settings", "Step"),
    *("HeadroomError", "InputError", "KeyNotFoundError", "QueryError", "RegistryError"),
    *("SettingsError", "StoreError", "UnknownOptionError"),
    "__version__",
}


def loaded_by(statement):
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_public_names_are_these_and_no_others():
    assert set(headroom.__all__) == set(dir(headroom)) == PUBLIC


def test_every_public_name_is_there_and_documented():
    for name in PUBLIC:
        assert getattr(headroom, name).__doc__, name


def test_type_checkers_see_the_same_names():
    source = typing.cast(str, headroom.__file__)
    with open(source, encoding="utf-8") as stream:
        text = stream.read()
    for name in PUBLIC:
        assert f"import {name} as {name}\n" in text


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="comprss"):
        headroom.comprss  # noqa: B018


def test_importing_the_package_imports_nothing_heavy():
    assert loaded_by("import headroom") == {"headroom"}


def test_compressing_imports_neither_the_command_line_nor_an_event_loop():
    heavy = {"click", "asyncio", "logging", "importlib.metadata", "sqlite3", "platformdirs", "difflib"}
    assert not heavy & loaded_by("import headroom; headroom.compress('small')")


def test_starting_an_agent_imports_nothing_that_compresses():
    """Its user waits for every import; `benches/wrap_start.py` says how long."""
    heavy = {"asyncio", "logging", "importlib.metadata", "sqlite3", "platformdirs", "difflib", "mcp", "aiohttp"}
    loaded = loaded_by(
        "from headroom.cli import wrap; from headroom.proxy import process; from headroom.registry import agents; "
        "agents(); wrap.settings_without_options()"
    )
    assert not (heavy | {"headroom.pipeline", "headroom.library", "headroom._core"}) & loaded


@pytest.mark.parametrize("error", sorted(name for name in PUBLIC if name.endswith("Error")))
def test_every_error_is_a_headroom_error(error):
    assert issubclass(getattr(headroom, error), headroom.HeadroomError)
