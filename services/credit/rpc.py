"""Credit over gRPC: the same operations."""

from dataclasses import dataclass

import grpc

from libs.chassis.call import Call
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from libs.policy import PolicySet
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import credit_pb2_grpc
from services.credit.domain.consent import NewConsent
from services.credit.domain.facts import NewFacts
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.party import Registration
from services.credit.operations import consents, files, invoices, reading

Context = grpc.ServicerContext


@dataclass
class CreditServicer(credit_pb2_grpc.CreditServicer):
    door: RpcDoor
    policies: PolicySet

    def PutParty(self, request: pb.PutPartyRequest, context: Context) -> pb.Party:
        call = self.door.call(context, writes=True)
        registration = from_message(Registration, request, without=("id",))
        return to_message(pb.Party, call.write(files.put_party, request.id, registration))

    def WithdrawParty(self, request: pb.PartyId, context: Context) -> pb.Party:
        call = self.door.call(context, writes=True)
        return to_message(pb.Party, call.write(files.withdraw_party, request.party))

    def AddFacts(self, request: pb.AddFactsRequest, context: Context) -> pb.BulkOutcome:
        call = self.door.call(context, writes=True)
        new = from_message(NewFacts, request, without=("party",))
        return to_message(pb.BulkOutcome, call.write(files.add_facts, request.party, new))

    def AddInvoices(self, request: pb.AddInvoicesRequest, context: Context) -> pb.BulkOutcome:
        call = self.door.call(context, writes=True)
        new = from_message(NewInvoices, request, without=("party",))
        return to_message(pb.BulkOutcome, call.write(invoices.add_invoices, request.party, new))

    def GetParty(self, request: pb.PartyId, context: Context) -> pb.Party:
        return to_message(pb.Party, self._look(context).write(reading.get_party, request.party))

    def GetScore(self, request: pb.PartyId, context: Context) -> pb.Score:
        score = self._look(context).write(reading.get_score, self.policies, request.party)
        return to_message(pb.Score, score)

    def GrantConsent(self, request: pb.GrantConsentRequest, context: Context) -> pb.Consent:
        call = self.door.call(context, writes=True)
        new = from_message(NewConsent, request, without=("party",))
        return to_message(pb.Consent, call.write(consents.grant_consent, request.party, new))

    def RevokeConsent(self, request: pb.ConsentId, context: Context) -> pb.Consent:
        call = self.door.call(context, writes=True)
        return to_message(pb.Consent, call.write(consents.revoke_consent, request.consent_id))

    def ListConsents(self, request: pb.PartyId, context: Context) -> pb.ConsentList:
        return to_message(pb.ConsentList, self.door.call(context).read(consents.list_consents, request.party))

    def ListReads(self, request: pb.ListReadsRequest, context: Context) -> pb.ReadPage:
        cursor = to_plain(request).get("cursor")
        page = self.door.call(context).read(reading.list_reads, request.party, cursor, request.limit)
        return to_message(pb.ReadPage, page)

    def _look(self, context: Context) -> Call:
        """For a look that leaves a trace: every one counts, none is answered from the one before."""
        call = self.door.call(context)
        call.key = None
        return call
