"""A look ahead for a guarantor: what confirming a reserved case would do to its indicators and red lines.

The reservation holds its room already, so that the case is taken out of what stands and put in again. A loan that
nobody asked for yet is looked at by a quote.
"""

from dataclasses import replace

from libs.chassis.database import ReadTx
from libs.chassis.principal import GUARANTOR, Principal
from libs.chassis.problems import Conflict
from services.guarantee.domain.effects import Portfolio
from services.guarantee.domain.exposure import Borrower, stranger
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus
from services.guarantee.domain.limits import Chain, concentration_key, needs
from services.guarantee.domain.preview import (
    EffectPreview,
    book_without,
    claim_effect,
    usage_without,
    without,
)
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.proposal import Proposal
from services.guarantee.domain.quote import Position, structure
from services.guarantee.operations import caps, chains, recognitions, standing
from services.guarantee.operations.sides import require_sight
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import limits as limit_store


def preview(tx: ReadTx, by: Principal, guarantee_id: str) -> EffectPreview:
    """For the guarantor's own people, while the case is reserved and not confirmed."""
    by.require(*GUARANTOR)
    guarantee = guarantee_store.get(tx, guarantee_id)
    require_sight(by, guarantee)
    if guarantee.status is not GuaranteeStatus.RESERVED:
        raise Conflict(
            f"{guarantee_id} is {guarantee.status} already.",
            field="guarantee_id",
            mend="Look ahead at a reserved case; of a new loan ask POST /v1/quotes.",
        )
    return _preview(tx, guarantee)


def _preview(tx: ReadTx, guarantee: Guarantee) -> EffectPreview:
    chain = chains.chain(tx, guarantee.programme, guarantee.guarantor)
    proposal = _proposal(tx, guarantee, chain.programme)
    liability_fen = _reserved(tx, guarantee)
    found = structure(chain, proposal, _position(tx, chain, proposal, liability_fen))
    cap, _ = caps.standing(tx, chain.programme, guarantee.bank, tx.today)
    return EffectPreview(
        guarantee_id=guarantee.id,
        guarantor=guarantee.guarantor,
        party=guarantee.party,
        amount_fen=guarantee.amount_fen,
        day=tx.today,
        structure=found,
        claims=claim_effect(cap, liability_fen),
        crossed=tuple(one.rule for one in found.effects if one.crosses),
    )


def _proposal(tx: ReadTx, guarantee: Guarantee, programme: Programme) -> Proposal:
    asked = Proposal(
        party=guarantee.party,
        bank=guarantee.bank,
        amount_fen=guarantee.amount_fen,
        term_months=guarantee.term_months,
        dimensions=guarantee.dimensions,
        labels=programme.labels,  # it was found to have one of them when it was reserved
    )
    return recognitions.on_record(tx, asked)


def _reserved(tx: ReadTx, guarantee: Guarantee) -> int:
    """The liability, unweighted, that the reservation holds."""
    key = concentration_key(guarantee.guarantor, guarantee.party)
    return sum(hold.amount_fen for hold in limit_store.holds_of(tx, guarantee.id) if hold.key == key)


def _position(tx: ReadTx, chain: Chain, proposal: Proposal, liability_fen: int) -> Position:
    """What stood when the case was not there yet."""
    name, lines = chain.guarantor.id, chain.lines
    now = _borrower(tx, name, proposal)
    before = without(now, liability_fen)
    needed = needs(chain, before, proposal.amount_fen)
    used = limit_store.usages(tx, {need.limit.key for need in needed})
    book = exposure_store.portfolios(tx, lines.up_to_500_fen, [name]).get(name, Portfolio())
    return Position(
        borrower=before,
        used=usage_without(used, needed),
        portfolio=book_without(book, now, before, lines),
        against=standing.against(tx, chain, proposal),
    )


def _borrower(tx: ReadTx, guarantor: str, proposal: Proposal) -> Borrower:
    new = stranger(guarantor, proposal.party, proposal.dimensions)
    known = exposure_store.of_party(tx, proposal.party).get(guarantor, new.exposure)
    groups = exposure_store.groups_of(tx, [proposal.party]).get(proposal.party, ())
    return replace(new, exposure=known, groups=groups)
