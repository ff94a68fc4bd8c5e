"""Sets of terms from a seed: many at little cost, most of them within reach of the drawn firms."""

from random import Random

from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.index.layout import FACT_BIT

_RULES = (
    ("score", pb.OPERATOR_GE, ("-3", "9", "15")),
    ("lending_banks", pb.OPERATOR_LE, ("23", "11", "2")),
    ("debt_ratio_bp", pb.OPERATOR_LE, ("23", "15")),
    ("tax_grade", pb.OPERATOR_NE, ("D", "C")),
    ("tax_arrears", pb.OPERATOR_EQ, ("false", "true")),
)


def terms(random: Random) -> pb.ProductTerms:
    """Of few prices, so that many products are worth the same; secured in one to three ways."""
    spread = random.choice((-5_000, 3_000, 3_000))
    return pb.ProductTerms(
        name="贷款",
        kind=random.choice((1, 1, 1, 2)),
        flags=random.choice(((), (), (pb.PRODUCT_FLAG_FIRST_LOAN,))),
        amount_min_fen=random.choice((1, 1, 5_000_000)),
        amount_max_fen=random.choice((6_000_000, 20_000_000, 20_000_000)),
        term_min_months=1,
        term_max_months=random.choice((12, 36, 36)),
        rate=pb.Rate(base=pb.RATE_BASE_LPR_1Y, min_ppm=spread, max_ppm=spread + random.choice((0, 9_000))),
        repayment_methods=[random.choice((1, 3))],
        guarantee_modes=random.sample(range(1, 8), random.choice((1, 2, 3))),
        ip_pledge_caps=[pb.IpPledgeCap(right=pb.IP_RIGHT_KIND_INVENTION, cap_bp=3_000)],
        criteria=[_criterion(random) for _ in range(random.choice((0, 1, 2, 4)))],
        decision_days=random.choice((1, 5)),
    )


def facts(random: Random) -> dict[str, int]:
    """Four in five known, in the integer form."""
    held = {
        "score": random.randint(-3, 23),
        "lending_banks": random.randint(0, 20),
        "debt_ratio_bp": random.randint(0, 23),
        "tax_grade": random.randrange(5),
        "environment_grade": random.randrange(3),
        "tax_arrears": random.randrange(2),
    }
    return {fact: value for fact, value in held.items() if random.random() < 0.8}


def waivers(random: Random, ids: int) -> dict[str, int]:
    """Of no product, or of some of them one rule or all; one of them is on no market."""
    if random.random() < 0.4:
        return {}
    some = random.sample(range(ids + 1), random.choice((1, 8, ids)))
    return {f"prd_{number}": random.choice((-1, 1 << FACT_BIT[random.choice(_RULES)[0]])) for number in some}


def _criterion(random: Random) -> pb.Criterion:
    fact, operator, values = random.choice(_RULES)
    return pb.Criterion(
        fact=fact,
        operator=operator,
        values=[random.choice(values)],
        hard=random.random() < 0.6,
        disclosure=random.choice((pb.DISCLOSURE_PUBLIC, pb.DISCLOSURE_CONFIDENTIAL)),
    )
