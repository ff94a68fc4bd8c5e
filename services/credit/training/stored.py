"""Scores that the platform gave, with the facts they were made of and what became of the firms: our own data set.

Names stay where they are: a firm is its pseudonymous key. Facts that were stopped or withdrawn since are in what a
score was made of then, as they were; whoever trains on them needs a legal basis for that.
"""

from collections.abc import Iterator
from typing import Any

import pandas as pd
import sqlalchemy as sa

from libs.chassis.clock import business_date
from libs.chassis.database import ReadTx
from services.credit.store.outcomes import labelled_scores
from services.credit.store.scores import scores

HORIZON_MONTHS = 12


def stored_frame(tx: ReadTx, horizon_months: int = HORIZON_MONTHS) -> pd.DataFrame:
    """A row a score whose horizon is over and whose firm had a loan inside it: of each firm the oldest alone, as its
    later ones say the same."""
    made_of = {
        row.score_id: row.made_of for row in tx.execute(sa.select(scores.c.score_id, scores.c.made_of))
    }
    firms: dict[str, dict[str, Any]] = {}
    for one in labelled_scores(tx, horizon_months):
        told = {
            "firm": one.firm_key,
            "given_on": one.given_on,
            "points": one.points,
            "defaulted": int(one.defaulted),
        }
        firms.setdefault(one.firm_key, {**told, **made_of[one.score_id]})
    return pd.DataFrame(list(firms.values()))


def given_frame(tx: ReadTx, card: str) -> pd.DataFrame:
    """A row for every score that a card gave: the month, the points and the facts they were made of."""
    return pd.DataFrame(list(_given(tx, card)))


def _given(tx: ReadTx, card: str) -> Iterator[dict[str, Any]]:
    for row in tx.execute(
        sa.select(scores.c.given_at, scores.c.points, scores.c.made_of).where(scores.c.card == card)
    ):
        yield {"given_on": business_date(row.given_at).isoformat(), "points": row.points, **row.made_of}
