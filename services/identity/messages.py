"""Domain values as protobuf states."""

from dataclasses import replace

from libs.chassis import wire
from rongqiao.identity.v1 import identity_pb2 as pb
from services.identity.domain.organisation import Organisation, OrganisationKind


def organisation_state(organisation: Organisation) -> pb.Organisation:
    """All readers' knowledge of it. An enterprise stays nameless: no event carries what may be a person's name."""
    if organisation.kind is OrganisationKind.ENTERPRISE:
        organisation = replace(organisation, name="")
    return wire.to_message(pb.Organisation, organisation)
