"""The settings in force, with the options of whichever compressors there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headroom.errors import SettingsError
from headroom.registry import compressors
from headroom.settings import Resolved, Settings, resolve


def resolve_settings(flags: Mapping[str, Any] | None = None) -> Resolved:
    """The settings in force, with the origin of each; `flags` override the environment and the file."""
    return resolve(flags, families={compressor.name: compressor.Options for compressor in compressors()})


def settings_without_options(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force for who compresses nothing: without the options of compressors, which need not be loaded.

    Raises SettingsError for whatever `resolve_settings` does, except for wrong options in the environment.
    """
    try:
        return resolve(flags).settings
    except SettingsError:
        # The file may have options of theirs; if it is wrong elsewhere, this says so.
        return resolve_settings(flags).settings
