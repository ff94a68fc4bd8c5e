"""What a process holds in memory, filled by state events: products, programmes, headroom, names of banks."""

import threading
from collections.abc import Mapping, Sequence
from datetime import date

from services.matching.domain.firm import Firm
from services.matching.domain.guarantee import Cover, Headroom, Programme, best_cover, covers, serves
from services.matching.index.index import Index
from services.matching.index.settings import NO_GUARANTEE, Fees, GuaranteeRule

_MOST_REMEMBERED = 1_000


class Catalogue:
    """Written by one reader of state topics, read by many requests; each of its maps is replaced, never changed."""

    def __init__(self) -> None:
        self.index = Index()
        self.programmes: Mapping[str, Programme] = {}
        self.headrooms: Mapping[str, Headroom] = {}
        self.names: Mapping[str, str] = {}
        self._of_county: dict[str, tuple[Headroom, ...]] = {}
        self._fees: dict[tuple[tuple[str, str], ...], Fees] = {}
        self._lock = threading.Lock()

    def put_programme(self, programme: Programme) -> None:
        with self._lock:
            self.programmes = {**self.programmes, programme.id: programme}
            self._forget()

    def put_headroom(self, headroom: Headroom) -> None:
        with self._lock:
            self.headrooms = {**self.headrooms, headroom.guarantor: headroom}
            self._forget()

    def put_name(self, organisation: str, name: str) -> None:
        with self._lock:
            self.names = {**self.names, organisation: name}

    def name(self, organisation: str) -> str:
        return self.names.get(organisation, organisation)

    def covers(self, firm: Firm, amount_fen: int, term_months: int, today: date) -> tuple[Cover, ...]:
        """The guarantees that the loan could have in the firm's county, best first."""
        nearby = self._serving(firm.dimensions.county)
        return covers(self.programmes, nearby, firm, amount_fen, term_months, today)

    def fees_under(self, found: tuple[Cover, ...]) -> Fees | None:
        """What the best of these covers costs under each bank's rule; the same covers are judged once."""
        if not found:
            return None
        key = tuple((cover.programme.id, cover.guarantor.guarantor) for cover in found)
        known = self._fees.get(key)
        if known is None:
            if len(self._fees) > _MOST_REMEMBERED:
                self._fees = {}
            known = self._fees[key] = Fees(lambda rule: _fee(found, rule))
        return known

    def _serving(self, county: str) -> tuple[Headroom, ...]:
        known = self._of_county.get(county)
        if known is None:
            known = tuple(one for one in self.headrooms.values() if serves(one, county))
            self._of_county[county] = known
        return known

    def _forget(self) -> None:
        self._of_county, self._fees = {}, {}


def _fee(found: Sequence[Cover], rule: GuaranteeRule) -> int:
    cover = best_cover(found, *rule)
    return NO_GUARANTEE if cover is None else cover.programme.fee_rate_ppm
