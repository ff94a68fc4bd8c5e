"""Lending, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.outward import Gate
from libs.chassis.service import Context, Service
from rongqiao.lending.v1 import (
    core_pb2_grpc,
    costs_pb2_grpc,
    house_pb2_grpc,
    intake_pb2_grpc,
    lending_pb2_grpc,
    loans_pb2_grpc,
    pledges_pb2_grpc,
    returns_pb2_grpc,
    waivers_pb2_grpc,
)
from services.lending import jobs
from services.lending.clients import GuaranteeClient
from services.lending.courier import Courier
from services.lending.handlers import HANDLERS
from services.lending.http import routers
from services.lending.http.webhooks import Parts
from services.lending.rpc.core import CoreServicer
from services.lending.rpc.costs import CostsServicer
from services.lending.rpc.house import HouseServicer
from services.lending.rpc.intake import IntakeServicer
from services.lending.rpc.lending import LendingServicer
from services.lending.rpc.loans import LoansServicer
from services.lending.rpc.pledges import PledgesServicer
from services.lending.rpc.returns import ReturnsServicer
from services.lending.rpc.waivers import WaiversServicer
from services.lending.store import metadata

NAME = "lending"


def build(context: Context) -> Service:
    database = context.database(NAME)
    door = context.rpc_door(database)
    client = GuaranteeClient(database, context.channel("guarantee"), partial(context.service_token, NAME))
    courier = Courier(database, Gate(context.settings.webhook_networks), context.log)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=(
            "products",
            "costs",
            "lpr",
            "applications",
            "decline-reasons",
            "loans",
            "pledges",
            "returns",
            "branches",
            "staff",
            "day-ends",
            "sandbox",
            "feed",
            "waivers",
            "webhooks",
        ),
        routers=routers,
        add_servicers=(
            partial(core_pb2_grpc.add_CoreServicer_to_server, CoreServicer(door)),
            partial(intake_pb2_grpc.add_IntakeServicer_to_server, IntakeServicer(door)),
            partial(costs_pb2_grpc.add_CostsServicer_to_server, CostsServicer(door)),
            partial(house_pb2_grpc.add_HouseServicer_to_server, HouseServicer(door)),
            partial(lending_pb2_grpc.add_LendingServicer_to_server, LendingServicer(door)),
            partial(loans_pb2_grpc.add_LoansServicer_to_server, LoansServicer(door)),
            partial(pledges_pb2_grpc.add_PledgesServicer_to_server, PledgesServicer(door)),
            partial(returns_pb2_grpc.add_ReturnsServicer_to_server, ReturnsServicer(door)),
            partial(waivers_pb2_grpc.add_WaiversServicer_to_server, WaiversServicer(door)),
        ),
        rpc_names=(
            "rongqiao.lending.v1.Core",
            "rongqiao.lending.v1.Costs",
            "rongqiao.lending.v1.Intake",
            "rongqiao.lending.v1.House",
            "rongqiao.lending.v1.Lending",
            "rongqiao.lending.v1.Loans",
            "rongqiao.lending.v1.Pledges",
            "rongqiao.lending.v1.Returns",
            "rongqiao.lending.v1.Waivers",
        ),
        handlers=HANDLERS,
        jobs=jobs.jobs(database, jobs.runners(client), courier),
        parts=Parts(courier),
        close=courier.close,
    )
