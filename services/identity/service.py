"""Identity, put together."""

from functools import partial
from pathlib import Path

from libs.chassis.service import Context, Service
from rongqiao.identity.v1 import identity_pb2_grpc
from services.identity import jobs, operations
from services.identity.http import Parts, documents, router
from services.identity.operations.passwords import Passwords
from services.identity.rpc import IdentityServicer
from services.identity.store import metadata

NAME = "identity"


def build(context: Context) -> Service:
    database = context.database(NAME)
    passwords = Passwords()
    servicer = IdentityServicer(context.rpc_door(database), passwords, context.keys)
    return Service(
        name=NAME,
        database=database,
        metadata=metadata,
        migrations=Path(__file__).parent / "migrations" / "versions",
        collections=("tokens", "enrolments", "accounts", "organisations", "machine-keys", ".well-known"),
        routers=(router, documents),
        add_servicers=(partial(identity_pb2_grpc.add_IdentityServicer_to_server, servicer),),
        rpc_names=("rongqiao.identity.v1.Identity",),
        jobs=jobs.jobs(database),
        parts=Parts(passwords, context.keys),
        prepare=lambda: database.transact(
            lambda tx: operations.ensure_operator(tx, "operator", context.keys.operator_password)
        ),
    )
