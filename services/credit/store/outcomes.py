"""What became of loans, and how the scores that were given before turned out. Only pseudonyms leave."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.rows import from_row, to_row
from libs.chassis.vault import firm_key
from libs.eventing.tables import insert_into
from services.credit.domain import outcomes as rules
from services.credit.domain.given import ScoreRole
from services.credit.domain.outcomes import LoanOutcome
from services.credit.store.scores import scores
from services.credit.store.tables import metadata

loan_outcomes = sa.Table(
    "loan_outcomes",
    metadata,
    sa.Column("loan_id", sa.String(40), primary_key=True),
    sa.Column("firm_key", sa.String(40), nullable=False),
    sa.Column("disbursed_on", sa.Date, nullable=False),
    sa.Column("past_due_since", sa.Date),
    sa.Column("past_due_90_on", sa.Date),
    sa.Column("classed_on", sa.Date),
    sa.Column("claimed_on", sa.Date),
    sa.Column("written_off_on", sa.Date),
    sa.Column("settled_on", sa.Date),
    sa.Index("ix_loan_outcomes_firm_key", "firm_key"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledScore:
    """A score, given or in shadow, and whether its firm went into default within the horizon."""

    score_id: str
    firm_key: str
    role: ScoreRole
    card: str
    card_sha256: str
    given_on: date
    points: int
    pd_ppm: int | None
    defaulted: bool


def outcome_of(tx: ReadTx, loan_id: str) -> LoanOutcome | None:
    row = tx.row(sa.select(loan_outcomes).where(loan_outcomes.c.loan_id == loan_id))
    return None if row is None else from_row(LoanOutcome, row)


def keep_outcome(tx: WriteTx, outcome: LoanOutcome) -> None:
    row = to_row(outcome)
    insert = insert_into(tx, loan_outcomes).values(row)
    tx.execute(insert.on_conflict_do_update(index_elements=[loan_outcomes.c.loan_id], set_=row))


def labelled_scores(tx: ReadTx, horizon_months: int) -> Iterator[LabelledScore]:
    """Every score whose horizon is over and whose firm had a loan inside it, by what happened inside it alone; the
    oldest first."""
    loans: dict[str, list[LoanOutcome]] = defaultdict(list)
    for row in tx.rows(sa.select(loan_outcomes)):
        loans[row.firm_key].append(from_row(LoanOutcome, row))
    for row in tx.execute(_SCORES):
        key, given_on = firm_key(row.party), business_date(row.given_at)
        defaulted = rules.label(given_on, loans.get(key, ()), horizon_months, tx.today)
        if defaulted is not None:
            yield LabelledScore(
                score_id=row.score_id,
                firm_key=key,
                role=ScoreRole(row.role),
                card=row.card,
                card_sha256=row.card_sha256,
                given_on=given_on,
                points=row.points,
                pd_ppm=row.pd_ppm,
                defaulted=defaulted,
            )


_SCORES = sa.select(
    scores.c.score_id,
    scores.c.party,
    scores.c.role,
    scores.c.card,
    scores.c.card_sha256,
    scores.c.given_at,
    scores.c.points,
    scores.c.pd_ppm,
).order_by(scores.c.score_id)
