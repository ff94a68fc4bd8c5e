"""The life of an application: what may be done with it when, and where that leads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum
from typing import Any

from libs.criteria.violation import Violation
from libs.registry import workdays
from services.lending.domain.application import (
    Answer,
    Application,
    ApplicationStatus,
    Contracts,
    Cover,
    InformationRequest,
    NewApplication,
    Question,
    Step,
)
from services.lending.domain.cover import check_cover
from services.lending.domain.fit import check_fit
from services.lending.domain.offer import Approval, Declination, approval, check_approval, refusal
from services.lending.domain.product import Product

S = ApplicationStatus

DECIDABLE = (S.SUBMITTED, S.ACCEPTED)
"""The bank's time runs; while it waits for the firm's answer it stands still."""
_UNDECIDED = (*DECIDABLE, S.INFORMATION_ASKED)
UNDRAWN = (*_UNDECIDED, S.APPROVED, S.OFFER_ACCEPTED, S.CONTRACTED)
"""Not over, and nothing paid out: the firm may still step back, and another bank may still be faster."""
ENDED_UNDRAWN = (S.DECLINED, S.WITHDRAWN, S.LAPSED, S.CLOSED)


@dataclass(frozen=True, slots=True)
class Move:
    words: str
    allowed: tuple[ApplicationStatus, ...]
    leads_to: ApplicationStatus


class Act(Enum):
    """Who does it | what | from where | to where."""

    ACCEPT = Move("take up", (S.SUBMITTED,), S.ACCEPTED)  # the bank
    ASK = Move("ask about", (S.SUBMITTED, S.ACCEPTED), S.INFORMATION_ASKED)  # the bank
    ANSWER = Move("answer", (S.INFORMATION_ASKED,), S.ACCEPTED)  # the firm
    APPROVE = Move("approve", _UNDECIDED, S.APPROVED)  # the bank
    DECLINE = Move("decline", _UNDECIDED, S.DECLINED)  # the bank
    ACCEPT_OFFER = Move("accept the offer of", (S.APPROVED,), S.OFFER_ACCEPTED)  # the firm
    SIGN = Move("sign", (S.OFFER_ACCEPTED,), S.CONTRACTED)  # both, told by the bank
    DRAW = Move("pay out", (S.CONTRACTED, S.DISBURSED), S.DISBURSED)  # the bank
    WITHDRAW = Move("withdraw", UNDRAWN, S.WITHDRAWN)  # the firm
    LAPSE = Move("lapse", (S.APPROVED,), S.LAPSED)  # time
    CLOSE = Move("close", UNDRAWN, S.CLOSED)  # another bank's drawdown


# What to do first, by what the application is.
_MENDS: Mapping[ApplicationStatus, str] = {
    S.APPROVED: "The firm accepts the offer first.",
    S.OFFER_ACCEPTED: "Tell of the signed contracts first.",
    S.INFORMATION_ASKED: "Wait for the firm's answer, or decide without it.",
}
_DECIDING = (Act.ACCEPT, Act.ASK, Act.APPROVE, Act.DECLINE)
_AFTER_APPROVAL = (Act.ACCEPT_OFFER, Act.SIGN, Act.DRAW)


def submitted(
    new: NewApplication, product: Product, application_id: str, at: datetime, today: date
) -> Application:
    """The application, bound to the version of the product that the firm saw; Violation outside its terms."""
    check_fit(new, product)
    due_on = workdays.after(today, product.terms.decision_days)
    return Application(
        id=application_id,
        request_id=new.request_id,
        product_id=product.id,
        product_version=product.version,
        product_name=product.terms.name,
        product_kind=product.terms.kind,
        bank=product.bank,
        party=new.party,
        amount_fen=new.amount_fen,
        term_months=new.term_months,
        repayment_method=new.repayment_method,
        programme=new.programme,
        guarantor=new.guarantor,
        ip_rights=new.ip_rights,
        dimensions=new.dimensions,
        status=S.SUBMITTED,
        cover=Cover.NOT_NEEDED if new.programme is None else Cover.WANTED,
        submitted_at=at,
        decision_due_on=due_on,
        renewal=new.renewal,
        similar=new.similar,
        timeline=(Step(status=S.SUBMITTED, at=at, due_on=due_on, estimated=_is_estimated(today, due_on)),),
    )


def accepted(application: Application, at: datetime) -> Application:
    return _moved(application, Act.ACCEPT, at, application.decision_due_on)


def asked(application: Application, question: Question, at: datetime) -> Application:
    information = InformationRequest(question=question.question, asked_at=at)
    return _moved(application, Act.ASK, at, information=information)


def answered(
    application: Application, answer: Answer, at: datetime, asked_on: date, today: date
) -> Application:
    """The bank's time goes on; its promised day is later by the working days that the firm took."""
    expect(application, Act.ANSWER)
    known, due_on = application.information, application.decision_due_on
    assert known is not None  # it was asked
    if due_on is not None:
        due_on = workdays.after(due_on, workdays.between(asked_on, today))
    information = replace(known, answer=answer.answer, answered_at=at)
    changes: dict[str, Any] = {"information": information, "decision_due_on": due_on}
    return _moved(application, Act.ANSWER, at, due_on, **changes)


def approved(
    application: Application, given: Approval, by: str, at: datetime, today: date, usual_last_day: date
) -> Application:
    """The bank will lend; a guarantee, where one is wanted, is now to be reserved."""
    expect(application, Act.APPROVE)
    check_approval(given, application.amount_fen, today)
    until = given.valid_until or usual_last_day
    cover = Cover.RESERVING if application.cover is Cover.WANTED else application.cover
    decision = approval(given, by, at)
    return _moved(
        application, Act.APPROVE, at, until, decision=decision, cover=cover, offer_valid_until=until
    )


def declined(application: Application, given: Declination, by: str, at: datetime) -> Application:
    return _moved(application, Act.DECLINE, at, decision=refusal(given, by, at))


def offer_accepted(application: Application, at: datetime, today: date) -> Application:
    expect(application, Act.ACCEPT_OFFER)
    if is_stale(application, today):
        problem = f"The offer was good until {application.offer_valid_until}."
        raise Violation("offer_valid_until", problem, "Ask the bank again with a new request.")
    return _moved(application, Act.ACCEPT_OFFER, at)


def contracted(application: Application, contracts: Contracts, at: datetime, today: date) -> Application:
    """All papers that this loan needs are signed. Banks tell late: even before they told of the approval."""
    expect(application, Act.SIGN)
    _check_papers(application, contracts)
    if contracts.signed_on > today:
        raise Violation("signed_on", f"{contracts.signed_on} is still to come.", "Give the day of signing.")
    return _moved(application, Act.SIGN, at, contracts=contracts)


def drawn(application: Application, amount_fen: int, at: datetime) -> Application:
    """One more drawdown; Violation before the contracts are signed or while a wanted guarantee is not confirmed."""
    expect(application, Act.DRAW)
    check_cover(application)
    return _moved(application, Act.DRAW, at, drawn_fen=application.drawn_fen + amount_fen)


def withdrawn(application: Application, at: datetime) -> Application:
    return _moved(application, Act.WITHDRAW, at)


def lapsed(application: Application, at: datetime) -> Application:
    return _moved(application, Act.LAPSE, at)


def closed(application: Application, at: datetime) -> Application:
    return _moved(application, Act.CLOSE, at)


def is_stale(application: Application, today: date) -> bool:
    until = application.offer_valid_until
    return application.status is S.APPROVED and until is not None and until < today


def is_overdue(application: Application, today: date) -> bool:
    """Whether the promised day passed without a decision, and nobody was told yet."""
    due_on = application.decision_due_on
    late = application.status in DECIDABLE and due_on is not None and due_on < today
    return late and not application.overdue


def expect(application: Application, act: Act) -> None:
    move = act.value
    if application.status in move.allowed:
        return
    wanted = " or ".join(move.allowed)
    problem = f"The application is {application.status}, not {wanted}: there is nothing to {move.words}."
    raise Violation("status", problem, _mend(act, application.status))


def _mend(act: Act, status: ApplicationStatus) -> str:
    if act in _DECIDING and status not in _UNDECIDED:
        return "It was decided already: read it again first."
    if act in _AFTER_APPROVAL and status in DECIDABLE:
        return "The bank approves it first."
    return _MENDS.get(status, "Read it again first.")


def _moved(
    application: Application, act: Act, at: datetime, due_on: date | None = None, **changes: Any
) -> Application:
    expect(application, act)
    status = act.value.leads_to
    timeline = application.timeline
    if status is not application.status:
        estimated = _is_estimated(at.date(), due_on) and act is not Act.APPROVE
        timeline = (*timeline, Step(status=status, at=at, due_on=due_on, estimated=estimated))
    return replace(application, status=status, timeline=timeline, **changes)


def _is_estimated(start: date, due_on: date | None) -> bool:
    return due_on is not None and not workdays.is_known(start, due_on)


def _check_papers(application: Application, contracts: Contracts) -> None:
    for wanted, name, what in (
        (application.programme, "guarantee_contract", "guarantee"),
        (application.ip_rights, "pledge_contract", "pledge"),
    ):
        if wanted and getattr(contracts, name) is None:
            mend = f"Give the number of the {what} contract."
            raise Violation(name, f"This loan stands on a {what}, and its contract is not named.", mend)
