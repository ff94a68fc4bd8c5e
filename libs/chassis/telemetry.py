"""Traces (OpenTelemetry), metrics (Prometheus) and logs that name no person."""

import json
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any

import grpc
from fastapi import FastAPI, Request, Response
from opentelemetry import propagate, trace
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

tracer = trace.get_tracer("rongqiao")

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
http_seconds = Histogram(
    "rongqiao_http_seconds", "HTTP requests", ["service", "route", "method", "status"], buckets=_SECONDS
)
rpc_seconds = Histogram("rongqiao_rpc_seconds", "gRPC calls served", ["method"], buckets=_SECONDS)
job_failures = Counter("rongqiao_job_failures", "Runs of a job that failed", ["service", "job"])

_PERSONAL = (
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), "<phone>"),
    (re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])"), "<id-number>"),
    (re.compile(r"(?i)(bearer\s+)[\w.\-]+"), r"\1<token>"),
    (re.compile(r"""(?i)(["']?password["']?\s*[:=]\s*)(["'])[^"']*\2"""), r"\1<secret>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "<mail>"),
)


def masked(text: str) -> str:
    for pattern, instead in _PERSONAL:
        text = pattern.sub(instead, text)
    return text


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        span = trace.get_current_span().get_span_context()
        line: dict[str, str] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S"),
            "level": record.levelname,
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = masked(self.formatException(record.exc_info))
        if span.is_valid:
            line["trace"] = f"{span.trace_id:032x}"
        return json.dumps(line, ensure_ascii=False)


def configure_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("kafka").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def configure_traces(service: str, endpoint: str | None) -> None:
    """Send spans to an OTLP endpoint; without one they are made and dropped."""
    if endpoint is None:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"rongqiao-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)


def outgoing() -> list[tuple[str, str]]:
    """Headers that carry the current trace to whom we call."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return list(carrier.items())


@contextmanager
def served_rpc(method: str, context: grpc.ServicerContext) -> Generator[None]:
    headers = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    began = time.perf_counter()
    with tracer.start_as_current_span(method, context=propagate.extract(headers), kind=trace.SpanKind.SERVER):
        try:
            yield
        finally:
            rpc_seconds.labels(method).observe(time.perf_counter() - began)


def observe_http(app: FastAPI, service: str) -> None:
    async def observe(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        began = time.perf_counter()
        where = propagate.extract(dict(request.headers))
        name = f"{request.method} {request.url.path}"
        with tracer.start_as_current_span(name, context=where, kind=trace.SpanKind.SERVER):
            response = await answer(request)
        route: Any = request.scope.get("route")
        path = getattr(route, "path", "unknown")
        spent = time.perf_counter() - began
        http_seconds.labels(service, path, request.method, str(response.status_code)).observe(spent)
        return response

    app.middleware("http")(observe)


def metrics_page() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
