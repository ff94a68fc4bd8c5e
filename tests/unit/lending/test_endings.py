"""What time, other banks and quotas do to applications, on each engine."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.principal import Principal, Role
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import events_pb2 as events
from services.lending.domain.application import Application, ApplicationStatus
from services.lending.domain.product import Product
from services.lending.operations import applications, choices, covers, decisions, loans, products, timers
from services.lending.store import applications as application_store
from tests.support.lending import GUARANTEED, OTHER_FIRM, new_application, new_product
from tests.unit.lending.desk import (
    APPROVAL,
    COORDINATION,
    OFFICER,
    OTHER_BANK,
    OWNER,
    PAID_OUT,
    SIGNED,
    THEIR_MANAGER,
    Desk,
)

S = ApplicationStatus
THEIR_OFFICER = Principal("acc_their_officer", Role.BANK_OFFICER, OTHER_BANK)


def days_go_by(desk: Desk, days: int) -> None:
    desk.database.clock.instant += timedelta(days=days)  # type: ignore[attr-defined]
    timers.lapse_offers(desk.database)
    timers.note_overdue(desk.database)


def elsewhere(desk: Desk, **changes: Any) -> Application:
    """An application at the other bank, of the same request."""
    draft = desk.act(products.register_product, THEIR_OFFICER, new_product("P-theirs"))
    product: Product = desk.act(products.publish_product, THEIR_MANAGER, draft.id)
    return desk.act(applications.open_application, COORDINATION, new_application(product, **changes))


def test_what_bank_and_firm_write_is_not_readable_in_the_database(desk: Desk) -> None:
    desk.replied(desk.asked(desk.opened(), "李伟的房产证？"))

    with desk.database.read() as tx:
        column = sa.cast(application_store.applications.c.information, sa.Text)
        stored = tx.scalar(sa.select(sa.type_coerce(column, sa.Text)))

    assert "李伟" not in stored and "question" not in stored


def test_an_offer_that_nobody_accepted_in_time_lapses_and_gives_its_room_back(desk: Desk) -> None:
    until = replace(APPROVAL, valid_until=date(2026, 11, 23))
    application = desk.approved(desk.opened(**GUARANTEED), until)

    days_go_by(desk, 1)
    assert desk.seen(application).status is S.APPROVED
    days_go_by(desk, 1)

    assert desk.seen(application).status is S.LAPSED
    assert covers.RELEASE in desk.intended(application)
    with pytest.raises(Violation):
        desk.offer_accepted(application)


def test_an_overdue_decision_is_told_once(desk: Desk) -> None:
    application = desk.opened()

    for _ in range(3):
        days_go_by(desk, 3)

    told = [event.decode(events.ApplicationChanged) for event in desk.events("ApplicationChanged")]
    assert [changed.overdue for changed in told] == [False, True]
    assert desk.seen(application).overdue
    assert desk.approved(application).status is S.APPROVED


def test_a_drawdown_closes_what_was_asked_of_other_banks(desk: Desk) -> None:
    mine, theirs = desk.opened(), elsewhere(desk, **GUARANTEED)
    desk.act(decisions.approve_application, THEIR_OFFICER, theirs.id, APPROVAL)

    desk.disbursed(desk.contracted(mine))

    with desk.database.read() as tx:
        assert application_store.get(tx, theirs.id).status is S.CLOSED
    assert covers.RELEASE in desk.intended(theirs)
    with pytest.raises(Violation, match="CLOSED"):
        desk.act(choices.accept_offer, OWNER, theirs.id)


def test_what_came_too_late_is_not_paid_out_beside(desk: Desk) -> None:
    """A referral that was still on its way when another bank paid out."""
    desk.lent()
    late = elsewhere(desk)
    desk.act(decisions.approve_application, THEIR_OFFICER, late.id, APPROVAL)
    desk.act(choices.accept_offer, OWNER, late.id)
    desk.act(decisions.sign_contracts, THEIR_OFFICER, late.id, SIGNED)

    with pytest.raises(Violation, match="Another bank has paid out"):
        desk.act(loans.disburse, THEIR_OFFICER, late.id, PAID_OUT)


def test_the_firm_sees_how_many_banks_query_its_record_and_no_bank_does(desk: Desk) -> None:
    mine = desk.opened()
    elsewhere(desk)

    assert desk.ask(applications.get_application, OWNER, mine.id).query_count == 2
    assert desk.ask(applications.get_application, OFFICER, mine.id).query_count is None
    assert desk.ask(applications.get_application, COORDINATION, mine.id).query_count is None


def test_a_product_without_a_quota_left_approves_nothing_more(desk: Desk) -> None:
    product = desk.published(new_product(quota_fen=100_000_000, amount_max_fen=100_000_000))
    first, second = desk.opened(product), desk.opened(product, request_id="req_2", party=OTHER_FIRM)
    desk.approved(first)

    with pytest.raises(Violation, match="20000000 fen are left") as refused:
        desk.approved(second)
    desk.withdrawn(first)

    assert refused.value.field == "amount_fen"
    assert desk.approved(second).status is S.APPROVED


def test_approvals_at_once_never_take_more_than_the_quota(desk: Desk) -> None:
    product = desk.published(new_product(quota_fen=200_000_000, amount_max_fen=200_000_000))
    waiting = [desk.opened(product, request_id=f"req_{number}") for number in range(6)]

    def approves(application: Application) -> bool:
        try:
            desk.approved(application)
        except Violation:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(approves, waiting))

    assert sum(outcomes) == 2


def test_an_application_of_another_request_stays_open(desk: Desk) -> None:
    mine, other = desk.opened(), elsewhere(desk, request_id="req_2")

    desk.disbursed(desk.contracted(mine))

    with desk.database.read() as tx:
        assert application_store.get(tx, other.id).status is S.SUBMITTED


def test_of_two_banks_that_pay_out_at_once_one_does(desk: Desk) -> None:
    mine, theirs = desk.contracted(desk.opened()), elsewhere(desk)
    desk.act(decisions.approve_application, THEIR_OFFICER, theirs.id, APPROVAL)
    desk.act(choices.accept_offer, OWNER, theirs.id)
    desk.act(decisions.sign_contracts, THEIR_OFFICER, theirs.id, SIGNED)

    def pays_out(told: tuple[Principal, Application]) -> bool:
        by, application = told
        try:
            desk.act(loans.disburse, by, application.id, PAID_OUT)
        except Violation:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(pays_out, [(OFFICER, mine), (THEIR_OFFICER, theirs)]))

    assert sorted(outcomes) == [False, True]
