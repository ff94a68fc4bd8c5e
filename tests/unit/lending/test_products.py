"""Products: a draft may change, a published version never does, and two people stand behind it."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.chassis.wire import from_message, to_message
from libs.criteria.violation import Violation
from libs.finance.fees import Fee, FeeBasis, FeePayee
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import (
    Channel,
    CollateralKind,
    GuaranteeMode,
    IpRightKind,
    RateBase,
    RateBasis,
    RateReset,
)
from rongqiao.lending.v1 import lending_pb2 as pb
from services.lending.domain.product import (
    AmountTier,
    IpPledgeCap,
    Paper,
    Product,
    ProductFlag,
    ProductStatus,
    ProductTerms,
    Rate,
    RiskPool,
    StatedRate,
    mistakes,
)
from services.lending.domain.product.limits import limits_of
from services.lending.domain.product.version import seen_from_outside
from services.lending.operations import products
from tests.support import patience
from tests.support.lending import new_product, terms
from tests.unit.lending.desk import (
    BANK,
    COORDINATION,
    MANAGER,
    OFFICER,
    OTHER_BANK,
    OWNER,
    THEIR_MANAGER,
    Desk,
)


def states(desk: Desk) -> list[tuple[int, int]]:
    """Version and status of every state that was told to the others."""
    told = [event.decode(pb.Product) for event in desk.events("Product")]
    return [(state.version, state.status) for state in told]


def test_a_registered_product_is_a_draft_that_nobody_else_sees(light_desk: Desk) -> None:
    draft = light_desk.registered()

    assert (draft.version, draft.status, draft.bank, draft.created_by) == (
        1,
        ProductStatus.DRAFT,
        BANK,
        OFFICER.subject,
    )
    assert light_desk.ask(products.get_product, OFFICER, draft.id) == draft
    with pytest.raises(NotFound):
        light_desk.ask(products.get_product, OWNER, draft.id)
    assert states(light_desk) == []


def test_a_draft_is_rewritten_by_registering_it_again(light_desk: Desk) -> None:
    first = light_desk.registered(new_product(name="首户贷"))
    again = light_desk.registered(new_product(name="首户贷二"), by=MANAGER)

    assert (again.id, again.version, again.terms.name) == (first.id, 1, "首户贷二")
    assert again.created_by == MANAGER.subject


def test_whoever_wrote_the_draft_last_may_not_publish_it(light_desk: Desk) -> None:
    light_desk.registered()
    draft = light_desk.registered(by=MANAGER)

    with pytest.raises(Violation, match="registered a product may not publish"):
        light_desk.act(products.publish_product, MANAGER, draft.id)


def test_only_a_manager_publishes(light_desk: Desk) -> None:
    draft = light_desk.registered(by=MANAGER)

    with pytest.raises(Forbidden):
        light_desk.act(products.publish_product, OFFICER, draft.id)


def test_a_published_product_is_there_for_all_and_told_once(light_desk: Desk) -> None:
    product = light_desk.published()

    assert (product.status, product.published_by) == (ProductStatus.PUBLISHED, MANAGER.subject)
    assert light_desk.ask(products.get_product, OWNER, product.id) == seen_from_outside(product)
    assert states(light_desk) == [(1, pb.PRODUCT_STATUS_PUBLISHED)]


def test_a_published_version_is_never_changed(light_desk: Desk) -> None:
    first = light_desk.published(new_product(name="首户贷"))
    second = light_desk.registered(new_product(name="首户贷新"))

    assert (second.id, second.version, second.status) == (first.id, 2, ProductStatus.DRAFT)
    assert light_desk.ask(products.get_product, OWNER, first.id) == seen_from_outside(first)


def test_a_published_version_is_not_published_again(light_desk: Desk) -> None:
    product = light_desk.published()

    with pytest.raises(Violation, match="PUBLISHED, not DRAFT or CHECKED"):
        light_desk.act(products.publish_product, MANAGER, product.id)


def test_the_old_version_goes_when_the_new_one_comes(desk: Desk) -> None:
    desk.published(new_product(name="首户贷"))
    new = desk.published(new_product(name="首户贷新"))

    on_sale = desk.ask(products.list_products, OWNER).items

    assert on_sale == (seen_from_outside(new),)
    assert states(desk) == [(1, pb.PRODUCT_STATUS_PUBLISHED), (2, pb.PRODUCT_STATUS_PUBLISHED)]


def test_what_is_on_the_market_is_listed_while_a_newer_draft_waits(desk: Desk) -> None:
    product = desk.published(new_product(name="首户贷"))
    draft = desk.registered(new_product(name="首户贷新"))

    assert desk.ask(products.list_products, OWNER).items == (seen_from_outside(product),)
    assert desk.ask(products.list_products, OFFICER).items == (draft,)
    assert desk.ask(products.list_products, OFFICER, None, ProductStatus.PUBLISHED).items == (product,)


def test_a_bank_sees_of_others_only_what_is_on_the_market(desk: Desk) -> None:
    desk.registered(new_product("P-1"))
    published = desk.published(new_product("P-2"))

    shown = (seen_from_outside(published),)
    assert desk.ask(products.list_products, THEIR_MANAGER, BANK).items == shown
    assert desk.ask(products.list_products, THEIR_MANAGER, BANK, ProductStatus.DRAFT).items == shown
    assert desk.ask(products.list_products, THEIR_MANAGER).items == ()


def test_a_withdrawn_product_leaves_the_market(light_desk: Desk) -> None:
    product = light_desk.published()

    withdrawn = light_desk.act(products.withdraw_product, MANAGER, product.id)

    assert withdrawn.status is ProductStatus.WITHDRAWN
    assert states(light_desk)[-1] == (1, pb.PRODUCT_STATUS_WITHDRAWN)
    with pytest.raises(NotFound):
        light_desk.ask(products.get_product, OWNER, product.id)
    with pytest.raises(Conflict):
        light_desk.act(products.withdraw_product, MANAGER, product.id)


def test_a_withdrawn_product_may_come_back_as_a_new_version(light_desk: Desk) -> None:
    product = light_desk.published()
    light_desk.act(products.withdraw_product, MANAGER, product.id)

    assert light_desk.published().version == 2


def test_banks_count_their_products_independently(light_desk: Desk) -> None:
    mine = light_desk.registered(new_product("P-1"))
    theirs = light_desk.registered(new_product("P-1"), by=THEIR_MANAGER)

    assert mine.id != theirs.id
    assert theirs.bank == OTHER_BANK


@pytest.mark.parametrize("operation", [products.publish_product, products.withdraw_product])
def test_another_banks_product_is_not_touched(light_desk: Desk, operation: Any) -> None:
    product = light_desk.registered()

    with pytest.raises(Forbidden):
        light_desk.act(operation, THEIR_MANAGER, product.id)


@pytest.mark.parametrize("operation", [products.publish_product, products.withdraw_product])
def test_a_product_that_is_not_there_is_named(light_desk: Desk, operation: Any) -> None:
    with pytest.raises(NotFound, match="prd_none") as missing:
        light_desk.act(operation, MANAGER, "prd_none")

    assert missing.value.field == "product_id"


def test_what_is_published_is_what_the_last_author_wrote(desk: Desk) -> None:
    """Publishing waits for a rewrite that has begun, and does not take the draft from before it."""
    draft = desk.registered(new_product(name="首户贷"))
    publishing: list[Product] = []
    second = threading.Thread(
        target=lambda: publishing.append(desk.act(products.publish_product, MANAGER, draft.id))
    )

    with desk.database.write() as tx:
        products.register_product(tx, OFFICER, new_product(name="首户贷改"))
        second.start()
        second.join(0.3)
    second.join(patience.SECONDS)

    assert publishing[0].terms.name == "首户贷改"
    assert desk.ask(products.get_product, OWNER, draft.id).terms.name == "首户贷改"


def test_a_rewrite_that_comes_during_publication_becomes_the_next_version(desk: Desk) -> None:
    draft = desk.registered(new_product(name="首户贷"))
    rewriting: list[Product] = []
    second = threading.Thread(target=lambda: rewriting.append(desk.registered(new_product(name="首户贷改"))))

    with desk.database.write() as tx:
        products.publish_product(tx, MANAGER, draft.id)
        second.start()
        second.join(0.3)
    second.join(patience.SECONDS)

    assert (rewriting[0].version, rewriting[0].status) == (2, ProductStatus.DRAFT)
    assert desk.ask(products.get_product, OWNER, draft.id).terms.name == "首户贷"


FIXED = RateBase.FIXED
CAP = IpPledgeCap(right=IpRightKind.INVENTION, cap_bp=3_000)
SERVICE = Fee(name="服务费", payee=FeePayee.LENDER, basis=FeeBasis.PRINCIPAL, rate_ppm=1_000)


def stated(low: int, high: int) -> StatedRate:
    return StatedRate(min_ppm=low, max_ppm=high, basis=RateBasis.NOMINAL)


def tier(up_to: int | None, amount_max_fen: int = 200_000_000, fact: str = "revenue_year_fen") -> AmountTier:
    return AmountTier(fact=fact, up_to=up_to, amount_max_fen=amount_max_fen)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": " "}, "terms/name"),
    "a name without end": ({"name": "贷" * 201}, "terms/name"),
    "a lower limit above the upper": ({"amount_min_fen": 2, "amount_max_fen": 1}, "terms/amount_min_fen"),
    "nothing to lend": ({"amount_min_fen": 0}, "terms/amount_min_fen"),
    "more than there is": ({"amount_max_fen": 10**15 + 1}, "terms/amount_max_fen"),
    "a term that never ends": ({"term_max_months": 601}, "terms/term_max_months"),
    "a decision before the question": ({"decision_days": 0}, "terms/decision_days"),
    "a right that need not outlive": ({"ip_margin_months": -1}, "terms/ip_margin_months"),
    "no way to repay": ({"repayment_methods": ()}, "terms/repayment_methods"),
    "no way to secure": ({"guarantee_modes": ()}, "terms/guarantee_modes"),
    "a pledge without a cap": (
        {"guarantee_modes": (GuaranteeMode.IP_PLEDGE,), "programmes": ()},
        "terms/ip_pledge_caps",
    ),
    "a flag that nothing keeps": ({"flags": (ProductFlag.IP_PLEDGE,)}, "terms/guarantee_modes"),
    "medium term within a year": (
        {"flags": (ProductFlag.MEDIUM_LONG_TERM,), "term_max_months": 12},
        "terms/term_max_months",
    ),
    "programmes that nobody takes": ({"guarantee_modes": (GuaranteeMode.UNSECURED,)}, "terms/programmes"),
    "a fixed rate below zero": ({"rate": Rate(base=FIXED, min_ppm=-1, max_ppm=4_000)}, "terms/rate/min_ppm"),
    "a fixed rate that follows": (
        {"rate": Rate(base=FIXED, min_ppm=1, max_ppm=4_000, reset=RateReset.ANNUAL)},
        "terms/rate/reset",
    ),
    "a cap of nothing": ({"ip_pledge_caps": (CAP, replace(CAP, cap_bp=0))}, "terms/ip_pledge_caps/1/cap_bp"),
    "a cap of more than all": (
        {"ip_pledge_caps": (replace(CAP, cap_bp=10_001),)},
        "terms/ip_pledge_caps/0/cap_bp",
    ),
    "interest by the half-year": ({"interest_months": 6}, "terms/interest_months"),
    "one use longer than the line": ({"drawdown_term_max_months": 25}, "terms/drawdown_term_max_months"),
    "one use shorter than any": ({"drawdown_term_max_months": 5}, "terms/drawdown_term_max_months"),
    "a stated rate upside down": ({"stated_rate": stated(41_000, 34_000)}, "terms/stated_rate/min_ppm"),
    "tiers that do not ascend": ({"amount_tiers": (tier(5), tier(5))}, "terms/amount_tiers/1/up_to"),
    "an open tier in the middle": ({"amount_tiers": (tier(None), tier(5))}, "terms/amount_tiers/0/up_to"),
    "a tier above the product": (
        {"amount_tiers": (tier(5, amount_max_fen=300_000_001),)},
        "terms/amount_tiers/0/amount_max_fen",
    ),
    "a tier by a grade": ({"amount_tiers": (tier(5, fact="tax_grade"),)}, "terms/amount_tiers/0/fact"),
    "a tier by nothing": ({"amount_tiers": (tier(5, fact="shoe_size"),)}, "terms/amount_tiers/0/fact"),
    "tiers by two facts": (
        {"amount_tiers": (tier(5), tier(6, fact="score"))},
        "terms/amount_tiers/1/fact",
    ),
    "two fees of one name": ({"fees": (SERVICE, SERVICE)}, "terms/fees/1/name"),
    "a fee above the loan": ({"fees": (replace(SERVICE, rate_ppm=1_000_001),)}, "terms/fees/0/rate_ppm"),
    "a fee on what nobody appraises": (
        {"fees": (replace(SERVICE, basis=FeeBasis.APPRAISED_VALUE, payee=FeePayee.APPRAISER),)},
        "terms/fees/0/basis",
    ),
    "a lender's fee on the appraised value": (
        {
            "fees": (replace(SERVICE, basis=FeeBasis.APPRAISED_VALUE),),
            "guarantee_modes": (GuaranteeMode.COMBINED,),
        },
        "terms/fees/0/basis",
    ),
    "a mortgage that is not taken": (
        {"collateral_kinds": (CollateralKind.LIVESTOCK,)},
        "terms/collateral_kinds",
    ),
    "a pledge that is not taken": (
        {"collateral_kinds": (CollateralKind.DEPOSIT,), "guarantee_modes": (GuaranteeMode.MORTGAGE,)},
        "terms/programmes",
    ),
    "receivables that are not pledged": ({"receivables_cap_bp": 7_000}, "terms/receivables_cap_bp"),
    "a cover that nobody gives": (
        {"guarantee_cover_bp": 8_000, "guarantee_modes": (GuaranteeMode.UNSECURED,), "programmes": ()},
        "terms/guarantee_cover_bp",
    ),
    "a quota below one loan": ({"quota_fen": 1}, "terms/quota_fen"),
    "a branch without a code": ({"branches": ("B-1", " ")}, "terms/branches/1"),
    "a paper twice": ({"papers": (Paper(name="合同"), Paper(name="合同"))}, "terms/papers/1/name"),
    "a pool that bears nothing": ({"pool": RiskPool(name="宁科贷", share_bp=0)}, "terms/pool/share_bp"),
}


@pytest.mark.parametrize(("changes", "field"), BROKEN.values(), ids=BROKEN.keys())
def test_terms_that_cannot_be_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Violation) as broken:
        terms(**changes)

    assert broken.value.field == field
    assert broken.value.mend


def test_a_spread_may_be_negative() -> None:
    assert terms(rate=Rate(base=RateBase.LPR_1Y, min_ppm=-2_000, max_ppm=4_000)).rate.min_ppm == -2_000


def test_what_is_not_limited_is_said_in_words() -> None:
    said = {
        limit.field: limit for limit in limits_of(terms(regions=("6401",), amount_tiers=(tier(500_000_000),)))
    }

    assert (said["regions"].limited, said["regions"].text_zh) == (True, "银川市")
    assert (said["industries"].limited, said["industries"].text_zh, said["industries"].text_en) == (
        False,
        "不限",
        "no limit",
    )
    assert said["amount_tiers"].text_zh == "上年度营业收入不超过500万元：最高2,000,000.00元"


def test_every_mistake_of_the_terms_is_found() -> None:
    wrong = object.__new__(ProductTerms)
    given = terms().__class__.__dataclass_fields__
    for name in given:
        object.__setattr__(wrong, name, getattr(terms(), name))
    object.__setattr__(wrong, "name", "")
    object.__setattr__(wrong, "interest_months", 2)
    object.__setattr__(wrong, "quota_fen", 1)

    assert [mistake.field for mistake in mistakes(wrong)] == [
        "terms/name",
        "terms/interest_months",
        "terms/quota_fen",
    ]


def test_the_record_of_a_product_holds_all_that_a_bank_says_of_it() -> None:
    full = terms(
        guarantee_modes=(GuaranteeMode.MORTGAGE, GuaranteeMode.PLEDGE, GuaranteeMode.FINANCING_GUARANTEE),
        amount_tiers=(tier(500), tier(None)),
        drawdown_term_max_months=12,
        stated_rate=stated(34_000, 41_000),
        interest_months=3,
        collateral_kinds=(CollateralKind.FOREST_RIGHT, CollateralKind.RECEIVABLES),
        guarantee_cover_bp=8_000,
        receivables_cap_bp=7_000,
        branches=("B-1",),
        papers=(Paper(name="购销合同", mandatory=False),),
        funding_days=3,
        channel=Channel.BOTH,
        contact="0951-96096",
        quota_fen=100_000_000_000,
        pool=RiskPool(name="宁科贷风险补偿资金池", share_bp=7_000, cap_fen=300_000_000),
        purposes_excluded=("固定资产投资", "股权投资", "购置住房"),
    )

    assert from_message(ProductTerms, to_message(pb.ProductTerms, full)) == full
    assert full.longest_use_months == 12


@pytest.mark.parametrize("number", ["", "P" * 65])
def test_the_banks_own_number_has_a_length(number: str) -> None:
    with pytest.raises(Violation) as broken:
        new_product(number)

    assert broken.value.field == "external_id"


def test_the_state_of_a_product_is_the_product(light_desk: Desk) -> None:
    product = light_desk.published(new_product(repayment_methods=(RepaymentMethod.BULLET,)))

    (event,) = light_desk.events("Product")

    assert event.subject == product.id
    assert event.decode(pb.Product).terms.repayment_methods == [pb.REPAYMENT_METHOD_BULLET]


def test_a_service_is_no_bank(light_desk: Desk) -> None:
    with pytest.raises(Forbidden):
        light_desk.registered(by=COORDINATION)
