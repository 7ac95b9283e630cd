"""Headroom: a local, reversible context-compression layer for LLM agents.

>>> import headroom
>>> headroom.compress("a short text").text
'a short text'

Everything public is here; it is imported on first use, so that importing the package costs next to nothing.
"""

TYPE_CHECKING = False
"""What type checkers take for true; importing it from `typing` would be most of the time that importing this takes."""

if TYPE_CHECKING:
    from headroom._core import __version__ as __version__
    from headroom.errors import HeadroomError as HeadroomError
    from headroom.errors import InputError as InputError
    from headroom.errors import KeyNotFoundError as KeyNotFoundError
    from headroom.errors import QueryError as QueryError
    from headroom.errors import RegistryError as RegistryError
    from headroom.errors import SettingsError as SettingsError
    from headroom.errors import StoreError as StoreError
    from headroom.errors import UnknownOptionError as UnknownOptionError
    from headroom.library import acompress as acompress
    from headroom.library import compress as compress
    from headroom.library import expand as expand
    from headroom.library import handle_tool_call as handle_tool_call
    from headroom.library import retrieve as retrieve
    from headroom.library import retrieve_tool as retrieve_tool
    from headroom.repository_map import Outline as Outline
    from headroom.repository_map import outline as outline
    from headroom.result import CompressResult as CompressResult
    from headroom.retrieval import Retrieved as Retrieved
    from headroom.segment import Segment as Segment
    from headroom.segment import Step as Step
    from headroom.settings import Settings as Settings
    from headroom.tokens import count_tokens as count_tokens

_HOMES = {
    "__version__": "_core",
    **dict.fromkeys(
        (
            "HeadroomError",
            "InputError",
            "KeyNotFoundError",
            "QueryError",
            "RegistryError",
            "SettingsError",
            "StoreError",
            "UnknownOptionError",
        ),
        "errors",
    ),
    **dict.fromkeys(("acompress", "compress", "expand", "handle_tool_call", "retrieve", "retrieve_tool"), "library"),
    **dict.fromkeys(("Outline", "outline"), "repository_map"),
    "CompressResult": "result",
    "Retrieved": "retrieval",
    "Segment": "segment",
    "Step": "segment",
    "Settings": "settings",
    "count_tokens": "tokens",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'headroom' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"headroom.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
