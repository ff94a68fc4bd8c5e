"""A bank that practises goes the whole way with a firm that does not exist, and nobody else hears of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from libs.chassis.intents import count_open
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from services.lending.domain.application import Application, ApplicationStatus, Cover, Question
from services.lending.domain.offer import Declination
from services.lending.domain.product import Product
from services.lending.domain.repayment import Repayment
from services.lending.domain.sandbox import FirmMove, FirmStep, MadeUpApplication
from services.lending.http import routers
from services.lending.operations import (
    applications,
    decisions,
    feed,
    loans,
    products,
    sandbox,
)
from services.lending.store import metadata
from tests.support.lending import new_application, new_product
from tests.support.services import client_of, emitted, opened
from tests.unit.lending.desk import APPROVAL, COORDINATION, OWNER, PAID_OUT, SIGNED, Desk
from tests.unit.lending.desk import OFFICER as REAL_OFFICER

LEARNER = Principal("acc_learner", Role.BANK_OFFICER, "org_practice", sandbox=True)
TEACHER = Principal("acc_teacher", Role.BANK_MANAGER, "org_practice", sandbox=True)
OTHER = Principal("acc_other", Role.BANK_OFFICER, "org_practice_2", sandbox=True)


@pytest.fixture
def practice(sqlite_url: str) -> Iterator[Desk]:
    with opened(sqlite_url, metadata) as database:
        yield Desk(database)


def on_sale(desk: Desk) -> Product:
    draft = desk.act(products.register_product, LEARNER, new_product())
    return desk.act(products.publish_product, TEACHER, draft.id)


def asked(desk: Desk, **changes: Any) -> Application:
    made_up = MadeUpApplication(
        product_id=on_sale(desk).id,
        amount_fen=80_000_000,
        term_months=12,
        repayment_method=RepaymentMethod.INTEREST_FIRST,
    )
    return desk.act(sandbox.open_test_application, LEARNER, replace(made_up, **changes))


def played(desk: Desk, application: Application, step: FirmStep) -> Application:
    return desk.act(sandbox.play_firm, LEARNER, application.id, FirmMove(step=step))


def test_the_whole_way_to_a_repayment_reaches_nobody_else(practice: Desk) -> None:
    application = asked(practice, programme="ordinary")
    practice.act(decisions.accept_application, LEARNER, application.id)
    practice.act(decisions.ask_information, LEARNER, application.id, Question(question="纳税申报表？"))
    played(practice, application, FirmStep.ANSWER)
    approved = practice.act(decisions.approve_application, LEARNER, application.id, APPROVAL)
    assert (approved.status, approved.cover) == (ApplicationStatus.APPROVED, Cover.CONFIRMED)
    played(practice, application, FirmStep.ACCEPT_OFFER)
    papers = replace(SIGNED, guarantee_contract="G-1")
    practice.act(decisions.sign_contracts, LEARNER, application.id, papers)
    loan = practice.act(loans.disburse, LEARNER, application.id, PAID_OUT)
    payment = Repayment(principal_fen=80_000_000, paid_on=PAID_OUT.disbursed_on, external_id="R-1")
    assert practice.act(loans.repay, LEARNER, loan.id, payment).outstanding_fen == 0

    assert emitted(practice.database) == []
    with practice.database.read() as tx:
        assert count_open(tx) == 0
    feed.number_notices(practice.database)
    told = [notice.type for notice in practice.ask(feed.read_feed, LEARNER, 0, 200).items]
    assert {"product.published", "application.submitted", "application.contracted", "loan.disbursed"} <= set(
        told
    )


@pytest.mark.parametrize("end", ["WITHDRAW", "DECLINE"])
def test_an_end_before_the_money_gives_nothing_back_to_anybody(practice: Desk, end: str) -> None:
    application = asked(practice, programme="ordinary")
    if end == "WITHDRAW":
        practice.act(decisions.approve_application, LEARNER, application.id, APPROVAL)
        played(practice, application, FirmStep.WITHDRAW)
    else:
        declination = Declination(reason_codes=("REPAYMENT_ABILITY",))
        practice.act(decisions.decline_application, LEARNER, application.id, declination)
    assert emitted(practice.database) == []
    with practice.database.read() as tx:
        assert count_open(tx) == 0


def test_nobody_else_sees_a_product_of_a_sandbox_or_opens_an_application_for_it(practice: Desk) -> None:
    product = on_sale(practice)
    for who in (OWNER, REAL_OFFICER, OTHER):
        with pytest.raises(NotFound):
            practice.ask(products.get_product, who, product.id)
    assert practice.ask(products.list_products, OWNER).items == ()
    with pytest.raises(Violation) as refused:
        practice.act(applications.open_application, COORDINATION, new_application(product))
    assert refused.value.field == "product_id"


def test_only_a_sandbox_makes_firms_up_and_only_at_its_own_products(practice: Desk) -> None:
    application = asked(practice)
    made_up = MadeUpApplication(
        product_id=application.product_id,
        amount_fen=80_000_000,
        term_months=12,
        repayment_method=RepaymentMethod.INTEREST_FIRST,
    )
    with pytest.raises(Forbidden) as refused:
        practice.act(sandbox.open_test_application, REAL_OFFICER, made_up)
    assert "sandbox: true" in (refused.value.mend or "")
    with pytest.raises(Violation):
        practice.act(sandbox.open_test_application, OTHER, made_up)
    with pytest.raises(Forbidden):
        practice.act(sandbox.play_firm, OTHER, application.id, FirmMove(step=FirmStep.WITHDRAW))


def test_the_firms_part_is_played_over_http(practice: Desk) -> None:
    product = on_sale(practice)
    client = client_of(practice.database, routers[0], Role.BANK_OFFICER, "org_practice", "acc_learner")
    client.principal = LEARNER
    for router in routers[1:]:
        client.http.app.include_router(router)
    body = {"product_id": product.id, "amount_fen": 80_000_000, "term_months": 12}
    opened_one = client.post("/v1/sandbox/applications", body | {"repayment_method": "INTEREST_FIRST"})
    assert opened_one.status_code == 201
    path = f"/v1/applications/{opened_one.json()['id']}/approve"
    client.post(path, {"amount_fen": 80_000_000, "rate_ppm": 43_500, "term_months": 12})
    moved = client.post(f"/v1/sandbox/applications/{opened_one.json()['id']}/firm", {"step": "ACCEPT_OFFER"})
    assert (moved.status_code, moved.json()["status"]) == (200, "OFFER_ACCEPTED")
