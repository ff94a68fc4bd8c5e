"""Batches of requests, how far each came, and what became of each row."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.matching.domain.answer import Band, Family, Match, MatchRequest, Plan
from services.matching.domain.many import RowProblem

LONGEST_REFERENCE = 120
UNNAMED = "?"  # a row over the topic whose name cannot be kept


class BatchSource(StrEnum):
    FILE = "FILE"
    TOPIC = "TOPIC"


class OnError(StrEnum):
    """What one bad row does to those behind it."""

    CONTINUE = "CONTINUE"
    ABORT = "ABORT"


class BatchState(StrEnum):
    """BROKEN: the file came only in part; nothing of it is worked on any more."""

    LOADING = "LOADING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    ABORTED = "ABORTED"
    CANCELLED = "CANCELLED"
    BROKEN = "BROKEN"


OPEN = (BatchState.LOADING, BatchState.RUNNING)
ENDED = (BatchState.ABORTED, BatchState.CANCELLED, BatchState.BROKEN)


class BatchRowState(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch(Shape):
    """`reference`: the sender's own name for it."""

    on_error: OnError = OnError.CONTINUE
    reference: str = ""

    def __post_init__(self) -> None:
        check_name("reference", self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Shape):
    """`rows`: that came so far; `expected`: that the sender announced, 0 where none. `sender`: of the topic."""

    id: str
    source: BatchSource
    sender: str = ""
    reference: str
    on_error: OnError
    organisation: str
    state: BatchState
    rows: int = 0
    waiting: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    expected: int = 0
    problem: str | None = None
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def ended(self) -> bool:
        """Before its last row."""
        return self.state in ENDED

    @property
    def complete(self) -> bool:
        """All rows are here, and each has its outcome."""
        all_here = self.source is BatchSource.FILE or 0 < self.expected <= self.rows
        return self.state is BatchState.RUNNING and self.waiting == 0 and all_here


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInShort(Shape):
    product_id: str
    product_name: str
    bank: str
    bank_name: str
    amount_fen: int
    rate_ppm: int
    total_cost_fen: int
    all_in_effective_ppm: int
    after_subsidy_effective_ppm: int
    likelihood_band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnswer(Shape):
    """The answer in short; the whole is at GET /v1/matches/{match_id}."""

    match_id: str
    plans: int
    families: tuple[Family, ...]
    first: PlanInShort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow(Shape):
    """`number`: from 1, as they came. `row`: the sender's own name for it. `repeats`: number of the first row of that
    name, whose outcome it has. `party` None: the row could not be read."""

    number: int
    row: str
    state: BatchRowState
    party: str | None = None
    repeats: int | None = None
    answer: RowAnswer | None = None
    problem: RowProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage(Shape):
    items: tuple[Batch, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRowPage(Shape):
    """Rows in order. `next_cursor`: the row after which more follow."""

    items: tuple[BatchRow, ...]
    next_cursor: str | None = None


class Sent(NamedTuple):
    """A row as it came: its number from 1, its name, and what it asks or what is wrong with it."""

    number: int
    row: str
    value: MatchRequest | Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWanted(Shape):
    """What others write to the topic: a row of a batch of theirs; `rows`: how many it has in all, 0: not known yet."""

    batch: str
    row: str
    request: MatchRequest
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRefused(Shape):
    type: str
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnswered(Shape):
    """What they read: `batch_id` is ours, `batch` theirs."""

    batch_id: str
    sender: str
    batch: str
    row: str
    match_id: str = ""
    plans: int = 0
    families: tuple[Family, ...] = ()
    first: PlanInShort | None = None
    refused: RowRefused | None = None


class TopicRow(NamedTuple):
    """A row as it came over the topic; `rows`: how many its batch has in all, 0 where nobody said."""

    batch: str
    row: str
    value: MatchRequest | Violation
    rows: int = 0


class First(NamedTuple):
    """The first row of its name in a batch."""

    number: int
    request: MatchRequest | None


def check_name(field: str, name: str) -> None:
    if len(name) > LONGEST_REFERENCE or not name.isprintable():
        raise Violation(
            field,
            "It is too long, or has signs that cannot be printed.",
            f"Give {LONGEST_REFERENCE} at most.",
        )


def in_short(match: Match) -> RowAnswer:
    return RowAnswer(
        match_id=match.id,
        plans=len(match.plans),
        families=tuple(sorted({plan.family for plan in match.plans})),
        first=_plan(match.plans[0]) if match.plans else None,
    )


def _plan(plan: Plan) -> PlanInShort:
    return PlanInShort(
        product_id=plan.product_id,
        product_name=plan.product_name,
        bank=plan.bank,
        bank_name=plan.bank_name,
        amount_fen=plan.amount_fen,
        rate_ppm=plan.rate_ppm,
        total_cost_fen=plan.total_cost_fen,
        all_in_effective_ppm=plan.all_in_effective_ppm,
        after_subsidy_effective_ppm=plan.after_subsidy_effective_ppm,
        likelihood_band=plan.likelihood_band,
    )


class Kept(NamedTuple):
    """What is kept of a row when it comes."""

    sent: Sent
    state: BatchRowState
    repeats: int | None = None
    problem: RowProblem | None = None


def kept(sent: Sent, first: First, problem: RowProblem | None) -> Kept:
    """A row waits for its answer unless it cannot be read, or its name stood before with another request."""
    if problem is None and first.number != sent.number and first.request != sent.value:
        problem = _reused(first.number)
    if problem is not None:
        return Kept(sent, BatchRowState.FAILED, problem=problem)
    return Kept(sent, BatchRowState.WAITING, None if first.number == sent.number else first.number)


def _reused(number: int) -> RowProblem:
    return RowProblem(
        type="urn:rongqiao:problem:idempotency-key-reused",
        detail=f"Row {number} has this name with another request.",
        field="row",
        mend="Give each request a name of its own.",
    )
