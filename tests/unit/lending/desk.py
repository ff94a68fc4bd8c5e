"""Everybody who works with lending, at one database, each in a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.database import Database
from libs.chassis.intents import Intent, open_intents
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Conflict, Problem
from libs.chassis.tables import intents
from libs.eventing.envelope import Event
from rongqiao.guarantee.v1 import events_pb2, guarantee_pb2
from services.lending.domain.application import (
    Answer,
    Application,
    Contracts,
    Question,
)
from services.lending.domain.drawdown import Disbursement
from services.lending.domain.intake.report import ImportProducts, ImportReport
from services.lending.domain.loan import Loan
from services.lending.domain.offer import Approval, Declination
from services.lending.domain.product import NewProduct, Product
from services.lending.domain.repayment import Repayment
from services.lending.operations import applications, choices, covers, decisions, intake, loans, products
from tests.support.lending import FIRM, new_application, new_product
from tests.support.services import emitted

BANK, OTHER_BANK = "org_bank_a", "org_bank_b"
OFFICER = Principal("acc_officer", Role.BANK_OFFICER, BANK)
MANAGER = Principal("acc_manager", Role.BANK_MANAGER, BANK)
THEIR_MANAGER = Principal("acc_stranger", Role.BANK_MANAGER, OTHER_BANK)
OWNER = Principal("acc_owner", Role.SME, FIRM)
COORDINATION = service("coordination")

APPROVAL = Approval(amount_fen=80_000_000, rate_ppm=43_500, term_months=12)
SIGNED = Contracts(loan_contract="C-1", signed_on=date(2026, 11, 22))
SIGNED_WITH_ALL = Contracts(
    loan_contract="C-1", guarantee_contract="G-1", pledge_contract="Z-1", signed_on=date(2026, 11, 22)
)
PAID_OUT = Disbursement(disbursed_on=date(2026, 11, 22), external_id="L-1")


@dataclass
class Desk:
    database: Database

    def act(self, operation: Any, by: Principal, *args: Any) -> Any:
        return self.database.transact(lambda tx: operation(tx, by, *args))

    def ask(self, query: Any, by: Principal, *args: Any, **kwargs: Any) -> Any:
        with self.database.read() as tx:
            return query(tx, by, *args, **kwargs)

    def registered(self, new: NewProduct | None = None, by: Principal = OFFICER) -> Product:
        return self.act(products.register_product, by, new or new_product())

    def published(self, new: NewProduct | None = None) -> Product:
        return self.act(products.publish_product, MANAGER, self.registered(new).id)

    def imported(self, csv: str, **how: bool) -> ImportReport:
        return self.loaded(intake.text(ImportProducts(csv=csv, **how)))

    def loaded(self, sent: intake.Sent) -> ImportReport:
        with intake.judged(OFFICER, sent, business_date(self.database.clock.now())) as judged:
            return self.act(intake.import_products, OFFICER, judged)

    def opened(self, product: Product | None = None, **changes: Any) -> Application:
        new = new_application(product or self.published(), **changes)
        return self.act(applications.open_application, COORDINATION, new)

    def accepted(self, application: Application) -> Application:
        return self.act(decisions.accept_application, OFFICER, application.id)

    def asked(self, application: Application, question: str = "去年的纳税申报表？") -> Application:
        return self.act(decisions.ask_information, OFFICER, application.id, Question(question=question))

    def replied(self, application: Application, answer: str = "已寄出。") -> Application:
        return self.act(choices.answer_question, OWNER, application.id, Answer(answer=answer))

    def approved(self, application: Application, approval: Approval = APPROVAL) -> Application:
        return self.act(decisions.approve_application, OFFICER, application.id, approval)

    def declined(self, application: Application, *codes: str) -> Application:
        declination = Declination(reason_codes=codes)
        return self.act(decisions.decline_application, OFFICER, application.id, declination)

    def offer_accepted(self, application: Application) -> Application:
        return self.act(choices.accept_offer, OWNER, application.id)

    def signed(self, application: Application, contracts: Contracts = SIGNED_WITH_ALL) -> Application:
        return self.act(decisions.sign_contracts, OFFICER, application.id, contracts)

    def contracted(self, application: Application, approval: Approval = APPROVAL) -> Application:
        """From whatever undecided state to signed contracts: only the money is still to come."""
        return self.signed(self.offer_accepted(self.approved(application, approval)))

    def withdrawn(self, application: Application) -> Application:
        return self.act(choices.withdraw_application, OWNER, application.id)

    def disbursed(self, application: Application, told: Disbursement = PAID_OUT) -> Loan:
        return self.act(loans.disburse, OFFICER, application.id, told)

    def repaid(self, loan: Loan, repayment: Repayment) -> Loan:
        return self.act(loans.repay, OFFICER, loan.id, repayment)

    def lent(self) -> Loan:
        return self.disbursed(self.contracted(self.opened()))

    def seen(self, application: Application) -> Application:
        return self.ask(applications.get_application, OFFICER, application.id)

    def answered(self, application: Application, outcome: guarantee_pb2.Guarantee | Problem) -> None:
        """The outcome of the call to guarantee comes in."""
        intent = Intent("int_1", covers.RESERVE, application.id, {}, 0)
        self.database.transact(lambda tx: covers.record_reservation(tx, intent, outcome))

    def heard(self, application: Application, status: int, note: str | None = None) -> None:
        """An event of guarantee comes in."""
        changed = guarantee_changed(application, status, note)
        self.database.transact(lambda tx: covers.follow_guarantee(tx, changed))

    def intended(self, application: Application) -> list[str]:
        """Kinds of the calls that are still to be made for the application."""
        with self.database.read() as tx:
            return [intent.kind for intent in open_intents(tx, application.id)]

    def forget_intents(self) -> None:
        self.database.transact(lambda tx: tx.execute(sa.delete(intents)))

    def events(self, *types: str) -> list[Event]:
        return [event for event in emitted(self.database) if event.type.rpartition(".")[2] in types]


@contextmanager
def later(desk: Desk, days: int) -> Iterator[None]:
    """So many days from now; then it is today again."""
    clock: Any = desk.database.clock
    before = clock.instant
    clock.instant = before + timedelta(days=days)
    try:
        yield
    finally:
        clock.instant = before


RESERVED = guarantee_pb2.GUARANTEE_STATUS_RESERVED
CONFIRMED = guarantee_pb2.GUARANTEE_STATUS_CONFIRMED
EFFECTIVE = guarantee_pb2.GUARANTEE_STATUS_EFFECTIVE
RELEASED = guarantee_pb2.GUARANTEE_STATUS_RELEASED
REJECTED = guarantee_pb2.GUARANTEE_STATUS_REJECTED
CANCELLED = guarantee_pb2.GUARANTEE_STATUS_CANCELLED
EXPIRED = guarantee_pb2.GUARANTEE_STATUS_EXPIRED
NO_ROOM = Conflict("No room is left in the programme.")


def reservation(application: Application, status: int = RESERVED) -> guarantee_pb2.Guarantee:
    return guarantee_pb2.Guarantee(id="gua_1", application_id=application.id, status=status)  # type: ignore[arg-type]


def guarantee_changed(
    application: Application, status: int, note: str | None = None
) -> events_pb2.GuaranteeChanged:
    return events_pb2.GuaranteeChanged(
        guarantee_id="gua_1",
        application_id=application.id,
        status=status,  # type: ignore[arg-type]
        note=note,
    )
