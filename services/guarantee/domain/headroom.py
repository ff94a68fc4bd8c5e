"""Headroom: what a local guarantor can still take, told so that a new borrower's loan of that size would fit."""

from collections.abc import Collection, Mapping, Sequence

from libs.finance.money import BP, floor
from services.guarantee.domain.exposure import Usage, heaviest
from services.guarantee.domain.guarantor import Guarantor, Headroom, ProgrammeRoom, concentration_limit
from services.guarantee.domain.limits import (
    Chain,
    credit_line,
    is_open_to,
    left,
    leverage,
    provincial_line,
    quota,
)
from services.guarantee.domain.red_lines import RedLines
from services.guarantee.domain.terms import NATIONAL, PROVINCIAL


def headroom(
    guarantor: Guarantor,
    lines: RedLines,
    chains: Sequence[Chain],
    used: Mapping[str, Usage],
    blocked: Collection[str] = (),
) -> Headroom:
    """Of each chain of the guarantor; `used` by the keys of limits. There is none in a `blocked` programme."""
    rooms = tuple(
        ProgrammeRoom(programme=chain.programme.id, room_fen=_room(chain, used, blocked)) for chain in chains
    )
    return Headroom(
        guarantor=guarantor.id,
        name=guarantor.name,
        counties=guarantor.counties,
        banks=guarantor.banks,
        status=guarantor.status,
        programmes=rooms,
        borrower_limit_fen=concentration_limit(guarantor, lines),
    )


def _room(chain: Chain, used: Mapping[str, Usage], blocked: Collection[str]) -> int:
    """The smallest room of the limits that all borrowers share, as loan principal, at the heaviest weight."""
    programme, lines = chain.programme, chain.lines
    rooms = [left(quota(programme, chain.day), used)]
    if programme.share_bp(NATIONAL):
        rooms.append(left(provincial_line(lines, chain.day), used))
    if programme.share_bp(PROVINCIAL) and chain.admission is not None:
        rooms.append(left(credit_line(chain.admission), used))
    if not is_open_to(chain) or programme.id in blocked:
        rooms.append(0)
    weight = (BP - programme.shares[0].bp) * heaviest(lines)
    rooms.append(floor(left(leverage(chain.guarantor, lines), used) * BP * BP, weight))
    return min(rooms)
