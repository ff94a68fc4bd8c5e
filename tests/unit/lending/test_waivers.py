"""Waivers: two people of a bank set a hard rule aside for one firm, until a day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.chassis.vault import firm_key
from libs.criteria.evaluate import Criterion, Disclosure, Operator
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import events_pb2
from rongqiao.lending.v1 import waivers_pb2 as pb
from services.lending.domain.product import Product
from services.lending.domain.waiver import NewWaiver, Waiver, WaiverStatus
from services.lending.operations import applications, waivers
from services.lending.store import waivers as waiver_store
from services.lending.store.feed import notices
from tests.support.lending import FIRM, OTHER_FIRM, new_product
from tests.unit.lending.desk import COORDINATION, MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk, later

SECOND = Principal("acc_second", Role.BANK_MANAGER, MANAGER.organisation)
OLD_ENOUGH = Criterion(fact="months_since_registration", operator=Operator.GE, values=("24",))
SCORE = Criterion(
    fact="score", operator=Operator.GE, values=("600",), disclosure=Disclosure.CONFIDENTIAL, hard=True
)
WISH = Criterion(fact="tax_grade", operator=Operator.EQ, values=("A",), hard=False)
LAST_DAY = date(2027, 6, 30)


def on_sale(desk: Desk) -> Product:
    return desk.published(new_product(criteria=(OLD_ENOUGH, SCORE, WISH)))


def wanted(product: Product, **changes: Any) -> NewWaiver:
    sound = NewWaiver(
        product_id=product.id,
        party=FIRM,
        fact="months_since_registration",
        reason="创始人有十年同业经历",
        valid_until=LAST_DAY,
    )
    return replace(sound, **changes)


def granted(desk: Desk, product: Product, **changes: Any) -> Waiver:
    proposed = desk.act(waivers.propose_waiver, OFFICER, wanted(product, **changes))
    return desk.act(waivers.grant_waiver, MANAGER, proposed.id)


def told(desk: Desk) -> list[pb.WaiverState]:
    return [event.decode(pb.WaiverState) for event in desk.events("WaiverState")]


def test_a_waiver_holds_once_a_second_person_granted_it(desk: Desk) -> None:
    product = on_sale(desk)
    proposed = desk.act(waivers.propose_waiver, MANAGER, wanted(product))
    with pytest.raises(Violation, match="may not grant"):
        desk.act(waivers.grant_waiver, MANAGER, proposed.id)
    before = told(desk)

    waiver = desk.act(waivers.grant_waiver, SECOND, proposed.id)

    assert before == []
    assert (waiver.status, waiver.criteria, waiver.product_version) == (
        WaiverStatus.GRANTED,
        (OLD_ENOUGH,),
        1,
    )
    assert desk.ask(waivers.get_waiver, OFFICER, waiver.id) == waiver
    state = pb.WaiverState(
        id=waiver.id,
        status=pb.WAIVER_STATUS_GRANTED,
        product_id=product.id,
        firm_key=firm_key(FIRM),
        fact="months_since_registration",
        valid_until="2027-06-30",
    )
    assert told(desk) == [state]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"fact": "tax_grade"}, "fact"),
        ({"fact": "employees"}, "fact"),
        ({"valid_until": date(2026, 11, 21)}, "valid_until"),
        ({"valid_until": date(2027, 11, 23)}, "valid_until"),
    ],
)
def test_what_cannot_be_set_aside_is_refused_with_its_field(
    light_desk: Desk, changes: dict[str, Any], field: str
) -> None:
    product = on_sale(light_desk)

    with pytest.raises(Violation) as refused:
        light_desk.act(waivers.propose_waiver, OFFICER, wanted(product, **changes))

    assert refused.value.field == field


@pytest.mark.parametrize("party", ["91640100MA76GQ0X1R", "person:110101199001011234", "uscc:123"])
def test_a_waiver_is_for_a_party_by_its_id(party: str) -> None:
    with pytest.raises(Violation):
        NewWaiver(product_id="prd_1", party=party, fact="score", reason="x", valid_until=LAST_DAY)


def test_a_firm_has_one_live_waiver_of_a_rule(desk: Desk) -> None:
    product = on_sale(desk)
    first = granted(desk, product)
    with pytest.raises(Conflict, match="already"):
        desk.act(waivers.propose_waiver, OFFICER, wanted(product))

    desk.act(waivers.withdraw_waiver, MANAGER, first.id)
    second = granted(desk, product)

    assert (second.status, second.id != first.id) == (WaiverStatus.GRANTED, True)


def test_an_application_tells_by_which_waivers_the_firm_is_eligible(desk: Desk) -> None:
    product = on_sale(desk)
    waiver = granted(desk, product)
    granted(desk, product, party=OTHER_FIRM)

    application = desk.opened(product)
    approved = desk.approved(application)

    (applied,) = application.waivers
    assert (applied.waiver_id, applied.fact, applied.valid_until) == (waiver.id, OLD_ENOUGH.fact, LAST_DAY)
    assert approved.decision is not None
    assert approved.decision.eligible_by_waiver == (waiver.id,)
    assert desk.seen(application).waivers == application.waivers
    changes = [event.decode(events_pb2.ApplicationChanged) for event in desk.events("ApplicationChanged")]
    assert [change.by_waiver for change in changes] == [False, True]


def test_a_decision_without_a_waiver_says_none(light_desk: Desk) -> None:
    application = light_desk.opened(on_sale(light_desk))

    approved = light_desk.approved(application)

    assert approved.decision is not None
    assert (application.waivers, approved.decision.eligible_by_waiver) == ((), ())


@pytest.mark.parametrize("end", ["withdrawn", "over"])
def test_a_waiver_that_ended_stands_behind_no_decision(desk: Desk, end: str) -> None:
    product = on_sale(desk)
    waiver = granted(desk, product, valid_until=date(2026, 11, 30))
    application = desk.opened(product)
    if end == "withdrawn":
        desk.act(waivers.withdraw_waiver, MANAGER, waiver.id)

    with later(desk, 9 if end == "over" else 0):
        approved = desk.approved(application)

    assert approved.decision is not None
    assert (len(application.waivers), approved.decision.eligible_by_waiver) == (1, ())


def test_of_a_waiver_that_ended_others_hear_no_firm_any_more(desk: Desk) -> None:
    product = on_sale(desk)
    over = granted(desk, product, valid_until=date(2026, 11, 30))
    withdrawn = granted(desk, product, party=OTHER_FIRM)
    desk.act(waivers.withdraw_waiver, MANAGER, withdrawn.id)

    with later(desk, 8):
        kept = waivers.end_expired(desk.database)
    with later(desk, 9):
        ended = [waivers.end_expired(desk.database) for _ in range(2)]

    assert (kept, ended) == (0, [1, 0])
    assert told(desk)[2:] == [
        pb.WaiverState(id=withdrawn.id, status=pb.WAIVER_STATUS_WITHDRAWN),
        pb.WaiverState(id=over.id, status=pb.WAIVER_STATUS_EXPIRED),
    ]


def test_a_waiver_that_was_changed_behind_the_banks_back_holds_nothing(desk: Desk) -> None:
    product = on_sale(desk)
    waiver = granted(desk, product)
    table = waiver_store.waivers
    longer = sa.update(table).where(table.c.id == waiver.id).values(valid_until=date(2030, 1, 1))
    desk.database.transact(lambda tx: tx.execute(longer))

    application = desk.opened(product)

    assert application.waivers == ()


def test_the_firm_sees_its_waiver_without_the_banks_people_and_reason(desk: Desk) -> None:
    product = on_sale(desk)
    waiver = granted(desk, product)

    seen = desk.ask(waivers.get_waiver, OWNER, waiver.id)

    assert seen.criteria == (OLD_ENOUGH,)
    assert (seen.reason, seen.proposed_by, seen.granted_by, seen.seal) == ("", "", None, None)
    assert desk.ask(waivers.list_waivers, OWNER).items == (seen,)


def test_a_confidential_rule_stays_confidential_where_it_is_waived(desk: Desk) -> None:
    product = on_sale(desk)
    waiver = granted(desk, product, fact="score")

    seen = desk.ask(waivers.get_waiver, OWNER, waiver.id)
    application = desk.ask(applications.get_application, OWNER, desk.opened(product).id)

    assert (seen.fact, seen.criteria) == (None, ())
    assert [one.fact for one in application.waivers] == [None]


def test_others_see_and_change_nothing(desk: Desk) -> None:
    product = on_sale(desk)
    proposed = desk.act(waivers.propose_waiver, OFFICER, wanted(product))
    stranger = Principal("acc_x", Role.SME, OTHER_FIRM)
    refused: list[tuple[Callable[..., Any], Principal]] = [
        (waivers.grant_waiver, THEIR_MANAGER),
        (waivers.grant_waiver, OFFICER),
        (waivers.withdraw_waiver, THEIR_MANAGER),
        (waivers.grant_waiver, COORDINATION),
    ]

    for operation, by in refused:
        with pytest.raises(Forbidden):
            desk.act(operation, by, proposed.id)
    with pytest.raises(NotFound):
        desk.ask(waivers.get_waiver, OWNER, proposed.id)  # nobody granted it yet
    desk.act(waivers.grant_waiver, MANAGER, proposed.id)
    with pytest.raises(NotFound):
        desk.ask(waivers.get_waiver, stranger, proposed.id)
    assert desk.ask(waivers.list_waivers, THEIR_MANAGER).items == ()
    assert desk.ask(waivers.list_waivers, stranger).items == ()


def test_the_banks_feed_names_no_firm(desk: Desk) -> None:
    product = on_sale(desk)
    granted(desk, product)

    with desk.database.read() as tx:
        rows = tx.rows(sa.select(notices).where(notices.c.type.like("waiver.%")))

    texts = [str(row) for row in rows]
    assert len(texts) == 2
    assert not any(FIRM in text for text in texts)
