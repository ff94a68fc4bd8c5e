"""Stopping an item: from this instant no view, fact, score, cache or summary uses it, and whoever saw it is told.

Everything that ends an item comes through `stop_record`; what is stopped never comes back.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import lru_cache

from libs.chassis import codec
from libs.chassis.clock import SHANGHAI
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.criteria.vocabulary import SCOPES
from libs.eventing import topics
from libs.eventing.outbox import emit
from libs.policy import NoPolicyValue, PolicySet
from services.credit import messages
from services.credit.domain import repair as rules
from services.credit.domain.notices import Notice, NoticeCause
from services.credit.domain.records import Record, RecordKind, RecordState, Severity, scope_of
from services.credit.domain.repair import RepairRule
from services.credit.store import disputes, files, records, repairs, summaries
from services.credit.store.repairs import Limit, Span

BATCH = 200


@lru_cache(maxsize=64)
def rule_on(policies: PolicySet, kind: RecordKind, day: date) -> RepairRule | None:
    """The rule by which items of a kind are repaired on a day; None where there is none."""
    name = f"credit.repair.{kind.lower()}"
    if name not in policies:
        return None
    try:
        entry = policies.entry_on(name, day)
    except NoPolicyValue:
        return None
    rule = codec.load(RepairRule, entry.value)
    return replace(rule, source=f"{entry.source.document}：{entry.source.paragraph}")


def severity_of(record: Record) -> Severity:
    """Where nobody said how grave an item is, it is general."""
    return record.severity or Severity.GENERAL


def stop_record(tx: WriteTx, record: Record, cause: NoticeCause) -> None:
    """The party and the record are locked. Nothing happens to one that is stopped."""
    if record.state is RecordState.STOPPED or not repairs.insert_stop(tx, record.id, record.party, cause):
        return
    records.update_state(tx, replace(record, state=RecordState.STOPPED))
    repairs.end_open_repairs(tx, record.id)
    disputes.end_open_disputes(tx, record.id)
    tell_of_record(tx, record, cause)
    emit(tx, topics.CREDIT_REPAIR, record.id, messages.item_stopped(record.id, record.party, cause, tx.today))


def tell_of_record(tx: WriteTx, record: Record, cause: NoticeCause) -> None:
    """Who could not see it, as it was minor or over its longest time by then, is not told that there was one."""
    since = repairs.first_said(tx, record.id)
    day = _stop_day(tx, record)
    until = datetime.combine(day, time(), SHANGHAI) if day else None
    if _unpublished(tx, record):
        until = since
    tell(tx, record.party, record.id, scope_of(record.kind), Span(since, until), cause)


def tell(tx: WriteTx, party: str, item: str, scope: str, shown: Span, cause: NoticeCause) -> None:
    """The file is another: whoever saw the item while it was shown is told, and so is matching."""
    summaries.mark_stale(tx, party)
    for reader in repairs.readers_of(tx, party, scope, not SCOPES[scope].consent, shown):
        notice = Notice(id=tx.new_id("ntc"), party=party, item=item, cause=cause, told_on=tx.today)
        repairs.insert_notice(tx, reader, notice)


def overdue_parties(tx: ReadTx, by: Principal, after: str) -> list[str]:
    """Parties with a record that may have to stop today, a batch in order from behind `after`."""
    by.require(Role.SERVICE)
    return repairs.overdue_parties(tx, _limits(tx), after, BATCH)


def stop_overdue(tx: WriteTx, by: Principal, party: str) -> int:
    """Stop each record of a party whose longest time is over; returns how many."""
    by.require(Role.SERVICE)
    files.lock_party(tx, party)
    return stop_over(tx, party)


def stop_over(tx: WriteTx, party: str) -> int:
    """The same, where the party is locked already: what comes too late to be shown is never shown."""
    over = [record for record in records.records_of(tx, party) if is_over(tx, record)]
    for record in over:
        stop_record(tx, records.record_to_change(tx, record.id), NoticeCause.EXPIRED)
    return len(over)


def is_over(tx: ReadTx, record: Record) -> bool:
    """Whether a record's longest time is over today, by the rule of today."""
    day = _stop_day(tx, record)
    return day is not None and day <= tx.today


def usable(tx: ReadTx, found: Sequence[Record]) -> tuple[Record, ...]:
    """Without those whose longest time is over, though the job has not come to them yet."""
    return tuple(record for record in found if not is_over(tx, record))


def published(tx: ReadTx, found: Sequence[Record]) -> tuple[Record, ...]:
    """Those that others than the firm may see, and that count: a minor one is not published, by the rule of today."""
    return tuple(record for record in usable(tx, found) if not _unpublished(tx, record))


def _unpublished(tx: ReadTx, record: Record) -> bool:
    minor = record.severity is Severity.MINOR
    return minor and bool(tx.policies.value_on("credit.minor_unpublished", tx.today))


def counting(
    tx: ReadTx, party: str, as_of: date, known: datetime | None
) -> tuple[tuple[Record, ...], dict[RecordKind, date]]:
    """The records that count on a day, and of which kinds some do not, since when: an older total holds these still."""
    found = records.records_of(tx, party, as_of, known)
    kept = published(tx, found)
    ids = {record.id for record in kept}
    days = records.stops_of(tx, party)
    for record in found:
        if record.id not in ids:
            since = tx.today if is_over(tx, record) else record.observed_on
            days[record.kind] = max(since, days.get(record.kind, since))
    return kept, days


def stop_days(tx: ReadTx, found: Sequence[Record]) -> list[date]:
    """The days on which these stop by themselves."""
    days = [_stop_day(tx, record) for record in found]
    return [day for day in days if day is not None]


def _stop_day(tx: ReadTx, record: Record) -> date | None:
    rule = rule_on(tx.policies, record.kind, tx.today)
    return rule and rules.stop_day(rule, severity_of(record), record.dated_on)


def _limits(tx: ReadTx) -> list[Limit]:
    limits: list[Limit] = []
    for kind in RecordKind:
        rule = rule_on(tx.policies, kind, tx.today)
        for severity in (*Severity, None) if rule else ():
            made_until = rule and rules.made_until(rule, severity or Severity.GENERAL, tx.today)
            if made_until is not None:
                limits.append(Limit(kind, severity, made_until))
    return limits
