"""Settings: one frozen object, and where each of its values came from.

A value is taken from the caller (a keyword or a flag), else from the environment, else from the settings file, else it
is the default. Names derive from the field alone: field `min_tokens` is `HEADROOM_MIN_TOKENS` in the environment and
`min_tokens` in `headroom.toml`; an option `min_lossy_tokens` of the compressor `smart_crusher` is
`HEADROOM_SMART_CRUSHER_MIN_LOSSY_TOKENS`, `min_lossy_tokens` in the file's table `[smart_crusher]`, and
`smart_crusher.min_lossy_tokens` for a caller. No other module reads the environment.

The file is `headroom.toml` in the platform's configuration directory, or the one that `HEADROOM_CONFIG` names.
A level for single tools stands in the file's table `[tools]`, by a pattern of their names (`"mcp__*" = "lossless"`),
and is `tools.PATTERN` for a caller; the first pattern that matches decides.
An unknown name from a caller or in the file is an error. In the environment it is not, since other programs may own
names of that shape: `headroom settings` shows them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from headroom.errors import SettingsError
from headroom.nearest import did_you_mean

Level = Literal["lossless", "balanced", "deep"]
Retrieval = Literal["assumed", "none"]
KeyPlace = Literal["file", "keyring"]
Mode = Literal["token", "cache", "observe", "off"]
ToolLevel = Literal["off", "lossless", "balanced", "deep"]

_TABLES = ("tools", "options")
"""Fields that are made of several settings."""

_TOOLS = "tools."
_PREFIX = "HEADROOM_"
_FILE_VARIABLE = "HEADROOM_CONFIG"
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def setting(
    default: Any, about: str, *, low: float | None = None, high: float | None = None, variable: str | None = None
) -> Any:
    """A field of settings or of a compressor's options: its default, one line about it, and the range of a number.

    `variable` is another name in the environment, one that users of such programs know already; our own comes first.
    """
    return field(default=default, metadata={"about": about, "low": low, "high": high, "variable": variable})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of Headroom. Wrong values are refused when the object is made."""

    level: Level = setting("balanced", "how far to go: lossless, balanced, or deep (keeps less of each large result)")
    retrieval: Retrieval = setting("assumed", "whether the model can ask for originals; none: only lossless forms")
    mode: Mode = setting(
        "token", "cache: times and the like are moved out of the prompt; observe, off: the proxy changes nothing"
    )
    target_ratio: float | None = setting(None, "share of its tokens a lossy result keeps at most", low=0.01, high=1)
    model: str | None = setting(None, "model whose tokens are counted when a call names none")
    models_file: str | None = setting(None, "JSON file of windows and prices of models; see headroom/models.py")
    compress_user: bool = setting(False, "compress texts of the user too")
    compress_system: bool = setting(False, "compress system texts too")
    min_tokens: int = setting(50, "texts estimated smaller than this are left alone", low=0)
    ignore_file: str | None = setting(
        None, "file of paths and tools to leave alone; default: .headroomignore in the working directory or above it"
    )
    retrieve_max_tokens: int = setting(8_000, "most tokens that one answer to a model's retrieval has", low=1)
    retrieve_request_max_tokens: int = setting(20_000, "most tokens of all answers to retrievals in one request", low=1)
    retrieve_max_rounds: int = setting(3, "how often the proxy answers a model's retrievals in one request", low=1)
    offer_retrieve: bool = setting(True, "whether the proxy offers models the retrieve tool and answers its calls")
    store_path: str | None = setting(None, "file of the store; default: in the platform's data directory")
    store_max_bytes: int = setting(2 * 1024**3, "most bytes the store keeps", low=1)
    store_ttl_s: int = setting(7 * 86_400, "seconds an original is kept after it was last seen", low=1)
    store_key_place: KeyPlace = setting("file", "where the store's master key is kept: file, or keyring (an extra)")
    store_key_path: str | None = setting(
        None, "directory of master keys; default: beside store_path, else in the platform's configuration directory"
    )
    host: str = setting("127.0.0.1", "address on which the proxy listens")
    port: int = setting(8787, "port on which the proxy listens; 0: any free one", low=0, high=65_535)
    openai_target_api_url: str = setting(
        "https://api.openai.com", "where requests in OpenAI's formats go", variable="OPENAI_TARGET_API_URL"
    )
    anthropic_target_api_url: str = setting(
        "https://api.anthropic.com", "where requests in Anthropic's format go", variable="ANTHROPIC_TARGET_API_URL"
    )
    gemini_target_api_url: str = setting(
        "https://generativelanguage.googleapis.com",
        "where requests in Gemini's format go",
        variable="GEMINI_TARGET_API_URL",
    )
    upstreams: str = setting("", "more places requests go to, by path prefix: /groq=https://api.groq.com/openai,…")
    allowed_hosts: str = setting("", "names besides loopback's that a request's Host may have, separated by commas")
    multi_tenant: bool = setting(False, "keep the originals of each API key or account apart, as a shared proxy must")
    access_tokens_file: str | None = setting(
        None,
        "file of tokens that clients of a shared proxy must bring: one a line, perhaps behind an account's name",
    )
    open_local_api: bool = setting(False, "whether retrieval and figures need no token from loopback")
    relay_responses_websocket: bool = setting(False, "relay a Responses WebSocket uncompressed, not refuse it")
    max_body_bytes: int = setting(100_000_000, "larger request bodies are passed on as they are", low=0)
    max_requests: int = setting(4_096, "requests the proxy works on at a time; more are refused with 503", low=1)
    workers: int = setting(1, "processes of the proxy, which share the port, the store and the ledger", low=1, high=64)
    holdout_ratio: float = setting(0.0, "share of conversations that are left alone, to compare with", low=0, high=1)
    drain_timeout_s: float = setting(30.0, "seconds that requests have to end when the proxy is stopped", low=0)
    record_requests: int = setting(
        0, "last requests whose texts the dashboard shows, kept in memory alone; 0: none", low=0, high=50
    )
    log_requests: bool = setting(False, "log each request of the proxy, without content, as one line of JSON")
    tools: tuple[tuple[str, ToolLevel], ...] = field(
        default=(),
        metadata={"about": "levels of single tools, or off, by pattern of their name, as in the table [tools]"},
    )
    options: tuple[tuple[str, Any], ...] = field(default=(), metadata={"about": "options of compressors, by name"})

    def __post_init__(self) -> None:
        check_values(self)


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting as `headroom settings` shows it: its full name, value, where that came from, what it is about."""

    name: str
    value: Any
    source: str
    about: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with the origin of each value, the file, and names in the environment that only look like ours."""

    settings: Settings
    origins: tuple[Origin, ...]
    unknown: tuple[str, ...]
    file: str


def check_values(owner: Any) -> None:
    """Raises SettingsError when a field of a settings or options object has a wrong type or is out of range."""
    hints = get_type_hints(type(owner))
    for each in fields(owner):
        if each.name not in _TABLES:
            _check(each.name, getattr(owner, each.name), hints[each.name], each.metadata)


def resolve(
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: str | None = None,
    families: Mapping[str, type[Any]] | None = None,
) -> Resolved:
    """Settings from all their sources.

    `flags` are a caller's values by full name. `environment` and `file` are for tests; by default the process's own.
    `families` maps each compressor's name to the class of its options.
    """
    environment = os.environ if environment is None else environment
    families = families or {}
    known = _known(families)
    path, from_file = _read_file(file, environment)
    tools = _tools((flags or {}, "call"), (from_file, path))
    flags = {name: value for name, value in (flags or {}).items() if not name.startswith(_TOOLS)}
    from_file = {name: value for name, value in from_file.items() if not name.startswith(_TOOLS)}
    _refuse_unknown(from_file, known, f"in {path}")
    _refuse_unknown(flags or {}, known, "as a setting")
    values: dict[str, Any] = {}
    origins = []
    for name, (hint, each) in known.items():
        variable = environment_name(name)
        if flags and name in flags:
            value, source = flags[name], "call"
        elif variable in environment:
            value, source = _parse(environment[variable], hint, variable), variable
        elif (known_as := each.metadata.get("variable") or "") in environment:
            value, source = _parse(environment[known_as], hint, known_as), known_as
        elif name in from_file:
            value, source = from_file[name], str(path)
        else:
            value, source = each.default, "default"
        _check(name, value, hint, each.metadata, source)
        values[name] = value
        origins.append(Origin(name, value, source, each.metadata["about"]))
    origins += tools
    variables = {environment_name(name) for name in known} | {_FILE_VARIABLE}
    variables |= {each.metadata.get("variable") or "" for _, each in known.values()}
    unknown = sorted(name for name in environment if name.startswith(_PREFIX) and name not in variables)
    levels = tuple((origin.name.removeprefix(_TOOLS), origin.value) for origin in tools)
    return Resolved(_build(values, families, levels), tuple(origins), tuple(unknown), path)


def environment_name(name: str) -> str:
    """The name of a setting in the environment.

    >>> environment_name("smart_crusher.min_lossy_tokens")
    'HEADROOM_SMART_CRUSHER_MIN_LOSSY_TOKENS'
    """
    return _PREFIX + name.replace(".", "_").upper()


def surroundings() -> Mapping[str, str]:
    """The environment as it is, for what belongs to other programs: where their files are, and PATH."""
    return dict(os.environ)


def user_directory(kind: Literal["config", "data"]) -> str:
    """Headroom's own directory of a kind, where the platform has such: ~/.config/headroom, ~/.local/share/headroom."""
    if not sys.platform.startswith("linux"):
        import platformdirs

        return str(getattr(platformdirs, f"user_{kind}_dir")("headroom", appauthor=False))
    # As platformdirs says, which takes longer to import than all of this module.
    base = os.environ.get(f"XDG_{kind.upper()}_HOME", "")
    usual = {"config": "~/.config", "data": "~/.local/share"}[kind]
    return os.path.join(base if base.strip() else os.path.expanduser(usual), "headroom")


def is_colour_refused() -> bool:
    """Whether the user wants no colours on a terminal (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def _tools(*sources: tuple[Mapping[str, Any], str]) -> list[Origin]:
    """The levels of single tools, in order of precedence."""
    found: dict[str, Origin] = {}
    for values, source in sources:
        for name, value in values.items():
            if name.startswith(_TOOLS) and name not in found:
                _check(name, value, ToolLevel, {}, source)
                found[name] = Origin(name, value, source, "level of tools of this name, or off")
    return list(found.values())


def _build(
    values: Mapping[str, Any], families: Mapping[str, type[Any]], tools: tuple[tuple[str, ToolLevel], ...]
) -> Settings:
    own = {name: value for name, value in values.items() if "." not in name}
    options = []
    for family, kind in sorted(families.items()):
        mine = {each.name: values[f"{family}.{each.name}"] for each in fields(kind)}
        options.append((family, kind(**mine)))
    return Settings(**own, tools=tools, options=tuple(options))


def _known(families: Mapping[str, type[Any]]) -> dict[str, tuple[Any, Field[Any]]]:
    hints = get_type_hints(Settings)
    known = {each.name: (hints[each.name], each) for each in fields(Settings) if each.name not in _TABLES}
    for family, kind in sorted(families.items()):
        own = get_type_hints(kind)
        known.update({f"{family}.{each.name}": (own[each.name], each) for each in fields(kind)})
    return known


def _read_file(file: str | None, environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    named = file or environment.get(_FILE_VARIABLE)
    path = named or _default_file()
    try:
        with open(path, "rb") as stream:
            raw = stream.read()
    except FileNotFoundError:
        if named:
            raise SettingsError(f"settings file {path!r} does not exist; create it or unset {_FILE_VARIABLE}") from None
        return path, {}
    except OSError as error:
        raise SettingsError(f"settings file {path!r} cannot be read: {error.strerror}") from None
    return path, _flatten(_parse_toml(raw, path))


def _parse_toml(raw: bytes, path: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings file {path!r} is not valid TOML: {error}") from None


def _flatten(tables: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": leaf for inner, leaf in value.items()})
        else:
            flat[name] = value
    return flat


def _default_file() -> str:
    return os.path.join(user_directory("config"), "headroom.toml")


def _refuse_unknown(names: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    for name in names:
        if name not in known:
            raise SettingsError(f"unknown setting {name!r} {where}, see `headroom settings`{did_you_mean(name, known)}")


def _parse(text: str, hint: Any, variable: str) -> Any:
    kinds = _choices(hint)
    if text == "" and type(None) in kinds:
        return None
    try:
        if bool in kinds:
            return _parse_bool(text)
        if int in kinds:
            return int(text)
        if float in kinds:
            return float(text)
    except ValueError:
        raise SettingsError(f"{variable}={text!r} is not {_describe(hint)}") from None
    return text


def _parse_bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError(text)
    return lowered in _TRUE


def _check(name: str, value: Any, hint: Any, limits: Mapping[str, Any], source: str = "") -> None:
    origin = f" (from {source})" if source not in ("", "call", "default") else ""
    kinds = _choices(hint)
    literals = [kind for kind in kinds if isinstance(kind, str)]
    if literals and value not in literals:
        raise SettingsError(
            f"{name}={value!r}{origin} is not one of {', '.join(literals)}{did_you_mean(value, literals)}"
        )
    types = tuple(kind for kind in kinds if isinstance(kind, type))
    types += (int,) if float in types else ()
    if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        raise SettingsError(f"{name}={value!r}{origin} is not {_describe(hint)}")
    low, high = limits.get("low"), limits.get("high")
    if isinstance(value, int | float) and not ((low is None or value >= low) and (high is None or value <= high)):
        bounds = f"at least {low}" if high is None else f"from {low} to {high}"
        raise SettingsError(f"{name}={value!r}{origin} is out of range: it must be {bounds}")


def _choices(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        return tuple(choice for part in get_args(hint) for choice in _choices(part))
    return (hint,)


def _describe(hint: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", type(None): "unset"}
    return " or ".join(names.get(kind, repr(kind)) for kind in _choices(hint))
