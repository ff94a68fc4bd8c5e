"""Policy benefits as the policy states them; what it leaves open is never guessed, it says: 见实施细则."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from libs.criteria.evaluate import Criterion, Outcome, all_of, evaluate
from libs.criteria.vocabulary import Words, decode
from libs.finance.cost import Subsidy
from libs.finance.money import yuan_text
from libs.registry.dimensions import OwnerKind
from libs.registry.size import Size
from services.matching.domain.answer import Family, PlanBenefit, PolicyBenefit
from services.matching.domain.firm import Firm

GUARANTEE_KIND, FIRST_LOAN_AWARD = "GUARANTEE", "FIRST_LOAN_AWARD"
_LOWERS_COST = ("INTEREST_SUBSIDY", "FEE_SUBSIDY", FIRST_LOAN_AWARD)
# Which benefits stand in a plan without its product naming them.
_JOINS = {GUARANTEE_KIND: Family.GUARANTEE, FIRST_LOAN_AWARD: Family.FIRST_LOAN}
# Money first, then what lowers cost or risk of borrowing, then all else.
_ORDER = ("INTEREST_SUBSIDY", "FEE_SUBSIDY", FIRST_LOAN_AWARD, "SUBSIDY", "LOAN_SUPPORT", GUARANTEE_KIND)
_PER = {
    "FIRM": Words("每户", "a firm"),
    "PERSON": Words("每人", "a person"),
    "PERSON_MONTH": Words("每人每月", "a person a month"),
    "PERSON_YEAR": Words("每人每年", "a person a year"),
    "FIRM_SESSION": Words("每户每期", "a firm a session"),
}
_RULES = Words("见实施细则", "see the implementing rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beneficiary:
    """Who the policy is for, as far as its own words can be judged by facts; empty: only its words say it.

    `sizes` judge enterprises alone. All must hold. `partly`: the policy's words ask for more than facts can show, so
    that they may rule a firm out and never in.
    """

    partly: bool = False
    sizes: tuple[Size, ...] = ()
    owner_kinds: tuple[OwnerKind, ...] = ()
    criteria: tuple[Criterion, ...] = ()

    @property
    def is_stated(self) -> bool:
        return bool(self.sizes or self.owner_kinds or self.criteria)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """A record of policies/benefits. `gap` names what only the implementing rules say."""

    id: str
    name: str
    kind: str
    beneficiary: str = ""
    beneficiary_of: Beneficiary = field(default_factory=Beneficiary)
    amount_fen: int = 0
    rate_ppm: int = 0
    share_bp: int = 0
    per: str = ""
    times: int = 0
    basis: str = ""
    conditions: str = ""
    gap: str = ""
    departments: tuple[str, ...] = ()
    source: str
    document: str = ""
    paragraph: str = ""

    def __hash__(self) -> int:
        """Ids differ within a rulebook, so that what is remembered by a benefit is found fast."""
        return hash(self.id)


def standing(benefit: Benefit, firm: Firm) -> Outcome:
    """Whether the firm is one whom the policy means; UNKNOWN where its words leave that to people."""
    return _standing(benefit, firm.dimensions.size, firm.dimensions.owner_kind, firm.facts)


def _standing(benefit: Benefit, size: Size | None, owner: OwnerKind, held: Mapping[str, int]) -> Outcome:
    wanted = benefit.beneficiary_of
    if not wanted.is_stated:
        return Outcome.UNKNOWN
    outcomes = [_size(wanted.sizes, size, owner)] if wanted.sizes else []
    if wanted.owner_kinds:
        outcomes.append(Outcome.PASS if owner in wanted.owner_kinds else Outcome.FAIL)
    outcomes += [_judged(one, held.get(one.fact)) for one in wanted.criteria]
    found = all_of(outcomes)
    return Outcome.UNKNOWN if wanted.partly and found is Outcome.PASS else found


def _size(sizes: Sequence[Size], size: Size | None, owner: OwnerKind) -> Outcome:
    if size is None or owner is not OwnerKind.ENTERPRISE:
        return Outcome.UNKNOWN
    return Outcome.PASS if size in sizes else Outcome.FAIL


@lru_cache(maxsize=1_000)
def _judged(criterion: Criterion, held: int | None) -> Outcome:
    return evaluate(criterion, None if held is None else decode(criterion.fact, held))


def joining(
    benefits: Mapping[str, Benefit], named: Sequence[str], traits: Sequence[Family], firm: Firm
) -> list[tuple[Benefit, Outcome]]:
    """What stands in a plan: what its product names and what comes with how it is secured, but for what is not for
    the firm. A product that names a benefit says that it applies where the policy's own words leave that open."""
    own = [benefits[name] for name in named if name in benefits]
    held = _held(_Held(benefits)).joining
    also = [one for one in held if _JOINS[one.kind] in traits and one.id not in named]
    judged = [(one, standing(one, firm)) for one in (*own, *also)]
    return [
        (one, outcome if one.beneficiary_of.is_stated else Outcome.PASS)
        for one, outcome in judged
        if outcome is not Outcome.FAIL
    ]


@lru_cache(maxsize=1_000)
def subsidy(benefit: Benefit) -> Subsidy | None:
    """Money towards the cost of this loan, only where the policy states the number and leaves nothing of it open."""
    if benefit.kind not in _LOWERS_COST or benefit.gap or not (benefit.amount_fen or benefit.rate_ppm):
        return None
    amount = 0 if benefit.rate_ppm else benefit.amount_fen
    return Subsidy(name=benefit.name, payer=benefit.source, rate_ppm=benefit.rate_ppm, amount_fen=amount)


@lru_cache(maxsize=10_000)
def in_plan(benefit: Benefit, outcome: Outcome, amount_fen: int) -> PlanBenefit:
    """`amount_fen`: what it is worth for this loan, 0 where the policy leaves that open."""
    words = amount_words(benefit)
    return PlanBenefit(
        id=benefit.id,
        name=benefit.name,
        amount_fen=amount_fen,
        source=benefit.source,
        kind=benefit.kind,
        outcome=outcome,
        amount_text=words.zh,
        amount_text_en=words.en,
        conditions=benefit.conditions,
        departments=benefit.departments,
    )


def others(benefits: Mapping[str, Benefit], shown: set[str], firm: Firm) -> tuple[PolicyBenefit, ...]:
    """Every other benefit that may be for the firm: those that are first, then those that people must judge."""
    held = _Held(benefits)
    facts = tuple(map(firm.facts.get, _held(held).facts))
    listed = _list(held, firm.dimensions.size, firm.dimensions.owner_kind, facts)
    return tuple(one for one in listed if one.id not in shown)


@lru_cache(maxsize=1_000)
def _list(
    held: _Held, size: Size | None, owner: OwnerKind, facts: tuple[int | None, ...]
) -> tuple[PolicyBenefit, ...]:
    known = _held(held)
    values = {fact: value for fact, value in zip(known.facts, facts, strict=True) if value is not None}
    judged = [(one, _standing(one, size, owner, values)) for one in known.ranked]
    told = [(one, outcome) for one, outcome in judged if outcome is not Outcome.FAIL]
    told.sort(key=lambda pair: pair[1] is not Outcome.PASS)
    return tuple(_listed(one, outcome) for one, outcome in told)


class _Held:
    """The benefits of a rulebook as a key: they are the same while it is the same, and nobody changes them."""

    __slots__ = ("benefits",)

    def __init__(self, benefits: Mapping[str, Benefit]) -> None:
        self.benefits = benefits

    def __hash__(self) -> int:
        return id(self.benefits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.benefits is other.benefits


@dataclass(frozen=True, slots=True)
class _Known:
    """In the order in which they are shown; those that join plans by themselves; the facts that beneficiaries name."""

    ranked: tuple[Benefit, ...]
    joining: tuple[Benefit, ...]
    facts: tuple[str, ...]


@lru_cache(maxsize=32)
def _held(held: _Held) -> _Known:
    ranked = sorted(held.benefits.values(), key=_rank)
    facts = {one.fact for benefit in ranked for one in benefit.beneficiary_of.criteria}
    joining = sorted((one for one in ranked if one.kind in _JOINS), key=lambda one: one.id)
    return _Known(tuple(ranked), tuple(joining), tuple(sorted(facts)))


def _rank(benefit: Benefit) -> tuple[int, bool, int, str]:
    kind = _ORDER.index(benefit.kind) if benefit.kind in _ORDER else len(_ORDER)
    stated = benefit.amount_fen or benefit.rate_ppm or benefit.share_bp
    return kind, not stated, -benefit.amount_fen, benefit.id


@lru_cache(maxsize=1_000)
def _listed(benefit: Benefit, outcome: Outcome) -> PolicyBenefit:
    words = amount_words(benefit)
    return PolicyBenefit(
        id=benefit.id,
        name=benefit.name,
        kind=benefit.kind,
        outcome=outcome,
        beneficiary=benefit.beneficiary,
        amount_fen=benefit.amount_fen,
        rate_ppm=benefit.rate_ppm,
        amount_text=words.zh,
        amount_text_en=words.en,
        conditions=benefit.conditions,
        departments=benefit.departments,
        document=benefit.document,
        paragraph=benefit.paragraph,
    )


@lru_cache(maxsize=1_000)
def amount_words(benefit: Benefit) -> Words:
    """What the policy says of the amount, and that the rest is in the implementing rules."""
    said = _stated(benefit)
    if said is None:
        return Words(f"{_RULES.zh}（{benefit.gap}）", _RULES.en) if benefit.gap else Words("", "")
    zh, en = f"{said.zh}（{benefit.basis}）" if benefit.basis else said.zh, said.en
    if benefit.gap:
        zh, en = f"{zh}；{benefit.gap}{_RULES.zh}", f"{en}; for the rest {_RULES.en}"
    return Words(zh, en)


def _stated(benefit: Benefit) -> Words | None:
    per = _PER.get(benefit.per, Words("", ""))
    if benefit.amount_fen:
        sum_text = yuan_text(benefit.amount_fen).removesuffix(".00")
        return Words(f"{per.zh}{sum_text}元", f"CNY {sum_text} {per.en}".rstrip())
    for value, whole in ((benefit.rate_ppm, 10_000), (benefit.share_bp, 100)):
        if value:
            share = f"{value / whole:g}%"
            return Words(share, share)
    return None
