"""Hooks: what other packages want to be told of, and when.

A module that an installed package names in the entry point group `headroom.hooks` has a `name` and a function for each
moment it wants to know of; each takes one mapping and its result is ignored. Hooks look on: what they are handed is the
caller's own and not to be changed. A hook that fails costs nothing but a step named `hook`, which names it.

| moment | called | the mapping holds |
|---|---|---|
| `setup` | once a process, before any other | `settings` |
| `pre_start`, `post_start` | around the start of the proxy | |
| `input_received` | when a payload came in | `input`, `model` |
| `cached` | texts were known from earlier turns | `places` |
| `routed` | texts were decided on for the first time | `segments`, each with its steps |
| `compressed` | the smaller payload is ready | `result` |
| `remembered` | originals are in the store | `keys` |
| `pre_send`, `post_send` | around a request to the provider | |
| `response_received` | the provider's answer has come | |

Who calls the moments of the proxy says there what they hold. With no hook installed a call is one look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, get_args

from headroom.errors import RegistryError
from headroom.registry import load_family
from headroom.report import report
from headroom.segment import Step

Moment = Literal[
    "setup",
    "pre_start",
    "post_start",
    "input_received",
    "cached",
    "routed",
    "compressed",
    "remembered",
    "pre_send",
    "post_send",
    "response_received",
]
Hook = Callable[[Mapping[str, Any]], object]

MOMENTS: tuple[Moment, ...] = get_args(Moment)
GROUP = "headroom.hooks"


@cache
def installed() -> Mapping[Moment, tuple[tuple[str, Hook], ...]]:
    """The hooks of every moment by their module's name, in order; found once a process.

    Raises RegistryError for a module that cannot be imported, has no name or a taken one, or knows no moment.
    """
    found: dict[Moment, list[tuple[str, Hook]]] = {}
    for module in load_family(GROUP, ("name",)):
        moments = [moment for moment in MOMENTS if callable(getattr(module, moment, None))]
        if not moments:
            raise RegistryError(f"{module.name} cannot join {GROUP}: it has no function {' or '.join(MOMENTS)}")
        for moment in moments:
            found.setdefault(moment, []).append((module.name, getattr(module, moment)))
    return {moment: tuple(hooks) for moment, hooks in found.items()}


def call(moment: Moment, payload: Mapping[str, Any]) -> tuple[Step, ...]:
    """Calls every hook of a moment, by name; a failed step for each that raised."""
    hooks = installed().get(moment)
    return _call(moment, hooks, payload) if hooks else ()


def _call(moment: Moment, hooks: tuple[tuple[str, Hook], ...], payload: Mapping[str, Any]) -> tuple[Step, ...]:
    failures = []
    for name, hook in hooks:
        try:
            hook(MappingProxyType(dict(payload)))
        except Exception as error:
            # What another package's hook does wrong must not cost the caller the request.
            reason = f"{name} failed at {moment}: {type(error).__name__}"
            failures.append(Step("hook", reason, failed=True))
            report(f"hook {reason}")
    return tuple(failures)
