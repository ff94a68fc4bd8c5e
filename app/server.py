"""Serves services of this process over HTTP and gRPC until it is told to stop."""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import grpc
import uvicorn

from app.health import health, in_thread
from app.host import Host
from app.ingress import App, Ingress, Scope
from libs.chassis import rpc, telemetry
from libs.chassis.settings import Settings

READY_SECONDS = 60.0
# A stop: for a moment callers are told to go elsewhere, then those in hand get their answers, then the host ends.
DRAIN_SECONDS = 0.3
REQUESTS_SECONDS = 1
SPANS_SECONDS = 0.3


class PortTaken(Exception):
    """Somebody else listens where we want to; the message says what to do."""


@dataclass(frozen=True)
class Served:
    """What runs, for whoever says so when it is ready."""

    host: Host
    url: str
    grpc_address: str


class Server(uvicorn.Server):
    """uvicorn, but a stop is announced before it happens, and its signal does not end the process at once.

    There is more to end than the HTTP door.
    """

    def __init__(self, app: App, announce_stop: Callable[[], None] = lambda: None) -> None:
        settings: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off"}
        super().__init__(uvicorn.Config(app, timeout_graceful_shutdown=REQUESTS_SECONDS, **settings))
        self._announce_stop = announce_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._announce_stop()
        await asyncio.sleep(DRAIN_SECONDS)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self.handle_exit)
        yield


def serve_all(settings: Settings, names: tuple[str, ...], when_ready: Callable[[Served], None]) -> None:
    """All services in this process, with one public gRPC door beside the HTTP one."""
    door = listen(settings.host, settings.port)
    address = f"{settings.host}:{settings.public_grpc_port}"
    try:
        public, _ = rpc.listen(address, "public", workers=32, tls=_tls(settings))
    except OSError as error:
        raise PortTaken(
            f"Port {settings.public_grpc_port} is taken. Choose another: make run PORT=…"
        ) from error
    host = Host(settings, dict.fromkeys(names, "127.0.0.1:0"))
    host.start()
    host.serve_all_at(public)
    _run(host, door, Served(host, f"http://{settings.host}:{settings.port}", address), when_ready)


def _tls(settings: Settings) -> grpc.ServerCredentials | None:
    """Of the public gRPC door, where no proxy before it does that."""
    certificate, key = settings.tls_certificate_file, settings.tls_key_file
    if certificate is None or key is None:
        return None
    return rpc.tls_of(certificate, key, settings.tls_client_ca_file)


def serve_one(settings: Settings, name: str) -> None:
    """One service in this process: HTTP on `port`, gRPC on `grpc_port`."""
    door = listen(settings.host, settings.port)
    address = f"{settings.host}:{settings.public_grpc_port}"
    host = Host(settings, {name: address})
    host.start()
    _run(host, door, Served(host, f"http://{settings.host}:{settings.port}", address), lambda served: None)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; PortTaken when there is one already."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Port {port} is taken ({error.strerror}). Choose another: make run PORT=…"
        ) from error
    return listener


def _run(host: Host, door: socket.socket, served: Served, when_ready: Callable[[Served], None]) -> None:
    threading.Thread(target=_announce, args=(served, when_ready), name="announce", daemon=True).start()
    try:
        Server(_ingress(host), host.announce_stop).run(sockets=[door])
    finally:
        host.stop()
        telemetry.end_traces(SPANS_SECONDS)


def _announce(served: Served, when_ready: Callable[[Served], None]) -> None:
    if served.host.wait_ready(READY_SECONDS):
        when_ready(served)


def _ingress(host: Host) -> Ingress:
    collections: dict[str, App] = {"health": _health(host), "metrics": _metrics}
    for hosted in host.hosted.values():
        for collection in hosted.service.collections:
            collections[collection] = hosted.app
    apps: dict[str, App] = {name: hosted.app for name, hosted in host.hosted.items()}
    return Ingress(collections, apps, apps.get("portal"))


def _health(host: Host) -> App:
    def collections() -> dict[str, Any]:
        return {"collections": {name: hosted.service.collections for name, hosted in host.hosted.items()}}

    return health(in_thread(host.closed), in_thread(host.unready), collections)


async def _metrics(scope: Scope, receive: Any, send: Any) -> None:
    page = await anyio.to_thread.run_sync(telemetry.metrics_page)
    await page(scope, receive, send)
