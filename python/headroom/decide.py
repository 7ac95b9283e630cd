"""One segment's decision: which text should stand for it, and why.

A pure function of the segment and the policy: the same ones give the same decision, in any process. Nothing is stored
here, so a lossy decision may be used only after its original is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from headroom._core import Referring
from headroom.compressors import Budget, Compressor, Draft
from headroom.gate import Counts, Verdict, choose, compare, judge
from headroom.report import report
from headroom.router import LEAST_SCORE, route
from headroom.segment import Segment, Step
from headroom.settings import Level, Retrieval

REPEAT = "repeat"
"""The kind of a text that refers to what stands above it."""

_RIVAL_SHARE = 0.7
"""A compressor with at least this share of the best score makes drafts too."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything besides the segment that a decision depends on; hashed once, since its options are many."""

    level: Level = "balanced"
    retrieval: Retrieval = "assumed"
    target_ratio: float | None = None
    compress_user: bool = False
    compress_system: bool = False
    min_tokens: int = 50
    options: tuple[tuple[str, Any], ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sizes = (self.target_ratio, self.compress_user, self.compress_system, self.min_tokens)
        object.__setattr__(self, "_hash", hash((self.level, self.retrieval, *sizes, self.options)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def lossy(self) -> bool:
        """Whether anything may be left out."""
        return self.level != "lossless" and self.retrieval != "none"


class Decision(NamedTuple):
    """What was decided on one text: the text to write, or None to leave it; its tokens either way; and why.

    `seen_key` is the key in the marker of a text that Headroom wrote before, else empty. `sources` are the keys of the
    texts of the same payload that the text refers to.
    """

    text: str | None
    lossless: bool
    kind: str
    tokens_before: int
    tokens_after: int
    steps: tuple[Step, ...]
    seen_key: str = ""
    sources: tuple[str, ...] = ()


class _Tried(NamedTuple):
    """A compressor that tried a text, how well it matched, and the gate's verdicts on what it made."""

    score: float
    compressor: Compressor
    verdicts: list[Verdict]


def left_as_it_is(tokens: int, *steps: Step, seen_key: str = "") -> Decision:
    """The decision to leave a text alone."""
    return Decision(None, True, "", tokens, tokens, steps, seen_key)


def decide(
    segment: Segment,
    key: str,
    policy: Policy,
    count_original: Callable[[], int],
    compressors: Sequence[Compressor],
    counts: Counts,
) -> Decision:
    """The best form of a text, or the decision to leave it.

    `key` would name its original. `count_original` gives its tokens; it is called after the drafts are made, since it
    may have to wait for them.
    """
    tried: list[_Tried] = []
    routed: list[tuple[float, Compressor]] = []
    steps: list[Step] = []
    tokens: int | None = None
    name = "the router"
    try:
        routed = route(segment, compressors, policy.lossy)
        for score, compressor in routed:
            if score < (_RIVAL_SHARE * tried[0].score if tried else LEAST_SCORE):
                break
            name = compressor.name
            # What may be left out of a text is for the compressor that is surest of its kind to say.
            settled = any(
                getattr(each.compressor, "hides_nothing", False)
                or any(not verdict.draft.lossless for verdict in each.verdicts)
                for each in tried
            )
            drafts = [draft for draft in _drafts(segment, key, policy, compressor) if draft.lossless or not settled]
            tokens = count_original() if tokens is None else tokens
            verdicts = judge(drafts, segment.text, tokens, key, counts)
            tried.append(_Tried(score, compressor, verdicts))
    except Exception as error:
        # Whatever a compressor does wrong must not cost the caller the request: what others made, or the original,
        # goes out.
        steps.append(Step("compress", f"{name} failed: {type(error).__name__}", failed=True))
        report(f"{name} failed with {type(error).__name__} on a text of {len(segment.text):,} characters")
    others = [f"{compressor.name} {score:.2f}" for score, compressor in routed[len(tried) :]]
    if others and not steps:
        steps.append(Step("choose", f"not tried: {', '.join(others)}"))
    return _choose(segment, tried, steps, count_original() if tokens is None else tokens, policy)


def _choose(segment: Segment, tried: Sequence[_Tried], more: Sequence[Step], tokens: int, policy: Policy) -> Decision:
    """The smallest of all drafts that may pass, whoever made it."""
    verdicts = compare([verdict for each in tried for verdict in each.verdicts])
    chosen = choose(verdicts)
    steps = [_read(segment, tokens)]
    kind = ""
    rest = iter(verdicts)
    for each in tried:
        own = list(islice(rest, len(each.verdicts)))
        steps.append(Step("choose", f"{each.compressor.name} matches {each.score:.2f}"))
        steps += _steps(own, chosen, tokens)
        if any(verdict is chosen for verdict in own):
            kind = each.compressor.content_types[0]
    steps += more
    if chosen is not None:
        steps += _over_ratio(chosen, tokens, policy.target_ratio)
        return _write(kind, chosen, tokens, steps)
    if not tried and not more:
        steps.append(Step("choose", "left alone: no compressor is for this text"))
    return left_as_it_is(tokens, *steps)


def _read(segment: Segment, tokens: int) -> Step:
    return Step("read", segment.origin, tokens, tokens)


def _drafts(segment: Segment, key: str, policy: Policy, compressor: Compressor) -> list[Draft]:
    options = next((own for owner, own in policy.options if owner == compressor.name), None)
    budget = Budget(options or compressor.Options(), policy.lossy, policy.level == "deep", policy.target_ratio, key)
    return [draft for draft in compressor.compress(segment, budget) if draft.lossless or policy.lossy]


def _steps(verdicts: Sequence[Verdict], chosen: Verdict | None, tokens: int) -> list[Step]:
    if not verdicts:
        return [Step("compress", "nothing to gain")]
    steps = []
    for verdict in verdicts:
        draft, form = verdict.draft, "lossless" if verdict.draft.lossless else "lossy"
        steps.append(Step("compress", f"{form} form", tokens, verdict.tokens, account=draft.account))
        refusal = verdict.refusal or ("" if verdict is chosen else "another form is smaller")
        steps.append(Step("gate", f"{form} form refused: {refusal}" if refusal else f"{form} form taken"))
    return steps


def _over_ratio(chosen: Verdict, tokens: int, target_ratio: float | None) -> list[Step]:
    """A step that says so where evidence and the names of fields need more than the ratio allows."""
    if target_ratio is None or chosen.draft.lossless or chosen.tokens <= target_ratio * tokens:
        return []
    reason = f"{chosen.tokens:,} of {tokens:,} tokens are more than target_ratio={target_ratio:g}: evidence needs them"
    return [Step("budget", reason, failed=True)]


def _write(kind: str, chosen: Verdict, tokens: int, steps: Sequence[Step]) -> Decision:
    draft = chosen.draft
    written = Step("write", f"{kind}, {'lossless' if draft.lossless else 'lossy'}", tokens, chosen.tokens)
    return Decision(draft.text, draft.lossless, kind, tokens, chosen.tokens, (*steps, written))


def refer(
    decision: Decision, text: str, form: Referring, sources: tuple[str, ...], key: str, counts: Counts
) -> Decision:
    """The decision to write the form of a text that refers to what stands above it, if that is smaller still than what
    was decided on the text alone, else that decision. Nothing is left out by it, so it need not be clearly smaller.
    """
    before = decision.tokens_before
    [verdict] = judge([Draft(form.text, lossless=False)], text, before, key, counts)
    if verdict.refusal or verdict.tokens > decision.tokens_after:
        return decision
    steps = [step for step in decision.steps if step.name != "write"]
    steps += [
        Step(
            "compress", f"{form.total - form.shown:,} of {form.total:,} {form.unit} stand above", before, verdict.tokens
        ),
        Step("gate", "taken: no other form is smaller"),
        Step("write", "repeat, by reference", before, verdict.tokens),
    ]
    return Decision(form.text, False, REPEAT, before, verdict.tokens, tuple(steps), "", sources)
