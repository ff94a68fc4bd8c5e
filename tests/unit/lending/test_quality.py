"""How good a product's record is: points by rules, and what its users say."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from libs.chassis.codec import load
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.policy import load as load_policies
from services.lending.domain import quality
from services.lending.domain.product import Product, ProductStatus
from services.lending.domain.product_report import NewProductReport, ReportAnswer, ReportStatus
from services.lending.domain.quality import Flaw, Yardstick
from services.lending.operations import quality as operations
from tests.support.lending import FIRM, new_product, terms
from tests.unit.lending.desk import MANAGER, OFFICER, Desk
from tests.unit.lending.products_in_full import FULL, any_terms

TODAY = date(2026, 11, 23)
YARDSTICK = load(Yardstick, load_policies().record_on("lending.product_quality", TODAY))
SME = Principal("acc_firm", Role.SME, FIRM, "64")
CENTRE = Principal("acc_centre", Role.SERVICE_CENTRE, "org_centre", "64")
OTHER_BANK = Principal("acc_other", Role.BANK_OFFICER, "org_other", "64")
WRONG = NewProductReport(field="rate/min_ppm", what="柜台报的利率更高, 联系人张三")


def product(**changes: object) -> Product:
    sound = Product(
        id="prd_1",
        version=1,
        bank="org_bank",
        external_id="P-1",
        status=ProductStatus.PUBLISHED,
        terms=FULL.terms,
        created_by="acc_1",
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        first_marketed_on=date(2026, 11, 1),
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def found(some: Product) -> list[str]:
    return [remark.flaw.value for remark in quality.judged(some, YARDSTICK, TODAY).remarks]


def test_a_product_that_says_all_has_all_points() -> None:
    assert quality.judged(product(), YARDSTICK, TODAY).score == 100


def test_a_bare_product_is_told_what_it_lacks_the_dearest_first() -> None:
    judged = quality.judged(product(terms=terms()), YARDSTICK, TODAY)

    assert judged.score == 100 - sum(remark.points for remark in judged.remarks) < 60
    assert [remark.points for remark in judged.remarks] == sorted(
        (remark.points for remark in judged.remarks), reverse=True
    )
    assert all(remark.mend for remark in judged.remarks)
    assert {Flaw.NO_SUMMARY, Flaw.NO_MATERIALS, Flaw.NO_CONTACT} <= {remark.flaw for remark in judged.remarks}


SUSPICIOUS = {
    Flaw.WIDE_AMOUNTS: {"amount_min_fen": 1, "amount_max_fen": 300_000_000},
    Flaw.TINY_AMOUNT: {
        "amount_min_fen": 100,
        "amount_max_fen": 30_000,
        "amount_tiers": (),
        "quota_fen": None,
    },
    Flaw.SLOW_DECISION: {"decision_days": 60},
}


@pytest.mark.parametrize(("flaw", "changes"), SUSPICIOUS.items())
def test_what_is_allowed_and_yet_suspicious_is_told(flaw: Flaw, changes: dict[str, object]) -> None:
    assert flaw in found(product(terms=terms(**changes)))


def test_a_version_that_is_long_on_the_market_is_stale() -> None:
    old = product(first_marketed_on=TODAY - timedelta(days=366))

    assert found(old) == ["STALE"]


def test_every_flaw_has_its_points() -> None:
    assert set(quality.flaws()) == set(Flaw) == set(YARDSTICK.points)


@settings(deadline=None, max_examples=40)
@given(any_terms())
def test_the_score_of_any_product_is_between_0_and_100(some: object) -> None:
    judged = quality.judged(product(terms=some), YARDSTICK, TODAY)

    assert 0 <= judged.score <= 100
    assert judged.score == max(0, 100 - sum(remark.points for remark in judged.remarks))


def test_only_its_own_bank_sees_the_score(one_desk: Desk) -> None:
    published = one_desk.published()

    assert one_desk.ask(operations.get_quality, OFFICER, published.id).product_id == published.id
    with pytest.raises(Forbidden):
        one_desk.ask(operations.get_quality, OTHER_BANK, published.id)


def test_a_report_reaches_the_bank_and_its_answer_the_reporter(desk: Desk) -> None:
    published = desk.published()

    report = desk.act(operations.report_product, SME, published.id, WRONG)
    (told,) = desk.ask(operations.list_reports, OFFICER, ReportStatus.OPEN).items
    answer = ReportAnswer(status=ReportStatus.MENDED, answer="已更正")
    desk.act(operations.answer_report, OFFICER, report.id, answer)

    assert (told.what, told.reporter_role, told.version) == (WRONG.what, "SME", 1)
    assert desk.ask(operations.list_reports, OFFICER, ReportStatus.OPEN).items == ()
    (seen,) = desk.ask(operations.list_reports, SME).items
    assert (seen.status, seen.answer) == (ReportStatus.MENDED, "已更正")
    assert desk.ask(operations.list_reports, CENTRE).items == ()


def test_what_people_write_does_not_stand_in_the_database(one_desk: Desk) -> None:
    one_desk.act(operations.report_product, CENTRE, one_desk.published().id, WRONG)

    with one_desk.database.engine.connect() as connection:
        dump = "\n".join(str(row) for row in connection.exec_driver_sql("SELECT * FROM product_reports"))
    assert "org_centre" in dump
    assert "张三" not in dump


def test_a_report_is_answered_once_and_by_the_right_bank(one_desk: Desk) -> None:
    report = one_desk.act(operations.report_product, SME, one_desk.published().id, WRONG)
    answer = ReportAnswer(status=ReportStatus.REFUSED, answer="利率无误")

    with pytest.raises(Forbidden):
        one_desk.act(operations.answer_report, OTHER_BANK, report.id, answer)
    one_desk.act(operations.answer_report, MANAGER, report.id, answer)
    with pytest.raises(Violation, match="answered"):
        one_desk.act(operations.answer_report, MANAGER, report.id, answer)


def test_only_what_is_on_the_market_can_be_reported_and_not_by_banks(one_desk: Desk) -> None:
    draft, published = one_desk.registered(new_product("P-draft")), one_desk.published()

    with pytest.raises(NotFound):
        one_desk.act(operations.report_product, SME, draft.id, WRONG)
    with pytest.raises(Forbidden):
        one_desk.act(operations.report_product, OTHER_BANK, published.id, WRONG)


@pytest.mark.parametrize(
    ("field", "what"), [("shoe_size", "x"), ("rate", " "), ("rate", "x" * 1_001), ("rate/" + "x" * 100, "x")]
)
def test_a_report_names_a_field_and_says_something(field: str, what: str) -> None:
    with pytest.raises(Violation):
        NewProductReport(field=field, what=what)
