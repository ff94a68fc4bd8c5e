"""Consents: given by the firm itself, taken back with immediate effect."""

from datetime import date

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.finance.daycount import add_years
from libs.policy import PolicySet
from services.credit import messages
from services.credit.domain import consent as rules
from services.credit.domain.consent import Consent, ConsentList, ConsentRules, NewConsent, Revocation
from services.credit.domain.party import PartyStatus
from services.credit.operations import documents
from services.credit.operations.access import require_firm
from services.credit.operations.reading import LENDERS
from services.credit.store import consents, files, summaries


def grant_consent(tx: WriteTx, by: Principal, party: str, new: NewConsent) -> Consent:
    """Only the firm itself may consent: nobody who fills in for it, and no operator."""
    require_firm(by, party)
    files.lock_party(tx, party)
    if files.party_record(tx, party).status is PartyStatus.WITHDRAWN:
        raise Conflict(
            "The party has withdrawn.", field="party", mend="Open the file again: PUT /v1/parties/{party}."
        )
    documents.require_own(tx, party, new.documents)
    consent = rules.granted(
        new, party, tx.new_id("cst"), tx.now, tx.today, consent_rules(tx.policies, new, tx.today)
    )
    consents.insert_consent(tx, consent)
    _tell(tx, consent)
    return consent


def revoke_consent(tx: WriteTx, by: Principal, consent_id: str, told: Revocation | None = None) -> Consent:
    """From now on the consent opens nothing. Revoking twice changes nothing."""
    by.require(Role.SME)
    given = consents.consent_to_change(tx, consent_id)
    require_firm(by, given.party)
    ended = rules.revoked(given, tx.now, told.reason if told else None)
    if ended is not given:
        consents.update_consent(tx, ended)
        _tell(tx, ended)
    return ended


def list_consents(tx: ReadTx, by: Principal, party: str) -> ConsentList:
    """The firm sees all that it ever gave; a lender those that name it."""
    by.require(Role.SME, *LENDERS)
    if by.role is Role.SME:
        require_firm(by, party)
        return ConsentList(items=consents.consents_of(tx, party))
    return ConsentList(items=consents.consents_of(tx, party, by.organisation))


def consent_rules(policies: PolicySet, new: NewConsent, today: date) -> ConsentRules:
    """What holds for a consent that is given today; none begins later than one of today may end."""
    years = policies.integer_on("credit.consent.longest_years", today)
    start = min(new.valid_from or today, add_years(today, years))
    scopes = policies.value_on("credit.consent.separate_scopes", today)
    return ConsentRules(
        latest_end=add_years(start, years), separate_scopes=codec.load(tuple[str, ...], scopes)
    )


def _tell(tx: WriteTx, consent: Consent) -> None:
    """Stale first: that waits for a summary of what held before, which so stands in the log before this."""
    summaries.mark_stale(tx, consent.party)
    emit(tx, topics.CREDIT_CONSENT, consent.id, messages.consent_changed(consent, tx.today))
