"""A bank joins, lends on a patent, and loses nothing while its endpoint is down for six hours."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.doors import Refused, wait_for
from app.supervisor import Platform
from tests.journeys.bank_story import (
    BAD_ROWS,
    LENT_FEN,
    MONTHS,
    PRODUCTS,
    BankStory,
    Endpoint,
    Json,
)
from tests.support.platform import Running

REPAID_FEN, INTEREST_FEN = 5_000_000, 240_000


@pytest.mark.slow
@pytest.mark.timeout(1800)  # two platforms start, and lending again twice
def test_a_bank_loads_its_products_lends_on_a_patent_and_hears_of_all_of_it(full: Running) -> None:
    story = BankStory(Cast(full.doors), seeding.today())
    assert full.platform is not None

    load_and_publish(story)
    with Endpoint().listening() as endpoint:
        story.bank.manager.post("/v1/webhooks", {"url": endpoint.url, "types": []})
        endpoint.up = False
        before = story.feed()[-1]["position"]
        loan = lend_on_the_patent(story)
        assert story.reconcile(story.today, "day-1")["difference_count"] == 0

        missed = story.feed(before)
        assert [one["subject"] for one in missed if one["type"] == "loan.disbursed"] == [loan["id"]]
        assert endpoint.heard == []

        endpoint.up = True
        with later(full.platform, hours=6):
            assert story.feed(before)[: len(missed)] == missed
            wanted = {one["id"] for one in missed}
            wait_for("the webhook to catch up", lambda: wanted <= set(endpoint.heard) or None)


def load_and_publish(story: BankStory) -> None:
    """Three of 200 rows are wrong: each tells its cell and its mend; a second person publishes the rest."""
    content = story.workbook()
    first, again = story.upload(content, "products-1"), story.upload(content, "products-1")
    report: Json = first.json()

    assert (report["accepted"], report["rejected"]) == (PRODUCTS - len(BAD_ROWS), len(BAD_ROWS))
    bad = {row["row"] - 1: row["mistakes"][0] for row in report["rows"] if row["outcome"] == "REJECTED"}
    assert bad.keys() == BAD_ROWS.keys()
    for number, (column, _) in BAD_ROWS.items():
        assert bad[number]["place"].endswith(str(number + 1)), bad[number]  # the header is row 1
        assert bad[number]["field"].startswith(column.replace(".", "/")) and bad[number]["mend"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == report

    accepted = next(row for row in report["rows"] if row["outcome"] == "ACCEPTED")
    with pytest.raises(Refused, match="BANK_MANAGER"):
        story.bank.officer.post(f"/v1/products/{accepted['product_id']}/publish")
    assert story.publish(report) == PRODUCTS - len(BAD_ROWS)


def lend_on_the_patent(story: BankStory) -> Json:
    """From the firm's question to the first repayment; two banks want the same patent, one gets it."""
    bank, rival = story.bank, story.rival
    with story.lending_on_patents(bank, -20_000) as ours, story.lending_on_patents(rival, -19_000) as theirs:
        firm = story.firm()
        request, (plan, their_plan) = story.plan(firm, ours, theirs)
        application = story.apply(firm, request, plan, bank)
        lost = story.apply(firm, request, their_plan, rival)
        story.offer(firm, bank, application, plan)

        pledge = story.pledge(bank, application, story.invention)
        assert pledge["lendable_fen"] == LENT_FEN
        with pytest.raises(Refused) as taken:
            story.pledge(rival, lost, story.invention)
        assert taken.value.problem["status"] == 409 and bank.id not in str(taken.value)
        with pytest.raises(Refused, match="2027-05-01"):
            story.pledge(bank, application, story.utility_model)

        story.sign(bank, application)
        drawdown = {"disbursed_on": story.today.isoformat(), "external_id": "JJ-1"}
        with pytest.raises(Refused) as unregistered:
            bank.officer.post(f"/v1/applications/{application}/disburse", drawdown)
        assert "pledge" in unregistered.value.problem["field"]

        registration = {"number": "Y2026640000123", "registered_on": story.today.isoformat()}
        bank.officer.post(f"/v1/pledges/{pledge['id']}/register", registration)
        loan: Json = bank.officer.post(f"/v1/applications/{application}/disburse", drawdown)
        assert (loan["amount_fen"], loan["term_months"]) == (LENT_FEN, MONTHS)
        assert rival.officer.get(f"/v1/applications/{lost}")["status"] == "CLOSED"
        repay_twice(story, loan)
    return loan


def repay_twice(story: BankStory, loan: Json) -> None:
    """The same report of a payment under the same key, as after a timeout: it acts once."""
    paid = {"principal_fen": REPAID_FEN, "interest_fen": INTEREST_FEN, "external_id": "HK-1"}
    paid |= {"paid_on": story.today.isoformat()}
    first, again = (story.replayed(f"/v1/loans/{loan['id']}/repayments", paid, "pay-1") for _ in range(2))

    assert first == again
    assert story.bank.officer.get(f"/v1/loans/{loan['id']}")["outstanding_fen"] == LENT_FEN - REPAID_FEN
    story.book += [
        f"DISBURSED,JJ-1,,{LENT_FEN},0",
        f"REPAID,JJ-1,HK-1,{REPAID_FEN},{INTEREST_FEN}",
        f"BALANCE,JJ-1,,{LENT_FEN - REPAID_FEN},0",
    ]


@contextmanager
def later(platform: Platform, hours: int) -> Iterator[None]:
    """Lending's clock goes so much later: it starts again with it, and again without it after the block."""
    lending = platform.children["lending"]
    usual = lending.environment
    lending.environment = {**usual, "RONGQIAO_CLOCK_SHIFT_HOURS": str(hours)}
    try:
        restart(platform)
        yield
    finally:
        lending.environment = usual
        restart(platform)


def restart(platform: Platform) -> None:
    killed = platform.kill("lending")
    wait_for("lending to start", lambda: platform.children["lending"].process.pid != killed or None)
    platform.wait_ready("lending")
