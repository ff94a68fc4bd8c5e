"""What matching is told of a party: composed here and nowhere else, whenever it may have changed.

Operations mark a party stale in their own transaction; a job that every commit wakes composes and emits. So many
changes at once are told once, a crash in between loses nothing, and days that change a summary by themselves
(a consent ends, a month is over) go the same way.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.credit import messages
from services.credit.domain import counts, view
from services.credit.domain.consent import PLATFORM, Consent, Opened, Purpose, finders, opened
from services.credit.domain.facts import Held
from services.credit.domain.party import IpRight, PartyStatus
from services.credit.domain.view import SCORE, PartySummary
from services.credit.operations import cards
from services.credit.operations.held import dimensions_of
from services.credit.operations.reading import held_facts
from services.credit.operations.scores import matching_score
from services.credit.operations.stops import stop_days
from services.credit.store import consents, files, records, summaries
from services.credit.store import rights as rights_kept
from services.credit.store.files import PartyRecord

BATCH = 200


def due_parties(tx: ReadTx, by: Principal) -> list[str]:
    by.require(Role.SERVICE)
    return summaries.due(tx, BATCH)


def tell_summary(tx: WriteTx, by: Principal, party: str) -> PartySummary:
    """Compose a party's summary and emit it, unless it is what was told last."""
    by.require(Role.SERVICE)
    before = summaries.told_digest(tx, party)
    record = files.party_record(tx, party)
    if record.status is PartyStatus.WITHDRAWN:
        summary, due_on = view.withdrawn(party), None
        summaries.drop_features(tx, party)
    else:
        given = consents.consents_of(tx, party)
        seen = opened(given, PLATFORM, Purpose.MATCHING, tx.today)
        rights = tuple(right for right in rights_kept.rights(tx, party) if right.expires_on >= tx.today)
        held = held_facts(tx, record, tx.today)
        summaries.keep_features(tx, party, held.values())
        summary = replace(compose(tx, record, held, seen, rights), found_by=finders(given, tx.today))
        due_on = _next_change(tx, record, seen, rights, given)
    digest = codec.canonical_hash(summary)
    if digest != before:
        emit(tx, topics.CREDIT_PARTY, party, messages.party_state(summary))
    summaries.mark_told(tx, party, digest, due_on)
    return summary


def compose(
    tx: WriteTx, record: PartyRecord, held: Held, seen: Opened, rights: tuple[IpRight, ...]
) -> PartySummary:
    points = matching_score(tx, record, held, seen).points if SCORE in seen else None
    return PartySummary(
        party=record.id,
        status=record.status,
        dimensions=dimensions_of(record, held, view.visible(held, seen)),
        industry=record.registration.industry,
        items=view.summary_items(held, seen, points),
        ip_rights=view.summary_rights(rights, seen),
    )


def _next_change(
    tx: ReadTx, record: PartyRecord, seen: Opened, rights: tuple[IpRight, ...], given: Iterable[Consent]
) -> date:
    """The first day on which the summary, or what is kept of the party, changes by itself."""
    told = [consent for consent in given if consent.purpose in (Purpose.MATCHING, Purpose.FINDING)]
    days = [consent.valid_from for consent in told]
    days += [one.valid_until + timedelta(days=1) for one in finders(told, tx.today)]
    said = records.records_of(tx, record.id)
    days += [*counts.change_days(said), *stop_days(tx, said)]
    since = record.registration.established_on
    own = view.next_change(seen, rights, since, tx.today, (day for day in days if day > tx.today))
    another_card = cards.next_change(tx)
    return own if another_card is None else min(own, another_card)
