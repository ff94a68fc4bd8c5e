"""The engines that the integration tests stand on are real, and their clients work with them."""

import os
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.record import util

from app import engines
from app.engines import EngineError, Kafka
from tests.support import patience


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


def test_what_was_committed_survives_a_power_cut(engine_folder: Path) -> None:
    server = engines.start_postgres(engine_folder / "power-cut", engines.free_port())
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE loan AS SELECT 7 AS amount_fen")

    server.kill()
    again = engines.start_postgres(engine_folder / "power-cut", server.port)
    with psycopg.connect(again.url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT amount_fen FROM loan").fetchone()
    again.stop()

    assert row == (7,)
    assert not again.running


STARTER = """
import os, sys
from pathlib import Path
from app import engines
print(engines.start_postgres(Path(sys.argv[1]), engines.free_port()).pid, flush=True)
os._exit(1)
"""


def test_an_engine_ends_with_the_process_that_started_it(engine_folder: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(engine_folder / "orphan")]
    pid = int(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)

    deadline = time.monotonic() + patience.SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs under another account")
def test_a_folder_that_the_servers_account_cannot_enter_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    with pytest.raises(EngineError, match="may enter"):
        engines.start_postgres(tmp_path / "closed", engines.free_port())
