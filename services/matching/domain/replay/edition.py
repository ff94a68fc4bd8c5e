"""Which market an answer was computed from.

The market is a set of states: each product on sale, each programme, each guarantor's room. An edition is that set,
named by its content alone: replicas that know the same states name the same edition, in whatever order they heard of
them, and a market that comes back to what it was has its old name again.

The name hashes the sum of its members, so one change costs the same in a market of any size. Each member counts as
4,096 bits of SHAKE-256: banks write products, and in sums of 256 bits somebody who writes many could find two markets
of one name (the generalised birthday attack, 2^32 steps there, 2^128 here).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256, shake_256
from types import MappingProxyType

_WIDTH = 512  # bytes of a member's number
_MASK = (1 << 8 * _WIDTH) - 1
DIGEST_BYTES = 32


class StateKind(StrEnum):
    PRODUCT = "PRODUCT"
    PROGRAMME = "PROGRAMME"
    HEADROOM = "HEADROOM"
    NAME = "NAME"
    WAIVER = "WAIVER"


@dataclass(frozen=True, slots=True)
class State:
    """One thing of the market as it is now; `data` as matching reads it again, whatever else others know of it."""

    kind: StateKind
    subject: str
    data: bytes

    @property
    def place(self) -> tuple[StateKind, str]:
        return self.kind, self.subject

    @property
    def digest(self) -> bytes:
        """32 bytes; the lengths stand in it, so that no two states read alike."""
        head = f"{self.kind}\x00{len(self.subject)}\x00{self.subject}\x00".encode()
        return sha256(head + self.data).digest()


@dataclass(slots=True)
class Edition:
    """A set of states that somebody named. `added` and `removed` lead to it from `before` (None: from nothing).

    Once it is stored nobody needs to know how it came about.
    """

    id: str
    size: int
    before: Edition | None = None
    added: Mapping[bytes, State] = field(default_factory=lambda: MappingProxyType[bytes, State]({}))
    removed: frozenset[bytes] = frozenset()
    stored: bool = False

    def settle(self) -> None:
        self.before, self.added, self.removed, self.stored = None, MappingProxyType({}), frozenset(), True

    def unstored(self) -> list[Edition]:
        """It and those before it that are not stored, the oldest first."""
        line = list[Edition]()
        one: Edition | None = self
        while one is not None and not one.stored:
            line.append(one)
            one = one.before
        return line[::-1]


class Market:
    """The states that a process knows, and the name of them all. Not for two threads at once."""

    def __init__(self) -> None:
        self._digests: dict[tuple[StateKind, str], bytes] = {}
        self._sum = 0
        self._added: dict[bytes, State] = {}
        self._removed: set[bytes] = set()
        self._named: Edition | None = None
        self._changed = True

    def __len__(self) -> int:
        return len(self._digests)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._digests.values())

    def learn(self, state: State) -> None:
        """The state takes the place of what stood there."""
        new = state.digest
        if self._digests.get(state.place) == new:
            return
        self.forget(state.kind, state.subject)
        self._digests[state.place] = new
        self._sum = self._sum + _number(new) & _MASK
        self._changed = True
        if new in self._removed:
            self._removed.discard(new)
        else:
            self._added[new] = state

    def forget(self, kind: StateKind, subject: str) -> None:
        """It is gone; one that is not there changes nothing."""
        old = self._digests.pop((kind, subject), None)
        if old is None:
            return
        self._sum = self._sum - _number(old) & _MASK
        self._changed = True
        if self._added.pop(old, None) is None:
            self._removed.add(old)

    def edition(self) -> Edition:
        """The market as it is now, by its name."""
        if self._named is None or self._changed:
            self._name()
        assert self._named is not None
        return self._named

    def _name(self) -> None:
        self._changed = False
        name = _name_of(self._sum)
        if self._named is None or self._named.id != name:
            added, removed = MappingProxyType(self._added), frozenset(self._removed)
            self._named = Edition(name, len(self), self._named, added, removed)
        self._added, self._removed = {}, set()


def name_of(digests: Iterable[bytes]) -> str:
    """The name of the edition that has these members."""
    return _name_of(sum(map(_number, digests)) & _MASK)


def _number(digest: bytes) -> int:
    return int.from_bytes(shake_256(digest).digest(_WIDTH), "little")


def _name_of(total: int) -> str:
    return sha256(total.to_bytes(_WIDTH, "little")).hexdigest()
