"""Coordination, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.coordination.v1 import coordination_pb2_grpc
from services.coordination import jobs, operations
from services.coordination.clients import LendingClient, MatchingClient
from services.coordination.handlers import HANDLERS
from services.coordination.http import router
from services.coordination.rpc import CoordinationServicer
from services.coordination.store import metadata

NAME = "coordination"


def build(context: Context) -> Service:
    database = context.database(NAME)
    token = partial(context.service_token, NAME)
    matching = MatchingClient(database, context.channel("matching"), token)
    lending = LendingClient(database, context.channel("lending"), token)
    runners = jobs.runners(matching, lending)
    desk = operations.Desk(runners, context.policies)
    servicer = CoordinationServicer(context.rpc_door(database), desk)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=("requests", "cases"),
        routers=(router,),
        add_servicers=(partial(coordination_pb2_grpc.add_CoordinationServicer_to_server, servicer),),
        rpc_names=("rongqiao.coordination.v1.Coordination",),
        handlers=HANDLERS,
        jobs=jobs.jobs(database, runners),
        parts=desk,
    )
