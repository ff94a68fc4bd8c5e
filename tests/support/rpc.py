"""A real gRPC server of one servicer on a free port, and calls to it as one account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc

from libs.chassis import rpc
from libs.chassis.database import Database
from libs.chassis.limits import RateLimit
from libs.chassis.rpc import RpcDoor
from libs.chassis.tokens import TokenChecker
from tests.support.services import KEYS, token_of

__all__ = ["door_of", "serving", "token_of"]


def door_of(database: Database) -> RpcDoor:
    return RpcDoor(database, TokenChecker(KEYS), RateLimit(60_000))


@contextmanager
def serving(add_servicer: Callable[[grpc.Server], None]) -> Iterator[grpc.Channel]:
    """A channel to a server with this servicer, gone after the block."""
    server, port = rpc.listen("127.0.0.1:0", "test")
    rpc.start(server, [add_servicer], [])
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(grace=None).wait()
