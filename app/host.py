"""Runs services in this process: their doors, their relay and reader, their jobs; and ends them in order."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import grpc
from fastapi import FastAPI

from app.assembly import build, channels, make_context, make_transport
from libs.chassis import http, migrations, rpc
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
from libs.eventing.worker import Worker, stop_all

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0


@dataclass
class Hosted:
    """One running service."""

    service: Service
    app: FastAPI
    server: grpc.Server
    workers: Sequence[Worker]
    scheduler: Scheduler

    def unready(self) -> list[str]:
        """What keeps the service from doing its job now; empty when it can."""
        stopped = [f"{worker.name} has ended" for worker in self.workers if not worker.alive]
        paused = [f"{worker.name} is paused" for worker in self.workers if worker.paused_since is not None]
        behind = [f"{worker.name} still reads" for worker in self.workers if _behind(worker)]
        return stopped + paused + behind


@dataclass
class Host:
    """`addresses`: where each service of this process listens for gRPC, `127.0.0.1:0` for any free port."""

    settings: Settings
    addresses: Mapping[str, str]
    context: Context = field(init=False)
    hosted: dict[str, Hosted] = field(default_factory=dict[str, Hosted])
    grpc_addresses: dict[str, str] = field(default_factory=dict[str, str])
    _transport: Transport = field(init=False)

    def start(self) -> None:
        self.settings.home.mkdir(parents=True, exist_ok=True)
        servers = {name: self._listen(name, address) for name, address in self.addresses.items()}
        self.context = make_context(self.settings, channels(dict(self.settings.peers) | self.grpc_addresses))
        self._transport = make_transport(self.settings)
        self._transport.ensure_topics(TOPICS)
        for name, server in servers.items():
            self.hosted[name] = self._host(build(name, self.context), server)

    def unready(self) -> dict[str, list[str]]:
        told = {name: hosted.unready() for name, hosted in self.hosted.items()}
        return {name: reasons for name, reasons in told.items() if reasons}

    def wait_ready(self, timeout: float) -> bool:
        pause = threading.Event()
        for _ in range(int(timeout / 0.02)):
            if not self.unready():
                return True
            pause.wait(0.02)
        return False

    def stop(self) -> None:
        """New calls are refused, what is in hand is finished, then all threads end."""
        for hosted in self.hosted.values():
            hosted.server.stop(grace=STOP_SECONDS / 2)
        for hosted in self.hosted.values():
            hosted.scheduler.ask_to_stop()
        stop_all([worker for hosted in self.hosted.values() for worker in hosted.workers], STOP_SECONDS)
        for hosted in self.hosted.values():
            hosted.scheduler.stop(STOP_SECONDS)
            hosted.service.close()
            hosted.service.database.close()
        self._transport.close()

    def _listen(self, name: str, address: str) -> grpc.Server:
        server, port = rpc.listen(address, name)
        self.grpc_addresses[name] = f"{address.rpartition(':')[0]}:{port}"
        return server

    def _host(self, service: Service, server: grpc.Server) -> Hosted:
        schema = service.name if self.settings.postgres else None
        migrations.upgrade(service.database, service.migrations, schema)
        service.prepare()
        workers = self._workers(service)
        scheduler = Scheduler(service.name, service.database, service.jobs)
        for part in (*workers, scheduler):
            part.start()
        rpc.start(server, service.add_servicers, service.rpc_names)
        return Hosted(service, self._app(service), server, workers, scheduler)

    def _workers(self, service: Service) -> Sequence[Worker]:
        workers: list[Worker] = [Relay(service.database, self._transport, service.name)]
        if service.handlers:
            workers.append(Reader(service.database, self._transport, service.name, service.handlers))
        if service.state_handlers:
            workers.append(StateReader(self._transport, service.state_handlers, self.context.clock))
        return workers

    def _app(self, service: Service) -> FastAPI:
        limit = RateLimit(self.settings.requests_per_minute)
        door = http.Door(service.database, TokenChecker(self.context.keys), limit, service.parts)
        return http.make_app(service.name, service.routers, door)


def _behind(worker: Worker) -> bool:
    return isinstance(worker, StateReader) and not worker.ready.is_set()
