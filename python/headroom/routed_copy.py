"""A copy of an agent's configuration for one run, with the proxy's address at its models.

The agent's own file is read alone. A copy is JSON, which YAML includes, with the mode 0600, since it may hold keys; it
goes with its run, and one whose run was killed goes when the next one begins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from headroom.agent_setup import Surroundings, locate
from headroom.agents import Agent, RoutedCopy
from headroom.edits.documents import value_at
from headroom.edits.files import read_bytes
from headroom.errors import ConfigError, InputError
from headroom.lease import Lease
from headroom.settings import user_directory

_PATIENCE_S = 10.0


def rewritten(
    agent: Agent, copy: RoutedCopy, machine: Surroundings, base_url: str, known: Collection[str]
) -> dict[str, Any]:
    """The configuration as a run needs it. `known` are the bare addresses to which the proxy sends.

    A model whose address is another one keeps it. Raises InputError when no model could be routed.
    """
    path = locate(copy.file, machine)
    raw = read_bytes(path)
    document: dict[str, Any] = {} if raw is None else dict(value_at(raw, copy.file.format, (), path))
    models, routed = [], 0
    for model in document.get(copy.models) or ():
        template = copy.addresses.get(str(model.get(copy.kind))) if isinstance(model, dict) else None
        own = model.get(copy.address) if template is not None else None
        if template is None or (own and bare(str(own)) not in known):
            models.append(model)
            continue
        models.append({**model, copy.address: template.replace("{base_url}", base_url)})
        routed += 1
    if not routed:
        names = " or ".join(copy.addresses)
        raise InputError(f"no model of {names} that could be routed stands in {path}. {agent.note}")
    return {**document, copy.models: models}


def bare(address: str) -> str:
    """An address without what the same one may be written with or without."""
    return address.rstrip("/").removesuffix("/v1")


def copy_path(agent: Agent) -> str:
    """Where the copy for a run of this process is."""
    return os.path.join(_directory(), f"{agent.name}-{os.getpid()}.yaml")


@contextmanager
def copy_for_run(path: str, document: dict[str, Any]) -> Iterator[None]:
    """Keeps a copy at `path` while it is open. Raises ConfigError when it cannot be written."""
    lease = Lease(path)
    with Lease(os.path.join(_directory(), "begin.lease")).alone(_PATIENCE_S):
        _sweep()
        lease.share(_PATIENCE_S)
    try:
        try:
            with open(path, "w", encoding="utf-8") as stream:
                # What JSON has no word for, such as dates, a configuration means as text.
                json.dump(document, stream, ensure_ascii=False, default=str)
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be written: {error.strerror}; check its directory's permissions"
            ) from None
        yield
    finally:
        with suppress(OSError):
            os.unlink(path)
        lease.release()


def _sweep() -> None:
    """Removes copies whose run was killed: nobody holds them."""
    for name in os.listdir(_directory()):
        path = os.path.join(_directory(), name)
        lease = Lease(path)
        if name.endswith(".yaml") and lease.try_alone():
            with suppress(OSError):
                os.unlink(path)
            lease.release()


def _directory() -> str:
    return os.path.join(user_directory("data"), "runs")
