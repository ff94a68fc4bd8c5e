"""The index against a loop of predicates: masks, order and near misses, whatever came and went before."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.matching.domain.answer import NAMED
from services.matching.index.engine import Kernels, load_kernels
from services.matching.index.found import Found
from services.matching.index.index import SHORT_LIST, Index
from services.matching.index.query import Query
from tests.unit.matching import obvious, obvious_order
from tests.unit.matching.strategies import Change, changes, crowds, market, queries

checks = HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large


@pytest.fixture(scope="module")
def kernels() -> Kernels:
    return load_kernels()


def apply(index: Index, steps: Iterable[Change]) -> None:
    for step in steps:
        index.withdraw(step) if isinstance(step, str) else index.put(step)


def shown(value: object) -> object:
    """A search's outcome with products by id."""
    match value:
        case tuple() | list():
            return [shown(one) for one in value]
        case dict():
            return {key: shown(one) for key, one in value.items()}
        case _ if hasattr(value, "product_id"):
            return value.product_id
        case _ if hasattr(value, "__dataclass_fields__"):
            return {name: shown(getattr(value, name)) for name in value.__dataclass_fields__}
        case _:
            return value


def by_the_loop(steps: Sequence[Change], query: Query, most: int = SHORT_LIST) -> object:
    return shown(obvious_order.found(market(steps).values(), query, most))


def masks_by_the_loop(steps: Sequence[Change], query: Query) -> dict[str, tuple[int, int]]:
    verdicts = {name: obvious.judge(obvious.offer_of(one), query) for name, one in market(steps).items()}
    mask = obvious_order.mask
    return {name: (mask(verdict.fail), mask(verdict.unknown)) for name, verdict in verdicts.items()}


@settings(max_examples=20, suppress_health_check=checks)
@given(changes(), changes(), st.lists(queries(), min_size=1, max_size=3))
def test_planes_columns_and_predicates_agree_after_any_updates(
    kernels: Kernels, first: list[Change], second: list[Change], asked: list[Query]
) -> None:
    compiled, plain = Index(), Index()
    compiled.use(kernels)
    for index in (compiled, plain):
        apply(index, first)
        for query in asked:
            assert shown(index.search(query)) == by_the_loop(first, query)
        apply(index, second)
        for query in asked:
            assert shown(index.search(query)) == by_the_loop([*first, *second], query)
            assert index.judge(query) == masks_by_the_loop([*first, *second], query)


@settings(max_examples=4, suppress_health_check=checks)
@given(crowds(), changes(), queries(), queries(), st.sampled_from((1, SHORT_LIST, 320)))
def test_they_agree_on_more_products_than_there_was_room_for(
    kernels: Kernels, first: list[Change], second: list[Change], before: Query, after: Query, most: int
) -> None:
    compiled, plain = Index(), Index()
    compiled.use(kernels)
    for index in (compiled, plain):
        apply(index, first[:200])
        index.search(before, most)
        apply(index, first[200:])
        assert shown(index.search(before, most)) == by_the_loop(first, before, most)
        apply(index, second)
        assert shown(index.search(after, most)) == by_the_loop([*first, *second], after, most)


@settings(max_examples=30, suppress_health_check=checks)
@given(changes(), st.randoms(use_true_random=False), st.lists(queries(), min_size=1, max_size=2))
def test_no_answer_depends_on_the_order_in_which_products_arrived(
    kernels: Kernels, steps: list[Change], random: Random, asked: list[Query]
) -> None:
    """Each product's own changes come in order; those of different products in any."""
    ids = sorted({step if isinstance(step, str) else step.id for step in steps})
    random.shuffle(ids)
    place = {name: at for at, name in enumerate(ids)}
    one, other, rebuilt = Index(), Index(), Index()
    apply(one, steps)
    apply(other, sorted(steps, key=lambda step: place[step if isinstance(step, str) else step.id]))
    apply(rebuilt, reversed(market(steps).values()))
    for index in (one, other, rebuilt):
        index.use(kernels)
    for query in asked:
        answer = shown(one.search(query))
        assert shown(other.search(query)) == answer
        assert shown(rebuilt.search(query)) == answer
        assert other.judge(query) == rebuilt.judge(query) == one.judge(query)


def test_the_drawn_markets_have_products_that_fit_equals_and_waivers(kernels: Kernels) -> None:
    """What the other tests of this file say is worth something only where this holds."""
    seen = Counter[str]()

    @settings(max_examples=70, derandomize=True, suppress_health_check=checks)
    @given(changes(), queries())
    def look(steps: list[Change], query: Query) -> None:
        index = Index()
        index.use(kernels)
        apply(index, steps)
        seen.update(reached(index.search(query)))

    look()
    assert {trait for trait, times in seen.items() if times} == set(reached(NOTHING)), seen


def reached(found: Found) -> Counter[str]:
    """Which of the things worth drawing an answer shows."""
    values = Counter(hit.value for hit in found.best)
    return Counter(
        {
            "several fit": len(found.best) > 4,
            "equals": any(times > 2 for times in values.values()),
            "near equals": len(found.near) > 4,
            "waived": any(hit.waived for hit in found.best),
            "open rules": any(hit.unknown for hit in found.best),
            "soft rules": any(hit.soft for hit in found.best),
            "several ways": any(ways > 1 for ways in _ways(found).values()),
            "nearest": any(found.nearest.values()),
            **{family.value: bool(hits) for family, hits in found.by_family.items()},
        }
    )


def _ways(found: Found) -> Counter[str]:
    """By product, in how many ways it is shown secured."""
    hits = {
        (hit.entry.product_id, hit.mode) for hits in (found.best, *found.by_family.values()) for hit in hits
    }
    return Counter(product for product, _ in hits)


NOTHING = Found(0, 0, (), dict.fromkeys(NAMED, ()), (), {})
