"""The trace goes with the event: from the request that emitted it to whoever handles it (W3C traceparent)."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import propagate
from opentelemetry.trace import SpanKind

from libs.chassis import telemetry
from libs.eventing.envelope import Event


def current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def handling(event: Event) -> Generator[None]:
    """A consumer span that continues the emitter's trace."""
    carrier = {"traceparent": event.traceparent} if event.traceparent else {}
    emitter = propagate.extract(carrier)
    name, told = f"handle {event.topic}", {"messaging__message__id": event.id}
    with telemetry.span(name, SpanKind.CONSUMER, emitter, **told):
        yield
