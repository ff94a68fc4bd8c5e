"""Questions about the whole population over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message
from rongqiao.matching.v1 import laboratory_pb2 as pb
from rongqiao.matching.v1 import laboratory_pb2_grpc
from services.matching.desk import Desk
from services.matching.domain.studies.study import NewExperiment, NewReach
from services.matching.operations.studies import laboratory, reach

Context = grpc.ServicerContext


@dataclass
class LaboratoryServicer(laboratory_pb2_grpc.LaboratoryServicer):
    door: RpcDoor
    desk: Desk

    def AskExperiment(self, request: pb.NewExperiment, context: Context) -> pb.Experiment:
        call = self.door.call(context, writes=True)
        new = from_message(NewExperiment, request)
        return to_message(pb.Experiment, call.write(laboratory.ask_experiment, new))

    def GetExperiment(self, request: pb.ExperimentId, context: Context) -> pb.Experiment:
        call = self.door.call(context)
        return to_message(pb.Experiment, call.read(laboratory.get_experiment, request.experiment_id))

    def AskReach(self, request: pb.NewReach, context: Context) -> pb.Reach:
        call = self.door.call(context, writes=True)
        owners, new = reach.Owners(self.desk.catalogue.index.bank_of), from_message(NewReach, request)
        return to_message(pb.Reach, call.write(reach.ask_reach, owners, new))

    def GetReach(self, request: pb.ReachId, context: Context) -> pb.Reach:
        return to_message(pb.Reach, self.door.call(context).read(reach.get_reach, request.reach_id))
