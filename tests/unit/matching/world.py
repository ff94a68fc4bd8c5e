"""A small market: three banks, one guarantor in Xingqing district (640104), and firms that ask there."""

from dataclasses import replace
from datetime import date
from typing import Any

from libs import policy
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.size import Size
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.firm import Firm, IpRight
from services.matching.domain.guarantee import Headroom, Programme, ProgrammeRoom, ProgrammeShare
from services.matching.operations.recommend import recommend
from services.matching.operations.rulebook import rulebook

TODAY = date(2026, 11, 22)
PARTY = "uscc:91640100MA76F1AB34"
POLICIES = policy.load()
YUAN = 100


def rule(
    fact: str, operator: str, *values: str, hard: bool = True, shown: str = "PUBLIC", says: str = ""
) -> pb.Criterion:
    return pb.Criterion(
        fact=fact,
        operator=f"OPERATOR_{operator}",
        values=values,
        hard=hard,
        message=says,
        disclosure=f"DISCLOSURE_{shown}",
    )


def product(
    name: str, bank: str = "org_east", modes: tuple[str, ...] = ("UNSECURED",), **terms: Any
) -> pb.Product:
    given: dict[str, Any] = {
        "name": name,
        "kind": pb.PRODUCT_KIND_WORKING_CAPITAL,
        "amount_min_fen": 10_000 * YUAN,
        "amount_max_fen": 5_000_000 * YUAN,
        "term_min_months": 3,
        "term_max_months": 24,
        "rate": pb.Rate(base=pb.RATE_BASE_LPR_1Y, min_ppm=5_000, max_ppm=15_000),
        "repayment_methods": [pb.REPAYMENT_METHOD_INTEREST_FIRST],
        "guarantee_modes": [f"GUARANTEE_MODE_{mode}" for mode in modes],
        "decision_days": 5,
    }
    return pb.Product(
        id=f"prd_{name}",
        version=1,
        bank=bank,
        status=pb.PRODUCT_STATUS_PUBLISHED,
        terms=pb.ProductTerms(**(given | terms)),
    )


FIRST_LOAN = product(
    "first",
    flags=[pb.PRODUCT_FLAG_FIRST_LOAN],
    criteria=[rule("bank_loan_record", "EQ", "false", says="从未取得过银行贷款")],
)
IP_LOAN = product(
    "patent",
    bank="org_west",
    modes=("IP_PLEDGE",),
    flags=[pb.PRODUCT_FLAG_IP_PLEDGE],
    ip_pledge_caps=[pb.IpPledgeCap(right=pb.IP_RIGHT_KIND_INVENTION, cap_bp=3_000)],
    ip_margin_months=12,
)
GUARANTEED = product("covered", bank="org_north", modes=("FINANCING_GUARANTEE",), programmes=["ordinary"])

ORDINARY = Programme(
    id="ordinary",
    scheme="ordinary",
    name="普通融资担保业务",
    effective=date(2021, 3, 30),
    shares=tuple(
        ProgrammeShare(party=party, bp=bp)
        for party, bp in (("bank", 2_000), ("national", 2_000), ("provincial", 2_000), ("local", 4_000))
    ),
    fee_rate_ppm=10_000,
    loan_limit_fen=10_000_000 * YUAN,
    sizes=(Size.SMALL, Size.MICRO),
)
GUARANTOR = Headroom(
    guarantor="org_cover",
    name="兴庆融资担保",
    counties=("640104",),
    banks=("org_north",),
    programmes=(ProgrammeRoom(programme="ordinary", room_fen=2_000_000 * YUAN),),
)
FIRM = Firm(
    party=PARTY,
    dimensions=Dimensions(
        county="640104",
        industry_division="13",
        size=Size.SMALL,
        owner_kind=OwnerKind.ENTERPRISE,
        firm_key="key",
        first_time_borrower=True,
    ),
    industry="1351",
    facts={"score": 640, "months_since_registration": 40, "bank_loan_record": 0},
    rights=(
        IpRight(
            id="ZL2018",
            kind=IpRightKind.INVENTION,
            expires_on=date(2038, 1, 1),
            appraised_fen=4_000_000 * YUAN,
        ),
    ),
)


def catalogue(*products: pb.Product, guarantor: Headroom | None = GUARANTOR) -> Catalogue:
    made = Catalogue()
    made.put_programme(ORDINARY)
    if guarantor is not None:
        made.put_headroom(guarantor)
    for bank in ("east", "west", "north"):
        made.put_name(f"org_{bank}", f"{bank} bank")
    for one in products:
        made.put_product(one)
    return made


def ask(known: Catalogue, firm: Firm = FIRM, **wanted: Any) -> Match:
    request = MatchRequest(
        **({"party": firm.party, "amount_fen": 1_000_000 * YUAN, "term_months": 12} | wanted)
    )
    return recommend(known, rulebook(POLICIES, TODAY), firm, request, "mat_1")


def with_facts(**facts: int | None) -> Firm:
    """FIRM with some facts set, and those that are None not known."""
    held = {**FIRM.facts, **facts}
    return replace(FIRM, facts={fact: value for fact, value in held.items() if value is not None})
