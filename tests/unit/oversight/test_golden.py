"""The worked example C2: one hidden cell is no protection, nor two in a row; a rectangle is."""

import pytest

from services.oversight.domain.additive import Sum, Table
from services.oversight.domain.intervals import Reader
from services.oversight.domain.suppression import protect

# 10,000 yuan times ten, so that cells are whole numbers.
VALUES = {
    ("银川", "中"): 10, ("银川", "小"): 305, ("银川", "微"): 520,
    ("石嘴山", "中"): 77, ("石嘴山", "小"): 96, ("石嘴山", "微"): 42,
    ("吴忠", "中"): 114, ("吴忠", "小"): 81, ("吴忠", "微"): 39,
}  # fmt: skip
CITIES, SIZES = ("银川", "石嘴山", "吴忠"), ("中", "小", "微")
ROWS = {(city, ""): sum(VALUES[city, size] for size in SIZES) for city in CITIES}
COLUMNS = {("", size): sum(VALUES[city, size] for city in CITIES) for size in SIZES}
TABLE = Table(
    VALUES | ROWS | COLUMNS | {("", ""): sum(VALUES.values())},
    [
        *(Sum((city, ""), tuple((city, size) for size in SIZES)) for city in CITIES),
        *(Sum(("", size), tuple((city, size) for city in CITIES)) for size in SIZES),
        Sum(("", ""), tuple((city, "") for city in CITIES)),
        Sum(("", ""), tuple(("", size) for size in SIZES)),
    ],
)
SECRET = ("石嘴山", "中")


def test_the_totals_are_those_of_the_example() -> None:
    assert list(ROWS.values()) == [835, 215, 234]
    assert list(COLUMNS.values()) == [201, 482, 601]
    assert TABLE.values["", ""] == 1284


@pytest.mark.parametrize(
    ("hidden", "intervals"),
    [
        ([SECRET], {SECRET: (77, 77)}),
        ([SECRET, ("石嘴山", "微")], {SECRET: (77, 77), ("石嘴山", "微"): (42, 42)}),
        (
            [SECRET, ("石嘴山", "小"), ("吴忠", "中"), ("吴忠", "小")],
            {
                SECRET: (0, 173),
                ("石嘴山", "小"): (0, 173),
                ("吴忠", "中"): (18, 191),
                ("吴忠", "小"): (4, 177),
            },
        ),
    ],
)
def test_what_a_reader_can_work_out(
    hidden: list[tuple[str, str]], intervals: dict[tuple[str, str], tuple[float, float]]
) -> None:
    reader = Reader(TABLE, hidden)

    for cell, expected in intervals.items():
        assert reader.interval(cell) == pytest.approx(expected, abs=1e-4)


def test_the_secret_cell_gets_companions_until_it_is_one() -> None:
    hidden = protect(TABLE, [SECRET], protection_bp=1_500)

    assert SECRET in hidden
    assert len(hidden) == 4
    lowest, highest = Reader(TABLE, sorted(hidden)).interval(SECRET)
    assert lowest <= 77 * 0.85 and highest >= 77 * 1.15
