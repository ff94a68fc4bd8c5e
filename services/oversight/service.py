"""Oversight, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.oversight.v1 import oversight_pb2_grpc
from services.oversight import jobs
from services.oversight.handlers import HANDLERS
from services.oversight.http import router
from services.oversight.rpc import OversightServicer
from services.oversight.store import metadata

NAME = "oversight"


def build(context: Context) -> Service:
    database = context.database(NAME)
    servicer = OversightServicer(context.rpc_door(database))
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=("flows",),
        routers=(router,),
        add_servicers=(partial(oversight_pb2_grpc.add_OversightServicer_to_server, servicer),),
        rpc_names=("rongqiao.oversight.v1.Oversight",),
        handlers=HANDLERS,
        jobs=jobs.jobs(database, context.policies),
    )
