"""The re-guarantor's list, related parties, and which counties have a guarantor."""

from dataclasses import replace

import pytest

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from services.guarantee.domain.admission import AdmissionDecision, AdmissionStatus
from services.guarantee.domain.guarantee import GuaranteeStatus
from services.guarantee.domain.guarantor import Tier
from services.guarantee.domain.programme import Status
from services.guarantee.domain.related import NewRelatedGroup, RelatedGroup, RelationKind
from services.guarantee.domain.terms import BorrowerScope
from services.guarantee.operations import guarantors, parties, quotes
from services.guarantee.store import guarantors as guarantor_store
from tests.unit.guarantee.books import load, party, row
from tests.unit.guarantee.chain import (
    FUND,
    HELAN,
    LENDING,
    MANAGER,
    MILLION,
    OPERATOR,
    YUAN,
    admit,
    held,
    house_rules,
    limits_out_of_order,
    open_business,
    proposal,
    read_back,
    reserve,
    wish,
    with_figures,
)

PROVINCIAL = Principal("acc_province", Role.REGUARANTOR, "org_province")


def join(database: Database, *members: str, name: str = "grp_1", by: Principal = MANAGER) -> RelatedGroup:
    found = NewRelatedGroup(name="同一控制人", kind=RelationKind.CONTROL, parties=members)
    return database.transact(lambda tx: parties.put_group(tx, by, name, found))


def test_a_guarantor_that_is_on_no_list_takes_on_nothing_that_the_province_shares(database: Database) -> None:
    new = replace(HELAN, id="org_new")
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, new.id, new))

    with pytest.raises(Conflict) as refused:
        reserve(database, wish(guarantor=new.id))

    assert refused.value.field == "guarantor.admission"
    assert "not on the list" in refused.value.detail


def test_suspension_stops_the_new_and_cancels_nothing_and_restoring_opens_again(database: Database) -> None:
    before = reserve(database, wish())
    admit(database, HELAN.id, status=AdmissionStatus.SUSPENDED, reason="未按月报送")

    with pytest.raises(Conflict, match="suspended: 未按月报送"):
        reserve(database, wish("app_2", party="uscc:b"))
    with database.read() as tx:
        headroom = guarantors.get_headroom(tx, OPERATOR, HELAN.id)
    admit(database, HELAN.id)

    assert {room.room_fen for room in headroom.programmes} == {0}
    assert read_back(database, before).status is GuaranteeStatus.RESERVED
    assert reserve(database, wish("app_2", party="uscc:b")).status is GuaranteeStatus.RESERVED


def test_the_line_of_a_guarantor_is_taken_to_the_fen_and_a_lower_one_cancels_nothing(
    database: Database,
) -> None:
    admit(database, HELAN.id, credit_line_fen=3 * MILLION)
    reserve(database, wish())

    with pytest.raises(Conflict) as refused:
        reserve(database, wish("app_2", 1, "uscc:b"))
    admit(database, HELAN.id, credit_line_fen=1 * MILLION)

    assert refused.value.field == "admission.credit_line_fen"
    assert held(database)["admission/org_helan"] == 3 * MILLION


def test_a_suspension_tells_why(database: Database) -> None:
    with pytest.raises(Violation) as refused:
        AdmissionDecision(credit_line_fen=1, status=AdmissionStatus.SUSPENDED, reason=" ")

    assert refused.value.field == "reason"


def test_only_the_reguarantor_and_the_operator_decide_on_the_list(database: Database) -> None:
    decision = AdmissionDecision(credit_line_fen=5)

    decided = database.transact(lambda tx: parties.decide_admission(tx, PROVINCIAL, HELAN.id, decision))
    with pytest.raises(Forbidden):
        database.transact(lambda tx: parties.decide_admission(tx, MANAGER, HELAN.id, decision))
    with pytest.raises(NotFound):
        database.transact(lambda tx: parties.decide_admission(tx, PROVINCIAL, "org_none", decision))

    assert (decided.credit_line_fen, decided.decided_by) == (5, "acc_province")


def test_a_guarantor_sees_itself_alone_on_the_list(database: Database) -> None:
    with database.read() as tx:
        own = parties.list_admissions(tx, MANAGER).items
        every = parties.list_admissions(tx, PROVINCIAL).items

    assert [one.guarantor for one in own] == [HELAN.id]
    assert [one.guarantor for one in every] == ["org_helan", "org_yinchuan"]


def test_a_tier_that_nobody_stands_for_is_named(database: Database) -> None:
    gone = replace(FUND, status=Status.SUSPENDED)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, gone.id, gone))

    with pytest.raises(Conflict) as refused:
        reserve(database, wish())

    assert refused.value.field == "guarantor.tier"
    with database.read() as tx:
        assert guarantor_store.of_tier(tx, Tier.NATIONAL) is None


def test_related_parties_together_are_stopped_at_fifteen_hundredths(database: Database) -> None:
    """Three that each weigh a fen more than five million stand against 15 % of a hundred million."""
    join(database, "uscc:a", "uscc:b", "uscc:c")
    for letter in "ab":
        reserve(database, wish(f"app_{letter}", 625_000_002, f"uscc:{letter}"))

    with pytest.raises(Conflict) as refused:
        reserve(database, wish("app_c", 625_000_002, "uscc:c"))

    assert refused.value.field == "guarantee.red_lines.group_concentration_bp"
    assert "10,000,000.02 held and 5,000,000.01 more" in refused.value.detail
    assert reserve(database, wish("app_d", 625_000_002, "uscc:d")).amount_fen == 625_000_002
    assert limits_out_of_order(database) == []


def test_who_turns_out_to_be_related_counts_from_then_on(database: Database) -> None:
    for letter in "abc":
        reserve(database, wish(f"app_{letter}", 3 * MILLION, f"uscc:{letter}"))
    load(database, [row(9)])

    join(database, "uscc:a", "uscc:b", party(9))
    together = held(database)["guarantor/org_helan/group/grp_1"]
    join(database, "uscc:a")
    alone = held(database)["guarantor/org_helan/group/grp_1"]
    join(database)

    assert (together, alone) == (4_200_000 * YUAN, 1_800_000 * YUAN)
    assert "guarantor/org_helan/group/grp_1" not in held(database)
    assert limits_out_of_order(database) == []


def test_related_parties_share_one_limit_where_the_programme_says_so(database: Database) -> None:
    rules = with_figures(house_rules(), "ordinary", borrower_scope=BorrowerScope.GROUP)
    open_business(database, rules, HELAN)
    reserve(database, wish("app_a", 6 * MILLION, "uscc:a"))
    join(database, "uscc:a", "uscc:b")

    with pytest.raises(Conflict) as refused:
        reserve(database, wish("app_b", 4 * MILLION + 1, "uscc:b"))

    assert refused.value.field == "guarantee.ordinary.borrower_limit_fen"
    assert reserve(database, wish("app_c", 4 * MILLION, "uscc:b")).amount_fen == 4 * MILLION
    assert held(database)["group/grp_1/ordinary"] == 10 * MILLION


def test_a_firm_is_not_told_what_its_related_parties_owe(database: Database) -> None:
    join(database, "uscc:a", "uscc:b")
    reserve(database, wish("app_b", 9 * MILLION, "uscc:b"))
    firm = Principal("acc_firm", Role.SME, "uscc:a")

    with database.read() as tx:
        found = quotes.quote(tx, firm, proposal()).structures
        watched = quotes.quote(tx, LENDING, proposal()).structures

    assert not [room for one in found for room in one.rooms if "grp_1" in room.limit]
    assert [room for one in watched for room in one.rooms if "grp_1" in room.limit]


def test_a_group_is_changed_by_who_found_it(database: Database) -> None:
    join(database, "uscc:a")
    other = Principal("acc_other", Role.GUARANTOR_MANAGER, "org_yinchuan")

    with pytest.raises(Forbidden):
        join(database, "uscc:a", "uscc:b", by=other)
    changed = join(database, "uscc:b", by=OPERATOR)

    assert (changed.parties, changed.recorded_by) == (("uscc:b",), "org_helan")


@pytest.mark.parametrize("members", [("uscc:a", "uscc:a"), ("a",), ("org_bank",)])
def test_a_group_of_what_are_no_parties_is_refused(database: Database, members: tuple[str, ...]) -> None:
    with pytest.raises(Violation):
        join(database, *members)


def test_the_map_tells_which_counties_no_guarantor_reaches(database: Database) -> None:
    seated = replace(HELAN, seat="640122", branches=("640181",), counties=("640122",))
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, seated.id, seated))

    with database.read() as tx:
        found = parties.get_coverage(tx, LENDING)

    counties = {one.county: one for one in found.counties}
    assert len(counties) == 22
    assert counties["640122"].seats == ("org_helan",)
    assert counties["640181"].branches == ("org_helan",)
    assert counties["640104"].business == ("org_yinchuan",)
    assert "640522" in found.uncovered
    assert not {"640122", "640181", "640104"} & set(found.uncovered)
