"""The model card: one page of Markdown beside every trained card, for whoever decides whether it may be used."""

from collections.abc import Iterable

from libs.judging.figures import Figures
from services.credit.domain.card import Card
from services.credit.training.dictionary import Role
from services.credit.training.sample import Sample
from services.credit.training.validation import GroupFigures, OutOfTime
from services.credit.training.words import label


def model_card(
    card: Card,
    sha256: str,
    sample: Sample,
    challenger: Figures,
    later: OutOfTime | None,
    groups: Iterable[GroupFigures],
) -> str:
    parts = [
        f"# {card.name}",
        "**状态 CANDIDATE：未启用。** 启用须由第二人批准。 "
        "Status: CANDIDATE, not in use. Coming into force needs a second person.",
        *_purpose(card, sha256),
        *_data(sample),
        *_figures(card, challenger, later),
        *_groups(list(groups)),
        *_variables(card, sample),
        "## 局限 Limits",
        f"{sample.dictionary.silent.zh}\n\n{sample.dictionary.silent.en}",
    ]
    return "\n\n".join(parts) + "\n"


def _purpose(card: Card, sha256: str) -> list[str]:
    return [
        f"{card.zh}\n\n{card.en}",
        "用途：作为信贷决策的一项输入和对企业的说明；不得单独决定，不作为信用评级对外提供。 "
        "Use: one input to a lending decision, and an explanation to the firm; never the decision, never a rating.",
        f"SHA-256 `{sha256}`",
    ]


def _data(sample: Sample) -> list[str]:
    told = sample.dictionary
    return [
        "## 数据 Data",
        f"{told.en}, {told.period}; {told.origin}. {sample.rows} rows, {sample.defaults} defaults ({told.outcome.en}). "
        f"SHA-256 of the rows `{sample.sha256}`.",
        "\n".join(f"- {note}" for note in sample.notes),
    ]


def _figures(card: Card, challenger: Figures, later: OutOfTime | None) -> list[str]:
    told = card.training.figures if card.training else {}
    rows = [
        f"| {name} | {told.get(name, 0.0):.4f} | {getattr(challenger, name):.4f} |"
        for name in Figures.__slots__
    ]
    table = "\n".join(["| | 评分卡 scorecard | 挑战者 challenger |", "|---|---|---|", *rows])
    parts = ["## 留出数据上的表现 On rows not seen (five folds)", table]
    if later is None:
        return [
            *parts,
            "不能做跨期验证。 No validation out of time: nothing orders the rows, or too few defaults.",
        ]
    return [
        *parts,
        f"跨期：较新的{later.rows}行AUC {later.outside.auc:.3f}，"
        f"校准截距 {later.outside.intercept:+.2f}，PSI {later.drift:.2f}。 "
        f"Out of time, newest {later.rows} rows: AUC {later.outside.auc:.3f}, calibration intercept "
        f"{later.outside.intercept:+.2f}, PSI {later.drift:.2f}.",
    ]


def _groups(groups: list[GroupFigures]) -> list[str]:
    if not groups:
        return ["## 分组 Groups", "数据没有可供比较的分组。 The data has no groups to compare."]
    rows = [
        f"| {one.group} {one.name} | {one.rows} | {_share(one.rate)} | {_share(one.approved)} | "
        f"{_share(one.auc) if one.auc else '–'} | {'看 look' if one.looked_at else ''} |"
        for one in groups
    ]
    head = [
        "| 组 group | 行 rows | 违约率 default rate | 批准率 approved | AUC | |",
        "|---|---|---|---|---|---|",
    ]
    return ["## 分组 Groups (95 % intervals)", "\n".join([*head, *rows])]


def _variables(card: Card, sample: Sample) -> list[str]:
    columns = {column.name: column for column in sample.dictionary.inputs}
    used = [f"- {label(columns[one.fact]).zh} {label(columns[one.fact]).en}" for one in card.variables]
    kept_out = [
        f"- `{column.name}` ({column.role}): {column.reason}"
        for column in sample.dictionary.columns
        if column.role in (Role.POST_OUTCOME, Role.PROTECTED)
    ]
    return ["## 变量 Variables", "\n".join(used), "## 不得进入 Kept out", "\n".join(kept_out) or "–"]


def _share(told: tuple[float, float, float]) -> str:
    return f"{told[0]:.3f} [{told[1]:.3f}, {told[2]:.3f}]"
