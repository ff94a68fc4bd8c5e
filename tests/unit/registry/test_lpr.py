from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.registry import lpr, tables
from libs.registry.lpr import LprTenor, lpr_on
from libs.registry.tables import TableError


def test_a_rate_holds_from_its_day_of_publication() -> None:
    before, after = (lpr_on(LprTenor.LPR_1Y, date(2021, 12, day)) for day in (19, 20))

    assert (before.rate_ppm, after.rate_ppm, after.published_on) == (38_500, 38_000, date(2021, 12, 20))


def test_the_two_tenors_move_apart() -> None:
    assert lpr_on(LprTenor.LPR_1Y, date(2024, 2, 20)).rate_ppm == 34_500
    assert lpr_on(LprTenor.LPR_5Y, date(2024, 2, 20)).rate_ppm == 39_500


def test_before_the_first_publication_there_is_no_rate() -> None:
    with pytest.raises(Violation, match="2019-08-20") as caught:
        lpr_on(LprTenor.LPR_1Y, date(2019, 8, 19))

    assert caught.value.field == "pricing_date"


def test_forty_five_days_after_the_series_ends_an_answer_is_stale() -> None:
    last = lpr_on(LprTenor.LPR_1Y, date(2999, 1, 1)).published_on

    fresh, stale = (lpr_on(LprTenor.LPR_1Y, last + timedelta(days=days)) for days in (45, 46))

    assert (fresh.stale, stale.stale, stale.rate_ppm) == (False, True, fresh.rate_ppm)


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    tables.read_after(None)
    lpr.read_series()


HEAD = "published_on,one_year_ppm,five_year_ppm,evidence,confidence\n"


def test_an_operator_adds_later_publications_and_mends_ours(overlay: Path) -> None:
    added = "2026-01-20,29500,34500,PBC,HIGH\n2025-12-22,29900,35000,PBC,HIGH\n"
    (overlay / "lpr.csv").write_text(HEAD + added, encoding="utf-8")

    tables.read_after(overlay)
    lpr.read_series()

    found = lpr_on(LprTenor.LPR_1Y, date(2026, 2, 1))
    assert (found.rate_ppm, found.published_on, found.stale) == (29_500, date(2026, 1, 20), False)
    assert lpr_on(LprTenor.LPR_1Y, date(2026, 1, 19)).rate_ppm == 29_900


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lpr.csv", "published_on,rate\n2026-01-20,29500\n"),
        ("moon.csv", HEAD),
        ("lpr.csv", HEAD + "2026-01-20,2.95,3.45,PBC,HIGH\n"),
    ],
)
def test_a_file_that_is_no_addition_is_refused_by_name(overlay: Path, name: str, text: str) -> None:
    (overlay / name).write_text(text, encoding="utf-8")

    with pytest.raises(TableError, match=name):
        tables.read_after(overlay)
        lpr.read_series()


@given(st.dates(date(2019, 8, 20), date(2025, 12, 31)), st.sampled_from(LprTenor))
def test_no_rate_is_published_after_the_day_it_answers_for(day: date, tenor: LprTenor) -> None:
    found = lpr_on(tenor, day)

    assert found.published_on <= day and not found.stale
    assert found.rate_ppm % 500 == 0
