"""A made-up market whose banks decide by rules that the platform does not see, with noise.

What a bank does beside its published rules: it asks for a higher score than it says, looks at how the firm conducts
its accounts (`conduct`, which nobody else sees), and is stricter or easier as a whole and in each product. What the
platform does not know of a firm the bank finds out: a hard rule that is broken then ends in a no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from libs.criteria.evaluate import Operator
from libs.finance.rates import MONTHS_PER_YEAR
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.size import Size
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.firm import Firm
from services.matching.domain.offer import Offer
from services.matching.index.found import Entry

BANKS, PRODUCTS = 12, 60
TODAY = date(2026, 11, 22)
COUNTY = "640104"
AMOUNT_FEN, TERM_MONTHS = 100_000_000, 12
NOISE = 0.04  # of decisions, either way, that nothing explains
_KNOWN = 0.85  # how often a fact is known to the platform
_BROKEN = 3.0  # what a broken hard rule takes from the log-odds
_ASKED: Mapping[str, tuple[Operator, tuple[int, ...]]] = {
    "score": (Operator.GE, (540, 570, 600)),
    "months_since_registration": (Operator.GE, (12, 24, 36)),
    "debt_ratio_bp": (Operator.LE, (6_500, 7_500, 8_500)),
    "largest_customer_share_bp": (Operator.LE, (4_000, 6_000)),
}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hidden:
    """How a product is decided beside its rules; `ease` in log-odds, of bank and product together."""

    ease: float
    score_from: int
    conduct_weight: float


@dataclass(frozen=True, slots=True)
class Applicant:
    """A firm as the platform sees it, and as it is."""

    firm: Firm
    facts: Mapping[str, int]
    conduct: float


@dataclass(frozen=True, slots=True)
class Market:
    catalogue: Catalogue
    offers: Mapping[str, Offer]
    hidden: Mapping[str, Hidden]

    def probability(self, applicant: Applicant, offer: Offer) -> float:
        """That the bank says yes."""
        told, facts = self.hidden[offer.id], applicant.facts
        broken = [
            one.hard for one in offer.terms.criteria if _is_broken(one.operator, facts[one.fact], one.values)
        ]
        logit = (
            0.9
            + (facts["score"] - 600) * 0.013
            + min(facts["months_since_registration"] // MONTHS_PER_YEAR, 10) * 0.05
            - sum(_BROKEN if hard else 0.6 for hard in broken)
            + told.ease
            + told.conduct_weight * applicant.conduct
            - (1.5 if facts["score"] < told.score_from else 0.0)
        )
        return float(NOISE + (1 - 2 * NOISE) * expit(logit))


def make_market(dice: np.random.Generator) -> Market:
    catalogue, offers, hidden = Catalogue(), dict[str, Offer](), dict[str, Hidden]()
    eases = dice.normal(0, 0.9, BANKS)
    for number in range(PRODUCTS):
        product = _product(dice, number)
        catalogue.index.put(product)
        offers[product.id] = Entry(product.SerializeToString()).offer
        hidden[product.id] = Hidden(
            ease=float(eases[number % BANKS] + dice.normal(0, 0.6)),
            score_from=int(dice.choice((0, 600, 630, 660))),
            conduct_weight=float(dice.choice((0.0, 0.5, 1.0))),
        )
    return Market(catalogue, offers, hidden)


def make_applicant(dice: np.random.Generator, number: int) -> Applicant:
    conduct = float(dice.normal())
    facts = {
        "score": int(np.clip(dice.normal(605 + 12 * conduct, 45), 420, 760)),
        "months_since_registration": int(dice.integers(6, 180)),
        "debt_ratio_bp": int(np.clip(dice.normal(6_200, 1_500), 500, 9_900)),
        "largest_customer_share_bp": int(np.clip(dice.normal(4_000, 1_800), 300, 9_900)),
    }
    known = {fact: value for fact, value in facts.items() if dice.random() < _KNOWN}
    firm = Firm(
        party=f"person:{number}",
        dimensions=Dimensions(
            county=COUNTY,
            industry_division="13",
            size=Size.SMALL,
            owner_kind=OwnerKind.ENTERPRISE,
            firm_key=str(number),
        ),
        industry="1351",
        facts=known,
    )
    return Applicant(firm, facts, conduct)


def _product(dice: np.random.Generator, number: int) -> pb.Product:
    least = int(dice.integers(0, 60)) * 500
    terms: dict[str, Any] = {
        "name": f"product {number}",
        "kind": pb.PRODUCT_KIND_WORKING_CAPITAL,
        "amount_min_fen": 1_000_000,
        "amount_max_fen": 1_000_000_000,
        "term_min_months": 3,
        "term_max_months": 36,
        "rate": pb.Rate(
            base=pb.RATE_BASE_LPR_1Y, min_ppm=least, max_ppm=least + int(dice.integers(4, 30)) * 1_000
        ),
        "repayment_methods": [pb.REPAYMENT_METHOD_INTEREST_FIRST],
        "guarantee_modes": [pb.GUARANTEE_MODE_UNSECURED],
        "decision_days": int(dice.integers(1, 15)),
        "criteria": [_criterion(dice, fact) for fact in dice.choice(list(_ASKED), 3, replace=False)],
    }
    bank = f"org_{number % BANKS:02}"
    return pb.Product(
        id=f"prd_{number:03}",
        version=1,
        bank=bank,
        status=pb.PRODUCT_STATUS_PUBLISHED,
        terms=pb.ProductTerms(**terms),
    )


def _criterion(dice: np.random.Generator, fact: str) -> pb.Criterion:
    operator, thresholds = _ASKED[fact]
    return pb.Criterion(
        fact=fact,
        operator=pb.Operator.Value(f"OPERATOR_{operator}"),
        values=[str(dice.choice(thresholds))],
        hard=bool(dice.random() < 0.6),
        disclosure=pb.DISCLOSURE_PUBLIC,
    )


def _is_broken(operator: Operator, held: int, values: tuple[str, ...]) -> bool:
    return held < int(values[0]) if operator is Operator.GE else held > int(values[0])
