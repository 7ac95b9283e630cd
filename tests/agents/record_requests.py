"""Records what coding agents send: `python tests/agents/record_requests.py PROGRAMS [AGENT…]`, `make record-agents`.

Each agent is run once through `headroom wrap` in mode `off`, has a log read by its shell, and answers. Its requests are
kept in `recorded/AGENT.json`, in order, each with its path and its body. What their makers wrote (prompts, descriptions
of tools) is theirs: such texts are replaced by filler, shortened, as are the paths and names of this machine. The rest
is as it was: fields, their order, tools and their schemas, where caches end, what the tool printed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
RECORDED = HERE / "recorded"
FILLER = "words of the maker that say what to do and how to go about it, "
LONGEST, LONGEST_FILLER = 60, 240
WORDS = ("description", "title", "$comment")
TELLTALE = "handled request"


def without_words(value: Any, key: str = "") -> Any:
    """A body in which long texts are filler, but those that hold the tool's output."""
    if isinstance(value, dict):
        return {name: without_words(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_words(inner, key) for inner in value]
    if isinstance(value, str) and TELLTALE not in value and (len(value) > LONGEST or key in WORDS):
        size = min(len(value), LONGEST_FILLER)
        return (FILLER * (size // len(FILLER) + 1))[:size]
    return value


def anonymous(raw: str, home: Path) -> str:
    """A body without the paths, addresses and ids of the machine and the run."""
    raw = raw.replace(str(home), "/home/dev")
    raw = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8787", raw)
    raw = re.sub(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", f"{0:08d}-0000-4000-8000-{0:012d}", raw
    )
    return re.sub(r"[0-9a-f]{64}", "0" * 64, raw)


def requests_of(name: str, programs: str) -> list[dict[str, Any]]:
    from agents import test_real_agents as real

    with tempfile.TemporaryDirectory() as directory:
        home, kept = Path(directory) / "home", Path(directory) / "kept"
        (home / "work").mkdir(parents=True)
        kept.mkdir()
        log = home / "work" / "app.log"
        log.write_text(real.log_text())
        if name == "aider":
            shell, retrieve = "", ""
            arguments = ["--model", "openai/gpt-4o", *real.AIDER, "--read", str(log), "--message", real.QUESTION]
            surroundings = {"OPENAI_API_KEY": "sk-none"}
        else:
            shell, retrieve, arguments, surroundings = real.WRAPPED[name]
        if name in real.SETTINGS:
            path, text = real.SETTINGS[name]
            (home / path).parent.mkdir(parents=True)
            (home / path).write_text(text)
        environment = {
            **surroundings,
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "HEADROOM_CONFIG": os.devnull,
            "HEADROOM_MODE": "off",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }

        def run(*command: str, **more: str) -> str:
            done = subprocess.run(
                command,
                env={**environment, **more},
                cwd=home / "work",
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=real.PATIENCE_S,
                check=True,
            )
            return done.stdout

        said, _, _ = real.wrapped(run, name, arguments, surroundings, log, shell, retrieve, str(kept))
        assert "all done" in said, said
        bodies = [json.loads(anonymous(path.read_text(), home)) for path in sorted(kept.iterdir())]
        return [{"path": body["path"], "body": without_words(body["body"])} for body in bodies]


def main() -> None:
    programs, *names = sys.argv[1:]
    from agents import test_real_agents as real

    RECORDED.mkdir(exist_ok=True)
    for name in names or [*real.WRAPPED, "aider"]:
        requests = requests_of(name, os.path.abspath(programs))
        path = RECORDED / f"{name}.json"
        path.write_text("[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in requests) + "\n]\n")
        print(f"{name}: {len(requests)} requests, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
