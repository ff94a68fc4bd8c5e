"""What came of calls and of the banks' decisions."""

from dataclasses import replace
from typing import Any

from google.protobuf.message import Message

from libs.chassis import wire
from libs.chassis.database import WriteTx
from libs.chassis.intents import Intent
from libs.chassis.problems import Problem
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from services.coordination import store
from services.coordination.domain import request as rules
from services.coordination.domain.case import Cause, Refusal
from services.coordination.domain.plan import reasons_for_none
from services.coordination.domain.request import FinancingRequest, Referral, ReferralStatus, RequestStatus
from services.coordination.operations.requests import call_off, keep

NOT_OPENED = "not_opened"

_APPLICATION = "APPLICATION_STATUS_"


def record_match(tx: WriteTx, intent: Intent, outcome: Message | Problem) -> None:
    """The plans that matching found. Without any the need is refused and becomes a case."""
    before = store.request_to_change(tx, intent.subject)
    if before.status is not RequestStatus.OPEN:
        return
    if isinstance(outcome, Problem):
        refusal = Refusal(Cause.NOT_MATCHED, (outcome.slug,))
        keep(tx, before, rules.unmatched(before, _words(outcome)), refusal)
        return
    match = wire.to_plain(outcome)
    store.set_county(tx, before.id, match["dimensions"]["county"])
    keep(tx, before, rules.matched(before, match), Refusal(Cause.NO_PLAN, reasons_for_none(match)))


def record_opening(tx: WriteTx, intent: Intent, outcome: Any) -> None:
    """The bank has the application, or lending refused to open it. One that nobody needs any more is called off."""
    request = store.request_to_change(tx, intent.subject)
    referral = request.referral(intent.payload["referral_id"])
    if isinstance(outcome, Problem):
        refused = {"status": ReferralStatus.DECLINED, "reason_codes": (NOT_OPENED,), "note": _words(outcome)}
        _news(tx, request, replace(referral, **refused))
        return
    status = ReferralStatus.SUBMITTED if referral.status is ReferralStatus.OPENING else referral.status
    after = _news(tx, request, replace(referral, application_id=outcome.id, status=status))
    if rules.is_over(after):
        call_off(tx, after, outcome.id)


def record_withdrawal(tx: WriteTx, intent: Intent, outcome: Any) -> None:
    """Nothing to keep: the application's own event tells what became of it."""


def follow_application(tx: WriteTx, changed: lending_events.ApplicationChanged) -> None:
    """The bank's decision, by event. It may come before the answer that says which application it is."""
    if store.find_request(tx, changed.request_id) is None:
        return
    request = store.request_to_change(tx, changed.request_id)
    referral = rules.referral_of(request, changed.application_id, changed.product_id)
    if referral is None:
        return
    status = ReferralStatus(lending.ApplicationStatus.Name(changed.status).removeprefix(_APPLICATION))
    news = {"application_id": changed.application_id, "status": status}
    codes = tuple(changed.reason_codes)
    _news(tx, request, replace(referral, **news, reason_codes=codes))


def _news(tx: WriteTx, before: FinancingRequest, referral: Referral) -> FinancingRequest:
    store.update_referral(tx, referral)
    request = rules.with_referral(before, referral)
    codes = (code for one in request.referrals for code in one.reason_codes)
    return keep(tx, before, request, Refusal(Cause.ALL_DECLINED, tuple(dict.fromkeys(codes))))


def _words(problem: Problem) -> str:
    return f"{problem.detail} {problem.mend or ''}".strip()
