"""The log at scale: Apache Kafka through kafka-python.

A batch of the relay is one Kafka transaction under the relay's name. Opening a producer of that name ends whatever
an earlier one had begun and shuts it out, so a relay that lost its lead cannot put old states behind newer ones,
where compaction would keep them. Consumers read committed messages only.
"""

import logging
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    KafkaConfigurationError,
    KafkaError,
    RebalanceInProgressError,
    TopicAlreadyExistsError,
    UnknownMemberIdError,
)
from kafka.structs import TopicPartition

from libs.eventing.envelope import Event, Malformed, from_headers, to_headers, unreadable
from libs.eventing.outage import Outage
from libs.eventing.topics import Kind, Topic

log = logging.getLogger(__name__)

# Milliseconds. A relay or reader learns within this time that the broker is away, and tries again by itself.
_REQUEST, _DELIVERY, _BOOTSTRAP, _CLOSE = 10_000, 15_000, 10_000, 3_000
_SESSION = 10_000  # a reader that died is missed after this long; its partitions then go to the others
_TRANSACTION = 20_000  # a relay that died in the middle holds back its topics this long, or until it is back
# Bytes that one partition may bring at once: with more, a long one keeps the others waiting.
_SHARE = 64 * 1024
_RETRY = 10  # the broker asks to wait while it ends the transaction before: a few milliseconds

_DAY = 86_400_000
_LATEST = -1  # Kafka's sign for the end of a partition
_NOT_OURS_ANY_MORE = (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


class KafkaTransport:
    """A transport over the brokers at `bootstrap` (`host:port`, several by commas).

    `replication` copies of each topic, of which all but one must have a message before it counts; `settings` are
    kafka-python's own, for TLS and SASL. Raises RuntimeError without the compiled checksum.
    """

    def __init__(
        self, bootstrap: str, *, replication: int = 1, settings: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        if find_spec("crc32c") is None:
            raise RuntimeError("install the wheel `crc32c`: without it every message takes 28 times as long")
        self._replication = replication
        self._connection: dict[str, Any] = {
            "bootstrap_servers": bootstrap.split(","),
            "bootstrap_timeout_ms": _BOOTSTRAP,
            "request_timeout_ms": _REQUEST,
            "reconnect_backoff_max_ms": 1_000,
            **settings,
        }

    def ensure_topics(self, topics: Collection[Topic]) -> None:
        """Raises ValueError when a topic is there with another number of partitions than the table says."""
        with self._admin() as admin:
            there = set(admin.list_topics())
            missing = {topic.name: self._settings(topic) for topic in topics if topic.name not in there}
            for made in admin.create_topics(missing, raise_errors=False)["topics"] if missing else ():
                if made["error_code"] not in (0, TopicAlreadyExistsError.errno):  # another service was faster
                    raise Outage(f"kafka: cannot make {made['name']}: {made['error_message']}")
            names = [topic.name for topic in topics]
            admin.wait_for_topics(names, timeout_ms=_REQUEST)
            found = {one["name"]: len(one["partitions"]) for one in admin.describe_topics(names)}
        if found != {topic.name: topic.partitions for topic in topics}:
            raise ValueError(
                f"the brokers have other numbers of partitions than the table of topics: {found}"
            )

    def _settings(self, topic: Topic) -> dict[str, Any]:
        days = -1 if topic.keep_days is None else topic.keep_days * _DAY
        all_of_it = {"retention.ms": days, "retention.bytes": -1}
        kept = {"cleanup.policy": "compact"} if topic.kind is Kind.STATE else all_of_it
        copies = {"min.insync.replicas": max(1, self._replication - 1)}
        return {
            "num_partitions": topic.partitions,
            "replication_factor": self._replication,
            "configs": {name: str(value) for name, value in (kept | copies).items()},
        }

    def producer(self, name: str) -> "_Producer":
        with _outages():
            return _Producer(
                KafkaProducer(
                    **self._connection,
                    retry_backoff_ms=_RETRY,
                    transactional_id=f"rongqiao.relay.{name}",
                    transaction_timeout_ms=_TRANSACTION,
                    delivery_timeout_ms=_DELIVERY,
                    max_block_ms=_REQUEST,
                    enable_idempotence=True,
                    acks="all",
                    allow_auto_create_topics=False,
                )
            )

    def consumer(self, group: str | None, topics: Collection[Topic]) -> "_Consumer":
        with _outages():
            consumer: Any = KafkaConsumer(
                **self._connection,
                group_id=group,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                session_timeout_ms=_SESSION,
                max_partition_fetch_bytes=_SHARE,
                partition_assignment_strategy=[CooperativeStickyAssignor],
            )
            return _Consumer(consumer, topics) if group is None else _Member(consumer, topics)

    def lag(self, group: str, topics: Collection[Topic]) -> int:
        """To the very end: a commit is told before the log lets its messages be read, so what is to come counts.

        The marks between transactions count too, until the group has gone past them.
        """
        places = _places(topics)
        with self._admin() as admin:
            committed = admin.list_group_offsets({group: places})[group]
            latest = dict.fromkeys(places, _LATEST)
            ends = admin.list_partition_offsets(latest, isolation_level="read_uncommitted")
        done = {place: max(0, offset.offset) for place, offset in committed.items()}  # -1: nothing yet
        return sum(end.offset - done.get(place, 0) for place, end in ends.items())

    def close(self) -> None:
        """Nothing is shared between its producers and consumers."""

    @contextmanager
    def _admin(self) -> Generator[Any]:
        with _outages():
            admin: Any = KafkaAdminClient(**self._connection)
            try:
                yield admin
            finally:
                admin.close()


class _Producer:
    def __init__(self, kafka: Any) -> None:
        self._kafka = kafka
        try:
            kafka.init_transactions()
        except KafkaError:
            self.close()
            raise

    def send(self, events: Sequence[Event]) -> None:
        with _outages():
            self._kafka.begin_transaction()
            acks = [self._append(event) for event in events]
            for ack in acks:
                ack.get(_DELIVERY / 1000)
            self._kafka.commit_transaction()

    def _append(self, event: Event) -> Any:
        """The default partitioner hashes the key as Kafka's own clients do (murmur2)."""
        return self._kafka.send(
            event.topic, key=event.subject.encode(), value=event.data, headers=to_headers(event)
        )

    def close(self) -> None:
        """At once: what is not committed must never be."""
        try:
            self._kafka.close(timeout=0)
        except KafkaError as error:
            log.debug("closing a producer: %s", error)


class _Consumer:
    """Alone, from the beginning of every partition."""

    def __init__(self, kafka: Any, topics: Collection[Topic]) -> None:
        self._kafka = kafka
        self._ahead: dict[TopicPartition, int] = {}
        try:
            self._join(topics)
        except KafkaError:
            self.close()
            raise

    def _join(self, topics: Collection[Topic]) -> None:
        places = _places(topics)
        self._kafka.assign(places)
        self._ahead = self._kafka.end_offsets(places)

    def poll(self, timeout: float, limit: int) -> list[Event]:
        with _outages():
            found: dict[TopicPartition, list[Any]] = self._kafka.poll(int(timeout * 1000), max_records=limit)
        return [_event(record) for records in found.values() for record in records]

    def commit(self) -> None:
        """There is no group to remember the place."""

    def caught_up(self) -> bool:
        with _outages():
            here = self._positions()
        self._ahead = {place: end for place, end in self._ahead.items() if here.get(place, 0) < end}
        return not self._ahead

    def close(self) -> None:
        try:
            self._kafka.close(autocommit=False, timeout_ms=_CLOSE)
        except KafkaError as error:
            log.debug("closing a consumer: %s", error)

    def _positions(self) -> dict[TopicPartition, int]:
        """The next offset of each partition; marks between transactions are behind it, as no event would be."""
        positions = {place: self._kafka.position(place, timeout_ms=0) for place in self._kafka.assignment()}
        return {place: offset for place, offset in positions.items() if offset is not None}


class _Member(_Consumer):
    """One of a group, from where the group has got to. Partitions move to and fro only within poll()."""

    def _join(self, topics: Collection[Topic]) -> None:
        self._kafka.subscribe([topic.name for topic in topics])
        self._committed: dict[TopicPartition, int] = {}

    def poll(self, timeout: float, limit: int) -> list[Event]:
        self._go_on_joining()
        return super().poll(timeout, limit)

    def _go_on_joining(self) -> None:
        """Take up a join that a poll left in the middle.

        kafka-python 3.0.12 forgets it where the poll ended after the assignment was made and before it was told: the
        member then reads nothing and sends no heartbeat, for ever.
        """
        coordinator = self._kafka._coordinator
        if coordinator.rejoining:
            coordinator.request_rejoin()

    def commit(self) -> None:
        with _outages():
            here = self._positions()
            if here == self._committed:
                return
            try:
                self._kafka.commit(timeout_ms=_REQUEST)
            except _NOT_OURS_ANY_MORE as error:
                log.info("the partitions were shared out anew before the commit: %s", error)
            self._committed = here


def _places(topics: Collection[Topic]) -> list[TopicPartition]:
    return [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]


def _event(record: Any) -> Event:
    try:
        return from_headers(record.topic, record.headers, record.value or b"")
    except Malformed as reason:
        place = f"{record.partition}/{record.offset}"
        time = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return unreadable(record.topic, place, time, record.value or b"", reason)


@contextmanager
def _outages() -> Generator[None]:
    try:
        yield
    except KafkaConfigurationError:
        raise
    except (KafkaError, OSError) as error:
        raise Outage(f"kafka: {error!r}") from error
