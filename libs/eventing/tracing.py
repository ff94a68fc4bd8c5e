"""The trace goes with the event: from the request that emitted it to whoever handles it (W3C traceparent)."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from libs.chassis import telemetry
from libs.eventing.envelope import Event


@contextmanager
def handling(event: Event) -> Generator[None]:
    """A consumer span that continues the emitter's trace."""
    told = {"messaging__message__id": event.id}
    with telemetry.continued(f"handle {event.topic}", event.traceparent, SpanKind.CONSUMER, **told):
        yield
