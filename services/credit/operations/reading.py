"""What may be looked at: the firm sees its whole file, others what is public and what a consent opens to them.

THE decision who sees what is `opened_to`, with `domain.view.may_see`; every door comes through here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import Forbidden
from libs.criteria.vocabulary import fact_type
from services.credit.domain import counts, features, view
from services.credit.domain import series as series_rules
from services.credit.domain.consent import Opened, Purpose, Read, ReadKind, ReadPage, opened, trail
from services.credit.domain.facts import Fact, FactHistory, Held, Source, derived, judged, resolve, told
from services.credit.domain.party import PartyStatus, code_doubtful
from services.credit.domain.sources import Confidence, ItemState
from services.credit.domain.view import Party
from services.credit.operations import marks
from services.credit.operations.access import CARRIERS, is_agent, mandated, require_firm, require_writer
from services.credit.operations.stops import counting
from services.credit.store import consents, files, invoices, rights, series
from services.credit.store.files import PartyRecord

LENDERS = (*BANK, *GUARANTOR)


def get_party(
    tx: WriteTx, by: Principal, party: str, as_of: date | None = None, known: datetime | None = None
) -> Party:
    """The file as the caller may see it. The firm may ask for an earlier day, and for what was known by an instant."""
    record, seen = look(tx, by, party)
    if seen is not None or (as_of is None and known is None):
        return whole_file(tx, record, seen)
    return whole_file(tx, files.party_as_of(tx, record, as_of, known), None, as_of, known)


def get_fact(
    tx: WriteTx,
    by: Principal,
    party: str,
    fact: str,
    as_of: date | None = None,
    known: datetime | None = None,
) -> FactHistory:
    """All that was said of one fact, which of it counts, and why; the firm may ask for an earlier day and instant."""
    kind = fact_type(fact)
    record, seen = look(tx, by, party)
    if fact == view.SCORE or not view.may_see(kind, seen):
        return FactHistory(fact=fact, state=ItemState.NOT_AUTHORISED)
    if seen is not None:
        as_of = known = None
    day = as_of or tx.today
    opener = seen.get(kind.scope) if seen else None
    if kind.derived:
        said: Iterable[Fact] = held_facts(tx, record, day, known).values()
    else:
        said = said_facts(tx, party, day, known)
    history = told(fact, _confident(tx, said), day, known, opener.id if opener else None)
    return marks.on_history(tx, party, history)


def _with_confidence(tx: ReadTx, held: Held) -> Held:
    return {record.fact: record for record in _confident(tx, held.values())}


def _confident(tx: ReadTx, said: Iterable[Fact]) -> Iterator[Fact]:
    """What does not say how far it is to be relied on is relied on as far as its source."""
    by_source = tx.policies.record_on("credit.sources.confidence", tx.today)
    for record in said:
        default = Confidence(str(by_source[record.source]))
        yield record if record.confidence else replace(record, confidence=default)


def look(tx: WriteTx, by: Principal, party: str) -> tuple[PartyRecord, Opened | None]:
    """The party, and what the caller may see of it: all (None) where it is the firm itself. Every other look is
    logged: a lender's under its consents, an agent's under its mandates, that of who brings data with nothing."""
    if is_agent(by, party):
        seen: Opened = mandated(tx, by, party)
        record = _still_there(files.party_record(tx, party))
    else:
        record = for_reader(tx, by, party)
        if by.role is Role.SME:
            return record, None
        seen = opened_to(tx, by, record)
    log_read(tx, by, record, ReadKind.FILE, seen)
    return record, seen


def list_reads(tx: ReadTx, by: Principal, party: str, cursor: str | None = None, limit: int = 0) -> ReadPage:
    """Who looked into the firm's file, the latest first."""
    require_firm(by, party)
    return consents.read_page(tx, party, cursor, limit)


def held_facts(tx: ReadTx, record: PartyRecord, as_of: date, known: datetime | None = None) -> Held:
    """All that counts about a party on a day: delivered, counted from invoices, derived."""
    held = resolve(said_facts(tx, record.id, as_of, known), as_of, known)
    recorded_on = min(business_date(record.recorded_at), as_of)
    return {**held, **derived(record.registration, record.recorded_at, recorded_on, held, as_of)}


def whole_file(
    tx: ReadTx,
    record: PartyRecord,
    seen: Opened | None,
    as_of: date | None = None,
    known: datetime | None = None,
) -> Party:
    """The file as `seen` shows it; None: all of it. The name only where anything is opened, or to the firm."""
    day = as_of or tx.today
    held = _with_confidence(tx, held_facts(tx, record, day, known))
    registration = record.registration
    size = judged(registration, held, day)
    return Party(
        id=record.id,
        kind=registration.kind,
        name=registration.name if seen is None or seen else "",
        county=registration.county,
        industry=registration.industry,
        established_on=registration.established_on,
        items=marks.on_items(tx, record.id, view.items(held, seen)),
        ip_rights=view.rights(rights.rights(tx, record.id, as_of, known), seen),
        size=size.size,
        status=record.status,
        size_basis=view.size_basis(size.basis, seen),
        code_doubtful=code_doubtful(record.id),
    )


def said_facts(tx: ReadTx, party: str, as_of: date, known: datetime | None = None) -> list[Fact]:
    """All that was said of single facts, and what invoices, records and monthly figures come to on a day."""
    counted = (*_from_invoices(tx, party, as_of, known), *_from_material(tx, party, as_of, known))
    return [*files.fact_records(tx, party), *counted]


def _from_material(tx: ReadTx, party: str, as_of: date, known: datetime | None) -> Sequence[Fact]:
    lines = series_rules.lines(series.figures_of(tx, party), as_of, known)
    told, stopped = counting(tx, party, as_of, known)
    counted = [
        *series_rules.counted_from_series(lines),
        *counts.counted_from_records(told, stopped, as_of),
    ]
    return [
        Fact(
            fact=one.fact,
            value=str(one.value).lower(),
            source=one.source,
            observed_on=one.observed_on,
            recorded_at=known or tx.now,
        )
        for one in counted
    ]


def _from_invoices(tx: ReadTx, party: str, as_of: date, known: datetime | None) -> Sequence[Fact]:
    """Features of the invoices that were delivered by then."""
    history = invoices.history(tx, party, as_of, known)
    if history is None:
        return ()
    observed = features.observed_on(history, as_of)
    return [
        Fact(
            fact=name,
            value=str(value),
            source=Source.INVOICES,
            observed_on=observed,
            recorded_at=known or tx.now,
        )
        for name, value in features.features(history, as_of).items()
    ]


def for_reader(tx: ReadTx, by: Principal, party: str) -> PartyRecord:
    """The party, where the caller may ask about it at all; nobody but the firm once it has withdrawn."""
    by.require(Role.SME, *LENDERS, *CARRIERS)
    if by.role is Role.SME:
        by.require_organisation(party)
        return files.party_record(tx, party)
    record = files.party_record(tx, party)
    if by.role in CARRIERS:
        require_writer(by, party, record.registration.county)
    return _still_there(record)


def _still_there(record: PartyRecord) -> PartyRecord:
    if record.status is PartyStatus.WITHDRAWN:
        raise Forbidden(
            "The party has withdrawn.", field="party", mend="Only the firm itself can read its file."
        )
    return record


def opened_to(tx: ReadTx, by: Principal, record: PartyRecord) -> Opened:
    """What a consent that names the caller's organisation opens to it now; nothing for those who only bring data."""
    if by.role not in LENDERS:
        return {}
    given = consents.consents_of(tx, record.id, by.organisation)
    return opened(given, by.organisation, Purpose.CREDIT_DECISION, tx.today)


def log_read(
    tx: WriteTx, by: Principal, record: PartyRecord, what: ReadKind, seen: Opened, reason: str | None = None
) -> None:
    scopes, given = trail(seen)
    read = Read(
        id=tx.new_id("rd"),
        party=record.id,
        reader=by.organisation,
        what=what,
        scopes=scopes,
        consents=given,
        read_at=tx.now,
        reason=reason,
    )
    consents.insert_read(tx, read, by.subject)
