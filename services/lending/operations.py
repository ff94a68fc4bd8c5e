"""What lending can do: one function per use case. Each loads, lets the domain decide, stores and emits."""

from dataclasses import replace
from functools import partial
from typing import Any

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.intents import Intent, intend
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict, NotFound, Problem
from libs.eventing import topics
from libs.eventing.outbox import emit
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee_pb
from services.lending import messages, store
from services.lending.domain import application as rules
from services.lending.domain import intake
from services.lending.domain import loan as loan_rules
from services.lending.domain import product as product_rules
from services.lending.domain.application import (
    Application,
    ApplicationPage,
    ApplicationStatus,
    Approval,
    Cover,
    Declination,
    Disbursement,
    NewApplication,
)
from services.lending.domain.intake import ImportProducts, ImportReport, ImportRow, RowOutcome
from services.lending.domain.loan import Loan, LoanPage, Repayment
from services.lending.domain.product import NewProduct, Product, ProductPage, ProductStatus

RESERVE = "reserve_guarantee"
RELEASE = "release_guarantee"


def register_product(tx: WriteTx, by: Principal, new: NewProduct) -> Product:
    """A new product, a new version of a published one, or the draft rewritten: by the bank's own number."""
    by.require(*BANK)
    known = store.numbered_product_to_change(tx, by.organisation, new.external_id)
    if known is not None and known.status is ProductStatus.DRAFT:
        draft = replace(known, terms=new.terms, created_by=by.subject)
        store.update_product(tx, draft)
        return draft
    draft = Product(
        id=known.id if known else tx.new_id("prd"),
        version=known.version + 1 if known else 1,
        bank=by.organisation,
        external_id=new.external_id,
        status=ProductStatus.DRAFT,
        terms=new.terms,
        created_by=by.subject,
    )
    store.insert_product(tx, draft)
    return draft


def import_products(tx: WriteTx, by: Principal, asked: ImportProducts) -> ImportReport:
    """Register every row of a CSV. Bad rows are told with their cell; good ones are kept unless the caller says
    otherwise (`dry_run`, or `all_or_nothing` and a bad row)."""
    by.require(*BANK)
    parsed = list(intake.parse(asked.csv))
    rejected = sum(row.product is None for row in parsed)
    keep = not (asked.dry_run or (asked.all_or_nothing and rejected))
    rows = tuple(_import_row(tx, by, row, keep) for row in parsed)
    accepted = sum(row.outcome is RowOutcome.ACCEPTED for row in rows)
    return ImportReport(accepted=accepted, rejected=rejected, rows=rows)


def _import_row(tx: WriteTx, by: Principal, row: intake.Parsed, keep: bool) -> ImportRow:
    told = partial(ImportRow, row=row.row, external_id=row.external_id)
    if row.violation is not None:
        wrong = row.violation
        return told(outcome=RowOutcome.REJECTED, field=wrong.field, message=wrong.message, mend=wrong.mend)
    if row.product is None or not keep:
        return told(outcome=RowOutcome.NOT_KEPT)
    product = register_product(tx, by, row.product)
    return told(outcome=RowOutcome.ACCEPTED, product_id=product.id)


def publish_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """Put the draft on the market in place of the version before it. Never by its author."""
    by.require(Role.BANK_MANAGER)
    draft = _own_product(tx, by, product_id)
    published = product_rules.published(draft, by.subject, tx.now)
    before = store.on_market(tx, product_id)
    if before is not None:
        store.update_product(tx, product_rules.withdrawn(before))
    store.update_product(tx, published)
    emit(tx, topics.LENDING_PRODUCT, published.id, messages.product_state(published))
    return published


def withdraw_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    """Take the product off the market. Applications that exist go on."""
    by.require(Role.BANK_MANAGER)
    _own_product(tx, by, product_id)
    current = store.on_market(tx, product_id)
    if current is None:
        raise Conflict("No version of this product is on the market.", mend="Nothing to withdraw.")
    withdrawn = product_rules.withdrawn(current)
    store.update_product(tx, withdrawn)
    emit(tx, topics.LENDING_PRODUCT, withdrawn.id, messages.product_state(withdrawn))
    return withdrawn


def get_product(tx: ReadTx, by: Principal, product_id: str) -> Product:
    """The newest version for the bank itself, the one on the market for everybody else."""
    newest = store.product(tx, product_id)
    if by.organisation == newest.bank:
        return newest
    shown = store.on_market(tx, product_id)
    if shown is None:
        raise NotFound(f"There is no product {product_id} on the market.", field="product_id")
    return shown


def list_products(
    tx: ReadTx,
    by: Principal,
    bank: str | None = None,
    status: ProductStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> ProductPage:
    """A bank's own products in every state; of others, only what is on the market."""
    own = by.role in BANK and bank in (None, by.organisation)
    if own:
        return store.product_page(tx, by.organisation, status, cursor, limit)
    return store.product_page(tx, bank, ProductStatus.PUBLISHED, cursor, limit)


def open_application(tx: WriteTx, by: Principal, new: NewApplication) -> Application:
    """A firm's choice of a plan becomes an application at the bank. Coordination alone opens it, for the firm."""
    by.require(Role.SERVICE)
    product = store.product(tx, new.product_id, new.product_version)
    application = rules.submitted(new, product, tx.new_id("app"), tx.now)
    store.insert_application(tx, application)
    _tell(tx, application)
    return application


def get_application(tx: ReadTx, by: Principal, application_id: str) -> Application:
    by.require(*BANK, Role.SME, Role.SERVICE)
    application = store.application(tx, application_id)
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
    return store.application_page(tx, bank, party, status, cursor, limit)


def list_loans(
    tx: ReadTx,
    by: Principal,
    application_id: str | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> LoanPage:
    """The bank's own loans, or the firm's; the one of an application where its id is given."""
    by.require(*BANK, Role.SME)
    bank, party = (by.organisation, None) if by.role in BANK else (None, by.organisation)
    return store.loan_page(tx, bank, party, application_id, cursor, limit)


def approve_application(tx: WriteTx, by: Principal, application_id: str, approval: Approval) -> Application:
    """The bank will lend. A guarantee that the plan wants is now reserved at the guarantor."""
    by.require(*BANK)
    application = _own_application(tx, by, application_id)
    approved = rules.approved(application, approval, by.subject, tx.now)
    _keep(tx, approved)
    if approved.cover is Cover.RESERVING:
        intend(tx, RESERVE, approved.id, {"application_id": approved.id})
    return approved


def decline_application(
    tx: WriteTx, by: Principal, application_id: str, declination: Declination
) -> Application:
    by.require(*BANK)
    application = _own_application(tx, by, application_id)
    return _keep(tx, rules.declined(application, declination, by.subject, tx.now))


def withdraw_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    """The firm steps back; room that a guarantor holds for it is given back."""
    by.require(Role.SME, Role.SERVICE)
    application = store.application_to_change(tx, application_id)
    by.require_organisation(application.party)
    withdrawn = _keep(tx, rules.withdrawn(application))
    if rules.holds_guarantee(withdrawn):
        intend(tx, RELEASE, withdrawn.id, {"application_id": withdrawn.id})
    return withdrawn


def disburse(tx: WriteTx, by: Principal, application_id: str, disbursement: Disbursement) -> Loan:
    """The bank reports that it paid the loan out. From here the guarantee takes effect, by the event."""
    by.require(*BANK)
    application = rules.disbursed(_own_application(tx, by, application_id))
    loan = loan_rules.loan_of(application, disbursement, tx.new_id("loan"), tx.today)
    store.insert_loan(tx, loan)
    _keep(tx, application)
    product = store.product(tx, application.product_id, application.product_version)
    emit(tx, topics.LENDING_LOAN, loan.id, messages.loan_disbursed(loan, application, product))
    return loan


def repay(tx: WriteTx, by: Principal, loan_id: str, repayment: Repayment) -> Loan:
    """The bank reports a payment, once under its own number."""
    by.require(*BANK)
    loan = store.loan_to_change(tx, loan_id)
    by.require_organisation(loan.bank)
    if store.repayment_known(tx, loan_id, repayment.external_id):
        raise Conflict(
            "A payment with this number is known.",
            field="external_id",
            mend="Give each payment its own number.",
        )
    after = loan_rules.repaid(loan, repayment, tx.today)
    repayment_id = tx.new_id("rep")
    store.record_repayment(tx, repayment_id, after, repayment)
    application = store.application(tx, loan.application_id)
    fact = messages.repayment_received(repayment_id, repayment, after, application)
    emit(tx, topics.LENDING_REPAYMENT, loan.id, fact)
    return after


def record_reservation(tx: WriteTx, intent: Intent, outcome: guarantee_pb.Guarantee | Problem) -> None:
    """What the guarantor's reservation came to. An application that was withdrawn meanwhile gives it back."""
    application = store.application_to_change(tx, intent.subject)
    if isinstance(outcome, Problem):
        _keep(tx, rules.covered(application, Cover.REFUSED, None, outcome.detail))
        return
    known = _keep(tx, rules.covered(application, _COVERS[outcome.status], outcome.id))
    if known.status is ApplicationStatus.WITHDRAWN:
        intend(tx, RELEASE, known.id, {"application_id": known.id})


def record_release(tx: WriteTx, intent: Intent, outcome: Any) -> None:
    """Nothing to keep: the guarantee's own event tells lending that it ended."""


def follow_guarantee(tx: WriteTx, changed: guarantee_events.GuaranteeChanged) -> None:
    """News of a guarantee, by event: confirmed, effective, refused or ended."""
    application = store.application_to_change(tx, changed.application_id)
    note = changed.note if changed.HasField("note") else None
    known = rules.covered(application, _COVERS[changed.status], changed.guarantee_id, note)
    if known != application:
        _keep(tx, known)


_COVERS = {
    guarantee_pb.GUARANTEE_STATUS_RESERVED: Cover.RESERVED,
    guarantee_pb.GUARANTEE_STATUS_CONFIRMED: Cover.CONFIRMED,
    guarantee_pb.GUARANTEE_STATUS_EFFECTIVE: Cover.EFFECTIVE,
    guarantee_pb.GUARANTEE_STATUS_RELEASED: Cover.ENDED,
    guarantee_pb.GUARANTEE_STATUS_REJECTED: Cover.REFUSED,
    guarantee_pb.GUARANTEE_STATUS_CANCELLED: Cover.REFUSED,
    guarantee_pb.GUARANTEE_STATUS_EXPIRED: Cover.REFUSED,
}


def _own_product(tx: WriteTx, by: Principal, product_id: str) -> Product:
    product = store.product_to_change(tx, product_id)
    by.require_organisation(product.bank)
    return product


def _own_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    application = store.application_to_change(tx, application_id)
    by.require_organisation(application.bank)
    return application


def _keep(tx: WriteTx, application: Application) -> Application:
    store.update_application(tx, application)
    _tell(tx, application)
    return application


def _tell(tx: WriteTx, application: Application) -> None:
    product = store.product(tx, application.product_id, application.product_version)
    fact = messages.application_changed(application, product, tx.today)
    emit(tx, topics.LENDING_APPLICATION, application.id, fact)
