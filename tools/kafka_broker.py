"""One Kafka broker in the foreground, until Ctrl-C: `python3 tools/kafka_broker.py FOLDER PORT`."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import engines


def main(folder: str, port: str) -> None:
    ending = {signal.SIGINT, signal.SIGTERM}
    broker = engines.start_kafka(Path(folder).resolve(), int(port))
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    print(f"Kafka answers at {broker.bootstrap}; Ctrl-C ends it.", flush=True)
    signal.sigwait(ending)
    broker.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
