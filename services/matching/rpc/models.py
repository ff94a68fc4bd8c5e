"""The register of likelihood models over gRPC: the service `Models`."""

from dataclasses import dataclass
from datetime import date

import grpc

from libs.chassis.principal import Role
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from libs.criteria.violation import Violation
from libs.registry.promotion import NewVersionProposal, VersionVerdict
from rongqiao.matching.v1 import models_pb2 as pb
from rongqiao.matching.v1 import models_pb2_grpc
from services.matching.modelfile import read_model_file
from services.matching.operations import models

Context = grpc.ServicerContext


@dataclass
class ModelsServicer(models_pb2_grpc.ModelsServicer):
    door: RpcDoor

    def RegisterModel(self, request: pb.ModelFile, context: Context) -> pb.ModelVersion:
        call = self.door.call(context, writes=True)
        call.principal.require(Role.OPERATOR)
        model = read_model_file(request.content.encode())
        return to_message(pb.ModelVersion, call.write(models.register_model, model))

    def ListModels(self, request: pb.ListModelsRequest, context: Context) -> pb.ModelList:
        return to_message(pb.ModelList, self.door.call(context).read(models.list_models))

    def GetInForce(self, request: pb.InForceRequest, context: Context) -> pb.ModelVersion:
        call = self.door.call(context)
        return to_message(pb.ModelVersion, call.read(models.model_in_force, _day(request)))

    def GetModel(self, request: pb.ModelId, context: Context) -> pb.ModelVersion:
        call = self.door.call(context)
        return to_message(pb.ModelVersion, call.read(models.get_model, request.model_id, request.version))

    def GetModelFile(self, request: pb.ModelId, context: Context) -> pb.ModelFile:
        call = self.door.call(context)
        return to_message(pb.ModelFile, call.read(models.get_model_file, request.model_id, request.version))

    def CompareModel(self, request: pb.ModelId, context: Context) -> pb.ModelComparison:
        call = self.door.call(context)
        told = call.read(models.compare_model, request.model_id, request.version)
        return to_message(pb.ModelComparison, told)

    def PutInShadow(self, request: pb.ModelId, context: Context) -> pb.ModelVersion:
        call = self.door.call(context, writes=True)
        return to_message(
            pb.ModelVersion, call.write(models.put_in_shadow, request.model_id, request.version)
        )

    def RetireModel(self, request: pb.ModelId, context: Context) -> pb.ModelVersion:
        call = self.door.call(context, writes=True)
        return to_message(pb.ModelVersion, call.write(models.retire_model, request.model_id, request.version))

    def ProposeModel(self, request: pb.ProposeModelRequest, context: Context) -> pb.ModelVersion:
        call = self.door.call(context, writes=True)
        new = from_message(NewVersionProposal, request, without=("model_id", "version"))
        told = call.write(models.propose_model, request.model_id, request.version, new)
        return to_message(pb.ModelVersion, told)

    def DecideModel(self, request: pb.DecideModelRequest, context: Context) -> pb.ModelVersion:
        call = self.door.call(context, writes=True)
        verdict = VersionVerdict(approve=request.approve)
        told = call.write(
            models.decide_model, request.model_id, request.version, request.proposal_id, verdict
        )
        return to_message(pb.ModelVersion, told)


def _day(request: pb.InForceRequest) -> date | None:
    if not request.HasField("on"):
        return None
    try:
        return date.fromisoformat(request.on)
    except ValueError as error:
        raise Violation("on", "This is no day.", "Write it as 2026-12-31.") from error
