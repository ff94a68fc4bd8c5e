"""What a card says of one firm: points, grade, probability of default, and the reasons in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.vocabulary import Words, fact_type
from services.credit.domain.advice import Improvement, LatePayment
from services.credit.domain.card import Bin, Card, CardKind, Need, Variable
from services.credit.domain.compiled import Answer, Compiled

_BEST = Words("对评分最有利", "the best answer")
_GOOD = Words("对评分有利", "speaks for the firm")
_NEUTRAL = Words("不影响评分", "changes nothing")
_BAD = Words("对评分不利", "speaks against the firm")
_MISSING = Words("未提供或未获授权", "not provided, or no consent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReason(Shape):
    """One line of the card. `text` says the answer; `bank_text` only how it weighs."""

    code: str
    fact: str
    text: str
    text_en: str
    points: int
    best_points: int
    bank_text: str
    bank_text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Shape):
    """`pd_ppm`: the calibrated probability of default; None on an expert card. `gate`: the legal basis on which a
    lender is told it, or that there is none. `improvements` and `late_payment` are the firm's alone."""

    party: str
    points: int
    grade: str
    grade_text: str
    grade_text_en: str
    scorecard: str
    expert: bool
    note: str
    note_en: str
    reasons: tuple[ScoreReason, ...]
    as_of: date
    policy_set: str
    pd_ppm: int | None = None
    score_id: str = ""
    card_sha256: str = ""
    gate: str = ""
    gate_en: str = ""
    improvements: tuple[Improvement, ...] = ()
    late_payment: LatePayment | None = None


def applies(card: Card, values: Mapping[str, str]) -> bool:
    """Whether enough is known of the firm for this card to speak of it."""
    return all(_met(need, values.get(need.fact)) for need in card.needs)


def _met(need: Need, value: str | None) -> bool:
    return value is not None and (need.at_least is None or float(value) >= need.at_least)


def score(compiled: Compiled, values: Mapping[str, str], party: str, as_of: date, policy_set: str) -> Score:
    """The card's answer to the facts in `values`; a fact that is not there counts as missing."""
    card, answer = compiled.card, compiled.answer(values)
    grade = card.grade_of(answer.points)
    return Score(
        party=party,
        points=answer.points,
        grade=grade.grade,
        grade_text=grade.zh,
        grade_text_en=grade.en,
        scorecard=card.name,
        expert=card.kind is CardKind.EXPERT,
        note=card.zh,
        note_en=card.en,
        reasons=reasons(compiled, answer),
        as_of=as_of,
        policy_set=policy_set,
        pd_ppm=answer.pd_ppm,
    )


def reasons(compiled: Compiled, answer: Answer) -> tuple[ScoreReason, ...]:
    """A reason for each line, where most points are missing first."""
    lines = zip(compiled.card.variables, compiled.answers, compiled.best, answer.bins, strict=True)
    found = [_reason(variable, answers[place], best) for variable, answers, best, place in lines]
    return tuple(sorted(found, key=lambda reason: reason.points - reason.best_points))


def _reason(variable: Variable, answer: Bin, best: int) -> ScoreReason:
    kind, weighs = fact_type(variable.fact), _weighs(variable, answer, best)
    return ScoreReason(
        code=kind.reason_code,
        fact=variable.fact,
        text=answer.zh,
        text_en=answer.en,
        points=answer.points,
        best_points=best,
        bank_text=f"{kind.label.zh}：{weighs.zh}",
        bank_text_en=f"{kind.label.en}: {weighs.en}",
    )


def _weighs(variable: Variable, answer: Bin, best: int) -> Words:
    if answer is variable.missing:
        return _MISSING
    if answer.points == best:
        return _BEST
    if answer.points == 0:
        return _NEUTRAL
    return _GOOD if answer.points > 0 else _BAD
