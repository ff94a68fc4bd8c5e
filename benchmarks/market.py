"""A synthetic market: products with 24 rules each over the whole vocabulary, and firms that ask; seeded."""

from random import Random

from libs.criteria.vocabulary import FACTS, Kind
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import RateBase
from libs.registry.regions import counties
from libs.registry.size import Size
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.likelihood import Coefficients, LikelihoodModel
from services.matching.domain.ranking import Ranking
from services.matching.index.query import Query
from services.matching.index.settings import NO_GUARANTEE, Fees

YEAR_LOANS = ("6401", "6402", "6403", "6404", "6405")
INDUSTRIES = (
    "0111",
    "1351",
    "1469",
    "2710",
    "3011",
    "3821",
    "4011",
    "5131",
    "5219",
    "5431",
    "6110",
    "6513",
    "7281",
)

# Round thresholds as banks set them: (fact, operator, values, how many firms of a hundred pass about)
_LEAST = {
    "months_since_registration": (6, 12, 18, 24, 36),
    "tax_paid_12m_fen": (500_000, 1_000_000, 2_000_000, 5_000_000),
    "invoiced_12m_fen": (20_000_000, 50_000_000, 100_000_000, 200_000_000),
    "invoice_active_months_12m": (3, 6, 8, 9, 10),
    "invoice_growth_bp": (-5_000, -3_000, -2_000, -1_000, 0),
    "social_insurance_heads": (1, 2, 3, 5),
    "revenue_year_fen": (20_000_000, 50_000_000, 100_000_000, 300_000_000),
    "operating_margin_bp": (-500, 0, 200, 300),
    "employees": (1, 2, 3, 5),
    "electricity_trend_bp": (-5_000, -3_000, -2_000, -1_000),
    "score": (480, 500, 520, 540, 560, 580),
}
_MOST = {
    "court_cases_24m": (0, 1, 2, 3),
    "penalties_24m": (0, 1, 2, 3),
    "largest_customer_share_bp": (5_000, 6_000, 7_000, 8_000),
    "refund_share_bp": (800, 1_000, 1_500, 2_000),
    "lending_banks": (2, 3, 4, 5),
    "debt_ratio_bp": (6_000, 6_500, 7_000, 7_500, 8_000),
}
_NO = (
    "judgment_defaulter",
    "abnormal_list",
    "serious_violation",
    "tax_arrears",
    "social_insurance_arrears",
    "past_due_now",
)


def product(random: Random, number: int, banks: int) -> pb.Product:
    """A published product: 22 rules on facts, and limits of amount, term, region, industry, size and owner."""
    low = random.choice((100_000, 500_000, 1_000_000, 5_000_000, 10_000_000))
    least = random.choice((1, 3, 6))
    terms = pb.ProductTerms(
        name=f"产品{number}",
        kind=random.randint(1, 7),
        flags=random.choice(((), (), (), (pb.PRODUCT_FLAG_FIRST_LOAN,), (pb.PRODUCT_FLAG_UNSECURED,))),
        amount_min_fen=low,
        amount_max_fen=random.choice((50_000_000, 100_000_000, 300_000_000, 500_000_000, 1_000_000_000)),
        term_min_months=least,
        term_max_months=random.choice((12, 18, 24, 36, 60)),
        rate=pb.Rate(
            base=pb.RATE_BASE_LPR_1Y,
            min_ppm=random.randrange(0, 9_000, 500),
            max_ppm=random.randrange(9_000, 25_000, 500),
        ),
        repayment_methods=[random.randint(1, 5)],
        guarantee_modes=random.choice(
            (
                (pb.GUARANTEE_MODE_UNSECURED,),
                (pb.GUARANTEE_MODE_UNSECURED, pb.GUARANTEE_MODE_FINANCING_GUARANTEE),
                (pb.GUARANTEE_MODE_FINANCING_GUARANTEE,),
                (pb.GUARANTEE_MODE_IP_PLEDGE,),
                (pb.GUARANTEE_MODE_MORTGAGE, pb.GUARANTEE_MODE_THIRD_PARTY),
            )
        ),
        regions=random.choice(((), (), random.sample(YEAR_LOANS, 2), random.sample(YEAR_LOANS, 3))),
        industries_excluded=random.choice(((), ("J", "701"))),
        owner_kinds=random.choice(((), (1,), (1, 2))),
        sizes=random.choice(((), (3, 4), (2, 3, 4))),
        criteria=list(_criteria(random)),
        materials=["营业执照", "法定代表人身份证件", "征信查询授权书"],
        decision_days=random.randint(1, 10),
    )
    if pb.GUARANTEE_MODE_IP_PLEDGE in terms.guarantee_modes:
        terms.ip_pledge_caps.append(pb.IpPledgeCap(right=pb.IP_RIGHT_KIND_INVENTION, cap_bp=3_000))
    return pb.Product(
        id=f"prd_{number:026d}", version=1, bank=f"org_{random.randrange(banks):026d}", terms=terms
    )


def products(count: int, seed: int = 7) -> list[pb.Product]:
    random = Random(seed)
    return [product(random, number, max(15, count // 100)) for number in range(count)]


def _criteria(random: Random) -> list[pb.Criterion]:
    chosen = random.sample([*_LEAST, *_MOST], 14)
    rules = [_number_rule(random, fact) for fact in chosen]
    rules += [_rule(fact, pb.OPERATOR_EQ, ["false"]) for fact in _NO]
    rules.append(
        _rule("tax_grade", pb.OPERATOR_IN, random.choice((["A", "B"], ["A", "B", "M"], ["A", "B", "M", "C"])))
    )
    rules.append(_rule("environment_grade", pb.OPERATOR_NOT_IN, ["RED", "BLACK"]))
    for rule in rules[:2]:
        rule.hard = False
    return rules


def _number_rule(random: Random, fact: str) -> pb.Criterion:
    if fact in _LEAST:
        return _rule(fact, pb.OPERATOR_GE, [str(random.choice(_LEAST[fact]))])
    return _rule(fact, pb.OPERATOR_LE, [str(random.choice(_MOST[fact]))])


def _rule(fact: str, operator: int, values: list[str]) -> pb.Criterion:
    return pb.Criterion(
        fact=fact, operator=operator, values=values, hard=True, disclosure=pb.DISCLOSURE_PUBLIC
    )


def facts(random: Random) -> dict[str, int]:
    """A firm that is in order, of which one fact in ten is not known."""
    held = {name: 0 for name, kind in FACTS.items() if kind.criteria and kind.kind is not Kind.INTEGER}
    for fact, steps in _LEAST.items():
        held[fact] = int(random.choice(steps) * random.uniform(1, 3)) + random.randint(0, 9)
    for fact, steps in _MOST.items():
        held[fact] = int(random.choice(steps[:2]) * random.uniform(0.3, 1.1))
    return {fact: value for fact, value in held.items() if random.random() > 0.1}


def query(random: Random) -> Query:
    return Query(
        facts=facts(random),
        county=random.choice(counties()).code,
        industry=random.choice(INDUSTRIES),
        owner_kind=random.choice((OwnerKind.ENTERPRISE, OwnerKind.ENTERPRISE, OwnerKind.INDIVIDUAL_BUSINESS)),
        size=random.choice((Size.SMALL, Size.MICRO, None)),
        first_time=random.random() < 0.3,
        amount_fen=random.choice((10_000_000, 20_000_000, 50_000_000, 100_000_000))
        + random.randrange(10_000) * 100,
        term_months=random.choice((6, 12, 12, 24)),
        base_ppm={RateBase.LPR_1Y: 30_000, RateBase.LPR_5Y: 35_000, RateBase.FIXED: 0},
        model=MODEL,
        ranking=RANKING,
        reaches=None,
        fees=FEES,
    )


FEES = Fees(lambda rule: 10_000 if rule[0].endswith(("1", "3", "5", "7", "9")) else NO_GUARANTEE)
COEFFICIENTS = Coefficients(
    id="bench", version=1, intercept=600, score_centre=560, score_point=12, score_unknown=-300, age_year=60,
    age_years_most=10, soft_fail=-500, unknown=-150, guaranteed=500, ip_pledged=200, collateral=300,
    high_from_ppm=700_000, medium_from_ppm=400_000,
)  # fmt: skip
MODEL = LikelihoodModel(coefficients=COEFFICIENTS, explore_ppm=1_000)
RANKING = Ranking(id="bench", version=1, reference_ppm=120_000, day_ppm=100, missing_ppm=300)
