"""What a firm does with its application: answers the bank, accepts the offer, steps back."""

from libs.chassis.clock import business_date
from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from services.lending.domain import life
from services.lending.domain.application import Answer, Application
from services.lending.operations import endings, telling
from services.lending.operations.applications import counted
from services.lending.store import applications as application_store


def answer_question(tx: WriteTx, by: Principal, application_id: str, answer: Answer) -> Application:
    by.require(Role.SME)
    application = _own(tx, by, application_id)
    asked_on = business_date(application.information.asked_at) if application.information else tx.today
    answered = life.answered(application, answer, tx.now, asked_on, tx.today)
    return counted(tx, by, telling.keep(tx, answered))


def accept_offer(tx: WriteTx, by: Principal, application_id: str) -> Application:
    """The firm takes the bank at its word. Other banks stay open until one pays out."""
    by.require(Role.SME)
    application = _own(tx, by, application_id)
    return counted(tx, by, telling.keep(tx, life.offer_accepted(application, tx.now, tx.today)))


def withdraw_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    """The firm steps back; all that is held for it is given back."""
    by.require(Role.SME, Role.SERVICE)
    application = _own(tx, by, application_id)
    return counted(tx, by, endings.keep(tx, life.withdrawn(application, tx.now)))


def _own(tx: WriteTx, by: Principal, application_id: str) -> Application:
    application = application_store.to_change(tx, application_id)
    by.require_organisation(application.party)
    return application
