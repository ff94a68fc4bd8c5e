"""Sections that reports share: what went in, the card with its bins, how it judges."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Mapping

import numpy as np

from libs.judging.figures import Figures
from libs.judging.page import Cell, Page
from services.credit.domain.card import Card, Scale
from services.credit.training import plots
from services.credit.training.judging import Judged
from services.credit.training.pipeline import Fitted
from services.credit.training.sample import Sample
from services.credit.training.stability import points_of
from services.credit.training.words import label

FIGURES = ("AUC", "± 各折 folds", "KS", "Brier", "斜率 slope", "截距 intercept", "ECE")


def figure_cells(figures: Figures) -> list[Cell]:
    return [getattr(figures, name) for name in figures.__slots__]


def add_data(page: Page, sample: Sample) -> None:
    told = sample.dictionary
    page.section("数据", "Data")
    page.text(
        f"{told.zh}：{sample.rows}行，{sample.defaults}条违约（{told.outcome.zh}）。",
        f"{told.en}: {sample.rows} rows, {sample.defaults} defaults ({told.outcome.en}).",
    )
    page.text(told.says.zh, told.says.en)
    page.text(told.silent.zh, told.silent.en)
    page.items(sample.notes)
    page.table(
        ("列 column", "角色 role", "理由 reason"),
        [(column.name, column.role, column.reason or None) for column in told.columns],
    )


def add_judgement(page: Page, sample: Sample, judged: Mapping[str, Judged]) -> None:
    page.section("留出数据上的表现", "On rows that the models did not see")
    page.table(("模型 model", *FIGURES), [(name, *figure_cells(one.figures)) for name, one in judged.items()])
    curves = {name: one.predicted for name, one in judged.items()}
    page.picture(plots.roc(sample.outcome, curves), "ROC曲线", "ROC")
    first = next(iter(judged.values())).predicted
    page.picture(plots.ks(sample.outcome, first), "KS曲线（评分卡）", "KS of the scorecard")
    page.picture(
        plots.calibration(sample.outcome, curves), "校准：预测与实际", "Reliability: predicted and observed"
    )


def add_card(page: Page, sample: Sample, fitted: Fitted, card: Card) -> None:
    page.section("评分卡", "The card")
    used = [fitted.table(name) for name in fitted.regression.names_]
    names = [label(table.column).en for table in used]
    values = [table.information_value for table in used]
    page.picture(plots.bars(names, values, "information value"), "信息值", "Information value")
    for table, variable in zip(used, card.variables, strict=True):
        words = label(table.column)
        page.section(words.zh, words.en, level=3)
        rates = [bad / rows if rows else 0.0 for bad, rows in zip(table.defaults, table.rows, strict=True)]
        told = zip(variable.answers, table.rows, table.defaults, rates, strict=True)
        page.table(
            ("取值", "answer", "分值 points", "权重 weight", "行 rows", "违约 defaults", "违约率 rate"),
            [(one.zh, one.en, one.points, one.weight, rows, bad, rate) for one, rows, bad, rate in told],
        )
        short = [str(at + 1) for at in range(len(table.rows))]
        if variable.scale is Scale.NUMBER:
            short = [*(f"< {bound:g}" for bound in table.bounds), "rest", *table.specials, "missing"]
        picture = plots.event_rates(short, table.rows, rates, float(sample.outcome.mean()))
        page.picture(picture, "各分箱的样本占比与违约率", "Share of rows and default rate by bin")
    points = points_of(card, sample.inputs)
    page.picture(plots.distribution(sample.outcome, np.asarray(points)), "分数分布", "Distribution of points")
