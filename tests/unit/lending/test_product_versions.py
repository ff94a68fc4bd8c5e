"""Versions on their way to the market: drafted, checked by a second person, scheduled, on sale, suspended, gone."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from libs.chassis.clock import SettableClock, business_date
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, NotFound, Problem
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.product import Product, ProductStatus, ProductTerms, Publication
from services.lending.operations import feed, products
from services.lending.operations.feed import number_notices
from tests.support.lending import new_product
from tests.support.services import NOON
from tests.unit.lending.desk import BANK, MANAGER, OFFICER, OWNER, THEIR_MANAGER, Desk

TODAY = business_date(NOON)
TOMORROW = TODAY + timedelta(1)
SECOND = Principal("acc_second", Role.BANK_MANAGER, BANK)


@pytest.fixture
def sold(one_desk: Desk) -> Iterator[Desk]:
    """The desk of all tests here, with its clock set back."""
    clock_of(one_desk).instant = NOON
    yield one_desk
    clock_of(one_desk).instant = NOON


def clock_of(desk: Desk) -> SettableClock:
    clock = desk.database.clock
    assert isinstance(clock, SettableClock)
    return clock


def sleep(desk: Desk, days: int) -> None:
    clock_of(desk).instant += timedelta(days)


NUMBERS = iter(range(1_000_000))


def drafted(desk: Desk, **changes: Any) -> Product:
    return desk.registered(new_product(f"V-{next(NUMBERS)}", **changes))


def published(desk: Desk, market_from: date | None = None, market_until: date | None = None) -> Product:
    publication = Publication(market_from=market_from, market_until=market_until)
    return desk.act(products.publish_product, MANAGER, drafted(desk).id, publication)


def on_sale(desk: Desk, product: Product) -> Product | None:
    try:
        return desk.ask(products.get_product, OWNER, product.id)
    except NotFound:
        return None


def test_a_second_person_checks_and_a_manager_publishes(sold: Desk) -> None:
    draft = drafted(sold)

    checked = sold.act(products.check_product, SECOND, draft.id)
    product = sold.act(products.publish_product, MANAGER, draft.id)

    assert (checked.status, checked.checked_by) == (ProductStatus.CHECKED, SECOND.subject)
    assert (product.status, product.checked_by, product.published_by) == (
        ProductStatus.PUBLISHED,
        SECOND.subject,
        MANAGER.subject,
    )
    assert (product.first_marketed_on, product.last_marketed_on) == (TODAY, None)


def test_nobody_checks_what_he_wrote(sold: Desk) -> None:
    draft = drafted(sold)

    with pytest.raises(Violation, match="registered a product may not check") as refused:
        sold.act(products.check_product, OFFICER, draft.id)

    assert refused.value.field == "checked_by"


def test_what_was_checked_and_then_rewritten_is_a_draft_of_the_last_writer(sold: Desk) -> None:
    draft = drafted(sold)
    sold.act(products.check_product, SECOND, draft.id)

    again = sold.registered(new_product(draft.external_id, name="改后"), by=MANAGER)

    assert (again.version, again.status, again.created_by, again.checked_by) == (
        1,
        ProductStatus.DRAFT,
        MANAGER.subject,
        None,
    )
    with pytest.raises(Violation):
        sold.act(products.publish_product, MANAGER, draft.id)


def test_a_version_comes_on_the_market_on_its_day(sold: Desk) -> None:
    product = published(sold, TOMORROW)
    early = products.keep_market(sold.database)

    assert (product.status, early, on_sale(sold, product)) == (ProductStatus.SCHEDULED, 0, None)
    sleep(sold, 1)
    assert [products.keep_market(sold.database) for _ in range(2)] == [1, 0]
    shown = on_sale(sold, product)
    assert shown is not None
    assert shown.first_marketed_on == TOMORROW
    told = [event.decode(pb.Product) for event in sold.events("Product") if event.subject == product.id]
    assert [state.status for state in told] == [pb.PRODUCT_STATUS_PUBLISHED]


def test_the_version_before_stays_on_sale_until_the_day_of_the_new_one(sold: Desk) -> None:
    old = published(sold)
    sold.registered(new_product(old.external_id, name="新版"))
    sold.act(products.publish_product, MANAGER, old.id, Publication(market_from=TOMORROW))

    before = on_sale(sold, old)
    sleep(sold, 1)
    products.keep_market(sold.database)
    after = on_sale(sold, old)

    assert before is not None
    assert after is not None
    assert (before.version, after.version, after.terms.name) == (1, 2, "新版")
    versions = sold.ask(products.list_versions, OFFICER, old.id).items
    assert [(one.version, one.status, one.first_marketed_on, one.last_marketed_on) for one in versions] == [
        (2, ProductStatus.PUBLISHED, TOMORROW, None),
        (1, ProductStatus.WITHDRAWN, TODAY, TOMORROW),
    ]


def test_a_version_leaves_the_market_after_its_last_day(sold: Desk) -> None:
    product = published(sold, market_until=TOMORROW)
    sleep(sold, 1)
    still = products.keep_market(sold.database)
    sleep(sold, 1)
    moved = products.keep_market(sold.database)

    (version,) = sold.ask(products.list_versions, OFFICER, product.id).items
    assert (still, moved) == (0, 1)
    assert (version.status, version.last_marketed_on) == (ProductStatus.WITHDRAWN, TOMORROW)


def test_a_suspended_product_is_off_the_market_until_it_is_resumed(sold: Desk) -> None:
    product = published(sold)

    suspended = sold.act(products.suspend_product, MANAGER, product.id)
    hidden = on_sale(sold, product)
    resumed = sold.act(products.resume_product, MANAGER, product.id)

    assert (suspended.status, suspended.last_marketed_on, hidden) == (ProductStatus.SUSPENDED, TODAY, None)
    assert (resumed.status, resumed.last_marketed_on) == (ProductStatus.PUBLISHED, None)
    told = [
        event.decode(pb.Product).status for event in sold.events("Product") if event.subject == product.id
    ]
    assert told == [
        pb.PRODUCT_STATUS_PUBLISHED,
        pb.PRODUCT_STATUS_SUSPENDED,
        pb.PRODUCT_STATUS_PUBLISHED,
    ]


def test_withdrawing_takes_what_was_to_come_with_it(sold: Desk) -> None:
    product = published(sold)
    sold.registered(new_product(product.external_id, name="新版"))
    sold.act(products.publish_product, MANAGER, product.id, Publication(market_from=TOMORROW))

    sold.act(products.withdraw_product, MANAGER, product.id)
    sleep(sold, 1)

    assert products.keep_market(sold.database) == 0
    statuses = [one.status for one in sold.ask(products.list_versions, OFFICER, product.id).items]
    assert statuses == [ProductStatus.WITHDRAWN] * 2


def test_what_was_only_to_come_can_be_withdrawn(sold: Desk) -> None:
    product = published(sold, TOMORROW)

    withdrawn = sold.act(products.withdraw_product, MANAGER, product.id)

    assert (withdrawn.status, withdrawn.first_marketed_on) == (ProductStatus.WITHDRAWN, None)
    with pytest.raises(Conflict):
        sold.act(products.withdraw_product, MANAGER, product.id)


@pytest.mark.parametrize(
    ("publication", "field"),
    [
        (Publication(market_from=TODAY - timedelta(1)), "market_from"),
        (Publication(market_from=TOMORROW, market_until=TODAY), "market_until"),
    ],
)
def test_days_on_the_market_lie_ahead_and_in_order(sold: Desk, publication: Publication, field: str) -> None:
    with pytest.raises(Violation) as refused:
        sold.act(products.publish_product, MANAGER, drafted(sold).id, publication)

    assert refused.value.field == field


def test_others_see_only_versions_that_were_ever_on_the_market(sold: Desk) -> None:
    product = published(sold)
    sold.registered(new_product(product.external_id, name="新版"))

    assert [one.version for one in sold.ask(products.list_versions, THEIR_MANAGER, product.id).items] == [1]
    assert [one.version for one in sold.ask(products.list_versions, OFFICER, product.id).items] == [2, 1]
    with pytest.raises(NotFound):
        sold.ask(products.list_versions, OWNER, drafted(sold).id)


def test_the_bank_hears_of_its_product_on_the_market(sold: Desk) -> None:
    product = published(sold)
    sold.act(products.suspend_product, MANAGER, product.id)
    number_notices(sold.database)

    notices = sold.ask(feed.read_feed, MANAGER, 0, 200).items

    mine = [(one.type, one.data["version"]) for one in notices if one.subject == product.id]
    assert mine == [("product.published", 1), ("product.suspended", 1)]


def test_a_product_of_a_sandbox_is_for_its_own_bank_only(sold: Desk) -> None:
    officer = Principal("acc_trial", Role.BANK_OFFICER, "org_trial", sandbox=True)
    manager = Principal("acc_trial_manager", Role.BANK_MANAGER, "org_trial", sandbox=True)
    draft = sold.registered(new_product("S-1"), by=officer)

    product = sold.act(products.publish_product, manager, draft.id)

    assert product.sandbox
    assert sold.ask(products.get_product, officer, product.id) == product
    assert on_sale(sold, product) is None
    assert product.id not in [one.id for one in sold.ask(products.list_products, OWNER).items]
    assert [event for event in sold.events("Product") if event.subject == product.id] == []
    with pytest.raises(NotFound):
        sold.ask(products.list_versions, OWNER, product.id)


PEOPLE = {
    person.subject: person
    for person in (OFFICER, MANAGER, SECOND, Principal("acc_other", Role.BANK_OFFICER, BANK))
}
people = st.sampled_from(list(PEOPLE.values()))


class Market(RuleBasedStateMachine):
    """Anybody of the bank does anything, in any order, while days pass."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        clock_of(self.desk).instant = NOON
        self.number = f"M-{next(NUMBERS)}"
        self.id = ""
        self.writer: dict[int, str] = {}
        self.marketed: dict[int, ProductTerms] = {}

    def act(self, operation: Any, by: Principal, *args: Any) -> None:
        if self.id:
            with suppress(Violation, Problem):
                self.desk.act(operation, by, self.id, *args)

    @rule(by=people, name=st.sampled_from(["甲", "乙", "丙"]))
    def write(self, by: Principal, name: str) -> None:
        draft = self.desk.registered(new_product(self.number, name=name), by=by)
        self.id, self.writer[draft.version] = draft.id, by.subject

    @rule(by=people)
    def check(self, by: Principal) -> None:
        self.act(products.check_product, by)

    @rule(by=people, after=st.integers(-1, 3), until=st.none() | st.integers(0, 5))
    def publish(self, by: Principal, after: int, until: int | None) -> None:
        today = business_date(clock_of(self.desk).now())
        last = None if until is None else today + timedelta(until)
        self.act(
            products.publish_product, by, Publication(market_from=today + timedelta(after), market_until=last)
        )

    @rule(by=people, what=st.sampled_from(["suspend", "resume", "withdraw"]))
    def take(self, by: Principal, what: str) -> None:
        self.act(getattr(products, f"{what}_product"), by)

    @rule(days=st.integers(0, 2))
    def wait(self, days: int) -> None:
        sleep(self.desk, days)
        products.keep_market(self.desk.database)

    @invariant()
    def the_rules_hold(self) -> None:
        if not self.id:
            return
        versions = self.desk.ask(products.list_versions, OFFICER, self.id).items
        live = [one for one in versions if one.status in (ProductStatus.PUBLISHED, ProductStatus.SUSPENDED)]
        waiting = [one for one in versions if one.status in products.WRITABLE]
        assert len(live) <= 1
        assert [one.version for one in waiting] in ([], [versions[0].version])
        for one in versions:
            self.holds_of(one)

    def holds_of(self, one: Product) -> None:
        author = self.writer[one.version]
        assert one.created_by == author
        assert author not in (one.checked_by, one.published_by)
        if one.first_marketed_on is not None:
            assert one.checked_by is not None
            assert one.published_by is not None
            assert PEOPLE[one.published_by].role is Role.BANK_MANAGER
            assert self.marketed.setdefault(one.version, one.terms) == one.terms
            assert one.last_marketed_on is None or one.first_marketed_on <= one.last_marketed_on
            assert (one.last_marketed_on is None) == (one.status is ProductStatus.PUBLISHED)


def test_any_order_of_makers_checkers_and_days_keeps_the_rules(sold: Desk) -> None:
    Market.desk = sold
    run_state_machine_as_test(
        Market, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )
