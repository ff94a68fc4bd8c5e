"""How stored editions follow from each other: each is a step from its parent, and some say all their members."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Digests = frozenset[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`added` and `removed` lead to it from `parent` (None: from nothing); `members` where it is a checkpoint."""

    id: str
    parent: str | None
    checkpoint: str
    added: Digests
    removed: Digests
    members: Digests | None = None


def line_to(steps: Mapping[str, Step], to: str, here: str | None) -> list[Step]:
    """The steps to an edition, the first first: from `here` where the way passes it, else from a checkpoint."""
    line = [steps[to]]
    while line[-1].parent != here and line[-1].members is None:
        line.append(steps[line[-1].parent or ""])
    return line[::-1]


def net(line: Iterable[Step]) -> tuple[set[bytes], set[bytes]]:
    """What all the steps together remove and add."""
    gone, come = set[bytes](), set[bytes]()
    for step in line:
        gone |= step.removed - come
        come -= step.removed
        come |= step.added - gone
        gone -= step.added
    return gone, come


def members_after(line: Sequence[Step]) -> set[bytes]:
    """All members of the edition where a line from a checkpoint ends."""
    gone, come = net(line[1:])
    return (set(line[0].members or ()) - gone) | come
