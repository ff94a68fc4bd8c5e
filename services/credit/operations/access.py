"""Who may write into a file: the firm itself, and whoever brings shared data for its county."""

from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.registry.regions import within
from services.credit.domain.facts import Source
from services.credit.domain.party import PartyStatus
from services.credit.store import files
from services.credit.store.files import PartyRecord

CARRIERS = (Role.OPERATOR, Role.SERVICE_CENTRE)


def require_writer(by: Principal, party: str, county: str) -> None:
    by.require(Role.SME, *CARRIERS)
    if by.role is Role.SME:
        by.require_organisation(party)
    elif not within(county, by.territory):
        raise Forbidden(f"{county} is outside your territory {by.territory}.", field="county")


def require_firm(by: Principal, party: str) -> None:
    """Only the firm itself decides this."""
    by.require(Role.SME)
    by.require_organisation(party)


def writable(tx: ReadTx, by: Principal, party: str) -> PartyRecord:
    """The party, where the caller may add to its file; Conflict once it has withdrawn."""
    by.require(Role.SME, *CARRIERS)
    record = files.party_record(tx, party)
    require_writer(by, party, record.registration.county)
    if record.status is PartyStatus.WITHDRAWN:
        raise Conflict(
            "The party has withdrawn.",
            field="party",
            mend="It may open its file again: PUT /v1/parties/{party}.",
        )
    return record


def source_of(by: Principal, named: Source | None) -> Source:
    """A firm speaks for itself, whatever it names; who brings shared data may name where it is from."""
    if by.role is Role.SME:
        return Source.SELF_DECLARED
    return named or Source.DATA_SHARING
