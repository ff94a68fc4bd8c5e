"""Matching, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.matching.v1 import matching_pb2_grpc
from services.matching.catalogue import Catalogue
from services.matching.desk import Desk
from services.matching.handlers import HANDLERS, states
from services.matching.http import router
from services.matching.index.engine import keep_compiled_under, load_in_background, load_kernels
from services.matching.rpc import MatchingServicer
from services.matching.store import forget_profiles, metadata

NAME = "matching"


def build(context: Context) -> Service:
    database, catalogue = context.database(NAME), Catalogue()
    desk = Desk(database, catalogue, context.policies, context.ids)
    servicer = MatchingServicer(context.rpc_door(database), desk)
    keep_compiled_under(context.settings.home)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=("matches",),
        routers=(router,),
        add_servicers=(partial(matching_pb2_grpc.add_MatchingServicer_to_server, servicer),),
        rpc_names=("rongqiao.matching.v1.Matching",),
        handlers=HANDLERS,
        state_handlers=states(catalogue),
        parts=desk,
        prepare=lambda: load_in_background(catalogue.index.use),
        close=desk.close,
        truncate=forget_profiles,
    )


def warm(home: Path) -> None:
    """Compile the kernels into numba's cache under `home`, so that no serving process has to."""
    keep_compiled_under(home)
    load_kernels()
