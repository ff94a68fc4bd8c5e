"""The engines that the integration tests stand on are real, and their clients work with them."""

from uuid import uuid4

import psycopg
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.record import util

from app.engines import Kafka


def make_topic(broker: Kafka, name: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap)
    admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    admin.close()


def test_a_fresh_database_has_no_tables(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert row == (0,)


def test_a_record_comes_back_with_its_key_and_headers(kafka_broker: Kafka) -> None:
    topic = f"engines-{uuid4()}"
    make_topic(kafka_broker, topic)
    producer = KafkaProducer(bootstrap_servers=kafka_broker.bootstrap, enable_idempotence=True, acks="all")

    sent = producer.send(topic, key=b"prd_1", value=b"state", headers=[("ce_id", b"evt_1")]).get(10)
    producer.close()
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=kafka_broker.bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=10_000,
    )
    received = next(consumer)
    consumer.close()

    assert sent.offset == 0
    assert (received.key, received.value, list(received.headers)) == (
        b"prd_1",
        b"state",
        [("ce_id", b"evt_1")],
    )


def test_records_are_checked_by_the_compiled_crc32c() -> None:
    assert util.crc32c_c is not None
