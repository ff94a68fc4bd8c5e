"""What a process holds in memory, filled by state events: products, programmes, headroom, names of banks.

An answer names the edition of the market that it was computed from. `reading` holds the market still meanwhile: one
lock for who computes and who changes. A computation takes less than a millisecond and a change some microseconds, so
to wait costs less than to compute again, which under a stream of changes (a start) might never come to an end.
"""

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TypeVar

from libs.chassis import codec
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as lending
from services.matching.domain.firm import Firm
from services.matching.domain.guarantee import Cover, Headroom, Programme, best_cover, covers, serves
from services.matching.domain.replay.edition import Edition, Market, State, StateKind
from services.matching.domain.waiver import Waiver, Waivers
from services.matching.index.index import Index
from services.matching.index.settings import NO_GUARANTEE, Fees, GuaranteeRule

T = TypeVar("T")

_MOST_REMEMBERED = 1_000


class Catalogue:
    """Written by one reader of state topics, read by many requests; each of its maps is replaced, never changed.

    The index is filled through here: what is put into it directly belongs to no edition.
    """

    def __init__(self) -> None:
        self.index = Index()
        self.market = Market()
        self.programmes: Mapping[str, Programme] = {}
        self.headrooms: Mapping[str, Headroom] = {}
        self.names: Mapping[str, str] = {}
        self._waivers = Waivers()
        self._of_county: dict[str, tuple[Headroom, ...]] = {}
        self._fees: dict[tuple[tuple[str, str], ...], Fees] = {}
        self._lock = threading.Lock()

    @contextmanager
    def reading(self) -> Generator[Edition]:
        """The market as it is now, and nothing of it changes before the end. Not within itself."""
        with self._lock:
            yield self.market.edition()

    def put_product(self, product: lending.Product) -> None:
        """Raises Violation for rules that the vocabulary does not know; the product is then off the market."""
        data = product.SerializeToString(deterministic=True)
        self.take_product(State(StateKind.PRODUCT, product.id, data))

    def take_product(self, state: State) -> None:
        """The same, with its message as it came."""
        with self._lock:
            try:
                self.index.take(state.data)
            except Violation:
                self.market.forget(StateKind.PRODUCT, state.subject)
                raise
            self.market.learn(state)

    def put_programme(self, programme: Programme) -> None:
        with self._lock:
            self.programmes = {**self.programmes, programme.id: programme}
            self._learn(StateKind.PROGRAMME, programme.id, programme)

    def put_headroom(self, headroom: Headroom) -> None:
        with self._lock:
            self.headrooms = {**self.headrooms, headroom.guarantor: headroom}
            self._learn(StateKind.HEADROOM, headroom.guarantor, headroom)

    def put_name(self, organisation: str, name: str) -> None:
        with self._lock:
            self.names = {**self.names, organisation: name}
            self._learn(StateKind.NAME, organisation, name)

    def put_waiver(self, waiver: Waiver) -> None:
        with self._lock:
            self._waivers.put(waiver)
            self.market.learn(State(StateKind.WAIVER, waiver.id, codec.to_json(waiver)))

    def put(self, state: State) -> None:
        """A state as an edition keeps it; Violation as for `put_product`."""
        _PUT[state.kind](self, state)

    def withdraw(self, kind: StateKind, subject: str) -> None:
        """It is gone from the market; one that is not there changes nothing."""
        with self._lock:
            if kind is StateKind.PRODUCT:
                self.index.withdraw(subject)
            elif kind is StateKind.PROGRAMME:
                self.programmes = _without(self.programmes, subject)
            elif kind is StateKind.HEADROOM:
                self.headrooms = _without(self.headrooms, subject)
            elif kind is StateKind.NAME:
                self.names = _without(self.names, subject)
            else:
                self._waivers.forget(subject)
            self.market.forget(kind, subject)
            self._forget()

    def name(self, organisation: str) -> str:
        return self.names.get(organisation, organisation)

    def waivers_of(self, firm: Firm, day: date) -> tuple[Waiver, ...]:
        """The rules that banks set aside for the firm and that are still so on the day."""
        return self._waivers.of(firm.dimensions.firm_key, day)

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

    def _learn(self, kind: StateKind, subject: str, value: object) -> None:
        self.market.learn(State(kind, subject, codec.to_json(value)))
        self._forget()

    def _forget(self) -> None:
        self._of_county, self._fees = {}, {}


_PUT: Mapping[StateKind, Callable[[Catalogue, State], None]] = {
    StateKind.PRODUCT: Catalogue.take_product,
    StateKind.PROGRAMME: lambda to, state: to.put_programme(codec.from_json(Programme, state.data)),
    StateKind.HEADROOM: lambda to, state: to.put_headroom(codec.from_json(Headroom, state.data)),
    StateKind.NAME: lambda to, state: to.put_name(state.subject, codec.from_json(str, state.data)),
    StateKind.WAIVER: lambda to, state: to.put_waiver(codec.from_json(Waiver, state.data)),
}


def _without(known: Mapping[str, T], subject: str) -> Mapping[str, T]:
    return {name: value for name, value in known.items() if name != subject}


def _fee(found: Sequence[Cover], rule: GuaranteeRule) -> int:
    cover = best_cover(found, *rule)
    return NO_GUARANTEE if cover is None else cover.programme.fee_rate_ppm
