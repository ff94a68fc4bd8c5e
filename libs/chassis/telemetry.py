"""Traces (OpenTelemetry), metrics (Prometheus) and logs (JSON lines) that name no person."""

import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import grpc
from fastapi import FastAPI, Response
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Histogram, generate_latest

from libs.chassis.masking import masked

if TYPE_CHECKING:  # the platform starts without the exporter unless it is told where to send
    from opentelemetry.sdk.trace import TracerProvider

log = logging.getLogger(__name__)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
http_seconds = Histogram(
    "rongqiao_http_seconds", "HTTP requests", ["service", "route", "method", "status"], buckets=_SECONDS
)
rpc_seconds = Histogram("rongqiao_rpc_seconds", "gRPC calls served", ["method", "code"], buckets=_SECONDS)
rpc_client_seconds = Histogram(
    "rongqiao_rpc_client_seconds", "gRPC calls made", ["method", "code"], buckets=_SECONDS
)
job_failures = Counter("rongqiao_job_failures", "Runs of a job that failed", ["service", "job"])


# Logs


class JsonLines(logging.Formatter):
    """One JSON object a line: when (UTC), how grave, who, in which thread and trace, and what."""

    def format(self, record: logging.LogRecord) -> str:
        span = trace.get_current_span().get_span_context()
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "time": when.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "thread": record.threadName,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        if span.is_valid:
            line["trace"] = f"{span.trace_id:032x}"
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str) -> None:
    """Everything that this process says on stderr becomes a masked JSON line, failures of threads too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)  # those of libraries are for their developers
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    logging.getLogger("kafka").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    threading.excepthook = _on_thread_failure


def _on_thread_failure(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is not None and failure.exc_type is not SystemExit:
        name = failure.thread.name if failure.thread else "a thread"
        log.critical("%s ended by a mistake in this program", name, exc_info=failure.exc_value)


# Traces

_tracer = trace.get_tracer("rongqiao")
_EXPORT_SECONDS = 5.0
_provider: "TracerProvider | None" = None


def configure_traces(service: str, endpoint: str | None) -> None:
    """Send spans to the OTLP/HTTP endpoint; without one none are made, but a caller's trace is still handed on."""
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _provider
    resource = Resource.create({"service.name": f"rongqiao-{service}", "service.namespace": "rongqiao"})
    _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=_EXPORT_SECONDS)
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(_provider)


def end_traces(timeout: float) -> None:
    """Send what is not sent yet, for at most `timeout` seconds: a collector that is away delays no stop."""
    if _provider is not None:
        sending = threading.Thread(target=_provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(timeout)


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, parent: Context | None = None, **attributes: str | int
) -> Generator[trace.Span]:
    """A span over the block. A failure is told by its type alone, since its text may name a person."""
    told = {key.replace("__", "."): value for key, value in attributes.items()}
    started = _tracer.start_as_current_span(
        name, parent, kind, told, record_exception=False, set_status_on_exception=False
    )
    with started as current:
        try:
            yield current
        except BaseException as error:
            current.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def traceparent() -> str | None:
    """The current trace as one text (W3C), to be kept with what will happen later; None outside of any."""
    return dict(outgoing()).get("traceparent")


@contextmanager
def continued(
    name: str, kept: str | None, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int
) -> Generator[None]:
    """A span in the trace that was kept as `traceparent`."""
    parent = propagate.extract({"traceparent": kept} if kept else {})
    with span(name, kind, parent, **attributes):
        yield


def outgoing() -> list[tuple[str, str]]:
    """Headers that carry the current trace to whom we call."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return list(carrier.items())


# gRPC


@contextmanager
def served_rpc(method: str, context: Any) -> Generator[None]:
    """A server span and a measurement around a servicer's method (`/package.Service/Method`), in the caller's trace.

    `context` is a grpc.ServicerContext, whose `code()` its published types do not know.
    """
    headers = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    began = time.perf_counter()
    caller = propagate.extract(headers)
    with span(method.lstrip("/"), SpanKind.SERVER, caller, rpc__system="grpc") as current:
        try:
            yield
        finally:
            code: str = (context.code() or grpc.StatusCode.OK).name
            current.set_attribute("rpc.grpc.status_code", code)
            rpc_seconds.labels(method, code).observe(time.perf_counter() - began)


def traced(channel: grpc.Channel) -> grpc.Channel:
    """The channel, with a client span around each call and the trace handed on to the other side."""
    return grpc.intercept_channel(channel, _ClientSpans())


class _ClientSpans(grpc.UnaryUnaryClientInterceptor):
    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request: Any
    ) -> Any:
        method: str = client_call_details.method
        began = time.perf_counter()
        with span(method.lstrip("/"), SpanKind.CLIENT, rpc__system="grpc") as current:
            metadata = [*(client_call_details.metadata or ()), *outgoing()]
            call = continuation(client_call_details._replace(metadata=metadata), request)
            code = call.code()
            current.set_attribute("rpc.grpc.status_code", code.name)
            if code is not grpc.StatusCode.OK:
                current.set_status(StatusCode.ERROR, code.name)
        rpc_client_seconds.labels(method, code.name).observe(time.perf_counter() - began)
        return call


# HTTP

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Observed:
    """ASGI: a server span and a measurement for every request, in the caller's trace when there is one.

    Spans and labels carry the route and never the path, which may hold somebody's id.
    """

    def __init__(self, app: Callable[..., Any], service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500  # whoever raises is answered with that, further out

        async def tell(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        method: str = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        with span(method, SpanKind.SERVER, _caller(scope), rongqiao__service=self._service) as current:
            try:
                await self._app(scope, receive, tell)
            finally:
                route: str = getattr(scope.get("route"), "path", "unknown")
                self._tell(current, method, route, status)
                spent = time.perf_counter() - began
                http_seconds.labels(self._service, route, method, str(status)).observe(spent)

    @staticmethod
    def _tell(current: trace.Span, method: str, route: str, status: int) -> None:
        current.update_name(f"{method} {route}")
        current.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        if status >= 500:
            current.set_status(StatusCode.ERROR)


def _caller(scope: dict[str, Any]) -> Context:
    return propagate.extract(dict(_texts(scope["headers"])))


def _texts(headers: list[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        yield name.decode("latin-1"), value.decode("latin-1")


def observe_http(app: FastAPI, service: str) -> None:
    app.add_middleware(_Observed, service=service)


def metrics_page() -> Response:
    """Prometheus' text of all that this process measures. It asks databases: not for an event loop's thread."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
