"""`headroom doctor`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import json

import click

from headroom.cli.streams import write_text
from headroom.diagnosis import Finding, examine

_SIGNS = {"good": "ok  ", "note": "note", "problem": "BAD "}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> int:
    """Look for what is wrong, and say how to mend it; edits that a crash left half done are taken back at once.

    Exits with 0 when nothing is wrong and with 1 when something is.
    """
    findings = examine()
    if as_json:
        write_text(json.dumps([finding._asdict() for finding in findings], indent=2) + "\n")
    else:
        for finding in findings:
            click.echo(_line(finding))
    return 1 if any(finding.verdict == "problem" for finding in findings) else 0


def _line(finding: Finding) -> str:
    cure = f"\n       -> {finding.cure}" if finding.cure else ""
    return f"{_SIGNS[finding.verdict]}  {finding.subject}: {finding.text}{cure}"
