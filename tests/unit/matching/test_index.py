"""The index against a loop of predicates: masks, order and near misses, whatever came and went before."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.domain.answer import Family
from services.matching.index.engine import Kernels, keep_compiled_under, load_kernels
from services.matching.index.index import Index
from services.matching.index.layout import FACT_BITS, FACT_NAMES, Bit, bits_of
from services.matching.index.query import Query
from tests.unit.matching import obvious
from tests.unit.matching.strategies import products, queries

ROOT = Path(__file__).resolve().parents[3]
Change = pb.Product | str  # put, or withdraw by id


@pytest.fixture(scope="module")
def kernels() -> Kernels:
    keep_compiled_under(ROOT / "var")
    return load_kernels()


@st.composite
def changes(draw: st.DrawFn) -> list[Change]:
    withdrawn = st.integers(0, 30).map(lambda number: f"prd_{number}")
    return draw(st.lists(st.one_of(products(), products(), products(), withdrawn), min_size=1, max_size=20))


def apply(index: Index, steps: Sequence[Change]) -> None:
    for step in steps:
        index.withdraw(step) if isinstance(step, str) else index.put(step)


def market(steps: Sequence[Change]) -> dict[str, pb.Product]:
    left: dict[str, pb.Product] = {}
    for step in steps:
        if isinstance(step, str):
            left.pop(step, None)
        else:
            left[step.id] = step
    return left


def names(mask: int) -> frozenset[str]:
    return frozenset(FACT_NAMES[bit] if bit < FACT_BITS else Bit(bit).name for bit in bits_of(mask))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(changes(), changes(), st.lists(queries(), min_size=1, max_size=3))
def test_planes_columns_and_predicates_agree_after_any_updates(
    kernels: Kernels, first: list[Change], second: list[Change], asked: list[Query]
) -> None:
    compiled, plain = Index(), Index()
    compiled.use(kernels)
    for steps in (first, second):
        apply(compiled, steps)
        apply(plain, steps)
        for query in asked:
            assert_agree(compiled, plain, query)
    left = market([*first, *second])
    for query in asked:
        assert_as_predicates_say(compiled, left, query)


def assert_agree(compiled: Index, plain: Index, query: Query) -> None:
    left, right = compiled.search(query), plain.search(query)
    assert shown(left) == shown(right)


def shown(found: object) -> object:
    """A search's outcome with products by id."""

    def plain(value: object) -> object:
        match value:
            case tuple() | list():
                return [plain(one) for one in value]
            case dict():
                return {key: plain(one) for key, one in value.items()}
            case _ if hasattr(value, "product_id"):
                return value.product_id
            case _ if hasattr(value, "__dataclass_fields__"):
                return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
            case _:
                return value

    return plain(found)


def assert_as_predicates_say(index: Index, left: dict[str, pb.Product], query: Query) -> None:
    verdicts = {name: obvious.judge(obvious.offer_of(product), query) for name, product in left.items()}
    masks = {name: (names(fail), names(unknown)) for name, (fail, unknown) in index.judge(query).items()}
    assert masks == {name: (verdict.fail, verdict.unknown) for name, verdict in verdicts.items()}
    found = index.search(query)
    fitting = {name: verdict for name, verdict in verdicts.items() if not verdict.fail}
    assert (found.considered, found.eligible) == (len(left), len(fitting))
    worth = {
        name: obvious.best_value(obvious.offer_of(left[name]), verdict, query)
        for name, verdict in fitting.items()
    }
    assert {hit.entry.product_id: hit.value for hit in found.best} == worth
    assert [hit.value for hit in found.best] == sorted(worth.values(), reverse=True)
    for hit in found.best:
        assert (names(hit.unknown), names(hit.soft)) == (
            fitting[hit.entry.product_id].unknown,
            fitting[hit.entry.product_id].soft,
        )
    near = {miss.entry.product_id: names(miss.fail) for miss in found.near}
    assert all(verdicts[name].fail == fail and 1 <= len(fail) <= 2 for name, fail in near.items())
    close = [len(one.fail) for one in verdicts.values() if 1 <= len(one.fail) <= 2 and "KIND" not in one.fail]
    assert [miss.fail.bit_count() for miss in found.near] == sorted(close)[:8]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(changes(), queries())
def test_a_family_without_a_product_names_the_nearest(
    kernels: Kernels, steps: list[Change], query: Query
) -> None:
    index = Index()
    index.use(kernels)
    apply(index, steps)
    found, left = index.search(query), market(steps)
    for family, miss in found.nearest.items():
        members = {name for name, product in left.items() if in_family(family, product)}
        assert not found.by_family.get(family)
        assert (miss is None) == (not members)
        if miss is not None:
            assert miss.entry.product_id in members


def in_family(family: Family, product: pb.Product) -> bool:
    terms = product.terms
    return {
        Family.FIRST_LOAN: pb.PRODUCT_FLAG_FIRST_LOAN in terms.flags,
        Family.IP_PLEDGE: pb.GUARANTEE_MODE_IP_PLEDGE in terms.guarantee_modes,
        Family.GUARANTEE: pb.GUARANTEE_MODE_FINANCING_GUARANTEE in terms.guarantee_modes,
    }[family]
