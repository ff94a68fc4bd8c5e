"""Matching, put together."""

import threading
from functools import partial
from importlib import import_module
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.matching.v1 import (
    batches_pb2_grpc,
    laboratory_pb2_grpc,
    matching_pb2_grpc,
    models_pb2_grpc,
    rounds_pb2_grpc,
    whatifs_pb2_grpc,
)
from services.matching.batching import Batcher
from services.matching.catalogue import Catalogue
from services.matching.desk import Desk
from services.matching.handlers import HANDLERS, states
from services.matching.http import routers
from services.matching.index.engine import keep_compiled_under, load_in_background, load_kernels
from services.matching.jobs import jobs
from services.matching.rpc.batches import BatchesServicer
from services.matching.rpc.laboratory import LaboratoryServicer
from services.matching.rpc.matches import MatchingServicer
from services.matching.rpc.models import ModelsServicer
from services.matching.rpc.rounds import RoundsServicer
from services.matching.rpc.whatifs import WhatIfsServicer
from services.matching.store import metadata
from services.matching.store.profiles import forget_profiles
from services.matching.studying import Studying

NAME = "matching"


def build(context: Context) -> Service:
    database, catalogue = context.database(NAME), Catalogue()
    desk = Desk(database, catalogue, context.policies, context.ids)
    door, market_known = context.rpc_door(database), threading.Event()
    servicer = MatchingServicer(door, desk)
    keep_compiled_under(context.settings.home)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=(
            "matches",
            "ranking",
            "policy-corrections",
            "match-batches",
            "rounds",
            "what-ifs",
            "counterfactuals",
            "likelihood-models",
            "experiments",
            "reaches",
        ),
        routers=routers,
        add_servicers=(
            partial(matching_pb2_grpc.add_MatchingServicer_to_server, servicer),
            partial(batches_pb2_grpc.add_BatchesServicer_to_server, BatchesServicer(door)),
            partial(rounds_pb2_grpc.add_RoundsServicer_to_server, RoundsServicer(door)),
            partial(whatifs_pb2_grpc.add_WhatIfsServicer_to_server, WhatIfsServicer(door, desk)),
            partial(models_pb2_grpc.add_ModelsServicer_to_server, ModelsServicer(door)),
            partial(laboratory_pb2_grpc.add_LaboratoryServicer_to_server, LaboratoryServicer(door, desk)),
        ),
        rpc_names=(
            "rongqiao.matching.v1.Matching",
            "rongqiao.matching.v1.Batches",
            "rongqiao.matching.v1.Rounds",
            "rongqiao.matching.v1.WhatIfs",
            "rongqiao.matching.v1.Models",
            "rongqiao.matching.v1.Laboratory",
        ),
        handlers=HANDLERS,
        state_handlers=states(catalogue),
        states_known=market_known,
        jobs=(
            *Batcher(database, desk, market_known).jobs(),
            *jobs(database, desk, market_known),
            *Studying(database, desk, context.policies, market_known).jobs(),
        ),
        parts=desk,
        prepare=lambda: load_in_background(catalogue.index.use),
        close=desk.close,
        truncate=forget_profiles,
    )


def warm(home: Path) -> None:
    """Compile the kernels into numba's cache under `home`, so that no serving process has to."""
    keep_compiled_under(home)
    load_kernels()
    import_module("services.matching.index.sweep_kernels")
