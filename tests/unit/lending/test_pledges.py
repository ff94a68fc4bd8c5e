"""Pledges: what is lent on them and when, whose they are, and that a right stands behind one loan at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import events_pb2
from rongqiao.lending.v1 import pledges_pb2 as pb
from services.lending.domain.pledge import (
    LIVE,
    IpTerms,
    NewPledge,
    Pledge,
    PledgeContract,
    PledgeEnding,
    PledgeRegistration,
    PledgeStatus,
    RightKind,
    Upkeep,
    lendable,
)
from services.lending.operations import pledges
from tests.support.lending import FIRM, OTHER_FIRM
from tests.unit.lending.desk import BANK, MANAGER, OTHER_BANK, OWNER, THEIR_MANAGER, Desk
from tests.unit.lending.pledging import (
    ALIVE,
    INVENTION,
    REGISTERED,
    SIGNED,
    TODAY,
    Lender,
    invention,
    pledge_product,
    receivable,
)

MATURES_ON = date(2029, 11, 22)
_numbers = count(1)


def fresh() -> str:
    """The number of a right that nobody used before."""
    return f"ZL2015{next(_numbers):07}"


@pytest.fixture
def lender(one_desk: Desk) -> Lender:
    return Lender(one_desk)


@pytest.fixture
def other(one_desk: Desk) -> Lender:
    return Lender(one_desk, OTHER_BANK)


def test_an_invention_of_six_million_lends_one_million_eight(lender: Lender) -> None:
    pledge = lender.proposed(invention(lender.opened(), number=fresh()))

    assert (pledge.lendable_fen, pledge.cap_bp, pledge.status) == (180_000_000, 3_000, "PROPOSED")
    assert (pledge.ends_on, pledge.debt_ends_on) == (date(2035, 3, 10), MATURES_ON)


def test_a_claim_lends_by_its_own_cap_and_its_debtor_is_sealed(lender: Lender) -> None:
    pledge = lender.proposed(receivable(lender.opened()))

    with lender.desk.database.read() as tx:
        stored = tx.connection.exec_driver_sql(
            "SELECT receivable FROM pledges WHERE ends_on IS NULL"
        ).scalar()
    assert (pledge.lendable_fen, pledge.ends_on) == (360_000_000, None)
    assert "MA75WX4T32" not in str(stored)


def test_nothing_is_paid_out_before_the_registration(lender: Lender) -> None:
    number = fresh()
    application = lender.opened(ip_rights=(number,))
    lender.approved(application)

    with pytest.raises(Violation, match="is not pledged") as unpledged:
        lender.check(application, 1)
    pledge = lender.proposed(invention(application, number=number))
    with pytest.raises(Violation, match="PROPOSED"):
        lender.check(application, 1)
    lender.signed(pledge)
    with pytest.raises(Violation, match="CONTRACTED") as unregistered:
        lender.check(application, 1)
    lender.entered(pledge)

    lender.check(application, 180_000_000)
    assert (unpledged.value.field, unregistered.value.source) == (
        "pledges",
        "Civil Code, articles 444 and 445",
    )


def test_an_application_that_wants_no_pledge_and_has_none_is_not_held_up(lender: Lender) -> None:
    lender.check(lender.opened(), 180_000_000)


def test_more_than_the_pledges_carry_is_not_lent(lender: Lender) -> None:
    application = lender.opened(amount_fen=300_000_000)
    lender.registered(invention(application, number=fresh()))

    with pytest.raises(Violation, match=r"carry 1,800,000\.00 yuan") as refused:
        lender.check(application, 180_000_001)
    lender.registered(receivable(application, number=fresh()))

    lender.check(application, 540_000_000)
    assert refused.value.field == "amount_fen"


def test_a_second_bank_is_refused_and_not_told_which_the_first_is(lender: Lender, other: Lender) -> None:
    number = fresh()
    lender.proposed(invention(lender.opened(), number=number))

    with pytest.raises(Conflict) as refused:
        other.proposed(invention(other.opened(), number=f" {number[:6]} {number[6:]}."))

    assert BANK not in str(refused.value.document())
    assert (refused.value.field, refused.value.status) == ("number", 409)


def test_a_released_right_can_be_pledged_again(lender: Lender, other: Lender) -> None:
    number = fresh()
    first = lender.registered(invention(lender.opened(), number=number))

    free = lender.released(first)
    again = other.proposed(invention(other.opened(), number=number))

    assert (free.status, free.ended_on, free.reason) == ("RELEASED", TODAY, "LOAN_SETTLED")
    assert again.status is PledgeStatus.PROPOSED


def test_a_right_that_the_register_refused_is_free_again(lender: Lender, other: Lender) -> None:
    number = fresh()
    pledge = lender.signed(lender.proposed(invention(lender.opened(), number=number)))

    refused = lender.desk.act(
        pledges.refuse_pledge, lender.officer, pledge.id, PledgeEnding(reason="FEE_IN_ARREARS")
    )

    assert (refused.status, refused.reason) == ("REFUSED", "FEE_IN_ARREARS")
    assert other.proposed(invention(other.opened(), number=number)).number == number


def test_a_utility_model_of_2017_does_not_carry_a_loan_of_three_years(lender: Lender) -> None:
    model = IpTerms(runs_from=date(2017, 5, 1), fee_paid_until=date(2027, 5, 1))
    new = invention(lender.opened(), kind=RightKind.UTILITY_MODEL, number=fresh(), ip=model)

    with pytest.raises(Violation, match="outlasts") as refused:
        lender.proposed(replace(new, debt_ends_on=date(2028, 6, 3)))

    assert refused.value.field == "debt_ends_on"
    assert "announcement 461" in str(refused.value.source)


def test_the_margin_of_the_product_is_kept(lender: Lender) -> None:
    ends = IpTerms(runs_from=date(2009, 11, 22), fee_paid_until=TODAY)  # on the very day of the loan
    plain, careful = (
        lender.opened(lender.published(pledge_product("P-M", ip_margin_months=months))) for months in (0, 1)
    )

    assert lender.proposed(invention(plain, number=fresh(), ip=ends)).ends_on == MATURES_ON
    with pytest.raises(Violation, match="1 months more"):
        lender.proposed(invention(careful, number=fresh(), ip=ends))


def test_all_that_stands_against_a_pledge_is_told_at_once(lender: Lender) -> None:
    bad = IpTerms(runs_from=date(2008, 1, 1), fee_paid_until=date(2026, 1, 1), disputed=True)
    new = invention(lender.opened(), number=fresh(), co_owned=True, rank=2, ip=bad)

    with pytest.raises(Violation) as refused:
        lender.proposed(new)

    assert refused.value.field == "co_owners_consent"
    for words in ("several owners", "pledged already", "disputed", "fees are paid until", "outlasts"):
        assert words in refused.value.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": RightKind.COPYRIGHT}, "kind"),
        ({"ip": replace(ALIVE, runs_from=date(1990, 1, 1))}, "ip/runs_from"),
        ({"ip": replace(ALIVE, runs_from=date(2026, 11, 23))}, "ip/runs_from"),
        ({"ip": replace(ALIVE, ended_on=date(2026, 11, 21))}, "ip/runs_from"),
    ],
)
def test_a_right_that_cannot_be_pledged_is_refused(
    lender: Lender, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Violation) as refused:
        lender.proposed(invention(lender.opened(), number=fresh(), **changes))

    assert refused.value.field == field


@pytest.mark.parametrize(
    "changes",
    [
        {"number": " - "},
        {"number": "9" * 81},
        {"owner": ""},
        {"rank": 0},
        {"ip": None},
        {"ip": replace(ALIVE, fee_paid_until=None)},
        {"kind": RightKind.RECEIVABLE},
    ],
)
def test_a_pledge_that_says_too_little_is_none(lender: Lender, changes: dict[str, object]) -> None:
    application = lender.opened()

    with pytest.raises(Violation):
        invention(application, **changes)


def test_an_application_that_ended_takes_no_pledge_and_frees_its_own(lender: Lender, other: Lender) -> None:
    number = fresh()
    application = lender.opened()
    pledge = lender.proposed(invention(application, number=number))
    lender.desk.declined(application, "FIRM_AGE")

    seen = lender.desk.ask(pledges.get_pledge, lender.officer, pledge.id)
    with pytest.raises(Violation, match="DECLINED"):
        lender.proposed(invention(application, number=fresh()))

    assert (seen.status, seen.reason) == ("RELEASED", "DECLINED")
    assert other.proposed(invention(other.opened(), number=number)).status == "PROPOSED"


@pytest.mark.parametrize(
    ("step", "told", "field"),
    [
        ("sign", PledgeContract(number="Z-1", signed_on=TODAY + timedelta(days=1)), "signed_on"),
        ("sign", PledgeContract(number="Z-1", signed_on=TODAY), None),
        (
            "register",
            PledgeRegistration(number="Y-1", registered_on=TODAY + timedelta(days=1)),
            "registered_on",
        ),
        (
            "register",
            PledgeRegistration(number="Y-1", registered_on=TODAY - timedelta(days=1)),
            "registered_on",
        ),
    ],
)
def test_steps_are_told_when_they_happened_and_in_their_order(
    lender: Lender, step: str, told: PledgeContract | PledgeRegistration, field: str | None
) -> None:
    pledge = lender.proposed(invention(lender.opened(), number=fresh()))
    operation = {"sign": pledges.sign_pledge, "register": pledges.register_pledge}[step]
    with pytest.raises(Violation, match="PROPOSED"):
        lender.entered(pledge)
    if step == "register" or field is None:
        lender.signed(pledge)

    with pytest.raises(Violation) as refused:
        lender.desk.act(operation, lender.officer, pledge.id, told)

    assert refused.value.field == (field or "status")


def test_a_right_that_falls_into_arrears_holds_up_the_next_drawdown(lender: Lender) -> None:
    application = lender.opened()
    pledge = lender.registered(invention(application, number=fresh()))
    lender.desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, Upkeep(disputed=True))

    with pytest.raises(Violation, match="disputed"):
        lender.check(application, 1)
    with pytest.raises(Violation, match="outlasts"):
        lender.check(application, 1, date(2035, 3, 11))


@pytest.mark.parametrize(
    ("kind", "upkeep", "field"),
    [
        (RightKind.INVENTION, Upkeep(), "fee_paid_until"),
        (RightKind.INVENTION, Upkeep(renewed_until=date(2040, 1, 1)), "renewed_until"),
        (RightKind.TRADEMARK, Upkeep(fee_paid_until=date(2040, 1, 1)), "fee_paid_until"),
        (RightKind.TRADEMARK, Upkeep(renewed_until=date(2030, 3, 10)), "renewed_until"),
    ],
)
def test_upkeep_is_of_its_kind_of_right(lender: Lender, kind: RightKind, upkeep: Upkeep, field: str) -> None:
    born = replace(ALIVE, runs_from=date(2020, 3, 10))
    pledge = lender.proposed(invention(lender.opened(), kind=kind, number=fresh(), ip=born))

    with pytest.raises(Violation) as refused:
        lender.desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, upkeep)

    assert refused.value.field == field


def test_a_bank_is_told_once_of_fees_that_run_out_and_again_of_the_next(desk: Desk) -> None:
    lender, soon = Lender(desk), replace(ALIVE, fee_paid_until=TODAY + timedelta(days=60))
    pledge = lender.registered(invention(lender.opened(), ip=soon))
    lender.registered(invention(lender.opened(), number="ZL201510000009.9"))

    told = [pledges.watch(desk.database), pledges.watch(desk.database)]
    paid = Upkeep(fee_paid_until=TODAY + timedelta(days=59))
    desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, paid)
    told += [pledges.watch(desk.database)]

    assert told == [1, 0, 1]


def test_a_renewed_trademark_lasts_longer_and_carries_a_longer_loan(lender: Lender) -> None:
    mark = IpTerms(runs_from=date(2019, 3, 10))
    new = invention(lender.opened(), kind=RightKind.TRADEMARK, number=fresh(), ip=mark)
    with pytest.raises(Violation, match="Renew the trademark"):
        lender.proposed(new)
    pledge = lender.proposed(replace(new, debt_ends_on=date(2029, 1, 1)))

    renewed = Upkeep(renewed_until=date(2039, 3, 9))
    longer = lender.desk.act(pledges.keep_up_pledge, lender.officer, pledge.id, renewed)

    assert (longer.ends_on, longer.ip.renewed_until) == (date(2039, 3, 9), date(2039, 3, 9))


def test_only_its_bank_and_its_firm_see_a_pledge_and_only_its_bank_changes_it(
    lender: Lender, other: Lender
) -> None:
    pledge = lender.proposed(invention(lender.opened(), number=fresh()))
    stranger = Principal("acc_other", Role.SME, OTHER_FIRM)

    for by in (lender.officer, MANAGER, OWNER):
        assert lender.desk.ask(pledges.get_pledge, by, pledge.id) == pledge
        assert pledge in lender.desk.ask(pledges.list_pledges, by, pledge.application_id).items
    for by in (other.officer, THEIR_MANAGER, stranger):
        with pytest.raises(Forbidden):
            lender.desk.ask(pledges.get_pledge, by, pledge.id)
        assert not lender.desk.ask(pledges.list_pledges, by, pledge.application_id).items
    for by in (other.officer, OWNER):
        for operation, told in _STEPS:
            with pytest.raises(Forbidden):
                lender.desk.act(operation, by, pledge.id, told)
    with pytest.raises(Forbidden):
        other.proposed(invention(lender.opened(), number=fresh()))
    with pytest.raises(NotFound):
        lender.desk.ask(pledges.get_pledge, lender.officer, "plg_none")


_STEPS: tuple[tuple[Callable[..., Pledge], object], ...] = (
    (pledges.sign_pledge, SIGNED),
    (pledges.register_pledge, REGISTERED),
    (pledges.refuse_pledge, PledgeEnding(reason="NO")),
    (pledges.release_pledge, PledgeEnding(reason="NO")),
    (pledges.keep_up_pledge, Upkeep(disputed=True)),
)


def test_what_others_are_told_of_a_pledge_names_no_right_and_nobody(desk: Desk) -> None:
    lender = Lender(desk)
    pledge = lender.registered(invention(lender.opened()))
    lender.released(pledge)

    told = desk.events("PledgeChanged")
    facts = [event.decode(events_pb2.PledgeChanged) for event in told]

    assert [fact.status for fact in facts] == [
        pb.PLEDGE_STATUS_PROPOSED,
        pb.PLEDGE_STATUS_CONTRACTED,
        pb.PLEDGE_STATUS_REGISTERED,
        pb.PLEDGE_STATUS_RELEASED,
    ]
    assert {(fact.kind, fact.value_fen, fact.cap_bp, fact.lendable_fen) for fact in facts} == {
        (pb.RIGHT_KIND_INVENTION, 600_000_000, 3_000, 180_000_000)
    }
    assert {(fact.bank, fact.business_date, fact.dimensions.county) for fact in facts} == {
        (BANK, "2026-11-22", "640104")
    }
    for event in told:
        for secret in (FIRM.removeprefix("uscc:"), "2015101020304", INVENTION, "acc_officer"):
            assert secret.encode() not in event.data + event.subject.encode()


@given(value_fen=st.integers(1, 10**15), cap_bp=st.integers(1, 10_000))
def test_what_is_lent_on_a_value_is_never_more_than_its_part(value_fen: int, cap_bp: int) -> None:
    lent = lendable(value_fen, cap_bp)

    assert lent * 10_000 <= value_fen * cap_bp < (lent + 1) * 10_000


def test_of_many_banks_at_once_one_gets_the_right(desk: Desk) -> None:
    lenders = [Lender(desk, bank) for bank in (BANK, OTHER_BANK)] * 3
    wishes = [
        (one, invention(one.opened(), number=f"{INVENTION}{' ' * at}")) for at, one in enumerate(lenders)
    ]

    def attempt(wish: tuple[Lender, NewPledge]) -> bool:
        try:
            wish[0].proposed(wish[1])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(len(wishes)) as pool:
        taken = list(pool.map(attempt, wishes))

    assert taken.count(True) == 1


class Rights(RuleBasedStateMachine):
    """Two banks, a few rights, steps in any order: of each right one pledge lives at most, and it is the right one."""

    desk: Desk  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.lenders = [Lender(self.desk, bank) for bank in (BANK, OTHER_BANK)]
        self.rights = [fresh() for _ in range(2)]
        self.held: dict[str, tuple[Lender, Pledge]] = {}

    @rule(who=st.sampled_from([0, 1]), which=st.sampled_from([0, 1]))
    def propose(self, who: int, which: int) -> None:
        lender, number = self.lenders[who], self.rights[which]
        new = invention(lender.opened(), number=number)
        if number in self.held:
            with pytest.raises(Conflict):
                lender.proposed(new)
        else:
            self.held[number] = (lender, lender.proposed(new))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def go_on(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.held)))
        lender, pledge = self.held[number]
        steps = {PledgeStatus.PROPOSED: lender.signed, PledgeStatus.CONTRACTED: lender.entered}
        if data.draw(st.booleans()) and pledge.status in steps:
            self.held[number] = (lender, steps[pledge.status](pledge))
        else:
            lender.released(self.held.pop(number)[1])

    @invariant()
    def each_right_has_one_live_pledge_at_most(self) -> None:
        found = [
            pledge
            for lender in self.lenders
            for pledge in self.desk.ask(pledges.list_pledges, lender.officer, limit=200).items
            if pledge.number in self.rights and pledge.status in LIVE
        ]
        assert sorted(one.id for one in found) == sorted(pledge.id for _, pledge in self.held.values())


def test_a_right_has_one_live_pledge_under_any_interleaving(one_desk: Desk) -> None:
    machine = type("OurRights", (Rights,), {"desk": one_desk})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=10, stateful_step_count=10, deadline=None)
    )
