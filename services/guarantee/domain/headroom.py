"""Headroom: what a local guarantor can still take, told so that a new borrower's loan of that size would fit."""

from collections.abc import Collection, Mapping, Sequence

from libs.finance.money import BP, floor
from services.guarantee.domain.exposure import Usage, heaviest
from services.guarantee.domain.guarantor import (
    Guarantor,
    Headroom,
    ProgrammeRoom,
    TierRoom,
    concentration_limit,
)
from services.guarantee.domain.limits import (
    Chain,
    Limit,
    credit_line,
    left,
    leverage,
    provincial_line,
    quota,
    takes_part,
)
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.domain.terms import NATIONAL, PROVINCIAL

PROGRAMME = "programme"  # whose ceiling binds them all


def headroom(
    guarantor: Guarantor,
    lines: RedLines,
    chains: Sequence[Chain],
    used: Mapping[str, Usage],
    blocked: Collection[str] = (),
) -> Headroom:
    """Of each chain of the guarantor; `used` by the keys of limits. There is none in a `blocked` programme."""
    rooms = tuple(_programme_room(chain, used, blocked) for chain in chains)
    return Headroom(
        guarantor=guarantor.id,
        name=guarantor.name,
        counties=guarantor.counties,
        banks=guarantor.banks,
        status=guarantor.status,
        programmes=rooms,
        borrower_limit_fen=concentration_limit(guarantor, lines),
    )


def _programme_room(chain: Chain, used: Mapping[str, Usage], blocked: Collection[str]) -> ProgrammeRoom:
    """The smallest room of the limits that all borrowers share."""
    programme = chain.programme
    ceiling = quota(programme, chain.day)
    ceiling_fen = left(ceiling, used)
    own = TierRoom(
        party=PROGRAMME,
        rule=ceiling.rule,
        room_fen=min(0, ceiling_fen) if programme.id in blocked else ceiling_fen,
    )
    above = [share.party for share in programme.shares[1:-1] if share.bp]
    tiers = (*(_above(chain, party, used) for party in above), _direct(chain, used), own)
    room_fen = min(tier.room_fen for tier in tiers if tier.room_fen is not None)
    return ProgrammeRoom(programme=programme.id, room_fen=room_fen, tiers=tiers)


def _above(chain: Chain, party: str, used: Mapping[str, Usage]) -> TierRoom:
    """What a tier above leaves; nothing where it takes no part in what the guarantor takes on."""
    limit = _line(chain, party)
    room_fen = None if limit is None else left(limit, used)
    if not takes_part(chain, party):
        room_fen = min(0, room_fen or 0)
    return TierRoom(party=party, rule=None if limit is None else limit.rule, room_fen=room_fen)


def _line(chain: Chain, party: str) -> Limit | None:
    if party == NATIONAL:
        return provincial_line(chain.lines, chain.day)
    if party == PROVINCIAL and chain.admission is not None:
        return credit_line(chain.admission)
    return None


def _direct(chain: Chain, used: Mapping[str, Usage]) -> TierRoom:
    """Of the guarantor's own net assets, as loan principal, at the heaviest weight."""
    limit = leverage(chain.guarantor, chain.lines)
    weight = (BP - chain.programme.shares[0].bp) * heaviest(chain.lines)
    room_fen = floor(left(limit, used) * BP * BP, weight)
    return TierRoom(party=chain.programme.shares[-1].party, rule=limit.rule, room_fen=room_fen)
