"""Protection: which texts nobody touches, and how far one may go with the others. One place for every way in.

Never touched, whatever the settings: what is frozen by its format (signed thinking, blocks of server tools, what
citations point into: providers do not read them as texts or mark them frozen), texts and calls of the assistant, and
answers to retrievals. `cache_control`, the pairing of calls and results, and unknown fields are safe because only texts
are written.

Left alone unless the settings say otherwise: texts of the user and the system, small texts, and what a user names:
`.headroomignore` (paths and tools; see `ignore_file.py`), or `off` for a tool in the table `[tools]`.

Without loss only: what the agent is about to edit. An agent edits what it has read, and a result is decided on once, by
what precedes it. So a result is taken to be about to be edited when it shows what an edit made of a file, and when it
reads a file that the conversation has edited before. The first read of a file is like any other: what a view shows are
whole lines of the file, what the question asks for among them, so an edit of what can be seen meets the file's own
text, and the agent gets the rest by a call. References to lines above lose nothing and are allowed in all of these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache

from headroom.decide import Policy
from headroom.file_names import dotted_names
from headroom.ignore_file import IgnoreFile
from headroom.marker import parse_marker
from headroom.router import PLAIN
from headroom.segment import Segment, ToolCall
from headroom.settings import ToolLevel

_CHARACTERS_PER_TOKEN = 3.5
_EDITING_TOOL = re.compile(
    # A word of the name: `str_replace_editor`, `MultiEdit`, `apply_patch`, but not `get_credit_report`.
    r"(?:^|[^A-Za-z])(?i:edit|write|replace|patch|insert|create_?file|update_?file)(?:or|[Ff]ile)?(?![a-z])"
    r"|(?<=[a-z0-9])(?:Edit|Write|Replace|Patch|Insert|CreateFile|UpdateFile)"
)
_EDITING_COMMAND = re.compile(
    r"\b(?:sed\s+(?:-\S+\s+)*-i|apply_patch\b|patch\s+-p|cat\s*>)|^\s*(?:edit|create)\s",
)
_READING_TOOL = re.compile(r"todo|memory|note", re.IGNORECASE)
_WITH_ENDING = re.compile(r"[\w.+-]*\.\w{1,20}")
_IN_FOLDER = re.compile(r"/([\w.+-]+)(?=[\"'\s\\;|&)]|$)")
_OF_PATH = re.compile(r"\"(?:file_)?path\": ?\"([\w+-]+)(?=\")")
_ARGUMENTS_CHARACTERS = 4_000


def is_untouchable(segment: Segment) -> str:
    """Why nobody may ever touch a text, or nothing if somebody may."""
    if segment.frozen or segment.origin == "assistant":
        return "left alone: it must reach the provider as it is"
    if segment.call is not None and segment.call.is_retrieve:
        return "left alone: it answers a retrieval"
    return ""


def is_eligible(segment: Segment, policy: Policy) -> bool:
    """Whether a text is large enough and of an origin that may be compressed; whoever is not needs no record."""
    return not is_untouchable(segment) and not _why_not_eligible(segment, policy)


def _why_not_eligible(segment: Segment, policy: Policy) -> str:
    if segment.origin == "system" and not policy.compress_system:
        return "left alone: compress_system is off"
    if segment.origin == "user" and not policy.compress_user:
        return "left alone: compress_user is off"
    if len(segment.text) < policy.min_tokens * _CHARACTERS_PER_TOKEN and parse_marker(segment.text) is None:
        return "left alone: smaller than min_tokens"
    return ""


class Protection:
    """The rules for one run over a payload's texts, in order.

    `tools` are patterns of tools' names with a level or "off", the first that matches decides; `ignore` are the rules
    of an ignore file.
    """

    def __init__(self, tools: Sequence[tuple[str, ToolLevel]] = (), ignore: IgnoreFile | None = None) -> None:
        self._tools = tools
        self._ignore = ignore
        self._edited: set[str] = set()

    def reason(self, segment: Segment, policy: Policy) -> str:
        """Why a text is left alone, or nothing if it is not."""
        reason = is_untouchable(segment) or _why_not_eligible(segment, policy)
        if reason or segment.call is None:
            return reason or ("left alone: told that it is plain text" if segment.content_type == PLAIN else "")
        if self._level(segment.call) == "off":
            return f"left alone: tools.{segment.call.name} is off"
        if self._ignore is not None and (named := self._ignore.names(segment.call)):
            return f"left alone: {named}"
        return "left alone: told that it is plain text" if segment.content_type == PLAIN else ""

    def policy(self, segment: Segment, policy: Policy) -> Policy:
        """The policy for one text: the level of its tool, and no loss in what is about to be edited."""
        if segment.call is None:
            return policy
        level = self._level(segment.call)
        if level is not None and level != "off" and level != policy.level:
            policy = replace(policy, level=level)
        if policy.lossy and (_edits(segment.call) or (self._edited and self._edited & _files(segment.call))):
            return replace(policy, level="lossless")
        return policy

    def add(self, segment: Segment) -> None:
        """Goes past a text."""
        if segment.call is not None and segment.origin == "tool" and _edits(segment.call):
            self._edited.update(_files(segment.call))

    def _level(self, call: ToolCall) -> ToolLevel | None:
        return next((level for pattern, level in self._tools if fnmatchcase(call.name, pattern)), None)


@lru_cache(maxsize=4_096)
def _edits(call: ToolCall) -> bool:
    """Whether a call changes files, by its tool's name or by the command that it runs."""
    if _EDITING_TOOL.search(call.name) and not _READING_TOOL.search(call.name):
        return True
    command = re.match(r'\{"(?:command|cmd|input)":\s*"', call.arguments)
    return _EDITING_COMMAND.search(call.arguments[command.end() : _ARGUMENTS_CHARACTERS] if command else "") is not None


@lru_cache(maxsize=4_096)
def _files(call: ToolCall) -> frozenset[str]:
    """Names of files in the arguments of a call, without their folders.

    They have an ending, a dot before them, or a folder; or an argument for a path holds them.
    """
    arguments = call.arguments[:_ARGUMENTS_CHARACTERS]
    with_ending = [found[0] for name in dotted_names(arguments) if (found := _WITH_ENDING.match(name))]
    in_folder = [name for name in _IN_FOLDER.findall(arguments) if not _WITH_ENDING.match(name)]
    return frozenset((*with_ending, *in_folder, *_OF_PATH.findall(arguments)))
