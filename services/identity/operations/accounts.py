"""Accounts: given by the operator, or taken by a firm that enrols itself."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.registry.uscc import parse
from services.identity import store
from services.identity.domain.account import (
    Account,
    AccountTerms,
    Enrolment,
    NewEnrolment,
    account_of,
)
from services.identity.domain.machine import MACHINE, account_of_machine
from services.identity.domain.organisation import (
    Organisation,
    OrganisationKind,
    OrganisationTerms,
    organisation_of,
)
from services.identity.operations.organisations import tell
from services.identity.operations.passwords import Passwords

_PLATFORM = "org_platform"


def my_account(tx: ReadTx, by: Principal) -> Account:
    if by.subject.startswith(MACHINE):
        return account_of_machine(store.newest_key_of(tx, by.subject))
    return store.account(tx, by.subject)


def put_account(tx: WriteTx, by: Principal, login: str, terms: AccountTerms, password_hash: str) -> Account:
    """Give an account, or a known one its new whole state and password. `password_hash` is of the terms' password."""
    by.require(Role.OPERATOR)
    organisation = store.organisation(tx, terms.organisation)
    known = store.account_by_login(tx, login)
    account = account_of(known.id if known else tx.new_id("acc"), login, terms, organisation)
    if known is None:
        store.insert_account(tx, account, password_hash)
    else:
        store.update_account(tx, account, password_hash)
    return account


def enrol(tx: WriteTx, new: NewEnrolment, password_hash: str) -> Enrolment:
    """A firm joins by itself: its organisation under its party id, and its first account. Needs no account.

    Conflict when the firm or the login is known. That whoever enrols speaks for the firm is not proved here.
    """
    terms = OrganisationTerms(kind=OrganisationKind.ENTERPRISE, name=new.name, territory=new.county)
    organisation = organisation_of(parse(new.uscc).party, terms, known=None)
    store.insert_organisation(tx, organisation)
    tell(tx, organisation)
    own = AccountTerms(
        password=new.password, role=Role.SME, organisation=organisation.id, display_name=new.display_name
    )
    account = account_of(tx.new_id("acc"), new.login, own, organisation)
    store.insert_account(tx, account, password_hash)
    return Enrolment(organisation=organisation, account=account)


def ensure_operator(tx: WriteTx, login: str, password: str) -> Account:
    """The account with which everything begins; a known login stays as it is, its password too."""
    known = store.account_by_login(tx, login)
    if known is not None:
        return known
    platform = store.find_organisation(tx, _PLATFORM) or _found_platform(tx)
    terms = AccountTerms(
        password=password, role=Role.OPERATOR, organisation=_PLATFORM, display_name="平台运营"
    )
    account = account_of(tx.new_id("acc"), login, terms, platform)
    store.insert_account(tx, account, Passwords().hash(password))
    return account


def _found_platform(tx: WriteTx) -> Organisation:
    platform = organisation_of(
        _PLATFORM, OrganisationTerms(kind=OrganisationKind.PLATFORM, name="融桥"), None
    )
    store.insert_organisation(tx, platform)
    tell(tx, platform)
    return platform
