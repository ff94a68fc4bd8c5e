"""What the likelihoods of each answer were made of, by the firm's key, until no application can follow any more."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa

from libs.chassis.columns import Instant, Sealed
from libs.chassis.database import ReadTx, WriteTx
from services.matching.domain.features import PlanFeatures
from services.matching.store.tables import matches, metadata

answer_features = sa.Table(
    "answer_features",
    metadata,
    sa.Column("match_id", sa.String(40), primary_key=True),
    sa.Column("firm_key", sa.String(40), nullable=False),
    sa.Column("given_at", Instant, nullable=False),
    sa.Column("features", Sealed(tuple[PlanFeatures, ...]), nullable=False),
    sa.Index("ix_answer_features_firm_key", "firm_key", "given_at"),
    sa.Index("ix_answer_features_given_at", "given_at"),
)

_INSERT = sa.insert(answer_features)
_LOOKED_AT = 50  # of a firm's last answers


def insert_features(tx: WriteTx, answers: Iterable[tuple[str, str, tuple[PlanFeatures, ...]]]) -> None:
    """Of answers, by their ids and firm keys. One without a plan teaches nothing, and is not kept."""
    rows = [
        {"match_id": match_id, "firm_key": firm_key, "given_at": tx.now, "features": features}
        for match_id, firm_key, features in answers
        if features
    ]
    if rows:
        tx.execute(_INSERT, rows)


def last_before(tx: ReadTx, firm_key: str, product: str, instant: datetime) -> PlanFeatures | None:
    """The plan with the product in the firm's last answer that had one, given until the instant."""
    plans = (plan for answer in _answers(tx, firm_key, instant) for plan in answer)
    return next((plan for plan in plans if plan.product == product), None)


def _answers(tx: ReadTx, firm_key: str, instant: datetime) -> Iterator[tuple[PlanFeatures, ...]]:
    table = answer_features.c
    known = sa.select(table.features).where(table.firm_key == firm_key, table.given_at <= instant)
    newest = known.order_by(table.given_at.desc(), table.match_id.desc()).limit(_LOOKED_AT)
    return (row.features for row in tx.rows(newest))


def forget_party(tx: WriteTx, party: str) -> None:
    """Of every answer that the party was given."""
    of_party = sa.select(matches.c.id).where(matches.c.party == party)
    tx.execute(sa.delete(answer_features).where(answer_features.c.match_id.in_(of_party)))


def forget_before(tx: WriteTx, instant: datetime) -> int:
    return tx.execute(sa.delete(answer_features).where(answer_features.c.given_at < instant)).rowcount
