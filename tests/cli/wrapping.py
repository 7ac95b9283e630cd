"""A user's machine for `headroom wrap`: a home, agents in PATH that are stand-ins, and a port for the proxy."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from payloads import big_table
from proxy.conftest import wait_until

AGENT = Path(__file__).with_name("stand_in_agent.py")
PLAIN = '{"numStartups": 3}\n'
PATIENCE_S = 30


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def is_open(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def code_of(process):
    process.communicate(timeout=PATIENCE_S)
    return process.returncode


class Wrapping:
    """A user's machine: a home, agents in PATH, and a port for the proxy."""

    def __init__(self, directory, home, provider):
        self.directory = directory
        self.home = home
        self.port = free_port()
        programs = directory / "bin"
        programs.mkdir()
        for name in ("claude", "aider", "codex", "cline", "cn", "copilot", "cursor", "goose", "vibe"):
            (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{AGENT}" "$@"\n')
            (programs / name).chmod(0o755)
        (directory / "orders.json").write_text(big_table())
        self.environment = {
            "HOME": str(home),
            "PATH": f"{programs}:/usr/bin:/bin",
            "XDG_CONFIG_HOME": str(directory / "config"),
            "XDG_DATA_HOME": str(directory / "data"),
            "HEADROOM_CONFIG": os.devnull,
            "ANTHROPIC_TARGET_API_URL": provider.url,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }

    def headroom(self, *arguments, code=0):
        """What another command of Headroom says."""
        done = subprocess.run(
            [sys.executable, "-m", "headroom", *arguments],
            env=self.environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done
        return done.stdout + done.stderr

    def proxies(self):
        """The process numbers of proxies on our port that answer."""
        if not is_open(self.port):
            return []
        listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
        mine = [
            line.split() for line in listed.stdout.splitlines() if f"proxy --host 127.0.0.1 --port {self.port} " in line
        ]
        return [int(words[0]) for words in mine]

    def start(self, agent, *arguments, options=(), python=("-m", "headroom"), **more):
        return subprocess.Popen(
            [sys.executable, *python, "wrap", agent, "--port", str(self.port), *options, "--", *arguments],
            env={**self.environment, **more},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, agent, *arguments, code=0, **more):
        process = self.start(agent, *arguments, **more)
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == code, (out, err)
        return out, err

    def wait(self, agent="claude", **more):
        """A run whose agent waits; also the agent's process number."""
        file = self.directory / f"waiting{time.monotonic_ns()}"
        process = self.start(agent, "wait", str(file), **more)
        wait_until(lambda: process.poll() is not None or (file.exists() and file.read_text()))
        assert process.poll() is None, process.communicate()
        return process, int(file.read_text())

    def refusal(self, agent, *arguments, **more):
        out, err = self.run(agent, *arguments, code=2, **more)
        [line] = err.splitlines()
        assert (out, line[:10]) == ("", "headroom: ")
        return line
