"""Launchers: a durable set-up of an agent's route that nothing can break.

A launcher is a shell script with the name of the agent's program, in a directory of ours that stands first in PATH. It
runs the agent through `headroom wrap`, which finds or starts the proxy and keeps it alive. Where Headroom is gone, the
script runs the agent by itself, and where a run cannot be prepared, wrap does: the agent never depends on a proxy that
may be down, since no file of its own names one.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from headroom.errors import ConfigError
from headroom.settings import user_directory

_HEAD = "#!/bin/sh\n# Made by Headroom; to remove it: headroom unwrap "
# In the shell's own words, so that it works when nothing of Headroom's does.
_SCRIPT = """{head}{agent}
if {is_there}; then
    exec {launcher} wrap {agent} --or-direct -- "$@"
fi
set -f
IFS=:
for directory in $PATH; do
    program=$directory/{command}
    if [ -f "$program" ] && [ -x "$program" ] && ! [ "$program" -ef "$0" ]; then
        exec "$program" "$@"
    fi
done
echo {command} is not in PATH >&2
exit 127
"""


def launchers_directory() -> str:
    """Where launchers are; agents themselves are looked for elsewhere."""
    return os.path.join(user_directory("data"), "launchers")


def launcher_path(command: str) -> str:
    """The launcher of a program."""
    return os.path.join(launchers_directory(), command)


def without_launchers(path: str) -> str:
    """A PATH without the directory of launchers."""
    ours = os.path.realpath(launchers_directory())
    return os.pathsep.join(each for each in path.split(os.pathsep) if os.path.realpath(each) != ours)


def is_first(command: str, path: str) -> bool:
    """Whether a launcher is what its program's name means in a PATH."""
    from shutil import which

    found = which(command, path=path)
    return found is not None and os.path.realpath(found) == os.path.realpath(launcher_path(command))


def script(agent: str, command: str, launcher: Sequence[str], interpreter: str) -> str:
    """The text of a launcher. `launcher` is how Headroom is run, by `interpreter`: without either it is gone."""
    files = dict.fromkeys((launcher[0], interpreter))
    is_there = " && ".join(f"[ -x {shlex.quote(file)} ]" for file in files)
    return _SCRIPT.format(
        head=_HEAD, agent=agent, is_there=is_there, launcher=shlex.join(launcher), command=shlex.quote(command)
    )


def install(command: str, text: str) -> bool:
    """Writes a launcher, and says whether there was another one, or none. Raises ConfigError."""
    path = launcher_path(command)
    if read(command) == text:
        return False
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(launchers_directory(), mode=0o700, exist_ok=True)
        with open(draft, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(draft, 0o755)  # noqa: S103  (a program)
        os.replace(draft, path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; check its directory's permissions") from None
    return True


def installed() -> list[str]:
    """The programs that have launchers."""
    try:
        names = sorted(os.listdir(launchers_directory()))
    except OSError:
        return []
    return [name for name in names if read(name) is not None]


def read(command: str) -> str | None:
    """The text of a launcher; None if there is none, or something else is there."""
    try:
        with open(launcher_path(command), encoding="utf-8", errors="replace") as stream:
            text = stream.read()
    except OSError:
        return None
    return text if text.startswith(_HEAD) else None


def remove(command: str) -> bool:
    """Removes a launcher, and the directory with the last one; says whether there was one. Raises ConfigError."""
    if read(command) is None:
        return False
    try:
        os.unlink(launcher_path(command))
        if not os.listdir(launchers_directory()):
            os.rmdir(launchers_directory())
    except OSError as error:
        raise ConfigError(f"{launcher_path(command)} cannot be removed: {error.strerror}; remove it by hand") from None
    return True
