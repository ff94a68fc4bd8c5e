"""A market and its rules as they are, and as they would be with something changed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from libs.chassis import codec, wire
from libs.criteria.violation import Violation
from libs.policy import Entry, NoPolicyValue, PolicySet
from libs.registry.loan_terms import RateBase
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.catalogue import Catalogue
from services.matching.domain.changes.pointers import parsed, replaced
from services.matching.domain.guarantee import Headroom, Programme
from services.matching.domain.studies.study import ChangeOf, StudyChange
from services.matching.operations.rulebook import LIKELIHOOD, Rulebook, rulebook

ALL = "*"

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """All that plans are made from but the firms. `products` in one order, whatever is changed."""

    policies: PolicySet
    rules: Rulebook
    products: tuple[pb.Product, ...]
    programmes: tuple[Programme, ...]
    headrooms: tuple[Headroom, ...]

    def catalogue(self) -> Catalogue:
        """Programmes and guarantors; products are swept, not searched."""
        made = Catalogue()
        for programme in self.programmes:
            made.put_programme(programme)
        for headroom in self.headrooms:
            made.put_headroom(headroom)
        return made


def world_of(
    policies: PolicySet,
    rules: Rulebook,
    products: Iterable[pb.Product],
    programmes: Iterable[Programme],
    headrooms: Iterable[Headroom],
) -> World:
    ordered = tuple(sorted(products, key=lambda product: product.id))
    return World(policies, rules, ordered, tuple(programmes), tuple(headrooms))


def changed(world: World, changes: Sequence[StudyChange]) -> World:
    """The world with all changes made, one after the other. Violation, naming the change, for one that cannot be."""
    for at, change in enumerate(changes):
        try:
            world = _CHANGE[change.of](world, change)
        except Violation as found:
            raise Violation(f"changes/{at}/{found.field}", found.message, found.mend) from found
        except codec.Invalid as found:
            raise Violation(f"changes/{at}/value", str(found.detail), found.mend or "") from found
    return world


def with_terms(product: pb.Product, path: str, value: str) -> pb.Product:
    """The product with another value at a place of its terms."""
    plain = replaced(wire.to_plain(product.terms), path, parsed(value))
    head = path[1:].split("/")[0]
    if path and head not in pb.ProductTerms.DESCRIPTOR.fields_by_name:
        raise Violation("path", f"Terms have no field {head}.", "Name one as it stands at /v1/products.")
    made = pb.Product.FromString(product.SerializeToString())
    made.terms.CopyFrom(terms_of(plain))
    return made


def terms_of(plain: Any) -> pb.ProductTerms:
    try:
        return wire.from_plain(pb.ProductTerms, plain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Violation(
            "value", f"Terms cannot be so: {error}.", "Write the value as it stands at /v1/products."
        ) from error


def _policy(world: World, change: StudyChange) -> World:
    today = world.rules.today
    try:
        parameter = world.policies.parameter(change.subject)
        held = world.policies.entry_on(change.subject, today)
    except NoPolicyValue as found:
        raise Violation("subject", str(found), "Name a parameter that holds today.") from found
    value = replaced(held.value, change.path, parsed(change.value))
    entry = replace(held, value=value, effective=today, recorded=max(today, held.recorded))
    others = [one for one in parameter.values if _key(one) != _key(entry)]
    values = tuple(sorted((*others, entry), key=_key))
    kept = [world.policies.parameter(name) for name in world.policies.ids() if name != change.subject]
    policies = PolicySet((*kept, replace(parameter, values=values)))
    rules = rulebook(policies, today)
    model = rules.model if change.subject == LIKELIHOOD else world.rules.model
    base_ppm = world.rules.base_ppm  # the LPR is no policy, and may have been changed before
    return replace(world, policies=policies, rules=replace(rules, base_ppm=base_ppm, model=model))


def _key(entry: Entry) -> tuple[date, date]:
    return entry.effective, entry.recorded


def _lpr(world: World, change: StudyChange) -> World:
    value = parsed(change.value)
    if change.subject not in (RateBase.LPR_1Y, RateBase.LPR_5Y):
        raise Violation("subject", f"There is no {change.subject}.", "Name LPR_1Y or LPR_5Y.")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
        raise Violation("value", "This is no rate.", "Give millionths: 30000 is 3 %.")
    base_ppm = {**world.rules.base_ppm, RateBase(change.subject): value}
    return replace(world, rules=replace(world.rules, base_ppm=base_ppm))


def _product(world: World, change: StudyChange) -> World:
    chosen = _chosen(change, [one.id for one in world.products])
    made = (with_terms(one, change.path, change.value) if one.id in chosen else one for one in world.products)
    return replace(world, products=tuple(made))


def _programme(world: World, change: StudyChange) -> World:
    chosen = _chosen(change, [one.id for one in world.programmes])
    made = (_again(one, change) if one.id in chosen else one for one in world.programmes)
    return replace(world, programmes=tuple(made))


def _headroom(world: World, change: StudyChange) -> World:
    chosen = _chosen(change, [one.guarantor for one in world.headrooms])
    made = (_again(one, change) if one.guarantor in chosen else one for one in world.headrooms)
    return replace(world, headrooms=tuple(made))


def _again(one: T, change: StudyChange) -> T:
    return codec.load(type(one), replaced(codec.dump(one), change.path, parsed(change.value)))


def _chosen(change: StudyChange, known: Sequence[str]) -> set[str]:
    if change.subject == ALL:
        return set(known)
    if change.subject not in known:
        raise Violation("subject", f"There is no {change.subject} on the market.", f"Name one, or {ALL}.")
    return {change.subject}


_CHANGE: Mapping[ChangeOf, Callable[[World, StudyChange], World]] = {
    ChangeOf.POLICY: _policy,
    ChangeOf.LPR: _lpr,
    ChangeOf.PRODUCT: _product,
    ChangeOf.PROGRAMME: _programme,
    ChangeOf.HEADROOM: _headroom,
}
