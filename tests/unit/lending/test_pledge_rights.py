"""A right stands behind one loan at a time, whichever bank asks, and nobody learns from it whose it is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
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
from rongqiao.lending.v1 import events_pb2
from rongqiao.lending.v1 import pledges_pb2 as pb
from services.lending.domain.house import BranchTerms, StaffTerms
from services.lending.domain.pledge import (
    LIVE,
    NewPledge,
    Pledge,
    PledgeEnding,
    PledgeStatus,
    Upkeep,
)
from services.lending.operations import feed, house, pledges
from tests.support.lending import FIRM, OTHER_FIRM
from tests.unit.lending.desk import BANK, MANAGER, OTHER_BANK, OWNER, THEIR_MANAGER, Desk
from tests.unit.lending.pledging import (
    INVENTION,
    REGISTERED,
    SIGNED,
    TODAY,
    Lender,
    fresh,
    invention,
)


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
        machine, settings=settings(max_examples=6, stateful_step_count=8, deadline=None)
    )


def test_a_clerk_sees_the_pledges_of_his_branches_alone(light_desk: Desk) -> None:
    lender = Lender(light_desk)
    for code, county in (("B1", "640104"), ("B2", "640122")):
        light_desk.act(house.put_branch, MANAGER, code, BranchTerms(name=f"{code}支行", counties=(county,)))
    pledge = lender.proposed(invention(lender.opened()))  # of county 640104, so of branch B1
    clerks = [Principal(f"acc_{code}", Role.BANK_OFFICER, BANK) for code in ("B1", "B2")]
    for clerk, code in zip(clerks, ("B1", "B2"), strict=True):
        light_desk.act(house.put_staff, MANAGER, clerk.subject, StaffTerms(branches=(code,)))
    own, strange = clerks

    assert light_desk.ask(pledges.list_pledges, own).items == (pledge,)
    assert light_desk.ask(pledges.get_pledge, own, pledge.id) == pledge
    assert light_desk.ask(pledges.list_pledges, strange).items == ()
    with pytest.raises(Forbidden):
        light_desk.ask(pledges.get_pledge, strange, pledge.id)
    with pytest.raises(Forbidden):
        light_desk.act(pledges.sign_pledge, strange, pledge.id, SIGNED)


def test_a_bank_finds_its_pledges_in_its_feed_without_the_right(light_desk: Desk) -> None:
    lender = Lender(light_desk)
    lender.registered(invention(lender.opened()))
    feed.number_notices(light_desk.database)

    noted = [
        one for one in light_desk.ask(feed.read_feed, lender.officer).items if one.type.startswith("pledge.")
    ]

    assert [one.type for one in noted] == ["pledge.proposed", "pledge.contracted", "pledge.registered"]
    assert {one.data["lendable_fen"] for one in noted} == {180_000_000}
    assert "2015101020304" not in str(noted)
    assert FIRM not in str(noted)
