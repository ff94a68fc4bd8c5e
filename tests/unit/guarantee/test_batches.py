"""Batch business: the bank lends and lists, the guarantor checks, and only what passed is covered."""

from dataclasses import replace
from typing import Any

import pytest

from libs.chassis.codec import dump
from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.eventing import topics
from rongqiao.guarantee.v1 import events_pb2 as events
from services.guarantee import jobs
from services.guarantee.domain.batch_list import OPTIONAL, REQUIRED
from services.guarantee.domain.compliance import Compliance, ComplianceItem
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.filing import FilingStatus
from services.guarantee.domain.guarantee import Guarantee, GuaranteeStatus
from services.guarantee.domain.procedure import Check, Step
from services.guarantee.http import filings as door
from services.guarantee.operations import procedures
from services.guarantee.store import drawdowns as drawdown_store
from tests.support.services import Client, client_of, emitted
from tests.unit.guarantee.chain import (
    FUND,
    HELAN,
    MANAGER,
    MILLION,
    PROVINCE,
    YUAN,
    confirm,
    disburse,
    held,
    house_rules,
    limits_out_of_order,
    pass_line,
    read_back,
    repay,
    reserve,
    wish,
)
from tests.unit.guarantee.life import (
    accept,
    books_out_of_order,
    drawdown,
    filings_of,
    let_pass,
    liabilities,
    loan_of,
    standing,
)

BANK = Principal("acc_bank", Role.BANK_OFFICER, "org_bank")
OFFICER = Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id)
HEADER = ",".join((*REQUIRED[:1], *OPTIONAL, *REQUIRED[1:])) + "\n"


def lent(database: Database, application: str = "app_1", party: str = "uscc:a", **other: Any) -> Guarantee:
    """A reservation of batch business, and the loan that the bank paid out on it."""
    guarantee = reserve(database, wish(application, party=party, programme="batch"))
    return disburse(database, guarantee, **other)


def test_a_loan_that_is_listed_has_no_cover_until_the_guarantor_lets_it_in(database: Database) -> None:
    listed = lent(database)
    before = (
        listed.status,
        listed.outstanding_fen,
        liabilities(database),
        filings_of(database, loan_of(listed)),
    )

    covered = pass_line(database, listed)

    assert before == (GuaranteeStatus.CONFIRMED, 0, {}, ())
    assert drawdown(database, loan_of(listed)).status is DrawdownStatus.EFFECTIVE
    assert (covered.status, covered.outstanding_fen) == (GuaranteeStatus.EFFECTIVE, 3 * MILLION)
    assert liabilities(database) == {(HELAN.id, "uscc:a"): 240_000_000}


def test_passing_a_line_submits_it_to_the_tiers_which_still_decide(database: Database) -> None:
    covered = pass_line(database, lent(database))

    submitted = standing(filings_of(database, loan_of(covered)))
    accept(database, covered, "provincial")
    accept(database, covered, "national")

    assert submitted == {"provincial": FilingStatus.SUBMITTED, "national": FilingStatus.PENDING}
    assert liabilities(database) == {
        (HELAN.id, "uscc:a"): 240_000_000,
        (PROVINCE.id, "uscc:a"): 60_000_000,
        (FUND.id, "uscc:a"): 60_000_000,
    }


def test_a_line_that_fails_stays_with_the_bank(database: Database) -> None:
    listed = lent(database)

    failed = pass_line(database, listed, passed=False, reason="贷款用途不符。")

    assert (failed.status, failed.note, failed.outstanding_fen) == (
        GuaranteeStatus.REJECTED,
        "贷款用途不符。 The loan stays with the bank.",
        0,
    )
    assert (held(database), liabilities(database)) == ({}, {})
    assert filings_of(database, loan_of(listed)) == ()


def test_the_same_word_again_changes_nothing_and_another_is_refused(database: Database) -> None:
    listed = lent(database)
    covered = pass_line(database, listed)

    assert pass_line(database, listed) == covered
    with pytest.raises(Conflict, match="was checked"):
        pass_line(database, listed, passed=False, reason="晚了")

    assert books_out_of_order(database) == {}


def test_waiting_never_passes_a_line_but_is_told(database: Database) -> None:
    listed = lent(database)
    days = house_rules().programme("batch", read_back(database, listed).programme_effective).compliance_days

    let_pass(database, days)
    in_time = jobs.mark_overdue_checks(database)
    let_pass(database, 300)
    late, again = jobs.mark_overdue_checks(database), jobs.mark_overdue_checks(database)
    jobs.expire_reservations(database)

    assert (in_time, late, again) == (0, 1, 0)
    assert read_back(database, listed).status is GuaranteeStatus.CONFIRMED
    assert liabilities(database) == {}
    facts = [event for event in emitted(database) if event.topic == topics.GUARANTEE_GUARANTEE.name]
    assert facts[-1].decode(events.GuaranteeChanged).note.endswith("it has no cover yet.")
    assert pass_line(database, listed).status is GuaranteeStatus.EFFECTIVE


def test_a_repayment_before_the_check_is_not_covered_any_more(database: Database) -> None:
    listed = lent(database)
    repay(database, listed, 1 * MILLION)

    covered = pass_line(database, listed)

    assert (covered.outstanding_fen, liabilities(database)) == (
        1 * MILLION,
        {(HELAN.id, "uscc:a"): 80_000_000},
    )


def test_the_check_is_on_record_with_who_made_it(database: Database) -> None:
    listed = lent(database)
    pass_line(database, listed)

    with database.read() as tx:
        (entry,) = procedures.list_steps(tx, MANAGER, listed.id).items

    assert (entry.record.step, entry.by, entry.record.loan_id) == (
        Step.COMPLIANCE,
        "acc_manager",
        loan_of(listed),
    )


LATE = {"business_date": "2026-01-22"}
LARGE = {"amount_fen": 3 * MILLION + 1}
LONG = {"term_months": 37}


@pytest.mark.parametrize(
    ("loan", "said"),
    [
        (LATE, "Compliance: listed"),
        (LARGE, "the loan is larger than its reservation: 3,000,000.01 yuan lent, 3,000,000.00 reserved"),
        (LONG, "guarantee.batch.term_max_months: 37 months"),
    ],
)
def test_a_line_that_misses_a_rule_never_comes_before_the_guarantor(
    database: Database, loan: dict[str, Any], said: str
) -> None:
    refused = lent(database, **loan)

    assert refused.status is GuaranteeStatus.REJECTED
    assert refused.note is not None and said in refused.note
    assert refused.note.endswith("The loan stays with the bank.")
    assert held(database) == {}


def test_a_check_without_checks_a_reason_or_sense_is_refused() -> None:
    done, failed = Check(item="PURPOSE", done=True), Check(item="PURPOSE", done=False, note="不符")

    for wrong in (
        {"passed": True, "checks": ()},
        {"passed": True, "checks": (failed,)},
        {"passed": False, "checks": (done,)},
    ):
        with pytest.raises(Violation):
            Compliance(**wrong)  # type: ignore[arg-type]


def test_only_the_guarantor_itself_checks(database: Database) -> None:
    listed = lent(database)

    with pytest.raises(Forbidden):
        pass_line(database, replace(listed, guarantor="org_yinchuan"))

    assert read_back(database, listed).status is GuaranteeStatus.CONFIRMED


def at(database: Database, by: Principal) -> Client:
    return client_of(database, door.router, by.role, by.organisation, by.subject)


def test_many_lines_are_checked_at_once_each_by_itself(database: Database) -> None:
    passed, failed = lent(database, "app_1", "uscc:a"), lent(database, "app_2", "uscc:b")
    ordinary = confirm(database, reserve(database, wish("app_3", party="uscc:c")))
    done = (Check(item="PURPOSE", done=True),)
    items = [
        ComplianceItem(guarantee_id=passed.id, check=Compliance(passed=True, checks=done)),
        ComplianceItem(guarantee_id=failed.id, check=Compliance(passed=False, checks=done, reason="重复")),
        ComplianceItem(guarantee_id=ordinary.id, check=Compliance(passed=True, checks=done)),
        ComplianceItem(guarantee_id="gua_none", check=Compliance(passed=True, checks=done)),
    ]

    answer = at(database, OFFICER).post("/v1/compliance-checks", {"items": [dump(item) for item in items]})

    assert [(one["ok"], one["status"], one["field"]) for one in answer.json()["items"]] == [
        (True, "EFFECTIVE", None),
        (True, "REJECTED", None),
        (False, None, "loan_id"),
        (False, None, "guarantee_id"),
    ]
    assert books_out_of_order(database) == {}


def listing(database: Database, *rows: str, by: Principal = BANK, **other: Any) -> dict[str, Any]:
    body = {"programme": "batch", "guarantor": HELAN.id, "csv": HEADER + "\n".join(rows) + "\n"} | other
    answer = at(database, by).post("/v1/batch-lists", body)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def outside(number: str, party: str = "uscc:z", amount: str = "1,000,000.00", **other: str) -> str:
    """A row of a loan that nobody reserved for."""
    plain = {"county": "640122", "size": "SMALL", "kind": "ENTERPRISE", "months": "12", "day": "2026-11-20"}
    told = plain | other
    return (
        f"{number},,,{party},{told['county']},13,{told['size']},{told['kind']},"
        f'"{amount}",{told["months"]},{told["day"]}'
    )


def test_a_list_reserves_and_lists_what_nobody_applied_for(database: Database) -> None:
    kept = listing(database, outside("L-1"), outside("L-2", "uscc:y"))

    assert [(row["ok"], row["loan_id"]) for row in kept["rows"]] == [
        (True, "org_bank:L-1"),
        (True, "org_bank:L-2"),
    ]
    assert drawdown(database, "org_bank:L-1").status is DrawdownStatus.LISTED
    assert held(database)["programme/batch/2026"] == 2 * MILLION
    assert at(database, OFFICER).get(f"/v1/batch-lists/{kept['id']}").json() == kept
    facts = [event for event in emitted(database) if event.topic == topics.GUARANTEE_GUARANTEE.name]
    assert {fact.decode(events.GuaranteeChanged).application_id for fact in facts} == {""}


def test_the_same_list_again_is_the_same_loans(database: Database) -> None:
    first = listing(database, outside("L-1"))
    again = listing(database, outside("L-1"))
    other = listing(database, outside("L-1", amount="900,000.00"))

    assert again["rows"] == first["rows"]
    assert (other["rows"][0]["ok"], other["rows"][0]["field"]) == (False, "loan_number")
    assert held(database)["programme/batch/2026"] == 1 * MILLION


def test_a_row_names_a_reservation_or_a_loan_that_lending_told_of(database: Database) -> None:
    reserved = reserve(database, wish("app_1", party="uscc:a", programme="batch"))
    told = lent(database, "app_2", "uscc:b")
    row = ",3000000.00,12,2026-11-22"

    kept = listing(
        database,
        f"loan_x,{reserved.id},,,,,,{row}",
        f"loan_of_app_2,,app_2,,,,,{row}",
        f"loan_y,,app_9,,,,,{row}",
    )

    assert [(one["ok"], one["guarantee_id"], one["field"]) for one in kept["rows"]] == [
        (True, reserved.id, None),
        (True, told.id, None),
        (False, None, "application_id"),
    ]
    assert drawdown(database, "loan_x").guarantee_id == reserved.id


WRONG = [
    (outside("L 1"), "loan_number"),
    (outside("L-1", amount="-5"), "amount_yuan"),
    (outside("L-1", amount="5.001"), "amount_yuan"),
    (outside("L-1", day="2026-11-31"), "drawn_on"),
    (outside("L-1", day="2026-11-23"), "drawn_on"),
    (outside("L-1", months="1.5"), "term_months"),
    (outside("L-1", kind="STATE"), "owner_kind"),
    (outside("L-1", size="HUGE"), "size"),
    (outside("L-1", county="999999"), "dimensions/county"),
    (outside("L-1", party=""), "party"),
    (outside("L-1", size="LARGE"), "guarantee.batch.borrowers"),
    (outside("L-1", amount="99,000,000.00"), "guarantee.batch.loan_limit_fen"),
]


@pytest.mark.parametrize(("row", "field"), WRONG)
def test_a_wrong_row_is_told_by_its_column_and_leaves_nothing(
    database: Database, row: str, field: str
) -> None:
    kept = listing(database, row, outside("L-9"))

    bad, good = kept["rows"]
    assert (bad["ok"], bad["field"], bad["guarantee_id"], good["ok"]) == (False, field, None, True)
    assert bad["message"] and bad["mend"]
    assert held(database)["programme/batch/2026"] == 1 * MILLION
    assert limits_out_of_order(database) == []


@pytest.mark.parametrize("how", [{"dry_run": True}, {"all_or_nothing": True}])
def test_a_trial_or_a_list_with_a_wrong_row_that_is_all_or_nothing_keeps_nothing(
    database: Database, how: dict[str, bool]
) -> None:
    tried = listing(database, outside("L-1"), outside("L 2"), **how)

    assert (tried["id"], [row["ok"] for row in tried["rows"]]) == ("", [True, False])
    assert held(database) == {}
    with database.read() as tx:
        assert drawdown_store.if_any(tx, "org_bank:L-1") is None


def test_a_loan_listed_too_late_is_refused_and_says_so(database: Database) -> None:
    kept = listing(database, outside("L-1", day="2026-01-20"))

    (row,) = kept["rows"]
    assert (row["ok"], row["loan_id"]) == (False, "org_bank:L-1")
    assert row["message"].endswith("The loan stays with the bank.")
    assert (held(database), drawdown(database, "org_bank:L-1").status) == ({}, DrawdownStatus.REFUSED)


def test_a_bank_lists_its_own_loans_in_batch_business_only(database: Database) -> None:
    reserved = reserve(database, wish("app_1", party="uscc:a", programme="batch"))
    stranger = replace(BANK, organisation="org_other")
    body = {"programme": "ordinary", "guarantor": HELAN.id, "csv": HEADER}

    ordinary = at(database, BANK).post("/v1/batch-lists", body)
    guarantor = at(database, OFFICER).post("/v1/batch-lists", body)
    other = listing(database, f"loan_x,{reserved.id},,,,,,,3000000.00,12,2026-11-22", by=stranger)
    seen = at(database, BANK).get(f"/v1/batch-lists/{other['id']}")

    assert (ordinary.status_code, ordinary.json()["field"], guarantor.status_code) == (422, "programme", 403)
    assert (other["rows"][0]["ok"], other["rows"][0]["field"]) == (False, "guarantee_id")
    assert seen.status_code == 404


def test_a_guarantee_of_other_business_is_not_checked(database: Database) -> None:
    ordinary = disburse(database, confirm(database, reserve(database, wish(amount_fen=100 * YUAN))))

    assert pass_line(database, ordinary).status is GuaranteeStatus.EFFECTIVE
    with pytest.raises(NotFound):
        pass_line(database, ordinary, loan_id="loan_of_nobody")
