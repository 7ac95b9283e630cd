"""Findings about an installation, each with its cure. Only what a crash left half done is mended on the way.

`installation` looks at versions, settings, the model, the store and the proxy; `agents` at their configurations, at
what was set up in them, and at launchers. Nothing beyond this machine is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from headroom.agent_setup import this_machine
from headroom.diagnosis import agents, installation
from headroom.diagnosis.finding import LOOPBACK as LOOPBACK
from headroom.diagnosis.finding import Finding as Finding
from headroom.diagnosis.finding import is_answered as is_answered
from headroom.errors import HeadroomError
from headroom.in_force import resolve_settings


def examine() -> list[Finding]:
    """Everything that can be looked at, in the order in which one is the reason for the next."""
    machine = this_machine()
    findings = [
        *_checked("version", installation.versions),
        *_checked("parts", installation.families),
        *_checked("extras", installation.extras),
    ]
    try:
        resolved = resolve_settings()
    except HeadroomError as error:
        cure = "mend it, then run this again: without settings the model, the store and the proxy were not looked at"
        findings.append(Finding("settings", "problem", str(error), cure))
    else:
        findings += [
            *_checked("settings", lambda: installation.settings(resolved)),
            *_checked("model", lambda: installation.prose_model(resolved.settings)),
            *_checked("store", lambda: installation.store(resolved.settings)),
            *_checked("proxy", lambda: installation.proxy(resolved.settings)),
        ]
    return findings + _checked("agents", lambda: agents.examined(machine))


def _checked(subject: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    findings: list[Finding] = []
    try:
        # One by one, so that what was found before a failure is told too.
        findings.extend(check())
    except HeadroomError as error:
        findings.append(Finding(subject, "problem", str(error), "do what the message says, then run this again"))
    return findings
