"""Party files: opened, added to, withdrawn."""

from collections.abc import Container, Sequence
from datetime import date

from libs.chassis.database import WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import SCOPES, fact_type
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.finance.daycount import add_years
from libs.policy import NoPolicyValue
from libs.registry.loan_terms import IpRightKind
from services.credit import messages
from services.credit.domain import bulk
from services.credit.domain import consent as consent_rules
from services.credit.domain import mandates as mandate_rules
from services.credit.domain.bulk import BulkOutcome, RowOutcome, RowState
from services.credit.domain.facts import Fact, NewFact, NewFacts, Source, check_fact
from services.credit.domain.party import IpRight, PartyStatus, Registration, check_party, check_right
from services.credit.domain.view import STATEMENTS, Party
from services.credit.operations import documents
from services.credit.operations.access import CARRIERS, fillable, require_firm, require_writer, source_of
from services.credit.operations.reading import whole_file
from services.credit.store import consents, files, mandates, rights, summaries
from services.credit.store.disputes import stopped_facts, word_of

LARGEST_BULK = 5_000
MOST_RIGHTS = 1_000  # of a party: its summary, which is one event, names them all

_PATENTS = (IpRightKind.INVENTION, IpRightKind.UTILITY_MODEL, IpRightKind.DESIGN)


def put_party(tx: WriteTx, by: Principal, party: str, registration: Registration) -> Party:
    """Open a file, or record what a register says now; the earlier registration is kept beside it."""
    require_writer(by, party, registration.county)
    register(tx, by, party, registration)
    return whole_file(tx, files.party_record(tx, party), _seen_by_writer(by))


def register(tx: WriteTx, by: Principal, party: str, registration: Registration) -> bool:
    """The same for who may write there; whether it was news."""
    check_party(party, registration, tx.today)
    known = _known(tx, party)
    if known is not None:
        _check_return(by, known)
    news = known is None or known.registration != registration or known.status is PartyStatus.WITHDRAWN
    if news:
        files.add_registration(tx, party, known.version + 1 if known else 1, registration, by.subject)
        summaries.mark_stale(tx, party)
    return news


def _known(tx: WriteTx, party: str) -> files.PartyRecord | None:
    """The party under its lock; None where it was opened here, and nobody else opened it at this moment."""
    files.lock_party(tx, party)
    known = files.find_party(tx, party)
    if known is not None or files.open_party(tx, party):
        return known
    files.lock_party(tx, party)
    return files.party_record(tx, party)


def withdraw_party(tx: WriteTx, by: Principal, party: str) -> Party:
    """The firm leaves: its consents and mandates end, its documents are destroyed, nobody is told of it any more."""
    require_firm(by, party)
    files.lock_party(tx, party)
    record = files.party_record(tx, party)
    files.withdraw_party(tx, party)
    summaries.mark_stale(tx, party)
    documents.withdraw_all(tx, party)
    for consent in consents.consents_of(tx, party):
        ended = consent_rules.revoked(consent, tx.now)
        if ended is not consent:
            consents.update_consent(tx, ended)
            emit(tx, topics.CREDIT_CONSENT, ended.id, messages.consent_changed(ended, tx.today))
    for mandate in mandates.mandates_of(tx, party):
        mandates.update_mandate(tx, mandate_rules.revoked(mandate, tx.now))
    return whole_file(tx, files.party_record(tx, record.id), None)


def add_facts(tx: WriteTx, by: Principal, party: str, new: NewFacts) -> BulkOutcome:
    """Record facts and rights, each on its own: a bad row stops no other. Rows count facts first, then rights."""
    if len(new.facts) + len(new.ip_rights) > LARGEST_BULK:
        raise Violation("facts", "The delivery is too large.", f"Send at most {LARGEST_BULK} rows at once.")
    files.lock_party(tx, party)
    scopes = fillable(tx, by, party)
    rows = record_facts(tx, by, party, new.facts, scopes)
    rows += _rights(tx, by, party, new.ip_rights, len(new.facts), scopes)
    outcome = bulk.outcome(party, rows)
    if outcome.recorded:
        summaries.mark_stale(tx, party)
    return outcome


def record_facts(
    tx: WriteTx, by: Principal, party: str, new: Sequence[NewFact], scopes: Container[str] = SCOPES
) -> list[RowOutcome]:
    """For who may write about these scopes of the party, whose row is locked."""
    said = {(fact.fact, fact.source, fact.observed_on): fact.value for fact in files.fact_records(tx, party)}
    wrong = stopped_facts(tx, party)
    rows: list[RowOutcome] = []
    fresh: list[Fact] = []
    for number, fact in enumerate(new, 1):
        try:
            check_fact(fact, tx.today)
            _check_scope("fact", fact_type(fact.fact).scope, scopes)
        except Violation as violation:
            rows.append(bulk.rejected(number, violation))
            continue
        record = _record(tx, by, fact)
        key = (record.fact, record.source, record.observed_on)
        if word_of(record) in wrong:
            rows.append(RowOutcome(row=number, state=RowState.KNOWN, message=bulk.STOPPED))
            continue
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
        confidence=new.confidence if by.role is not Role.SME else None,
    )


def _rights(
    tx: WriteTx,
    by: Principal,
    party: str,
    new: tuple[IpRight, ...],
    before: int,
    scopes: Container[str],
) -> list[RowOutcome]:
    source = source_of(by, Source.IP_OFFICE)
    held = {right.id for right in rights.rights(tx, party)} if new else set[str]()
    rows: list[RowOutcome] = []
    for number, right in enumerate(new, before + 1):
        try:
            _check_room(held, right)
            check_right(right, tx.today, _last_day(tx, right))
            _check_scope("id", "public", scopes)
            if right.worth_fen:
                _check_scope("appraised_fen", STATEMENTS, scopes)
        except Violation as violation:
            rows.append(bulk.rejected(number, violation))
            continue
        held.add(right.id)
        recorded = rights.add_right(tx, party, right, source, by.subject)
        rows.append(RowOutcome(row=number, state=RowState.RECORDED if recorded else RowState.KNOWN))
    return rows


def _check_room(held: set[str], right: IpRight) -> None:
    if right.id not in held and len(held) >= MOST_RIGHTS:
        raise Violation(
            "id", f"The file holds {MOST_RIGHTS} rights already.", "Tell the platform's operator."
        )


def _check_scope(field: str, scope: str, scopes: Container[str]) -> None:
    if scope not in scopes:
        raise Violation(field, f"Your mandate does not name `{scope}`.", "Leave it out.")


def _last_day(tx: WriteTx, right: IpRight) -> date | None:
    """Of a patent that was filed on a known day, by the law of that day. Others run from elsewhere, or are renewed."""
    if right.filed_on is None or right.kind not in _PATENTS:
        return None
    try:
        years = tx.policies.integer_on(f"lending.ip_term.{right.kind.lower()}", right.filed_on)
    except NoPolicyValue as error:
        why = f"A right of {right.filed_on} is older than any that lives."
        raise Violation("filed_on", why, "Mend the date.") from error
    return add_years(right.filed_on, years)


def _check_return(by: Principal, known: files.PartyRecord) -> None:
    if by.role in CARRIERS:
        require_writer(by, known.id, known.registration.county)
    if by.role is not Role.SME and known.status is PartyStatus.WITHDRAWN:
        raise Conflict(
            "The party has withdrawn.", field="party", mend="Only the firm itself can open its file again."
        )


def _seen_by_writer(by: Principal) -> consent_rules.Opened | None:
    """The firm sees its whole file; who brought data sees what is public."""
    return None if by.role is Role.SME else {}
