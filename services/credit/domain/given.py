"""Scores that were given: to whom, by which card, made of what."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from services.credit.domain.consent import Purpose
from services.credit.domain.score import Score


class ScoreRole(StrEnum):
    GIVEN = "GIVEN"
    SHADOW = "SHADOW"
    """Of a card that runs beside the one in force; shown to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenScore(Shape):
    """As the firm may see it. `reader`: an organisation, `platform` for matching, or the party itself; no `purpose`
    then."""

    score_id: str
    card: str
    card_sha256: str
    reader: str
    purpose: Purpose | None
    as_of: date
    points: int
    pd_ppm: int | None
    grade: str
    consents: tuple[str, ...]
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenScorePage(Shape):
    items: tuple[GivenScore, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal(Shape):
    """Why there is no score: the problem as any door tells it."""

    type: str
    detail: str
    field: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOutcome(Shape):
    """Of one party of a stream: its score, or why there is none."""

    party: str
    score: Score | None = None
    refusal: Refusal | None = None
