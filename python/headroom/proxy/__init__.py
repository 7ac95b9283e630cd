"""The proxy: any client's requests go through it to the provider, and tool results in them come out smaller.

`server` listens, `local_api` answers what is Headroom's own, `relay` passes on everything else: it asks `upstreams`
where to, has `transform` compress the conversation in a body, and streams back what the provider answers, as it comes.
`headers`, `upstreams`, `security` and `transform` do no network I/O. Only `headroom proxy` imports this package.

What always holds: what is not compressed is forwarded byte for byte; a failure of ours costs compression and not the
request; there are no retries, no caches, and no address but the configured ones.
"""
