"""Lending, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.lending.v1 import lending_pb2_grpc
from services.lending import jobs
from services.lending.clients import GuaranteeClient
from services.lending.handlers import HANDLERS
from services.lending.http import routers
from services.lending.rpc.lending import LendingServicer
from services.lending.store import metadata

NAME = "lending"


def build(context: Context) -> Service:
    database = context.database(NAME)
    servicer = LendingServicer(context.rpc_door(database))
    client = GuaranteeClient(database, context.channel("guarantee"), partial(context.service_token, NAME))
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=("products", "applications", "loans"),
        routers=routers,
        add_servicers=(partial(lending_pb2_grpc.add_LendingServicer_to_server, servicer),),
        rpc_names=("rongqiao.lending.v1.Lending",),
        handlers=HANDLERS,
        jobs=jobs.jobs(database, jobs.runners(client)),
    )
