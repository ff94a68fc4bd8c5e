"""The servers that the benchmark of serving asks: matching with its doors, and a hello and an echo without anything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import grpc
import sqlalchemy as sa
from fastapi import FastAPI, Response

from app.server import Server, listen
from benchmarks import market
from libs import policy
from libs.chassis import rpc, vault
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.http import Door, make_app
from libs.chassis.ids import new_id
from libs.chassis.limits import RateLimit
from libs.chassis.rpc import RpcDoor
from libs.chassis.settings import Keys
from libs.chassis.tables import chassis_metadata
from libs.chassis.tokens import TokenChecker
from libs.criteria.vocabulary import FACTS, decode
from libs.eventing.tables import eventing_metadata
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.catalogue import Catalogue
from services.matching.desk import Desk
from services.matching.domain.firm import ItemState, PartyStatus, Profile, SummaryItem
from services.matching.http import routers
from services.matching.index.engine import keep_compiled_under, load_kernels
from services.matching.rpc.matches import MatchingServicer
from services.matching.store import metadata
from services.matching.store.profiles import put_profile

PRODUCTS, PARTIES = 10_000, 200
NO_LIMIT = 10**9
HELLO = b'{"hello":"world"}'


def serve(url: str, key_file: str, port: int, grpc_port: int) -> None:
    """Both doors of matching with PRODUCTS products and PARTIES parties, and a hello and an echo without anything."""
    keys = Keys.model_validate_json(key_file)
    vault.configure(keys.vault())
    database = _database(url)
    desk = Desk(database, _catalogue(), policy.load(), new_id)
    tokens, limit = TokenChecker(keys), RateLimit(NO_LIMIT)
    servicer = MatchingServicer(RpcDoor(database, tokens, limit), desk)
    _serve_grpc(grpc_port, lambda server: matching_pb2_grpc.add_MatchingServicer_to_server(servicer, server))
    _serve_http(port, make_app("matching", list(routers), Door(database, tokens, limit, desk)))


def serve_hello(port: int, grpc_port: int) -> None:
    app = FastAPI()

    @app.get("/hello")
    async def hello() -> Response:
        return Response(HELLO, media_type="application/json")

    def add(server: grpc.Server) -> None:
        echo = grpc.unary_unary_rpc_method_handler(lambda request, context: request)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", {"Echo": echo}),))

    _serve_grpc(grpc_port, add, bare=True)
    _serve_http(port, app)


def _serve_http(port: int, app: Any) -> None:
    Server(app).run(sockets=[listen("127.0.0.1", port)])


def _serve_grpc(port: int, add: Callable[[grpc.Server], None], bare: bool = False) -> None:
    if bare:
        server = grpc.server(ThreadPoolExecutor(16))
        server.add_insecure_port(f"127.0.0.1:{port}")
        add(server)
        server.start()
    else:
        server, _ = rpc.listen(f"127.0.0.1:{port}", "bench")
        rpc.start(server, [add], [])
    _held.append(server)


_held: list[grpc.Server] = []  # a server without a name ends


def _database(url: str) -> Database:
    database = Database(url, clock=SystemClock(), ids=new_id, policies=policy.load())
    if not sa.inspect(database.engine).get_table_names():
        for part in (chassis_metadata, eventing_metadata, metadata):
            part.create_all(database.engine)
        random = Random(5)
        with database.write() as tx:
            for number in range(PARTIES):
                put_profile(tx, _profile(random, number))
    return database


def _profile(random: Random, number: int) -> Profile:
    asked = market.query(random)
    items = [
        SummaryItem(fact=fact, value=decode(fact, value), state=ItemState.KNOWN)
        for fact, value in asked.facts.items()
        if fact in FACTS
    ]
    dimensions = Dimensions(
        county=asked.county,
        industry_division=asked.industry[:2],
        size=asked.size or Size.SMALL,
        owner_kind=OwnerKind.ENTERPRISE,
        firm_key=str(number),
        first_time_borrower=asked.first_time,
    )
    return Profile(
        party=party(number),
        status=PartyStatus.ACTIVE,
        dimensions=dimensions,
        industry=asked.industry,
        items=tuple(items),
        recipient="platform",
    )


def _catalogue() -> Catalogue:
    keep_compiled_under(Path("var"))
    made = Catalogue()
    for product in market.products(PRODUCTS):
        made.put_product(product)
    made.index.use(load_kernels())
    return made


def party(number: int) -> str:
    return f"uscc:bench{number:04d}"
