"""Applications: opened for a firm, decided by its bank."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.intents import intend
from libs.chassis.principal import BANK, Principal, Role
from services.lending.domain import application as rules
from services.lending.domain.application import (
    Application,
    ApplicationPage,
    ApplicationStatus,
    Approval,
    Cover,
    Declination,
    NewApplication,
)
from services.lending.operations import rights, telling
from services.lending.operations.covers import RELEASE, RESERVE
from services.lending.store import applications as application_store
from services.lending.store import products as product_store


def open_application(tx: WriteTx, by: Principal, new: NewApplication) -> Application:
    """A firm's choice of a plan becomes an application at the bank. Coordination alone opens it, for the firm."""
    by.require(Role.SERVICE)
    product = product_store.get(tx, new.product_id, new.product_version)
    application = rules.submitted(new, product, tx.new_id("app"), tx.now)
    application_store.insert(tx, application)
    telling.tell(tx, application)
    return application


def get_application(tx: ReadTx, by: Principal, application_id: str) -> Application:
    by.require(*BANK, Role.SME, Role.SERVICE)
    application = application_store.get(tx, application_id)
    by.require_organisation(application.party if by.role is Role.SME else application.bank)
    return application


def list_applications(
    tx: ReadTx,
    by: Principal,
    status: ApplicationStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> ApplicationPage:
    """The bank's inbox, or the firm's own applications."""
    by.require(*BANK, Role.SME)
    bank, party = (by.organisation, None) if by.role in BANK else (None, by.organisation)
    return application_store.page_of(tx, bank, party, status, cursor, limit)


def approve_application(tx: WriteTx, by: Principal, application_id: str, approval: Approval) -> Application:
    """The bank will lend. A guarantee that the plan wants is now reserved at the guarantor."""
    by.require(*BANK)
    application = rights.own_application(tx, by, application_id)
    approved = rules.approved(application, approval, by.subject, tx.now)
    telling.keep(tx, approved)
    if approved.cover is Cover.RESERVING:
        intend(tx, RESERVE, approved.id, {"application_id": approved.id})
    return approved


def decline_application(
    tx: WriteTx, by: Principal, application_id: str, declination: Declination
) -> Application:
    by.require(*BANK)
    application = rights.own_application(tx, by, application_id)
    return telling.keep(tx, rules.declined(application, declination, by.subject, tx.now))


def withdraw_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    """The firm steps back; room that a guarantor holds for it is given back."""
    by.require(Role.SME, Role.SERVICE)
    application = application_store.to_change(tx, application_id)
    by.require_organisation(application.party)
    withdrawn = telling.keep(tx, rules.withdrawn(application))
    if rules.holds_guarantee(withdrawn):
        intend(tx, RELEASE, withdrawn.id, {"application_id": withdrawn.id})
    return withdrawn
