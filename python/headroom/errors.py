"""Every error that Headroom raises on purpose.

    HeadroomError
    ├── StoreError               the store cannot be opened, read or written
    │   └── StoreCorruptError    the store answered with something other than what was put in
    ├── KeyNotFoundError         (KeyError) no original under this key for this tenant
    ├── QueryError               (ValueError) a retrieval query that cannot be understood
    ├── SettingsError            (ValueError) an unknown setting, or a value that it does not take
    ├── ConfigError              an agent's configuration that cannot be edited, or not be taken back
    ├── InputError               (ValueError) an argument or a payload that cannot be worked on
    ├── UnknownOptionError       (TypeError) a keyword that no function of ours takes
    └── RegistryError            a member of a family that is broken, or whose name is taken

A message names the value at fault, why it is refused, and the next step.
"""


class HeadroomError(Exception):
    """The root: catch this one to catch them all."""

    def __str__(self) -> str:
        # KeyError would show the message in quotes, with its own quotes escaped.
        return Exception.__str__(self)


class StoreError(HeadroomError):
    """The store cannot be opened, read or written. Nothing was deleted."""


class StoreCorruptError(StoreError):
    """The store answered with something other than what was put in. Nothing was deleted."""


class KeyNotFoundError(HeadroomError, KeyError):
    """No original under this key for this tenant: never stored here, or past its life time."""


class QueryError(HeadroomError, ValueError):
    """A retrieval query that cannot be understood; the message shows the nearest valid form."""


class SettingsError(HeadroomError, ValueError):
    """An unknown setting, or a value that it does not take."""


class ConfigError(HeadroomError):
    """An agent's configuration file that cannot be edited, or an edit that cannot be undone. Nothing was changed."""


class InputError(HeadroomError, ValueError):
    """An argument or a payload that cannot be worked on."""


class UnknownOptionError(HeadroomError, TypeError):
    """A keyword that the function does not take; the message names the nearest one."""


class RegistryError(HeadroomError):
    """A compressor or provider that is broken, or whose name is taken."""
