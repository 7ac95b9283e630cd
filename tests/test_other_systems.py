"""What other systems lack is not needed where nobody asked for it: there, importing Headroom would fail."""

from __future__ import annotations

import subprocess
import sys

# Windows has none of these.
POSIX = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")

IMPORT_ALL = f"""
import os, pkgutil, sys

for name in {POSIX!r}:
    sys.modules[name] = None
for name in ("register_at_fork", "fork", "getuid", "geteuid", "getpgid", "killpg", "uname", "chown", "O_NOFOLLOW"):
    if hasattr(os, name):
        delattr(os, name)
import headroom

# What these two are built on is the business of aiohttp and of the MCP SDK.
left_out = ("headroom.proxy.", "headroom.mcp.", "headroom.__main__")
for module in pkgutil.walk_packages(headroom.__path__, "headroom."):
    if not module.name.startswith(left_out):
        __import__(module.name)
headroom.compress("a short text")
print("imported")
"""


def test_every_module_can_be_imported_without_what_only_posix_has():
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("imported\n", 0), done.stderr
