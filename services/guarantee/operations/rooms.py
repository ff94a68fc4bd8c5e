"""Room: the one place where it is taken of all limits, and given back.

Lock order: a guarantee before its rooms, and its rooms before the ledger.
"""

from collections.abc import Sequence
from dataclasses import replace

from libs.chassis.database import WriteTx
from libs.chassis.problems import Conflict
from libs.finance.split import Share
from services.guarantee.domain import quote as quote_rules
from services.guarantee.domain.limits import Chain, needs, when_drawn, when_repaid
from services.guarantee.domain.quote import Proposal, RuleBreach
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import rules as rule_store


def chain(tx: WriteTx, programme_id: str, guarantor_id: str) -> Chain:
    """A programme in force today with a guarantor, by the rules of today; Violation or NotFound without them."""
    rulebook = rule_store.rulebook(tx)
    return Chain(
        programme=rulebook.programme(programme_id, tx.today),
        guarantor=guarantor_store.get(tx, guarantor_id),
        lines=rulebook.red_lines_on(tx.today),
        day=tx.today,
    )


def lock(tx: WriteTx, chain: Chain, proposal: Proposal) -> None:
    """Let nobody else take room that this proposal needs until the end: wishes for one firm come one by one."""
    limit_store.lock(tx, [need.limit for need in needs(chain, proposal.party, proposal.amount_fen)])


def reserve(tx: WriteTx, chain: Chain, proposal: Proposal, holder: str) -> None:
    """Take room of every limit, or of none; Conflict tells each rule that stands against it."""
    needed = needs(chain, proposal.party, proposal.amount_fen)
    held = limit_store.lock(tx, [need.limit for need in needed])
    _insist([*quote_rules.ineligible(chain, proposal), *quote_rules.without_room(needed, held)])
    limit_store.take(tx, holder, needed)


def shrink(
    tx: WriteTx,
    guarantee_id: str,
    guarantor: str,
    party: str,
    amount_fen: int,
    shares: Sequence[Share],
    *,
    annual: bool,
) -> None:
    """Let a guarantee hold what `amount_fen` of loan principal takes, and never more than it did.

    `annual`: the year's new business shrinks too, as for a loan that is drawn for less than was reserved.
    """
    lines = rule_store.rulebook(tx).red_lines_on(tx.today)
    before = limit_store.lock_holds(tx, guarantee_id)
    rule = when_drawn if annual else when_repaid
    after = [rule(hold, amount_fen, shares, lines) for hold in before]
    limit_store.give_back(tx, guarantee_id, before, after)


def free(tx: WriteTx, guarantee_id: str, guarantor: str, party: str) -> None:
    """A guarantee never took effect: everything that it held is given back."""
    before = limit_store.lock_holds(tx, guarantee_id)
    limit_store.give_back(tx, guarantee_id, before, [replace(hold, amount_fen=0) for hold in before])


def _insist(breaches: Sequence[RuleBreach]) -> None:
    if breaches:
        raise Conflict(
            f"The loan cannot be covered: {'; '.join(map(str, breaches))}.",
            field=breaches[0].rule,
            mend="Choose a feasible structure of POST /v1/quotes.",
            source=breaches[0].source,
        )
