"""The trace goes with the event: from the request that emitted it to whoever handles it (W3C traceparent)."""

from collections.abc import Generator
from contextlib import contextmanager

from opentelemetry import propagate, trace

from libs.eventing.envelope import Event

_tracer = trace.get_tracer("rongqiao.eventing")


def current_traceparent() -> str | None:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def handling(event: Event) -> Generator[None]:
    """A consumer span that continues the emitter's trace."""
    carrier = {"traceparent": event.traceparent} if event.traceparent else {}
    context, kind = propagate.extract(carrier), trace.SpanKind.CONSUMER
    with _tracer.start_as_current_span(f"handle {event.topic}", context=context, kind=kind):
        yield
