"""Tables whose cells add up: what is published of them, and what a reader can work out from that."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

C = TypeVar("C")


class Sum(NamedTuple, Generic[C]):
    """The total is the sum of its parts."""

    total: C
    parts: tuple[C, ...]


@dataclass(frozen=True)
class Table(Generic[C]):
    """`values`: whole numbers above zero by cell; a cell that is not there is zero, and everybody may know it.

    `limits`: pairs (smaller, larger) of which every reader knows that the first is at most the second.
    """

    values: Mapping[C, int]
    sums: Sequence[Sum[C]]
    limits: Sequence[tuple[C, C]] = ()

    @cached_property
    def highest(self) -> int:
        return max(self.values.values(), default=0)


def known_part(table: Table[C], line: Sum[C], hidden: Collection[C]) -> int:
    """What of the total minus the parts is published; with the hidden ones it makes zero."""
    total = 0 if line.total in hidden else table.values[line.total]
    return total - sum(table.values[part] for part in line.parts if part not in hidden)
