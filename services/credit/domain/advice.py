"""What would raise a firm's score, and what one late payment would cost: asked of the card itself, by other answers.

Shown to the firm alone: what a lender would learn from it is what the firm may yet do, not what it did.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.vocabulary import SCOPES, FactType, Words, fact_type
from services.credit.domain.card import Bin, Card, Variable
from services.credit.domain.compiled import Answer, Compiled

LATE = {"past_due_now": "true"}
PAST_DUES = "past_dues_24m"
NOT_LOOKED_AT = Words("本评分卡不看逾期记录。", "This card does not look at late payments.")


@dataclass(frozen=True, slots=True, kw_only=True)
class BetterAnswer(Shape):
    """`points` and `grade`: of the firm, if this answer alone changed."""

    text: str
    text_en: str
    gain: int
    points: int
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement(Shape):
    """One line of the card where the firm could do better. `missing`: nothing is known yet, and what would settle it
    is `document`, or a consent to `scope` (empty: public, nobody need consent)."""

    code: str
    fact: str
    label: str
    label_en: str
    now: str
    now_en: str
    missing: bool
    scope: str
    document: str
    document_en: str
    better: tuple[BetterAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePayment(Shape):
    """The score now, and the score of the same firm with one loan past due. `facts`: those that would change."""

    facts: tuple[str, ...]
    points: int
    grade: str
    pd_ppm: int | None
    late_points: int
    late_grade: str
    late_pd_ppm: int | None
    text: str
    text_en: str


def improvements(compiled: Compiled, values: Mapping[str, str]) -> tuple[Improvement, ...]:
    """Of each fact that the firm can change, and of each that nobody told, the better answers; most to gain first."""
    answer = compiled.answer(values)
    found = [one for one in _improvements(compiled.card, answer) if one.better]
    return tuple(sorted(found, key=lambda one: -one.better[0].gain))


def _improvements(card: Card, answer: Answer) -> Iterator[Improvement]:
    lines = [
        (variable, variable.answers[place])
        for variable, place in zip(card.variables, answer.bins, strict=True)
    ]
    points = card.start + sum(now.points for _, now in lines)
    for variable, now in lines:
        kind = fact_type(variable.fact)
        if kind.mutable or (now is variable.missing and not kind.derived):
            yield _improvement(card, variable, kind, now, points)


def _improvement(card: Card, variable: Variable, kind: FactType, now: Bin, points: int) -> Improvement:
    better = [_better(card, one, now, points) for one in variable.bins if one.points > now.points]
    return Improvement(
        code=kind.reason_code,
        fact=variable.fact,
        label=kind.label.zh,
        label_en=kind.label.en,
        now=now.zh,
        now_en=now.en,
        missing=now is variable.missing,
        scope=kind.scope if SCOPES[kind.scope].consent else "",
        document=kind.document.zh,
        document_en=kind.document.en,
        better=tuple(sorted(better, key=lambda one: -one.gain)),
    )


def _better(card: Card, answer: Bin, now: Bin, points: int) -> BetterAnswer:
    gain = answer.points - now.points
    return BetterAnswer(
        text=answer.zh,
        text_en=answer.en,
        gain=gain,
        points=max(0, points + gain),
        grade=card.grade_of(max(0, points + gain)).grade,
    )


def late_payment(compiled: Compiled, values: Mapping[str, str]) -> LatePayment | None:
    """None where the card looks at no fact that a late payment changes (`NOT_LOOKED_AT` says so)."""
    late = {fact: value for fact, value in _late(values).items() if _looks_at(compiled.card, fact)}
    if not late:
        return None
    now, then = compiled.answer(values), compiled.answer({**values, **late})
    grades = _grade(compiled.card, now), _grade(compiled.card, then)
    return LatePayment(
        facts=tuple(late),
        points=now.points,
        grade=grades[0],
        pd_ppm=now.pd_ppm,
        late_points=then.points,
        late_grade=grades[1],
        late_pd_ppm=then.pd_ppm,
        text=f"若有一笔贷款逾期：评分由{now.points}分变为{then.points}分，等级由{grades[0]}变为{grades[1]}。",
        text_en=f"With one loan past due: from {now.points} points, grade {grades[0]}, to {then.points}, {grades[1]}.",
    )


def _late(values: Mapping[str, str]) -> dict[str, str]:
    """The facts of the same firm once it has paid late."""
    return {**LATE, PAST_DUES: str(int(values.get(PAST_DUES) or 0) + 1)}


def _looks_at(card: Card, fact: str) -> bool:
    return any(variable.fact == fact for variable in card.variables)


def _grade(card: Card, answer: Answer) -> str:
    return card.grade_of(answer.points).grade
