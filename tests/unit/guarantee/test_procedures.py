"""The steps to a guarantor's yes: who may take each, what it must give, and what it leads to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from libs import policy
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.violation import Violation
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus
from services.guarantee.domain.procedure import (
    Check,
    Contract,
    ContractKind,
    CounterGuarantee,
    CounterGuaranteeKind,
    Step,
    StepEntry,
    StepRecord,
    Vote,
)
from services.guarantee.domain.terms import Procedure
from services.guarantee.operations import procedures, rules
from services.guarantee.operations.rulebook import read
from tests.unit.guarantee.chain import (
    HELAN,
    MANAGER,
    SELF,
    TODAY,
    YUAN,
    confirm,
    disburse,
    held,
    house_rules,
    read_back,
    reserve,
    wish,
)

OFFICER = Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id)
DUTIES = read(policy.load()).programme("ordinary", TODAY).duties

INTAKE = StepRecord(step=Step.INTAKE, taken_on=TODAY, summary="流动资金三百万")
EXAMINED = StepRecord(step=Step.DUE_DILIGENCE, taken_on=TODAY, summary="现场走访，订单真实")
PLEDGED = StepRecord(
    step=Step.COUNTER_GUARANTEE,
    taken_on=TODAY,
    summary="厂房抵押",
    counter_guarantees=(CounterGuarantee(kind=CounterGuaranteeKind.MORTGAGE, value_fen=2_000_000 * YUAN),),
)
DECIDED = StepRecord(
    step=Step.COMMITTEE,
    taken_on=TODAY,
    summary="同意",
    approved=True,
    votes=(
        Vote(member="a", in_favour=True),
        Vote(member="b", in_favour=True),
        Vote(member="c", in_favour=False),
    ),
    duties=tuple(Check(item=duty, done=True) for duty in DUTIES),
)
SIGNED = StepRecord(
    step=Step.CONTRACT,
    taken_on=TODAY,
    summary="三份合同",
    contracts=tuple(Contract(kind=kind, number=f"{kind}-1") for kind in ContractKind),
)
READY = StepRecord(
    step=Step.CONDITIONS_MET,
    taken_on=TODAY,
    summary="条件落实",
    conditions=(Check(item="抵押登记", done=True),),
)
ALL = (
    (OFFICER, INTAKE),
    (OFFICER, EXAMINED),
    (OFFICER, PLEDGED),
    (MANAGER, DECIDED),
    (OFFICER, SIGNED),
    (OFFICER, READY),
)


@pytest.fixture
def guarantee(database: Database) -> Guarantee:
    return reserve(database, wish())


def record(database: Database, by: Principal, guarantee: Guarantee, step: StepRecord) -> StepEntry:
    return database.transact(lambda tx: procedures.record_step(tx, by, guarantee.id, step))


def record_until(database: Database, guarantee: Guarantee, last: Step) -> None:
    for by, step in ALL:
        record(database, by, guarantee, step)
        if step.step is last:
            return


def trail(database: Database, guarantee: Guarantee, by: Principal = OFFICER) -> tuple[StepEntry, ...]:
    with database.read() as tx:
        return procedures.list_steps(tx, by, guarantee.id).items


def test_all_steps_together_confirm_a_guarantee_in_the_name_of_the_committee(
    database: Database, guarantee: Guarantee
) -> None:
    record_until(database, guarantee, Step.CONTRACT)
    before = read_back(database, guarantee).status
    record(database, OFFICER, guarantee, READY)

    after = read_back(database, guarantee)
    assert (before, after.status, after.confirmed_by) == (
        GuaranteeStatus.RESERVED,
        GuaranteeStatus.CONFIRMED,
        "acc_manager",
    )
    assert [(entry.number, entry.record.step, entry.by) for entry in trail(database, guarantee)] == [
        (number, step.step, by.subject) for number, (by, step) in enumerate(ALL, start=1)
    ]


def test_the_committees_no_rejects_and_gives_the_room_back(database: Database, guarantee: Guarantee) -> None:
    record_until(database, guarantee, Step.COUNTER_GUARANTEE)
    no = replace(DECIDED, approved=False, summary="现金流不足")

    record(database, MANAGER, guarantee, no)

    rejected = read_back(database, guarantee)
    assert (rejected.status, rejected.note, held(database)) == (GuaranteeStatus.REJECTED, "现金流不足", {})


def test_who_examined_does_not_decide(database: Database, guarantee: Guarantee) -> None:
    record(database, OFFICER, guarantee, INTAKE)
    record(database, MANAGER, guarantee, EXAMINED)
    record(database, OFFICER, guarantee, PLEDGED)

    with pytest.raises(Forbidden, match="did the due diligence"):
        record(database, MANAGER, guarantee, DECIDED)
    with pytest.raises(Forbidden):
        record(database, OFFICER, guarantee, DECIDED)

    other = replace(MANAGER, subject="acc_other_manager")
    assert record(database, other, guarantee, DECIDED).by == "acc_other_manager"


def test_a_step_is_corrected_by_a_newer_record_until_the_committee_decided(
    database: Database, guarantee: Guarantee
) -> None:
    record_until(database, guarantee, Step.COUNTER_GUARANTEE)
    corrected = replace(EXAMINED, summary="再次走访")

    record(database, OFFICER, guarantee, corrected)
    record(database, MANAGER, guarantee, DECIDED)
    with pytest.raises(Violation, match="committee has decided"):
        record(database, OFFICER, guarantee, corrected)
    with pytest.raises(Violation, match="committee has decided"):
        record(database, MANAGER, guarantee, replace(DECIDED, summary="再议"))

    examined = [
        entry.record.summary
        for entry in trail(database, guarantee)
        if entry.record.step is Step.DUE_DILIGENCE
    ]
    assert examined == ["现场走访，订单真实", "再次走访"]


def without(given: StepRecord, **changed: Any) -> Callable[[], StepRecord]:
    return lambda: replace(given, **changed)


WRONG = [
    (Step.INTAKE, without(EXAMINED, summary=" "), "summary"),
    (Step.INTAKE, without(EXAMINED, taken_on=TODAY.replace(year=2027)), "taken_on"),
    (Step.INTAKE, without(PLEDGED), "step"),
    (Step.INTAKE, without(EXAMINED, approved=True), "approved"),
    (Step.DUE_DILIGENCE, without(PLEDGED, counter_guarantees=()), "counter_guarantees"),
    (Step.COUNTER_GUARANTEE, without(DECIDED, votes=()), "votes"),
    (Step.COUNTER_GUARANTEE, without(DECIDED, duties=DECIDED.duties[1:]), "duties"),
    (Step.COUNTER_GUARANTEE, without(DECIDED, duties=(*DECIDED.duties, DECIDED.duties[0])), "duties"),
    (Step.COUNTER_GUARANTEE, without(DECIDED, negatives=("BAD_LUCK",)), "negatives"),
    (Step.COUNTER_GUARANTEE, without(DECIDED, negatives=("MORAL_HAZARD",)), "approved"),
    (Step.COUNTER_GUARANTEE, without(DECIDED, votes=(Vote(member="a", in_favour=False),)), "approved"),
    (Step.COMMITTEE, without(SIGNED, contracts=SIGNED.contracts[:2]), "contracts"),
    (
        Step.CONTRACT,
        without(READY, conditions=(Check(item="抵押登记", done=False, note="未办"),)),
        "conditions",
    ),
    (Step.CONTRACT, without(READY, step=Step.COMPLIANCE, conditions=()), "step"),
]


@pytest.mark.parametrize(("after", "wrong", "field"), WRONG)
def test_a_step_that_lacks_what_it_must_give_is_refused_and_changes_nothing(
    database: Database, guarantee: Guarantee, after: Step, wrong: Callable[[], StepRecord], field: str
) -> None:
    record_until(database, guarantee, after)
    before = trail(database, guarantee)

    with pytest.raises(Violation) as refused:
        record(database, MANAGER, guarantee, wrong())

    assert (refused.value.field, trail(database, guarantee)) == (field, before)


def test_a_duty_that_was_not_done_says_why() -> None:
    with pytest.raises(Violation, match="nothing says why"):
        Check(item=DUTIES[0], done=False)


@pytest.mark.parametrize(
    ("kind", "value_fen"), [(CounterGuaranteeKind.NONE, 1), (CounterGuaranteeKind.PLEDGE, 0)]
)
def test_a_counter_guarantee_has_a_value_and_none_has_none(
    kind: CounterGuaranteeKind, value_fen: int
) -> None:
    with pytest.raises(Violation):
        CounterGuarantee(kind=kind, value_fen=value_fen)


def test_where_nothing_is_pledged_no_contract_of_it_is_asked_for(
    database: Database, guarantee: Guarantee
) -> None:
    bare = replace(PLEDGED, counter_guarantees=(CounterGuarantee(kind=CounterGuaranteeKind.NONE),))
    for by, step in ((OFFICER, INTAKE), (OFFICER, EXAMINED), (OFFICER, bare), (MANAGER, DECIDED)):
        record(database, by, guarantee, step)

    signed = record(database, OFFICER, guarantee, replace(SIGNED, contracts=SIGNED.contracts[:2]))

    assert signed.number == 5


def test_where_the_programme_asks_for_the_steps_a_bare_yes_is_refused(database: Database) -> None:
    full = house_rules()
    full = replace(full, programmes=tuple(replace(one, procedure=Procedure.FULL) for one in full.programmes))
    database.transact(lambda tx: rules.load(tx, SELF, replace(full, policy_set="pol_full")))
    guarantee = reserve(database, wish())

    with pytest.raises(Conflict) as refused:
        confirm(database, guarantee)
    record_until(database, guarantee, Step.CONDITIONS_MET)

    assert refused.value.mend is not None and "/steps" in refused.value.mend
    assert read_back(database, guarantee).status is GuaranteeStatus.CONFIRMED


def test_a_guarantee_in_effect_is_monitored_and_only_then(database: Database, guarantee: Guarantee) -> None:
    visit = StepRecord(step=Step.MONITORING, taken_on=TODAY, summary="保后检查，经营正常")
    with pytest.raises(Violation, match="in effect"):
        record(database, OFFICER, guarantee, visit)
    disburse(database, confirm(database, guarantee))

    record(database, OFFICER, guarantee, visit)
    record(database, OFFICER, guarantee, visit)
    with pytest.raises(Violation, match="EFFECTIVE"):
        record(database, OFFICER, guarantee, INTAKE)

    assert [entry.number for entry in trail(database, guarantee)] == [1, 2]


def test_the_trail_is_the_guarantors_and_the_reguarantors(database: Database, guarantee: Guarantee) -> None:
    record(database, OFFICER, guarantee, INTAKE)
    watcher = Principal("acc_province", Role.REGUARANTOR, "org_province")

    assert trail(database, guarantee, watcher) == trail(database, guarantee)
    for by in (
        replace(OFFICER, organisation="org_yinchuan"),
        Principal("acc_b", Role.BANK_OFFICER, "org_bank"),
    ):
        with pytest.raises(Forbidden):
            trail(database, guarantee, by)
        with pytest.raises(Forbidden):
            record(database, by, guarantee, EXAMINED)
