"""The compiled core. Text arguments must be valid Unicode (no lone surrogates), else UnicodeEncodeError.

Heavy functions release the GIL while they work. A defect in the core raises CoreError, never a crash.
"""

from collections.abc import Sequence
from typing import Any, final

class CoreError(RuntimeError):
    """A defect in the core: a panic that was caught at the border."""

# Stored originals.

def content_key(secret: bytes, tenant: str, content: str) -> str:
    """The key of a text for a tenant: 11 characters of 0-9, A-Z, a-z (65.5 bits).

    A keyed BLAKE3 hash over tenant and content; linear, about 25 µs for 100 KB. ValueError unless `secret` has 32
    bytes.
    """

def record_name(secret: bytes, tenant: str, parts: Sequence[str]) -> str:
    """The name of a tenant's record: 22 characters of 0-9, A-Z, a-z (128 bits), a keyed BLAKE3 hash over the parts.

    Other parts have another name, wherever they are divided. ValueError unless `secret` has 32 bytes.
    """

@final
class Sealer:
    """Seals and opens under one key of 32 bytes (XChaCha20-Poly1305 over ChaCha20-Poly1305).

    What is sealed is a zstd frame under a key of its own, which is returned beside it, wrapped: 72 bytes. `associated`
    says where it belongs; it opens nowhere else. `entropy` are 32 fresh random bytes. ValueError where something was
    changed or belongs elsewhere, and for arguments out of range.
    """

    def __new__(cls, key: bytes) -> Sealer: ...
    def seal_text(
        self, text: str, associated: bytes, entropy: bytes, level: int = 1, ahead: Ahead | None = None
    ) -> tuple[int, bytes, bytes]:
        """The bytes of the text, its wrapped key, and its frame, sealed. `ahead` may have the frame already.

        About 0.2 ms for 100 KB at level 1.
        """
    def seal(self, data: bytes, associated: bytes, entropy: bytes, level: int | None = 1) -> tuple[bytes, bytes]:
        """The wrapped key, and the frame of `data`, sealed; without a level `data` is a frame already."""
    def open_text(self, wrapped: bytes, message: bytes, associated: bytes, max_bytes: int) -> str:
        """The text, which may be `max_bytes` long: no more than that is ever allocated."""
    def open(self, wrapped: bytes, message: bytes, associated: bytes, max_bytes: int) -> bytes:
        """The data, which may be `max_bytes` long: no more than that is ever allocated."""
    def wrap(self, key: bytes, associated: bytes) -> bytes:
        """A key of 32 bytes under this one: 72 bytes, the same ones for the same key and place."""
    def unwrap(self, wrapped: bytes, associated: bytes) -> bytes:
        """The key that was wrapped."""
    def rewrap(self, wrapped: bytes, associated: bytes, into: Sealer) -> bytes:
        """A wrapped key under another sealer's key."""

def zstd_decompress(data: bytes, max_bytes: int) -> bytes:
    """The content of one zstd frame.

    ValueError when it is no valid frame or holds more than `max_bytes`; no more than that is ever allocated.
    """

def brotli_decompress(data: bytes, max_bytes: int) -> bytes:
    """The content of one brotli stream. ValueError when it is none or holds more than `max_bytes`."""

__version__: str
"""The version of the package."""

# Tokens.

def count_tokens(text: str, encoding: str = "o200k_base") -> int:
    """The number of tokens in `text` by "o200k_base" or "cl100k_base"; ValueError for another encoding.

    Exactly the length of tiktoken's `encode(text, disallowed_special=())`: special tokens are text like any other.
    Linear for texts that have words, about 0.3 ms for 100 KB; never worse than O(n log n). Texts over 4 KB release the
    GIL.
    """

# Request bodies.

def holds(raw: bytes, part: bytes) -> bool:
    """Whether some bytes hold others, as `in` says, in a tenth of the time."""

@final
class Body:
    """A request body that is strict JSON: its values, and the same bytes with other texts in some places.

    A place is keys and indexes from the outside in. ValueError for anything but JSON in UTF-8, or for more than 256
    levels. Reading takes about 0.5 ms a megabyte without the GIL.
    """

    def __new__(cls, raw: bytes) -> Body: ...
    def get(self, *place: str | int) -> Any:
        """The value in a place as `json.loads` gives it; None if there is none. ValueError for a huge number."""
    def names(self) -> list[str]:
        """The keys of the body in order; none if it is no object."""
    def raw(self, *place: str | int) -> bytes:
        """The bytes of the value in a place as they came; empty if there is none."""
    def span(self, *place: str | int) -> tuple[int, int] | None:
        """Where the value in a place begins and ends in the bytes that came; None if there is none."""
    def splice(
        self,
        replacements: Sequence[tuple[tuple[str | int, ...], str]],
        added: Sequence[tuple[int, bytes]] = ...,
        named: Sequence[tuple[tuple[str | int, ...], str]] = ...,
        inserted: Sequence[tuple[tuple[str | int, ...], str]] = ...,
    ) -> tuple[bytes, list[bool]]:
        """The body with a text as a string in each place, and for each whether it was changed. `added` are bytes to be
        put in, with the positions in the bytes that came; ValueError for one behind their end.

        Left alone is what is no string, array or object, or stands in an object that has a key twice; of `replacements`
        also what would become longer in bytes. `inserted` are JSON values, each to stand behind the element of an array
        in a place. Flags are for `replacements`, `named` and `inserted`, in this order. Every other byte is as it came.
        Releases the GIL.
        """

# JSON.

@final
class Ahead:
    """The tokens and the zstd frame of a text, made on another core from 12,000 bytes on while the caller goes on.

    `Sealer.seal_text` takes the frame.
    """

    def __new__(cls, text: str, encoding: str = "o200k_base", level: int = 1) -> Ahead: ...
    def tokens(self) -> int:
        """Exact tokens of the text; waits for them."""

@final
class Crushed:
    """One draft of a smaller text."""

    @property
    def text(self) -> str:
        """What the model would read."""

    @property
    def lossless(self) -> bool:
        """Whether the same values can be read from it."""

    @property
    def shown(self) -> int:
        """Items of the main collections that are shown."""

    @property
    def total(self) -> int:
        """Items of the main collections; equal to `shown` when nothing was left out."""

    def account(self, original: str) -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
        """What was kept and why, such as `("row 17", "max of delay")`, and places with how many of their items were
        left out. `original` is the text that was crushed.
        """

def json_score(text: str) -> float:
    """How surely a text is JSON, NDJSON or JSON that was cut off, 0 to 1; looks at its beginning and end."""

def crush_json(
    text: str,
    query: str = "",
    call: str = "",
    *,
    key: str | None = None,
    deep: bool = False,
    target_ratio: float | None = None,
    clear_share: float = 0.0,
) -> list[Crushed]:
    """The drafts of a text, the lossy one first; none when it is no JSON.

    The lossless form has the same values in no more bytes than minified JSON, read back and compared. The lossy view
    shows the rows that carry evidence, behind a marker with `key`; without a key there is none. If it has at most
    `clear_share` of the text's bytes, the lossless form is not made. `query` is the question in force, `call` the name
    and arguments of the call that made the text.
    """

# Printed text.

@final
class Form:
    """A smaller form of a text."""

    @property
    def text(self) -> str:
        """What the model would read."""

    @property
    def lossless(self) -> bool:
        """Whether `expand` gives back the text, byte for byte."""

    def account(self, original: str) -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
        """What was kept and why, such as `("line 17", "rare")`, and what was left out, with how much of it."""

def text_scores(text: str) -> list[tuple[str, float]]:
    """How surely a text is of each kind of printed text, such as "log", 0 to 1, by a sample of its lines; of
    several ("mixed"), and running text ("prose"). Linear; releases the GIL.
    """

def code_score(text: str, call: str) -> float:
    """How surely a text is the source file that a call shows, by the call's name and arguments and a sample of the
    lines, 0 to 1; 0 if it shows none. Takes bounded time.
    """

def code_language(path: str) -> str | None:
    """The name of the language whose grammar reads a file of this name; None if there is none."""

def code_parse(language: str, text: str) -> bool:
    """Parses a text and throws the tree away: what the benchmark compares with. False where it is given up on (too
    large, nested too deeply, or more work than code takes). ValueError for a language without a grammar.
    """

def compress_text(
    kind: str,
    text: str,
    query: str = "",
    call: str = "",
    *,
    key: str | None = None,
    deep: bool = False,
    target_ratio: float | None = None,
    clear_share: float = 0.0,
    unasked_share: float | None = None,
    guess: ProseGuess | None = None,
) -> list[Form]:
    """The forms of a text as one of a kind, the lossy one first; none when it is not one or nothing is gained.

    The lossless form is read back and compared. The lossy view is behind a marker with `key`; without a key there is
    none. If it has at most `clear_share` of the text's bytes, the lossless form need not be made. `query` is the
    question in force, `call` the name and arguments of the call that made the text. Of prose that nothing is asked of,
    `unasked_share` of the tokens are kept at least; None: all. `guess` is what a model says of prose. Raises ValueError
    for an unknown kind.
    """

@final
class ProseVocabulary:
    """The pieces of words that a model of running text knows."""

    def __new__(cls, list: str) -> ProseVocabulary:
        """From the pieces, one a line, `##` before those that go on. Raises ValueError where special ones lack."""

@final
class ProseGuess:
    """What a model said of a text."""

@final
class ProseReading:
    """What a model with a tokenizer of its own reads of a text: the sentences worth most, with what stands beside."""

    @staticmethod
    def of_text(
        text: str, query: str, call: str, *, deep: bool = False, unasked_share: float | None = None
    ) -> ProseReading | None:
        """What is worth reading of a text, 12,000 bytes of it at most; None where `ProseWindows.of_text` is. Linear;
        releases the GIL.
        """

    @property
    def text(self) -> str:
        """What is to be divided into pieces."""

    def windows(
        self,
        ids: Sequence[int],
        offsets: Sequence[tuple[int, int]],
        *,
        before: Sequence[int],
        after: Sequence[int],
        filler: int,
        length: int,
    ) -> ProseWindows:
        """Windows of at most `length` numbers, whole sentences between `before` and `after`; `filler` makes rows
        equally long. `ids` are the pieces of `text`, `offsets` their characters from and to, in order. Raises
        ValueError where the text has no such characters, or a window no room. Linear; releases the GIL.
        """

@final
class ProseWindows:
    """What a model reads of a text: windows of at most 128 pieces, whole sentences below the question."""

    def __new__(cls, passages: list[str], question: str, vocabulary: ProseVocabulary) -> ProseWindows:
        """All of some passages. Linear; releases the GIL."""

    @staticmethod
    def of_text(
        text: str,
        query: str,
        call: str,
        vocabulary: ProseVocabulary,
        *,
        deep: bool = False,
        unasked_share: float | None = None,
    ) -> ProseWindows | None:
        """What is worth reading of a text, about 2,000 words of it at most. Where nothing that is asked for is there:
        None, or with `unasked_share` its beginning, without the question. None of texts of more than 2 MB. Linear;
        releases the GIL.
        """

    def batches(self) -> list[tuple[int, int, bytes, bytes, bytes]]:
        """What is read at once: rows, their length, and as 32-bit integers the numbers of the pieces, of the shapes of
        their words, and of how those match the question.
        """

    def masked(self) -> list[tuple[int, int, bytes, bytes]]:
        """What a model with another tokenizer reads at once: rows, their length, and as 32-bit integers the numbers of
        the pieces, and 1 for each that is no filler.
        """

    def guess(self, numbers: Sequence[bytes], weights: Sequence[float]) -> ProseGuess:
        """What a model said, from its numbers for each batch: three 32-bit floats a piece.

        `weights` are seven: what the likeliest piece of a sentence and the sentence as a whole count for it; a word's
        own likelihood, its nearness to what is asked for, and each token by the worth of its sentence, for a word; and
        what beginning another stretch costs, and beginning or ending one between two words, by how likely the less
        likely one is. Raises ValueError where there are not as many numbers as pieces, or they are not finite.
        """

    def places(self) -> bytes:
        """For every piece of all batches the characters from and to, in all passages with two line breaks between
        them, and the number of its sentence, as 32-bit integers; -1 for what is not of the text.
        """

def prose_extract(
    passages: list[str], question: str, tokens: int, guess: ProseGuess | None = None
) -> list[tuple[int, int, int]]:
    """What is kept of some passages within one budget of o200k tokens, without the marks of a view: the number of the
    passage, and the characters from and to, in order. Sentences are kept whole but for the last, or where `guess` tells
    better stretches. Without a question, stretches that nobody is likely to ask for are left out; negations and modal
    verbs stay with the word behind them wherever the budget has room for them. What the benchmark compares. Linear;
    releases the GIL.
    """

def log_templates(text: str) -> list[int]:
    """The template of each line of a log, numbered from 0: lines of one number say the same but for their values.

    Lines end with a line feed, a carriage return, or both. Linear; releases the GIL.
    """

def trace_files(text: str) -> list[tuple[str, str]]:
    """Names of files, without directories, and what the text's stack traces say of each, such as
    ``("settle.py", "`settle` settle.py:41")``: at most 64, each once, in order. Linear; releases the GIL.
    """

def expand(text: str) -> str | None:
    """What a lossless form stands for: a text byte for byte, or JSON minified; None when the text is no such form."""

# What a conversation has shown.

@final
class Referring:
    """A text in which references stand for lines that were shown before."""

    @property
    def text(self) -> str:
        """What the model would read, behind a marker."""

    @property
    def shown(self) -> int:
        """Lines or fields of the original that stand in it."""

    @property
    def total(self) -> int:
        """Lines or fields of the original."""

    @property
    def unit(self) -> str:
        """Which of both: `lines` or `fields`."""

    @property
    def sources(self) -> list[int]:
        """The numbers of the texts that it refers to, from 0, as they were added."""

@final
class Shown:
    """The texts that a conversation has shown up to some point. May be used by several threads."""

    def __new__(cls) -> Shown: ...
    def __len__(self) -> int:
        """The number of texts."""

    def add(self, texts: list[tuple[str, bool, str | None, bool]]) -> None:
        """Adds the next texts as they went out, each with whether it was made by `write` or `write_object`, the JSON
        that it is a form of, and whether all of that is there. Linear in the texts.
        """

    def write(self, text: str, key: str) -> Referring | None:
        """The form of a text in which references stand for lines that were shown, behind a marker with `key`; None
        where none of it was, or where it holds what looks like a reference. Linear in the text.
        """

    def write_object(self, text: str, key: str) -> Referring | None:
        """The form of a JSON object that says, as a merge patch, what has changed since an object with the same first
        member was last shown, behind a marker with `key`; None where none was, or most has changed. Linear.
        """

    def expand(self, form: str) -> str | None:
        """The text of a form that `write` made when the same texts were shown; None where a reference leads nowhere."""

# Rules about files.

@final
class IgnoreRules:
    """Rules in the syntax of `.gitignore` that stand in a folder. ValueError says which line cannot be read."""

    def __new__(cls, folder: str, lines: list[str]) -> IgnoreRules: ...
    def names(self, path: str) -> bool:
        """Whether a path, from the folder or the root, or a folder that it is in, is named. Looks at no disk."""

# Maps of source files.

class BudgetError(ValueError):
    """No map fits into the budget; its argument is the number of tokens that the smallest one needs."""

@final
class Outlined:
    """A map of source files within its budget."""

    @property
    def text(self) -> str:
        """The map."""

    @property
    def tokens(self) -> int:
        """Its tokens by o200k_base."""

    @property
    def files(self) -> list[tuple[str, float, list[tuple[str, int, str]]]]:
        """The files shown: path, share of all references, and name, line number from 1 and line of each definition."""

    @property
    def total_files(self) -> int:
        """Source files that there are."""

    @property
    def definitions(self) -> int:
        """Definitions shown."""

    @property
    def total_definitions(self) -> int:
        """Definitions that there are, without those local to a function."""

    @property
    def generated(self) -> int:
        """Files that say that a program made them, or are minified."""

    @property
    def others(self) -> int:
        """Files that are no source code."""

def source_files(folder: str) -> tuple[list[str], int, list[str]]:
    """The files below a folder that may be source code by their name, in order of their names; how many others there
    are; and what could not be read, each in a line.

    What `.gitignore` and `.headroomignore` name, there or above, is passed over, and so are hidden files and links.
    Releases the GIL.
    """

def outline_files(files: list[tuple[str, str]], query: str, budget: int, threads: int) -> Outlined | None:
    """The map of some texts by their paths, in at most `budget` tokens; None where none is source code.

    Reads as many files at once as `threads` says, with the same result for any number. Releases the GIL. Raises
    BudgetError.
    """

# Prompts.

def volatile_values(text: str) -> list[tuple[str, int, int]]:
    """The values of a prompt that change from request to request: each one's kind, and where it begins and ends.

    Kinds: timestamp, date, time, duration, uuid, ulid, token, request_id, random_id, hash, pid, temp_path. Told by
    shape and by the words before it on its line, so that versions, ports, dates in prose and examples are left out. One
    linear pass; releases the GIL.
    """

def first_change(old: str, new: str) -> tuple[int, str | None, str, str] | None:
    """Where two texts first differ, the kind of volatile value that did it (None: other words), and what stands there
    in each. None where one begins with the other. Linear; releases the GIL.
    """

def relevance_scores(question: str, texts: list[str]) -> list[float]:
    """How well each text answers a question, 0 for not at all: BM25 over words and identifiers. Linear; releases the
    GIL.
    """

def result_uses(said: list[str], results: list[str]) -> list[tuple[int, int, bool]]:
    """What became of each result of a conversation in which turn n said `said[n]` and then read `results[n]`: how many
    words of later turns were first read in it, the last such turn (0: none), and whether it reports trouble. Linear;
    releases the GIL.
    """

# Retrieval.

class QueryError(ValueError):
    """A retrieval query that cannot be understood; the message shows the nearest valid form."""

def retrieve(text: str, query: str, max_tokens: int) -> tuple[str, int, int, str | None]:
    """What a query gives: the text, how much it shows, of how much, and the query for the next part or None.

    At most `max_tokens` o200k tokens, but at least one character. Linear in the text. Raises QueryError.
    """
