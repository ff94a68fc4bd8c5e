"""What may be looked at: the firm sees its whole file, others what is public and what a consent opens to them.

THE decision who sees what is `_opened_to`, with `domain.view.may_see`; every door comes through here.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from libs.chassis import codec
from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from libs.chassis.problems import Forbidden
from libs.policy import PolicySet
from services.credit.domain import features, view
from services.credit.domain import scorecard as card_rules
from services.credit.domain.consent import Opened, Purpose, Read, ReadKind, ReadPage, opened, trail
from services.credit.domain.facts import Fact, Held, Source, derived, resolve, size_from
from services.credit.domain.party import PartyStatus
from services.credit.domain.scorecard import Score, Scorecard
from services.credit.domain.view import SCORE, Party
from services.credit.operations.access import CARRIERS, require_firm, require_writer
from services.credit.store import consents, files, invoices
from services.credit.store.files import PartyRecord

LENDERS = (*BANK, *GUARANTOR)
EXPERT_CARD = "credit.expert_scorecard"


def get_party(
    tx: WriteTx, by: Principal, party: str, as_of: date | None = None, known: datetime | None = None
) -> Party:
    """The file as the caller may see it. The firm may ask for an earlier day, and for what was known by an instant."""
    record = _for_reader(tx, by, party)
    if by.role is Role.SME:
        return whole_file(tx, record, None, as_of, known)
    seen = _opened_to(tx, by, record)
    _log(tx, by, record, ReadKind.FILE, seen)
    return whole_file(tx, record, seen)


def get_score(tx: WriteTx, by: Principal, policies: PolicySet, party: str) -> Score:
    """The firm's score from its whole file; a lender's from what is opened to it, which must include the score."""
    by.require(Role.SME, *LENDERS)
    record = _for_reader(tx, by, party)
    if by.role is Role.SME:
        return score_of(tx, policies, record, None)
    seen = _opened_to(tx, by, record)
    _log(tx, by, record, ReadKind.SCORE, seen)
    if SCORE not in seen:
        raise Forbidden(
            "NOT_AUTHORISED: no consent opens the score to you.",
            field=SCORE,
            mend="Ask the firm to consent to `score`.",
        )
    return score_of(tx, policies, record, seen)


def list_reads(tx: ReadTx, by: Principal, party: str, cursor: str | None = None, limit: int = 0) -> ReadPage:
    """Who looked into the firm's file, the latest first."""
    require_firm(by, party)
    return consents.read_page(tx, party, cursor, limit)


def held_facts(tx: ReadTx, record: PartyRecord, as_of: date, known: datetime | None = None) -> Held:
    """All that counts about a party on a day: delivered, counted from invoices, derived."""
    delivered = [*files.fact_records(tx, record.id), *_counted(tx, record.id, as_of)]
    held = resolve(delivered, as_of, known)
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
    held = held_facts(tx, record, as_of or tx.today, known)
    registration = record.registration
    return Party(
        id=record.id,
        kind=registration.kind,
        name=registration.name if seen is None or seen else "",
        county=registration.county,
        industry=registration.industry,
        established_on=registration.established_on,
        items=view.items(held, seen),
        ip_rights=files.rights(tx, record.id),
        size=size_from(registration, held),
        status=record.status,
    )


def score_of(tx: ReadTx, policies: PolicySet, record: PartyRecord, seen: Opened | None) -> Score:
    values = view.visible(held_facts(tx, record, tx.today), seen)
    return card_rules.score(card_on(policies, tx.today), values, record.id, tx.today, policies.set_id)


@lru_cache(maxsize=8)
def card_on(policies: PolicySet, day: date) -> Scorecard:
    """The expert scorecard in force on a day."""
    return codec.load(Scorecard, policies.record_on(EXPERT_CARD, day))


def _counted(tx: ReadTx, party: str, as_of: date) -> Sequence[Fact]:
    history = invoices.sales_history(tx, party, as_of)
    if history is None:
        return ()
    observed = features.observed_on(history, as_of)
    return [
        Fact(fact=name, value=str(value), source=Source.INVOICES, observed_on=observed, recorded_at=tx.now)
        for name, value in features.features(history, as_of).items()
    ]


def _for_reader(tx: ReadTx, by: Principal, party: str) -> PartyRecord:
    """The party, where the caller may ask about it at all; nobody but the firm once it has withdrawn."""
    by.require(Role.SME, *LENDERS, *CARRIERS)
    if by.role is Role.SME:
        by.require_organisation(party)
        return files.party_record(tx, party)
    record = files.party_record(tx, party)
    if by.role in CARRIERS:
        require_writer(by, party, record.registration.county)
    if record.status is PartyStatus.WITHDRAWN:
        raise Forbidden(
            "The party has withdrawn.", field="party", mend="Only the firm itself can read its file."
        )
    return record


def _opened_to(tx: ReadTx, by: Principal, record: PartyRecord) -> Opened:
    """What a consent that names the caller's organisation opens to it now; nothing for those who only bring data."""
    if by.role not in LENDERS:
        return {}
    given = consents.consents_of(tx, record.id, by.organisation)
    return opened(given, by.organisation, Purpose.CREDIT_DECISION, tx.today)


def _log(tx: WriteTx, by: Principal, record: PartyRecord, what: ReadKind, seen: Opened) -> None:
    scopes, given = trail(seen)
    read = Read(
        id=tx.new_id("rd"),
        party=record.id,
        reader=by.organisation,
        what=what,
        scopes=scopes,
        consents=given,
        read_at=tx.now,
    )
    consents.insert_read(tx, read, by.subject)
