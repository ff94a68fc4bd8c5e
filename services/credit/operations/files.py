"""Party files: opened, added to, withdrawn."""

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.credit import messages
from services.credit.domain import bulk
from services.credit.domain import consent as consent_rules
from services.credit.domain.bulk import BulkOutcome, RowOutcome, RowState
from services.credit.domain.facts import Fact, NewFact, NewFacts, Source, check_fact
from services.credit.domain.party import IpRight, PartyStatus, Registration, check_party, check_right
from services.credit.domain.view import Party
from services.credit.operations.access import require_firm, require_writer, source_of, writable
from services.credit.operations.reading import whole_file
from services.credit.store import consents, files, summaries

LARGEST_BULK = 5_000


def put_party(tx: WriteTx, by: Principal, party: str, registration: Registration) -> Party:
    """Open a file, or record what a register says now; the earlier registration is kept beside it."""
    require_writer(by, party, registration.county)
    check_party(party, registration, tx.today)
    files.lock_party(tx, party)
    known = files.find_party(tx, party)
    if known is None:
        files.open_party(tx, party)
    else:
        _check_return(by, known)
    if known is None or known.registration != registration or known.status is PartyStatus.WITHDRAWN:
        files.add_registration(tx, party, known.version + 1 if known else 1, registration, by.subject)
        summaries.mark_stale(tx, party)
    return whole_file(tx, files.party_record(tx, party), _seen_by_writer(by))


def withdraw_party(tx: WriteTx, by: Principal, party: str) -> Party:
    """The firm leaves: every consent ends, and nobody is told anything of it any more."""
    require_firm(by, party)
    files.lock_party(tx, party)
    record = files.party_record(tx, party)
    files.withdraw_party(tx, party)
    for consent in consents.consents_of(tx, party):
        ended = consent_rules.revoked(consent, tx.now)
        if ended is not consent:
            consents.update_consent(tx, ended)
            emit(tx, topics.CREDIT_CONSENT, ended.id, messages.consent_changed(ended, tx.today))
    summaries.mark_stale(tx, party)
    return whole_file(tx, files.party_record(tx, record.id), None)


def add_facts(tx: WriteTx, by: Principal, party: str, new: NewFacts) -> BulkOutcome:
    """Record facts and rights, each on its own: a bad row stops no other. Rows count facts first, then rights."""
    if len(new.facts) + len(new.ip_rights) > LARGEST_BULK:
        raise Violation("facts", "The delivery is too large.", f"Send at most {LARGEST_BULK} rows at once.")
    files.lock_party(tx, party)
    writable(tx, by, party)
    rows = _facts(tx, by, party, new.facts) + _rights(tx, by, party, new.ip_rights, len(new.facts))
    outcome = bulk.outcome(party, rows)
    if outcome.recorded:
        summaries.mark_stale(tx, party)
    return outcome


def _facts(tx: WriteTx, by: Principal, party: str, new: tuple[NewFact, ...]) -> list[RowOutcome]:
    said = {(fact.fact, fact.source, fact.observed_on): fact.value for fact in files.fact_records(tx, party)}
    rows: list[RowOutcome] = []
    fresh: list[Fact] = []
    for number, fact in enumerate(new, 1):
        try:
            check_fact(fact, tx.today)
        except Violation as violation:
            rows.append(bulk.rejected(number, violation))
            continue
        record = _record(tx, by, fact)
        key = (record.fact, record.source, record.observed_on)
        if said.get(key) == record.value:
            rows.append(RowOutcome(row=number, state=RowState.KNOWN))
            continue
        said[key] = record.value
        fresh.append(record)
        rows.append(RowOutcome(row=number, state=RowState.RECORDED))
    files.add_facts(tx, party, fresh, by.subject)
    return rows


def _record(tx: WriteTx, by: Principal, new: NewFact) -> Fact:
    return Fact(
        fact=new.fact,
        value=new.value,
        source=source_of(by, new.source),
        observed_on=new.observed_on,
        recorded_at=tx.now,
    )


def _rights(
    tx: WriteTx, by: Principal, party: str, new: tuple[IpRight, ...], before: int
) -> list[RowOutcome]:
    source = source_of(by, Source.IP_OFFICE)
    rows: list[RowOutcome] = []
    for number, right in enumerate(new, before + 1):
        try:
            check_right(right)
        except Violation as violation:
            rows.append(bulk.rejected(number, violation))
            continue
        recorded = files.add_right(tx, party, right, source, by.subject)
        rows.append(RowOutcome(row=number, state=RowState.RECORDED if recorded else RowState.KNOWN))
    return rows


def _check_return(by: Principal, known: files.PartyRecord) -> None:
    if by.role is not Role.SME:
        require_writer(by, known.id, known.registration.county)
        if known.status is PartyStatus.WITHDRAWN:
            raise Conflict(
                "The party has withdrawn.",
                field="party",
                mend="Only the firm itself can open its file again.",
            )


def _seen_by_writer(by: Principal) -> consent_rules.Opened | None:
    """The firm sees its whole file; who brought data sees what is public."""
    return None if by.role is Role.SME else {}
