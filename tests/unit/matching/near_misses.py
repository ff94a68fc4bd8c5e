"""Seeded random markets, firms and requests that nearly meet: faster than hypothesis, as many as wanted."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from libs.criteria.evaluate import FITTING
from libs.criteria.vocabulary import FACTS, Kind
from libs.registry.loan_terms import IpRightKind
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MatchRequest
from services.matching.domain.firm import Firm, IpRight
from services.matching.domain.guarantee import Headroom, ProgrammeRoom
from tests.unit.matching.world import FIRM, ORDINARY, TODAY, YUAN, product, rule

BANKS = ("org_east", "org_west")
RULED = (
    "score",
    "lending_banks",
    "debt_ratio_bp",
    "employees",
    "months_since_registration",
    "court_cases_24m",
    "tax_grade",
    "environment_grade",
    "srdi",
    "tax_arrears",
)
MODES = ("UNSECURED", "MORTGAGE", "IP_PLEDGE", "FINANCING_GUARANTEE")
CAPS = ((pb.IP_RIGHT_KIND_INVENTION, 3_000), (pb.IP_RIGHT_KIND_TRADEMARK, 1_700))


def a_value(random: Random, fact: str) -> str:
    kind = FACTS[fact]
    if kind.kind is Kind.INTEGER:
        return str(random.randint(0, 12))
    return random.choice(("false", "true") if kind.kind is Kind.BOOLEAN else kind.codes)


def a_rule(random: Random) -> pb.Criterion:
    fact = random.choice(RULED)
    operator = random.choice(FITTING[FACTS[fact].kind])
    many = operator in ("IN", "NOT_IN")
    values = {a_value(random, fact) for _ in range(random.randint(1, 3) if many else 1)}
    shown = random.choices(("PUBLIC", "REASON_CODE", "CONFIDENTIAL"), (8, 1, 1))[0]
    return rule(fact, operator, *sorted(values), hard=random.random() < 0.85, shown=shown)


def some_tiers(random: Random, most: int) -> list[pb.AmountTier]:
    if random.random() < 0.6:
        return []
    bounds = sorted(random.sample(range(12), random.randint(1, 3)))
    fact, open_end = (
        random.choice(("score", "months_since_registration", "court_cases_24m")),
        random.random() < 0.7,
    )
    return [
        pb.AmountTier(
            fact=fact,
            up_to=None if open_end and bound == bounds[-1] else bound,
            amount_max_fen=random.randint(1, most) * 10_000 * YUAN,
        )
        for bound in bounds
    ]


def a_product(random: Random, number: int) -> pb.Product:
    least, term = random.randint(1, 60), random.randint(1, 24)
    most = least + random.randint(0, 100)
    terms: dict[str, Any] = {
        "amount_min_fen": least * 10_000 * YUAN,
        "amount_max_fen": most * 10_000 * YUAN,
        "amount_tiers": some_tiers(random, most),
        "term_min_months": term,
        "term_max_months": term + random.randint(0, 24),
        "ip_pledge_caps": [
            pb.IpPledgeCap(right=right, cap_bp=cap) for right, cap in CAPS if random.random() < 0.7
        ],
        "ip_margin_months": random.choice((0, 12)),
        "programmes": random.choice(([], ["ordinary"], ["small"])),
        "criteria": [a_rule(random) for _ in range(random.randint(0, 5))],
        "regions": random.choice(([], [], [], ["6401"], ["640221"])),
    }
    modes = tuple(random.sample(MODES, random.randint(1, 2)))
    if random.random() < 0.5:
        modes = tuple(random.sample(MODES[2:], random.randint(1, 2)))
    return product(str(number), bank=random.choice(BANKS), modes=modes, **terms)


def a_market(random: Random, products: int) -> Catalogue:
    made = Catalogue()
    small = replace(
        ORDINARY,
        id="small",
        scheme="small",
        loan_limit_fen=random.randint(5, 80) * 10_000 * YUAN,
        term_min_months=random.choice((0, 6, 12)),
        term_max_months=random.choice((0, 12, 24)),
        labels=random.choice(((), ("srdi",))),
    )
    ordinary = replace(ORDINARY, labels_excluded=random.choice(((), ("srdi",))), borrower_limit_fen=0)
    for programme in (small, ordinary):
        made.put_programme(programme)
    for name, banks in (("org_cover", ("org_west",)), ("org_more", ())):
        rooms = tuple(
            ProgrammeRoom(programme=one, room_fen=random.randint(0, 9_000_000) * YUAN // 10)
            for one in ("small", "ordinary")
            if random.random() < 0.8
        )
        limit = random.choice((0, random.randint(100_000, 900_000) * YUAN))
        made.put_headroom(
            Headroom(
                guarantor=name,
                name=name,
                counties=("640104",),
                banks=banks,
                programmes=rooms,
                borrower_limit_fen=limit,
            )
        )
    for number in range(products):
        made.index.put(a_product(random, number))
    return made


def a_firm(random: Random) -> Firm:
    facts = {
        fact: _number(fact, a_value(random, fact)) for fact in (*RULED, "srdi") if random.random() < 0.85
    }
    rights = tuple(
        IpRight(
            id=f"ZL{number}",
            kind=random.choice((IpRightKind.INVENTION, IpRightKind.TRADEMARK, IpRightKind.DESIGN)),
            expires_on=TODAY + timedelta(days=random.randint(0, 1_800)),
            appraised_fen=random.choice((None, random.randint(1, 3_000_000) * YUAN)),
            encumbered=random.random() < 0.1,
        )
        for number in range(random.randint(0, 3))
    )
    return replace(FIRM, facts=facts, rights=rights)


def a_request(random: Random) -> MatchRequest:
    return MatchRequest(
        party=FIRM.party,
        amount_fen=random.randint(1, 180) * 10_000 * YUAN + random.randint(0, 99),
        term_months=random.randint(1, 60),
    )


def _number(fact: str, text: str) -> int:
    kind = FACTS[fact]
    if kind.kind is Kind.INTEGER:
        return int(text)
    return ("false", "true").index(text) if kind.kind is Kind.BOOLEAN else kind.codes.index(text)


def a_day(months: int) -> date:
    return TODAY + timedelta(days=31 * months)
