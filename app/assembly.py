"""Which services there are, and what each is built from."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib import import_module

import grpc

from libs import policy
from libs.chassis import rpc, vault
from libs.chassis.clock import SystemClock
from libs.chassis.ids import new_id
from libs.chassis.service import Context, Service
from libs.chassis.settings import Keys, Settings
from libs.eventing.embedded import EmbeddedTransport
from libs.eventing.transport import Transport
from libs.registry import lpr, tables

# In the order in which they start: who is called stands before who calls.
SERVICES = ("identity", "credit", "guarantee", "lending", "matching", "coordination", "oversight", "portal")


def make_context(
    settings: Settings, channel: Callable[[str], grpc.Channel], log: Transport | None = None
) -> Context:
    keys = Keys.load_or_make(settings.keys_file or settings.home / "keys.json")
    vault.configure(keys.vault())
    tables.read_after(settings.data_overlay)
    lpr.read_series()
    overlays = [settings.policies_overlay] if settings.policies_overlay else []
    return Context(
        settings=settings,
        keys=keys,
        clock=SystemClock(timedelta(days=settings.clock_shift_days, hours=settings.clock_shift_hours)),
        ids=new_id,
        policies=policy.load(overlays=overlays),
        channel=channel,
        log=log,
    )


def build(name: str, context: Context) -> Service:
    return import_module(f"services.{name}.service").build(context)


def make_transport(settings: Settings) -> Transport:
    if settings.kafka is None:
        return EmbeddedTransport(settings.home / "events.db")
    from libs.eventing.kafka import KafkaTransport  # the embedded platform starts without Kafka's client

    return KafkaTransport(
        settings.kafka, replication=settings.kafka_replication, settings=settings.kafka_settings
    )


def channels(addresses: Mapping[str, str]) -> Callable[[str], grpc.Channel]:
    """Channels to services by name, each made once. KeyError for a service without an address."""
    made: dict[str, grpc.Channel] = {}

    def channel(name: str) -> grpc.Channel:
        if name not in made:
            made[name] = rpc.connect(addresses[name])
        return made[name]

    return channel
