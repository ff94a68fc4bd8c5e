"""News from lending: late, twice, ahead of its time, or about another loan."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from libs.chassis.database import Database
from libs.criteria.violation import Violation
from libs.eventing import topics
from libs.eventing.envelope import Event
from libs.eventing.inbox import Inbox
from rongqiao.guarantee.v1 import events_pb2 as events
from rongqiao.guarantee.v1 import guarantee_pb2 as pb
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import loans_pb2
from services.guarantee import jobs
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus
from services.guarantee.handlers import HANDLERS
from services.guarantee.operations import guarantees
from tests.support.services import NOON, emitted
from tests.unit.guarantee.chain import (
    LENDING,
    MILLION,
    TODAY,
    YUAN,
    confirm,
    disburse,
    held,
    read_back,
    repay,
    reserve,
    wish,
)


def facts_of(database: Database, guarantee: Guarantee) -> list[events.GuaranteeChanged]:
    found = [event for event in emitted(database) if event.topic == topics.GUARANTEE_GUARANTEE.name]
    return [event.decode(events.GuaranteeChanged) for event in found if event.subject == guarantee.id]


def test_every_change_is_told_with_shares_and_the_day_of_business(database: Database) -> None:
    guarantee = disburse(database, confirm(database, reserve(database, wish())))
    repay(database, guarantee, 1 * MILLION, TODAY + timedelta(days=40))
    repay(database, guarantee, 0, TODAY + timedelta(days=80))

    told = facts_of(database, guarantee)

    assert [(fact.status, fact.outstanding_fen, fact.business_date) for fact in told] == [
        (pb.GUARANTEE_STATUS_RESERVED, 0, "2026-11-22"),
        (pb.GUARANTEE_STATUS_CONFIRMED, 0, "2026-11-22"),
        (pb.GUARANTEE_STATUS_EFFECTIVE, 3 * MILLION, "2026-11-22"),
        (pb.GUARANTEE_STATUS_EFFECTIVE, 1 * MILLION, "2027-01-01"),
        (pb.GUARANTEE_STATUS_RELEASED, 0, "2027-02-10"),
    ]
    assert {fact.policy_set for fact in told} == {guarantee.policy_set}
    assert [share.amount_fen for share in told[0].shares] == [60_000_000, 60_000_000, 60_000_000, 120_000_000]
    assert (told[0].dimensions.county, told[0].dimensions.firm_key) == ("640122", "k1")


def test_a_disbursement_that_comes_twice_takes_effect_once(database: Database) -> None:
    guarantee = disburse(database, confirm(database, reserve(database, wish())))
    before = held(database)

    disburse(database, guarantee)

    assert held(database) == before
    assert len(facts_of(database, guarantee)) == 3


def test_a_repayment_that_comes_twice_or_out_of_order_frees_once(database: Database) -> None:
    guarantee = disburse(database, confirm(database, reserve(database, wish())))
    repay(database, guarantee, 1 * MILLION)
    before = held(database)

    repay(database, guarantee, 1 * MILLION)
    repay(database, guarantee, 2 * MILLION)

    assert held(database) == before
    assert read_back(database, guarantee).outstanding_fen == 1 * MILLION


def test_a_repayment_ahead_of_its_disbursement_waits_for_it(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))

    waiting = repay(database, guarantee, 1 * MILLION)
    repay(database, guarantee, 2 * MILLION)
    drawn = disburse(database, guarantee)

    assert (waiting.status, waiting.outstanding_fen) == (GuaranteeStatus.CONFIRMED, 0)
    assert (drawn.status, drawn.outstanding_fen) == (GuaranteeStatus.EFFECTIVE, 1 * MILLION)
    assert held(database)["guarantor/org_helan/liability"] == 600_000 * YUAN


def test_a_loan_that_was_repaid_before_we_heard_of_it_is_released_at_once(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))

    repay(database, guarantee, 0)
    released = disburse(database, guarantee)

    assert released.status is GuaranteeStatus.RELEASED
    assert sorted(held(database)) == ["programme/ordinary/2026", "province/2026"]


def test_a_disbursement_after_the_reservation_is_not_covered_and_that_is_told(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))

    late = disburse(database, guarantee, business_date="2026-12-23")

    assert (late.status, late.effective_on, held(database)) == (GuaranteeStatus.EXPIRED, None, {})
    last = facts_of(database, guarantee)[-1]
    assert last.loan_id == "loan_of_app_1"
    assert last.note.endswith("it has no cover: the reservation ended on 2026-12-22.")


def test_news_of_a_disbursement_in_time_may_come_some_days_late(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))
    database.clock.instant = NOON + timedelta(days=33)  # type: ignore[attr-defined]

    jobs.expire_reservations(database)
    drawn = disburse(database, guarantee, business_date="2026-12-22")

    assert (drawn.status, drawn.effective_on) == (GuaranteeStatus.EFFECTIVE, date(2026, 12, 22))


def end_by_expiry(database: Database, _guarantee: Guarantee) -> None:
    database.clock.instant = NOON + timedelta(days=60)  # type: ignore[attr-defined]
    jobs.expire_reservations(database)


def end_by_release(database: Database, guarantee: Guarantee) -> None:
    database.transact(lambda tx: guarantees.release(tx, LENDING, guarantee.id))


@pytest.mark.parametrize("end", [end_by_expiry, end_by_release])
def test_a_disbursement_on_a_guarantee_that_ended_changes_nothing_but_is_told_once(
    database: Database, end: Callable[[Database, Guarantee], None]
) -> None:
    guarantee = confirm(database, reserve(database, wish()))
    end(database, guarantee)
    ended = read_back(database, guarantee)

    disburse(database, guarantee)
    after = disburse(database, guarantee)
    repay(database, guarantee, 0)

    assert (after.status, after.outstanding_fen, held(database)) == (ended.status, 0, {})
    notes = [fact.note for fact in facts_of(database, guarantee)]
    assert [note for note in notes if "it has no cover" in note] == [after.note]


def test_a_loan_disbursed_before_the_guarantor_agreed_has_no_cover(database: Database) -> None:
    guarantee = reserve(database, wish())

    after = disburse(database, guarantee)

    assert (after.status, held(database)) == (GuaranteeStatus.CANCELLED, {})
    assert after.note is not None and "the guarantor had not confirmed" in after.note


@pytest.mark.parametrize(
    "other", [{"application_id": "app_of_another"}, {"loan_id": "loan_other", "amount_fen": 100}]
)
def test_a_guarantee_in_effect_covers_no_other_loan(database: Database, other: dict[str, object]) -> None:
    guarantee = disburse(database, confirm(database, reserve(database, wish())))

    with pytest.raises(Violation):
        disburse(database, guarantee, **({"loan_id": "loan_other"} | other))

    assert read_back(database, guarantee) == guarantee


def event_of(
    topic: topics.Topic,
    message: lending_events.LoanDisbursed | lending_events.RepaymentReceived,
    sequence: int,
) -> Event:
    return Event(
        topic=topic.name,
        subject=message.loan_id,
        sequence=sequence,
        id=f"evt_{sequence}",
        type=message.DESCRIPTOR.full_name,
        source=topic.source,
        time=NOON,
        data=message.SerializeToString(),
    )


def test_a_loan_without_a_guarantee_is_none_of_our_business(database: Database) -> None:
    plain = lending_events.LoanDisbursed(loan_id="loan_plain", amount_fen=100, business_date="2026-11-22")

    database.transact(lambda tx: Inbox(HANDLERS).receive(tx, event_of(topics.LENDING_LOAN, plain, 1), {}))

    assert held(database) == {}


def test_what_comes_back_after_a_write_off_frees_nothing(database: Database) -> None:
    """The bank owes itself nothing any more; the guarantee stands until it is called or its loan is repaid."""
    guarantee = disburse(database, confirm(database, reserve(database, wish())))
    recovered = lending_events.RepaymentReceived(
        loan_id="loan_of_app_1",
        principal_fen=100,
        outstanding_fen=0,
        business_date="2026-11-22",
        guarantee_id=guarantee.id,
        kind=loans_pb2.REPAYMENT_KIND_RECOVERY,
    )

    event = event_of(topics.LENDING_REPAYMENT, recovered, 1)
    database.transact(lambda tx: Inbox(HANDLERS).receive(tx, event, {}))

    assert read_back(database, guarantee) == guarantee


def test_the_reader_lets_a_disbursement_take_effect_once(database: Database) -> None:
    guarantee = confirm(database, reserve(database, wish()))
    told = lending_events.LoanDisbursed(
        loan_id="loan_1",
        application_id="app_1",
        amount_fen=3 * MILLION,
        term_months=12,
        business_date="2026-11-22",
        guarantee_id=guarantee.id,
    )
    event = event_of(topics.LENDING_LOAN, told, 1)

    for _ in range(2):
        database.transact(lambda tx: Inbox(HANDLERS).receive(tx, event, {}))

    assert read_back(database, guarantee).status is GuaranteeStatus.EFFECTIVE
    assert len(facts_of(database, guarantee)) == 3
