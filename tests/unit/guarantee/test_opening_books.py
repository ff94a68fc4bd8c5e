"""Books from off the platform: checked row by row, approved by a second person, and then in every limit."""

from dataclasses import replace
from datetime import date

import pytest

from libs.chassis.database import Database
from libs.chassis.problems import Conflict, Invalid, NotFound
from libs.criteria.violation import Violation
from services.guarantee.domain.ledger import Account
from services.guarantee.domain.opening import ControlTotals, ReturnedClaims
from services.guarantee.operations import guarantors, opening_books, quotes
from services.guarantee.store import ledger as ledger_store
from services.guarantee.store import opening as opening_store
from tests.unit.guarantee.books import (
    CHECKER,
    OCTOBER,
    OFFICER,
    approve,
    book,
    csv_of,
    load,
    monthly,
    party,
    row,
    upload,
)
from tests.unit.guarantee.chain import (
    HELAN,
    LENDING,
    MILLION,
    OPERATOR,
    YUAN,
    confirm,
    disburse,
    exposures_out_of_order,
    held,
    limits_out_of_order,
    proposal,
    reserve,
    wish,
)


def returned_liability(database: Database) -> int:
    """The liability of the book by the ledger."""
    with database.read() as tx:
        balances = ledger_store.balances(tx, HELAN.id)
    return -sum(fen for (_, account, _), fen in balances.items() if account == Account.RETURNED)


def test_a_book_of_412_contracts_takes_effect_in_exposures_limits_and_ledger(database: Database) -> None:
    rows = [row(number) for number in range(412)]

    loaded = load(database, rows)

    assert (loaded.contracts, loaded.liability_fen) == (412, 412 * 800_000 * YUAN)
    assert held(database)["guarantor/org_helan/liability"] == 412 * 600_000 * YUAN
    assert held(database)["admission/org_helan"] == 412 * MILLION
    assert held(database)[f"borrower/{party(7)}/ordinary"] == 1 * MILLION
    assert returned_liability(database) == 412 * 800_000 * YUAN
    assert limits_out_of_order(database) == []


def test_what_is_blocked_by_a_return_says_so(database: Database) -> None:
    """The story of the tenth: 9,999,999.99 yuan stand, of which 3,000,000.00 are not the platform's."""
    firm = party(1)
    elsewhere = {"programme": "", "loan_amount": "3750000", "loan_balance": "3750000"}
    load(database, [row(1, **elsewhere, guaranteed_balance="3000000")])
    reserve(database, wish("app_1", 874_999_999, firm))

    with pytest.raises(Conflict) as refused:
        reserve(database, wish("app_2", 3, firm))

    assert refused.value.field == "guarantee.red_lines.concentration_bp"
    words = "9,999,999.99 held, of which 3,000,000.00 from returns, and 0.02 more, in yuan"
    assert words in refused.value.detail
    assert refused.value.source is not None and "第十六条" in refused.value.source
    assert reserve(database, wish("app_3", 1, firm)).amount_fen == 1
    assert exposures_out_of_order(database) == []


def test_a_quote_tells_what_comes_from_returns(database: Database) -> None:
    load(database, [row(1)])

    with database.read() as tx:
        found = quotes.quote(tx, LENDING, proposal(party=party(1))).structures

    own = next(one for one in found if (one.programme, one.guarantor) == ("ordinary", HELAN.id))
    rooms = {room.limit: (room.used_fen, room.returned_fen) for room in own.rooms}
    assert rooms["guarantor/org_helan/liability"] == (600_000 * YUAN, 600_000 * YUAN)
    assert rooms[f"borrower/{party(1)}/ordinary"] == (1 * MILLION, 1 * MILLION)


MISTAKES = [
    ({"party": "uscc:916401000000000001"}, "party"),
    ({"party": ""}, "party"),
    ({"programme": "unknown"}, "programme"),
    ({"loan_amount": "0"}, "loan_amount"),
    ({"loan_balance": "1000000.001"}, "loan_balance"),
    ({"loan_balance": "1000001"}, "loan_balance"),
    ({"guaranteed_balance": "-1"}, "guaranteed_balance"),
    ({"guaranteed_balance": "1000000.01"}, "guaranteed_balance"),
    ({"size": "TINY"}, "size"),
    ({"owner_kind": "STATE"}, "owner_kind"),
    ({"county": "640100"}, "county"),
    ({"drawn_on": "2026-11-01"}, "drawn_on"),
    ({"drawn_on": "yesterday"}, "drawn_on"),
    ({"due_on": "2025-05-31"}, "due_on"),
    ({"national_filed": "maybe"}, "national_filed"),
    ({"contract": "HL-0"}, "contract"),
]


@pytest.mark.parametrize(("change", "column"), MISTAKES)
def test_one_wrong_row_is_named_and_nothing_is_kept(
    database: Database, change: dict[str, str], column: str
) -> None:
    rows = [row(0), row(1, **change), row(2)]

    report = upload(database, replace(book([row(0)]), csv=csv_of(rows)))

    wrong = [(one.row, one.column) for one in report.rows if not one.ok]
    assert wrong == [(3, column)]
    assert all(one.mend for one in report.rows if not one.ok)
    assert report.book is None
    with database.read() as tx:
        assert opening_store.page_of(tx, HELAN.id, None, 0).items == ()


def test_totals_that_do_not_agree_keep_the_book_out(database: Database) -> None:
    wrong = ControlTotals(contracts=2, balance_fen=1 * MILLION, liability_fen=800_000 * YUAN - 1)

    report = upload(database, book([row(1)], totals=wrong))

    assert report.book is None
    assert [(one.field, one.told - one.found) for one in report.mismatches] == [
        ("totals/contracts", 1),
        ("totals/liability_fen", -1),
    ]


def test_a_dry_run_keeps_nothing(database: Database) -> None:
    report = upload(database, book([row(1)], dry_run=True))

    assert (report.book, report.rows[0].ok, report.mismatches) == (None, True, ())


def test_a_contract_that_is_on_the_platform_is_refused_as_counted_twice(database: Database) -> None:
    guarantee = reserve(database, wish())
    disburse(database, confirm(database, guarantee))

    report = upload(database, book([row(1, contract="loan_of_app_1"), row(2, contract=guarantee.id)]))

    assert [(one.ok, one.column) for one in report.rows] == [(False, "contract"), (False, "contract")]


def test_a_contract_that_came_to_the_platform_after_the_upload_stops_the_approval(database: Database) -> None:
    report = upload(database, book([row(1, contract="app_1")]))
    reserve(database, wish())

    with pytest.raises(Conflict, match="app_1"):
        approve(database, report.book or "")


def test_who_uploaded_a_book_does_not_approve_it(database: Database) -> None:
    report = upload(database, book([row(1)]), by=CHECKER)

    with pytest.raises(Violation, match="does not check it"):
        approve(database, report.book or "")
    assert "guarantor/org_helan/liability" not in held(database)


def test_a_book_is_nobody_elses(database: Database) -> None:
    report = upload(database, book([row(1)]))
    stranger = replace(CHECKER, organisation="org_yinchuan")

    with pytest.raises(NotFound):
        approve(database, report.book or "", stranger)


def test_a_rejected_book_stays_out(database: Database) -> None:
    report = upload(database, book([row(1)]))
    rejection = opening_books.BookRejection(reason="余额不符")
    rejected = database.transact(lambda tx: opening_books.reject(tx, CHECKER, report.book or "", rejection))

    with pytest.raises(Violation, match="REJECTED already"):
        approve(database, report.book or "")
    assert (rejected.reason, rejected.decided_by) == ("余额不符", "acc_checker")


def test_a_loaded_book_replaces_the_figure_that_stood_for_it(database: Database) -> None:
    opened = replace(HELAN, opening_liability_fen=900 * MILLION)
    database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, opened.id, opened))

    load(database, [row(1)])

    assert held(database)["guarantor/org_helan/liability"] == 600_000 * YUAN
    with pytest.raises(Invalid) as refused:
        database.transact(lambda tx: guarantors.put_guarantor(tx, OPERATOR, opened.id, opened))
    assert refused.value.field == "opening_liability_fen"
    assert limits_out_of_order(database) == []


def test_a_monthly_return_replaces_the_book(database: Database) -> None:
    load(database, [row(1), row(2), row(3)], as_of=date(2026, 9, 30))

    monthly(database, [row(1, loan_balance="500000", guaranteed_balance="400000"), row(4)], OCTOBER)

    assert held(database)["guarantor/org_helan/liability"] == 900_000 * YUAN
    assert f"borrower/{party(2)}/ordinary" not in held(database)
    assert returned_liability(database) == 1_200_000 * YUAN
    assert limits_out_of_order(database) == []


def test_new_business_of_the_year_stays_new_business_when_a_return_leaves_it_out(database: Database) -> None:
    this_year = {"drawn_on": "2026-02-01", "national_filed": "yes"}
    load(database, [row(1, **this_year), row(2)], as_of=date(2026, 9, 30))

    monthly(database, [row(2)], OCTOBER)

    assert held(database)["programme/ordinary/2026"] == 1 * MILLION
    assert held(database)["province/2026"] == 1 * MILLION
    assert held(database)["admission/org_helan"] == 1 * MILLION


def test_returns_come_in_the_order_of_their_months(database: Database) -> None:
    with pytest.raises(Conflict) as early:
        monthly(database, [row(1)], OCTOBER)
    load(database, [row(1)])
    with pytest.raises(Conflict) as again:
        monthly(database, [row(1)], OCTOBER)
    with pytest.raises(Conflict) as twice:
        load(database, [row(1)])
    with pytest.raises(Violation) as midmonth:
        monthly(database, [row(1)], date(2026, 11, 15))
    with pytest.raises(Invalid) as ahead:
        monthly(database, [row(1)], date(2026, 11, 30))

    fields = [one.value.field for one in (early, again, twice, midmonth, ahead)]
    assert fields == ["kind", "as_of", "kind", "as_of", "as_of"]


def test_a_return_is_true_even_where_it_goes_beyond_a_limit(database: Database) -> None:
    much = {"loan_amount": "15000000", "loan_balance": "15000000", "guaranteed_balance": "12000000"}

    load(database, [row(1, **much)])

    assert held(database)[f"guarantor/org_helan/borrower/{party(1)}"] == 12 * MILLION
    with pytest.raises(Conflict, match="12,000,000.00 from returns"):
        reserve(database, wish("app_1", 2, party(1)))


def test_claims_of_returns_must_name_a_programme(database: Database) -> None:
    claims = ReturnedClaims(
        programme="none", bank="org_bank", paid_fen=1, released_fen=1, released_fen_days=1
    )

    with pytest.raises(Invalid) as refused:
        upload(database, book([row(1)], claims=(claims,)), OFFICER)

    assert refused.value.field == "claims/0/programme"
