"""The gRPC service `Lending`: products, applications and loans."""

from dataclasses import dataclass

from rongqiao.lending.v1 import lending_pb2_grpc
from services.lending.rpc.applications import ApplicationMethods
from services.lending.rpc.intake import ImportMethods
from services.lending.rpc.loans import LoanMethods
from services.lending.rpc.products import ProductMethods


@dataclass
class LendingServicer(
    ProductMethods, ImportMethods, ApplicationMethods, LoanMethods, lending_pb2_grpc.LendingServicer
):
    """All its methods, by group."""
