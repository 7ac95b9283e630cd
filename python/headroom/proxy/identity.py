"""How a proxy shows who it is, so that a client can tell it from another program, user or configuration.

The name is a MAC, under the token that only this user can read, of where requests go and where originals are kept:
whoever answers with the right one is a proxy of this user that does with a request what these settings say.
"""

from __future__ import annotations

import os
from hashlib import blake2b

from headroom.proxy.token_file import local_token
from headroom.settings import Settings
from headroom.store import data_directory

_FIELDS = (
    "openai_target_api_url",
    "anthropic_target_api_url",
    "gemini_target_api_url",
    "upstreams",
    "multi_tenant",
    "store_key_place",
    "store_key_path",
)


def identity(settings: Settings) -> str:
    """The name of a proxy with these settings, 32 hexadecimal digits. Raises StoreError without a token."""
    directory = data_directory()
    store = None if settings.store_path is None else os.path.abspath(settings.store_path)
    parts = (directory, store, *(getattr(settings, name) for name in _FIELDS))
    return blake2b(repr(parts).encode(), key=local_token(directory).encode()[:64], digest_size=16).hexdigest()
