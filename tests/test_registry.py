from __future__ import annotations

import sys

import pytest

from headroom.errors import RegistryError
from headroom.registry import compressors, load_family, providers

PARTS = ("name", "speak")


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A function that writes a package of members, each given as source, and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []

    def write(name, **members):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("")
        for member, source in members.items():
            (tmp_path / name / f"{member}.py").write_text(source)
        made.append(name)
        return name

    yield write
    for module in [module for module in sys.modules if module.split(".")[0] in made]:
        del sys.modules[module]


def member(name):
    return f"name = {name!r}\ndef speak(): ...\n"


def install(directory, entry_points):
    metadata = directory / "third-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "entry_points.txt").write_text(entry_points)


def test_a_new_file_is_a_new_member(family):
    package = family("choir", bass=member("bass"), alto=member("alto"), _private="raise SystemExit")
    assert [each.name for each in load_family(package, PARTS, paths=[])] == ["alto", "bass"]


def test_a_member_that_lacks_something_is_an_error_that_names_it(family):
    package = family("choir2", mute="name = 'mute'\n")
    with pytest.raises(RegistryError, match=r"choir2\.mute .* lacks speak"):
        load_family(package, PARTS, paths=[])


def test_a_member_that_cannot_be_imported_is_an_error_that_names_it(family):
    package = family("choir3", broken="import no_such_module\n")
    with pytest.raises(RegistryError, match=r"choir3\.broken .*no_such_module"):
        load_family(package, PARTS, paths=[])


def test_two_members_of_one_name_are_an_error_that_names_both(family):
    package = family("choir4", first=member("same"), second=member("same"))
    with pytest.raises(RegistryError, match=r"choir4\.second and choir4\.first both .* 'same'"):
        load_family(package, PARTS, paths=[])


def test_an_installed_package_joins_by_an_entry_point(family, tmp_path):
    package = family("choir5", bass=member("bass"))
    family("guests", tenor=member("tenor"))
    install(tmp_path / "site", f"[console_scripts]\nx = y:z\n\n[{package}]\ntenor = guests.tenor\n")
    found = load_family(package, PARTS, paths=[str(tmp_path / "site"), str(tmp_path / "absent")])
    assert [each.name for each in found] == ["bass", "tenor"]


def test_entry_points_of_other_groups_are_not_ours(family, tmp_path):
    package = family("choir6", bass=member("bass"))
    install(tmp_path / "site", "[other.group]\ntenor = no_such_module\n")
    assert len(load_family(package, PARTS, paths=[str(tmp_path / "site")])) == 1


def test_the_families_of_the_package_are_found():
    assert [each.name for each in compressors()] == [
        "code_compressor",
        "diffs",
        "encoded_data",
        "kompress",
        "log_lines",
        "markup",
        "mixed_outputs",
        "search_results",
        "smart_crusher",
        "stack_traces",
        "tables",
        "test_reports",
        "web_pages",
    ]
    assert [each.name for each in providers()] == ["anthropic_messages", "gemini", "openai_chat", "openai_responses"]
