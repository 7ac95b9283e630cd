from __future__ import annotations

import dataclasses
import os

import platformdirs
import pytest

from headroom.errors import SettingsError
from headroom.in_force import settings_without_options
from headroom.settings import Settings, environment_name, resolve, setting, user_directory


@dataclasses.dataclass(frozen=True)
class Options:
    depth: int = setting(3, "how deep", low=1)


FAMILIES = {"digger": Options}
NO_FILE = os.devnull


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "headroom.toml"
        path.write_text(text)
        return str(path)

    return write


def found(flags=None, environment=None, file=NO_FILE):
    resolved = resolve(flags, environment or {}, file, FAMILIES)
    return {each.name: (each.value, each.source) for each in resolved.origins}


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(file):
    path = file("min_tokens = 1\nlevel = 'deep'\nretrieval = 'none'\n")
    environment = {"HEADROOM_MIN_TOKENS": "2", "HEADROOM_LEVEL": "lossless"}
    values = found({"min_tokens": 3}, environment, path)
    assert values["min_tokens"] == (3, "call")
    assert values["level"] == ("lossless", "HEADROOM_LEVEL")
    assert values["retrieval"] == ("none", path)
    assert values["compress_user"] == (False, "default")


def test_the_settings_object_has_what_the_origins_say(file):
    resolved = resolve({"level": "deep"}, {"HEADROOM_COMPRESS_USER": "yes"}, file("min_tokens = 7"), FAMILIES)
    assert (resolved.settings.level, resolved.settings.compress_user, resolved.settings.min_tokens) == ("deep", True, 7)


def test_a_compressors_options_have_names_of_their_own_everywhere(file):
    assert found(environment={"HEADROOM_DIGGER_DEPTH": "5"})["digger.depth"][0] == 5
    assert found(file=file("[digger]\ndepth = 6\n"))["digger.depth"][0] == 6
    assert resolve({"digger.depth": 7}, {}, NO_FILE, FAMILIES).settings.options == (("digger", Options(7)),)


def test_levels_of_single_tools_come_from_the_file_and_the_caller_who_decides_first(file):
    path = file("[tools]\n'mcp__*' = 'lossless'\nread = 'off'\n")
    flags = {"tools.read": "deep", "tools.list_*": "off"}
    settings = resolve(flags, {}, path, FAMILIES).settings
    assert settings.tools == (("read", "deep"), ("list_*", "off"), ("mcp__*", "lossless"))
    assert found(flags, {}, path)["tools.mcp__*"] == ("lossless", path)
    with pytest.raises(SettingsError, match=r"tools\.read='loud' \(from .*headroom.toml\)"):
        resolve({}, {}, file("[tools]\nread = 'loud'\n"), FAMILIES)


def test_names_in_the_environment_derive_from_the_field():
    assert environment_name("digger.depth") == "HEADROOM_DIGGER_DEPTH"


@pytest.mark.parametrize("flags", [{"levle": "deep"}, {"digger.dept": 3}])
def test_an_unknown_name_from_a_caller_is_an_error_that_names_the_nearest(flags):
    with pytest.raises(SettingsError, match=r"did you mean '(level|digger\.depth)'"):
        resolve(flags, {}, NO_FILE, FAMILIES)


def test_an_unknown_name_in_the_file_is_an_error_that_names_the_file(file):
    path = file("min_token = 3")
    with pytest.raises(SettingsError, match=r"'min_token' in .*headroom.toml, .*; did you mean 'min_tokens'"):
        resolve({}, {}, path, FAMILIES)


def test_an_unknown_name_in_the_environment_is_told_and_harms_nobody():
    assert resolve({}, {"HEADROOM_TELEMETRY": "off"}, NO_FILE, FAMILIES).unknown == ("HEADROOM_TELEMETRY",)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"HEADROOM_MIN_TOKENS": "many"}, "HEADROOM_MIN_TOKENS='many' is not a whole number"),
        ({"HEADROOM_COMPRESS_USER": "perhaps"}, "is not true or false"),
        ({"HEADROOM_LEVEL": "max"}, r"level='max' \(from HEADROOM_LEVEL\) is not one of lossless, balanced, deep"),
        ({"HEADROOM_TARGET_RATIO": "2"}, "out of range: it must be from 0.01 to 1"),
        ({"HEADROOM_TARGET_RATIO": "nan"}, "out of range"),
        ({"HEADROOM_MIN_TOKENS": "-1"}, "must be at least 0"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_it_and_what_would_do(environment, message):
    with pytest.raises(SettingsError, match=message):
        resolve({}, environment, NO_FILE, FAMILIES)


@pytest.mark.parametrize("wrong", [{"level": "max"}, {"min_tokens": True}, {"min_tokens": 1.5}, {"model": 3}])
def test_a_settings_object_refuses_wrong_values(wrong):
    with pytest.raises(SettingsError):
        Settings(**wrong)


def test_a_whole_number_will_do_where_a_number_is_wanted():
    assert Settings(target_ratio=1).target_ratio == 1


def test_an_empty_value_unsets_what_may_be_unset():
    assert found(environment={"HEADROOM_STORE_PATH": ""})["store_path"] == (None, "HEADROOM_STORE_PATH")


def test_a_missing_file_is_no_error_unless_it_was_named(tmp_path):
    absent = str(tmp_path / "absent.toml")
    with pytest.raises(SettingsError, match=r"absent\.toml' does not exist"):
        resolve({}, {"HEADROOM_CONFIG": absent}, None, FAMILIES)


def test_a_file_that_is_no_toml_is_an_error_that_names_it(file):
    with pytest.raises(SettingsError, match="is not valid TOML"):
        resolve({}, {}, file("level = "), FAMILIES)


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        resolve({}, {}, str(tmp_path), FAMILIES)


def test_every_setting_says_what_it_is_about():
    assert all(each.about for each in resolve({}, {}, NO_FILE, FAMILIES).origins)


def test_settings_are_values():
    assert hash(resolve({}, {}, NO_FILE, FAMILIES).settings) == hash(resolve({}, {}, NO_FILE, FAMILIES).settings)


def test_a_name_that_users_know_from_elsewhere_works_too_but_ours_comes_first():
    known = {"OPENAI_TARGET_API_URL": "https://a.test"}
    assert found(environment=known)["openai_target_api_url"] == ("https://a.test", "OPENAI_TARGET_API_URL")
    both = {**known, "HEADROOM_OPENAI_TARGET_API_URL": "https://b.test"}
    assert found(environment=both)["openai_target_api_url"] == ("https://b.test", "HEADROOM_OPENAI_TARGET_API_URL")


def test_the_directories_are_those_of_the_platform(monkeypatch):
    """Also of a user who moves them; an empty variable moves nothing."""
    for given in ("/elsewhere", "", " "):
        for kind in ("config", "data"):
            monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", given)
            platforms = getattr(platformdirs, f"user_{kind}_dir")("headroom", appauthor=False)
            assert user_directory(kind) == platforms


def test_who_compresses_nothing_reads_the_same_file(file, monkeypatch):
    monkeypatch.setenv("HEADROOM_CONFIG", file("port = 9000\n[smart_crusher]\nmin_lossy_tokens = 800\n"))
    assert settings_without_options({"level": "deep"}).port == 9000
    monkeypatch.setenv("HEADROOM_CONFIG", file("[smart_crusher]\nmin_losy_tokens = 800\n"))
    with pytest.raises(SettingsError, match=r"did you mean 'smart_crusher\.min_lossy_tokens'"):
        settings_without_options()
