"""Training and validating as the commands do it: a sample in, a folder of files out."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from libs.chassis import codec
from libs.judging.page import Page
from services.credit.cardfile import card_sha256, write_card
from services.credit.domain.card import Card
from services.credit.training import plots
from services.credit.training.cards import card_of
from services.credit.training.challenger import challenger, dump
from services.credit.training.judging import Judged, challenger_fit, cross_validate, scorecard_fit
from services.credit.training.model_card import model_card
from services.credit.training.pipeline import Fitted, fit
from services.credit.training.reports import FIGURES, add_card, add_data, add_judgement, figure_cells
from services.credit.training.sample import Sample
from services.credit.training.stability import WATCH, baseline
from services.credit.training.validation import (
    GroupFigures,
    OutOfTime,
    bin_stability,
    by_group,
    default_cut,
    out_of_time,
    psi_by_period,
)

Tick = Callable[[], None]
STEPS = 11
"""Ticks of a training."""


@dataclass(frozen=True, slots=True)
class Trained:
    card: Card
    fitted: Fitted
    judged: dict[str, Judged]
    files: tuple[Path, ...]


def train(sample: Sample, folder: Path, name: str, number: int, tick: Tick = lambda: None) -> Trained:
    """Writes the card, its model card, what monitoring compares with, the challenger and a report."""
    judged = _judged(sample, tick)
    fitted = fit(sample)
    card = card_of(fitted, sample, judged["scorecard"].figures, name=name, number=number)
    sha256 = card_sha256(card)
    boosted, boosted_sha256 = dump(
        challenger(sample.dictionary, sample.rows).fit(sample.inputs, sample.outcome)
    )
    later, groups = _validated(sample, judged)
    tick()
    contents: dict[str, bytes] = {
        f"{name}_{number}.json": write_card(card),
        "challenger.skops": boosted,
        "challenger.skops.sha256": f"{boosted_sha256}\n".encode(),
        "baseline.json": codec.to_json(baseline(card, sha256, sample.inputs)),
        f"{name}_{number}.md": model_card(
            card, sha256, sample, judged["challenger"].figures, later, groups
        ).encode(),
        "report.html": _report(sample, judged, fitted, card).html().encode(),
    }
    return Trained(card, fitted, judged, _written(folder, contents))


def validate(
    sample: Sample, file: Path, cut: float | None = None, tick: Tick = lambda: None
) -> list[GroupFigures]:
    """Writes the report of a validation."""
    judged = _judged(sample, tick)
    fitted = fit(sample)
    card = card_of(fitted, sample, judged["scorecard"].figures, name="validation", number=1)
    later, groups = _validated(sample, judged, cut)
    tick()
    page = _page(sample, "验证", "Validation")
    add_judgement(page, sample, judged)
    _add_time(page, sample, judged, later)
    _add_groups(page, groups)
    _add_bins(page, sample, fitted)
    add_card(page, sample, fitted, card)
    add_data(page, sample)
    page.write(file)
    return groups


def _judged(sample: Sample, tick: Tick) -> dict[str, Judged]:
    return {
        "scorecard": cross_validate(sample, scorecard_fit, tick),
        "challenger": cross_validate(sample, challenger_fit, tick),
    }


def _validated(
    sample: Sample, judged: dict[str, Judged], cut: float | None = None
) -> tuple[OutOfTime | None, list[GroupFigures]]:
    predicted = judged["scorecard"].predicted
    return out_of_time(sample), list(by_group(sample, predicted, cut or default_cut(predicted)))


def _written(folder: Path, contents: dict[str, bytes]) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in contents)


def _page(sample: Sample, zh: str, en: str) -> Page:
    return Page(f"评分卡{zh}：{sample.dictionary.zh}", f"{en}: {sample.dictionary.en} ({sample.name})")


def _report(sample: Sample, judged: dict[str, Judged], fitted: Fitted, card: Card) -> Page:
    page = _page(sample, "训练", "Training")
    page.text(card.zh, card.en)
    add_judgement(page, sample, judged)
    add_card(page, sample, fitted, card)
    add_data(page, sample)
    return page


def _add_time(page: Page, sample: Sample, judged: dict[str, Judged], later: OutOfTime | None) -> None:
    page.section("跨期", "Out of time")
    if later is None:
        page.text(
            "没有时间列或违约过少，不能跨期验证。",
            "Nothing orders the rows, or too few defaults to judge by.",
        )
        return
    page.text(
        f"以较早的行训练，在较新的{later.rows}行（{later.defaults}条违约）上检验；分数PSI {later.drift:.3f}。",
        f"Learned on older rows, judged on the newest {later.rows} ({later.defaults} defaults); PSI of the score "
        f"{later.drift:.3f}.",
    )
    rows = [("训练期 before", *figure_cells(later.inside)), ("其后 after", *figure_cells(later.outside))]
    page.table(("", *FIGURES), rows)
    periods = psi_by_period(sample, judged["scorecard"].predicted)
    series = {"score": [value for _, _, value in periods]}
    picture = plots.lines([name for name, _, _ in periods], series, (WATCH,), "PSI")
    page.picture(picture, "各时期分数的PSI", "PSI of the score by period")


def _add_groups(page: Page, groups: list[GroupFigures]) -> None:
    page.section("分组与公平", "By group, and fairness")
    if not groups:
        page.text("数据没有可供比较的分组。", "The data has no groups to compare.")
        return
    page.text(
        "批准率按同一违约概率切点计算；方括号为95%区间。低于批准率最高组五分之四的组需要人工查看。",
        "Approval at one cut of the probability of default; brackets are 95 % intervals. A group approved less than "
        "four fifths as often as the most approved is for people to look at.",
    )
    head = (
        "组 group",
        "行 rows",
        "违约率 rate",
        "预测 predicted",
        "批准率 approved",
        "比值 relation",
        "AUC",
        "截距 intercept",
        "",
    )
    page.table(head, [_group_row(one) for one in groups])


def _group_row(one: GroupFigures) -> tuple[str | float | int | None, ...]:
    return (
        f"{one.group} {one.name}",
        one.rows,
        _interval(one.rate),
        one.predicted,
        _interval(one.approved),
        one.relation,
        _interval(one.auc),
        one.offset,
        "看 look" if one.looked_at else "",
    )


def _interval(told: tuple[float, float, float] | None) -> str:
    return f"{told[0]:.3f} [{told[1]:.3f}, {told[2]:.3f}]" if told else "–"


def _add_bins(page: Page, sample: Sample, fitted: Fitted) -> None:
    page.section("分箱稳定性", "Stability of the bins")
    page.text(
        "较早一半与较新一半之间的PSI（及随机所致部分），以及相邻分箱违约率次序颠倒的次数。",
        "PSI between older and newer half (and what chance makes of it); how often neighbouring bins changed order.",
    )
    rows = [(one.variable, one.psi, one.chance, one.turned) for one in bin_stability(sample, fitted)]
    page.table(("变量 variable", "PSI", "随机 chance", "颠倒 turned"), rows)
