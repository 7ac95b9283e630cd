"""The proxy: any client's requests go through it to the provider, and tool results in them come out smaller.

`server` listens, `local_api` answers what is Headroom's own, `relay` passes on everything else: it asks `upstreams`
where to, has `transform` compress the conversation in a body (in mode `cache` with `alignment`), and streams back what
the provider answers, as it comes (`passed_on`). `tenants` tells whose a request is where several people share a proxy.
`headers`, `upstreams`, `security`, `tenants` and `transform` do no network I/O. `process` finds or starts a proxy for a
run of an agent, and `identity` is how the two know each other. Only the command line imports this package.

What always holds: what is not compressed is forwarded byte for byte; a failure of ours costs compression and not the
request; there are no retries, no caches, and no address but the configured ones.
"""

from __future__ import annotations

from headroom.errors import InputError


def require_installed() -> None:
    """Raises InputError when the proxy could not run here: the extra `proxy` brings aiohttp."""
    from importlib.util import find_spec

    if find_spec("aiohttp") is None:
        raise InputError("the proxy needs aiohttp; install it with: pip install 'headroom-ai[proxy]'")
