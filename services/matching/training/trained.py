"""A candidate model from decisions: judged on the latest of them, made of all, written with its reports."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.criteria.violation import Violation
from libs.judging.page import Page
from services.matching.domain.decision import Decision
from services.matching.domain.learning import Exploration, Learning
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.modelfile import model_sha256, write_model
from services.matching.training.compiling import compile_model
from services.matching.training.fairness import Fairness, add_fairness, fairness
from services.matching.training.judging import Judged, judge, split
from services.matching.training.regression import Fitted, fit

_HEAD = (
    "模型 model",
    "AUC",
    "Brier",
    "ECE",
    "斜率 slope",
    "对数损失 log loss",
    "较现行 less than in force",
    "95%",
)


@dataclass(frozen=True, slots=True)
class Trained:
    model: LikelihoodModel
    fitted: Fitted
    judged: Mapping[str, Judged]
    fairness: Fairness
    files: tuple[Path, ...] = ()


def check_enough(decisions: Sequence[Decision], learning: Learning) -> None:
    """Violation says how many there are, and how many are wanted."""
    approved = sum(one.approved is True for one in decisions)
    rarer = min(approved, len(decisions) - approved)
    if len(decisions) < learning.least_decisions or rarer < learning.least_of_outcome:
        raise Violation(
            "decisions",
            f"There are {len(decisions)} decisions, {rarer} of the rarer outcome: too few to learn from.",
            f"Wait for {learning.least_decisions}, {learning.least_of_outcome} of each; until then the cold start "
            "answers.",
        )


def train(
    decisions: Sequence[Decision],
    in_force: LikelihoodModel,
    learning: Learning,
    exploration: Exploration,
    name: str,
    number: int,
) -> Trained:
    """The same decisions, the same model."""
    check_enough(decisions, learning)
    earlier, later = split(decisions, learning)
    judged = judge(earlier, later, in_force, learning)
    cold = in_force.coefficients
    once = compile_model(fit(earlier, learning), earlier, cold, exploration, name, number)
    fitted = fit(decisions, learning)
    model = compile_model(fitted, decisions, cold, exploration, name, number)
    return Trained(model, fitted, judged, fairness(once, later, learning.smallest_group))


def write(trained: Trained, folder: Path) -> Trained:
    """<folder>/<name>-<number>.json, …-report.json and …-report.html."""
    told = trained.model.coefficients
    stem = f"{told.id}-{told.version}"
    folder.mkdir(parents=True, exist_ok=True)
    files = tuple(folder / f"{stem}{end}" for end in (".json", "-report.json", "-report.html"))
    files[0].write_bytes(write_model(trained.model))
    files[1].write_text(json.dumps(_plain(trained), ensure_ascii=False, indent=1), encoding="utf-8")
    _page(trained).write(files[2])
    return Trained(trained.model, trained.fitted, trained.judged, trained.fairness, files)


def _plain(trained: Trained) -> dict[str, object]:
    return {
        "model": trained.model.name,
        "sha256": model_sha256(trained.model),
        "decisions": sum(one.decisions for one in trained.model.banks),
        "bank_spread": round(trained.fitted.bank_spread, 4),
        "product_spread": round(trained.fitted.product_spread, 4),
        "calibration_slope": round(trained.fitted.slope, 4),
        "judged": {name: one.plain() for name, one in trained.judged.items()},
        "fairness": trained.fairness.plain(),
    }


def _page(trained: Trained) -> Page:
    page = Page(f"批准可能性模型：{trained.model.name}", f"Likelihood of approval: {trained.model.name}")
    better = trained.judged["learned"].log_loss_less[1] > 0
    page.verdict(
        better,
        "优于现行模型" if better else "未显著优于现行模型",
        "against the model in force, later decisions",
    )
    add_judged(page, trained.judged)
    _add_weights(page, trained)
    add_fairness(page, trained.fairness)
    return page


def add_judged(page: Page, judged: Mapping[str, Judged]) -> None:
    page.section("在之后的决定上的表现", "On decisions later than those that it was made of")
    page.table(_HEAD, [_cells(name, one) for name, one in judged.items()])


def _cells(name: str, one: Judged) -> tuple[str | float, ...]:
    told, less = one.figures, one.log_loss_less
    interval = f"{less[1]:.4f} … {less[2]:.4f}"
    return name, told.auc, told.brier, told.ece, told.slope, one.log_loss, less[0], interval


def _add_weights(page: Page, trained: Trained) -> None:
    coefficients, fitted = trained.model.coefficients, trained.fitted
    page.section("公式", "The formula, in thousandths of a logit")
    named = (
        "intercept",
        "score_unknown",
        "age_year",
        "soft_fail",
        "unknown",
        "guaranteed",
        "ip_pledged",
        "collateral",
    )
    page.table(("项 term", "‰"), [(name, int(getattr(coefficients, name))) for name in named])
    page.table(("评分 score", "‰"), [(str(point.score), point.logit) for point in trained.model.score])
    page.text(
        f"银行权重标准差{fitted.bank_spread:.2f}，产品{fitted.product_spread:.2f}（经验贝叶斯收缩）。",
        f"Standard deviation of the weights of banks {fitted.bank_spread:.2f}, of products "
        f"{fitted.product_spread:.2f} (empirical Bayes).",
    )
    page.table(
        ("银行 bank", "‰", "决定 decisions"),
        [(one.subject, one.logit, one.decisions) for one in trained.model.banks],
    )
