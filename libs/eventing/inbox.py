"""Hearing something: each event takes effect once, in the order of its subject. All of it in one transaction.

`inbox_sequences.last` is the last event of a subject whose effect is in this database. `waiting` holds those that
came but could not take effect; every row there is later than `last`.

FACT: only `last + 1` is handled; later ones wait for it. A row at `last + 1` is therefore always a parked one.
STATE: any later one is handled, as it says all; there is at most one row, the parked newest state, and it goes as
soon as a still newer one is handled or parked.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

from libs.chassis.database import Database, WriteTx
from libs.eventing.envelope import Event, Malformed
from libs.eventing.outage import Outage, database_outages, is_outage
from libs.eventing.tables import (
    event_of,
    event_values,
    inbox_sequences,
    insert_into,
    of_subject,
    step_sequence,
    waiting,
)
from libs.eventing.topics import Kind, Topic
from libs.eventing.tracing import handling

log = logging.getLogger(__name__)

TRIES = 3
_ERROR_LENGTH = 2000

T = TypeVar("T")
Handler = Callable[[WriteTx, Event], None]
GivenUp = Mapping[int, str]  # sequence -> the error with which its event is to be parked


class Refused(Exception):
    """A handler could not handle the event; the transaction is void."""

    def __init__(self, event: Event, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.event = event


class Inbox:
    """Who handles what, and whose turn it is."""

    def __init__(self, handlers: Mapping[Topic, Handler]) -> None:
        self._handlers = {topic.name: handler for topic, handler in handlers.items()}
        self._topics = {topic.name: topic for topic in handlers}

    def receive(self, tx: WriteTx, event: Event, given_up: GivenUp) -> None:
        """Let the event, and what waited for it, take effect if it is their turn. Raises Refused."""
        topic = self._topics[event.topic]
        last = step_sequence(tx, inbox_sequences, event.topic, event.subject, step=0)
        if event.sequence <= last:
            return
        if topic.kind is Kind.FACT and event.sequence > last + 1:
            _keep(tx, event, error=None, tries=0)
            return
        kept = _kept(tx, event.topic, event.subject)
        if not _is_known(topic, event, kept):
            self._advance(tx, [event, *_following(event, kept)], kept, given_up)

    def replay(self, tx: WriteTx, topic: str, subject: str, given_up: GivenUp) -> int:
        """Let the parked event and what waits behind it take effect; returns how many did. Raises Refused."""
        row = self._parked_row(tx, topic, subject)
        return self._advance(tx, row, row, given_up)

    def discard(self, tx: WriteTx, topic: str, subject: str, given_up: GivenUp) -> int:
        """Pass over the parked event and let what waits behind it take effect; returns how many did. Raises Refused."""
        row = self._parked_row(tx, topic, subject)
        for event in row[:1]:
            _set_last(tx, event)
            _drop_kept(tx, event, through=event.sequence)
        return self._advance(tx, row[1:], row, given_up)

    def _parked_row(self, tx: WriteTx, topic: str, subject: str) -> list[Event]:
        """The subject's parked event and those whose turn comes after it; nothing when none is parked."""
        last = step_sequence(tx, inbox_sequences, topic, subject, step=0)
        kept = _kept(tx, topic, subject)
        if not kept or (self._topics[topic].kind is Kind.FACT and kept[0].sequence > last + 1):
            return []
        return [kept[0], *_following(kept[0], kept)]

    def _advance(self, tx: WriteTx, events: Sequence[Event], kept: Sequence[Event], given_up: GivenUp) -> int:
        """Handle them one after the other, up to one that was given up; returns how many took effect."""
        for handled, event in enumerate(events):
            if event.sequence in given_up:
                _park(tx, self._topics[event.topic], event, given_up[event.sequence])
                return handled
            _handle(tx, self._handlers[event.topic], event)
            if kept:
                _drop_kept(tx, event, through=event.sequence)
        return len(events)


def settle(database: Database, work: Callable[[WriteTx, GivenUp], T]) -> T:
    """Bring `work` to its end: what is refused TRIES times, each in its own transaction, is parked. Raises Outage."""
    tries: Counter[int] = Counter()
    given_up: dict[int, str] = {}
    while True:
        try:
            with database_outages():
                return database.transact(lambda tx: work(tx, given_up))
        except Refused as refused:
            sequence = refused.event.sequence
            tries[sequence] += 1
            if tries[sequence] == TRIES:
                log.exception("parked %s %s #%d", refused.event.topic, refused.event.subject, sequence)
                given_up[sequence] = str(refused)


def _is_known(topic: Topic, event: Event, kept: Sequence[Event]) -> bool:
    """Whether the event is parked already; for a state also whether a newer one is, which makes it worthless."""
    if topic.kind is Kind.STATE:
        return any(event.sequence <= one.sequence for one in kept)
    return any(event.sequence == one.sequence for one in kept)


def _following(event: Event, kept: Sequence[Event]) -> list[Event]:
    """Those kept that come right after the event, without a gap."""
    later = [one for one in kept if one.sequence > event.sequence]
    return [one for place, one in enumerate(later, start=1) if one.sequence == event.sequence + place]


def _handle(tx: WriteTx, handler: Handler, event: Event) -> None:
    try:
        if not event.readable:
            raise Malformed(event.source)
        with handling(event):
            handler(tx, event)
        _set_last(tx, event)  # in here: it fails when the handler swallowed an error of PostgreSQL
    except Exception as error:  # a handler may fail in any way, and none may stop the other subjects
        if is_outage(error):
            raise
        if tx.connection.invalidated:
            raise Outage("the database went away under a handler") from error
        raise Refused(event, error) from error


# What happens for every event is a statement made once: making it takes longer than running it.
_SELECT_KEPT = sa.select(waiting).where(of_subject(waiting)).order_by(waiting.c.sequence)
_SET_LAST = (
    sa.update(inbox_sequences).where(of_subject(inbox_sequences)).values(last=sa.bindparam("sequence"))
)
_DROP_KEPT = sa.delete(waiting).where(of_subject(waiting), waiting.c.sequence <= sa.bindparam("through"))


def _kept(tx: WriteTx, topic: str, subject: str) -> list[Event]:
    """What waits or is parked of a subject, in order."""
    return [event_of(row) for row in tx.execute(_SELECT_KEPT, {"of_topic": topic, "of_subject": subject})]


def _set_last(tx: WriteTx, event: Event) -> None:
    tx.execute(_SET_LAST, _place(event) | {"sequence": event.sequence})


def _drop_kept(tx: WriteTx, event: Event, *, through: int) -> None:
    tx.execute(_DROP_KEPT, _place(event) | {"through": through})


def _place(event: Event) -> dict[str, object]:
    return {"of_topic": event.topic, "of_subject": event.subject}


def _park(tx: WriteTx, topic: Topic, event: Event, error: str) -> None:
    if topic.kind is Kind.STATE:
        _drop_kept(tx, event, through=event.sequence - 1)
    _keep(tx, event, error=_storable(error), tries=TRIES)


def _keep(tx: WriteTx, event: Event, *, error: str | None, tries: int) -> None:
    """One that is kept already keeps its place; a new error replaces the old one."""
    row = event_values(event) | {"error": error, "tries": tries, "since": tx.now}
    insert = insert_into(tx, waiting).values(row)
    error_now = sa.func.coalesce(insert.excluded.error, waiting.c.error)
    again = {"error": error_now, "tries": waiting.c.tries + tries}
    tx.execute(insert.on_conflict_do_update(index_elements=list(waiting.primary_key), set_=again))


def _storable(text: str) -> str:
    """PostgreSQL stores neither NUL nor half a surrogate pair; an operator does not read a novel."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:_ERROR_LENGTH]
