"""Questions about the whole population: what a changed rule would do (an experiment), whom a product reaches (a reach).

Their answers hold nothing but what `disclosure` lets out; and names, only of firms that agreed to be found.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.matching.domain.changes.pointers import parsed

MOST_CHANGES = 50
_LONGEST = 200
_LONGEST_VALUE = 20_000


class ChangeOf(StrEnum):
    POLICY = "POLICY"
    """A record or number of the policies; `subject` is its id."""
    LPR = "LPR"
    """The loan prime rate; `subject` is LPR_1Y or LPR_5Y, the value in millionths."""
    PRODUCT = "PRODUCT"
    """Terms of a product on the market; `subject` is its id, * all of them."""
    PROGRAMME = "PROGRAMME"
    HEADROOM = "HEADROOM"
    """What a guarantor can still take; `subject` is the guarantor."""


class StudyState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyChange(Shape):
    """Another value at a place. `path`: a JSON pointer into the subject, such as /rate/max_ppm; empty: all of it.
    `value`: JSON."""

    of: ChangeOf
    subject: str
    path: str = ""
    value: str

    def __post_init__(self) -> None:
        if not 0 < len(self.subject) <= _LONGEST or len(self.path) > _LONGEST:
            raise Violation("subject", "It is empty or too long.", f"Give 1 to {_LONGEST} characters.")
        if self.path and not self.path.startswith("/"):
            raise Violation("path", "This is no JSON pointer.", "Begin with a slash, as in /rate/max_ppm.")
        _check_value("value", self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExperiment(Shape):
    """What is changed, all at once. `amount_fen` and `term_months`: what every firm needs; without them, what policy
    takes as the need of a firm of its size."""

    name: str
    changes: tuple[StudyChange, ...]
    amount_fen: int | None = None
    term_months: int | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        check_need(self.amount_fen, self.term_months)
        if not 0 < len(self.changes) <= MOST_CHANGES:
            raise Violation(
                "changes", "Nothing is changed, or too much.", f"Name 1 to {MOST_CHANGES} changes."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentCell(Shape):
    """Firms that some product fits, before and after, those that gain or lose all of them, and those whose best plan
    becomes cheaper or dearer; what guarantees stand behind the best plans, and what they are expected to cost."""

    county: str = ""
    section: str = ""
    before: int
    after: int
    gained: int
    lost: int
    cheaper: int
    dearer: int
    guaranteed_before_fen: int
    guaranteed_after_fen: int
    expected_before_fen: int
    expected_after_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCost(Shape):
    """What a party to the risk is expected to pay, of all best plans that are guaranteed."""

    party: str
    before_fen: int
    after_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult(Shape):
    """`cells` by county and section of industry; all else is their sums. Every shown count of a cell is off by `bound`
    at most. `mean_change_ppm`: of the cost of the best plan, over firms that have one before and after, computed to the
    fen for `planned` firms whose plans may differ; None where they are too few to tell. `loss_ppm`: the share of
    guaranteed loans that is expected to be lost."""

    firms: int
    bound: int
    minimum: int
    cells: tuple[ExperimentCell, ...]
    by_county: tuple[ExperimentCell, ...]
    by_section: tuple[ExperimentCell, ...]
    total: ExperimentCell
    tiers: tuple[TierCost, ...]
    mean_change_ppm: int | None = None
    planned: int
    loss_ppm: int
    policy_set: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(Shape):
    """`progress` in hundredths."""

    id: str
    asked: NewExperiment
    asked_at: datetime
    state: StudyState
    progress: int = 0
    failure: str = ""
    result: ExperimentResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChange(Shape):
    """Another value at a place in the product's terms; both as in StudyChange."""

    path: str
    value: str

    def __post_init__(self) -> None:
        if len(self.path) > _LONGEST or (self.path and not self.path.startswith("/")):
            raise Violation("path", "This is no JSON pointer.", "Begin with a slash, as in /rate/max_ppm.")
        _check_value("value", self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReach(Shape):
    """Whom a product of one's own fits: one on the market, or a draft, `terms` as JSON. `changes`: what would be if its
    terms were others. Needs as in NewExperiment."""

    product_id: str | None = None
    terms: str | None = None
    changes: tuple[TermChange, ...] = ()
    amount_fen: int | None = None
    term_months: int | None = None

    def __post_init__(self) -> None:
        check_need(self.amount_fen, self.term_months)
        if (self.product_id is None) == (self.terms is None):
            raise Violation(
                "product_id", "It is not said which product.", "Give product_id or terms, not both."
            )
        if len(self.changes) > MOST_CHANGES:
            raise Violation("changes", "This is too much.", f"Give at most {MOST_CHANGES} changes.")
        if self.terms is not None:
            _check_value("terms", self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachCell(Shape):
    """`after` is None where no change was asked for."""

    county: str = ""
    section: str = ""
    fits: int
    after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachRule(Shape):
    """A rule by its fact or field, and how many firms more would fit without it."""

    rule: str
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachResult(Shape):
    """Shown as in ExperimentResult; `unjudged` of those that fit have a rule that cannot be judged. `parties`
    agreed to be found by this bank; they are told only for a product on the market, as it is there."""

    firms: int
    bound: int
    minimum: int
    cells: tuple[ReachCell, ...]
    by_county: tuple[ReachCell, ...]
    by_section: tuple[ReachCell, ...]
    total: ReachCell
    unjudged: int
    rules: tuple[ReachRule, ...]
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach(Shape):
    """`progress` in hundredths."""

    id: str
    asked: NewReach
    asked_at: datetime
    state: StudyState
    progress: int = 0
    failure: str = ""
    result: ReachResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardNeed(Shape):
    """What a firm of a size is taken to need."""

    size: str
    amount_fen: int
    term_months: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRules(Shape):
    """policies/matching/studies.yaml. `needs` by size, the last one for firms of no size. `planned` plans are computed
    to the fen at most; a bank may ask `reaches_a_day`, an office `experiments_a_day`."""

    loss_ppm: int
    planned: int
    reaches_a_day: int
    experiments_a_day: int
    needs: tuple[StandardNeed, ...]

    def need_of(self, size: str | None) -> StandardNeed:
        return next((need for need in self.needs if need.size == (size or "")), self.needs[-1])


def check_name(name: str) -> None:
    if not 0 < len(name.strip()) <= _LONGEST:
        raise Violation("name", "The name is empty or too long.", f"Give 1 to {_LONGEST} characters.")


def _check_value(field: str, value: str) -> None:
    """That it can be read; whether it can stand in its place is known when the study runs."""
    if not 0 < len(value) <= _LONGEST_VALUE:
        raise Violation(field, "It is empty or too long.", "Write the new value as JSON.")
    try:
        parsed(value)
    except Violation as wrong:
        raise Violation(field, wrong.message, wrong.mend) from None


def check_need(amount_fen: int | None, term_months: int | None) -> None:
    if amount_fen is not None and not 0 < amount_fen <= 10**13:
        raise Violation("amount_fen", "This is no amount.", "Give fen from 1 to ten thousand billion.")
    if term_months is not None and not 0 < term_months <= 360:
        raise Violation("term_months", "This is no term.", "Give 1 to 360 months.")
