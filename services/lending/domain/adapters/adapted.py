"""A record of another format as a draft of ours, or with what it lacks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from libs.criteria.shape import Shape
from services.lending.domain.intake.columns import COLUMNS
from services.lending.domain.intake.mistakes import Found, Mistake, Rule, Wrong
from services.lending.domain.intake.rows import LONGEST_NUMBER, by_name, read_product
from services.lending.domain.product import LONGEST_NAME, NewProduct

LONGEST_SUMMARY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the bank that adapts adds: the worth of a unit of the record's currency in fen, cells (in the notation of
    data/demo/FORMAT.md) for what a record does not say, and the day of judgement."""

    fen_per_unit: Decimal
    assumed: Mapping[str, str]
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted(Shape):
    """`missing`: why there is no product. `notes`: what was left out, assumed or reworded."""

    place: str
    external_id: str
    name: str
    product: NewProduct | None
    missing: tuple[Mistake, ...]
    notes: tuple[str, ...]


@dataclass
class Draft:
    """The terms as far as the record tells them, as plain data; None and empty mean: not told."""

    external_id: str = ""
    terms: dict[str, Any] = field(default_factory=dict[str, Any])
    fees: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    notes: list[str] = field(default_factory=list[str])
    found: list[Found] = field(default_factory=list[Found])

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def lacks(self, name: str, message: str, mend: str) -> None:
        """Told better than by `name is missing`; an assumption still helps."""
        self.found.append(Found(("terms", name), Rule.MISSING, message, mend))

    def fee(self, fee: Mapping[str, Any]) -> None:
        """Once where it is told twice; under a name of its own where another has the name."""
        plain = dict(fee)
        if plain in self.fees:
            return
        taken = {one["name"] for one in self.fees}
        name, count = str(plain["name"])[:180], 1
        plain["name"] = name
        while plain["name"] in taken:
            count += 1
            plain["name"] = f"{name} ({count})"
        if plain not in self.fees:
            self.fees.append(plain)


def adapted(place: str, draft: Draft, rules: Rules) -> Adapted:
    """The draft with the bank's assumptions, judged as any product is."""
    terms = {name: value for name, value in draft.terms.items() if value not in (None, "", [], ())}
    terms["name"] = str(terms.get("name", ""))[:LONGEST_NAME]
    terms["summary"] = str(terms.get("summary", ""))[:LONGEST_SUMMARY]
    if draft.fees:
        terms["fees"] = draft.fees
    found = list(_assume(terms, draft, rules))
    lacking = [one for one in draft.found if one.path[1] not in terms]
    try:
        product = read_product(
            {"external_id": draft.external_id[:LONGEST_NUMBER], "terms": terms}, rules.on, [*found, *lacking]
        )
    except Wrong as refused:
        missing = tuple(_told(place, one) for one in refused.found)
        return _adapted(place, draft, None, missing)
    return _adapted(place, draft, product, ())


def _assume(terms: dict[str, Any], draft: Draft, rules: Rules) -> Iterator[Found]:
    for name, cell in rules.assumed.items():
        if name not in terms:
            try:
                terms[name] = COLUMNS[name].plain(cell)
            except Wrong as refused:
                yield from (one.below("terms", name) for one in refused.found)
            else:
                draft.note(f"{name} is assumed: {cell}")
    if "decision_days" not in terms:
        draft.note("decision_days: the record promises none; the default of the platform stands in its place")


def _told(place: str, one: Found) -> Mistake:
    mend = one.mend
    if one.rule is Rule.MISSING and mend == "Give it.":
        mend = f"Add it, or assume it: --assume {by_name(one.path)}=…"
    return Mistake(
        place=place, field=by_name(one.path), rule=one.rule, message=one.message, mend=mend, source=one.source
    )


def _adapted(place: str, draft: Draft, product: NewProduct | None, missing: tuple[Mistake, ...]) -> Adapted:
    return Adapted(
        place=place,
        external_id=draft.external_id[:LONGEST_NUMBER],
        name=str(draft.terms.get("name", ""))[:LONGEST_NAME],
        product=product,
        missing=missing,
        notes=tuple(draft.notes),
    )


Adapter = Callable[[Any, Rules], Iterator[Adapted]]
"""Every record of a document, in order; none is lost."""
