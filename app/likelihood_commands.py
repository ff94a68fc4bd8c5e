"""`rongqiao matching train|validate|monitor|simulate`: the likelihood of approval, learned and judged."""

import json
import os
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.matching_commands import opened_matching
from libs import policy
from libs.chassis import codec
from libs.chassis.clock import SystemClock, business_date
from libs.criteria.violation import Violation
from libs.judging.page import Page
from services.matching.domain.decision import Decision
from services.matching.domain.learning import Exploration, Learning
from services.matching.domain.likelihood import LikelihoodModel
from services.matching.modelfile import model_sha256, read_model_file
from services.matching.operations.models import cold_start, model_on
from services.matching.operations.rulebook import EXPLORATION, LEARNING
from services.matching.store import decisions as decision_store
from services.matching.training import fairness, monitoring, simulation, trained
from services.matching.training.judging import Judged, judge, split

console = Console()
T = TypeVar("T")


def run(chosen: Namespace) -> int:
    """2 when there is too little to learn from, or what was given cannot be read."""
    warnings.filterwarnings("ignore", module="(sklearn|scipy)")
    try:
        return _ACTIONS[chosen.action](chosen)
    except (Violation, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _train(chosen: Namespace) -> int:
    decisions, in_force = _known(chosen)
    done = trained.train(
        decisions,
        in_force,
        _record(Learning, LEARNING),
        _record(Exploration, EXPLORATION),
        chosen.name,
        chosen.number,
    )
    done = trained.write(done, chosen.out)
    _tell(done.judged)
    console.print(
        f"{done.model.name} {model_sha256(done.model)}: a candidate; two operators bring it into force"
    )
    for file in done.files:
        console.print(f"  {file}")
    return 0


def _validate(chosen: Namespace) -> int:
    """Of a model file, or what is in force, on the latest decisions; 1 where a group is treated otherwise."""
    decisions, in_force = _known(chosen)
    model = read_model_file(chosen.model.read_bytes()) if chosen.model else in_force
    learning = _record(Learning, LEARNING)
    trained.check_enough(decisions, learning)
    earlier, later = split(decisions, learning)
    judged, told = (
        judge(earlier, later, model, learning),
        fairness.fairness(model, later, learning.smallest_group),
    )
    page = Page(f"批准可能性验证：{model.name}", f"Validation of the likelihood: {model.name}")
    trained.add_judged(page, judged)
    fairness.add_fairness(page, told)
    page.write(chosen.out / "validation.html")
    plain = {"judged": {name: one.plain() for name, one in judged.items()}, "fairness": told.plain()}
    (chosen.out / "validation.json").write_text(
        json.dumps(plain, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    _tell(judged)
    unfair = [f"{one.dimension} {one.name}" for one in told.groups if not one.fair]
    console.print(f"gaps beyond chance: {', '.join(unfair) or 'none'}; {chosen.out / 'validation.html'}")
    return 1 if unfair else 0


def _monitor(chosen: Namespace) -> int:
    """1 when what is said does not come true any more."""
    decisions, _ = _known(chosen)
    months = monitoring.monitor(decisions, _record(Learning, LEARNING).smallest_group)
    monitoring.report(months, chosen.out / "monitoring.html")
    for one in months:
        _, low, high = one.approved
        moved = "  <- moved" if one.moved else ""
        console.print(
            f"{one.month}: said {one.said:.3f}, approved {low:.3f} … {high:.3f}, {one.rows} decisions{moved}"
        )
    return 1 if any(one.moved for one in months) else 0


def _simulate(chosen: Namespace) -> int:
    """1 where what is learned chooses no better than the cheapest rate."""
    sizes = simulation.Sizes(seeds=chosen.seeds)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("markets", total=sizes.seeds)
        workers = min(sizes.seeds, os.cpu_count() or 1)
        told = simulation.simulate(policy.load(), sizes, lambda: progress.advance(task), workers)
    table = Table(title=f"{sizes.seeds} made-up markets, {sizes.judged} firms each; mean and 95 % interval")
    for name in (
        "",
        "first choices approved, %",
        "regret, % of the loan a year",
        "less than the cheapest rate",
    ):
        table.add_column(name, justify="right" if name else "left")
    for name, one in told.items():
        table.add_row(
            name,
            _words(one.approval, 100),
            _words(one.regret_ppm, 1 / 10_000),
            _words(one.less_regret_ppm, 1 / 10_000),
        )
    console.print(table)
    chosen.out.mkdir(parents=True, exist_ok=True)
    plain = {"sizes": asdict(sizes), "strategies": {name: asdict(one) for name, one in told.items()}}
    file = chosen.out / "ranking.json"
    file.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    console.print(f"{file}")
    return 0 if simulation.better(told) else 1


def _words(one: simulation.Interval, unit: float) -> str:
    return f"{one.mean * unit:.2f} ({one.low * unit:.2f} … {one.high * unit:.2f})"


def _tell(judged: Mapping[str, Judged]) -> None:
    for name, one in judged.items():
        told, less = one.figures, one.log_loss_less
        console.print(
            f"{name}: AUC {told.auc:.3f}, Brier {told.brier:.4f}, ECE {told.ece:.3f}, slope {told.slope:.2f}, "
            f"log loss {one.log_loss:.4f}, less than in force by {less[0]:.4f} ({less[1]:.4f} … {less[2]:.4f})"
        )


def _known(chosen: Namespace) -> tuple[Sequence[Decision], LikelihoodModel]:
    """The decisions of a file (a JSON list), or the platform's own; and the model in force."""
    if chosen.data:
        decisions = codec.from_json(tuple[Decision, ...], chosen.data.read_bytes())
        return [one for one in decisions if one.approved is not None], cold_start(policy.load(), _today())
    with opened_matching(chosen.home) as service, service.database.read() as tx:
        return decision_store.decided(tx), model_on(tx, tx.today)


def _record(shape: type[T], name: str) -> T:
    return codec.load(shape, policy.load().record_on(name, _today()))


def _today() -> date:
    return business_date(SystemClock().now())


_ACTIONS: dict[str, Callable[[Namespace], int]] = {
    "train": _train,
    "validate": _validate,
    "monitor": _monitor,
    "simulate": _simulate,
}
