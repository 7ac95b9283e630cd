"""Who sent a request, as far as it says so: the agent by its name for itself, the project by a header of ours."""

from __future__ import annotations

import re
from functools import lru_cache

from headroom.registry import agents

UNKNOWN = "unknown"
OTHERS = "others"
"""What stands for names beyond the most that are kept apart."""

_MOST_CHARACTERS = 80
_MOST_NAMES = 200
_PRODUCT = re.compile(r"[^\s/(;]+(?:/[A-Za-z]+(?= ))?")


@lru_cache(maxsize=512)
def agent_of(user_agent: str) -> str:
    """The agent whose requests name themselves like that, else the first product that is named.

    >>> agent_of("claude-cli/2.1.329 (external, cli)"), agent_of("OpenAI/Python 3.57.0")
    ('claude', 'openai-python')
    >>> agent_of("curl/8.5.0"), agent_of("")
    ('curl', 'unknown')
    """
    for agent in agents():
        if user_agent.startswith(agent.user_agents):
            return agent.name
    product = _PRODUCT.match(user_agent)
    return name_of(product[0].lower().replace("/", "-")) if product else UNKNOWN


@lru_cache(maxsize=1_024)
def name_of(value: str) -> str:
    """A name as it is kept: printable, of at most 80 characters, never empty."""
    printable = "".join(character for character in value[: 2 * _MOST_CHARACTERS] if character.isprintable())
    return printable.strip()[:_MOST_CHARACTERS] or UNKNOWN


class Names:
    """Keeps apart so many names of a sort, since callers make them up; those that come later share one."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def known(self, sort: str, name: str) -> str:
        """The name itself, or what stands for the others."""
        seen = self._seen.setdefault(sort, set())
        if name not in seen and len(seen) >= _MOST_NAMES:
            return OTHERS
        seen.add(name)
        return name
