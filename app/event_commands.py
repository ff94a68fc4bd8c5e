"""`rongqiao events …`: what a service could not handle, and running it again."""

import grpc

from app.assembly import build, make_context
from libs.chassis.service import Service
from libs.chassis.settings import Settings
from libs.eventing import parking


def run(action: str, name: str, topic: str | None, subject: str | None) -> int:
    service = build(name, make_context(Settings(), lambda peer: grpc.insecure_channel(f"{peer}:0")))
    try:
        return _ACTIONS[action](service, topic, subject)
    finally:
        service.close()
        service.database.close()


def _parked(service: Service, _topic: str | None, _subject: str | None) -> int:
    found = parking.parked(service.database)
    for event in found:
        print(
            f"{event.topic} {event.subject} #{event.sequence} since {event.since}, {event.behind} behind it"
        )
        print(f"    {event.error}")
    print(f"{service.name}: {len(found)} parked")
    return 0


def _replay(service: Service, topic: str | None, subject: str | None) -> int:
    chosen = [
        event
        for event in parking.parked(service.database)
        if topic in (None, event.topic) and subject in (None, event.subject)
    ]
    for event in chosen:
        done = parking.replay(service.database, service.handlers, event.topic, event.subject)
        print(f"{event.topic} {event.subject}: {done} took effect")
    still = len(parking.parked(service.database))
    print(f"{service.name}: {still} parked")
    return 1 if still else 0


def _discard(service: Service, topic: str | None, subject: str | None) -> int:
    if topic is None or subject is None:
        print("To give an event up for good, name its --topic and --subject.")
        return 1
    done = parking.discard(service.database, service.handlers, topic, subject)
    print(f"{topic} {subject}: given up; {done} behind it took effect")
    return 0


def _rebuild(service: Service, _topic: str | None, _subject: str | None) -> int:
    if service.truncate is None:
        print(f"{service.name} owns what it stores; only a projection can be rebuilt.")
        return 1
    parking.rebuild(service.database, service.truncate)
    print(f"{service.name}: emptied; its readers go on from the beginning of every topic")
    return 0


_ACTIONS = {"parked": _parked, "replay": _replay, "discard": _discard, "rebuild": _rebuild}
