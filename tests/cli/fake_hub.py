"""A hub on loopback: answers for files as huggingface.co does, large ones from another host, and fails as told."""

from __future__ import annotations

import hashlib

from aiohttp import web

from proxy.fake_provider import FakeProvider

LARGE_BYTES = 1_000


class FakeHub(FakeProvider):
    """`files` are those of its one model. `fault` is one of: cut off, other bytes, no SHA-256, huge, gated,
    or a status.
    """

    def __init__(self) -> None:
        self.id, self.commit, self.files = "org/keeper", "c0ffee" * 6 + "0000", {}
        super().__init__()

    async def _answered(self, request: web.BaseRequest, body: bytes) -> web.StreamResponse:
        if request.path.startswith("/elsewhere/"):
            return await self._large(request, self.files[request.path.removeprefix("/elsewhere/")])
        if request.path.startswith("/old/name/"):
            return web.Response(status=307, headers={"Location": request.path.replace("/old/name", f"/{self.id}")})
        if self.fault.isdigit():
            return await super()._answered(request, body)
        head = f"/{self.id}/resolve/"
        if self.fault == "gated":
            return web.Response(status=403, headers={"X-Error-Code": "GatedRepo"})
        if not request.path.startswith(head):
            return web.Response(status=401, headers={"X-Error-Code": "RepoNotFound"})
        revision, _, name = request.path.removeprefix(head).partition("/")
        if revision not in ("main", self.commit):
            return web.Response(status=404, headers={"X-Error-Code": "RevisionNotFound"})
        if name not in self.files:
            return web.Response(status=404, headers={"X-Error-Code": "EntryNotFound", "X-Repo-Commit": self.commit})
        return self._found(name, self.files[name])

    def _found(self, name: str, raw: bytes) -> web.Response:
        headers = {"X-Repo-Commit": self.commit}
        if len(raw) < LARGE_BYTES or self.fault == "no SHA-256":
            git = hashlib.sha1(b"blob %d\0" % len(raw) + raw).hexdigest()
            sent = raw[:-1] + b" " if self.fault == "other bytes" else raw
            return web.Response(body=sent, headers={**headers, "ETag": f'"{git}"'})
        headers["X-Linked-Etag"] = f'"{hashlib.sha256(raw).hexdigest()}"'
        headers["X-Linked-Size"] = str(10**15 if self.fault == "huge" else len(raw))
        headers["Location"] = f"http://localhost:{self.port}/elsewhere/{name}"
        return web.Response(status=302, headers=headers)

    async def _large(self, request: web.BaseRequest, raw: bytes) -> web.StreamResponse:
        part = raw[request.http_range]
        if self.fault == "other bytes":
            part = bytes(byte ^ 1 for byte in part)
        response = web.StreamResponse(status=206 if len(part) < len(raw) else 200)
        response.content_length = len(part)
        await response.prepare(request)
        is_cut = self.fault == "cut off"
        await response.write(part[: len(part) // 2] if is_cut else part)
        if is_cut and request.transport is not None:
            request.transport.close()
        return response
