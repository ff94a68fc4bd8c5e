"""The guarantee of an application: reserved, confirmed, given back."""

from typing import Any

from libs.chassis.database import WriteTx
from libs.chassis.intents import Intent, intend
from libs.chassis.problems import Problem
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee_pb
from services.lending.domain import cover as rules
from services.lending.domain.application import Application, Cover
from services.lending.domain.life import ENDED_UNDRAWN
from services.lending.operations import telling
from services.lending.store import applications as application_store

RESERVE = "reserve_guarantee"
RELEASE = "release_guarantee"


def reserve(tx: WriteTx, approved: Application) -> Application:
    """Decide that room for the loan is asked for. A sandbox has a guarantor who is never asked and always agrees."""
    if approved.sandbox:
        return _keep(tx, rules.covered(approved, Cover.CONFIRMED, approved.id.replace("app_", "sandbox_")))
    intend(tx, RESERVE, approved.id, {"application_id": approved.id})
    return approved


def record_reservation(tx: WriteTx, intent: Intent, outcome: guarantee_pb.Guarantee | Problem) -> None:
    """What the guarantor's reservation came to. An application that ended meanwhile gives it back."""
    application = application_store.to_change(tx, intent.subject)
    if isinstance(outcome, Problem):
        _keep(tx, rules.covered(application, Cover.REFUSED, None, outcome.detail))
        return
    known = _keep(tx, rules.covered(application, _COVERS[outcome.status], outcome.id))
    if known.status in ENDED_UNDRAWN:
        release(tx, known)


def record_release(tx: WriteTx, intent: Intent, outcome: Any) -> None:
    """Nothing to keep: the guarantee's own event tells lending that it ended."""


def follow_guarantee(tx: WriteTx, changed: guarantee_events.GuaranteeChanged) -> None:
    """News of a guarantee, by event: confirmed, effective, refused or ended."""
    application = application_store.to_change(tx, changed.application_id)
    note = changed.note if changed.HasField("note") else None
    known = rules.covered(application, _COVERS[changed.status], changed.guarantee_id, note)
    if known != application:
        _keep(tx, known)


def release(tx: WriteTx, application: Application) -> None:
    """Decide that room which a guarantor holds for an application is given back."""
    if application.sandbox:
        return
    intend(tx, RELEASE, application.id, {"application_id": application.id})


def _keep(tx: WriteTx, application: Application) -> Application:
    return telling.keep(tx, application, telling.COVER)


_COVERS = {
    guarantee_pb.GUARANTEE_STATUS_RESERVED: Cover.RESERVED,
    guarantee_pb.GUARANTEE_STATUS_CONFIRMED: Cover.CONFIRMED,
    guarantee_pb.GUARANTEE_STATUS_EFFECTIVE: Cover.EFFECTIVE,
    guarantee_pb.GUARANTEE_STATUS_RELEASED: Cover.ENDED,
    guarantee_pb.GUARANTEE_STATUS_REJECTED: Cover.REFUSED,
    guarantee_pb.GUARANTEE_STATUS_CANCELLED: Cover.REFUSED,
    guarantee_pb.GUARANTEE_STATUS_EXPIRED: Cover.REFUSED,
}
