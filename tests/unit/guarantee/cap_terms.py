"""Caps to test with: small ones, and what they are measured by."""

from datetime import date

from libs.chassis.database import Database
from libs.finance.tiers import CapDefinition
from services.guarantee.domain.terms import CapLayer, CapTiming
from tests.unit.guarantee.chain import MILLION, house_rules
from tests.unit.guarantee.losses import (
    lend,
    repay,
    wait,
    with_terms,
)

# A ten-thousandth of the fund's share of the ten million that are released: room for two claims of 50,000 fen.
OF_THE_FUND = with_terms(
    house_rules(),
    "ordinary",
    {"timing": CapTiming.AS_CLAIMED, "counts_claim_release": False},
    claim_cap_bp=1,
)


OF_THE_SYSTEM = with_terms(
    OF_THE_FUND,
    "ordinary",
    {"definition": CapDefinition.RELEASED_SYSTEM, "layer": CapLayer.SYSTEM, "excess": "bank"},
)


ORDINARY = "ordinary/*/2026"


BATCH = "batch/org_bank/2026"


NEW_YEAR = date(2027, 1, 4)


FULL = {"bank": 10_000, "national": 10_000, "provincial": 10_000, "local": 20_000}


def batch_year(database: Database) -> None:
    """A loan of ten million that was guaranteed for 30 days: 1,972,602 fen of cap."""
    loan = lend(database, 10 * MILLION, "batch", (), number=200)
    wait(database, days=30)
    repay(database, loan, 0)
