"""What banks answered to a firm's request: offers side by side, questions, and what the firm does about them."""

from starlette.responses import Response

from libs.chassis.problems import Problem
from rongqiao.coordination.v1 import coordination_pb2 as pb
from rongqiao.lending.v1 import costs_pb2 as costs
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import matching_pb2 as matching
from services.portal.audiences import SME
from services.portal.results import Offer
from services.portal.routes import page_router
from services.portal.visit import Posting, Visit, Visiting

router = page_router(SME)

_PPM = 1_000_000
_MOST = 200


@router.post("/applications/{application_id}/accept-offer")
def accept_offer(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = lending.ApplicationId(application_id=application_id)
    accepted = visit.act(visit.services.lending.AcceptOffer, request, posted.key)
    return visit.go(f"/requests/{accepted.request_id}", done="offer_accepted")


@router.post("/applications/{application_id}/answer")
def answer(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = lending.AnswerRequest(application_id=application_id, answer=posted.text("answer"))
    answered = visit.act(visit.services.lending.AnswerQuestion, request, posted.key)
    return visit.go(f"/requests/{answered.request_id}", done="answered")


@router.post("/applications/{application_id}/withdraw")
def withdraw_application(application_id: str, visit: Visiting, posted: Posting) -> Response:
    request = lending.ApplicationId(application_id=application_id)
    withdrawn = visit.act(visit.services.lending.Withdraw, request, posted.key)
    return visit.go(f"/requests/{withdrawn.request_id}", done="application_withdrawn")


def offers_of(visit: Visit, request: pb.FinancingRequest) -> dict[str, Offer]:
    """What became of each application of a request, by its id, with the all-in cost of what was offered."""
    sent = {one.application_id: one.plan for one in request.referrals if one.HasField("application_id")}
    if not sent:
        return {}
    asked = lending.ListApplicationsRequest(limit=_MOST)
    found = visit.ask(visit.services.lending.ListApplications, asked).items
    plans = {plan.number: plan for plan in request.match.plans}
    return {
        one.id: Offer(one, _all_in_ppm(visit, one, plans.get(sent[one.id])))
        for one in found
        if one.id in sent
    }


def _all_in_ppm(visit: Visit, application: lending.Application, plan: matching.Plan | None) -> int | None:
    """The effective annual rate of all that the firm pays; None where nothing is offered or it cannot be told."""
    if not application.decision.approved or plan is None:
        return None
    decision = application.decision
    question = costs.CostQuestion(
        product_id=application.product_id,
        product_version=application.product_version,
        amount_fen=decision.amount_fen,
        months=decision.term_months,
        method=application.repayment_method,
        rate=costs.QuotedRate(base=lending.RATE_BASE_FIXED, ppm=decision.rate_ppm),
        fees=_guarantee_fees(plan),
    )
    try:
        return visit.ask(visit.services.costs.QuoteCost, question).all_in.effective_ppm
    except Problem:  # such as fees counted on an appraisal that nobody has made yet
        return None


def _guarantee_fees(plan: matching.Plan) -> list[lending.Fee]:
    """The guarantor's fee, which grows with the loan."""
    if not plan.guarantee.fee_fen:
        return []
    fee = lending.Fee(
        name="guarantee fee",
        payee=lending.FEE_PAYEE_GUARANTOR,
        basis=lending.FEE_BASIS_PRINCIPAL,
        rate_ppm=plan.guarantee.fee_fen * _PPM // plan.amount_fen,
        timing=lending.FEE_TIMING_UPFRONT,
    )
    return [fee]
