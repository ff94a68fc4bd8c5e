"""Where a return disagrees: its book with its figures, with the platform's own loans, with the return before it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import yuan_text
from services.lending.domain.returns.figures import Figures

MOST_OF_A_KIND = 1_000
_LONGEST_EXPLANATION = 1_000


class DifferenceKind(StrEnum):
    """What disagrees. FIGURE and CHANGED block the return; the others are to be explained."""

    FIGURE = "FIGURE"
    """A figure is not what its book comes to."""
    ROLLED = "ROLLED"
    """The balance is not that of the last return with what happened since."""
    PLATFORM_MISSING = "PLATFORM_MISSING"
    """A loan that the platform knows is not in the book."""
    PLATFORM_BALANCE = "PLATFORM_BALANCE"
    """The platform knows another balance."""
    GROWN = "GROWN"
    """A loan is larger than in the last return, though nothing is drawn on it again."""
    CHANGED = "CHANGED"
    """A number of the last return is that of another loan now."""
    TOO_MANY = "TOO_MANY"
    """There are more of a kind than anybody explains one by one."""


_BLOCKING = (DifferenceKind.FIGURE, DifferenceKind.CHANGED, DifferenceKind.TOO_MANY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Shape):
    """`place`: figures/<name> or loans/<number>; `told`: what the return says, `found`: what it is held against."""

    number: int
    kind: DifferenceKind
    blocking: bool
    place: str
    told: int | None
    found: int | None
    message: str
    mend: str
    explanation: str | None = None
    explained_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferencePage(Shape):
    """`next_after`: what to ask after for more; None: that was all."""

    items: tuple[Difference, ...]
    next_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Shape):
    """In words. It is kept encrypted, and nobody but the bank reads it."""

    explanation: str

    def __post_init__(self) -> None:
        if not 0 < len(self.explanation.strip()) <= _LONGEST_EXPLANATION:
            mend = f"Use 1 to {_LONGEST_EXPLANATION} characters."
            raise Violation("explanation", "Nothing is explained, or at too great length.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSums(Shape):
    """What the rows of a book come to that are inclusive, by the names of the figures."""

    inclusive_fen: int
    inclusive_npl_fen: int
    inclusive_unsecured_fen: int
    inclusive_medium_long_fen: int
    households: int
    first_loan_households: int


class OnPlatform(NamedTuple):
    """A loan of the bank as the platform knows it at the end of the period, and the balance in the book, if any."""

    number: str
    platform_fen: int
    book_fen: int | None


class Carried(NamedTuple):
    """A loan of this book that was in the last one too, and is larger now, or another."""

    number: str
    fen: int
    last_fen: int
    granted_on: date
    last_granted_on: date
    same_borrower: bool


class Found(NamedTuple):
    kind: DifferenceKind
    place: str
    told: int | None
    found: int | None
    message: str
    mend: str

    @property
    def blocking(self) -> bool:
        return self.kind in _BLOCKING


def of_figures(figures: Figures, sums: BookSums) -> Iterator[Found]:
    """Book against figures. Of first loans of the year some are repaid, and no longer in the book."""
    for name in (
        "inclusive_fen",
        "inclusive_npl_fen",
        "inclusive_unsecured_fen",
        "inclusive_medium_long_fen",
    ):
        told, found = getattr(figures, name), getattr(sums, name)
        if told != found:
            why = f"The rows come to {yuan_text(found)} yuan, the figure says {yuan_text(told)}."
            yield _figure(name, told, found, why)
    if figures.households != sums.households:
        why = f"The rows have {sums.households} borrowers, the figure says {figures.households}."
        yield _figure("households", figures.households, sums.households, why)
    if figures.first_loan_households < sums.first_loan_households:
        why = f"The rows alone have {sums.first_loan_households} first loans of this year."
        yield _figure("first_loan_households", figures.first_loan_households, sums.first_loan_households, why)


def _figure(name: str, told: int, found: int, why: str) -> Found:
    mend = "Mend the figure or the rows, and load the return again."
    return Found(DifferenceKind.FIGURE, f"figures/{name}", told, found, why, mend)


def of_last(figures: Figures, last: Figures, *, new_year: bool) -> Iterator[Found]:
    """The balance rolled on from the last return: with what was granted, repaid and written off since."""
    since = {
        name: getattr(figures, name) - (0 if new_year else getattr(last, name))
        for name in ("granted_fen", "repaid_fen", "written_off_fen")
    }
    rolled = last.inclusive_fen + since["granted_fen"] - since["repaid_fen"] - since["written_off_fen"]
    if rolled != figures.inclusive_fen:
        why = (
            f"The last return with what happened since comes to {yuan_text(rolled)} yuan, "
            f"this one says {yuan_text(figures.inclusive_fen)}."
        )
        mend = "Mend the figures, or explain which borrowers came in or went out."
        yield Found(DifferenceKind.ROLLED, "figures/inclusive_fen", figures.inclusive_fen, rolled, why, mend)


def of_platform(loans: Iterable[OnPlatform]) -> Iterator[Found]:
    for one in loans:
        place = f"loans/{one.number}"
        if one.book_fen is None:
            why = f"The platform knows this loan, with {yuan_text(one.platform_fen)} yuan owed."
            mend = "Add its row, or explain where it went."
            yield Found(DifferenceKind.PLATFORM_MISSING, place, None, one.platform_fen, why, mend)
        elif one.book_fen != one.platform_fen:
            why = (
                f"By the platform {yuan_text(one.platform_fen)} yuan are owed, not {yuan_text(one.book_fen)}."
            )
            mend = "Report the repayments that the platform lacks, mend the row, or explain it."
            yield Found(DifferenceKind.PLATFORM_BALANCE, place, one.book_fen, one.platform_fen, why, mend)


def of_carried(loans: Iterable[Carried]) -> Iterator[Found]:
    for one in loans:
        place = f"loans/{one.number}"
        if not one.same_borrower or one.granted_on != one.last_granted_on:
            what = "the day of its grant" if one.same_borrower else "its borrower"
            why = f"In the last return {what} was another."
            yield Found(
                DifferenceKind.CHANGED,
                place,
                None,
                None,
                why,
                "Give each loan a number of its own, for good.",
            )
        else:
            why = f"It grew from {yuan_text(one.last_fen)} to {yuan_text(one.fen)} yuan."
            yield Found(
                DifferenceKind.GROWN, place, one.fen, one.last_fen, why, "Mend the row, or explain it."
            )


def bounded(found: Iterable[Found]) -> Sequence[Found]:
    """As many of one source as anybody looks at, and that there are more."""
    kept = list(islice(found, MOST_OF_A_KIND + 1))
    if len(kept) > MOST_OF_A_KIND:
        why = f"There are more than {MOST_OF_A_KIND:,} differences like {kept[-1].place}."
        mend = "Mend their common cause first, and load the return again."
        kept[-1] = Found(DifferenceKind.TOO_MANY, kept[-1].place, None, None, why, mend)
    return kept
