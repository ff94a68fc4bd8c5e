"""Products over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.codec import load
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.product import NewProduct, ProductStatus, Publication
from services.lending.operations import products

Context = grpc.ServicerContext


@dataclass
class ProductMethods:
    door: RpcDoor

    def RegisterProduct(self, request: pb.RegisterProductRequest, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.Product, call.write(products.register_product, from_message(NewProduct, request))
        )

    def PublishProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(products.publish_product, request.product_id))

    def CheckProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(products.check_product, request.product_id))

    def ScheduleProduct(self, request: pb.ScheduleProductRequest, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        publication = from_message(Publication, request, without=("product_id",))
        return to_message(pb.Product, call.write(products.publish_product, request.product_id, publication))

    def SuspendProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(products.suspend_product, request.product_id))

    def ResumeProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(products.resume_product, request.product_id))

    def WithdrawProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        call = self.door.call(context, writes=True)
        return to_message(pb.Product, call.write(products.withdraw_product, request.product_id))

    def GetProduct(self, request: pb.ProductId, context: Context) -> pb.Product:
        return to_message(pb.Product, self.door.call(context).read(products.get_product, request.product_id))

    def ListProductVersions(self, request: pb.ProductId, context: Context) -> pb.ProductHistory:
        call = self.door.call(context)
        return to_message(pb.ProductHistory, call.read(products.list_versions, request.product_id))

    def DescribeLimits(self, request: pb.ProductId, context: Context) -> pb.ProductLimits:
        call = self.door.call(context)
        return to_message(pb.ProductLimits, call.read(products.describe_limits, request.product_id))

    def ListProducts(self, request: pb.ListProductsRequest, context: Context) -> pb.ProductPage:
        asked = to_plain(request)
        status = load(ProductStatus, asked["status"]) if asked.get("status") else None
        page = self.door.call(context).read(
            products.list_products, asked.get("bank"), status, asked.get("cursor"), request.limit
        )
        return to_message(pb.ProductPage, page)
