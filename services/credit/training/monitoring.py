"""Drift of what comes in against what a card was made on, month by month."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from libs.criteria.violation import Violation
from libs.judging.page import Page
from services.credit.domain.card import Card
from services.credit.training import plots
from services.credit.training.sample import numbers
from services.credit.training.stability import (
    ALARM,
    SCORE,
    WATCH,
    Baseline,
    Drift,
    State,
    card_inputs,
    drifts,
    points_drifts,
)

FEWEST = 50
"""Rows of a month to say anything of it."""
POINTS = "points"


def monitor(card: Card, then: Baseline, frame: pd.DataFrame, month: str) -> list[Drift]:
    """`month`: the column of days or months. A table with the card's facts is scored anew, variable by variable; one
    with `points` alone is compared by its scores."""
    if month not in frame:
        raise Violation(
            "month", f"There is no column {month}.", f"One of {', '.join(map(str, frame.columns))}."
        )
    months = pd.to_datetime(frame[month], errors="coerce", format="mixed").dt.strftime("%Y-%m")
    if any(variable.fact in frame for variable in card.variables):
        return list(drifts(card, then, card_inputs(card, frame), months.reset_index(drop=True)))
    if POINTS not in frame:
        raise Violation(
            "data", "There are neither facts nor points.", f"Bring columns of the card, or {POINTS}."
        )
    return list(points_drifts(then, numbers(frame[POINTS]).to_numpy(), months))


def alarms(found: Sequence[Drift]) -> list[Drift]:
    return [one for one in found if one.state is not State.STEADY and one.rows >= FEWEST]


def report(card: Card, found: Sequence[Drift], file: Path) -> None:
    page = Page(f"评分卡监测：{card.name}", f"Monitoring of {card.name}")
    raised = alarms(found)
    page.verdict(not raised, f"{len(raised)}项偏移", f"{len(raised)} of {len(found)} moved")
    page.text(
        f"PSI扣除随机部分后：{WATCH:.2f}以上关注，{ALARM:.2f}以上报警；少于{FEWEST}行的月份不判断。",
        f"PSI less what chance makes of so few rows: watched from {WATCH:.2f}, alarm from {ALARM:.2f}; months with "
        f"fewer than {FEWEST} rows are not judged.",
    )
    if found:
        _add_picture(page, found)
    head = ("月 month", "变量 variable", "行 rows", "PSI", "随机 chance", "")
    page.table(head, [(one.month, one.what, one.rows, one.psi, one.chance, _state(one)) for one in found])
    page.write(file)


def _add_picture(page: Page, found: Sequence[Drift]) -> None:
    months = sorted({one.month for one in found})
    largest = sorted(found, key=lambda one: -one.psi)
    shown = list(dict.fromkeys([SCORE, *(one.what for one in largest)]))[:6]
    values: dict[tuple[str, str], float] = {(one.what, one.month): one.psi for one in found}
    series = {what: [values.get((what, month), float("nan")) for month in months] for what in shown}
    page.picture(plots.lines(months, series, (WATCH, ALARM), "PSI"), "逐月PSI", "PSI by month")


def _state(one: Drift) -> Any:
    return "行数不足 too few" if one.rows < FEWEST else one.state.value
