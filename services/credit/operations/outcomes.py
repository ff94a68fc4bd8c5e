"""Loans that lending tells of, kept so that scores can be judged by what became of them."""

from datetime import date

from libs.chassis.database import WriteTx
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as loans
from services.credit.domain.outcomes import LoanNews, followed
from services.credit.store import outcomes

_SUBSTANDARD = (loans.LOAN_CLASS_SUBSTANDARD, loans.LOAN_CLASS_DOUBTFUL, loans.LOAN_CLASS_LOSS)


def follow_loan(tx: WriteTx, changed: lending_events.LoanChanged) -> None:
    news = news_of(changed)
    outcomes.keep_outcome(tx, followed(outcomes.outcome_of(tx, news.loan_id), news))


def news_of(changed: lending_events.LoanChanged) -> LoanNews:
    past_due = changed.past_due_since if changed.HasField("past_due_since") else None
    return LoanNews(
        loan_id=changed.loan_id,
        firm_key=changed.dimensions.firm_key,
        on=date.fromisoformat(changed.business_date),
        past_due_since=date.fromisoformat(past_due) if past_due else None,
        substandard=changed.loan_class in _SUBSTANDARD,
        claimed=changed.change == lending_events.LOAN_CHANGE_CLAIMED or changed.claim_paid_fen > 0,
        written_off=changed.change == lending_events.LOAN_CHANGE_WRITTEN_OFF or changed.written_off_fen > 0,
        settled=changed.change == lending_events.LOAN_CHANGE_SETTLED,
    )
