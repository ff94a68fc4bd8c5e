"""Every score that was ever given, and of whom matching and lenders were told which. Only added to."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from libs.chassis import codec
from libs.chassis.columns import Document, Instant, Sealed
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import insert_if_absent, page
from libs.chassis.vault import vault
from services.credit.domain.given import GivenScore, GivenScorePage, ScoreRole
from services.credit.store.tables import PARTY, metadata

scores = sa.Table(
    "scores",
    metadata,
    sa.Column("score_id", sa.String(40), primary_key=True),
    sa.Column("party", PARTY, sa.ForeignKey("parties.id"), nullable=False),
    sa.Column("reader", sa.String(80), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("purpose", sa.String(40)),  # none: the firm itself
    sa.Column("card", sa.String(80), nullable=False),
    sa.Column("card_sha256", sa.String(64), nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("pd_ppm", sa.BigInteger),
    sa.Column("grade", sa.String(20), nullable=False),
    sa.Column("made_of", Sealed(dict[str, str]), nullable=False),
    sa.Column("made_of_key", sa.String(64), nullable=False),  # the same values, the same key
    sa.Column("consents", Document(tuple[str, ...]), nullable=False),
    sa.Column("policy_set", sa.String(40), nullable=False),
    sa.Column("given_at", Instant, nullable=False),
    sa.UniqueConstraint(
        "party", "reader", "role", "card_sha256", "as_of", "made_of_key", name="uq_scores_once_a_day"
    ),
    sa.Index("ix_scores_party_score_id", "party", "score_id"),
)

_SAME_DAY = sa.select(scores.c.score_id).where(  # written out once: every score asks it
    scores.c.role == ScoreRole.GIVEN.value,
    *(
        scores.c[name] == sa.bindparam(name)
        for name in ("party", "reader", "card_sha256", "as_of", "made_of_key")
    ),
)


@dataclass(frozen=True, slots=True)
class ScoreRow:
    given: GivenScore
    party: str
    role: ScoreRole
    made_of: dict[str, str]
    policy_set: str


def key_of(values: dict[str, str]) -> str:
    return vault().blind_index(codec.canonical_hash(values))


def same_day(tx: ReadTx, party: str, reader: str, card_sha256: str, as_of: date, key: str) -> str | None:
    """The score that this reader was given of the same values by the same card on the same day."""
    asked = {"party": party, "reader": reader, "card_sha256": card_sha256, "as_of": as_of, "made_of_key": key}
    return tx.execute(_SAME_DAY, asked).scalar()


def last_given(tx: ReadTx, party: str, reader: str) -> tuple[str, str, str] | None:
    """The id, card and values of what this reader was given last."""
    row = tx.row(
        sa.select(scores.c.score_id, scores.c.card_sha256, scores.c.made_of_key)
        .where(scores.c.party == party, scores.c.reader == reader, scores.c.role == ScoreRole.GIVEN.value)
        .order_by(scores.c.score_id.desc())
        .limit(1)
    )
    return None if row is None else (row.score_id, row.card_sha256, row.made_of_key)


def add_score(tx: WriteTx, row: ScoreRow, key: str) -> bool:
    """False where somebody has just added the same."""
    given = row.given
    return insert_if_absent(
        tx,
        scores,
        {
            "score_id": given.score_id,
            "party": row.party,
            "reader": given.reader,
            "role": row.role.value,
            "purpose": given.purpose and given.purpose.value,
            "card": given.card,
            "card_sha256": given.card_sha256,
            "as_of": given.as_of,
            "points": given.points,
            "pd_ppm": given.pd_ppm,
            "grade": given.grade,
            "made_of": row.made_of,
            "made_of_key": key,
            "consents": given.consents,
            "policy_set": row.policy_set,
            "given_at": given.given_at,
        },
    )


def score_page(tx: ReadTx, party: str, cursor: str | None, limit: int) -> GivenScorePage:
    given = sa.select(scores).where(scores.c.party == party, scores.c.role == ScoreRole.GIVEN.value)
    items, following = page(tx, given, scores.c.score_id, GivenScore, cursor, limit)
    return GivenScorePage(items=items, next_cursor=following)
