"""Mandates: given and taken back by the party alone; who holds them sees for whom it may fill in."""

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.finance.daycount import add_years
from services.credit.domain import mandates as rules
from services.credit.domain.mandates import Mandate, MandatePage, NewMandate
from services.credit.operations.access import require_firm, writable
from services.credit.store import files, mandates


def grant_mandate(tx: WriteTx, by: Principal, party: str, new: NewMandate) -> Mandate:
    """Only the party itself lets somebody fill in for it; whoever fills in cannot hand the mandate on."""
    require_firm(by, party)
    files.lock_party(tx, party)
    writable(tx, by, party)
    years = tx.policies.integer_on("credit.consent.mandate_longest_years", tx.today)
    latest_end = add_years(tx.today, years)
    mandate = rules.granted(new, party, tx.new_id("mdt"), tx.now, tx.today, latest_end)
    mandates.insert_mandate(tx, mandate)
    return mandate


def revoke_mandate(tx: WriteTx, by: Principal, mandate_id: str) -> Mandate:
    """From the next call on it opens nothing. What was filled in stays, with who did. Twice changes nothing."""
    by.require(Role.SME)
    given = mandates.mandate_to_change(tx, mandate_id)
    require_firm(by, given.party)
    ended = rules.revoked(given, tx.now)
    if ended is not given:
        mandates.update_mandate(tx, ended)
    return ended


def list_given_mandates(tx: ReadTx, by: Principal, party: str) -> MandatePage:
    """All that the party ever gave, the oldest first."""
    require_firm(by, party)
    return MandatePage(items=mandates.mandates_of(tx, party))


def list_my_mandates(tx: ReadTx, by: Principal, cursor: str | None = None, limit: int = 0) -> MandatePage:
    """For whom the caller's organisation may fill in today, the newest first."""
    by.require(Role.SME)
    return mandates.mandates_to(tx, by.organisation, cursor, limit)
