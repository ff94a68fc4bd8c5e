"""What matching is told of a party: composed here and nowhere else, whenever it may have changed.

Operations mark a party stale in their own transaction; a job that every commit wakes composes and emits. So many
changes at once are told once, a crash in between loses nothing, and days that change a summary by themselves
(a consent ends, a month is over) go the same way.
"""

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.chassis.vault import firm_key
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.policy import PolicySet
from libs.registry.dimensions import Dimensions
from libs.registry.industries import division_of
from services.credit import messages
from services.credit.domain import scorecard as card_rules
from services.credit.domain import view
from services.credit.domain.consent import PLATFORM, Opened, Purpose, opened
from services.credit.domain.facts import Held, size_from
from services.credit.domain.party import IpRight, PartyStatus, Registration
from services.credit.domain.view import SCORE, PartySummary
from services.credit.operations.reading import card_on, held_facts
from services.credit.store import consents, files, summaries
from services.credit.store.files import PartyRecord

BATCH = 200


def due_parties(tx: ReadTx, by: Principal) -> list[str]:
    by.require(Role.SERVICE)
    return summaries.due(tx, BATCH)


def tell_summary(tx: WriteTx, by: Principal, policies: PolicySet, party: str) -> PartySummary:
    """Compose a party's summary and emit it, unless it is what was told last."""
    by.require(Role.SERVICE)
    before = summaries.told_digest(tx, party)
    record = files.party_record(tx, party)
    if record.status is PartyStatus.WITHDRAWN:
        summary, due_on = view.withdrawn(party), None
    else:
        seen = opened(consents.consents_of(tx, party, PLATFORM), PLATFORM, Purpose.MATCHING, tx.today)
        rights = tuple(right for right in files.rights(tx, party) if right.expires_on >= tx.today)
        summary = compose(tx, policies, record, seen, rights)
        due_on = view.next_change(seen, rights, record.registration.established_on, tx.today)
    digest = codec.canonical_hash(summary)
    if digest != before:
        emit(tx, topics.CREDIT_PARTY, party, messages.party_state(summary))
    summaries.mark_told(tx, party, digest, due_on)
    return summary


def compose(
    tx: ReadTx, policies: PolicySet, record: PartyRecord, seen: Opened, rights: tuple[IpRight, ...]
) -> PartySummary:
    held = held_facts(tx, record, tx.today)
    values = view.visible(held, seen)
    points: int | None = None
    if SCORE in seen:
        card = card_on(policies, tx.today)
        points = card_rules.score(card, values, record.id, tx.today, policies.set_id).points
    return PartySummary(
        party=record.id,
        status=record.status,
        dimensions=_dimensions(record.id, record.registration, held, values),
        industry=record.registration.industry,
        items=view.summary_items(held, seen, points),
        ip_rights=rights,
    )


def _dimensions(party: str, registration: Registration, held: Held, values: dict[str, str]) -> Dimensions:
    """For statistics. A first-time borrower is one whose opened credit record says that no bank ever lent to it."""
    division = division_of(registration.industry) if registration.industry else None
    return Dimensions(
        county=registration.county,
        industry_division=division.code if division else "",
        size=size_from(registration, held),
        owner_kind=registration.kind,
        firm_key=firm_key(party),
        first_time_borrower=values.get("bank_loan_record") == "false",
    )
