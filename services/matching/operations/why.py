"""Why one product fits or does not, and the document that would tell most next.

Answered by the market and the firm of now: whoever asks wants to act. What stood at the moment of the match is what the
match itself says; its replay shows that this was so.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from libs.chassis import codec
from libs.chassis.database import ReadTx
from libs.chassis.principal import Principal
from libs.chassis.problems import NotFound
from libs.criteria.evaluate import Criterion, Disclosure, Outcome
from libs.criteria.vocabulary import fact_type
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Band, Match, MatchRequest, Reason
from services.matching.domain.changes.whatif import NextDocument, ProductWhy, Standing
from services.matching.domain.firm import Firm, firm_on
from services.matching.domain.likelihood import band
from services.matching.domain.reasons import Case, fails, of_criterion, of_waiver, once
from services.matching.index import reference
from services.matching.index.columns import Price
from services.matching.index.engine import Work
from services.matching.index.found import Entry, Hit
from services.matching.index.layout import COLLATERAL, FACT_BITS, FACT_NAMES, bits_of
from services.matching.index.reference import Judged
from services.matching.operations import explain
from services.matching.operations.access import ASKERS, require_answer_of, shown
from services.matching.operations.asking import need_of, query_of
from services.matching.operations.options import Need, best_secured, chance
from services.matching.operations.plans import waived_of
from services.matching.operations.rulebook import Rulebook
from services.matching.store import matches, profiles, traces


@dataclass(frozen=True, slots=True)
class Question:
    """The firm as it is now, and what it had asked for in a match."""

    by: Principal
    match_id: str
    firm: Firm
    request: MatchRequest


def question(tx: ReadTx, by: Principal, match_id: str) -> Question:
    """NotFound for who may not see the match or, where the firm has moved since, what the firm is now; and where
    nothing is known of it any more."""
    by.require(*ASKERS)
    party, document = matches.match_document(tx, match_id)
    match = codec.from_json(Match, document)
    require_answer_of(by, party, match.dimensions.county, match_id)
    firm = firm_on(profiles.profile(tx, party), tx.today)
    require_answer_of(by, party, firm.dimensions.county, match_id)
    return Question(by, match_id, firm, _request(tx, match))


def _request(tx: ReadTx, match: Match) -> MatchRequest:
    """What the match was asked for; the kinds are known where its trace is."""
    of_match = traces.stored(tx, [match.id])[0].trace
    if of_match is not None and of_match.inputs is not None:
        return of_match.inputs.request
    return MatchRequest(party=match.party, amount_fen=match.amount_fen, term_months=match.term_months)


def why(catalogue: Catalogue, rules: Rulebook, asked: Question, product_id: str) -> ProductWhy:
    """The reasons of a product on the market; NotFound where there is none of this id."""
    with catalogue.reading():
        slot = catalogue.index.slot(product_id)
        if slot is None:
            raise NotFound(f"There is no product {product_id} on the market.", field="product_id")
        found = _why(catalogue, need_of(catalogue, rules, asked.firm, asked.request), asked.match_id, slot)
    return shown(asked.by, found)


def _why(catalogue: Catalogue, need: Need, match_id: str, slot: int) -> ProductWhy:
    query, entry = query_of(catalogue, need), catalogue.index.entry(slot)
    judged = catalogue.index.alone(slot, query).judge(query)
    fail, unknown, offer = judged.fail, judged.unknown, entry.offer
    hit = Hit(entry, 0, unknown, judged.soft, judged.waived, mode=0, first=0)
    if not fail:
        hit = best_secured(need, hit, judged.modes)
    return ProductWhy(
        match_id=match_id,
        product_id=offer.id,
        product_version=offer.version,
        product_name=offer.terms.name,
        bank=offer.bank,
        bank_name=catalogue.name(offer.bank),
        as_of=need.rules.today,
        standing=Standing.FAILS if fail else Standing.OPEN if unknown else Standing.FITS,
        reasons=_reasons(need, entry, hit, fail),
        documents=explain.missing(entry, unknown, hit.mode == COLLATERAL),
        next_document=catalogue.index.look(query, next_document),
        likelihood_band=None if fail else _band(need, hit),
    )


def _band(need: Need, hit: Hit) -> Band:
    return band(need.rules.model.coefficients, chance(need, hit).likelihood)


def _reasons(need: Need, entry: Entry, hit: Hit, fail: int) -> tuple[Reason, ...]:
    """What fails, then what cannot be judged, then what holds, each as its bank lets it be seen."""
    case, waived = Case(entry.offer.terms, need.firm, need.request), waived_of(need, hit)
    told: dict[Outcome, list[Reason]] = {
        outcome: [] for outcome in (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS)
    }
    for criterion in case.terms.criteria:
        outcome, held = _outcome(case, criterion)
        if outcome is Outcome.FAIL and criterion.hard and criterion.fact in waived:
            told[Outcome.PASS].append(of_waiver(criterion, waived[criterion.fact]))
        elif outcome is not Outcome.PASS or criterion.disclosure is not Disclosure.CONFIDENTIAL:
            told[outcome].append(of_criterion(criterion, held, outcome))
    told[Outcome.FAIL] += explain.fields(case, fail, Outcome.FAIL)
    told[Outcome.UNKNOWN] += explain.fields(case, hit.unknown, Outcome.UNKNOWN)
    return once(reason for reasons in told.values() for reason in reasons)


def _outcome(case: Case, criterion: Criterion) -> tuple[Outcome, int | None]:
    held = case.held(criterion.fact)
    if held is None:
        return Outcome.UNKNOWN, None
    return (Outcome.FAIL if fails(criterion, held) else Outcome.PASS), held


def next_document(work: Work, judged: Judged) -> NextDocument | None:
    """Of the documents that open rules wait for the one that settles most; None where nothing is open.

    An open product counts with what it is worth now, in equal parts for each document that it waits for. Rules that are
    not public count for nothing, since the choice would tell them.
    """
    shares, products, facts = Counter[str](), Counter[str](), defaultdict[str, set[str]](set)
    for documents, value, count in _open(work, judged):
        for document, of_facts in documents.items():
            shares[document] += max(value, 0) // len(documents)
            products[document] += count
            facts[document] |= of_facts
    if not products:
        return None
    best = max(products, key=lambda one: (shares[one], products[one], one))
    return NextDocument(
        document=best, facts=tuple(sorted(facts[best])), products=products[best], value_ppm=shares[best]
    )


def _open(work: Work, judged: Judged) -> Iterator[tuple[dict[str, set[str]], int, int]]:
    """For each set of facts that eligible products wait for: its documents, and value and number of the products."""
    columns = work.columns
    hidden = columns.prices[: columns.count, Price.HIDDEN]
    open_ = judged.unknown & ~hidden & ((1 << FACT_BITS) - 1)
    slots = np.flatnonzero((judged.fail == 0) & (open_ != 0))
    values = reference.best_values(columns, work.numbers, judged, work.fees, slots)
    masks, places = np.unique(open_[slots], return_inverse=True)
    worth = np.bincount(places, np.maximum(values, 0), len(masks)).astype(np.int64)
    for mask, value, count in zip(masks.tolist(), worth.tolist(), np.bincount(places).tolist(), strict=True):
        yield _documents(mask), value, count


def _documents(mask: int) -> dict[str, set[str]]:
    found = defaultdict[str, set[str]](set)
    for bit in bits_of(mask):
        found[fact_type(FACT_NAMES[bit]).document.zh].add(FACT_NAMES[bit])
    return found
