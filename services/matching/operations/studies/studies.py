"""What experiments and reaches have in common: a day's limit, a row that waits, and what came of it."""

from typing import Any, TypeVar

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal
from libs.chassis.problems import Forbidden, TooMany
from services.matching.domain.studies.study import StudyRules, StudyState
from services.matching.store import studies, what_ifs

EXPERIMENT, REACH = "EXPERIMENT", "REACH"

T = TypeVar("T")


def study_rules(tx: ReadTx) -> StudyRules:
    return codec.load(StudyRules, tx.policies.record_on("matching.studies", tx.today))


def keep(tx: WriteTx, by: Principal, kind: str, question: object, most: int) -> str:
    """Its id; refused where the organisation asked as often today as policy allows."""
    if by.sandbox:
        raise Forbidden("Whoever practises asks nothing of real firms.")
    if what_ifs.count(tx, f"{kind}/{by.organisation}") > most:
        raise TooMany(
            f"{by.organisation} has asked {most} times today.",
            mend="Ask again tomorrow; the limit is policy (matching.studies).",
        )
    study_id = tx.new_id("exp" if kind == EXPERIMENT else "rch")
    studies.add_study(tx, study_id, kind, by.organisation, by.territory, codec.to_json(question).decode())
    return study_id


def found(tx: ReadTx, by: Principal, kind: str, study_id: str) -> sa.Row[Any]:
    """One that the organisation itself asked for."""
    row = studies.study(tx, study_id, kind)
    by.require_organisation(row.organisation)
    return row


def fields(row: sa.Row[Any], asked: type[T], result: type[object]) -> dict[str, Any]:
    """What an Experiment and a Reach are made of."""
    return {
        "id": row.id,
        "asked": codec.from_json(asked, row.question),
        "asked_at": row.asked_at,
        "state": StudyState(row.state),
        "progress": row.progress,
        "failure": row.failure,
        "result": None if row.result is None else codec.from_json(result, row.result),
    }
