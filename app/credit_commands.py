"""`rongqiao credit …`: train, validate, monitor, and score real firms from their invoices. Nothing here serves."""

import json
import resource
import sys
import time
import warnings
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import grpc
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from app.assembly import build, make_context
from libs import policy
from libs.chassis import codec
from libs.chassis.clock import SystemClock, business_date
from libs.chassis.database import ReadTx
from libs.chassis.problems import Invalid
from libs.chassis.settings import Settings
from libs.criteria.violation import Violation
from services.credit.cardfile import card_sha256, read_card_file
from services.credit.domain.card import Card
from services.credit.domain.compiled import Answer, Compiled, compile_card
from services.credit.operations.cards import expert_on
from services.credit.training import dictionary as dictionaries
from services.credit.training import monitoring, stability, stored, trained
from services.credit.training.dictionary import Dictionary
from services.credit.training.found import Found, find, find_file
from services.credit.training.invoices import Firm, firms
from services.credit.training.sample import Sample, admit

PLATFORM = "platform"
MOST_REASONS = 3
console = Console()


def run(chosen: Namespace) -> int:
    """2 when what was given cannot be read."""
    warnings.filterwarnings("ignore", module="(sklearn|optbinning|ortools|scipy)")
    try:
        return _ACTIONS[chosen.action](chosen)
    except (Violation, Invalid, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _train(chosen: Namespace) -> int:
    sample = _sample(chosen)
    done = _with_progress(
        "training", lambda tick: trained.train(sample, chosen.out, chosen.name, chosen.number, tick)
    )
    for name, judged in done.judged.items():
        console.print(
            f"{name}: AUC {judged.figures.auc:.3f} ± {judged.figures.auc_spread:.3f}, KS {judged.figures.ks:.3f}"
        )
    console.print(
        f"{done.card.name} {card_sha256(done.card)}: a candidate; a second person brings it into force"
    )
    for file in done.files:
        console.print(f"  {file}")
    return 0


def _validate(chosen: Namespace) -> int:
    sample = _sample(chosen)
    file = chosen.out / "validation.html"
    groups = _with_progress("validating", lambda tick: trained.validate(sample, file, chosen.cut, tick))
    for group in groups:
        look = "  <- look at it" if group.looked_at else ""
        console.print(
            f"{group.group} {group.name}: {group.rows} rows, approved {group.approved[0]:.3f}{look}"
        )
    console.print(f"{file}")
    return 0


def _monitor(chosen: Namespace) -> int:
    """1 when something has moved."""
    card = read_card_file(chosen.card.read_bytes())
    then = codec.from_json(stability.Baseline, chosen.baseline.read_bytes())
    if then.card_sha256 != card_sha256(card):
        raise Violation("baseline", "It is of another card.", "Give the one that was written with the card.")
    frame = (
        pd.read_csv(chosen.data)
        if chosen.data
        else _from_platform(lambda tx: stored.given_frame(tx, card.name))
    )
    if frame.empty:
        console.print(f"There are no scores of {card.name}.")
        return 0
    found = monitoring.monitor(card, then, frame, chosen.month)
    monitoring.report(card, found, chosen.out / "monitoring.html")
    raised = monitoring.alarms(found)
    for one in raised:
        console.print(
            f"{one.state} {one.month} {one.what}: PSI {one.psi:.3f}, by chance {one.chance:.3f}, {one.rows} rows"
        )
    console.print(f"{len(raised)} of {len(found)} moved; {chosen.out / 'monitoring.html'}")
    return 1 if raised else 0


def _score(chosen: Namespace) -> int:
    """Every firm of a folder of invoices: from parquet to features to points with reasons."""
    card = read_card_file(chosen.card.read_bytes()) if chosen.card else _expert()
    compiled = compile_card(card)
    began = time.perf_counter()
    told = [_told(compiled, firm) for firm in _ticking(firms(chosen.data))]
    seconds = time.perf_counter() - began
    for one in told:
        console.print(
            f"{one['firm']:>6} {one['points']:4} {one['grade']}  {'；'.join(one['reasons'])}",
            highlight=False,
            soft_wrap=True,
        )
    invoices = sum(one["invoices"] for one in told)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(
        f"{len(told)} firms, {invoices:,} invoices, {card.name}: {seconds:.1f} s, peak memory {peak:.0f} MB"
    )
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "scores.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


def _told(compiled: Compiled, firm: Firm) -> dict[str, Any]:
    answer = compiled.answer(firm.values)
    return {
        "firm": firm.key,
        "invoices": firm.invoices,
        "points": answer.points,
        "grade": compiled.card.grade_of(answer.points).grade,
        "pd": answer.pd,
        "reasons": _reasons(compiled.card, answer),
    }


def _reasons(card: Card, answer: Answer) -> list[str]:
    """What costs most against the best answer, of what is known."""
    pairs = [(one, one.answers[place]) for one, place in zip(card.variables, answer.bins, strict=True)]
    lost = [(one.best_points - given.points, given.zh) for one, given in pairs if given is not one.missing]
    return [f"{zh} -{points}" for points, zh in sorted(lost, reverse=True)[:MOST_REASONS] if points > 0]


def _expert() -> Card:
    return expert_on(policy.load(), business_date(SystemClock().now())).compiled.card


def _sample(chosen: Namespace) -> Sample:
    if chosen.data is None:
        return _platform_sample()
    known = _known(chosen.dictionary)
    if chosen.dictionary and chosen.data.is_file():
        return Found(chosen.data.stem, chosen.data, known[0]).sample()
    found = list(find(chosen.data, known)) if chosen.data.is_dir() else [find_file(chosen.data, known)]
    if len(found) != 1 or found[0] is None:
        names = ", ".join(one.name for one in found if one) or "none"
        raise Violation(
            "data", f"Data sets found: {names}.", "Name one file, with --dictionary if it is of a new kind."
        )
    return found[0].sample()


def _known(file: Path | None) -> tuple[Dictionary, ...]:
    return (dictionaries.read_dictionary(file),) if file else dictionaries.dictionaries()


def _platform_sample() -> Sample:
    known = next(one for one in dictionaries.dictionaries() if one.id == PLATFORM)
    frame = _from_platform(stored.stored_frame)
    if frame.empty:
        raise Violation("data", "No score's horizon is over yet.", "Give a data set with --data.")
    return admit(known, frame, PLATFORM)


def _from_platform(read: Callable[[ReadTx], pd.DataFrame]) -> pd.DataFrame:
    service = build("credit", make_context(Settings(), lambda peer: grpc.insecure_channel(f"{peer}:0")))
    try:
        with service.database.read() as tx:
            return read(tx)
    finally:
        service.close()
        service.database.close()


def _with_progress(what: str, work: Callable[[Callable[[], None]], Any]) -> Any:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(what, total=trained.STEPS)
        return work(lambda: progress.advance(task))


def _ticking(found: Iterable[Firm]) -> Iterable[Firm]:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("firms", total=None)
        for firm in found:
            progress.advance(task)
            yield firm


_ACTIONS: dict[str, Callable[[Namespace], int]] = {
    "train": _train,
    "validate": _validate,
    "monitor": _monitor,
    "score": _score,
}
