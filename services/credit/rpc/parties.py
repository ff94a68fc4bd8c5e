"""Party files and consents: the service `Credit`."""

from dataclasses import dataclass
from datetime import date, datetime

import grpc

from libs.chassis.call import Call
from libs.chassis.rpc import RpcDoor
from libs.chassis.wire import from_message, to_message, to_plain
from libs.criteria.shape import Shape
from rongqiao.credit.v1 import credit_pb2 as pb
from rongqiao.credit.v1 import credit_pb2_grpc
from services.credit.domain.consent import NewConsent, Revocation
from services.credit.domain.facts import NewFacts
from services.credit.domain.invoices import NewInvoices
from services.credit.domain.mandates import NewMandate
from services.credit.domain.party import Registration
from services.credit.domain.records import NewRecords
from services.credit.domain.relations import NewRelations
from services.credit.domain.series import NewFigures
from services.credit.operations import (
    consents,
    files,
    invoices,
    mandates,
    reading,
    records,
    relations,
    scores,
)

Context = grpc.ServicerContext


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyOn(Shape):
    """A file on a day, as it was known at an instant."""

    party: str
    as_of: date | None = None
    known: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactOn(Shape):
    party: str
    fact: str
    as_of: date | None = None
    known: datetime | None = None


@dataclass
class CreditServicer(credit_pb2_grpc.CreditServicer):
    door: RpcDoor

    def PutParty(self, request: pb.PutPartyRequest, context: Context) -> pb.Party:
        call = self._look(context)
        registration = from_message(Registration, request, without=("id",))
        return to_message(pb.Party, call.write(files.put_party, request.id, registration))

    def WithdrawParty(self, request: pb.PartyId, context: Context) -> pb.Party:
        return to_message(pb.Party, self._look(context).write(files.withdraw_party, request.party))

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
        return to_message(pb.Score, self._look(context).write(scores.get_score, request.party))

    def GetFact(self, request: pb.GetFactRequest, context: Context) -> pb.FactHistory:
        asked = from_message(FactOn, request)
        found = self._look(context).write(reading.get_fact, asked.party, asked.fact, asked.as_of, asked.known)
        return to_message(pb.FactHistory, found)

    def AddRecords(self, request: pb.AddRecordsRequest, context: Context) -> pb.BulkOutcome:
        new = from_message(NewRecords, request, without=("party",))
        call = self.door.call(context, writes=True)
        return to_message(pb.BulkOutcome, call.write(records.add_records, request.party, new))

    def ListRecords(self, request: pb.PartyOnRequest, context: Context) -> pb.RecordList:
        on = from_message(PartyOn, request)
        found = self._look(context).write(records.list_records, on.party, on.as_of, on.known)
        return to_message(pb.RecordList, found)

    def AddFigures(self, request: pb.AddFiguresRequest, context: Context) -> pb.BulkOutcome:
        new = from_message(NewFigures, request, without=("party",))
        call = self.door.call(context, writes=True)
        return to_message(pb.BulkOutcome, call.write(records.add_figures, request.party, new))

    def ListFigures(self, request: pb.PartyOnRequest, context: Context) -> pb.FigureList:
        on = from_message(PartyOn, request)
        found = self._look(context).write(records.list_figures, on.party, on.as_of, on.known)
        return to_message(pb.FigureList, found)

    def PutRelations(self, request: pb.PutRelationsRequest, context: Context) -> pb.Relations:
        new = from_message(NewRelations, request, without=("party",))
        call = self.door.call(context, writes=True)
        return to_message(pb.Relations, call.write(relations.put_relations, request.party, new))

    def GetRelations(self, request: pb.PartyOnRequest, context: Context) -> pb.Relations:
        on = from_message(PartyOn, request)
        found = self._look(context).write(relations.get_relations, on.party, on.as_of, on.known)
        return to_message(pb.Relations, found)

    def GrantMandate(self, request: pb.NewMandate, context: Context) -> pb.Mandate:
        new = from_message(NewMandate, request, without=("party",))
        call = self.door.call(context, writes=True)
        return to_message(pb.Mandate, call.write(mandates.grant_mandate, request.party, new))

    def RevokeMandate(self, request: pb.MandateId, context: Context) -> pb.Mandate:
        call = self.door.call(context, writes=True)
        return to_message(pb.Mandate, call.write(mandates.revoke_mandate, request.mandate_id))

    def ListGivenMandates(self, request: pb.PartyId, context: Context) -> pb.MandatePage:
        found = self.door.call(context).read(mandates.list_given_mandates, request.party)
        return to_message(pb.MandatePage, found)

    def ListMyMandates(self, request: pb.ListMandatesRequest, context: Context) -> pb.MandatePage:
        cursor = to_plain(request).get("cursor")
        found = self.door.call(context).read(mandates.list_my_mandates, cursor, request.limit)
        return to_message(pb.MandatePage, found)

    def GrantConsent(self, request: pb.GrantConsentRequest, context: Context) -> pb.Consent:
        call = self.door.call(context, writes=True)
        new = from_message(NewConsent, request, without=("party",))
        return to_message(pb.Consent, call.write(consents.grant_consent, request.party, new))

    def RevokeConsent(self, request: pb.ConsentId, context: Context) -> pb.Consent:
        call = self.door.call(context, writes=True)
        told = from_message(Revocation, request, without=("consent_id",))
        return to_message(pb.Consent, call.write(consents.revoke_consent, request.consent_id, told))

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
