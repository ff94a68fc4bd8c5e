"""Answers as facts, and states of others as domain values."""

from libs.chassis import wire
from libs.chassis.codec import dump
from libs.chassis.problems import Invalid
from libs.criteria.violation import Violation
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.guarantee.v1 import guarantee_pb2 as guarantee
from rongqiao.lending.v1 import waivers_pb2 as lending_waivers
from rongqiao.matching.v1 import events_pb2 as events
from services.matching.domain.answer import Match
from services.matching.domain.batch import (
    UNNAMED,
    Batch,
    RowAnswer,
    RowAnswered,
    RowRefused,
    RowWanted,
    TopicRow,
)
from services.matching.domain.firm import Profile
from services.matching.domain.guarantee import Headroom, Programme
from services.matching.domain.many import RowProblem, check_row
from services.matching.domain.waiver import Waiver


def recommendation_given(match: Match) -> events.RecommendationGiven:
    """Without the party: the firm's key in the dimensions leads nobody back."""
    return wire.from_plain(
        events.RecommendationGiven,
        {
            "match_id": match.id,
            "amount_fen": match.amount_fen,
            "term_months": match.term_months,
            "plans": len(match.plans),
            "families": sorted({plan.family for plan in match.plans}),
            "business_date": match.as_of,
            "dimensions": dump(match.dimensions),
            "ranking": match.ranking,
            "policy_set": match.policy_set,
        },
    )


def row_answered(
    batch: Batch, row: str, answer: RowAnswer | None, problem: RowProblem | None
) -> events.RowAnswered:
    """Without the party: the sender knows whom its row is about. What is wrong is told without the value."""
    told = RowAnswered(
        batch_id=batch.id,
        sender=batch.sender,
        batch=batch.reference,
        row=row,
        match_id=answer.match_id if answer else "",
        plans=answer.plans if answer else 0,
        families=answer.families if answer else (),
        first=answer.first if answer else None,
        refused=RowRefused(type=problem.type, field=problem.field) if problem else None,
    )
    return wire.to_message(events.RowAnswered, told)


def wanted(message: events.RowWanted) -> TopicRow:
    """What is wrong with a row stands in its place."""
    told, rows = (message.batch, message.row), max(0, message.rows)
    try:
        check_row(message.row)
        return TopicRow(*told, wire.from_message(RowWanted, message).request, rows)
    except Violation as violation:
        named = message.batch, UNNAMED if violation.field == "row" else message.row
        return TopicRow(*named, violation, rows)
    except Invalid as invalid:
        field = (invalid.field or "").removeprefix("/request/").removeprefix("/")
        return TopicRow(*told, Violation(field, invalid.detail, invalid.mend or ""), rows)


def profile(summary: credit.PartySummary) -> Profile:
    return wire.from_message(Profile, summary)


def programme(state: guarantee.Programme) -> Programme:
    return wire.from_message(Programme, state)


def waiver(state: lending_waivers.WaiverState) -> Waiver:
    return wire.from_message(Waiver, state, without=("status",))


def headroom(state: guarantee.Headroom) -> Headroom:
    return wire.from_message(Headroom, state)
