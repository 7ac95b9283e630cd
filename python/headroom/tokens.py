"""How many tokens a text is to a model: exact where the vocabulary is published, else an estimate that says so.

Exact counts are those of tiktoken's `encode(text, disallowed_special=())`: a special token in a text is text. Anthropic
and Google publish no tokenizer of their current models, so counts for these are o200k_base tokens times a ratio. The
ratios are calibrations over English text, code and data; a single text can be 20 % off, other scripts more:

- Claude up to 4.6: 1.18. Measured against Anthropic's count endpoint by others (`sammcj/ingest` pull request 65); 1.15
  was found to count too little (`caozhiyuan/copilot-api` pull requests 134 and 141).
- Claude from Opus 4.7 on: 1.53. Anthropic says that the tokenizer introduced with it makes 1.0 to 1.35 times the tokens
  of the one before; the first source measured 1.3 times.
- Gemini: 1.08. Third parties give 5 to 10 % more than o200k_base for English; Google's own figure is a token to about
  four characters.
- Models not known here: 1.0, o200k_base as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from headroom import _core

Encoding = Literal["o200k_base", "cl100k_base"]

CLAUDE_RATIO = 1.18
CLAUDE_4_7_RATIO = 1.53
GEMINI_RATIO = 1.08

# Beginnings of model names: the first that fits decides.
_ENCODINGS: tuple[tuple[str, Encoding], ...] = (
    ("gpt-4o", "o200k_base"),
    ("gpt-4.1", "o200k_base"),
    ("gpt-4.5", "o200k_base"),
    ("gpt-5", "o200k_base"),
    ("gpt-oss", "o200k_base"),
    ("chatgpt-4o", "o200k_base"),
    ("o1", "o200k_base"),
    ("o3", "o200k_base"),
    ("o4", "o200k_base"),
    ("gpt-4", "cl100k_base"),
    ("gpt-3.5", "cl100k_base"),
    ("gpt-35", "cl100k_base"),
    ("text-embedding-3", "cl100k_base"),
    ("text-embedding-ada-002", "cl100k_base"),
    ("davinci-002", "cl100k_base"),
    ("babbage-002", "cl100k_base"),
)


@dataclass(frozen=True)
class TokenCounter:
    """Counts tokens for a model: those of `encoding`, times `ratio` (above 0; 1.0 for an exact count)."""

    encoding: Encoding
    ratio: float = 1.0
    is_estimate: bool = False
    name: str = field(init=False, compare=False)
    """What it counts, in words; counters of the same name count the same."""

    def __post_init__(self) -> None:
        name = f"about {self.ratio} x {self.encoding}" if self.is_estimate else self.encoding
        object.__setattr__(self, "name", name)

    def count(self, text: str) -> int:
        """The number of tokens in `text`; about 300 MB/s. A lone surrogate counts as U+FFFD, as with tiktoken."""
        try:
            tokens = _core.count_tokens(text, self.encoding)
        except UnicodeEncodeError:
            readable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            tokens = _core.count_tokens(readable, self.encoding)
        return self.scaled(tokens)

    def begin(self, text: str) -> _core.Ahead:
        """Begins to count a text without lone surrogates on another core; see `scaled` for the result."""
        return _core.Ahead(text, self.encoding)

    def scaled(self, tokens: int) -> int:
        """The number that stands for so many tokens of `encoding`."""
        return tokens if self.ratio == 1.0 else round(tokens * self.ratio)


@lru_cache(maxsize=256)
def token_counter(model: str | None = None) -> TokenCounter:
    """The counter for a model, by its name at any provider; without one, exact o200k_base tokens.

    >>> token_counter("azure/gpt-4o-2024-11-20").name
    'o200k_base'
    >>> token_counter("us.anthropic.claude-sonnet-4-5-20250929-v1:0").name
    'about 1.18 x o200k_base'
    """
    if model is None:
        return TokenCounter("o200k_base")
    for name in names_of(model):
        for beginning, encoding in _ENCODINGS:
            if name.startswith(beginning) and not name[len(beginning) :][:1].isalnum():
                return TokenCounter(encoding)
        if name.startswith("claude"):
            ratio = CLAUDE_RATIO if _claude_version(name) < (4, 7) else CLAUDE_4_7_RATIO
            return TokenCounter("o200k_base", ratio, is_estimate=True)
        if name.startswith("gemini"):
            return TokenCounter("o200k_base", GEMINI_RATIO, is_estimate=True)
    return TokenCounter("o200k_base", is_estimate=True)


def is_estimate(model: str | None = None) -> bool:
    """Whether counts for a model are estimates."""
    return token_counter(model).is_estimate


def count_tokens(text: str, model: str | None = None) -> int:
    """The number of tokens that a text is to a model.

    >>> count_tokens("hello world")
    2
    """
    return token_counter(model).count(text)


def names_of(model: str) -> Iterator[str]:
    """What may be a model's name proper: the whole, and what follows each `/`, `:` or `.` of a provider's prefix."""
    name = model.strip().lower()
    yield name
    for at, character in enumerate(name):
        if character in "/:.":
            yield name[at + 1 :]


def _claude_version(name: str) -> tuple[int, int]:
    """Major and minor; a name without a number is taken for the newest. A longer number is a date."""
    parts = name.replace(".", "-").replace("@", "-").replace(":", "-").split("-")
    numbers = [part.removeprefix("v") for part in parts]
    for part, following in zip(numbers, [*numbers[1:], ""], strict=True):
        if part.isdecimal() and len(part) <= 2:
            return int(part), int(following) if following.isdecimal() and len(following) <= 2 else 0
    return 99, 0
