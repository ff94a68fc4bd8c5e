"""Identity over gRPC: the same operations."""

from dataclasses import dataclass, replace

import grpc

from libs.chassis.rpc import RpcDoor
from libs.chassis.settings import Keys
from libs.chassis.wire import from_message, to_message, to_plain
from rongqiao.identity.v1 import identity_pb2 as pb
from rongqiao.identity.v1 import identity_pb2_grpc
from services.identity import operations
from services.identity.domain.account import AccountTerms, Credentials, NewEnrolment
from services.identity.domain.machine import AccessTerms, NewKey
from services.identity.domain.organisation import OrganisationKind, OrganisationTerms
from services.identity.operations.passwords import Passwords

Context = grpc.ServicerContext


@dataclass
class IdentityServicer(identity_pb2_grpc.IdentityServicer):
    door: RpcDoor
    passwords: Passwords
    keys: Keys

    def SignIn(self, request: pb.SignInRequest, context: Context) -> pb.Token:
        database = self.door.anonymous(context)
        credentials = from_message(Credentials, request)
        origin = self.door.origin(context)
        token = operations.sign_in(database, self.passwords, self.keys, credentials, origin)
        return to_message(pb.Token, token)

    def Enrol(self, request: pb.EnrolRequest, context: Context) -> pb.Enrolment:
        database = self.door.anonymous(context)
        new = from_message(NewEnrolment, request)
        password_hash = self.passwords.hash(new.password)
        return to_message(
            pb.Enrolment, database.transact(lambda tx: operations.enrol(tx, new, password_hash))
        )

    def GetMyAccount(self, request: pb.GetMyAccountRequest, context: Context) -> pb.Account:
        return to_message(pb.Account, self.door.call(context).read(operations.my_account))

    def PutAccount(self, request: pb.PutAccountRequest, context: Context) -> pb.Account:
        call = replace(self.door.call(context), key=None)  # repeatable as it is; see http.put_account
        terms = from_message(AccountTerms, request, without=("login",))
        password_hash = self.passwords.hash(terms.password)
        return to_message(pb.Account, call.write(operations.put_account, request.login, terms, password_hash))

    def PutOrganisation(self, request: pb.PutOrganisationRequest, context: Context) -> pb.Organisation:
        organisation_id = request.id if request.HasField("id") else None
        call = self.door.call(context, writes=organisation_id is None)
        terms = from_message(OrganisationTerms, request, without=("id",))
        return to_message(pb.Organisation, call.write(operations.put_organisation, organisation_id, terms))

    def GetOrganisation(self, request: pb.OrganisationId, context: Context) -> pb.Organisation:
        call = self.door.call(context)
        return to_message(pb.Organisation, call.read(operations.get_organisation, request.organisation_id))

    def GetAccess(self, request: pb.OrganisationId, context: Context) -> pb.Access:
        call = self.door.call(context)
        return to_message(pb.Access, call.read(operations.get_access, request.organisation_id))

    def PutAccess(self, request: pb.PutAccessRequest, context: Context) -> pb.Access:
        call = self.door.call(context)
        terms = from_message(AccessTerms, request, without=("organisation_id",))
        address = self.door.origin(context).address
        return to_message(
            pb.Access, call.write(operations.put_access, request.organisation_id, terms, address)
        )

    def CreateKey(self, request: pb.CreateKeyRequest, context: Context) -> pb.KeySecret:
        call = self.door.call(context, writes=True)
        return to_message(pb.KeySecret, call.write(operations.create_key, from_message(NewKey, request)))

    def ListKeys(self, request: pb.ListKeysRequest, context: Context) -> pb.KeyList:
        asked = to_plain(request)
        return to_message(
            pb.KeyList, self.door.call(context).read(operations.list_keys, asked.get("organisation"))
        )

    def RevokeKey(self, request: pb.KeyId, context: Context) -> pb.MachineKey:
        call = self.door.call(context, writes=True)
        return to_message(pb.MachineKey, call.write(operations.revoke_key, request.key_id))

    def ListOrganisations(
        self, request: pb.ListOrganisationsRequest, context: Context
    ) -> pb.OrganisationPage:
        asked = to_plain(request)
        kind = OrganisationKind(asked["kind"]) if "kind" in asked else None
        page = self.door.call(context).read(
            operations.list_organisations, kind, asked.get("cursor"), request.limit
        )
        return to_message(pb.OrganisationPage, page)
