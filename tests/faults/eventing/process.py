"""One process of the fault run: `python -m tests.faults.eventing.process ROLE SPEAKER LISTENER KAFKA`."""

import logging
import os
import random
import signal
import sys
import threading

from sqlalchemy.exc import DBAPIError

from libs.eventing.kafka import KafkaTransport
from libs.eventing.reader import Reader
from libs.eventing.relay import Relay
from libs.eventing.worker import Worker
from tests.faults.eventing.scene import FACT, FACTS, GROUP, HANDLERS, STATE, STATES, open_database, speak

PAUSE = 0.05  # between two transactions of a speaker
DIED = 3

stopping = threading.Event()


def produce(speaker: str) -> int:
    database = open_database(speaker)
    chance = random.Random()
    while not stopping.wait(PAUSE):
        try:
            with database.write() as tx:
                for subject in sorted(chance.sample(FACTS, chance.randint(1, 3))):
                    speak(tx, FACT, subject)
                speak(tx, STATE, chance.choice(STATES))
        except DBAPIError:
            stopping.wait(0.2)
    return 0


def work(worker: Worker) -> int:
    """Until it is told to stop, or its starter is gone. A worker that ends by itself is a mistake."""
    worker.start()
    starter = os.getppid()
    while not stopping.wait(0.2) and os.getppid() == starter:
        if not worker.alive:
            return DIED
    worker.stop(5.0)
    return 0


def main(role: str, speaker: str, listener: str, kafka: str) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    if role == "speaker":
        return produce(speaker)
    if role == "relay":
        return work(Relay(open_database(speaker), KafkaTransport(kafka), "speaker"))
    return work(Reader(open_database(listener), KafkaTransport(kafka), GROUP, HANDLERS))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
