"""From where an organisation lets its tokens be used. What is decided here is written into each token."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.origin import Origin, is_within
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, Unauthenticated
from libs.chassis.tokens import Binding
from libs.criteria.violation import Violation
from services.identity import store
from services.identity.domain.machine import Access, AccessTerms

MANAGERS = (Role.BANK_MANAGER, Role.GUARANTOR_MANAGER, Role.OPERATOR)


def get_access(tx: ReadTx, by: Principal, organisation_id: str) -> Access:
    _may_manage(by, organisation_id)
    store.organisation(tx, organisation_id)
    return store.access_of(tx, organisation_id)


def put_access(
    tx: WriteTx, by: Principal, organisation_id: str, terms: AccessTerms, address: str | None
) -> Access:
    """The new whole state, for tokens from now on. Violation for a manager who would shut himself out."""
    _may_manage(by, organisation_id)
    store.organisation(tx, organisation_id)
    shut_out = terms.networks and not (address and is_within(address, terms.networks))
    if shut_out and by.organisation == organisation_id:
        mend = "Add the network you are in, or have the operator set the list."
        raise Violation("networks", f"Your own address {address} is in none of them.", mend)
    access = Access(organisation=organisation_id, networks=terms.networks, certificates=terms.certificates)
    store.put_access(tx, access)
    return access


def person_binding(access: Access, origin: Origin) -> Binding:
    """Persons have passwords and browsers: they are held to the networks alone. Forbidden from elsewhere."""
    if access.networks and not (origin.address and is_within(origin.address, access.networks)):
        raise Forbidden(
            f"This organisation signs in from its own networks only, not from {origin.address}.",
            mend="Call from there, or have the list changed: PUT /v1/organisations/{id}/access.",
        )
    return Binding(access.networks)


def machine_binding(access: Access, origin: Origin) -> Binding:
    """The same, and to the certificate with which the machine calls now. Unauthenticated without a known one."""
    networks = person_binding(access, origin).networks
    if not access.certificates:
        return Binding(networks)
    if origin.certificate not in access.certificates:
        raise Unauthenticated(
            "This organisation's machines call with a client certificate that it has registered.",
            mend="Call with one of them, or add its x5t#S256: PUT /v1/organisations/{id}/access.",
            source="RFC 8705",
        )
    return Binding(networks, origin.certificate)


def _may_manage(by: Principal, organisation_id: str) -> None:
    by.require(*MANAGERS)
    if by.role is not Role.OPERATOR:
        by.require_organisation(organisation_id)
