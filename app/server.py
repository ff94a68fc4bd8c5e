"""Serves services of this process over HTTP and gRPC until it is told to stop."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import grpc
import uvicorn
from starlette.responses import JSONResponse

from app.host import STOP_SECONDS, Host
from app.ingress import App, Ingress
from libs.chassis import rpc, telemetry
from libs.chassis.settings import Settings

READY_SECONDS = 60.0


class PortTaken(Exception):
    """Somebody else listens where we want to; the message says what to do."""


@dataclass(frozen=True)
class Served:
    """What runs, for whoever says so when it is ready."""

    host: Host
    url: str
    grpc_address: str


def serve_all(settings: Settings, names: tuple[str, ...], when_ready: Callable[[Served], None]) -> None:
    """All services in this process, with one public gRPC door beside the HTTP one."""
    door = listen(settings.host, settings.port)
    address = f"{settings.host}:{settings.public_grpc_port}"
    try:
        public, _ = rpc.listen(address, "public", workers=32)
    except OSError as error:
        raise PortTaken(
            f"Port {settings.public_grpc_port} is taken. Choose another: make run PORT=…"
        ) from error
    host = Host(settings, dict.fromkeys(names, "127.0.0.1:0"))
    host.start()
    services = [hosted.service for hosted in host.hosted.values()]
    adders = [add for service in services for add in service.add_servicers]
    rpc.start(public, adders, [name for service in services for name in service.rpc_names])
    _run(host, door, Served(host, f"http://{settings.host}:{settings.port}", address), when_ready, public)


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


def _run(
    host: Host,
    door: socket.socket,
    served: Served,
    when_ready: Callable[[Served], None],
    public: grpc.Server | None = None,
) -> None:
    server = _uvicorn(_ingress(host))
    threading.Thread(target=_announce, args=(served, when_ready), name="announce", daemon=True).start()
    try:
        with suppress(KeyboardInterrupt):  # uvicorn has ended in order and only repeats the signal
            server.run(sockets=[door])
    finally:
        if public is not None:
            public.stop(grace=STOP_SECONDS / 2)
        host.stop()


def _announce(served: Served, when_ready: Callable[[Served], None]) -> None:
    if served.host.wait_ready(READY_SECONDS):
        when_ready(served)


def _uvicorn(app: App) -> uvicorn.Server:
    stop = int(STOP_SECONDS)
    return uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=stop)
    )


def _ingress(host: Host) -> Ingress:
    collections: dict[str, App] = {"health": _health(host), "metrics": _metrics}
    for hosted in host.hosted.values():
        for collection in hosted.service.collections:
            collections[collection] = hosted.app
    apps: dict[str, App] = {name: hosted.app for name, hosted in host.hosted.items()}
    return Ingress(collections, apps, apps.get("portal"))


def _health(host: Host) -> App:
    async def health(scope: object, receive: object, send: object) -> None:
        alive = scope["path"] == "/health/live"  # type: ignore[index]
        unready = {} if alive else host.unready()
        collections = {name: hosted.service.collections for name, hosted in host.hosted.items()}
        document = {
            "status": "unready" if unready else "ready",
            "reasons": unready,
            "collections": collections,
        }
        await JSONResponse(document, 503 if unready else 200)(scope, receive, send)  # type: ignore[arg-type]

    return health


async def _metrics(scope: object, receive: object, send: object) -> None:
    await telemetry.metrics_page()(scope, receive, send)  # type: ignore[arg-type]
