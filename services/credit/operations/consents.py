"""Consents: given by the firm itself, taken back with immediate effect."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.credit import messages
from services.credit.domain import consent as rules
from services.credit.domain.consent import Consent, ConsentList, NewConsent
from services.credit.domain.party import PartyStatus
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
    consent = rules.granted(new, party, tx.new_id("cst"), tx.now, tx.today)
    consents.insert_consent(tx, consent)
    _tell(tx, consent)
    return consent


def revoke_consent(tx: WriteTx, by: Principal, consent_id: str) -> Consent:
    """From now on the consent opens nothing. Revoking twice changes nothing."""
    by.require(Role.SME)
    given = consents.consent_to_change(tx, consent_id)
    require_firm(by, given.party)
    ended = rules.revoked(given, tx.now)
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


def _tell(tx: WriteTx, consent: Consent) -> None:
    emit(tx, topics.CREDIT_CONSENT, consent.id, messages.consent_changed(consent, tx.today))
    summaries.mark_stale(tx, consent.party)
