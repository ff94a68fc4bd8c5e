"""`make evaluate`: every labelled set in a folder, by the scorecard and its challenger, beside the reference.

Beside what is learned stands the expert card on the real firms: it sees what the platform would, the features of the
invoices, made by credit's own operations; the labels judge it and nothing else.
"""

import csv
import io
import json
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.demo.real_firms import FOLDER, RealFirm, real_firms
from app.demo.seeding import today
from libs import policy
from libs.chassis import codec, migrations, vault
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys
from libs.judging.figures import ranking
from services import credit
from services.credit.domain.party import Registration
from services.credit.operations import files, invoices, scores
from services.credit.training.dictionary import dictionaries
from services.credit.training.evaluation import Evaluated, evaluate
from services.credit.training.found import find
from services.credit.training.judging import FOLDS

FOLDER_OUT = Path("build/evaluate")
RESULT = FOLDER_OUT.with_suffix(".json")
OPERATOR = Principal("acc_evaluate", Role.OPERATOR, "org_platform")
MODELS = 3  # a set is judged by
WIDEST = 110  # columns that the table needs


def run(data: Path) -> int:
    """1 when a set is ranked worse than the rule of `verdict.py` asks, or nothing labelled was found."""
    warnings.filterwarnings("ignore", module="(sklearn|optbinning|ortools|scipy)")
    console = Console()
    console.width = max(console.width, WIDEST)
    found = list(find(data, dictionaries()))
    if not found:
        console.print(f"No labelled set that a dictionary in data/credit/datasets knows is in {data}.")
        return 1
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=len(found) * MODELS * FOLDS)
        evaluated: list[Evaluated] = []
        for one in found:
            progress.update(task, description=one.name)
            evaluated.append(evaluate(one, FOLDER_OUT, lambda: progress.advance(task)))
    for one in evaluated:
        _tell(console, one)
    expert = _expert(data) if (data / FOLDER).is_dir() else None
    if expert:
        told = f"AUC {expert['auc']}, KS {expert['ks']}"
        console.print(f"Expert card on {expert['firms']} real firms, nothing learned: {told}.")
    _keep(evaluated, expert)
    return 0 if all(verdict.good for one in evaluated for verdict in one.verdicts) else 1


def _tell(console: Console, one: Evaluated) -> None:
    table = Table(title=f"{one.sample.name}: {one.sample.rows} rows, {one.sample.defaults} defaults")
    for name in ("", "AUC", "±", "KS", "Brier", "slope", "intercept", "ECE", "reference AUC"):
        table.add_column(name, justify="right" if name else "left")
    for name, judged in one.judged.items():
        figures = [f"{value:.3f}" for value in judged.figures.plain().values()]
        table.add_row(name, *figures, one.reference(name))
    console.print(table)
    for note in one.sample.notes:
        console.print(f"  {note}", style="dim")
    for verdict in one.verdicts:
        console.print(f"  {verdict.told()}", style="green" if verdict.good else "bold red")
    console.print(f"  {one.page}")


def _keep(evaluated: list[Evaluated], expert: dict[str, Any] | None) -> None:
    plain = {one.sample.name: one.plain() for one in evaluated}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        json.dumps({"sets": plain, "expert": expert}, indent=1, ensure_ascii=False), encoding="utf-8"
    )


def _expert(data: Path) -> dict[str, Any]:
    vault.configure(Keys.make().vault())
    labels = _labels(data / FOLDER / "enterprises.csv")
    with tempfile.TemporaryDirectory() as folder:
        points = dict(_points(data, Path(folder)))
    return _figures(points, labels)


def _points(data: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """By the contest's number of the firm."""
    database = Database(f"sqlite:///{folder / 'credit.db'}", clock=SystemClock(), ids=new_id)
    migrations.upgrade(database, Path(credit.__file__).parent / "migrations" / "versions")
    database.policies = policy.load()
    for real in real_firms(data, today()):
        yield real.firm.key, _score(database, real)
    database.close()


def _score(database: Database, real: RealFirm) -> int:
    party = real.firm.party["id"]
    told = {name: value for name, value in real.firm.party.items() if name != "id"}
    registration = codec.load(Registration, told)
    database.transact(lambda tx: files.put_party(tx, OPERATOR, party, registration))
    invoices.load_file(database, OPERATOR, party, io.StringIO(real.invoices.decode()), real.covers_until)
    firm = Principal("acc_firm", Role.SME, party)
    return database.transact(lambda tx: scores.get_score(tx, firm, party)).points


def _labels(file: Path) -> dict[str, bool]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return {row["企业代号"]: row["是否违约"] == "是" for row in csv.DictReader(text)}


def _figures(points: dict[str, int], labels: dict[str, bool]) -> dict[str, Any]:
    defaulted = np.asarray([labels[firm] for firm in points], dtype=int)
    risk = -np.asarray(list(points.values()), dtype=float)
    auc, ks = ranking(defaulted, risk)
    return {
        "data": FOLDER,
        "firms": len(points),
        "defaults": int(defaulted.sum()),
        "auc": round(auc, 3),
        "ks": round(ks, 3),
        "points": points,
    }
