"""Claims: the bank's notice, who decides on it, and how the loss is split among those who took the loan."""

from datetime import timedelta
from typing import Any

import pytest

from libs.chassis.database import Database
from libs.chassis.principal import Principal, Role
from libs.chassis.problems import Conflict, Forbidden, NotFound
from libs.criteria.violation import Violation
from libs.eventing import topics
from rongqiao.guarantee.v1 import claims_pb2, events_pb2
from services.guarantee import jobs
from services.guarantee.domain.claim import ClaimStatus, Refusal, RefusalGround
from services.guarantee.domain.compliance import Compliance
from services.guarantee.domain.drawdown import DrawdownStatus
from services.guarantee.domain.due import DueStatus
from services.guarantee.domain.guarantee import Extension, Rejection
from services.guarantee.domain.procedure import Check
from services.guarantee.operations import claims, compliance, filings, guarantees
from tests.support.services import emitted
from tests.unit.guarantee.chain import HELAN, MANAGER, MILLION, TODAY
from tests.unit.guarantee.losses import (
    BANK,
    DOCUMENTS,
    FUND,
    PROVINCE,
    STORY_FEN,
    accept,
    bears,
    cash,
    claim_of,
    claimed,
    difference,
    drawdown,
    dues,
    everything,
    lend,
    list_batch,
    loss,
    notify,
    open_dues,
    owed,
    pay,
    pay_all,
    received,
    recover,
    refuse,
    repay,
    settled,
    wait,
)

OTHER_BANK = Principal("acc_other", Role.BANK_MANAGER, "org_other")


def test_the_story_of_a_claim_comes_out_to_the_fen(database: Database) -> None:
    loan = lend(database)
    pay_all(database)
    seen = [difference(database)]

    claim = accept(database, notify(database, loan, STORY_FEN))
    seen.append(difference(database))
    to_bank = owed(database)
    pay_all_of_today(database, seen)
    back = recover(database, claim, 90_000_000, 6_000_000)
    pay_all_of_today(database, seen)

    assert to_bank == {("helan", "bank"): 193_501_234}
    assert bears(claim) == {
        "bank": 48_375_309,
        "national": 48_375_308,
        "provincial": 48_375_308,
        "local": 96_750_618,
    }
    assert received(back) == {
        "bank": 16_800_000,
        "national": 16_800_000,
        "provincial": 16_800_000,
        "local": 33_600_000,
    }
    assert [loss(database, book, claim) for book in ("org_helan", "org_province", "org_fund")] == [
        96_750_618 - 33_600_000,
        48_375_308 - 16_800_000,
        48_375_308 - 16_800_000,
    ]
    assert cash(database, "org_helan", "org_bank") == -193_501_234 - 16_800_000
    assert claim_of(database, claim).status is ClaimStatus.SETTLED
    assert set(seen) == {None}


def pay_all_of_today(database: Database, seen: list[Any]) -> None:
    """Every due and what follows from it, with an audit after each."""
    while found := open_dues(database):
        pay(database, found[0])
        seen.append(difference(database))


def test_a_loan_that_was_filed_too_late_leaves_the_local_guarantor_alone(business: Database) -> None:
    loan = lend(business, filed=())
    wait(business, days=61)
    jobs.expire_filings(business)

    claim = settled(business, loan, STORY_FEN)

    assert bears(claim) == {"bank": 48_375_309, "national": 0, "provincial": 0, "local": 193_501_234}
    assert loss(business, HELAN.id, claim) == 193_501_234
    assert "org_helan bears these parts alone" in (drawdown(business, loan).note or "")
    assert difference(business) is None


def test_a_claim_waits_until_every_tier_has_decided_on_the_loan(business: Database) -> None:
    loan = lend(business, filed=("provincial",))
    claim = notify(business, loan, STORY_FEN)
    before = everything(business)

    with pytest.raises(Conflict, match="national SUBMITTED") as waits:
        accept(business, claim)

    assert (waits.value.field, everything(business)) == ("filings", before)
    reject = Rejection(reason="资料不全")
    business.transact(lambda tx: filings.reject_filing(tx, FUND, loan, "national", reject))
    assert bears(accept(business, claim)) == {
        "bank": 48_375_309,
        "national": 0,
        "provincial": 48_375_308,
        "local": 145_125_926,
    }


def test_an_extended_loan_that_was_called_in_its_old_term_is_borne_by_all(business: Database) -> None:
    loan = lend(business)
    line = drawdown(business, loan)
    later = Extension(due_on=line.due_on + timedelta(days=90), reason="资金周转")
    business.transact(lambda tx: guarantees.extend(tx, MANAGER, line.guarantee_id, later))
    wait(business, days=10)

    called = accept(business, notify(business, loan, STORY_FEN, accelerated_on=TODAY + timedelta(days=9)))

    assert bears(called)["provincial"] == 48_375_308
    assert bears(called)["local"] < 193_501_234


def test_a_line_that_failed_the_check_stays_with_the_bank(business: Database) -> None:
    loan = list_batch(business, 3 * MILLION)
    line = drawdown(business, loan)
    failed = Compliance(
        passed=False, checks=(Check(item="BORROWER_KIND", done=False, note="中型"),), reason="非小微"
    )
    business.transact(lambda tx: compliance.check_compliance(tx, MANAGER, line.guarantee_id, failed))
    before = everything(business)

    with pytest.raises(Conflict, match="REFUSED and not under cover") as refused:
        notify(business, loan, 3 * MILLION)

    assert (refused.value.field, everything(business)) == ("loan_id", before)
    assert open_dues(business) == []


def test_a_claim_without_its_documents_is_not_accepted(business: Database) -> None:
    claim = notify(business, lend(business), STORY_FEN, documents=DOCUMENTS[1:])
    before = everything(business)

    with pytest.raises(Conflict, match=DOCUMENTS[0]) as refused:
        accept(business, claim)

    assert (refused.value.field, everything(business)) == ("documents", before)
    assert "claim_documents" in (refused.value.source or "")


def test_a_refusal_names_its_grounds_and_lets_the_bank_claim_anew(business: Database) -> None:
    loan = lend(business)
    claim = refuse(business, notify(business, loan, STORY_FEN))
    before = everything(business)

    with pytest.raises(Conflict, match="REFUSED"):
        accept(business, claim)
    with pytest.raises(Conflict, match="REFUSED"):
        refuse(business, claim)

    assert everything(business) == before
    assert (claim.status, claim.grounds) == (ClaimStatus.REFUSED, (RefusalGround.PURPOSE_BREACHED,))
    assert accept(business, notify(business, loan, STORY_FEN, "2")).status is ClaimStatus.ACCEPTED


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"grounds": (), "reason": "无"}, "grounds"),
        ({"grounds": (RefusalGround.OTHER,), "reason": " "}, "reason"),
    ],
)
def test_a_refusal_without_grounds_or_words_is_none(content: dict[str, Any], field: str) -> None:
    with pytest.raises(Violation) as refused:
        Refusal(**content)

    assert refused.value.field == field


@pytest.mark.parametrize(
    "by",
    [
        BANK,
        PROVINCE,
        Principal("acc_officer", Role.GUARANTOR_OFFICER, HELAN.id),
        Principal("acc_manager", Role.GUARANTOR_MANAGER, "org_yinchuan"),
    ],
)
def test_nobody_but_its_guarantors_manager_decides_a_claim(business: Database, by: Principal) -> None:
    claim = notify(business, lend(business), STORY_FEN)
    before = everything(business)

    with pytest.raises(Forbidden):
        business.transact(lambda tx: claims.accept(tx, by, claim.id))
    with pytest.raises(Forbidden):
        refusal = Refusal(grounds=(RefusalGround.OTHER,), reason="无")
        business.transact(lambda tx: claims.refuse(tx, by, claim.id, refusal))

    assert everything(business) == before


def test_a_loan_that_is_repaid_after_the_notice_is_not_paid_for_twice(business: Database) -> None:
    loan = lend(business, 10_000)
    claim = notify(business, loan, 10_000)
    repay(business, loan, 7_000)
    before = everything(business)

    with pytest.raises(Conflict, match="repaid since the notice") as refused:
        accept(business, claim)

    assert (refused.value.field, everything(business)) == ("principal_fen", before)
    refuse(business, claim)
    assert claimed(business, loan, 7_000, "2").status is ClaimStatus.ACCEPTED


def test_a_repayment_between_decision_and_payment_does_not_stop_the_payment(business: Database) -> None:
    loan = lend(business, 10_000)
    claim = claimed(business, loan, 10_000)
    repay(business, loan, 7_000)

    pay_all(business)

    assert claim_of(business, claim).status is ClaimStatus.SETTLED
    assert drawdown(business, loan).outstanding_fen == 0
    assert difference(business) is None


def test_a_fen_that_only_the_bank_bears_leaves_cover_at_once(business: Database) -> None:
    loan = lend(business, 1)
    pay_all(business)

    claim = claimed(business, loan, 1)

    assert (claim.status, bears(claim)["bank"], dues(business, DueStatus.OPEN)) == (
        ClaimStatus.SETTLED,
        1,
        [],
    )
    assert drawdown(business, loan).status is DrawdownStatus.RELEASED
    assert difference(business) is None


def test_every_change_of_a_claim_is_told_and_nothing_of_the_firm(business: Database) -> None:
    settled(business, lend(business), STORY_FEN)

    told = [
        event.decode(events_pb2.ClaimChanged)
        for event in emitted(business)
        if event.topic == topics.GUARANTEE_CLAIM.name
    ]

    steps = [claims_pb2.ClaimStatus.Name(one.status).removeprefix("CLAIM_STATUS_") for one in told]
    assert steps == ["NOTIFIED", "ACCEPTED", "PAID", "PAID", "SETTLED"]
    assert sum(part.bears_fen for part in told[-1].parts) == STORY_FEN
    assert "uscc:1" not in repr(told)


def test_a_claim_is_seen_by_its_own_sides_and_the_tiers(business: Database) -> None:
    claim = notify(business, lend(business), STORY_FEN)
    stranger = Principal("acc_manager", Role.GUARANTOR_MANAGER, "org_yinchuan")

    with business.read() as tx:
        seen = [claims.get_claim(tx, by, claim.id) for by in (BANK, MANAGER, PROVINCE, FUND)]
        lists = [
            len(claims.list_claims(tx, by).items) for by in (BANK, MANAGER, PROVINCE, stranger, OTHER_BANK)
        ]
        accepted = claims.list_claims(tx, BANK, ClaimStatus.ACCEPTED).items
        for by in (OTHER_BANK, stranger):
            with pytest.raises(NotFound):
                claims.get_claim(tx, by, claim.id)

    assert seen == [claim] * 4
    assert (lists, accepted) == ([1, 1, 1, 0, 0], ())
