"""How much later an agent starts under `headroom wrap` than by itself: with a proxy that runs, and with one to start.

    python benches/wrap_start.py [ROUNDS]

The agent is a shell script that writes down when it began, in a home of its own. Each round starts it bare, through
wrap beside a running proxy, and through wrap without one, by turns, so that all meet the same load; a bare start of
the interpreter stands beside them, since no Python program can be quicker. Printed are the least and the median of
each in milliseconds, what is above the bare start, and how many starts of the interpreter that is.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROUNDS = 15
SCRIPT = '#!/bin/sh\ndate +%s%N > "$BEGAN"\n'
PATIENCE_S = 30.0


def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def machine(directory: Path) -> dict[str, str]:
    """The environment of a user who has an agent, and nothing of Headroom's yet."""
    home, programs = directory / "home", directory / "bin"
    for made in (home, programs):
        made.mkdir()
    (home / ".claude.json").write_text('{"numStartups": 3}\n')
    (programs / "claude").write_text(SCRIPT)
    (programs / "claude").chmod(0o755)
    return {
        "HOME": str(home),
        "PATH": f"{programs}:/usr/bin:/bin",
        "XDG_CONFIG_HOME": str(directory / "config"),
        "XDG_DATA_HOME": str(directory / "data"),
        "HEADROOM_CONFIG": "/dev/null",
        "BEGAN": str(directory / "began"),
    }


def begun_after_ms(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Runs a command to its end: milliseconds from its start until the agent began, or else until its end."""
    began = Path(environment["BEGAN"])
    began.unlink(missing_ok=True)
    start_ns = time.time_ns()
    done = subprocess.run(command, env=dict(environment), capture_output=True, check=False)
    end_ns = time.time_ns()
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return ((int(began.read_text()) if began.exists() else end_ns) - start_ns) / 1e6


def await_listening(port: int) -> None:
    """Returns when something listens on a port."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise SystemExit("the proxy did not start")
        time.sleep(0.02)


def measured(rounds: int, directory: Path) -> dict[str, list[float]]:
    """Milliseconds of each way to start, by round."""
    environment = machine(directory)
    running = free_port()
    headroom = [sys.executable, "-m", "headroom"]
    proxy = subprocess.Popen([*headroom, "proxy", "--port", str(running)], env=environment, stderr=subprocess.DEVNULL)
    ways: dict[str, Callable[[], Sequence[str]]] = {
        "bare": lambda: [str(directory / "bin" / "claude")],
        "interpreter": lambda: [sys.executable, "-c", "pass"],
        "proxy runs": lambda: [*headroom, "wrap", "claude", "--port", str(running)],
        "proxy starts": lambda: [*headroom, "wrap", "claude", "--port", str(free_port())],
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    try:
        await_listening(running)
        for number in range(rounds + 1):
            for name, command in ways.items():
                taken = begun_after_ms(command(), environment)
                # The first round compiles and fills caches.
                if number:
                    times[name].append(taken)
    finally:
        proxy.terminate()
        proxy.wait()
    return times


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory() as directory:
        times = measured(rounds, Path(directory))
    bare, interpreter = min(times["bare"]), min(times["interpreter"])
    print(f"{'':14}{'least ms':>10}{'median ms':>11}{'adds ms':>9}{'x interpreter':>15}")
    for name, taken in times.items():
        added = min(taken) - (0.0 if name == "interpreter" else bare)
        print(f"{name:14}{min(taken):10.0f}{statistics.median(taken):11.0f}{added:9.0f}{added / interpreter:15.1f}")


if __name__ == "__main__":
    main()
