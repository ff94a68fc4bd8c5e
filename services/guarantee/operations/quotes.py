"""Quotes: every way to cover a loan, what it costs, and what stands against it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from libs.chassis.database import ReadTx
from libs.chassis.principal import BANK, GUARANTOR, Principal, Role
from services.guarantee.domain.effects import Portfolio, Ratio
from services.guarantee.domain.exposure import Borrower, Usage, stranger
from services.guarantee.domain.guarantor import Guarantor, Tier, leverage_figure
from services.guarantee.domain.limits import PERSONAL, Chain, Need, Rule, needs
from services.guarantee.domain.proposal import Proposal, RuleBreach
from services.guarantee.domain.quote import Position, Quote, Structure, structure
from services.guarantee.operations import chains, recognitions, standing
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store

# The ratios that a loan changes by more or less, according to what the firm owes already.
_TELLING = (Ratio.LEVERAGE, Ratio.CONCENTRATION, Ratio.GROUP, Ratio.SMALL_SHARE, Ratio.UP_TO_500)


def quote(tx: ReadTx, by: Principal, proposal: Proposal) -> Quote:
    """Each programme in force with each local guarantor of the firm's county; feasible ones first."""
    _require_side(by, proposal)
    proposal = recognitions.on_record(tx, proposal)
    found = chains.all_of(tx, _guarantors(tx, by, proposal.dimensions.county))
    borrowers = _borrowers(tx, found, proposal)
    keys = {need.limit.key for one in found for need in _needs(one, borrowers, proposal)}
    used, books = limit_store.usages(tx, keys), _portfolios(tx, found)
    against = standing.against_each(tx, found, proposal)
    structures = [
        _seen_by(by, structure(one, proposal, _position(one, borrowers, used, books, against)), one)
        for one in found
    ]
    return Quote(structures=tuple(sorted(structures, key=lambda one: bool(one.breaches))))


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


def _borrowers(tx: ReadTx, found: Sequence[Chain], proposal: Proposal) -> dict[str, Borrower]:
    """The borrower as each guarantor knows it."""
    known = exposure_store.of_party(tx, proposal.party)
    groups = exposure_store.groups_of(tx, [proposal.party]).get(proposal.party, ())
    new = {one.guarantor.id: stranger(one.guarantor.id, proposal.party, proposal.dimensions) for one in found}
    return {
        name: replace(one, exposure=known.get(name, one.exposure), groups=groups) for name, one in new.items()
    }


def _needs(chain: Chain, borrowers: Mapping[str, Borrower], proposal: Proposal) -> tuple[Need, ...]:
    return needs(chain, borrowers[chain.guarantor.id], proposal.amount_fen)


def _portfolios(tx: ReadTx, found: Sequence[Chain]) -> dict[str, Portfolio]:
    guarantors = {one.guarantor.id for one in found}
    return exposure_store.portfolios(tx, found[0].lines.up_to_500_fen, guarantors) if found else {}


def _position(
    chain: Chain,
    borrowers: Mapping[str, Borrower],
    used: Mapping[str, Usage],
    books: Mapping[str, Portfolio],
    against: Mapping[tuple[str, str], tuple[RuleBreach, ...]],
) -> Position:
    return Position(
        borrower=borrowers[chain.guarantor.id],
        used=used,
        portfolio=books.get(chain.guarantor.id, Portfolio()),
        against=against[chain.programme.id, chain.guarantor.id],
    )


def _seen_by(by: Principal, found: Structure, chain: Chain) -> Structure:
    """Without what others lent: a bank learns that a limit of the firm is reached, not by how much, and a firm the
    same of what its related parties owe. How much a loan weighs tells the balance too, so that is hidden with it."""
    if by.role in BANK:
        return _without(found, chain, PERSONAL, _TELLING)
    return _without(found, chain, (Rule.GROUP,), (Ratio.GROUP,)) if by.role is Role.SME else found


def _without(found: Structure, chain: Chain, rules: Collection[Rule], ratios: Collection[Ratio]) -> Structure:
    parameters = _parameters(chain, rules)
    return replace(
        found,
        rooms=tuple(room for room in found.rooms if room.rule not in parameters),
        effects=tuple(effect for effect in found.effects if effect.ratio not in ratios),
        breaches=tuple(
            replace(breach, figure="above the limit with this loan") if breach.rule in parameters else breach
            for breach in found.breaches
        ),
    )


def _parameters(chain: Chain, rules: Collection[Rule]) -> set[str]:
    """The policy parameters that set the limits of these rules."""
    programme, lines = chain.programme, chain.lines
    sources = {
        Rule.BORROWER_LIMIT: programme.source_of("borrower_limit_fen"),
        Rule.CONCENTRATION: lines.source_of("concentration_bp"),
        Rule.GROUP: lines.source_of("group_concentration_bp"),
        Rule.LEVERAGE: lines.source_of(leverage_figure(chain.guarantor)),
    }
    return {source.parameter for rule, source in sources.items() if rule in rules}
