"""What a bank does with an application: takes it up, asks, approves or declines, tells of the contracts."""

from dataclasses import replace
from datetime import timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.registry.decline_reasons import decline_reasons
from services.lending.domain import life
from services.lending.domain.application import Application, Contracts, Cover, Question
from services.lending.domain.offer import Approval, Declination, DeclineReasonList, check_promised
from services.lending.domain.quota import check_quota
from services.lending.operations import covers, endings, pledges, renewals, rights, telling, waivers
from services.lending.store import products as product_store
from services.lending.store import quotas


def accept_application(tx: WriteTx, by: Principal, application_id: str) -> Application:
    """The bank takes the application up (受理)."""
    by.require(*BANK)
    return telling.keep(tx, life.accepted(rights.own_application(tx, by, application_id), tx.now))


def ask_information(tx: WriteTx, by: Principal, application_id: str, question: Question) -> Application:
    """The bank's time stands still until the firm answers."""
    by.require(*BANK)
    return telling.keep(tx, life.asked(rights.own_application(tx, by, application_id), question, tx.now))


def approve_application(tx: WriteTx, by: Principal, application_id: str, approval: Approval) -> Application:
    """The bank will lend, within the version of the product that the firm saw.

    A guarantee that the plan wants is now reserved at the guarantor.
    """
    by.require(*BANK)
    application = rights.own_application(tx, by, application_id)
    usual = tx.today + timedelta(days=tx.policies.integer_on("lending.offer_validity_days", tx.today))
    approved = life.approved(application, approval, by.subject, tx.now, tx.today, usual)
    terms = product_store.get(tx, approved.product_id, approved.product_version).terms
    check_promised(approval, terms, tx.today)
    _take_quota(tx, approved, terms.quota_fen)
    approved = telling.keep(tx, _by_waiver(tx, approved))
    return covers.reserve(tx, approved) if approved.cover is Cover.RESERVING else approved


def decline_application(
    tx: WriteTx, by: Principal, application_id: str, declination: Declination
) -> Application:
    by.require(*BANK)
    application = rights.own_application(tx, by, application_id)
    return endings.keep(tx, life.declined(application, declination, by.subject, tx.now))


def list_decline_reasons(tx: ReadTx, by: Principal) -> DeclineReasonList:
    """What a bank may decline for, and what the service centre can do about each."""
    by.require(*BANK, Role.SME, Role.SERVICE_CENTRE)
    return DeclineReasonList(items=tuple(decline_reasons().values()))


def sign_contracts(tx: WriteTx, by: Principal, application_id: str, contracts: Contracts) -> Application:
    """The bank tells the numbers of the papers that it and the firm signed."""
    by.require(*BANK)
    application = rights.own_application(tx, by, application_id)
    life.expect(application, life.Act.SIGN)
    renewals.check_signing(tx, application, contracts.signed_on)
    signed = telling.keep(tx, life.contracted(application, contracts, tx.now, tx.today))
    if contracts.pledge_contract is not None:
        pledges.sign_all(tx, signed, contracts.pledge_contract, contracts.signed_on)
    return signed


def _by_waiver(tx: WriteTx, approved: Application) -> Application:
    """The decision tells which waivers stand today: the firm is eligible by them."""
    standing = waivers.standing_for(tx, approved.party, approved.product_id)
    if not standing or approved.decision is None:
        return approved
    ids = tuple(one.waiver_id for one in standing)
    return replace(approved, decision=replace(approved.decision, eligible_by_waiver=ids))


def _take_quota(tx: WriteTx, approved: Application, quota_fen: int | None) -> None:
    """Under the quota of the version that the firm saw; what other versions took counts too."""
    if quota_fen is not None and approved.decision is not None:
        check_quota(quota_fen, quotas.lock(tx, approved.product_id), approved.decision.amount_fen)
        quotas.take(tx, approved.product_id, approved.id, approved.decision.amount_fen)
