"""Guarantee, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.guarantee.v1 import (
    books_pb2_grpc,
    claims_pb2_grpc,
    filings_pb2_grpc,
    guarantee_pb2_grpc,
    parties_pb2_grpc,
)
from services.guarantee.handlers import HANDLERS
from services.guarantee.http import routers
from services.guarantee.jobs import jobs
from services.guarantee.operations.rulebook import read
from services.guarantee.rpc.books import BooksServicer
from services.guarantee.rpc.claims import ClaimsServicer
from services.guarantee.rpc.filings import FilingsServicer
from services.guarantee.rpc.guarantees import GuaranteesServicer
from services.guarantee.rpc.parties import PartiesServicer
from services.guarantee.store import metadata

NAME = "guarantee"


def build(context: Context) -> Service:
    database = context.database(NAME)
    door = context.rpc_door(database)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=(
            "guarantors",
            "programmes",
            "quotes",
            "guarantees",
            "compliance-checks",
            "filings",
            "filings.csv",
            "filing-decisions",
            "batch-lists",
            "claims",
            "recoveries",
            "dues",
            "caps",
            "statements",
            "ledger-entries",
            "ledger-roots",
            "admissions",
            "related-groups",
            "opening-books",
            "red-lines",
            "coverage",
        ),
        routers=routers,
        add_servicers=(
            partial(guarantee_pb2_grpc.add_GuaranteesServicer_to_server, GuaranteesServicer(door)),
            partial(filings_pb2_grpc.add_FilingsServicer_to_server, FilingsServicer(door)),
            partial(claims_pb2_grpc.add_ClaimsServicer_to_server, ClaimsServicer(door)),
            partial(books_pb2_grpc.add_BooksServicer_to_server, BooksServicer(door)),
            partial(parties_pb2_grpc.add_PartiesServicer_to_server, PartiesServicer(door)),
        ),
        rpc_names=(
            "rongqiao.guarantee.v1.Guarantees",
            "rongqiao.guarantee.v1.Filings",
            "rongqiao.guarantee.v1.Claims",
            "rongqiao.guarantee.v1.Books",
            "rongqiao.guarantee.v1.Parties",
        ),
        handlers=HANDLERS,
        jobs=jobs(database, read(context.policies)),
    )
