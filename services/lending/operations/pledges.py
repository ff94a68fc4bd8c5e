"""Pledges: taken by a bank for an application, registered, watched, and released."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta

from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal, Role
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from libs.finance.daycount import add_months
from libs.policy import NoPolicyValue
from services.lending.domain import pledge_life as states
from services.lending.domain import pledge_rules as rules
from services.lending.domain.application import Application
from services.lending.domain.life import ENDED_UNDRAWN
from services.lending.domain.loan import Loan
from services.lending.domain.pledge import (
    NewPledge,
    Pledge,
    PledgeContract,
    PledgeEnding,
    PledgePage,
    PledgeRegistration,
    PledgeStatus,
    Upkeep,
    lendable,
)
from services.lending.domain.product import Product
from services.lending.operations import feed, rights
from services.lending.operations.pledge_telling import tell
from services.lending.store import applications as application_store
from services.lending.store import loans as loan_store
from services.lending.store import pledges as pledge_store
from services.lending.store import products as product_store

_BATCH = 500


def propose_pledge(tx: WriteTx, by: Principal, new: NewPledge) -> Pledge:
    """The bank takes a right for an application. From here no other pledge of it begins, at any bank."""
    by.require(*BANK)
    application = rights.own_application(tx, by, new.application_id)
    product = product_store.get(tx, application.product_id, application.product_version)
    pledge = _proposed(tx, new, application, product)
    pledge_store.insert(tx, pledge)
    return tell(tx, pledge, application)


def get_pledge(tx: ReadTx, by: Principal, pledge_id: str) -> Pledge:
    """For the bank that holds it and the firm whose loan it secures."""
    by.require(*BANK, Role.SME)
    pledge = pledge_store.get(tx, pledge_id)
    if by.role is Role.SME:
        by.require_organisation(pledge.party)
    else:
        application = application_store.get(tx, pledge.application_id)
        rights.may_see(tx, by, pledge.bank, application.branch)
    return pledge


def list_pledges(
    tx: ReadTx,
    by: Principal,
    application_id: str | None = None,
    status: PledgeStatus | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> PledgePage:
    """The bank's own, or those that the firm gave."""
    by.require(*BANK, Role.SME)
    if by.role is Role.SME:
        mine = pledge_store.given_by(by.organisation)
    else:
        mine = pledge_store.seen_by(by.organisation, rights.branches_of(tx, by))
    return pledge_store.page_of(tx, mine, application_id, status, cursor, limit)


def sign_pledge(tx: WriteTx, by: Principal, pledge_id: str, contract: PledgeContract) -> Pledge:
    return _changed(tx, by, pledge_id, lambda pledge: states.contracted(pledge, contract, tx.today))


def register_pledge(tx: WriteTx, by: Principal, pledge_id: str, registration: PledgeRegistration) -> Pledge:
    """The register entered it: the pledge arises, and the loan may be paid out."""
    return _changed(tx, by, pledge_id, lambda pledge: states.registered(pledge, registration, tx.today))


def refuse_pledge(tx: WriteTx, by: Principal, pledge_id: str, ending: PledgeEnding) -> Pledge:
    """The register refused it; the right is free again."""
    return _changed(tx, by, pledge_id, lambda pledge: states.refused(pledge, ending.reason, tx.today))


def keep_up_pledge(tx: WriteTx, by: Principal, pledge_id: str, upkeep: Upkeep) -> Pledge:
    return _changed(tx, by, pledge_id, lambda pledge: states.kept_up(pledge, upkeep))


def release_pledge(tx: WriteTx, by: Principal, pledge_id: str, ending: PledgeEnding) -> Pledge:
    """The bank gives a pledge up; not while loans need it."""
    by.require(*BANK)
    known, application = _own(tx, by, pledge_id)
    others = [one for one in pledge_store.of_application(tx, application.id) if one.id != pledge_id]
    _check_carried(tx, application, others, 0)
    pledge = states.released(known, ending.reason, tx.today)
    pledge_store.update(tx, pledge)
    return tell(tx, pledge, application)


def sign_all(tx: WriteTx, application: Application, number: str, signed_on: date) -> None:
    """The application's papers are signed: so is the contract of each pledge that waits for it."""
    contract = PledgeContract(number=number, signed_on=signed_on)
    for pledge in pledge_store.of_application(tx, application.id):
        if pledge.status is PledgeStatus.PROPOSED:
            signed = states.contracted(pledge, contract, tx.today)
            pledge_store.update(tx, signed)
            tell(tx, signed, application)


def secure(tx: WriteTx, application: Application, loan: Loan) -> None:
    """Before a loan is stored, under the lock of its application.

    Violation unless every right that the application wants is pledged, registered, alive beyond the loan, and all
    together carry it. A renewal without repayment takes over what stands behind the loan that it settles.
    """
    pledges = (
        *pledge_store.of_application(tx, application.id),
        *_renewed(tx, application, loan.amount_fen),
    )
    found = rules.missing(application.ip_rights, pledges)
    for pledge in pledges:
        found += rules.at_drawdown(pledge, loan.disbursed_on, loan.matures_on, tx.today)
    rules.check(found)
    if pledges:
        _check_carried(tx, application, pledges, loan.amount_fen)
    for pledge in pledges:
        if pledge.application_id != application.id:
            taken = replace(pledge, application_id=application.id, debt_ends_on=loan.matures_on)
            pledge_store.update(tx, taken)
            tell(tx, taken, application)


def check_outlives(tx: ReadTx, extended: Loan) -> None:
    """Before a loan falls due later: no debt outlasts the rights behind it."""
    found = list[Violation]()
    for pledge in pledge_store.of_application(tx, extended.application_id):
        found += rules.outlasted(pledge, extended.matures_on)
    rules.check(found)


def release_all(tx: WriteTx, application_id: str, reason: str) -> None:
    """The application ended, or its last loan is settled: its rights are free again."""
    application = application_store.to_change(tx, application_id)
    for pledge in pledge_store.of_application(tx, application_id):
        free = states.released(pledge, reason, tx.today)
        pledge_store.update(tx, free)
        tell(tx, free, application)


def watch(database: Database) -> int:
    """Tell banks, once each, of annual fees and renewals that come due; returns how many."""
    with database.read() as tx:
        last = tx.today + timedelta(days=tx.policies.integer_on("lending.ip_watch", tx.today))
        due = pledge_store.due_by(tx, last, _BATCH)
    return sum(database.transact(lambda tx, pledge_id=pledge_id: _told(tx, pledge_id)) for pledge_id in due)


def _renewed(tx: WriteTx, application: Application, amount_fen: int) -> tuple[Pledge, ...]:
    """The pledges of the loan that a renewal without repayment settles, where they secure nothing beside it."""
    renewal = application.renewal
    old = loan_store.if_any(tx, renewal.loan_id) if renewal and renewal.without_repayment else None
    if old is None or old.bank != application.bank or old.party != application.party:
        return ()
    application_store.to_change(tx, old.application_id)
    if pledge_store.outstanding(tx, old.application_id) > amount_fen:
        return ()
    return pledge_store.of_application(tx, old.application_id)


def _told(tx: WriteTx, pledge_id: str) -> bool:
    pledge = pledge_store.get(tx, pledge_id)
    due_on = pledge.upkeep_due_on
    if due_on is None or not pledge_store.mark_told(tx, pledge_id, due_on):
        return False
    noted = {
        "application_id": pledge.application_id,
        "status": pledge.status.value,
        "due_on": due_on.isoformat(),
    }
    feed.note(tx, pledge.bank, "pledge.upkeep_due", pledge.id, noted)
    return True


def _changed(tx: WriteTx, by: Principal, pledge_id: str, change: Callable[[Pledge], Pledge]) -> Pledge:
    """The bank's own pledge, changed under the lock of its application."""
    by.require(*BANK)
    known, application = _own(tx, by, pledge_id)
    pledge = change(known)
    pledge_store.update(tx, pledge)
    return tell(tx, pledge, application)


def _own(tx: WriteTx, by: Principal, pledge_id: str) -> tuple[Pledge, Application]:
    """The caller's pledge and its application, locked; Conflict where a renewal took it over before the lock."""
    application = rights.own_application(tx, by, pledge_store.get(tx, pledge_id).application_id)
    pledge = pledge_store.get(tx, pledge_id)
    if pledge.application_id != application.id:
        message = f"It stands behind {pledge.application_id} now."
        raise Conflict(message, field="pledge_id", mend="Read it again first.")
    return pledge, application


def _check_carried(tx: WriteTx, application: Application, pledges: Sequence[Pledge], more_fen: int) -> None:
    """What is lent never exceeds what the pledges carry, where no guarantee stands beside them."""
    lent_fen = pledge_store.outstanding(tx, application.id)
    if application.programme is None and lent_fen + more_fen:
        rules.check(rules.beyond_caps(pledges, lent_fen, more_fen))


def _proposed(tx: WriteTx, new: NewPledge, application: Application, product: Product) -> Pledge:
    """The pledge, or all that stands against it."""
    if application.status in ENDED_UNDRAWN:
        raise Violation("application_id", f"The application is {application.status}.", "Nothing to secure.")
    cap_bp = rules.cap_of(product.terms, new.kind)
    if cap_bp is None:
        raise Violation("kind", f"The product lends on no {new.kind}.", "Take a right that it names.")
    ends_on = None if new.ip is None else rules.life_ends(new.kind, new.ip, _years(tx, new))
    debt_ends_on = new.debt_ends_on or add_months(tx.today, application.term_months)
    margin_months = max(product.terms.ip_margin_months, tx.policies.integer_on("lending.ip_margin", tx.today))
    rules.check(rules.refusals(new, ends_on, debt_ends_on, margin_months, tx.today))
    own = {name: getattr(new, name) for name in _TAKEN_OVER}
    return Pledge(
        id=tx.new_id("plg"),
        bank=application.bank,
        party=application.party,
        cap_bp=cap_bp,
        lendable_fen=lendable(new.valuation.amount_fen, cap_bp),
        margin_months=margin_months,
        ends_on=ends_on,
        debt_ends_on=debt_ends_on,
        status=PledgeStatus.PROPOSED,
        sandbox=application.sandbox,
        **own,
    )


def _years(tx: ReadTx, new: NewPledge) -> int:
    """How long such a right lasts, by the law of the day from which it runs."""
    assert new.ip is not None
    try:
        return tx.policies.integer_on(f"lending.ip_term.{new.kind.lower()}", new.ip.runs_from)
    except NoPolicyValue as error:
        why = f"A right of {new.ip.runs_from} is older than any that lives."
        raise Violation("ip/runs_from", why, "Mend the date.", rules.source_of(new.kind)) from error


_TAKEN_OVER = tuple(one.name for one in fields(NewPledge) if one.name != "debt_ends_on")
