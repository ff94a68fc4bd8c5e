"""What of a set of firms may be told: counts and sums that protect each firm in them, however often anybody asks.

Every firm has a record key that nobody outside knows. The key of a cell is the sum of the record keys of the firms in
it, modulo 2**64, so the same firms have the same key in whatever question, and one firm more has another. All that is
random here is drawn from the cell's key. Hence: the same set, the same number; to ask again tells nothing new.

    count   none stays 0. Below `base` it is 0 or `base`, so that the expectation is true. From `base` on, bounded noise
            is added, then it is rounded to one of its two neighbouring multiples of `base`, again true in expectation.
    sum     shown count x a mean over enough firms, none of which dominates, in few digits: the mean of the cell, else
            of the row it stands in, else of all.
    total   the sum of the shown cells, never a count of its own.

What this withstands and what not: docs/decisions/0020.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import BP

KEYS = 2**64  # record keys and cell keys are below

Cell = tuple[str, str]  # row and column: county and section of industry


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRules(Shape):
    """`noise`: weights of -k to k, alike on both sides. A mean is told over `mean_firms` or more, of which the largest
    stays uncertain to the second by `dominance_bp`, in `digits` digits; a mean rate in steps of `rate_step_ppm`.
    """

    base: int
    noise: tuple[int, ...]
    mean_firms: int
    dominance_bp: int
    digits: int
    rate_step_ppm: int

    def __post_init__(self) -> None:
        if len(self.noise) % 2 == 0 or self.noise != self.noise[::-1] or min(self.noise) < 0:
            raise Violation("noise", "The noise is not the same on both sides.", "Mirror the weights.")
        if self.reach >= self.base or not sum(self.noise):
            raise Violation("noise", "The noise could reach below zero.", "Give fewer weights than 2 x base.")

    @property
    def reach(self) -> int:
        """The most that the noise adds or takes."""
        return len(self.noise) // 2

    @property
    def bound(self) -> int:
        """How far a shown count is from the true one at most."""
        return self.reach + self.base - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A set of firms: how many, and the sum of their record keys modulo KEYS."""

    firms: int
    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the firms of a set have together, and the two largest among them; never negative."""

    firms: int
    total: int
    largest: int = 0
    second: int = 0


NONE = Counted(firms=0, key=0)
NOTHING = Measured(firms=0, total=0)


def shown_count(rules: DisclosureRules, cell: Counted) -> int:
    """0, or a multiple of `base`; true in expectation, and never further off than `rules.bound`."""
    if cell.firms == 0:
        return 0
    first, second = _draws(cell.key)
    moved = cell.firms + (_noise(rules, first) if cell.firms >= rules.base else 0)
    whole, over = divmod(moved, rules.base)
    return rules.base * (whole + (1 if second * rules.base < over << 32 else 0))


def shown_counts(rules: DisclosureRules, cells: Mapping[Cell, Counted]) -> dict[Cell, int]:
    return {cell: shown_count(rules, counted) for cell, counted in cells.items()}


def shown_sums(
    rules: DisclosureRules, counts: Mapping[Cell, int], cells: Mapping[Cell, Measured]
) -> dict[Cell, int]:
    """`counts` are shown ones. 0 where not even all firms together are enough for a mean."""
    means = _Means(rules, cells)
    return {cell: count * (means.of(cell) or 0) if count else 0 for cell, count in counts.items()}


def shown_mean(rules: DisclosureRules, measured: Measured) -> int | None:
    """The mean in a few digits; None where the firms are too few, or one of them makes up most of the sum."""
    if not _safe(rules, measured):
        return None
    return _digits(measured.total // measured.firms, rules.digits)


def shown_rate(rules: DisclosureRules, firms: int, total_ppm: int) -> int | None:
    """A mean rate, or change of one, in steps; rates of single loans lie close together, so none dominates."""
    if firms < rules.mean_firms:
        return None
    step = rules.rate_step_ppm
    return (2 * total_ppm + firms * step) // (2 * firms * step) * step


def added(shown: Mapping[Cell, int], place: int) -> dict[str, int]:
    """The sums of shown cells by their row (0) or column (1)."""
    sums: dict[str, int] = {}
    for cell, number in shown.items():
        sums[cell[place]] = sums.get(cell[place], 0) + number
    return sums


def joined(parts: Iterable[Measured]) -> Measured:
    """Several sets that share no firm, as one."""
    kept = [part for part in parts if part.firms]
    largest = sorted((value for part in kept for value in (part.largest, part.second)), reverse=True)
    first, second = (*largest, 0, 0)[:2]
    return Measured(
        firms=sum(part.firms for part in kept),
        total=sum(part.total for part in kept),
        largest=first,
        second=second,
    )


class _Means:
    """The mean of a cell, or of the next wider set that is large enough."""

    def __init__(self, rules: DisclosureRules, cells: Mapping[Cell, Measured]) -> None:
        self._rules = rules
        self._cells = cells
        rows = {cell[0] for cell in cells}
        self._rows = {row: shown_mean(rules, joined(_row(cells, row))) for row in rows}
        self._all = shown_mean(rules, joined(cells.values()))

    def of(self, cell: Cell) -> int | None:
        own = shown_mean(self._rules, self._cells.get(cell, NOTHING))
        wider = self._rows.get(cell[0])
        return next((mean for mean in (own, wider) if mean is not None), self._all)


def _row(cells: Mapping[Cell, Measured], row: str) -> list[Measured]:
    return [measured for cell, measured in cells.items() if cell[0] == row]


def _safe(rules: DisclosureRules, measured: Measured) -> bool:
    """The p % rule: the second largest, knowing itself, cannot tell the largest to within p %."""
    rest = measured.total - measured.largest - measured.second
    return measured.firms >= rules.mean_firms and rest * BP >= rules.dominance_bp * measured.largest


def _digits(number: int, digits: int) -> int:
    step = 10 ** max(0, len(str(number)) - digits)
    return (number + step // 2) // step * step


def _noise(rules: DisclosureRules, draw: int) -> int:
    """The value at a draw below 2**32, by the weights."""
    left = draw * sum(rules.noise) >> 32
    for place, weight in enumerate(rules.noise):
        if left < weight:
            return place - rules.reach
        left -= weight
    raise AssertionError("a draw is below the sum of the weights")


def _draws(key: int) -> tuple[int, int]:
    """Two numbers below 2**32 that belong to the key and tell nothing of it."""
    drawn = blake2b(key.to_bytes(8, "big"), digest_size=8, person=b"cell").digest()
    return int.from_bytes(drawn[:4], "big"), int.from_bytes(drawn[4:], "big")
