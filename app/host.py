"""Runs services in this process: their doors, their relay and reader, their jobs; and ends them in order."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import grpc
from fastapi import FastAPI
from grpc_health.v1.health import HealthServicer
from prometheus_client import REGISTRY

from app.assembly import build, channels, make_context, make_transport
from app.vitals import Vitals, VitalsCollector
from libs.chassis import http, migrations, rpc
from libs.chassis.housekeeping import housekeeping
from libs.chassis.jobs import Scheduler
from libs.chassis.limits import RateLimit
from libs.chassis.service import Context, Service
from libs.chassis.settings import Settings
from libs.chassis.tokens import TokenChecker
from libs.eventing.reader import Reader
from libs.eventing.relay import Relay
from libs.eventing.state_reader import StateReader
from libs.eventing.topics import TOPICS
from libs.eventing.transport import Transport
from libs.eventing.worker import Worker

AddServicer = Callable[[grpc.Server], None]

log = logging.getLogger(__name__)

# How long a stop may take, one after the other. Together with what the HTTP door takes it stays below 3 s.
CALLS_SECONDS = 0.5
THREADS_SECONDS = 1.0


@dataclass
class Hosted:
    """One running service."""

    service: Service
    app: FastAPI
    workers: Sequence[Worker]
    scheduler: Scheduler
    vitals: Vitals


@dataclass
class Host:
    """`addresses`: where each service of this process listens for gRPC, `127.0.0.1:0` for any free port."""

    settings: Settings
    addresses: Mapping[str, str]
    context: Context = field(init=False)
    hosted: dict[str, Hosted] = field(default_factory=dict[str, Hosted])
    grpc_addresses: dict[str, str] = field(default_factory=dict[str, str])
    stopping: bool = False
    _servers: list[tuple[grpc.Server, HealthServicer]] = field(
        default_factory=list[tuple[grpc.Server, HealthServicer]]
    )
    _transport: Transport = field(init=False)
    _collector: VitalsCollector = field(init=False)

    def start(self) -> None:
        self.settings.home.mkdir(parents=True, exist_ok=True)
        servers = {name: self._listen(name, address) for name, address in self.addresses.items()}
        self._transport = make_transport(self.settings)
        peers = channels(dict(self.settings.peers) | self.grpc_addresses)
        self.context = make_context(self.settings, peers, self._transport)
        self._transport.ensure_topics(TOPICS)
        for name, server in servers.items():
            self.hosted[name] = self._host(build(name, self.context), server)
        self._collector = VitalsCollector(self._vitals)
        REGISTRY.register(self._collector)

    def serve_all_at(self, server: grpc.Server) -> None:
        """One more gRPC door, to all services of this process."""
        services = [hosted.service for hosted in self.hosted.values()]
        adders = [add for service in services for add in service.add_servicers]
        self._serve(server, adders, [name for service in services for name in service.rpc_names])

    def closed(self) -> dict[str, list[str]]:
        """Why the doors of a service cannot answer, by service; empty when all can."""
        return self._reasons(Vitals.closed)

    def unready(self) -> dict[str, list[str]]:
        """Why a service cannot do all of its job now, doors and events, by service; empty when all can."""
        return self._reasons(lambda vitals: vitals.late() + vitals.closed())

    def wait_ready(self, timeout: float) -> bool:
        pause = threading.Event()
        for _ in range(int(timeout / 0.02)):
            if not self.unready():
                return True
            pause.wait(0.02)
        return False

    def announce_stop(self) -> None:
        """Whoever asks is told to go elsewhere; calls are still answered."""
        self.stopping = True
        for _, health in self._servers:
            health.enter_graceful_shutdown()

    def stop(self) -> None:
        """New calls are refused, what is in hand is finished, then all threads end. Callers stop before the called."""
        self.announce_stop()
        self._stop_servers(time.monotonic() + CALLS_SECONDS)
        self._stop_threads(time.monotonic() + THREADS_SECONDS)
        REGISTRY.unregister(self._collector)
        for hosted in self.hosted.values():
            hosted.service.close()
            hosted.service.database.close()
        self._transport.close()

    def _stop_servers(self, deadline: float) -> None:
        for server, _ in reversed(self._servers):
            server.stop(grace=max(0.0, deadline - time.monotonic())).wait()

    def _stop_threads(self, deadline: float) -> None:
        schedulers = [hosted.scheduler for hosted in self.hosted.values()]
        workers = [worker for hosted in self.hosted.values() for worker in hosted.workers]
        for part in (*schedulers, *workers):
            part.ask_to_stop()
        for part in (*schedulers, *workers):
            part.stop(max(0.0, deadline - time.monotonic()))

    def _vitals(self) -> dict[str, Vitals]:
        return {name: hosted.vitals for name, hosted in self.hosted.items()}

    def _reasons(self, ask: Callable[[Vitals], list[str]]) -> dict[str, list[str]]:
        if self.stopping:
            return {name: ["it is stopping"] for name in self.hosted}
        told = {name: ask(vitals) for name, vitals in self._vitals().items()}
        return {name: reasons for name, reasons in told.items() if reasons}

    def _listen(self, name: str, address: str) -> grpc.Server:
        server, port = rpc.listen(address, name)
        self.grpc_addresses[name] = f"{address.rpartition(':')[0]}:{port}"
        return server

    def _host(self, service: Service, server: grpc.Server) -> Hosted:
        schema = service.name if self.settings.postgres else None
        migrations.upgrade(service.database, service.migrations, schema)
        service.prepare()
        workers = self._workers(service)
        jobs = (*service.jobs, housekeeping(service.database))
        scheduler = Scheduler(service.name, service.database, jobs)
        for part in (*workers, scheduler):
            part.start()
        self._serve(server, service.add_servicers, service.rpc_names)
        return Hosted(service, self._app(service), workers, scheduler, Vitals(service, workers))

    def _serve(self, server: grpc.Server, adders: Iterable[AddServicer], names: Sequence[str]) -> None:
        self._servers.append((server, rpc.start(server, adders, names)))

    def _workers(self, service: Service) -> Sequence[Worker]:
        workers: list[Worker] = [Relay(service.database, self._transport, service.name)]
        if service.handlers:
            workers.append(Reader(service.database, self._transport, service.name, service.handlers))
        if service.state_handlers:
            states = service.state_handlers
            workers.append(StateReader(self._transport, states, self.context.clock, service.states_known))
        return workers

    def _app(self, service: Service) -> FastAPI:
        limit = RateLimit(self.settings.requests_per_minute)
        door = http.Door(
            service.database, TokenChecker(self.context.keys), limit, service.parts, self.settings.proxies()
        )
        return http.make_app(service.name, service.routers, door)
