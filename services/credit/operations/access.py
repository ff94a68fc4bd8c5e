"""Who may write into a file: the firm itself, who holds its mandate, and whoever brings shared data for its county."""

from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden
from libs.criteria.vocabulary import SCOPES
from libs.registry.regions import within
from services.credit.domain import mandates as mandate_rules
from services.credit.domain.consent import Opened
from services.credit.domain.facts import Source
from services.credit.domain.party import PartyStatus
from services.credit.store import files, mandates
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
    """The party, where the caller may add to its file without a mandate; Conflict once it has withdrawn."""
    by.require(Role.SME, *CARRIERS)
    record = files.party_record(tx, party)
    require_writer(by, party, record.registration.county)
    return _open_file(record)


def require_filler(tx: ReadTx, by: Principal, party: str, scope: str) -> PartyRecord:
    """The party, where the caller may add to one scope of its file: as `writable`, or under a mandate to it."""
    if scope not in fillable(tx, by, party):
        raise Forbidden(
            f"Your mandate of {party} does not name `{scope}`.",
            field="party",
            mend="Ask the party for a mandate that names it.",
        )
    return files.party_record(tx, party)


def fillable(tx: ReadTx, by: Principal, party: str) -> frozenset[str]:
    """The scopes of the file that the caller may add to; Forbidden where there is none, Conflict once the party has
    withdrawn."""
    by.require(Role.SME, *CARRIERS)
    if not is_agent(by, party):
        writable(tx, by, party)
        return frozenset(SCOPES)
    scopes = frozenset(mandated(tx, by, party))
    _open_file(files.party_record(tx, party))
    return scopes


def mandated(tx: ReadTx, by: Principal, party: str) -> Opened:
    """What the party's mandates open to the caller's organisation today; Forbidden where none does."""
    held = mandates.mandates_of(tx, party, by.organisation)
    scopes = mandate_rules.opened(held, tx.today)
    if not scopes:
        raise Forbidden(
            "No mandate of this party is yours today.", field="party", mend="Ask the party for a mandate."
        )
    return scopes


def is_agent(by: Principal, party: str) -> bool:
    return by.role is Role.SME and by.organisation != party


def _open_file(record: PartyRecord) -> PartyRecord:
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
