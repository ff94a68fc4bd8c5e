"""For which amounts and terms a pledge or a guarantee would secure the loan of a firm, whatever it asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from libs.finance.daycount import add_months
from libs.finance.money import BP
from libs.registry.loan_terms import IpRightKind
from services.matching.catalogue import Catalogue
from services.matching.domain.answer import MAX_MONTHS
from services.matching.domain.changes.moves import Situation
from services.matching.domain.changes.nearest import Room
from services.matching.domain.firm import Firm, IpRight
from services.matching.domain.guarantee import Cover, best_cover, covers
from services.matching.domain.pledge import pledge
from services.matching.index.settings import GuaranteeRule, PledgeRule
from services.matching.index.terms import HIGHEST

_ONE_FEN = 1


class Rooms:
    """Of one firm that asks; what is worked out for one product serves all with the same rule."""

    def __init__(self, catalogue: Catalogue, asked: Situation) -> None:
        self._catalogue = catalogue
        self._asked = asked
        self._pledged: dict[tuple[PledgeRule, date], list[Room]] = {}
        self._covers: dict[tuple[object, date], list[tuple[Cover, Room]]] = {}

    def pledged(self, rule: PledgeRule, then: Situation) -> Sequence[Room]:
        """What the firm's own rights carry, up to each day on which one of them ends, and what one more would."""
        key = (rule, then.today)
        if key not in self._pledged:
            more = [_more_pledged(rule, then)] if any(cap for _, cap in rule[0]) else []
            self._pledged[key] = [*_own_pledged(rule, then), *more]
        return self._pledged[key]

    def guaranteed(self, rule: GuaranteeRule, then: Situation) -> Sequence[Room]:
        """The room of every guarantee that the bank accepts for this kind of loan."""
        return [room for cover, room in self._all_covers(then) if best_cover((cover,), *rule) is not None]

    def _all_covers(self, then: Situation) -> list[tuple[Cover, Room]]:
        facts = frozenset(then.firm.facts.items()) - frozenset(self._asked.firm.facts.items())
        key = (facts, then.today)
        if key not in self._covers:
            self._covers[key] = list(self._rooms_of_covers(then))
        return self._covers[key]

    def _rooms_of_covers(self, then: Situation) -> Iterator[tuple[Cover, Room]]:
        """Each programme at each guarantor that would take the least of loans at some term."""
        ends = {
            months
            for programme in self._catalogue.programmes.values()
            for months in (programme.term_min_months or 1, programme.term_max_months or MAX_MONTHS)
        }
        seen = set[tuple[str, str]]()
        for term in sorted(ends | {then.request.term_months}):
            for cover in self._catalogue.covers(then.firm, _ONE_FEN, term, then.today):
                key = (cover.programme.id, cover.guarantor.guarantor)
                if key not in seen:
                    seen.add(key)
                    yield cover, _room_of(cover, term, then)


def _room_of(cover: Cover, term: int, then: Situation) -> Room:
    programme = cover.programme
    return Room(
        most_fen=_most_fen(cover, term, then),
        least_months=programme.term_min_months,
        most_months=programme.term_max_months or MAX_MONTHS,
    )


def _most_fen(cover: Cover, term: int, then: Situation) -> int:
    """The largest loan that the cover takes: what its limits say, or where a limit counts otherwise, by halving."""
    limits = (cover.room_fen, cover.programme.loan_limit_fen, cover.programme.borrower_limit_fen)
    high = min(limit for limit in limits if limit)
    if _takes(cover, high, term, then):
        return high
    low = _ONE_FEN
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _takes(cover, middle, term, then) else (low, middle)
    return low


def _takes(cover: Cover, amount_fen: int, term: int, then: Situation) -> bool:
    programmes = {cover.programme.id: cover.programme}
    return any(
        found.programme.id == cover.programme.id
        for found in covers(programmes, (cover.guarantor,), then.firm, amount_fen, term, then.today)
    )


def _own_pledged(rule: PledgeRule, then: Situation) -> Iterator[Room]:
    caps, margin = rule
    for months in sorted({_longest(rule, right, then.today) for right in then.firm.rights} - {0}):
        carried = pledge(dict(caps), then.firm.rights, then.today, months + margin)
        if carried.lends_fen:
            yield Room(most_fen=carried.lends_fen, most_months=months)


def _longest(rule: PledgeRule, right: IpRight, today: date) -> int:
    """The longest term that the right outlives with the bank's margin; 0 where it carries nothing."""
    caps, margin = dict(rule[0]), rule[1]
    low, high = 0, MAX_MONTHS
    while low < high:
        middle = (low + high + 1) // 2
        fit = bool(pledge(caps, (right,), today, middle + margin).rights)
        low, high = (middle, high) if fit else (low, middle - 1)
    return low


@dataclass(frozen=True, slots=True)
class _More:
    """The right that must come to those of the firm: of the kind on which the bank lends most."""

    rule: PledgeRule
    firm: Firm
    today: date

    def __call__(self, amount_fen: int, term_months: int) -> IpRight | None:
        caps, held_months = dict(self.rule[0]), term_months + self.rule[1]
        lacking = amount_fen - pledge(caps, self.firm.rights, self.today, held_months).lends_fen
        if lacking <= 0:
            return None
        kind = max(caps, key=lambda one: (caps[one], _ORDER[one]))
        worth = -(-lacking * BP // caps[kind])
        until = add_months(self.today, held_months)
        return IpRight(id="", kind=kind, expires_on=until, appraised_fen=worth)


_ORDER = {kind: -place for place, kind in enumerate(IpRightKind)}


def _more_pledged(rule: PledgeRule, then: Situation) -> Room:
    return Room(most_fen=HIGHEST, most_months=MAX_MONTHS, pledged=_More(rule, then.firm, then.today))
