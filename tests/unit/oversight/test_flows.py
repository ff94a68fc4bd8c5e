from datetime import date
from functools import partial

import pytest

from libs.chassis.principal import Principal, Role
from libs.chassis.rpc import invoke
from libs.criteria.violation import Violation
from rongqiao.lending.v1 import events_pb2 as lending_events
from rongqiao.lending.v1 import lending_pb2 as lending
from rongqiao.matching.v1 import events_pb2 as matching_events
from rongqiao.oversight.v1 import oversight_pb2 as pb
from rongqiao.oversight.v1 import oversight_pb2_grpc
from services.oversight import operations
from services.oversight.rpc import OversightServicer
from tests.support.rpc import door_of, serving, token_of
from tests.unit.oversight.conftest import (
    CANCELLED,
    COUNTED,
    EFFECTIVE,
    POLICIES,
    RESERVED,
    Bureau,
    asked,
    dimensions,
)


def test_a_table_has_every_label_and_its_totals(bureau: Bureau) -> None:
    bureau.lend_many(6)
    bureau.lend_many(7, county="640202")
    assert bureau.release() == 1

    table = bureau.table()
    assert table["640104", "WORKING_CAPITAL"] == table["640104", ""] == 6
    assert table["640202", "WORKING_CAPITAL"] == 7
    assert table["", ""] == table["", "WORKING_CAPITAL"] == 13
    assert table["640502", "PROJECT"] == 0
    assert len(table) == 23 * 11


def test_a_small_cell_is_hidden_and_so_is_what_would_give_it_away(bureau: Bureau) -> None:
    for county in ("640104", "640105", "640202"):
        bureau.lend_many(8, county=county)
        bureau.lend_many(8, county=county, kind=lending.PRODUCT_KIND_FIXED_ASSET)
    bureau.lend("alone", county="640104", kind=lending.PRODUCT_KIND_PROJECT, bank="org_ridge")
    bureau.release()

    table = bureau.table()
    assert table["640104", "PROJECT"] == "*"
    assert table["", "PROJECT"] == "*"
    row = [table["640104", kind] for kind in ("WORKING_CAPITAL", "FIXED_ASSET", "PROJECT", "")]
    assert row.count("*") >= 2
    assert table["", ""] == 49


def test_nothing_is_published_of_fewer_than_five_firms_or_of_one_bank(bureau: Bureau) -> None:
    bureau.lend_many(4)
    few = bureau.release()
    for number in range(4):
        bureau.lend(f"firm_{number}", county="640202", on="2026-09-15")
    bureau.lend("firm_9", county="640202", on="2026-09-16")

    assert (few, bureau.release()) == (0, 0)
    assert set(bureau.table(month_from="2026-09").values()) == {0}


def test_one_giant_among_many_keeps_the_batch_waiting(bureau: Bureau) -> None:
    bureau.lend_many(6)
    bureau.lend("giant", amount_fen=10_000_000_000, bank="org_ridge")

    assert bureau.release() == 0


def test_what_was_published_never_changes_and_late_facts_come_as_a_batch_of_their_own(bureau: Bureau) -> None:
    bureau.lend_many(6)
    bureau.release()
    first = bureau.table(measure="AMOUNT")
    bureau.lend("late", amount_fen=123_456_700)
    bureau.release()
    after_one_more = bureau.table(measure="AMOUNT")
    for number in range(5):
        bureau.lend(f"later_{number}", bank=("org_spring", "org_ridge")[number % 2])
    bureau.release()

    assert after_one_more == first
    assert bureau.table(measure="LOANS")["", ""] == 12


def test_in_the_month_that_is_not_over_a_batch_has_to_be_larger(bureau: Bureau) -> None:
    wanted = POLICIES.integer_on("oversight.early_batch_firms", date(2026, 11, 22))
    bureau.lend_many(wanted - 1, on="2026-11-22")
    too_few = bureau.release()
    bureau.lend("one_more", on="2026-11-22")

    assert (too_few, bureau.release()) == (0, 1)
    assert bureau.table(month_from="2026-11", month_to="2026-11")["", ""] == wanted


def test_facts_that_still_come_in_wait_for_one_another(bureau: Bureau) -> None:
    bureau.lend_many(6)

    assert operations.release_ripe(bureau.database, POLICIES) == 0
    assert bureau.release() == 1


def test_a_month_that_is_hidden_alone_is_hidden_in_every_window(bureau: Bureau) -> None:
    for month in ("2026-08", "2026-09"):
        bureau.lend_many(9, on=f"{month}-10")
    bureau.lend_many(6, county="640202", on="2026-10-10")
    bureau.lend("alone", county="640104", on="2026-10-10", bank="org_ridge")
    bureau.release()

    by_month = bureau.table(month_from="2026-08", rows="COUNTY", columns="MONTH")
    assert by_month["640104", "2026-08"] == by_month["640104", "2026-09"] == 9
    assert by_month["640104", "2026-10"] == by_month["640104", ""] == "*"
    earlier = bureau.table(month_from="2026-08", month_to="2026-09", columns="MONTH")
    assert earlier["640104", ""] == 18


def test_a_regulator_sees_its_own_territory_in_the_same_pattern(bureau: Bureau) -> None:
    bureau.lend_many(8)
    bureau.lend_many(9, county="640105")
    bureau.lend_many(7, county="640202")
    bureau.lend("alone", county="640106", bank="org_ridge")
    bureau.release()

    region, city, county = bureau.table("64"), bureau.table("6401"), bureau.table("640104")
    inside = [(row, column) for row, column in city if row]
    assert all(city[key] == region[key] for key in inside)
    assert {row for row, _ in city} == {"640104", "640105", "640106", "640121", "640122", "640181", ""}
    assert {row for row, _ in county} == {"640104", ""}
    assert county["", ""] == county["640104", ""] == region["640104", ""]


def test_a_guaranteed_loan_waits_until_its_guarantee_is_settled(bureau: Bureau) -> None:
    for number in range(5):
        guarantee_id = f"gua_{number}"
        bureau.lend(f"firm_{number}", bank=("org_spring", "org_ridge")[number % 2], guarantee_id=guarantee_id)
        bureau.guarantee(guarantee_id, RESERVED)
    before = bureau.release()
    for number in range(5):
        bureau.guarantee(f"gua_{number}", EFFECTIVE, amount_fen=80_000_000)

    assert (before, bureau.release()) == (0, 1)
    assert bureau.table(measure="GUARANTEED_AMOUNT")["", ""] == 400_000_000


def test_a_guarantee_that_never_took_effect_covers_nothing(bureau: Bureau) -> None:
    bureau.lend_many(5)
    bureau.lend("uncovered", guarantee_id="gua_1", bank="org_ridge")
    bureau.guarantee("gua_1", CANCELLED)
    bureau.release()

    assert bureau.table(measure="GUARANTEED_AMOUNT")["", ""] == 0
    assert bureau.table()["", ""] == 6


def test_a_firm_has_one_first_loan(bureau: Bureau) -> None:
    bureau.lend_many(6, first=COUNTED)
    bureau.lend_many(6, first=COUNTED)
    bureau.release()

    assert bureau.table(measure="FIRST_LOANS")["", ""] == 6
    assert bureau.table(measure="LOANS")["", ""] == 12


@pytest.mark.parametrize("told", [None, "PRESUMED", "CONFIRMED", "COUNTED_APART"])
def test_only_what_lending_counted_is_a_first_loan(bureau: Bureau, told: str | None) -> None:
    """Neither what is presumed of a firm, nor the first loan of an individual business."""
    state = None if told is None else lending.FirstLoanState.Value(f"FIRST_LOAN_STATE_{told}")
    bureau.lend_many(6, first=COUNTED)
    bureau.lend("firm_other", first=state)
    bureau.release()

    assert bureau.table(measure="FIRST_LOANS")["", ""] == 6


@pytest.mark.parametrize("moved_first", [False, True])
@pytest.mark.parametrize("earlier_on", ["2026-09-10", "2026-10-01"])
def test_a_first_loan_moves_to_an_earlier_drawdown_that_came_to_light(
    bureau: Bureau, moved_first: bool, earlier_on: str
) -> None:
    """In whatever order the two facts come; a month with a single firm would be hidden, so others stand beside it."""
    for month in ("2026-09", "2026-10"):
        for number in range(6):
            bank = ("org_spring", "org_ridge")[number % 2]
            bureau.lend(f"other_{month}_{number}", first=COUNTED, on=f"{month}-15", bank=bank)
    late = bureau.lend("firm", first=COUNTED, on="2026-10-20")
    earlier = f"loan_{int(late.removeprefix('loan_')) + 1}"
    steps = [
        lambda: bureau.lend("firm", first=COUNTED, on=earlier_on),
        lambda: bureau.move(late, "firm", earlier),
    ]
    for step in reversed(steps) if moved_first else steps:
        step()
    bureau.release()

    whole = bureau.table(measure="FIRST_LOANS", month_from="2026-09", rows="MONTH", columns="COUNTY")
    by_month = {month: whole[month, ""] for month in ("2026-09", "2026-10")}
    assert by_month == {"2026-09": 6 + (earlier_on < "2026-10"), "2026-10": 6 + (earlier_on > "2026-10")}


def test_a_first_loan_that_nobody_confirmed_counts_no_more(bureau: Bureau) -> None:
    bureau.lend_many(6, first=COUNTED)
    bureau.move(bureau.lend("firm", first=COUNTED), "firm", None)
    bureau.release()

    assert bureau.table(measure="FIRST_LOANS")["", ""] == 6


def test_what_is_published_of_first_loans_stays(bureau: Bureau) -> None:
    bureau.lend_many(6, first=COUNTED)
    late = bureau.lend("firm", first=COUNTED)
    bureau.release()
    bureau.move(late, "firm", bureau.lend("firm", first=COUNTED, on="2026-09-01"))
    bureau.lend_many(6, on="2026-09-15")
    bureau.release()

    assert bureau.table(measure="FIRST_LOANS")["", ""] == 7
    assert bureau.table(measure="FIRST_LOANS", month_from="2026-09", month_to="2026-09")["", ""] == 0


def test_applications_repayments_and_recommendations_count_once_each(bureau: Bureau) -> None:
    for number in range(6):
        bank = ("org_spring", "org_ridge")[number % 2]
        common = {"business_date": "2026-10-03", "dimensions": dimensions(f"firm_{number}", "640104")}
        application = lending_events.ApplicationChanged(application_id=f"app_{number}", bank=bank, **common)
        repayment = lending_events.RepaymentReceived(
            repayment_id=f"rep_{number}", bank=bank, principal_fen=50, **common
        )
        given = matching_events.RecommendationGiven(match_id=f"mat_{number}", **common)
        for operation, fact in (
            (operations.count_application, application),
            (operations.count_application, application),
            (operations.count_repayment, repayment),
            (operations.count_recommendation, given),
        ):
            bureau.database.transact(lambda tx, operation=operation, fact=fact: operation(tx, fact))
    bureau.release()

    assert bureau.table(measure="APPLICATIONS")["", "UNKNOWN"] == 6
    assert bureau.table(measure="REPAID_AMOUNT")["", ""] == 300
    assert bureau.table(measure="RECOMMENDATIONS")["640104", ""] == 6


def test_a_fact_of_no_county_is_refused(bureau: Bureau) -> None:
    with pytest.raises(Violation, match="not a county"):
        bureau.lend("firm", county="640100")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"month_from": "2026-1"}, "month_from"),
        ({"month_to": "2026-09"}, "month_to"),
        ({"month_from": "2024-01"}, "month_to"),
        ({"month_to": "2026-12"}, "month_to"),
        ({"rows": "SIZE"}, "columns"),
        ({"columns": "COUNTY"}, "columns"),
    ],
)
def test_a_question_outside_the_fixed_cube_names_its_field(
    bureau: Bureau, change: dict[str, str], field: str
) -> None:
    answer = bureau.client().get("/v1/flows", **asked(**change))

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["mend"]


def test_only_regulators_look(bureau: Bureau) -> None:
    for role in (Role.SME, Role.BANK_MANAGER, Role.OPERATOR):
        assert bureau.client(role=role).get("/v1/flows", **asked()).status_code == 403


def test_an_answer_names_the_rules_and_not_their_numbers(bureau: Bureau) -> None:
    bureau.lend_many(6)
    bureau.release()

    rules = bureau.client().get("/v1/flows", **asked()).json()["rules"]
    assert rules == f"oversight.min_firms oversight.min_banks oversight.dominance {POLICIES.set_id}"


def test_grpc_gives_the_same_table(bureau: Bureau) -> None:
    bureau.lend_many(6)
    bureau.lend("alone", county="640202", bank="org_ridge")
    bureau.release()
    query = pb.FlowQuery(
        month_from="2026-10",
        month_to="2026-10",
        rows=pb.DIMENSION_COUNTY,
        columns=pb.DIMENSION_SIZE,
        measure=pb.MEASURE_LOANS,
    )
    token = token_of(Principal("acc_1", Role.REGULATOR, "org_bureau", "64"))
    servicer = OversightServicer(door_of(bureau.database))
    with serving(partial(oversight_pb2_grpc.add_OversightServicer_to_server, servicer)) as channel:
        answer = invoke(oversight_pb2_grpc.OversightStub(channel).GetFlows, query, token=token)

    found = {(cell.row, cell.column): "*" if cell.hidden else cell.value for cell in answer.cells}
    assert found == bureau.table(columns="SIZE")
    assert "*" in found.values()
