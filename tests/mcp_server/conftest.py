from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

SERVE = ["-m", "headroom", "mcp", "serve"]


def surroundings_with(store):
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HEADROOM_")},
        "HEADROOM_CONFIG": os.devnull,
        "HEADROOM_STORE_PATH": str(store),
    }


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server over HTTP, running."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, *SERVE, "--http", "--port", str(port)],
        env=surroundings_with(tmp_path_factory.mktemp("mcp") / "originals.db"),
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            assert server.poll() is None, server.stderr and server.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/mcp"
    server.terminate()
    server.communicate()
