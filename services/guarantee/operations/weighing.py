"""Weighing anew: what limits hold of liability follows the weights of the red lines, and who belongs together.

The caller has locked all guarantors, so that nobody takes or gives back room meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from libs.chassis.database import ReadTx, WriteTx
from services.guarantee.domain import exposure as exposures
from services.guarantee.domain.exposure import Exposure, Usage
from services.guarantee.domain.guarantor import Guarantor, Tier
from services.guarantee.domain.limits import (
    Limit,
    borrower_key,
    borrower_limit,
    concentration,
    group_key,
    joint_key,
    leverage,
    related,
)
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.store import exposures as exposure_store
from services.guarantee.store import guarantors as guarantor_store
from services.guarantee.store import limits as limit_store
from services.guarantee.store import rules as rule_store


def follow(tx: WriteTx, before: RedLines | None) -> None:
    """Weigh every exposure by the lines in use, unless those before are known and weigh alike."""
    lines = rule_store.lines(tx)
    if before is None or before.weights != lines.weights:
        for guarantor in guarantor_store.all_of_them(tx):
            _weigh(tx, guarantor, lines)


def join(tx: WriteTx, group: str, parties: Sequence[str]) -> None:
    """Let the limits of a group hold what its parties owe, at each guarantor and under each scheme."""
    guarantors = {one.id: one for one in guarantor_store.all_of_them(tx) if one.tier is Tier.LOCAL}
    lines = rule_store.lines(tx)
    found: defaultdict[str, list[Exposure]] = defaultdict(list)
    for one in exposure_store.of_parties(tx, parties):
        found[one.guarantor].append(one)
    limits = [related(one, group, lines) for one in guarantors.values()]
    sums = {group_key(name, group): _sum(found[name], lines) for name in guarantors}
    schemes = _schemes(tx)
    limits += [borrower_limit(one, joint_key(group, scheme)) for scheme, one in schemes.items()]
    sums |= {joint_key(group, scheme): _borrowed(tx, parties, scheme) for scheme in schemes}
    _stand(tx, limits, sums)


def _weigh(tx: WriteTx, guarantor: Guarantor, lines: RedLines) -> None:
    known = exposure_store.of_guarantor(tx, guarantor.id)
    opening = Usage(guarantor.opening_liability_fen, guarantor.opening_liability_fen)
    weighed = {one.party: exposures.weigh(one, lines) for one in known}
    limits = [concentration(guarantor, party, lines) for party in weighed]
    sums = dict(zip((limit.key for limit in limits), weighed.values(), strict=True))
    total = leverage(guarantor, lines)
    sums[total.key] = _add([opening, *weighed.values()])
    groups: defaultdict[str, list[Usage]] = defaultdict(list)
    for party, some in exposure_store.groups_of(tx, weighed).items():
        for group in some:
            groups[group].append(weighed[party])
    limits += [total, *(related(guarantor, group, lines) for group in groups)]
    _stand(tx, limits, sums | {group_key(guarantor.id, name): _add(some) for name, some in groups.items()})


def _stand(tx: WriteTx, limits: Sequence[Limit], sums: dict[str, Usage]) -> None:
    limit_store.ensure(tx, limits)
    limit_store.lock(tx, sums)
    limit_store.stand(tx, sums)


def _schemes(tx: ReadTx) -> dict[str, Programme]:
    return {one.scheme: one for one in rule_store.rulebook(tx).programmes_on(tx.today)}


def _borrowed(tx: ReadTx, parties: Sequence[str], scheme: str) -> Usage:
    return _add(limit_store.usages(tx, [borrower_key(party, scheme) for party in parties]).values())


def _sum(found: Iterable[Exposure], lines: RedLines) -> Usage:
    return _add(exposures.weigh(one, lines) for one in found)


def _add(found: Iterable[Usage]) -> Usage:
    parts = list(found)
    return Usage(sum(one.held_fen for one in parts), sum(one.returned_fen for one in parts))
