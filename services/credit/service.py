"""Credit, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.credit.v1 import credit_pb2_grpc
from services.credit.http import router
from services.credit.jobs import jobs
from services.credit.rpc import CreditServicer
from services.credit.store.tables import metadata

NAME = "credit"


def build(context: Context) -> Service:
    database = context.database(NAME)
    servicer = CreditServicer(context.rpc_door(database), context.policies)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=("parties", "consents"),
        routers=(router,),
        add_servicers=(partial(credit_pb2_grpc.add_CreditServicer_to_server, servicer),),
        rpc_names=("rongqiao.credit.v1.Credit",),
        jobs=jobs(database, context.policies),
        parts=context.policies,
    )
