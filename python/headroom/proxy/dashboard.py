"""`GET /dashboard`: the page that shows what the proxy saves and what it costs.

One document, put together from the files in `page/` when it is first asked for. Nothing in it comes from elsewhere, and
its policy lets the browser run and show exactly the script and styles that it holds, by their hashes: the origin also
serves what providers answer, so trusting all of it would be too much. The page itself holds no figures; it asks for
them with a token.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files

from aiohttp import hdrs, web

PATH = "/dashboard"

_STYLES = ("uplot/uPlot.min.css", "tokens.css", "frame.css", "figures.css")
_CHARTS = "uplot/uPlot.iife.min.js"
_SCRIPTS = (
    "format.js",
    "elements.js",
    "charts.js",
    "theme.js",
    "access.js",
    "live.js",
    "overview.js",
    "days.js",
    "breakdown.js",
    "cards.js",
    "requests.js",
    "main.js",
)
_LICENCE = "uplot/LICENSE"
_STYLES_PLACE, _SCRIPT_PLACE = "/* styles */", "/* script */"

# The files are modules of JavaScript, for editors and for their readers; in one script each becomes a function.
_IMPORT = re.compile(r'^import (\{.*?\}) from "\./(.*?)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function (\w+))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """The document as it is sent, with the policy that belongs to it."""

    html: bytes
    policy: str
    etag: str


async def show_page(request: web.BaseRequest) -> web.Response:
    """Answers GET and HEAD; 304 for who has the page already."""
    # The first time, files are read.
    page = await asyncio.to_thread(load_page)
    headers = {
        hdrs.ETAG: f'"{page.etag}"',
        hdrs.CACHE_CONTROL: "no-cache",
        "Content-Security-Policy": page.policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    if page.etag in {tag.value for tag in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    return web.Response(body=page.html, content_type="text/html", charset="utf-8", headers=headers)


@cache
def load_page() -> Page:
    """Puts the page together; the same bytes in any process of one version."""
    styles = "\n".join(_read(name) for name in _STYLES)
    modules = "\n".join(_as_function(name, _read(name)) for name in _SCRIPTS)
    script = f"/*\n{_read(_LICENCE)}*/\n{_read(_CHARTS)}\nconst modules = {{}};\n{modules}"
    html = _read("index.html").replace(_STYLES_PLACE, styles, 1).replace(_SCRIPT_PLACE, script, 1).encode()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(styles)}'",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )
    return Page(html, policy, sha256(html).hexdigest()[:24])


def _as_function(name: str, module: str) -> str:
    """A module as a function that gives what it exports; those it imports from must stand before it."""
    exports = ", ".join(_EXPORT.findall(module))
    body = _EXPORT.sub("", _IMPORT.sub(r'const \1 = modules["\2"];', module))
    return f'modules["{name}"] = (() => {{\n{body}return {{ {exports} }};\n}})();'


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return files("headroom.proxy").joinpath("page", *name.split("/")).read_text(encoding="utf-8")
