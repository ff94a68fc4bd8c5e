"""Room: the one place where it is taken of all limits, and given back.

Whoever takes or gives back room stands on the guarantor's row first, which those who change what limits stand on (net
assets, admissions, relations, rules) lock for themselves; then come the exposures in the order of the parties, then
the limits in the order of their keys. A guarantee is locked before its rooms, and its rooms before the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from libs.chassis.database import WriteTx
from libs.chassis.problems import Conflict
from libs.finance.split import Share
from services.guarantee.domain import exposure as exposures
from services.guarantee.domain.eligibility import ineligible
from services.guarantee.domain.exposure import Borrower, Exposure, Usage
from services.guarantee.domain.guarantor import Guarantor
from services.guarantee.domain.limits import (
    Chain,
    Hold,
    Limit,
    Rule,
    admission_key,
    borrower_key,
    concentration,
    concentration_key,
    group_key,
    hold_after,
    hold_of,
    joint_key,
    leverage,
    leverage_key,
    needs,
    related,
    scheme_of,
)
from services.guarantee.domain.proposal import Proposal, RuleBreach
from services.guarantee.domain.quote import without_room
from services.guarantee.domain.red_lines import RedLines, WeightKind
from services.guarantee.domain.terms import PROVINCIAL
from services.guarantee.operations import chains, standing
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import guarantees as guarantee_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import rules as rule_store

Change = tuple[Exposure, Exposure]
Groups = Mapping[str, Sequence[str]]

chain = chains.chain


def lock(tx: WriteTx, wanted: Chain, proposal: Proposal) -> None:
    """Let nobody else take room for this borrower until the end: wishes for one firm come one by one."""
    _lock_borrower(tx, wanted.guarantor.id, proposal)


def reserve(tx: WriteTx, wanted: Chain, proposal: Proposal, holder: str) -> None:
    """Take room of every limit, or of none; Conflict tells each rule that stands against it."""
    borrower = _lock_borrower(tx, wanted.guarantor.id, proposal)
    found = chains.as_it_stands(tx, wanted)
    needed = needs(found, borrower, proposal.amount_fen)
    limits = [need.limit for need in needed]
    groups = {borrower.party: borrower.groups}
    limit_store.ensure(tx, [*limits, *_joint(limits, groups)])
    liability_fen = exposures.liability(proposal.amount_fen, found.programme.shares, found.lines)
    change = (borrower.exposure, borrower.with_more(liability_fen))
    taken = [hold for need in needed if (hold := hold_of(need, liability_fen)) is not None]
    principal = {hold.key: hold.amount_fen for hold in taken if hold.rule is not Rule.CONCENTRATION}
    moves = _moves(found.guarantor.id, [change], groups, found.lines, principal)
    used = limit_store.lock(tx, {*moves, *(limit.key for limit in limits)})
    against = standing.against(tx, found, proposal)
    _insist([*ineligible(found, proposal), *against, *without_room(needed, used)])
    exposure_store.save(tx, [change[1]])
    limit_store.measured_against(tx, limits)
    limit_store.move(tx, moves)
    limit_store.hold(tx, holder, taken)


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
    exposure = _lock_known(tx, guarantor, party)
    lines = rule_store.lines(tx)
    before = limit_store.holds_of(tx, guarantee_id)
    after = [hold_after(hold, amount_fen, shares, lines, annual=annual) for hold in before]
    _give_back(tx, guarantee_id, exposure, lines, before, after)


def free(tx: WriteTx, guarantee_id: str, guarantor: str, party: str) -> None:
    """A guarantee never took effect: everything that it held is given back."""
    exposure = _lock_known(tx, guarantor, party)
    before = limit_store.holds_of(tx, guarantee_id)
    after = [replace(hold, amount_fen=0) for hold in before]
    _give_back(tx, guarantee_id, exposure, rule_store.lines(tx), before, after)


def restore(
    tx: WriteTx, guarantee_id: str, guarantor: str, party: str, amount_fen: int, shares: Sequence[Share]
) -> None:
    """Let a guarantee hold again what `amount_fen` takes, which it had and gave to another that now gives it back.

    Nothing is asked of the limits. The year's new business was its own all the time.
    """
    exposure, lines = _lock_known(tx, guarantor, party), rule_store.lines(tx)
    wanted = _wanted(tx, guarantee_id, guarantor, party, amount_fen, shares)
    liability_fen = exposures.liability(amount_fen, shares, lines)
    wanted[concentration_key(guarantor, party)] = liability_fen
    known = {one.key: one.amount_fen for one in limit_store.holds_of(tx, guarantee_id)}
    more = {key: amount_fen - known.get(key, 0) for key, amount_fen in wanted.items()}
    platform_fen = exposure.platform_fen + more.pop(concentration_key(guarantor, party))
    larger = replace(exposure, platform_fen=platform_fen)
    groups = exposure_store.groups_of(tx, [party])
    moves = _moves(guarantor, [(exposure, larger)], groups, lines, more)
    limit_store.lock(tx, moves)
    exposure_store.save(tx, [larger])
    limit_store.move(tx, moves)
    limit_store.hold_exactly(tx, guarantee_id, wanted)


def _wanted(
    tx: WriteTx, guarantee_id: str, guarantor: str, party: str, amount_fen: int, shares: Sequence[Share]
) -> dict[str, int]:
    """What a guarantee takes of the limits that count loan principal and are restored by repayment."""
    name = guarantee_store.get(tx, guarantee_id).programme
    programme = rule_store.rulebook(tx).last_version(name, tx.today)
    wanted = {borrower_key(party, name if programme is None else programme.scheme): amount_fen}
    if any(share.party == PROVINCIAL and share.bp for share in shares):
        wanted[admission_key(guarantor)] = amount_fen
    return wanted


def replace_returned(
    tx: WriteTx,
    guarantor: Guarantor,
    returned: dict[str, Exposure],
    limits: Sequence[Limit],
    principal: Mapping[str, int],
) -> dict[str, int]:
    """Let the off-platform part of a guarantor's exposures be this and no more; the change of each party's, in fen.

    `principal`: how much more the limits that count loan principal hold by it; `limits` are those. The caller has
    locked the guarantor. What a return says is true, whatever the limits allow.
    """
    lines = rule_store.lines(tx)
    known = {one.party: one for one in exposure_store.returned_by(tx, guarantor.id)}
    wanted = [replace(returned.get(party, one), returned_fen=0) for party, one in (known | returned).items()]
    locked = exposure_store.lock(tx, wanted)
    changes = [(one, _as_returned(one, returned.get(party))) for party, one in sorted(locked.items())]
    groups = exposure_store.groups_of(tx, {*locked, *map(_party_of, principal)})
    of_all = [*limits, *_joint(limits, groups), *_liability_limits(guarantor, groups, locked, lines)]
    limit_store.ensure(tx, of_all)
    moves = _moves(guarantor.id, changes, groups, lines, principal, from_returns=True)
    limit_store.lock(tx, moves)
    exposure_store.save(tx, [after for _, after in changes])
    limit_store.move(tx, moves)
    return {after.party: after.returned_fen - before.returned_fen for before, after in changes}


def note_opening(tx: WriteTx, guarantor: Guarantor, more_fen: int) -> None:
    """Let liability from before the platform, of which no book is loaded, count in the leverage limit."""
    limit = leverage(guarantor, rule_store.lines(tx))
    limit_store.ensure(tx, [limit])
    limit_store.lock(tx, [limit.key])
    limit_store.move(tx, {limit.key: Usage(more_fen, more_fen)})


def _lock_borrower(tx: WriteTx, guarantor_id: str, proposal: Proposal) -> Borrower:
    new = exposures.stranger(guarantor_id, proposal.party, proposal.dimensions)
    guarantor_store.to_stand_on(tx, guarantor_id)
    exposure = exposure_store.lock(tx, [new.exposure])[proposal.party]
    groups = exposure_store.groups_of(tx, [proposal.party]).get(proposal.party, ())
    return replace(new, exposure=exposure, groups=groups)


def _lock_known(tx: WriteTx, guarantor_id: str, party: str) -> Exposure:
    """The exposure of a borrower of whom the guarantor holds something; its class stays."""
    guarantor_store.to_stand_on(tx, guarantor_id)
    new = Exposure(guarantor=guarantor_id, party=party, kind=WeightKind.OTHER)
    return exposure_store.lock(tx, [new])[party]


def _give_back(
    tx: WriteTx,
    holder: str,
    exposure: Exposure,
    lines: RedLines,
    before: Sequence[Hold],
    after: Sequence[Hold],
) -> None:
    less = {old.key: old.amount_fen - new.amount_fen for old, new in zip(before, after, strict=True)}
    if not any(less.values()):
        return
    liability_fen = less.pop(concentration_key(exposure.guarantor, exposure.party), 0)
    smaller = replace(exposure, platform_fen=exposure.platform_fen - liability_fen)
    groups = exposure_store.groups_of(tx, [exposure.party])
    principal = {key: -amount_fen for key, amount_fen in less.items()}
    moves = _moves(exposure.guarantor, [(exposure, smaller)], groups, lines, principal)
    limit_store.lock(tx, moves)
    exposure_store.save(tx, [smaller])
    limit_store.move(tx, moves)
    limit_store.hold_less(tx, holder, before, after)


def _moves(
    guarantor_id: str,
    changes: Iterable[Change],
    groups: Groups,
    lines: RedLines,
    principal: Mapping[str, int],
    *,
    from_returns: bool = False,
) -> dict[str, Usage]:
    """What every limit holds more by changes of exposures and of loan principal."""
    found: defaultdict[str, list[Usage]] = defaultdict(list)
    for before, after in changes:
        more = exposures.difference(exposures.weigh(before, lines), exposures.weigh(after, lines))
        found[leverage_key(guarantor_id)].append(more)
        found[concentration_key(guarantor_id, after.party)].append(more)
        for group in groups.get(after.party, ()):
            found[group_key(guarantor_id, group)].append(more)
    for key, amount_fen in principal.items():
        more = Usage(amount_fen, amount_fen if from_returns else 0)
        found[key].append(more)
        for group in groups.get(_party_of(key), ()):
            found[joint_key(group, scheme_of(key))].append(more)
    return {key: Usage(*map(sum, zip(*parts, strict=True))) for key, parts in found.items()}


def _party_of(key: str) -> str:
    """The party of a key `borrower/<party>/<scheme>`; empty for every other."""
    return key.removeprefix("borrower/").rpartition("/")[0] if key.startswith("borrower/") else ""


def _as_returned(known: Exposure, returned: Exposure | None) -> Exposure:
    """The platform tells the class of a borrower for whom it has a guarantee; else the return does."""
    if returned is None:
        return replace(known, returned_fen=0)
    kind = known.kind if known.platform_fen else returned.kind
    return replace(known, kind=kind, returned_fen=returned.returned_fen)


def _joint(limits: Iterable[Limit], groups: Groups) -> list[Limit]:
    """The same limits for the related parties of each borrower together."""
    return [
        replace(limit, key=joint_key(group, limit.owner))
        for limit in limits
        for group in groups.get(_party_of(limit.key), ())
    ]


def _liability_limits(
    guarantor: Guarantor, groups: Groups, parties: Iterable[str], lines: RedLines
) -> list[Limit]:
    """The limits in which what is returned of these parties counts."""
    joined = {group for some in groups.values() for group in some}
    return [
        leverage(guarantor, lines),
        *(concentration(guarantor, party, lines) for party in parties),
        *(related(guarantor, group, lines) for group in joined),
    ]


def _insist(breaches: Sequence[RuleBreach]) -> None:
    if breaches:
        raise Conflict(
            f"The loan cannot be covered: {'; '.join(map(str, breaches))}.",
            field=breaches[0].rule,
            mend="Choose a feasible structure of POST /v1/quotes.",
            source=breaches[0].source,
        )
