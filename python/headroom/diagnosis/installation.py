"""The installation itself: versions, extras, settings, the model of running text, the store, and who listens on the
proxy's port.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from typing import Literal

from headroom import __version__
from headroom.diagnosis.finding import Finding
from headroom.library import default_store
from headroom.prose_model import OFF, SHIPPED
from headroom.registry import agents, compressors, providers
from headroom.settings import Resolved, Settings
from headroom.store import path_of

_DISTRIBUTION = "headroom-ai"
_EXTRAS = ("keyring", "mcp", "ml", "proxy")
_NEARLY_FULL = 0.9


def versions() -> Iterator[Finding]:
    """Of Headroom, and of what it is built on: whether each is one that was asked for."""
    from sqlite3 import sqlite_version

    own = f"headroom {__version__}, Python {platform.python_version()}, SQLite {sqlite_version}, {platform.system()}"
    wrong = list(_wrong_versions(""))
    yield from wrong
    if not wrong:
        yield Finding("version", "good", own)


def families() -> Iterator[Finding]:
    """Whether all members of all families can be loaded."""
    text = f"{len(compressors())} compressors, {len(providers())} providers, {len(agents())} agents"
    yield Finding("parts", "good", text)


def extras() -> Iterator[Finding]:
    """Of each extra that brings packages, whether they are there, in a version that will do."""
    for extra in _EXTRAS:
        missing = [name for name, _ in _requirements(extra) if _installed_version(name) is None]
        wrong = list(_wrong_versions(extra))
        yield from wrong
        if missing:
            cure = f"if you want it: pip install '{_DISTRIBUTION}[{extra}]'"
            yield Finding("extras", "note", f"{extra} is not installed ({', '.join(missing)} missing)", cure)
        elif not wrong:
            yield Finding("extras", "good", f"{extra} is installed")


def settings(resolved: Resolved) -> Iterator[Finding]:
    """Names in the environment that look like settings and are none."""
    yield Finding("settings", "good", f"{len(resolved.origins)} settings; file {resolved.file}")
    for name in resolved.unknown:
        yield Finding("settings", "note", f"{name} in the environment is no setting", "see: headroom settings")


def prose_model(chosen: Settings) -> Iterator[Finding]:
    """Which model of running text is in force, and whether it loads."""
    name = dict(chosen.options)["kompress"].model
    if name == OFF:
        yield Finding("model", "good", "off: in running text words alone decide")
        return
    # Imported here, since nothing else in this module needs the core.
    from headroom.prose_model._loaded import loaded
    from headroom.prose_model._session import Missing, require

    try:
        if name == SHIPPED:
            # Not loaded: onnxruntime leaves files of its own in the user's cache, and whoever asks wants none.
            require("onnxruntime", "numpy")
        else:
            loaded(name)
    except Missing as error:
        # Without the extra, which nobody has to have, there is none: that is no fault.
        verdict: Literal["note", "problem"] = "note" if name == SHIPPED else "problem"
        cure = "do what it says, or set HEADROOM_PROSE_MODEL to another; see: headroom model list"
        yield Finding("model", verdict, f"in running text words alone decide: {error}", cure)
    else:
        told = "what it needs is here" if name == SHIPPED else "can be read with"
        yield Finding("model", "good", f"{name} is in force, and {told}")


def store(chosen: Settings) -> Iterator[Finding]:
    """Whether the store can be used, how full it is, and whether damaged ones were put aside."""
    path = path_of(chosen)
    stats = default_store(chosen).stats()
    text = f"{stats.entries:,} originals, {stats.used_bytes:,} of {stats.max_bytes:,} bytes, in {path}"
    if stats.used_bytes > _NEARLY_FULL * stats.max_bytes:
        yield Finding("store", "note", f"nearly full: {text}", "set store_max_bytes higher, or let old originals go")
    else:
        yield Finding("store", "good", text)
    directory, name = os.path.split(path)
    aside = [each for each in sorted(os.listdir(directory)) if re.fullmatch(re.escape(name) + r"\.damaged-\d+", each)]
    if aside:
        cure = f"copy what you need, then remove them from {directory}"
        yield Finding("store", "note", f"damaged stores were put aside: {', '.join(aside)}", cure)


def proxy(chosen: Settings) -> Iterator[Finding]:
    """Who listens on the proxy's port: nobody, a proxy of ours, one with other settings, or another program."""
    from headroom.proxy.process import who_listens

    where = f"port {chosen.port} of {chosen.host}"
    found = who_listens(chosen)
    other = "set HEADROOM_PORT to a port that is free"
    if found.kind == "nobody":
        text = f"nothing listens on {where}; headroom wrap starts a proxy for a run"
        yield Finding("proxy", "good", text)
    elif found.kind == "foreign":
        yield Finding("proxy", "problem", f"{where} is in use by another program", f"end that program, or {other}")
    elif found.kind == "different":
        text = f"on {where} a Headroom proxy listens that is another user's, or whose settings are not yours now"
        yield Finding("proxy", "problem", text, f"stop it and start it again, or {other}")
    elif found.version != __version__:
        text = f"the proxy on {where} is version {found.version or 'unknown'}, and this is {__version__}"
        yield Finding("proxy", "note", text, "stop it and start it again: headroom proxy")
    elif not found.is_ready:
        cure = "see what is said of the store; until then results are compressed without loss only"
        yield Finding("proxy", "problem", f"the proxy on {where} cannot use its store", cure)
    else:
        yield Finding("proxy", "good", f"a proxy of yours listens on {where}")


def _wrong_versions(extra: str) -> Iterator[Finding]:
    for name, wanted in _requirements(extra):
        found = _installed_version(name)
        if found is not None and not _satisfies(found, wanted):
            where = f"[{extra}]" if extra else ""
            text = f"{name} {found} is installed, and {wanted} is needed"
            cure = f"pip install --upgrade '{_DISTRIBUTION}{where}'"
            yield Finding("extras" if extra else "version", "problem", text, cure)


def _requirements(extra: str) -> Iterator[tuple[str, str]]:
    """What Headroom asks for, as its package says: names and conditions like `>=2.3,<3`."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        # Run from a folder: nobody has said what it needs.
        return
    for line in lines:
        requirement, _, marker = line.partition(";")
        named = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
        is_conditional = marker and not named
        if is_conditional or (named[1] if named else "") != extra:
            continue
        parts = re.match(r"\s*([\w.-]+)(?:\[[^]]*\])?\s*\(?([^)]*)", requirement)
        if parts:
            yield parts[1], parts[2].replace(" ", "")


def _installed_version(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _satisfies(version: str, wanted: str) -> bool:
    """Whether a version meets conditions of the two kinds that Headroom's own package has: `>=` and `<`."""
    own = _numbers(version)
    for condition in filter(None, wanted.split(",")):
        if condition.startswith(">=") and own < _numbers(condition[2:]):
            return False
        if condition.startswith("<") and not condition.startswith("<=") and own >= _numbers(condition[1:]):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])
