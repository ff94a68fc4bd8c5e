"""What institutions are called, as identity tells."""

from libs.chassis.database import WriteTx
from rongqiao.identity.v1 import identity_pb2 as identity
from services.credit.store import reports


def follow_organisation(tx: WriteTx, organisation: identity.Organisation) -> None:
    """Enterprises are left out: who a firm is, its file tells, to those whom it allowed."""
    if organisation.kind != identity.ORGANISATION_KIND_ENTERPRISE and organisation.name:
        reports.put_reader(tx, organisation.id, organisation.name)
