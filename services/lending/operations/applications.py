"""Applications: opened for a firm, seen by it and by its bank."""

from dataclasses import replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.criteria.violation import Violation
from services.lending.domain import life
from services.lending.domain.application import (
    Application,
    ApplicationPage,
    ApplicationStatus,
    NewApplication,
)
from services.lending.operations import house, rights, telling, waivers
from services.lending.store import applications as application_store
from services.lending.store import products as product_store
from services.lending.store import renewals


def open_application(tx: WriteTx, by: Principal, new: NewApplication) -> Application:
    """A firm's choice of a plan becomes an application at the bank. Coordination alone opens it, for the firm."""
    by.require(Role.SERVICE)
    product = product_store.get(tx, new.product_id, new.product_version)
    if product.sandbox:
        raise Violation("product_id", "This product is not for real firms.", "Ask for a new recommendation.")
    _check_renewal(tx, new, product.bank)
    application = life.submitted(new, product, tx.new_id("app"), tx.now, tx.today)
    standing = waivers.standing_for(tx, new.party, product.id)
    application = house.route(tx, replace(application, waivers=standing), product.terms.branches)
    application_store.insert(tx, application)
    telling.tell(tx, application)
    return application


def get_application(tx: ReadTx, by: Principal, application_id: str) -> Application:
    by.require(*BANK, Role.SME, Role.SERVICE)
    application = application_store.get(tx, application_id)
    if by.role in BANK:
        rights.may_see(tx, by, application.bank, application.branch)
        return application
    by.require_organisation(application.party)
    return counted(tx, by, application)


def list_applications(
    tx: ReadTx,
    by: Principal,
    status: ApplicationStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> ApplicationPage:
    """The bank's inbox, or of its branches those of the caller; or the firm's own applications."""
    by.require(*BANK, Role.SME)
    bank, party = (by.organisation, None) if by.role in BANK else (None, by.organisation)
    branches = rights.branches_of(tx, by)
    page = application_store.page_of(tx, bank, party, status, cursor, limit, branches)
    return replace(page, items=tuple(counted(tx, by, item) for item in page.items))


def _check_renewal(tx: ReadTx, new: NewApplication, bank: str) -> None:
    """Whether it may be renewed, and until when, is judged when the contract is signed."""
    renewal = new.renewal
    if renewal is not None and not renewals.is_own_loan(tx, renewal.loan_id, new.party, bank):
        problem = "The firm has no such loan at this bank."
        raise Violation("renewal/loan_id", problem, "Name a loan of the bank that is asked.")


def counted(tx: ReadTx, by: Principal, application: Application) -> Application:
    """For the firm: how many banks query its record for the request. No bank learns of the others."""
    if by.role is not Role.SME:
        return application
    return replace(application, query_count=application_store.query_count(tx, application.request_id))
