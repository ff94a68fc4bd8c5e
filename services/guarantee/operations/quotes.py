"""Quotes: every way to cover a loan, what it costs, and what stands against it."""

from collections.abc import Sequence
from dataclasses import replace

from libs.chassis.database import ReadTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.limits import Chain, Rule, needs
from services.guarantee.domain.programme import Status
from services.guarantee.domain.quote import Proposal, Quote, Structure, structure
from services.guarantee.operations import recognitions
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import rules as rule_store


def quote(tx: ReadTx, by: Principal, proposal: Proposal) -> Quote:
    """Each programme in force with each local guarantor of the firm's county; feasible ones first."""
    _require_side(by, proposal)
    proposal = recognitions.on_record(tx, proposal)
    chains = _chains(tx, _guarantors(tx, by, proposal.dimensions.county))
    keys = {need.limit.key for chain in chains for need in needs(chain, proposal.party, proposal.amount_fen)}
    held = limit_store.held(tx, keys)
    found = [structure(chain, proposal, held) for chain in chains]
    if by.role in BANK:
        found = [_for_a_bank(one, chain, proposal) for one, chain in zip(found, chains, strict=True)]
    return Quote(structures=tuple(sorted(found, key=lambda one: bool(one.breaches))))


def _require_side(by: Principal, proposal: Proposal) -> None:
    """A firm asks for itself, a bank for its own loans."""
    by.require(*BANK, *GUARANTOR, Role.SME, Role.REGUARANTOR, Role.SERVICE)
    if by.role is Role.SME:
        by.require_organisation(proposal.party)
    if by.role in BANK:
        by.require_organisation(proposal.bank)


def _guarantors(tx: ReadTx, by: Principal, county: str) -> list[Guarantor]:
    """The local guarantors of a county; for a guarantor, only itself."""
    local = [
        one for one in guarantor_store.all_of_them(tx) if one.tier is Tier.LOCAL and county in one.counties
    ]
    return [one for one in local if by.role not in GUARANTOR or one.id == by.organisation]


def _chains(tx: ReadTx, guarantors: Sequence[Guarantor]) -> list[Chain]:
    rulebook = rule_store.rulebook(tx)
    lines = rulebook.red_lines_on(tx.today)
    programmes = [one for one in rulebook.programmes_on(tx.today) if one.status is Status.ACTIVE]
    return [
        Chain(programme=programme, guarantor=guarantor, lines=lines, day=tx.today)
        for programme in programmes
        for guarantor in guarantors
    ]


def _for_a_bank(found: Structure, chain: Chain, proposal: Proposal) -> Structure:
    """Without what other banks lent to the firm: a bank learns that a limit is reached, not by how much."""
    personal = [
        need
        for need in needs(chain, proposal.party, proposal.amount_fen)
        if need.limit.rule in (Rule.CONCENTRATION, Rule.BORROWER_LIMIT)
    ]
    keys, parameters = {need.limit.key for need in personal}, {need.source.parameter for need in personal}
    return replace(
        found,
        rooms=tuple(room for room in found.rooms if room.limit not in keys),
        breaches=tuple(
            replace(breach, figure="above the limit with this loan") if breach.rule in parameters else breach
            for breach in found.breaches
        ),
    )
