"""Masks of the index in words, each rule as far as its bank lets it be seen."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

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
    of_waiver,
    once,
)
from services.matching.index.found import Entry, Hit, Miss
from services.matching.index.layout import FACT_BIT, FACT_BITS, Bit, bits_of


class Rules(NamedTuple):
    """A product's rules by their places, with the words that do not hang on the firm: few things close together, since
    what an answer reads of a product is seldom in the processor's cache.

    `bits`: of their facts; `mask`: all of these; `places`: by bit those of the rules on it. `kept`: the reason where a
    rule is kept, None where that must not be told; `open_`: where it cannot be judged; `papers`: what would settle it,
    if that may be named.
    """

    mask: int
    bits: tuple[int, ...]
    places: Mapping[int, tuple[int, ...]]
    kept: tuple[Reason | None, ...]
    open_: tuple[Reason, ...]
    papers: tuple[str | None, ...]

    def on(self, facts: int) -> Sequence[int]:
        """The places of those on facts of a mask, in their order."""
        left = self.mask & facts
        if left & (left - 1) == 0:
            return self.places.get(left, ())
        found: list[int] = []
        while left:
            lowest = left & -left
            found += self.places[lowest]
            left ^= lowest
        found.sort()
        return found

    def alone(self, place: int) -> bool:
        """Whether no other rule is on the fact: then a mask with its bit speaks of this one."""
        return len(self.places[self.bits[place]]) == 1


def rules_of(offer: Offer) -> Rules:
    criteria = offer.terms.criteria
    bits = tuple([_BIT_OF[one.fact] for one in criteria])
    return Rules(
        mask=sum(set(bits)),
        bits=bits,
        places=_places(bits),
        kept=tuple(map(_if_kept, criteria)),
        open_=tuple([of_criterion(one, None, Outcome.UNKNOWN) for one in criteria]),
        papers=tuple(map(document_of, criteria)),
    )


def _places(bits: Sequence[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for place, bit in enumerate(bits):
        found[bit] = (*found.get(bit, ()), place)
    return found


def _if_kept(criterion: Criterion) -> Reason | None:
    secret = criterion.disclosure is Disclosure.CONFIDENTIAL
    return None if secret else of_criterion(criterion, None, Outcome.PASS)


class Opened(NamedTuple):
    """A product's rules to a firm of which some facts are not known: those that are left to be kept, by their places
    and in all (`alike`: some of them read the same); those that cannot be judged; and what would settle them."""

    kept: tuple[Reason | None, ...]
    all_kept: tuple[Reason, ...]
    alike: bool
    open_: tuple[Reason, ...]
    papers: tuple[str, ...]


@lru_cache(maxsize=10_000)
def _opened(entry: Entry, unknown: int) -> Opened:
    """Kept, since the same facts are unknown of many firms, and the same products fit them."""
    rules = entry.once(rules_of)
    places = rules.on(unknown)
    kept = tuple(
        [None if bit & unknown else reason for bit, reason in zip(rules.bits, rules.kept, strict=True)]
    )
    papers = [rules.papers[place] for place in places]
    told = [reason for reason in kept if reason is not None]
    all_kept = once(told)
    papers += [document_of_field(bit.name, entry.offer.terms) for bit in _structural(unknown)]
    return Opened(
        kept=kept,
        all_kept=all_kept,
        alike=len(all_kept) < len(told),
        open_=once(rules.open_[place] for place in places),
        papers=tuple(dict.fromkeys(text for text in papers if text)),
    )


def of_plan(case: Case, hit: Hit, waived: Mapping[str, date]) -> tuple[Reason, ...]:
    """Why a product fits: what the firm breaks and the bank waived or only wishes, what cannot be judged, what holds.

    `waived`: last days by the facts of the hard rules that the firm breaks.
    """
    opened, rules = _opened(hit.entry, hit.unknown), hit.entry.once(rules_of)
    open_ = (*fields(case, hit.unknown, Outcome.UNKNOWN), *opened.open_)
    loose = rules.on((hit.soft | hit.waived) & ~hit.unknown)
    if not loose:
        return (*open_, *opened.all_kept)
    broken: list[Reason] = []
    kept = list(opened.kept)
    for place in loose:
        wished = hit.soft & rules.bits[place] != 0
        if failed := _not_kept(case, rules, place, waived, wished=wished):
            broken.append(failed)
            kept[place] = None
    told = [reason for reason in kept if reason is not None]
    return (*_once(broken), *open_, *(once(told) if opened.alike else told))


def _not_kept(
    case: Case, rules: Rules, place: int, waived: Mapping[str, date], *, wished: bool
) -> Reason | None:
    """What is said of a rule that the firm breaks, and that the bank waived or only wishes; None where it is kept."""
    criterion = case.terms.criteria[place]
    held = case.held(criterion.fact)
    if not (rules.alone(place) or _broken(criterion, held)):
        return None
    if criterion.hard and criterion.fact in waived:
        return of_waiver(criterion, waived[criterion.fact])
    return of_criterion(criterion, held, Outcome.FAIL) if wished else None


def _once(reasons: list[Reason]) -> Sequence[Reason]:
    return reasons if len(reasons) < 2 else once(reasons)


def of_refusal(miss: Miss, firm: Firm, request: MatchRequest) -> tuple[Reason, ...]:
    """The rules that it breaks."""
    case, rules = Case(miss.entry.offer.terms, firm, request), miss.entry.once(rules_of)
    told: list[Reason] = []
    for place in rules.on(miss.fail):
        criterion = case.terms.criteria[place]
        held = case.held(criterion.fact)
        if rules.alone(place) or (criterion.hard and _broken(criterion, held)):
            told.append(of_criterion(criterion, held, Outcome.FAIL))
    return tuple(_once([*told, *fields(case, miss.fail, Outcome.FAIL)]))


def refusal(miss: Miss, firm: Firm, request: MatchRequest, names: Mapping[str, str]) -> Refusal:
    offer = miss.entry.offer
    return Refusal(
        product_id=offer.id,
        product_name=offer.terms.name,
        bank_name=names.get(offer.bank, offer.bank),
        reasons=of_refusal(miss, firm, request),
    )


def why_none(family: Family, miss: Miss | None, firm: Firm, request: MatchRequest) -> tuple[Reason, ...]:
    """Why a family has no plan: what its nearest product asks and the firm has not."""
    if miss is None:
        return (NO_PRODUCT,)
    told = of_refusal(miss, firm, request)
    if told or family is not Family.FIRST_LOAN:
        return told or (NO_PRODUCT,)
    return (FIRST_UNKNOWN,) if LOAN_RECORD not in firm.facts else (NOT_FIRST,)


def missing(entry: Entry, unknown: int, needs_collateral: bool) -> tuple[str, ...]:
    """The documents that would settle what is not known."""
    papers = _opened(entry, unknown).papers
    if not needs_collateral:
        return papers
    return tuple(dict.fromkeys((*papers, document_of_field(Bit.COLLATERAL.name, entry.offer.terms))))


def _broken(criterion: Criterion, held: int | None) -> bool:
    return held is not None and fails(criterion, held)


def fields(case: Case, mask: int, outcome: Outcome) -> list[Reason]:
    return [of_field(bit.name, case, outcome) for bit in _structural(mask)] if mask >> FACT_BITS else []


def _structural(mask: int) -> Sequence[Bit]:
    return [_BITS[place] for place in bits_of(mask >> FACT_BITS)]


# One number for all products: what they share is read often, and so is near.
_BIT_OF = {fact: 1 << bit for fact, bit in FACT_BIT.items()}
_BITS = {bit - FACT_BITS: bit for bit in Bit}
