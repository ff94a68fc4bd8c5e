"""Credit, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.credit.v1 import (
    credit_pb2_grpc,
    deliveries_pb2_grpc,
    documents_pb2_grpc,
    repairs_pb2_grpc,
    reports_pb2_grpc,
    scores_pb2_grpc,
)
from services.credit.archive import Archive
from services.credit.blobs import blobs_of
from services.credit.handlers import HANDLERS
from services.credit.http import routers
from services.credit.http.parts import Parts
from services.credit.jobs import document_jobs, jobs
from services.credit.rpc.deliveries import DeliveriesServicer
from services.credit.rpc.documents import DocumentsServicer
from services.credit.rpc.parties import CreditServicer
from services.credit.rpc.repairs import RepairsServicer
from services.credit.rpc.reports import ReportsServicer
from services.credit.rpc.scores import ScoresServicer
from services.credit.scanning import scanner_of
from services.credit.store.tables import metadata

NAME = "credit"


def build(context: Context) -> Service:
    database = context.database(NAME)
    door = context.rpc_door(database)
    servicer = CreditServicer(door)
    archive = Archive(database, blobs_of(context.settings), scanner_of(context.settings))
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=(
            "parties",
            "consents",
            "mandates",
            "deliveries",
            "scorecards",
            "legal-bases",
            "reports",
            "documents",
            "repairs",
            "repair-notices",
            "stopped-records",
            "disputes",
            "risk-classes",
            "inspection-draws",
        ),
        routers=routers,
        add_servicers=(
            partial(credit_pb2_grpc.add_CreditServicer_to_server, servicer),
            partial(deliveries_pb2_grpc.add_DeliveriesServicer_to_server, DeliveriesServicer(door)),
            partial(reports_pb2_grpc.add_ReportsServicer_to_server, ReportsServicer(door)),
            partial(scores_pb2_grpc.add_ScoresServicer_to_server, ScoresServicer(door)),
            partial(documents_pb2_grpc.add_DocumentsServicer_to_server, DocumentsServicer(door, archive)),
            partial(repairs_pb2_grpc.add_RepairsServicer_to_server, RepairsServicer(door)),
        ),
        rpc_names=(
            "rongqiao.credit.v1.Credit",
            "rongqiao.credit.v1.Deliveries",
            "rongqiao.credit.v1.Reports",
            "rongqiao.credit.v1.Scores",
            "rongqiao.credit.v1.Documents",
            "rongqiao.credit.v1.Repairs",
        ),
        handlers=HANDLERS,
        jobs=(*jobs(database), *document_jobs(archive)),
        parts=Parts(archive),
    )
