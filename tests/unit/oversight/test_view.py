"""Windows over months are sums of what was published by itself, so subtracting one from another tells nothing new."""

from hypothesis import given
from hypothesis import strategies as st

from services.oversight.domain.flows import Dimension, FlowQuery, Measure
from services.oversight.domain.view import Told, table_of

MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")
TOLD = st.lists(
    st.builds(
        Told,
        month=st.sampled_from(MONTHS),
        place=st.sampled_from(("64", "6401", "640104", "640202")),
        dimension=st.sampled_from(("", "SIZE")),
        category=st.just("SMALL"),
        value=st.none() | st.integers(0, 10**15),
    ).map(lambda cell: cell if cell.dimension else cell._replace(category="")),
    max_size=30,
)


def window(first: str, last: str, told: list[Told]) -> dict[tuple[str, str], int | None]:
    query = FlowQuery(
        month_from=first, month_to=last, rows=Dimension.COUNTY, columns=Dimension.SIZE, measure=Measure.AMOUNT
    )
    inside = [cell for cell in told if first <= cell.month <= last]
    return {(cell.row, cell.column): cell.value for cell in table_of(query, "64", inside, "").cells}


@given(TOLD)
def test_a_window_is_the_sum_of_its_months_and_hidden_where_one_of_them_is(told: list[Told]) -> None:
    whole = window(MONTHS[0], MONTHS[-1], told)
    single = [window(month, month, told) for month in MONTHS]

    for place, value in whole.items():
        parts = [table[place] for table in single]
        assert value == (None if None in parts else sum(part for part in parts if part is not None))


@given(TOLD)
def test_rows_and_columns_may_change_places(told: list[Told]) -> None:
    def turned(rows: Dimension, columns: Dimension) -> dict[tuple[str, str], int | None]:
        query = FlowQuery(
            month_from=MONTHS[0], month_to=MONTHS[-1], rows=rows, columns=columns, measure=Measure.AMOUNT
        )
        return {(cell.row, cell.column): cell.value for cell in table_of(query, "64", told, "").cells}

    for one, other in (
        (Dimension.COUNTY, Dimension.SIZE),
        (Dimension.MONTH, Dimension.SIZE),
        (Dimension.COUNTY, Dimension.MONTH),
    ):
        across = turned(other, one)
        assert turned(one, other) == {(row, column): across[column, row] for column, row in across}
