"""One guarantor from the opening book to the recovery, to the fen, through public doors; killed between payments."""

import json
from datetime import timedelta

import pytest

from app.demo import seeding
from app.demo.cast import Cast
from tests.journeys.chain_story import BOOK_SIZE, ChainStory, Json
from tests.support.platform import Running

LOAN_FEN = 2_418_765_43
COVER_FEN = 1_935_012_34
NEARLY_A_TENTH_FEN = 9_999_999_99


def killer(running: Running) -> ChainStory:
    """The story on this platform; in full mode the service is killed after every step that moves money."""
    platform = running.platform
    story = ChainStory(Cast(running.doors), seeding.today())
    if platform is not None:
        story.between = lambda: platform.kill("guarantee")
    return story


@pytest.mark.slow
@pytest.mark.timeout(1800)  # two platforms start, and the service again a dozen times
def test_every_fen_of_a_default_is_borne_paid_refunded_and_recovered(running: Running) -> None:
    story = killer(running)
    with story.alone_in_its_county():
        claimed = story.lend(story.firm(1, LOAN_FEN), story.today)
        late = story.lend(story.firm(2, LOAN_FEN), story.today - timedelta(days=150))
        filed = story.file(claimed)
        book = story.load_book(claimed.party, NEARLY_A_TENTH_FEN - COVER_FEN)
        blocked = quote(story, claimed.party, claimed.bank)
        expired = story.await_expiry(late)
        covered = story.manager.get(f"/v1/guarantees/{late.guarantee_id}")
        batch = story.fail_compliance(story.list_a_batch(claimed.bank)["guarantee_id"], "借款人为融资平台")

    assert filed["status"] == "FILED"
    assert (book["status"], book["contracts"]) == ("APPROVED", BOOK_SIZE)
    assert_blocked_by_a_tenth(blocked)
    assert (covered["status"], covered["outstanding_fen"]) == ("EFFECTIVE", LOAN_FEN)
    assert all("the direct guarantor bears this tier's part alone" in one["reason"] for one in expired)
    assert (batch["status"], batch["outstanding_fen"]) == ("REJECTED", 0)
    assert "stays with the bank" in batch["note"]

    claim = story.claim(claimed, LOAN_FEN)
    alone = story.claim(late, LOAN_FEN)
    assert parts(claim) == {
        "bank": 483_753_09,
        "national": 483_753_08,
        "provincial": 483_753_08,
        "local": 967_506_18,
    }
    assert parts(alone) == {"bank": 483_753_09, "national": 0, "provincial": 0, "local": COVER_FEN}
    assert story.pay_all(claim["id"], "CLAIM") == {"local to bank": COVER_FEN}
    assert story.pay_all(alone["id"], "CLAIM") == {"local to bank": COVER_FEN}
    assert story.pay_all(alone["id"], "REIMBURSEMENT") == {}
    assert story.pay_all(claim["id"], "REIMBURSEMENT") == {
        "province to local": 483_753_08,
        "fund to local": 483_753_08,
    }
    assert [story.read_claim(one)["status"] for one in (claim, alone)] == ["SETTLED", "SETTLED"]

    recovery = story.recover(claim, 900_000_00, 60_000_00)
    assert {part["party"]: part["amount_fen"] for part in recovery["parts"]} == {
        "bank": 168_000_00,
        "national": 168_000_00,
        "provincial": 168_000_00,
        "local": 336_000_00,
    }
    assert story.pay_all(recovery["id"], "RECOVERY") == {
        "local to bank": 168_000_00,
        "local to fund": 168_000_00,
        "local to province": 168_000_00,
    }
    for mine, theirs in story.statements():
        assert mine["agrees"] and theirs["agrees"]
        assert mine["closing_fen"] == -theirs["closing_fen"]
        assert [line["amount_fen"] for line in mine["lines"]], "nothing passed between them"
    assert_the_books_are_right(running)


def quote(story: ChainStory, party: str, bank: str) -> Json:
    """Two fen more of liability for the firm: a loan of three."""
    firm = {
        "county": "640422",
        "owner_kind": "COOPERATIVE",
        "size": None,
        "firm_key": "k",
        "industry_division": "",
    }
    asked = {"party": party, "bank": bank, "amount_fen": 3, "term_months": 12, "dimensions": firm}
    structures = story.officer.post("/v1/quotes", asked)["structures"]
    return next(one for one in structures if one["programme"] == "ordinary")


def assert_blocked_by_a_tenth(structure: Json) -> None:
    breaches = {breach["rule"]: breach for breach in structure["breaches"]}
    breach = breaches["guarantee.red_lines.concentration_bp"]
    assert "9,999,999.99" in breach["figure"]
    assert "8,064,987.65" in breach["figure"], "the part from off the platform is not named"
    assert "0.02" in breach["figure"]
    assert "10,000,000.00" in breach["limit"]


def parts(claim: Json) -> dict[str, int]:
    return {part["party"]: part["bears_fen"] for part in claim["parts"]}


def assert_the_books_are_right(running: Running) -> None:
    audit = running.command("guarantee", "guarantee", "audit", "--json")
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert json.loads(audit.stdout)["difference"] is None
