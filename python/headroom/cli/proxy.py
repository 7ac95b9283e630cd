"""`headroom proxy`: any client's requests through it to the provider, tool results smaller."""

from __future__ import annotations

import sys

import click

from headroom.cli import flags
from headroom.in_force import resolve_settings
from headroom.lease import Lease
from headroom.proxy import require_installed
from headroom.settings import Mode, Settings


@click.command("proxy")
@click.option("--host", metavar="ADDRESS", help="Where to listen; by default 127.0.0.1, and loopback only.")
@click.option("--port", metavar="N", type=int, help="The port, by default 8787; 0 for any free one.")
@click.option("--mode", metavar="MODE", help="token (default), cache, observe (only measures) or off.")
@click.option("--openai-url", metavar="URL", help="Where requests in OpenAI's formats go.")
@click.option("--anthropic-url", metavar="URL", help="Where requests in Anthropic's format go.")
@click.option("--gemini-url", metavar="URL", help="Where requests in Gemini's format go.")
@click.option("--upstreams", metavar="LIST", help="More places by path prefix: /groq=https://api.groq.com/openai,…")
@click.option("--multi-tenant", is_flag=True, default=None, help="Keep originals of each API key or account apart.")
@click.option("--access-tokens", metavar="FILE", help="Tokens that clients must bring, to listen beyond loopback.")
@click.option("--workers", metavar="N", type=int, help="How many processes share the port; by default 1.")
@click.option("--record-requests", metavar="N", type=int, help="Keep texts of so many requests for the dashboard.")
@click.option("--holdout-ratio", metavar="SHARE", type=float, help="Share of conversations to leave alone.")
@click.option("--log-requests", is_flag=True, default=None, help="Log each request, without content, as JSON.")
@click.option("--lease", metavar="FILE", hidden=True, help="Stop when nobody else holds a lease on this file.")
def command(
    host: str | None,
    port: int | None,
    mode: Mode | None,
    openai_url: str | None,
    anthropic_url: str | None,
    gemini_url: str | None,
    upstreams: str | None,
    multi_tenant: bool | None,
    access_tokens: str | None,
    workers: int | None,
    record_requests: int | None,
    holdout_ratio: float | None,
    log_requests: bool | None,
    lease: str | None,
) -> None:
    """Listen for clients of OpenAI, Anthropic and Gemini, and pass their requests on with smaller tool results.

    Point a client's base URL here: http://127.0.0.1:8787/v1 for OpenAI's, http://127.0.0.1:8787 for the others. Keys
    are passed on and never kept. A client whose tools include headroom_retrieve gets views with what is left out one
    call away; any other gets lossless forms only. SIGHUP makes it read its settings again.
    """
    require_installed()
    given = flags(
        host=host,
        port=port,
        mode=mode,
        openai_target_api_url=openai_url,
        anthropic_target_api_url=anthropic_url,
        gemini_target_api_url=gemini_url,
        upstreams=upstreams,
        multi_tenant=multi_tenant,
        access_tokens_file=access_tokens,
        workers=workers,
        record_requests=record_requests,
        holdout_ratio=holdout_ratio,
        log_requests=log_requests,
    )

    def resolve() -> Settings:
        return resolve_settings(given).settings

    settings = resolve()
    from headroom.proxy.serving import serve

    sys.exit(serve(settings, resolve, None if lease is None else Lease(lease)))
