"""The story that the fault run tells: a speaker's service and a listener's, and tables that show what happened."""

import sqlalchemy as sa
from google.protobuf.wrappers_pb2 import Int64Value

from libs.chassis.clock import SystemClock
from libs.chassis.database import Database, WriteTx, new_metadata
from libs.chassis.ids import new_id
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.outbox import emit
from libs.eventing.tables import eventing_metadata
from libs.eventing.topics import Kind, Topic

FACT = Topic("faults.fact.v1", Kind.FACT, 6, "speaker")
STATE = Topic("faults.state.v1", Kind.STATE, 3, "speaker")
TOPICS = (FACT, STATE)
GROUP = "listener"

FACTS = [f"fact_{number}" for number in range(40)]
STATES = [f"state_{number}" for number in range(10)]

_metadata = new_metadata()

# No unique constraints: an effect that happens twice is two rows. `place` is given under the lock of the subject.
effects = sa.Table(
    "effects",
    _metadata,
    sa.Column("place", sa.BigInteger, primary_key=True),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)
poisons = sa.Table("poisons", _metadata, sa.Column("subject", sa.Text, primary_key=True))


class Poisoned(Exception):
    """The handler cannot handle anything of this subject just now."""


def open_database(url: str) -> Database:
    return Database(url, clock=SystemClock(), ids=new_id, pool_size=4)


def make_tables(*databases: Database) -> None:
    for database in databases:
        eventing_metadata.create_all(database.engine)
        _metadata.create_all(database.engine)


def speak(tx: WriteTx, topic: Topic, subject: str) -> Event:
    return emit(tx, topic, subject, Int64Value(value=tx.now.microsecond))


def listen(tx: WriteTx, event: Event) -> None:
    """The effect comes before the refusal, so that a roll-back that does not roll back is seen."""
    event.decode(Int64Value)
    row = {"topic": event.topic, "subject": event.subject, "sequence": event.sequence}
    tx.execute(sa.insert(effects).values(row))
    if tx.scalar(sa.select(poisons.c.subject).where(poisons.c.subject == event.subject)):
        raise Poisoned(event.subject)


HANDLERS: dict[Topic, Handler] = {FACT: listen, STATE: listen}
