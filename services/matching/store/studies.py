"""Experiments and reaches that were asked for, and what came of them."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from libs.chassis.columns import Encrypted, Instant
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import NotFound
from services.matching.domain.studies.study import StudyState
from services.matching.store.tables import metadata, profiles

studies = sa.Table(
    "studies",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("organisation", sa.String(80), nullable=False),
    sa.Column("territory", sa.String(12), nullable=False),
    sa.Column("asked_on", sa.Date, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("begun_at", Instant),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("failure", sa.Text, nullable=False),
    sa.Column("question", Encrypted, nullable=False),  # a bank's draft is its own
    sa.Column("result", Encrypted),  # names of firms may stand in it
    sa.Index("ix_studies_state_asked_at", "state", "asked_at"),
)

GIVEN_UP_AFTER = timedelta(minutes=30)  # whoever ran it has died
_BATCH = 2_000


def add_study(
    tx: WriteTx, study_id: str, kind: str, organisation: str, territory: str, question: str
) -> None:
    row = {
        "id": study_id,
        "kind": kind,
        "organisation": organisation,
        "territory": territory,
        "asked_on": tx.today,
        "asked_at": tx.now,
        "state": StudyState.WAITING.value,
        "progress": 0,
        "failure": "",
        "question": question,
    }
    tx.execute(sa.insert(studies).values(row))


def study(tx: ReadTx, study_id: str, kind: str) -> sa.Row[Any]:
    found = tx.row(sa.select(studies).where(studies.c.id == study_id, studies.c.kind == kind))
    if found is None:
        raise NotFound(f"There is no {kind.lower()} {study_id}.", field="id")
    return found


def begin_next(tx: WriteTx) -> sa.Row[Any] | None:
    """The longest waiting, or one whose process has died, from now on running; None where there is none."""
    died = (studies.c.state == StudyState.RUNNING.value) & (studies.c.begun_at < tx.now - GIVEN_UP_AFTER)
    waiting = sa.select(studies).where((studies.c.state == StudyState.WAITING.value) | died)
    rows = tx.lock_rows(waiting.order_by(studies.c.asked_at).limit(1))
    if not rows:
        return None
    _update(tx, rows[0].id, state=StudyState.RUNNING.value, begun_at=tx.now, progress=0)
    return rows[0]


def progressed(tx: WriteTx, study_id: str, progress: int) -> None:
    _update(tx, study_id, progress=progress)


def finish(tx: WriteTx, study_id: str, result: str) -> None:
    _update(tx, study_id, state=StudyState.DONE.value, progress=100, result=result)


def fail(tx: WriteTx, study_id: str, why: str) -> None:
    _update(tx, study_id, state=StudyState.FAILED.value, failure=why)


def profile_texts(tx: ReadTx, after: str) -> list[tuple[str, str]]:
    """Parties and their profiles as they stand in the database, those behind `after`; as many as go at once."""
    text = sa.type_coerce(profiles.c.profile, sa.Text)
    rows = tx.rows(
        sa.select(profiles.c.party, text.label("profile"))
        .where(profiles.c.party > after)
        .order_by(profiles.c.party)
        .limit(_BATCH)
    )
    return [(row.party, row.profile) for row in rows]


def _update(tx: WriteTx, study_id: str, **values: str | int | datetime) -> None:
    tx.execute(sa.update(studies).where(studies.c.id == study_id).values(values))
