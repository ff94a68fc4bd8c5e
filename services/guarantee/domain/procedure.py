"""How a guarantor comes to its yes in ordinary business, step by step, each recorded with who took it and when.

| step | by | what must be given |
|---|---|---|
| INTAKE | officer, manager | what was applied for |
| DUE_DILIGENCE | officer, manager | findings, and the day of the visit |
| COUNTER_GUARANTEE | officer, manager | what is pledged in return and its value, or that there is nothing |
| COMMITTEE | manager who did not examine | votes, decision, every duty of the checklist (尽职免责), negative findings |
| CONTRACT | officer, manager | the numbers of agreement, guarantee contract and counter-guarantee contract |
| CONDITIONS_MET | officer, manager | every condition of the decision, fulfilled |
| MONITORING | officer, manager | what was seen while the guarantee is in effect |
| COMPLIANCE | officer, manager | batch business: the check of a listed loan, at its own door |

Nothing is changed once recorded: a newer record of a step corrects it until the committee has decided.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus, state
from services.guarantee.domain.programme import Programme

DUTIES = "《关于健全支持中小企业发展制度的实施意见》（十三）；尽职免责清单"


class Step(StrEnum):
    INTAKE = "INTAKE"
    DUE_DILIGENCE = "DUE_DILIGENCE"
    COUNTER_GUARANTEE = "COUNTER_GUARANTEE"
    COMMITTEE = "COMMITTEE"
    CONTRACT = "CONTRACT"
    CONDITIONS_MET = "CONDITIONS_MET"
    MONITORING = "MONITORING"
    COMPLIANCE = "COMPLIANCE"


ORDER = (
    Step.INTAKE,
    Step.DUE_DILIGENCE,
    Step.COUNTER_GUARANTEE,
    Step.COMMITTEE,
    Step.CONTRACT,
    Step.CONDITIONS_MET,
)


class CounterGuaranteeKind(StrEnum):
    NONE = "NONE"
    MORTGAGE = "MORTGAGE"
    PLEDGE = "PLEDGE"
    IP_PLEDGE = "IP_PLEDGE"
    THIRD_PARTY = "THIRD_PARTY"


class ContractKind(StrEnum):
    """AGREEMENT with the firm (委托担保), GUARANTEE with the bank (保证), COUNTER_GUARANTEE of who pledges (反担保)."""

    AGREEMENT = "AGREEMENT"
    GUARANTEE = "GUARANTEE"
    COUNTER_GUARANTEE = "COUNTER_GUARANTEE"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterGuarantee(Shape):
    kind: CounterGuaranteeKind
    value_fen: int = 0

    def __post_init__(self) -> None:
        if self.value_fen < 0 or (self.kind is CounterGuaranteeKind.NONE) != (self.value_fen == 0):
            raise Violation(
                "counter_guarantees",
                f"{self.kind} worth {self.value_fen} fen.",
                "Give its value; NONE has none.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote(Shape):
    member: str
    in_favour: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Shape):
    """One duty, condition or rule, and whether it is done; what is not done says why."""

    item: str
    done: bool
    note: str = ""

    def __post_init__(self) -> None:
        if not self.done and not self.note.strip():
            raise Violation("note", f"{self.item} is not done and nothing says why.", "Say why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Shape):
    kind: ContractKind
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord(Shape):
    """What is recorded of a step: `summary` and the day it was taken always, the rest where the step asks for it.

    `negatives`: what of the programme's negative list was found. `loan_id`: of a listed loan that was checked.
    """

    step: Step
    taken_on: date
    summary: str
    counter_guarantees: tuple[CounterGuarantee, ...] = ()
    approved: bool | None = None
    votes: tuple[Vote, ...] = ()
    duties: tuple[Check, ...] = ()
    negatives: tuple[str, ...] = ()
    contracts: tuple[Contract, ...] = ()
    conditions: tuple[Check, ...] = ()
    loan_id: str | None = None

    def __post_init__(self) -> None:
        if not self.summary.strip():
            raise Violation("summary", "A step without a word cannot be followed.", "Say what was done.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEntry(Shape):
    """A record in its place in the trail of a guarantee."""

    guarantee_id: str
    number: int
    record: StepRecord
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTrail(Shape):
    items: tuple[StepEntry, ...]


Trail = Sequence[StepEntry]

_GIVEN: dict[Step, tuple[str, ...]] = {
    Step.COUNTER_GUARANTEE: ("counter_guarantees",),
    Step.COMMITTEE: ("approved", "votes", "duties"),
    Step.CONTRACT: ("contracts",),
    Step.CONDITIONS_MET: ("conditions",),
}
_BESIDE: dict[Step, tuple[str, ...]] = {Step.COMMITTEE: ("negatives",)}
_DETAILS = (
    "counter_guarantees",
    "approved",
    "votes",
    "duties",
    "negatives",
    "contracts",
    "conditions",
    "loan_id",
)


def check(guarantee: Guarantee, programme: Programme, trail: Trail, record: StepRecord, today: date) -> None:
    """Violation unless this step may be recorded now, with what it must give."""
    _check_given(record)
    if record.taken_on > today:
        raise Violation("taken_on", f"{record.taken_on} is not yet.", "Record what was done.")
    if record.step is Step.MONITORING:
        _check_state(guarantee, GuaranteeStatus.EFFECTIVE, "A guarantee in effect is monitored.")
        return
    if record.step is Step.COMPLIANCE:
        raise Violation("step", "A listed loan is checked at its own door.", "POST .../compliance.")
    _check_state(guarantee, GuaranteeStatus.RESERVED, "Steps lead from a reservation to its confirmation.")
    _check_order(trail, record.step)
    _CHECKS.get(record.step, _no_more)(record, programme, trail)


def decides(record: StepRecord) -> bool | None:
    """The committee's decision, where this is its record."""
    return record.approved if record.step is Step.COMMITTEE else None


def completes(trail: Trail, record: StepRecord) -> bool:
    """Whether every step is on record with this one."""
    return record.step is ORDER[-1] and {entry.record.step for entry in trail} >= set(ORDER[:-1])


def last(trail: Trail, step: Step) -> StepEntry | None:
    """The record of a step that stands."""
    return next((entry for entry in reversed(trail) if entry.record.step is step), None)


def _check_given(record: StepRecord) -> None:
    wanted = _GIVEN.get(record.step, ())
    allowed = (*wanted, *_BESIDE.get(record.step, ()))
    for name in _DETAILS:
        value = getattr(record, name)
        if name in wanted and value in ((), None):
            raise Violation(name, f"{record.step} says nothing of {name}.", f"Give {name}.")
        if name not in allowed and value not in ((), None):
            raise Violation(name, f"{name} does not belong to {record.step}.", "Leave it out.")


def _check_state(guarantee: Guarantee, wanted: GuaranteeStatus, why: str) -> None:
    if guarantee.status is not wanted:
        raise state(guarantee, why)


def _check_order(trail: Trail, step: Step) -> None:
    before = ORDER[: ORDER.index(step)]
    missing = [one for one in before if last(trail, one) is None]
    if missing:
        raise Violation("step", f"{step} comes after {missing[0]}.", f"Record {missing[0]} first.")
    if step in ORDER[:4] and last(trail, Step.COMMITTEE) is not None:
        raise Violation("step", "The committee has decided.", "What it decided on is not changed any more.")


def _no_more(_record: StepRecord, _programme: Programme, _trail: Trail) -> None:
    """The step asks for nothing beyond what is given."""


def _check_committee(record: StepRecord, programme: Programme, _trail: Trail) -> None:
    answered = [one.item for one in record.duties]
    if sorted(answered) != sorted(programme.duties):
        open_ones = ", ".join(one for one in programme.duties if answered.count(one) != 1) or "others"
        mend = f"Answer each once: {', '.join(programme.duties)}."
        raise Violation("duties", f"The checklist is not answered: {open_ones}.", mend, DUTIES)
    unknown = [one for one in record.negatives if one not in programme.negative_list]
    if unknown:
        mend = f"Known: {', '.join(programme.negative_list)}."
        raise Violation("negatives", f"{unknown[0]} is not on the negative list.", mend, DUTIES)
    if record.approved and record.negatives:
        raise Violation(
            "approved", f"{record.negatives[0]} was found.", "Decline, or clear it up first.", DUTIES
        )
    in_favour = sum(vote.in_favour for vote in record.votes)
    if record.approved and 2 * in_favour <= len(record.votes):
        told = f"{in_favour} of {len(record.votes)} voted for it."
        raise Violation("approved", told, "A decision follows the majority.")


def _check_contract(record: StepRecord, _programme: Programme, trail: Trail) -> None:
    wanted = {ContractKind.AGREEMENT, ContractKind.GUARANTEE}
    pledged = last(trail, Step.COUNTER_GUARANTEE)
    if pledged and any(
        one.kind is not CounterGuaranteeKind.NONE for one in pledged.record.counter_guarantees
    ):
        wanted.add(ContractKind.COUNTER_GUARANTEE)
    missing = sorted(wanted - {one.kind for one in record.contracts if one.number.strip()})
    if missing:
        raise Violation("contracts", f"There is no number of {', '.join(missing)}.", "Give each number.")


def _check_conditions(record: StepRecord, _programme: Programme, _trail: Trail) -> None:
    unmet = [one.item for one in record.conditions if not one.done]
    if unmet:
        raise Violation("conditions", f"{unmet[0]} is not fulfilled.", "Record the step when all are.")


_CHECKS: dict[Step, Callable[[StepRecord, Programme, Trail], None]] = {
    Step.COMMITTEE: _check_committee,
    Step.CONTRACT: _check_contract,
    Step.CONDITIONS_MET: _check_conditions,
}
