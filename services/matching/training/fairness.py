"""Is the likelihood as true and as kind to one group as to another? By city, size and first loan, which no model sees.

Groups with few decisions are hidden; where one alone would be, the smallest shown one is hidden with it, so that no
total gives it away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from libs.judging.figures import share_interval
from libs.judging.page import Page
from services.matching.domain.decision import Decision
from services.matching.domain.likelihood import LikelihoodModel, likelihood_ppm, model_logit

_PPM = 1_000_000
_CITY = 4  # digits of a county's code

DIMENSIONS: Mapping[str, Callable[[Decision], str]] = {
    "city": lambda one: one.county[:_CITY],
    "size": lambda one: one.size or "–",
    "first_time": lambda one: "yes" if one.first_time else "no",
}

Share = tuple[float, float, float]
"""A share and its 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`observed`: approved; `expected`: mean likelihood. `first_plans`: of the applications for a first plan the part
    that is the group's, beside `applications`, its part of all. `told_likely`: of those approved, whom the platform had
    told at least a medium likelihood; `gap` less that of all others (equal opportunity)."""

    dimension: str
    name: str
    rows: int
    observed: Share
    expected: float
    first_plans: float
    applications: float
    told_likely: Share | None
    gap: Share | None

    @property
    def calibrated(self) -> bool:
        return self.observed[1] <= self.expected <= self.observed[2]

    @property
    def fair(self) -> bool:
        """No gap beyond chance."""
        return self.gap is None or self.gap[1] <= 0 <= self.gap[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """`hidden`: by dimension how many groups are too small to show."""

    model: str
    rows: int
    groups: tuple[Group, ...]
    hidden: Mapping[str, int]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def fairness(model: LikelihoodModel, decisions: Sequence[Decision], smallest: int) -> Fairness:
    """Of decisions that the model was not made of, if its judgement is to count."""
    groups, hidden = list[Group](), dict[str, int]()
    for dimension, name_of in DIMENSIONS.items():
        names = sorted({name_of(one) for one in decisions})
        members = {name: [one for one in decisions if name_of(one) == name] for name in names}
        shown = _shown({name: len(found) for name, found in members.items()}, smallest)
        hidden[dimension] = len(names) - len(shown)
        groups += [_group(model, dimension, name, members[name], decisions) for name in shown]
    return Fairness(model=model.name, rows=len(decisions), groups=tuple(groups), hidden=hidden)


def _shown(sizes: Mapping[str, int], smallest: int) -> list[str]:
    shown = [name for name, rows in sizes.items() if rows >= smallest]
    if len(sizes) - len(shown) == 1 and shown:
        shown.remove(min(shown, key=lambda name: (sizes[name], name)))
    return shown


def _group(
    model: LikelihoodModel,
    dimension: str,
    name: str,
    members: Sequence[Decision],
    everybody: Sequence[Decision],
) -> Group:
    inside = {one.application for one in members}
    others = [one for one in everybody if one.application not in inside]
    first = [one for one in everybody if one.number == 1]
    told, of_others = _told_likely(model, members), _told_likely(model, others)
    return Group(
        dimension=dimension,
        name=name,
        rows=len(members),
        observed=share_interval(sum(one.approved is True for one in members), len(members)),
        expected=sum(_likelihood(model, one) for one in members) / len(members) / _PPM,
        first_plans=sum(one.application in inside for one in first) / max(1, len(first)),
        applications=len(members) / len(everybody),
        told_likely=told,
        gap=_gap(told, of_others),
    )


def _told_likely(model: LikelihoodModel, members: Sequence[Decision]) -> Share | None:
    approved = [one for one in members if one.approved]
    least = model.coefficients.medium_from_ppm
    told = sum(_likelihood(model, one) >= least for one in approved)
    return share_interval(told, len(approved)) if approved else None


def _gap(one: Share | None, other: Share | None) -> Share | None:
    """The difference of two shares with its 95 % interval (Newcombe)."""
    if one is None or other is None:
        return None
    gap = one[0] - other[0]
    low = gap - sqrt((one[0] - one[1]) ** 2 + (other[2] - other[0]) ** 2)
    high = gap + sqrt((one[2] - one[0]) ** 2 + (other[0] - other[1]) ** 2)
    return gap, low, high


def _likelihood(model: LikelihoodModel, one: Decision) -> int:
    return likelihood_ppm(model_logit(model, one.features, one.bank, one.product))


def add_fairness(page: Page, told: Fairness) -> None:
    page.section("公平性", "Fairness")
    page.text(
        "模型不使用地区、规模、首贷与任何业主个人信息；下表检验其结果。小样本组不显示。",
        "No model sees region, size, a first loan or anything of the owner; the table tests what comes out. Small "
        "groups are hidden.",
    )
    good = all(one.fair for one in told.groups)
    page.verdict(
        good, "机会均等差异未超出偶然" if good else "机会均等存在差异", "equal opportunity by groups"
    )
    page.table(
        (
            "分组 group",
            "申请 applications",
            "实际批准 approved",
            "95%",
            "预期 expected",
            "首选占比 of first plans",
            "申请占比 of applications",
            "机会差 gap",
            "95%",
        ),
        [
            (
                f"{one.dimension} {one.name}",
                one.rows,
                one.observed[0],
                _interval(one.observed),
                one.expected,
                one.first_plans,
                one.applications,
                one.gap[0] if one.gap else None,
                _interval(one.gap),
            )
            for one in told.groups
        ],
    )
    page.items(f"{dimension}: {rows} hidden" for dimension, rows in told.hidden.items() if rows)


def _interval(share: Share | None) -> str | None:
    return None if share is None else f"{share[1]:.3f} … {share[2]:.3f}"
