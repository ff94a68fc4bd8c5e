"""What happens in a year of guarantees: the same seed, the same year.

A quarter of the loans is ordinary business, the others come in batches; all are repaid in two parts, and 3 % default.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from libs.finance.daycount import add_months
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.regions import counties
from libs.registry.size import Size
from services.guarantee.domain.admission import AdmissionDecision
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.programme import Rulebook

YUAN = 100
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
BANKS = tuple(f"org_bank_{number}" for number in range(10))
LOCALS = tuple(f"org_local_{number}" for number in range(8))
PROVINCE, FUND = "org_province", "org_fund"
DEFAULTS = 0.03
_AMPLE = 1_000_000_000_000 * YUAN
_MONTHS = (3, 6, 9, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """What is to become of a guarantee. `recovers`: of a loan that defaults, money comes back later."""

    number: int
    guarantor: str
    bank: str
    party: str
    county: str
    amount_fen: int
    term_months: int
    reserved_on: date
    batch: bool
    defaults: bool
    recovers: bool

    @property
    def dimensions(self) -> Dimensions:
        return Dimensions(
            county=self.county,
            industry_division="13",
            size=Size.MICRO,
            owner_kind=OwnerKind.ENTERPRISE,
            firm_key=self.party[-8:],
        )

    def left(self) -> Iterator[int]:
        """What is outstanding after each of two repayments, in fen."""
        return (self.amount_fen * part // 2 for part in (1, 0))

    def day(self, drawn_on: date, repayment: int) -> date:
        return add_months(drawn_on, self.term_months * repayment // 2)


def loans(number: int, seed: int = 3) -> list[Loan]:
    """The loans of the year, evenly over its days; those that default were drawn early enough to be seen through."""
    random, places = Random(seed), [region.code for region in counties()]
    days = (LAST - FIRST).days + 1
    early = [one for one in range(number) if one * days // number < 150]
    failed = set(random.sample(early, round(number * DEFAULTS)))
    return [
        _loan(random, one, FIRST + timedelta(days=one * days // number), one in failed, number, places)
        for one in range(number)
    ]


def _loan(random: Random, one: int, day: date, failed: bool, of: int, places: Sequence[str]) -> Loan:
    guarantor = random.randrange(len(LOCALS))
    return Loan(
        number=one,
        guarantor=LOCALS[guarantor],
        bank=random.choice(BANKS),
        party=f"uscc:91640100MA{one % max(1, of * 4 // 5):08d}",
        county=places[guarantor % len(places)],
        amount_fen=random.randrange(100_000, 2_000_000) * YUAN + random.randrange(YUAN),
        term_months=3 if failed else random.choice(_MONTHS),
        reserved_on=day,
        batch=random.random() < 0.75,
        defaults=failed,
        recovers=failed and random.random() < 0.4,
    )


def roomy(rulebook: Rulebook) -> Rulebook:
    """The house's rules with quotas, lines and caps that a year of this size does not reach; all else as it is."""
    ample = {"annual_quota_fen": _AMPLE, "claim_cap_bp": 10_000}
    return replace(
        rulebook,
        programmes=tuple(replace(one, **ample) for one in rulebook.programmes),
        red_lines=tuple(replace(one, provincial_line_fen=_AMPLE) for one in rulebook.red_lines),
    )


def registered() -> list[Guarantor]:
    """The tiers above, and guarantors with net assets that carry any year."""
    places = [region.code for region in counties()]
    above = [
        Guarantor(id=PROVINCE, name="省级再担保", tier=Tier.PROVINCIAL, net_assets_fen=_AMPLE),
        Guarantor(id=FUND, name="国家融资担保基金", tier=Tier.NATIONAL, net_assets_fen=_AMPLE),
    ]
    direct = [
        Guarantor(id=name, name=name, net_assets_fen=_AMPLE // len(LOCALS), counties=(places[number],))
        for number, name in enumerate(LOCALS)
    ]
    return above + direct


ADMITTED = AdmissionDecision(credit_line_fen=_AMPLE)
