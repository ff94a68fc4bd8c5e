"""A bank's own house: branches, places and rights, and in whose hands an application is."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from services.lending.domain.application import Application
from services.lending.domain.house import (
    Assign,
    Branch,
    BranchTerms,
    Right,
    Staff,
    StaffTerms,
    routed,
)
from services.lending.domain.intake.report import ImportProducts
from services.lending.operations import applications, decisions, feed, house, intake, webhooks
from tests.support.lending import DIMENSIONS, new_product
from tests.unit.lending.desk import APPROVAL, BANK, MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk

TODAY = date(2026, 11, 22)
NO_ROWS = (
    "external_id,name,kind,amount_max_fen,term_max_months,rate.base,rate.min_ppm,rate.max_ppm,repayment_methods,"
    "guarantee_modes\n"
)
XINGQING, JINFENG = "640104", "640106"
HEAD_OFFICE = MANAGER
XIAO_LI = Principal("acc_li", Role.BANK_OFFICER, BANK)
XIAO_MA = Principal("acc_ma", Role.BANK_OFFICER, BANK)
LEAD = Principal("acc_lead", Role.BANK_MANAGER, BANK)


@pytest.fixture
def bank(one_desk: Desk, request: pytest.FixtureRequest) -> Desk:
    """A desk whose bank has two branches, each with its people; nobody's work of other tests is in it."""
    with one_desk.database.write() as tx:
        for table in ("assignments", "applications", "staff", "branches"):
            tx.connection.exec_driver_sql(f"DELETE FROM {table}")
    for code, county in (("B01", XINGQING), ("B02", JINFENG)):
        one_desk.act(house.put_branch, HEAD_OFFICE, code, BranchTerms(name=f"支行{code}", counties=(county,)))
    place(one_desk, XIAO_LI, "B01", takes_new=True)
    place(one_desk, XIAO_MA, "B02", takes_new=True)
    place(one_desk, LEAD, "B01")
    return one_desk


def place(desk: Desk, who: Principal, *branches: str, **terms: Any) -> Staff:
    return desk.act(house.put_staff, HEAD_OFFICE, who.subject, StaffTerms(branches=branches, **terms))


def opened(desk: Desk, county: str = XINGQING, sold_by: tuple[str, ...] = ()) -> Application:
    product = desk.published(new_product(desk.database.ids("P"), branches=sold_by))
    return desk.opened(
        product, dimensions=replace(DIMENSIONS, county=county), request_id=desk.database.ids("req")
    )


def test_an_application_goes_to_the_branch_of_the_firms_county_and_its_manager(bank: Desk) -> None:
    first, second = opened(bank, XINGQING), opened(bank, JINFENG)
    assert (first.branch, first.manager) == ("B01", "acc_li")
    assert (second.branch, second.manager) == ("B02", "acc_ma")


def test_where_no_branch_serves_the_county_it_is_the_head_offices(bank: Desk) -> None:
    far = opened(bank, "640402")
    assert (far.branch, far.manager) == (None, None)


def test_a_product_goes_only_to_the_branches_that_sell_it(bank: Desk) -> None:
    assert opened(bank, XINGQING, sold_by=("B02",)).branch == "B02"


def test_a_closed_branch_gets_nothing_new_and_closes_only_when_nothing_is_left(bank: Desk) -> None:
    application = opened(bank, XINGQING)
    closing = BranchTerms(name="支行B01", counties=(XINGQING,), open=False)
    with pytest.raises(Violation) as refused:
        bank.act(house.put_branch, HEAD_OFFICE, "B01", closing)
    assert refused.value.field == "open"
    bank.act(house.assign_application, HEAD_OFFICE, application.id, Assign(branch="B02", reason="B01 关停"))
    bank.act(house.put_branch, HEAD_OFFICE, "B01", closing)
    assert opened(bank, XINGQING).branch is None


def test_who_works_in_a_branch_sees_and_does_only_its_own(bank: Desk) -> None:
    ours, theirs = opened(bank, XINGQING), opened(bank, JINFENG)
    assert [item.id for item in bank.ask(applications.list_applications, XIAO_LI).items] == [ours.id]
    assert {item.id for item in bank.ask(applications.list_applications, OFFICER).items} == {
        ours.id,
        theirs.id,
    }
    with pytest.raises(Forbidden) as refused:
        bank.ask(applications.get_application, XIAO_LI, theirs.id)
    assert "B02" in refused.value.detail
    with pytest.raises(Forbidden):
        bank.act(decisions.approve_application, XIAO_LI, theirs.id, APPROVAL)
    assert bank.act(decisions.approve_application, XIAO_LI, ours.id, APPROVAL).id == ours.id


def test_what_is_the_head_offices_is_not_a_branchs(bank: Desk) -> None:
    far = opened(bank, "640402")
    with pytest.raises(Forbidden):
        bank.ask(applications.get_application, XIAO_LI, far.id)


def test_a_place_that_is_only_to_look_changes_nothing(bank: Desk) -> None:
    ours = opened(bank, XINGQING)
    place(bank, XIAO_LI, "B01", rights=(Right.SEE,))
    assert bank.ask(applications.get_application, XIAO_LI, ours.id).id == ours.id
    with pytest.raises(Forbidden) as refused:
        bank.act(decisions.approve_application, XIAO_LI, ours.id, APPROVAL)
    assert "ACT" in refused.value.detail


def test_the_head_office_too_may_have_somebody_who_only_looks(bank: Desk) -> None:
    place(bank, LEAD, rights=(Right.SEE,))
    assert bank.ask(webhooks.list_webhooks, LEAD).items == ()
    with pytest.raises(Forbidden) as refused:
        bank.act(house.put_branch, LEAD, "B03", BranchTerms(name="新支行"))
    assert "ACT" in refused.value.detail


def test_whoever_may_not_register_products_imports_none(bank: Desk) -> None:
    place(bank, LEAD, rights=(Right.SEE,))
    for who in (LEAD, XIAO_LI):
        with (
            intake.judged(who, intake.text(ImportProducts(csv=NO_ROWS)), TODAY) as judged,
            pytest.raises(Forbidden),
        ):
            bank.act(intake.import_products, who, judged)


def test_an_application_changes_hands_with_a_reason_and_its_way_is_kept(bank: Desk) -> None:
    ours = opened(bank, XINGQING)
    moved = bank.act(
        house.assign_application, LEAD, ours.id, Assign(branch="B02", manager="acc_ma", reason="企业搬迁")
    )
    assert (moved.branch, moved.manager) == ("B02", "acc_ma")
    [kept] = bank.ask(house.list_assignments, XIAO_MA, ours.id).items
    assert (kept.from_branch, kept.from_manager, kept.reason, kept.by) == (
        "B01",
        "acc_li",
        "企业搬迁",
        "acc_lead",
    )
    with pytest.raises(Forbidden):
        bank.ask(house.list_assignments, XIAO_LI, ours.id)
    with pytest.raises(Forbidden):
        bank.act(house.assign_application, LEAD, ours.id, Assign(branch="B01", reason="拿回来"))
    feed.number_notices(bank.database)
    told = [
        notice.type for notice in bank.ask(feed.read_feed, MANAGER, 0, 200).items if notice.subject == ours.id
    ]
    assert told == ["application.submitted", "application.assigned"]


@pytest.mark.parametrize(
    ("to", "field"),
    [
        ({"branch": "B99"}, "branch"),
        ({"branch": "B02", "manager": "acc_li"}, "manager"),
        ({"branch": "B01", "manager": "acc_nobody"}, "manager"),
    ],
)
def test_nobody_gets_an_application_who_could_not_act_on_it(bank: Desk, to: Any, field: str) -> None:
    ours = opened(bank, XINGQING)
    with pytest.raises(Violation) as refused:
        bank.act(house.assign_application, HEAD_OFFICE, ours.id, Assign(reason="调整", **to))
    assert refused.value.field == field


def test_the_house_is_the_head_offices_to_arrange(bank: Desk) -> None:
    for who in (LEAD, XIAO_LI, OFFICER):
        with pytest.raises(Forbidden):
            bank.act(house.put_branch, who, "B03", BranchTerms(name="新支行"))
    with pytest.raises(Forbidden):
        bank.ask(feed.read_feed, XIAO_LI)
    with pytest.raises(Forbidden):
        bank.ask(webhooks.list_webhooks, LEAD)
    with pytest.raises(Forbidden):
        bank.ask(house.list_branches, OWNER)
    assert bank.ask(house.list_branches, THEIR_MANAGER).items == ()


def test_a_place_names_branches_that_are_there_and_can_be_taken_away(bank: Desk) -> None:
    with pytest.raises(Violation) as refused:
        place(bank, XIAO_LI, "B01", "B77")
    assert refused.value.field == "branches/1"
    bank.act(house.remove_staff, HEAD_OFFICE, "acc_li")
    with pytest.raises(NotFound):
        bank.act(house.remove_staff, HEAD_OFFICE, "acc_li")
    assert [item.account for item in bank.ask(house.list_staff, LEAD).items] == ["acc_lead"]


@pytest.mark.parametrize("terms", [{"counties": ("999999",)}, {"name": " "}])
def test_a_branch_needs_a_name_and_counties_that_exist(terms: Any) -> None:
    with pytest.raises(Violation):
        BranchTerms(**({"name": "支行"} | terms))


# Routing, for any house

prefixes = st.sampled_from(["64", "6401", XINGQING, JINFENG, "6404", "640402"])
houses = st.lists(
    st.builds(
        Branch,
        code=st.sampled_from(["B01", "B02", "B03", "B04"]),
        name=st.just("支行"),
        counties=st.lists(prefixes, max_size=3, unique=True).map(tuple),
        open=st.booleans(),
    ),
    max_size=4,
    unique_by=lambda branch: branch.code,
)
people = st.lists(
    st.builds(
        Staff,
        account=st.sampled_from(["acc_1", "acc_2", "acc_3"]),
        branches=st.lists(st.sampled_from(["B01", "B02", "B03"]), max_size=2, unique=True).map(tuple),
        counties=st.lists(prefixes, max_size=1).map(tuple),
        rights=st.just((Right.SEE, Right.ACT)),
        takes_new=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda place: place.account,
)


@given(
    st.sampled_from([XINGQING, JINFENG, "640402"]),
    st.lists(st.sampled_from(["B01", "B02"]), max_size=2, unique=True).map(tuple),
    houses,
    people,
    st.dictionaries(st.sampled_from(["acc_1", "acc_2", "acc_3"]), st.integers(0, 9)),
)
def test_routing_gives_to_an_open_branch_that_sells_and_to_its_least_busy_manager(
    county: str, sold_by: Any, branches: Any, staff: Any, load: Any
) -> None:
    desk = routed(county, sold_by, branches, staff, load)
    if desk.branch is not None:
        chosen = next(branch for branch in branches if branch.code == desk.branch)
        assert chosen.open
        assert not sold_by or chosen.code in sold_by
        longest = max((len(p) for p in chosen.counties if county.startswith(p)), default=0)
        selling = [b for b in branches if b.open and (not sold_by or b.code in sold_by)]
        others = [len(p) for b in selling for p in b.counties if county.startswith(p)]
        assert longest == max(others, default=0)
    if desk.manager is not None:
        at_hand = [
            p for p in staff if p.takes_new and (desk.branch in p.branches if desk.branch else not p.branches)
        ]
        able = [p for p in at_hand if not p.counties or any(county.startswith(c) for c in p.counties)]
        assert desk.manager in [p.account for p in able]
        assert load.get(desk.manager, 0) == min(load.get(p.account, 0) for p in able)
    assert desk == routed(county, sold_by, list(reversed(branches)), list(reversed(staff)), load)
