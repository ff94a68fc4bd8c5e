"""What stands against any more business of a kind: a cap that claims have used up, a red line that is crossed.

Limits block by themselves. A book with too little for small firms blocks what would make it less, and nothing else.
"""

from collections.abc import Collection, Sequence

from libs.chassis.database import ReadTx
from libs.finance.money import percent_text, yuan_text
from services.guarantee.domain import cap as cap_rules
from services.guarantee.domain.cap import EVERY_BANK
from services.guarantee.domain.effects import Ratio
from services.guarantee.domain.exposure import kind_of
from services.guarantee.domain.limits import Chain
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.proposal import Proposal, RuleBreach
from services.guarantee.domain.red_lines import RedLines, WeightKind
from services.guarantee.domain.terms import CapLevel, CapTiming
from services.guarantee.operations import caps
from services.guarantee.store import caps as cap_store
from services.guarantee.store import opening as opening_store
from services.guarantee.store import red_lines as level_store
from services.guarantee.store import rules as rule_store

_FLOORS = {Ratio.SMALL_SHARE: "small_share_min_bp", Ratio.UP_TO_500: "up_to_500_min_bp"}


def against(tx: ReadTx, chain: Chain, proposal: Proposal) -> tuple[RuleBreach, ...]:
    """Everything of the kind that stands against one more loan of the proposal."""
    cap = cap_breach(tx, chain.programme, proposal.bank)
    crossed = level_store.crossed(tx, chain.guarantor.id)
    return (*([] if cap is None else [cap]), *_of_book(chain, proposal, crossed))


def against_each(
    tx: ReadTx, chains: Sequence[Chain], proposal: Proposal
) -> dict[tuple[str, str], tuple[RuleBreach, ...]]:
    """The same for many chains, by programme and guarantor."""
    programmes = {one.programme.id: one.programme for one in chains}
    caps_used = {name: cap_breach(tx, one, proposal.bank) for name, one in programmes.items()}
    crossed = {name: level_store.crossed(tx, name) for name in {one.guarantor.id for one in chains}}
    found: dict[tuple[str, str], tuple[RuleBreach, ...]] = {}
    for one in chains:
        cap, of_book = caps_used[one.programme.id], _of_book(one, proposal, crossed[one.guarantor.id])
        found[one.programme.id, one.guarantor.id] = (*([] if cap is None else [cap]), *of_book)
    return found


def _of_book(chain: Chain, proposal: Proposal, crossed: Collection[str]) -> list[RuleBreach]:
    return [
        _below(chain.lines, ratio)
        for ratio in _FLOORS
        if ratio in crossed and _lowers(chain.lines, proposal, ratio)
    ]


def cap_breach(tx: ReadTx, programme: Programme, bank: str) -> RuleBreach | None:
    """The cap of the programme, where claims have reached it and it is measured as they come."""
    if programme.cap.timing is CapTiming.PERIOD_END:
        return None
    found, _ = caps.standing(tx, programme, bank, tx.today)
    if not cap_rules.is_exhausted(found):
        return None
    source = programme.source_of("claim_cap_bp")
    rate = "" if found.ratio_ppm is None else f", {percent_text(found.ratio_ppm)} by {found.definition}"
    return RuleBreach(
        rule=source.parameter,
        figure=f"{yuan_text(found.used_fen)} yuan of claims{rate}",
        limit=f"{yuan_text(found.cap_fen)} yuan",
        source=source.source,
    )


def banks_of(tx: ReadTx, programme: Programme) -> list[str]:
    """The banks under whose buckets anything counts this year; one for all where the cap is over all banks."""
    if programme.cap.level is CapLevel.PROVINCE:
        return [EVERY_BANK]
    period = cap_rules.bucket_of(programme, EVERY_BANK, tx.today).period
    here = {
        one.bank for one in cap_store.all_of_them(tx) if (one.programme, one.period) == (programme.id, period)
    }
    return sorted({*(bank for bank in here if bank), *opening_store.claiming_banks(tx, programme.id, period)})


def blocked_programmes(tx: ReadTx) -> set[str]:
    """The programmes that take no new business from any bank, because a cap over all banks is used up."""
    programmes = rule_store.rulebook(tx).programmes_on(tx.today)
    return {
        one.id
        for one in programmes
        if one.cap.level is CapLevel.PROVINCE and cap_breach(tx, one, EVERY_BANK) is not None
    }


def _lowers(lines: RedLines, proposal: Proposal, ratio: Ratio) -> bool:
    """Whether a loan makes a share that is too low lower still."""
    if ratio is Ratio.SMALL_SHARE:
        return kind_of(proposal.dimensions) is WeightKind.OTHER
    return proposal.amount_fen > lines.up_to_500_fen


def _below(lines: RedLines, ratio: Ratio) -> RuleBreach:
    source = lines.source_of(_FLOORS[ratio])
    least = getattr(lines, _FLOORS[ratio])
    return RuleBreach(
        rule=source.parameter,
        figure=f"the guarantor's book is below {percent_text(least * 100)}, and the loan would lower it",
        limit=f"at least {percent_text(least * 100)}",
        source=source.source,
    )
