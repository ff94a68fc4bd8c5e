"""What an entry's hash is over: JSON as anybody can write it anew, in any language."""

import hashlib
import json
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.database import Database
from services.guarantee.domain.ledger import (
    GENESIS,
    Account,
    Head,
    Kind,
    Movement,
    chained,
    hash_of,
    lines_of,
    transfer,
    written,
)
from services.guarantee.operations import ledger
from services.guarantee.store import ledger as ledger_store
from tests.unit.guarantee.chain import HELAN

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@given(other=st.text(max_size=20), reference=st.text(max_size=20), loan_id=st.none() | st.text(max_size=20))
def test_the_hash_is_over_the_json_array_of_all_that_an_entry_says(
    other: str, reference: str, loan_id: str | None
) -> None:
    lines = transfer((Account.FEE_EXPENSE, ""), (Account.PAYABLE, other), 9_00)
    moved = Movement(
        book="org_helan",
        kind=Kind.FEE_CHARGED,
        on=date(2026, 11, 21),
        reference=reference,
        postings=lines,
        loan_id=loan_id,
    )

    entry = written(Head(book="org_helan", number=6, hash=GENESIS), moved, NOON, "2026-11")

    postings = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    said = [GENESIS, "org_helan", 7, "FEE_CHARGED", "2026-11-21", "2026-11-22T04:00:00.000000+00:00"]
    text = json.dumps([*said, loan_id, reference, "2026-11", postings], separators=(",", ":"))
    assert entry.hash == hash_of(GENESIS, entry) == hashlib.sha256(text.encode()).hexdigest()
    assert lines_of(entry) == lines


def test_an_entry_is_read_back_as_the_text_that_was_hashed(database: Database) -> None:
    moved = Movement(
        book=HELAN.id,
        kind=Kind.FEE_CHARGED,
        on=date(2026, 11, 21),
        reference="due_1",
        postings=transfer((Account.CASH, "uscc:a"), (Account.FEE_INCOME, ""), 9_00),
    )
    database.transact(lambda tx: ledger.post(tx, [moved]))

    with database.read() as tx:
        (entry,) = ledger_store.stored(tx, HELAN.id)

    assert (entry.business_date, entry.recorded_at) == ("2026-11-21", "2026-11-22T04:00:00.000000+00:00")
    assert chained(GENESIS, entry) == entry.hash
