"""Facts of the other services become rows that count: each once, in the month of its business date."""

from typing import Any

from libs.chassis import wire
from libs.chassis.database import WriteTx
from libs.registry.regions import county_of
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.guarantee.v1 import events_pb2 as guarantee_events
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import events_pb2 as matching_events
from services.oversight import store
from services.oversight.domain.flows import UNKNOWN, Flow

_IN_EFFECT = (guarantee.GUARANTEE_STATUS_EFFECTIVE, guarantee.GUARANTEE_STATUS_RELEASED)
_NOT_SETTLED = (guarantee.GUARANTEE_STATUS_RESERVED, guarantee.GUARANTEE_STATUS_CONFIRMED)


def count_loan(tx: WriteTx, fact: lending_events.LoanDisbursed) -> None:
    """A loan; it counts as a first one where lending says so, and at most once a firm.

    Where an earlier drawdown came to light lending counts that one instead: so does oversight, as long as the other is
    not published yet.
    """
    row = _row(Flow.LOAN, fact.loan_id, fact)
    first = fact.first_loan == lending.FIRST_LOAN_STATE_COUNTED and _is_first(tx, row)
    guarantee_id = fact.guarantee_id if fact.HasField("guarantee_id") else None
    store.insert_flow(
        tx, row | {"amount_fen": fact.amount_fen, "first_loan": first, "guarantee_id": guarantee_id}
    )


def move_first_loan(tx: WriteTx, fact: lending_events.LoanChanged) -> None:
    """A loan was taken for a firm's first and is not; another may count instead. What is published stays."""
    if fact.change != lending_events.LOAN_CHANGE_FIRST_LOAN_MOVED:
        return
    store.forget_first_loan(tx, fact.loan_id)
    if fact.HasField("counted_loan_id") and store.first_loan_of(tx, fact.dimensions.firm_key) is None:
        store.note_first_loan(tx, fact.counted_loan_id)


def _is_first(tx: WriteTx, row: dict[str, Any]) -> bool:
    """Whether this loan is the firm's first of those that are known; one of a later month gives way to it."""
    known = store.first_loan_of(tx, row["firm_key"])
    if known is None:
        return True
    if known.release_id is not None or known.month <= row["month"]:
        return known.id == row["id"]
    store.forget_first_loan(tx, known.id)
    return True


def count_application(tx: WriteTx, fact: lending_events.ApplicationChanged) -> None:
    """Counts when it is submitted; what the bank decides later counts elsewhere."""
    store.insert_flow(tx, _row(Flow.APPLICATION, fact.application_id, fact) | {"amount_fen": fact.amount_fen})


def count_repayment(tx: WriteTx, fact: lending_events.RepaymentReceived) -> None:
    store.insert_flow(tx, _row(Flow.REPAYMENT, fact.repayment_id, fact) | {"amount_fen": fact.principal_fen})


def count_recommendation(tx: WriteTx, fact: matching_events.RecommendationGiven) -> None:
    """What a firm asked for; no bank and no product takes part yet."""
    common_part = _of_firm(Flow.RECOMMENDATION, fact.match_id, fact.business_date, fact.dimensions)
    unknown = {"product_kind": UNKNOWN, "bank": ""}
    store.insert_flow(tx, common_part | unknown | {"amount_fen": fact.amount_fen})


def follow_guarantee(tx: WriteTx, fact: guarantee_events.GuaranteeChanged) -> None:
    """What a guaranteed loan is covered for, once the guarantee took effect or never will."""
    amount_fen = fact.amount_fen if fact.status in _IN_EFFECT else 0
    store.put_guarantee(tx, fact.guarantee_id, amount_fen, fact.status not in _NOT_SETTLED)


def _row(flow: Flow, fact_id: str, fact: Any) -> dict[str, Any]:
    kind = lending.ProductKind.Name(fact.product_kind).removeprefix("PRODUCT_KIND_")
    return _of_firm(flow, fact_id, fact.business_date, fact.dimensions) | {
        "product_kind": UNKNOWN if kind == "UNSPECIFIED" else kind,
        "bank": fact.bank,
    }


def _of_firm(flow: Flow, fact_id: str, business_date: str, dimensions: common.Dimensions) -> dict[str, Any]:
    known = wire.to_plain(dimensions)
    return {
        "id": fact_id,
        "flow": flow,
        "month": business_date[:7],
        "county": county_of(known["county"]).code,
        "size": known.get("size") or UNKNOWN,
        "industry_division": known["industry_division"],
        "firm_key": known["firm_key"],
        "first_loan": False,
    }
