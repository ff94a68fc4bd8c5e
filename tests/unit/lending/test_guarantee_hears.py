"""Lending and guarantee together, each hearing the other's real events: parts, renewals, claims."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from libs.chassis import wire
from libs.chassis.database import Database
from libs.chassis.intents import Intent
from libs.chassis.problems import Problem
from libs.criteria.violation import Violation
from libs.eventing.inbox import Inbox
from libs.registry.loan_terms import ProductKind
from rongqiao.guarantee.v1 import guarantee_pb2
from services.guarantee import store as guarantee_store
from services.guarantee.domain.claim import Notice
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus, Reservation
from services.guarantee.handlers import HANDLERS as GUARANTEE_HEARS
from services.guarantee.operations import claims, guarantees
from services.guarantee.store import drawdowns as drawdown_store
from services.guarantee.store import guarantees as guarantee_rows
from services.lending.clients import reservation
from services.lending.domain.application import Application, Cover, Renewal
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.loan import Loan, LoanStatus
from services.lending.domain.renewal import RenewalCondition
from services.lending.domain.repayment import Repayment
from services.lending.handlers import HANDLERS as LENDING_HEARS
from services.lending.operations import applications, covers, loans
from services.lending.store import metadata, renewals
from tests.support.lending import new_product
from tests.support.services import emitted, opened
from tests.unit.guarantee.chain import (
    LENDING,
    YINCHUAN,
    confirm,
    held,
    house_rules,
    limits_out_of_order,
    open_business,
)
from tests.unit.lending.desk import APPROVAL, OFFICER, SIGNED_WITH_ALL, Desk

TODAY = date(2026, 11, 22)
LENT = 80_000_000


@dataclass
class Together:
    """Two services, and the log between them."""

    desk: Desk
    guarantor: Database
    heard: dict[str, int] = field(default_factory=dict)

    def talk(self) -> None:
        """Each hears all that the other said, until nobody says anything new."""
        while self._hear(self.desk.database, self.guarantor, GUARANTEE_HEARS) or self._hear(
            self.guarantor, self.desk.database, LENDING_HEARS
        ):
            pass

    def _hear(self, speaker: Database, listener: Database, handlers: Any) -> bool:
        inbox, topics = Inbox(handlers), {topic.name for topic in handlers}
        said = emitted(speaker)[self.heard.get(speaker.url, 0) :]
        self.heard[speaker.url] = self.heard.get(speaker.url, 0) + len(said)
        for event in said:
            if event.topic in topics:
                listener.transact(lambda tx, event=event: inbox.receive(tx, event, {}))
        return bool(said)

    def ready(self, number: str, approval: Any = APPROVAL, **changes: Any) -> Application:
        """A guaranteed application of which only the money is still to come."""
        plan = {"programme": "ordinary", "guarantor": YINCHUAN.id, "request_id": f"req_{number}"}
        sold = self.desk.published(new_product(f"P-{number}", **changes.pop("product", {})))
        application = self.desk.approved(self.desk.opened(sold, **(plan | changes)), approval)
        confirm(self.guarantor, self.reserved(application))
        self.talk()
        signed = replace(SIGNED_WITH_ALL, loan_contract=f"C-{number}")
        return self.desk.signed(self.desk.offer_accepted(application), signed)

    def reserved(self, application: Application) -> Guarantee:
        """What the intent does over gRPC."""
        with self.desk.database.read() as tx:
            wish = reservation(application, renewals.guarantee_to_renew(tx, application))
        asked = wire.from_message(Reservation, wish)
        given = self.guarantor.transact(lambda tx: guarantees.reserve(tx, LENDING, asked))
        intent = Intent("int_1", covers.RESERVE, application.id, {}, 0)
        outcome: guarantee_pb2.Guarantee | Problem = wire.to_message(guarantee_pb2.Guarantee, given)
        self.desk.database.transact(lambda tx: covers.record_reservation(tx, intent, outcome))
        return given

    def drawn(self, application: Application, number: str, **told: Any) -> Loan:
        loan = self.desk.disbursed(
            application, Disbursement(disbursed_on=TODAY, external_id=f"L-{number}", **told)
        )
        self.talk()
        return loan

    def repaid(self, loan: Loan, number: str, principal_fen: int) -> Loan:
        payment = Repayment(principal_fen=principal_fen, paid_on=TODAY, external_id=f"R-{number}")
        after = self.desk.repaid(loan, payment)
        self.talk()
        return after

    def guarantee_of(self, loan: Loan) -> Guarantee:
        assert loan.guarantee_id is not None
        with self.guarantor.read() as tx:
            return guarantee_rows.get(tx, loan.guarantee_id)

    def under_cover(self, loan: Loan) -> tuple[DrawdownStatus, int]:
        with self.guarantor.read() as tx:
            line = drawdown_store.get(tx, loan.id)
        return line.status, line.outstanding_fen


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Together]:
    with ExitStack() as ending:
        lending = ending.enter_context(opened(f"sqlite:///{tmp_path / 'lending.db'}", metadata))
        guarantor = ending.enter_context(
            opened(f"sqlite:///{tmp_path / 'guarantee.db'}", guarantee_store.metadata)
        )
        open_business(guarantor, house_rules(), YINCHUAN)
        yield Together(Desk(lending), guarantor)


IN_PARTS = replace(APPROVAL, in_parts=True)


def test_each_part_of_a_loan_comes_under_its_guarantee_and_out_of_it(together: Together) -> None:
    application = together.ready("1", IN_PARTS)

    first = together.drawn(application, "1", amount_fen=50_000_000)
    second = together.drawn(application, "2")

    guarantee = together.guarantee_of(first)
    assert (guarantee.status, guarantee.outstanding_fen) == (GuaranteeStatus.EFFECTIVE, LENT)
    together.repaid(first, "1", 50_000_000)
    together.repaid(second, "1", 10_000_000)
    assert together.under_cover(first) == (DrawdownStatus.RELEASED, 0)
    assert together.under_cover(second) == (DrawdownStatus.EFFECTIVE, 20_000_000)
    together.repaid(second, "2", 20_000_000)
    assert together.guarantee_of(first).status is GuaranteeStatus.RELEASED
    assert limits_out_of_order(together.guarantor) == []


def test_a_guarantee_of_one_loan_is_not_drawn_on_twice(together: Together) -> None:
    application = together.ready("1")
    together.drawn(application, "1", amount_fen=50_000_000)

    with pytest.raises(Violation, match="covers one drawdown"):
        together.drawn(application, "2")


def test_what_was_repaid_of_a_guaranteed_line_is_not_covered_again(together: Together) -> None:
    line = {"kind": ProductKind.REVOLVING_LINE}
    application = together.ready("1", product=line)
    loan = together.drawn(application, "1", amount_fen=60_000_000)
    together.repaid(loan, "1", 60_000_000)

    with pytest.raises(Violation, match="covers 20000000 fen more"):
        together.drawn(application, "2")
    assert together.under_cover(together.drawn(application, "3", amount_fen=20_000_000))[1] == 20_000_000


def test_a_part_that_came_too_late_for_its_guarantee_is_told_to_the_bank(together: Together) -> None:
    application = together.ready("1", IN_PARTS)
    together.drawn(application, "1", amount_fen=50_000_000)
    for database in (together.desk.database, together.guarantor):
        database.clock.instant = database.clock.instant.replace(month=12, day=31)  # type: ignore[attr-defined]

    told = Disbursement(disbursed_on=date(2026, 12, 30), external_id="L-2")
    together.desk.disbursed(application, told)
    together.talk()

    assert "it has no cover" in str(together.desk.seen(application).cover_note)


def renewal_of(together: Together, old: Loan, number: str, **approval: Any) -> Application:
    return together.ready(
        number,
        replace(APPROVAL, **approval),
        amount_fen=old.outstanding_fen,
        renewal=Renewal(loan_id=old.id, without_repayment=True),
    )


@pytest.mark.parametrize("repayment_first", [False, True])
def test_a_renewal_takes_the_old_loan_and_its_guarantee_over(
    together: Together, repayment_first: bool
) -> None:
    """In whatever order guarantee hears of the new loan and of the old one's end."""
    old = together.drawn(together.ready("1"), "1")
    before = held(together.guarantor)
    application = renewal_of(together, old, "2")
    if repayment_first:
        said = together.desk.database
        new = together.desk.disbursed(application, _renewing("2"))
        fresh = emitted(said)[together.heard[said.url] :]
        inbox, topics = Inbox(GUARANTEE_HEARS), {topic.name for topic in GUARANTEE_HEARS}
        for event in sorted(fresh, key=lambda event: event.topic, reverse=True):
            if event.topic in topics:
                together.guarantor.transact(lambda tx, event=event: inbox.receive(tx, event, {}))
        together.talk()
    else:
        new = together.drawn(application, "2", renewal_conditions=tuple(RenewalCondition))

    assert together.guarantee_of(old).status is GuaranteeStatus.RELEASED
    assert together.under_cover(new) == (DrawdownStatus.EFFECTIVE, LENT)
    assert together.desk.ask(loans.get_loan, OFFICER, old.id).status is LoanStatus.SETTLED
    now = held(together.guarantor)
    assert {key: fen for key, fen in now.items() if "liability" in key} == {
        key: fen for key, fen in before.items() if "liability" in key
    }
    assert limits_out_of_order(together.guarantor) == []


def _renewing(number: str) -> Disbursement:
    return Disbursement(
        disbursed_on=TODAY, external_id=f"L-{number}", renewal_conditions=tuple(RenewalCondition)
    )


def test_a_claim_that_the_bank_makes_at_the_guarantor_is_heard(together: Together) -> None:
    loan = together.drawn(together.ready("1"), "1")
    notice = Notice(
        loan_id=loan.id, notice_number="N-1", noticed_on=TODAY, principal_fen=LENT, accelerated_on=TODAY
    )

    together.guarantor.transact(lambda tx: claims.notify(tx, OFFICER, notice))
    together.talk()

    assert together.desk.ask(loans.get_loan, OFFICER, loan.id).status is LoanStatus.CLAIMED


def test_the_application_knows_its_cover_by_the_end(together: Together) -> None:
    application = together.ready("1")
    loan = together.drawn(application, "1")
    together.repaid(loan, "1", LENT)

    assert together.desk.ask(applications.get_application, OFFICER, application.id).cover is Cover.ENDED
