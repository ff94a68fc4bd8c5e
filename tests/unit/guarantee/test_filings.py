"""Filings: submitted by the guarantor, passed up tier by tier, and what a failed one means for whom."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs import policy
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.eventing import topics
from libs.finance.split import Share
from rongqiao.guarantee.v1 import events_pb2 as events
from rongqiao.guarantee.v1 import filings_pb2 as pb
from services.guarantee import jobs
from services.guarantee.domain.filing import Filing, FilingStatus, alone, below
from services.guarantee.domain.guarantee import Guarantee
from services.guarantee.domain.programme import Programme, Rulebook
from services.guarantee.http import filings as door
from services.guarantee.operations import exchange, filings, rules
from services.guarantee.operations.rulebook import read
from tests.support.services import Client, client_of, emitted
from tests.unit.guarantee.chain import (
    FUND,
    HELAN,
    MILLION,
    PROVINCE,
    SELF,
    TODAY,
    YINCHUAN,
    confirm,
    disburse,
    repay,
    reserve,
    wish,
)
from tests.unit.guarantee.life import (
    OF_LAYER,
    accept,
    books_out_of_order,
    drawdown,
    file,
    filings_of,
    let_pass,
    liabilities,
    loan_of,
    officer_of,
    send_back,
    standing,
    submit,
)

PENDING, SUBMITTED, FILED = FilingStatus.PENDING, FilingStatus.SUBMITTED, FilingStatus.FILED
REJECTED, EXPIRED = FilingStatus.REJECTED, FilingStatus.EXPIRED


@pytest.fixture
def guarantee(database: Database) -> Guarantee:
    return disburse(database, confirm(database, reserve(database, wish())))


def days_of(programme: str = "ordinary") -> tuple[int, int]:
    found = read(policy.load()).programme(programme, TODAY)
    return found.filing_days, found.cure_days


def test_a_loan_under_cover_is_to_be_filed_with_every_tier_within_the_programmes_days(
    database: Database, guarantee: Guarantee
) -> None:
    days, cure_days = days_of()

    opened = filings_of(database, loan_of(guarantee))

    assert {(one.layer, one.organisation, one.via) for one in opened} == {
        ("national", FUND.id, "provincial"),
        ("provincial", PROVINCE.id, None),
    }
    assert {one.status for one in opened} == {PENDING}
    assert {one.due_by for one in opened} == {TODAY + timedelta(days=days)}
    assert {one.cure_by for one in opened} == {TODAY + timedelta(days=days + cure_days)}
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}


def test_a_tier_hears_of_a_loan_once_the_tier_below_has_filed_it(
    database: Database, guarantee: Guarantee
) -> None:
    first = submit(database, guarantee)
    accept(database, guarantee, "provincial")
    second = filings_of(database, loan_of(guarantee))
    accept(database, guarantee, "national")

    assert standing(first) == {"provincial": SUBMITTED, "national": PENDING}
    assert standing(second) == {"provincial": FILED, "national": SUBMITTED}
    assert liabilities(database) == {
        (HELAN.id, "uscc:a"): 240_000_000,
        (PROVINCE.id, "uscc:a"): 60_000_000,
        (FUND.id, "uscc:a"): 60_000_000,
    }
    assert books_out_of_order(database) == {}


def test_the_same_decision_again_changes_nothing_and_another_is_refused(
    database: Database, guarantee: Guarantee
) -> None:
    submit(database, guarantee)
    once = accept(database, guarantee, "provincial")
    before = liabilities(database)

    assert accept(database, guarantee, "provincial") == once
    with pytest.raises(Violation, match="FILED"):
        send_back(database, guarantee, "provincial")

    assert liabilities(database) == before


def test_a_filing_that_a_tier_sends_back_may_be_mended_in_time(
    database: Database, guarantee: Guarantee
) -> None:
    submit(database, guarantee)
    sent_back = send_back(database, guarantee, "provincial")
    said = drawdown(database, loan_of(guarantee)).note

    mended = submit(database, guarantee)
    filed = accept(database, guarantee, "provincial")

    assert (sent_back.status, sent_back.reason) == (REJECTED, "资料不全")
    assert said is not None and said.startswith("Filing failed (provincial REJECTED)")
    assert "the bank's cover is whole, org_helan bears these parts alone" in said
    assert (standing(mended)["provincial"], filed.status) == (SUBMITTED, FILED)
    assert drawdown(database, loan_of(guarantee)).note is None


def test_a_filing_that_nobody_mends_leaves_the_guarantor_alone(
    database: Database, guarantee: Guarantee
) -> None:
    submit(database, guarantee)
    send_back(database, guarantee, "provincial")
    let_pass(database, days_of()[1] + 1)

    ended = jobs.expire_filings(database)

    assert (ended, standing(filings_of(database, loan_of(guarantee)))) == (
        1,
        {"provincial": EXPIRED, "national": EXPIRED},
    )
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}
    assert jobs.expire_filings(database) == 0


def test_a_late_filing_is_expired_says_so_and_leaves_the_banks_cover_whole(
    database: Database, guarantee: Guarantee
) -> None:
    let_pass(database, sum(days_of()) + 1)

    late = submit(database, guarantee)

    assert standing(late) == {"provincial": EXPIRED, "national": EXPIRED}
    said = f"It was not made by {late[0].cure_by}. The bank's cover stays whole; "
    assert {one.reason for one in late} == {f"{said}the direct guarantor bears this tier's part alone."}
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}
    facts = [event for event in emitted(database) if event.topic == topics.GUARANTEE_GUARANTEE.name]
    told = facts[-1].decode(events.GuaranteeChanged)
    assert [(one.layer, one.status) for one in told.filings] == [
        ("national", pb.FILING_STATUS_EXPIRED),
        ("provincial", pb.FILING_STATUS_EXPIRED),
    ]
    assert told.note.endswith("the bank's cover is whole, org_helan bears these parts alone.")


def test_a_filing_within_the_days_to_mend_is_still_heard(database: Database, guarantee: Guarantee) -> None:
    let_pass(database, sum(days_of()))

    assert standing(submit(database, guarantee))["provincial"] is SUBMITTED


def test_a_tier_that_takes_its_time_costs_nobody_the_filing(database: Database, guarantee: Guarantee) -> None:
    submit(database, guarantee)
    let_pass(database, 300)

    assert jobs.expire_filings(database) == 0
    assert accept(database, guarantee, "provincial").status is FILED


def test_a_loan_that_was_repaid_is_not_filed_any_more(database: Database, guarantee: Guarantee) -> None:
    repay(database, guarantee, 0)

    with pytest.raises(Conflict, match="RELEASED"):
        submit(database, guarantee)


def test_only_the_tier_itself_decides_and_only_the_guarantor_submits(
    database: Database, guarantee: Guarantee
) -> None:
    stranger = replace(officer_of(guarantee), organisation=YINCHUAN.id)
    with pytest.raises(Forbidden):
        database.transact(lambda tx: filings.submit_filing(tx, stranger, loan_of(guarantee)))
    submit(database, guarantee)

    for by in (OF_LAYER["national"], officer_of(guarantee)):
        with pytest.raises(Forbidden):
            database.transact(
                lambda tx, by=by: filings.accept_filing(
                    tx, by, loan_of(guarantee), "provincial", door.Acceptance(number="1")
                )
            )
    with pytest.raises(NotFound):
        accept(database, guarantee, "provincial", "loan_of_nobody")


def with_version(rulebook: Rulebook, effective: date, **shares: int) -> Rulebook:
    """The rulebook with other shares of ordinary business from a day on."""
    newest = rulebook.programme("ordinary", TODAY)
    parts = tuple(Share(party, bp) for party, bp in shares.items())
    later = replace(newest, effective=effective, shares=parts)
    programmes: tuple[Programme, ...] = (*rulebook.programmes, later)
    return replace(rulebook, policy_set="pol_later", programmes=programmes)


def test_the_shares_are_those_of_the_day_of_filing_and_stay(database: Database, guarantee: Guarantee) -> None:
    rulebook = read(policy.load())
    first = with_version(
        rulebook, TODAY + timedelta(days=5), bank=2000, national=1500, provincial=2000, local=4500
    )
    database.transact(lambda tx: rules.load(tx, SELF, first))
    let_pass(database, 6)

    file(database, guarantee)
    second = with_version(
        rulebook, TODAY + timedelta(days=8), bank=2000, national=1000, provincial=2000, local=5000
    )
    database.transact(lambda tx: rules.load(tx, SELF, replace(second, policy_set="pol_last")))
    let_pass(database, 6)
    repay(database, guarantee, 1 * MILLION)

    line = drawdown(database, loan_of(guarantee))
    assert [share.bp for share in line.shares] == [2000, 1500, 2000, 4500]
    assert (line.filed_on, line.programme_effective) == (TODAY + timedelta(days=6), TODAY + timedelta(days=5))
    assert liabilities(database)[FUND.id, "uscc:a"] == 15_000_000
    assert books_out_of_order(database) == {}


def test_a_later_version_with_another_tier_asks_that_tier_too(database: Database) -> None:
    rulebook = read(policy.load())
    guarantee = disburse(database, confirm(database, reserve(database, wish())))
    without = with_version(rulebook, TODAY + timedelta(days=1), bank=2000, provincial=3000, local=5000)
    database.transact(lambda tx: rules.load(tx, SELF, without))
    let_pass(database, 2)

    filed = submit(database, guarantee)
    accept(database, guarantee, "provincial")

    assert [one.layer for one in filed] == ["provincial"]
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000, (PROVINCE.id, "uscc:a"): 90_000_000}


def test_the_chain_passes_the_fund_through_the_province_where_there_is_one() -> None:
    assert below("national", ("national", "provincial")) == "provincial"
    assert below("national", ("national",)) is None
    assert below("government", ("provincial", "government")) is None


def test_nothing_failed_nothing_is_said() -> None:
    filing = Filing(
        loan_id="l", layer="national", organisation="o", due_by=TODAY, cure_by=TODAY, status=FILED
    )

    assert alone((filing,), "org_helan") is None


def at(database: Database, by: Principal) -> Client:
    return client_of(database, door.router, by.role, by.organisation, by.subject)


def test_the_month_goes_out_as_a_file_and_comes_back_decided(database: Database) -> None:
    loans = [
        disburse(
            database, confirm(database, reserve(database, wish(f"app_{number}", party=f"uscc:{number}")))
        )
        for number in range(3)
    ]
    for loan in loans:
        submit(database, loan)
    province = at(database, OF_LAYER["provincial"])
    text = province.get("/v1/filings.csv", month="2026-11").text
    header, first, second, third = text.splitlines()
    decided = "\n".join(
        (
            header,
            first.replace("provincial,,,", "provincial,ACCEPT,宁再备2026001,"),
            second.replace("provincial,,,", "provincial,REJECT,,借款合同缺页"),
            third.replace("provincial,,,", "provincial,MAYBE,,"),
        )
    )

    tried = province.post("/v1/filing-decisions", {"csv": decided, "dry_run": True}).json()
    none = province.post("/v1/filing-decisions", {"csv": decided, "all_or_nothing": True}).json()
    kept = province.post("/v1/filing-decisions", {"csv": decided}).json()

    assert (tried["kept"], none["kept"], kept["kept"]) == (False, False, True)
    assert tried["rows"] == none["rows"] == kept["rows"]
    assert [(row["row"], row["ok"], row["status"], row["field"]) for row in kept["rows"]] == [
        (2, True, "FILED", None),
        (3, True, "REJECTED", None),
        (4, False, None, "decision"),
    ]
    assert [standing(filings_of(database, loan_of(one)))["provincial"] for one in loans] == [
        FILED,
        REJECTED,
        SUBMITTED,
    ]
    assert books_out_of_order(database) == {}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("loan_id,layer\na,b\n", "csv/1/decision"),
        ("loan_id,layer,decision,colour\na,b,c,d\n", "csv/1/colour"),
        ('loan_id,layer,decision\n"a,b,c\n', "csv/2"),
        ("loan_id,layer,decision\na,b,c,d\n", "csv/2"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_its_place(database: Database, text: str, field: str) -> None:
    answer = at(database, OF_LAYER["provincial"]).post("/v1/filing-decisions", {"csv": text})

    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_tier_sees_what_lies_before_it_page_by_page(database: Database) -> None:
    for number in range(3):
        submit(
            database,
            disburse(
                database, confirm(database, reserve(database, wish(f"app_{number}", party=f"uscc:{number}")))
            ),
        )
    province, fund = at(database, OF_LAYER["provincial"]), at(database, OF_LAYER["national"])
    own: dict[str, Any] = {"status": "SUBMITTED", "limit": 2}

    first = province.get("/v1/filings", **own).json()
    second = province.get("/v1/filings", **own, cursor=first["next_cursor"]).json()

    assert [one["loan_id"] for one in first["items"] + second["items"]] == [
        "loan_of_app_2",
        "loan_of_app_1",
        "loan_of_app_0",
    ]
    assert (second["next_cursor"], fund.get("/v1/filings", **own).json()["items"]) == (None, [])


SEES = [
    (Role.GUARANTOR_OFFICER, HELAN.id, 200),
    (Role.GUARANTOR_OFFICER, YINCHUAN.id, 404),
    (Role.BANK_OFFICER, "org_bank", 200),
    (Role.SME, "uscc:b", 404),
    (Role.REGUARANTOR, PROVINCE.id, 200),
    (Role.REGULATOR, "org_regulator", 403),
]


@pytest.mark.parametrize(("role", "organisation", "status"), SEES)
def test_the_filings_of_a_loan_are_seen_by_its_sides_and_the_tiers(
    database: Database, guarantee: Guarantee, role: Role, organisation: str, status: int
) -> None:
    by = Principal("acc_1", role, organisation)

    assert at(database, by).get(f"/v1/filings/{loan_of(guarantee)}").status_code == status


def test_a_month_is_a_month(database: Database) -> None:
    with database.read() as tx, pytest.raises(Violation) as refused:
        exchange.export_filings(tx, OF_LAYER["national"], "2026-13")

    assert refused.value.field == "month"
