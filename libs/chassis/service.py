"""What a service is made of, and what it is made from."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import sqlalchemy as sa
from fastapi import APIRouter

from libs.chassis.clock import Clock
from libs.chassis.database import Database, WriteTx
from libs.chassis.ids import Ids
from libs.chassis.limits import RateLimit
from libs.chassis.rpc import RpcDoor
from libs.chassis.settings import Keys, Settings
from libs.chassis.tokens import TokenChecker, issue_for_service
from libs.eventing.envelope import Event
from libs.eventing.inbox import Handler
from libs.eventing.topics import Topic
from libs.eventing.transport import Transport
from libs.policy import PolicySet


@dataclass(frozen=True)
class Job:
    """Something to do again and again; one replica does it at a time."""

    name: str
    every: float  # seconds
    run: Callable[[], object]
    wakes: bool = False  # also right after a commit, for what an operation just decided


@dataclass(frozen=True)
class Context:
    """What `build(context)` of a service gets: everything from outside, nothing global."""

    settings: Settings
    keys: Keys
    clock: Clock
    ids: Ids
    policies: PolicySet
    channel: Callable[[str], grpc.Channel]  # to another service, by name
    log: Transport | None = None  # between the services; None where nothing is served

    def database(self, service: str) -> Database:
        url = self.settings.database_url(service)
        schema = service if self.settings.postgres else None
        return Database(url, clock=self.clock, ids=self.ids, policies=self.policies, schema=schema)

    def rpc_door(self, database: Database) -> RpcDoor:
        limit = RateLimit(self.settings.requests_per_minute)
        return RpcDoor(database, TokenChecker(self.keys), limit, self.settings.proxies())

    def service_token(self, service: str) -> str:
        return issue_for_service(self.keys, service)


@dataclass(frozen=True)
class Service:
    name: str
    database: Database
    metadata: sa.MetaData
    migrations: Path
    collections: tuple[str, ...]  # of /v1/<collection>, owned by this service alone
    routers: tuple[APIRouter, ...]
    add_servicers: tuple[Callable[[grpc.Server], None], ...]
    rpc_names: tuple[str, ...]
    handlers: Mapping[Topic, Handler] = field(default_factory=dict[Topic, Handler])
    state_handlers: Mapping[Topic, Callable[[Event], None]] = field(
        default_factory=dict[Topic, Callable[[Event], None]]
    )
    # Set once `state_handlers` have been shown all that was in their topics at the start.
    states_known: threading.Event = field(default_factory=threading.Event)
    jobs: Sequence[Job] = ()
    parts: object = None  # what its routes reach through `door_of(request).parts`
    prepare: Callable[[], object] = lambda: None  # what must be there before it serves, once its tables are
    close: Callable[[], None] = lambda: None  # ends threads of its own
    truncate: Callable[[WriteTx], None] | None = (
        None  # empties it, where it is a projection of events and nothing else
    )
