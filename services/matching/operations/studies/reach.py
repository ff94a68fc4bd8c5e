"""The other side: a bank asks whom a product of its own reaches. Counts go through disclosure; names are told only of
firms that agreed to be found by this bank, for a product on the market, and only as long as they agree."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import BANK, Principal
from libs.chassis.problems import NotFound
from services.matching.domain.firm import may_find
from services.matching.domain.studies.study import NewReach, Reach, ReachResult
from services.matching.operations.studies import studies
from services.matching.store import profiles


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose a product on the market is, None: nobody's. No part of what was asked, when a key is used again."""

    bank_of: Callable[[str], str | None]

    def content_hash(self) -> str:
        return "owners"


def ask_reach(tx: WriteTx, by: Principal, owners: Owners, new: NewReach) -> Reach:
    """The answer comes later, by itself. A product of another bank is not to be found."""
    by.require(*BANK)
    if new.product_id is not None and owners.bank_of(new.product_id) != by.organisation:
        raise NotFound(
            f"You have no product {new.product_id} on the market.",
            field="product_id",
            mend="Name one that is published, or send a draft's terms.",
        )
    most = studies.study_rules(tx).reaches_a_day
    return get_reach(tx, by, studies.keep(tx, by, studies.REACH, new, most))


def get_reach(tx: ReadTx, by: Principal, reach_id: str) -> Reach:
    """Names of those who agree today, whoever agreed when it was asked."""
    by.require(*BANK)
    row = studies.found(tx, by, studies.REACH, reach_id)
    reach = Reach(**studies.fields(row, NewReach, ReachResult))
    if reach.result is None:
        return reach
    named = tuple(party for party in reach.result.parties if _agrees(tx, party, by.organisation))
    return replace(reach, result=replace(reach.result, parties=named))


def _agrees(tx: ReadTx, party: str, bank: str) -> bool:
    try:
        return may_find(profiles.profile(tx, party), bank, tx.today)
    except NotFound:
        return False
