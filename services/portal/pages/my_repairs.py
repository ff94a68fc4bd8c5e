"""What speaks against a firm, and what it does about it: credit repair, and disputes of what is wrong."""

from collections.abc import Callable
from hashlib import sha256

from google.protobuf.message import Message
from starlette.responses import Response

from libs.chassis.problems import NotFound, Problem
from libs.criteria.violation import Violation
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import repairs_pb2 as pb
from services.portal.audiences import SME
from services.portal.codes import code
from services.portal.forms import Form, Posted, fresh
from services.portal.pages.my_documents import documents_of
from services.portal.routes import page_router
from services.portal.troubles import Refusal, back, status_of
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SME)

NOT_REPAIRED = ("CREDIT_LINE", "LOAN", "PAST_DUE")
"""What a credit bureau tells is corrected where it is wrong; repair is for public records."""
FACT = " / "  # between fact, source and day in a form field


@router.get("/repairs")
def my_repairs(visit: Visiting) -> Response:
    return _list_page(visit)


@router.get("/repairs/{record_id}")
def my_record(record_id: str, visit: Visiting) -> Response:
    return _record_page(visit, record_id)


@router.post("/repairs/{record_id}")
def apply_for_repair(record_id: str, visit: Visiting, posted: Posting) -> Response:
    """What is promised is the text that the page showed."""
    request = pb.ApplyForRepairRequest(
        record_id=record_id,
        evidence=posted.all("evidence"),
        commitment_hash=sha256(visit.words("repairs.commitment").encode()).hexdigest(),
        corrected_on=posted.text("corrected_on"),
    )
    return _done(visit, posted, visit.services.repairs.ApplyForRepair, request, "repair_asked", record_id)


@router.post("/repairs/{record_id}/dispute")
def dispute_record(record_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.OpenDisputeRequest(
        record_id=record_id, claim=posted.text("claim"), evidence=posted.all("dispute_evidence")
    )
    return _done(visit, posted, visit.services.repairs.OpenDispute, request, "disputed", record_id)


@router.post("/disputes")
def dispute_fact(visit: Visiting, posted: Posting) -> Response:
    try:
        request = pb.OpenDisputeRequest(
            fact=_fact_at(posted.text("fact")), claim=posted.text("claim"), evidence=posted.all("evidence")
        )
    except Violation as refusal:
        return _refused(visit, posted, refusal, "")
    return _done(visit, posted, visit.services.repairs.OpenDispute, request, "disputed", "")


@router.post("/disputes/{dispute_id}/statement")
def state(dispute_id: str, visit: Visiting, posted: Posting) -> Response:
    request = pb.AddStatementRequest(dispute_id=dispute_id, text=posted.text("text"))
    return _done(visit, posted, visit.services.repairs.AddStatement, request, "stated", "")


def _done(
    visit: Visit,
    posted: Posted,
    method: Callable[..., Message],
    request: Message,
    done: str,
    record_id: str,
) -> Response:
    try:
        visit.act(method, request, posted.key)
    except Problem as refusal:
        return _refused(visit, posted, refusal, record_id)
    return visit.go("/repairs", done=done)


def _refused(visit: Visit, posted: Posted, refusal: Refusal, record_id: str) -> Response:
    form, status = back(posted, refusal, visit.words), status_of(refusal)
    return _record_page(visit, record_id, form, status) if record_id else _list_page(visit, form, status)


def _fact_at(text: str) -> pb.FactAt:
    parts = text.split(FACT)
    if len(parts) != 3:
        raise Violation("fact", "No fact is chosen.", "Choose the one that is wrong.")
    fact, source, observed_on = parts
    return pb.FactAt(fact=fact, source=credit.Source.Value(f"SOURCE_{source}"), observed_on=observed_on)


def _list_page(visit: Visit, form: Form | None = None, status: int = 200) -> Response:
    repairs = visit.services.repairs
    return visit.page(
        "sme/repairs.html",
        status,
        form=form or fresh(),
        records=_records(visit),
        repairs=visit.ask(repairs.ListRepairs, pb.ListRepairsRequest()).items,
        disputes=visit.ask(repairs.ListDisputes, pb.ListDisputesRequest()).items,
        facts=_facts(visit),
        papers=documents_of(visit),
        separator=FACT,
    )


def _record_page(visit: Visit, record_id: str, form: Form | None = None, status: int = 200) -> Response:
    record = next((one for one in _records(visit) if one.id == record_id), None)
    if record is None:
        raise NotFound("There is no such page.")
    return visit.page(
        "sme/record.html",
        status,
        form=form or fresh(),
        record=record,
        repairable=code(record, "kind") not in NOT_REPAIRED,
        papers=documents_of(visit),
    )


def _records(visit: Visit) -> list[credit.Record]:
    """Those that speak against the firm, or tell of its debts, and are in use."""
    request = credit.PartyOnRequest(party=visit.organisation)
    try:
        return list(visit.ask(visit.services.credit.ListRecords, request).items)
    except NotFound:
        return []


def _facts(visit: Visit) -> list[credit.Item]:
    """What others said of the firm, which alone can be wrong without the firm's doing."""
    try:
        party = visit.ask(visit.services.credit.GetParty, credit.PartyId(party=visit.organisation))
    except NotFound:
        return []
    own = credit.SOURCE_SELF_DECLARED, credit.SOURCE_INVOICES
    return [item for item in party.items if item.source not in own and not item.disputed]
