"""Families and their members: a package is scanned, and whoever has what the family asks for is in.

Members of installed packages join by an entry point in the group of the family (`headroom.compressors`,
`headroom.providers`, `headroom.agents`) that names a module. A member that cannot be imported, lacks something, or
takes a name that is taken is an error that names both sides: half a family would silently compress less.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from headroom.errors import InputError, RegistryError
from headroom.nearest import did_you_mean

if TYPE_CHECKING:
    from headroom.agents import Agent
    from headroom.compressors import Compressor
    from headroom.providers import Provider

_COMPRESSOR_PARTS = ("name", "content_types", "lossless", "Options", "match", "compress")
_PROVIDER_PARTS = (
    "name",
    "aliases",
    "messages_field",
    "endpoint",
    "detect",
    "read",
    "read_beside",
    "part_of",
    "write",
    "say",
    "offer_tool",
    "read_tool_call",
    "answer_tool_call",
    "callable_tools",
    "usage",
    "error_body",
)
_AGENT_PARTS = ("name", "agent")


class _Member(Protocol):
    @property
    def name(self) -> str: ...


@cache
def compressors() -> tuple[Compressor, ...]:
    """Every compressor, by name. Found once a process."""
    found = load_family("headroom.compressors", _COMPRESSOR_PARTS)
    _refuse_shared(found, "content_types")
    for compressor in found:
        if not getattr(getattr(compressor.Options, "__dataclass_params__", None), "frozen", False):
            raise RegistryError(f"the Options of compressor {compressor.name!r} must be a frozen dataclass")
    return cast("tuple[Compressor, ...]", found)


@cache
def providers() -> tuple[Provider, ...]:
    """Every provider, by name. Found once a process."""
    found = load_family("headroom.providers", _PROVIDER_PARTS)
    _refuse_shared(found, "aliases")
    return cast("tuple[Provider, ...]", found)


@cache
def agents() -> tuple[Agent, ...]:
    """Every agent, by name. Found once a process."""
    return tuple(member.agent for member in load_family("headroom.agents", _AGENT_PARTS))


def provider_named(name: str) -> Provider:
    """The provider of this name or alias. Raises InputError, which names the nearest one."""
    for provider in providers():
        if name == provider.name or name in provider.aliases:
            return provider
    known = [known for provider in providers() for known in (*provider.aliases, provider.name)]
    raise InputError(f"{name!r} is no known provider ({', '.join(known)}){did_you_mean(name, known)}")


def load_family(package: str, parts: Sequence[str], paths: Sequence[str] | None = None) -> tuple[Any, ...]:
    """The members of a family, sorted by name.

    `parts` are the attributes each must have. `paths` are the directories in which installed packages are looked for
    (default: `sys.path`). Raises RegistryError for a member that is broken or whose name is taken.
    """
    members: dict[str, tuple[Any, str]] = {}
    for origin, member in [*_scan(package), *_installed(package, sys.path if paths is None else paths)]:
        missing = [part for part in parts if not hasattr(member, part)]
        if missing:
            raise RegistryError(f"{origin} cannot join {package}: it lacks {', '.join(missing)}")
        if member.name in members:
            raise RegistryError(f"{origin} and {members[member.name][1]} both call themselves {member.name!r}")
        members[member.name] = (member, origin)
    return tuple(member for _, (member, _) in sorted(members.items()))


def _refuse_shared(members: Sequence[Any], attribute: str) -> None:
    owners: dict[str, str] = {}
    for member in members:
        for value in getattr(member, attribute):
            if value in owners:
                raise RegistryError(f"{member.name} and {owners[value]} both claim {value!r} in {attribute}")
            owners[value] = member.name


def _scan(package: str) -> Iterator[tuple[str, Any]]:
    from pkgutil import iter_modules

    # A family whose home is a single module has members from other packages alone.
    for found in iter_modules(getattr(import_module(package), "__path__", ())):
        if not found.name.startswith("_"):
            yield _imported(f"{package}.{found.name}", package)


def _installed(group: str, paths: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for module in sorted(_entry_points(group, paths)):
        yield _imported(module, group)


def _imported(module: str, family: str) -> tuple[str, Any]:
    try:
        return module, import_module(module)
    except Exception as error:
        raise RegistryError(f"{module} cannot join {family}: {type(error).__name__}: {error}") from error


def _entry_points(group: str, paths: Sequence[str]) -> set[str]:
    # importlib.metadata takes 15 ms to import and reads every package's metadata; most have nothing for us, and
    # looking for the group's name in the small files that could hold it takes a hundredth of that.
    header = f"[{group}]".encode()
    values: set[str] = set()
    for path in paths:
        for metadata in _metadata_directories(path):
            try:
                with open(os.path.join(metadata, "entry_points.txt"), "rb") as stream:
                    raw = stream.read()
            except OSError:
                continue
            if header in raw:
                values |= set(_section(raw.decode(), group).values())
    return values


def _metadata_directories(path: str) -> list[str]:
    try:
        with os.scandir(path or ".") as entries:
            return [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return []


def _section(text: str, group: str) -> Mapping[str, str]:
    from configparser import ConfigParser

    parser = ConfigParser(delimiters="=", interpolation=None)
    parser.read_string(text)
    return parser[group]
