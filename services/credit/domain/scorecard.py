"""A scorecard as a table: points per answer, a sum, a grade, and the reasons in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import Kind, encode, fact_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin(Shape):
    """One answer and its points. Of an integer: all values under `below` that no bin before it took (None: the
    rest). Of a code or a truth: `values`. `zh` and `en` say the answer to people."""

    points: int
    below: int | None = None
    values: tuple[str, ...] = ()
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Shape):
    """`special`: single values that mean something of their own, looked at first. `missing`: nobody said, or no
    consent."""

    fact: str
    bins: tuple[Bin, ...]
    special: tuple[Bin, ...] = ()
    missing: Bin

    def __post_init__(self) -> None:
        kind = fact_type(self.fact).kind
        (_check_bounds if kind is Kind.INTEGER else _check_values)(self)

    @property
    def best_points(self) -> int:
        return max(answer.points for answer in (*self.bins, *self.special, self.missing))

    def answer(self, value: str | None) -> Bin:
        if value is None:
            return self.missing
        for special in self.special:
            if value in special.values:
                return special
        if fact_type(self.fact).kind is Kind.INTEGER:
            number = encode(self.fact, value)
            return next(answer for answer in self.bins if answer.below is None or number < answer.below)
        return next(answer for answer in self.bins if value in answer.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade(Shape):
    """From `points` on."""

    grade: str
    points: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard(Shape):
    """`base` points for a firm of which nothing speaks for or against; `pdo` more are meant to double the odds."""

    id: str
    version: int
    expert: bool
    base: int
    pdo: int
    zh: str
    en: str
    variables: tuple[Variable, ...]
    grades: tuple[Grade, ...]

    def __post_init__(self) -> None:
        facts = [variable.fact for variable in self.variables]
        points = [grade.points for grade in self.grades]
        if len(set(facts)) != len(facts):
            raise Violation("variables", "A fact stands twice.", "Give each fact one variable.")
        if not points or points != sorted(points, reverse=True) or points[-1] > 0:
            raise Violation(
                "grades", "Grades do not fall to 0 points.", "Order them, the best first, the last from 0."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReason(Shape):
    code: str
    fact: str
    text: str
    text_en: str
    points: int
    best_points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Shape):
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


def score(card: Scorecard, values: Mapping[str, str], party: str, as_of: date, policy_set: str) -> Score:
    """The card's answer to the facts in `values`; a fact that is not there counts as missing."""
    answers = [(variable, variable.answer(values.get(variable.fact))) for variable in card.variables]
    points = max(0, card.base + sum(answer.points for _, answer in answers))
    grade = next(grade for grade in card.grades if points >= grade.points)
    reasons = sorted(
        (_reason(*answer) for answer in answers), key=lambda reason: reason.points - reason.best_points
    )
    return Score(
        party=party,
        points=points,
        grade=grade.grade,
        grade_text=grade.zh,
        grade_text_en=grade.en,
        scorecard=f"{card.id}/{card.version}",
        expert=card.expert,
        note=card.zh,
        note_en=card.en,
        reasons=tuple(reasons),
        as_of=as_of,
        policy_set=policy_set,
    )


def _reason(variable: Variable, answer: Bin) -> ScoreReason:
    return ScoreReason(
        code=fact_type(variable.fact).reason_code,
        fact=variable.fact,
        text=answer.zh,
        text_en=answer.en,
        points=answer.points,
        best_points=variable.best_points,
    )


def _check_bounds(variable: Variable) -> None:
    bounds = [answer.below for answer in variable.bins]
    known = [bound for bound in bounds if bound is not None]
    if not bounds or bounds[-1] is not None or len(known) != len(bounds) - 1 or known != sorted(set(known)):
        raise Violation(
            f"{variable.fact}/bins",
            "The bounds do not rise to an open end.",
            "Leave `below` out of the last.",
        )


def _check_values(variable: Variable) -> None:
    kind = fact_type(variable.fact)
    every = kind.codes if kind.kind is Kind.CODE else ("false", "true")
    taken = [value for answer in variable.bins for value in answer.values]
    if sorted(taken) != sorted(every):
        raise Violation(
            f"{variable.fact}/bins", f"The values are {taken}.", f"Use each of {', '.join(every)} once."
        )
