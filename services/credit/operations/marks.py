"""What the firm disputes, and what it says to it, stands beside the item for everybody who may see it."""

from dataclasses import replace

from libs.chassis.database import ReadTx
from services.credit.domain.counts import RECORD_FACTS
from services.credit.domain.dispute import NO_MARK, FactAt, Mark, mark_of
from services.credit.domain.facts import FactHistory, Saying
from services.credit.domain.records import RecordKind, RecordNote, RecordState
from services.credit.domain.sources import ItemState, Source
from services.credit.domain.view import Item
from services.credit.operations.stops import published
from services.credit.store import disputes, records


def on_items(tx: ReadTx, party: str, items: tuple[Item, ...]) -> tuple[Item, ...]:
    facts, kinds = _facts(tx, party), _kinds(tx, party)
    if not facts and not kinds:
        return items
    return tuple(_on_item(item, facts, kinds) for item in items)


def on_history(tx: ReadTx, party: str, history: FactHistory) -> FactHistory:
    facts = _facts(tx, party)
    marked = tuple(_on_saying(history.fact, saying, facts) for saying in history.sayings)
    return replace(history, sayings=marked)


def notes(tx: ReadTx, party: str, shown: set[str]) -> tuple[RecordNote, ...]:
    """The firm's statements about records, as far as these are shown."""
    said = {
        dispute.record_id: dispute.statement
        for dispute in disputes.marking(tx, party)
        if dispute.record_id in shown and dispute.statement
    }
    return tuple(RecordNote(record_id=record, statement=text) for record, text in said.items() if record)


def _on_item(item: Item, facts: dict[FactAt, Mark], kinds: set[RecordKind]) -> Item:
    if item.state is not ItemState.KNOWN or item.source is None or item.observed_on is None:
        return item
    mark = _mark(item.fact, item.source, item, facts)
    counted = RECORD_FACTS.get(item.fact)
    disputed = mark.disputed or (counted is not None and counted[0] in kinds)
    return replace(item, disputed=disputed, statement=mark.statement)


def _on_saying(fact: str, saying: Saying, facts: dict[FactAt, Mark]) -> Saying:
    mark = _mark(fact, saying.source, saying, facts)
    return replace(saying, disputed=mark.disputed, statement=mark.statement)


def _mark(fact: str, source: Source, said: Item | Saying, facts: dict[FactAt, Mark]) -> Mark:
    if said.observed_on is None:
        return NO_MARK
    return facts.get(FactAt(fact=fact, source=source, observed_on=said.observed_on), NO_MARK)


def _facts(tx: ReadTx, party: str) -> dict[FactAt, Mark]:
    """By word; of several disputes about one word, what the later ones say."""
    return {
        dispute.fact: mark_of(dispute) for dispute in disputes.marking(tx, party) if dispute.fact is not None
    }


def _kinds(tx: ReadTx, party: str) -> set[RecordKind]:
    """Of which kinds a record that counts is disputed: what is counted from them is, too."""
    found = [record for record in records.records_of(tx, party) if record.state is RecordState.DISPUTED]
    return {record.kind for record in published(tx, found)}
