"""Organisations: registered and changed by the operator, known to all, enterprises only to those concerned."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import NotFound
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.registry.regions import within
from services.identity import messages, store
from services.identity.domain.organisation import (
    Organisation,
    OrganisationKind,
    OrganisationPage,
    OrganisationTerms,
    organisation_of,
)


def put_organisation(
    tx: WriteTx, by: Principal, organisation_id: str | None, terms: OrganisationTerms
) -> Organisation:
    """Register an organisation, or give a known one its new whole state. Without an id it gets one."""
    by.require(Role.OPERATOR)
    known = store.find_organisation(tx, organisation_id) if organisation_id else None
    organisation = organisation_of(organisation_id or tx.new_id("org"), terms, known)
    if known is None:
        store.insert_organisation(tx, organisation)
    else:
        store.update_organisation(tx, organisation)
    tell(tx, organisation)
    return organisation


def get_organisation(tx: ReadTx, by: Principal, organisation_id: str) -> Organisation:
    organisation = store.organisation(tx, organisation_id)
    if not _may_see(by, organisation):
        raise NotFound(f"There is no organisation {organisation_id}.", field="organisation")
    return organisation


def list_organisations(
    tx: ReadTx, by: Principal, kind: OrganisationKind | None = None, cursor: str | None = None, limit: int = 0
) -> OrganisationPage:
    """All institutions; enterprises for the operator alone."""
    return store.organisation_page(tx, kind, by.role is Role.OPERATOR, cursor, limit)


def tell(tx: WriteTx, organisation: Organisation) -> None:
    if organisation.sandbox:
        return
    emit(tx, topics.IDENTITY_ORGANISATION, organisation.id, messages.organisation_state(organisation))


def _may_see(by: Principal, organisation: Organisation) -> bool:
    if organisation.kind is not OrganisationKind.ENTERPRISE or by.organisation == organisation.id:
        return True
    if by.role is Role.SERVICE_CENTRE:
        return within(organisation.territory, by.territory)
    return by.role in (Role.OPERATOR, Role.SERVICE)
