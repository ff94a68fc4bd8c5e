"""Masks of the index in words, each rule as far as its bank lets it be seen."""

from collections.abc import Mapping, Sequence

from libs.criteria.evaluate import Criterion, Disclosure, Outcome
from services.matching.domain.answer import Family, MatchRequest, Reason, Refusal
from services.matching.domain.firm import LOAN_RECORD, Firm
from services.matching.domain.offer import Offer
from services.matching.domain.reasons import (
    FIRST_UNKNOWN,
    NO_PRODUCT,
    NOT_FIRST,
    Case,
    document_of,
    document_of_field,
    fails,
    of_criterion,
    of_field,
    once,
)
from services.matching.index.found import Miss
from services.matching.index.layout import FACT_BIT, FACT_BITS, Bit, bits_of


def of_plan(case: Case, unknown: int, soft: int) -> tuple[Reason, ...]:
    """Why a product fits: soft rules that it breaks first, then what cannot be judged, then the rules that it keeps."""
    broken, open_, kept = list[Reason](), _fields(case, unknown, Outcome.UNKNOWN), list[Reason]()
    for criterion in case.terms.criteria:
        bit, held = 1 << FACT_BIT[criterion.fact], case.firm.facts.get(criterion.fact)
        if unknown & bit:
            open_.append(of_criterion(criterion, None, Outcome.UNKNOWN))
        elif soft & bit and _broken(criterion, held):
            broken.append(of_criterion(criterion, held, Outcome.FAIL))
        elif criterion.disclosure is not Disclosure.CONFIDENTIAL:
            kept.append(of_criterion(criterion, held, Outcome.PASS))
    return once((*broken, *open_, *kept))


def of_refusal(case: Case, fail: int) -> tuple[Reason, ...]:
    """The rules that it breaks."""
    hard = (one for one in case.terms.criteria if one.hard and fail >> FACT_BIT[one.fact] & 1)
    held = ((criterion, case.firm.facts.get(criterion.fact)) for criterion in hard)
    told = [of_criterion(one, value, Outcome.FAIL) for one, value in held if _broken(one, value)]
    return once((*told, *_fields(case, fail, Outcome.FAIL)))


def refusal(miss: Miss, firm: Firm, request: MatchRequest, names: Mapping[str, str]) -> Refusal:
    offer = miss.entry.offer
    return Refusal(
        product_id=offer.id,
        product_name=offer.terms.name,
        bank_name=names.get(offer.bank, offer.bank),
        reasons=of_refusal(Case(offer.terms, firm, request), miss.fail),
    )


def why_none(family: Family, miss: Miss | None, firm: Firm, request: MatchRequest) -> tuple[Reason, ...]:
    """Why a family has no plan: what its nearest product asks and the firm has not."""
    if miss is None:
        return (NO_PRODUCT,)
    told = of_refusal(Case(miss.entry.offer.terms, firm, request), miss.fail)
    if told or family is not Family.FIRST_LOAN:
        return told or (NO_PRODUCT,)
    return (FIRST_UNKNOWN,) if LOAN_RECORD not in firm.facts else (NOT_FIRST,)


def missing(offer: Offer, unknown: int, needs_collateral: bool) -> tuple[str, ...]:
    """The documents that would settle what is not known."""
    criteria = (one for one in offer.terms.criteria if unknown >> FACT_BIT[one.fact] & 1)
    fields = [*_structural(unknown), *([Bit.COLLATERAL] if needs_collateral else [])]
    named = (*map(document_of, criteria), *(document_of_field(bit.name, offer.terms) for bit in fields))
    return tuple(dict.fromkeys(text for text in named if text))


def _broken(criterion: Criterion, held: int | None) -> bool:
    return held is not None and fails(criterion, held)


def _fields(case: Case, mask: int, outcome: Outcome) -> list[Reason]:
    return [of_field(bit.name, case, outcome) for bit in _structural(mask)]


def _structural(mask: int) -> Sequence[Bit]:
    return [Bit(place) for place in bits_of(mask >> FACT_BITS << FACT_BITS)]
