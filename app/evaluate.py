"""`make evaluate`: how well the expert scorecard ranks real firms whose outcome is known.

The labels judge the card; nothing is learned from them here. The card sees what the platform would: the features of
the invoices, made by credit's own operations.
"""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sklearn import metrics

from app.demo.real_firms import FOLDER, RealFirm, real_firms
from app.demo.seeding import today
from libs import policy
from libs.chassis import codec, migrations, vault
from libs.chassis.clock import SystemClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from libs.chassis.principal import Principal, Role
from libs.chassis.settings import Keys
from services import credit
from services.credit.domain.party import Registration
from services.credit.operations import files, invoices, reading

RESULT = Path("build/evaluate.json")
OPERATOR = Principal("acc_evaluate", Role.OPERATOR, "org_platform")


def run(data: Path) -> int:
    vault.configure(Keys.make().vault())
    labels = _labels(data / FOLDER / "enterprises.csv")
    with tempfile.TemporaryDirectory() as folder:
        scores = dict(_scores(data, Path(folder)))
    figures = _figures(scores, labels)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"figures": figures, "scores": scores}, indent=1), encoding="utf-8")
    for name, value in figures.items():
        print(f"{name:12} {value}")
    print(f"Scores of every firm are in {RESULT}.")
    return 0


def _scores(data: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """Points by the contest's number of the firm."""
    database = Database(f"sqlite:///{folder / 'credit.db'}", clock=SystemClock(), ids=new_id)
    migrations.upgrade(database, Path(credit.__file__).parent / "migrations" / "versions")
    policies = policy.load()
    for real in real_firms(data, today()):
        yield real.firm.key, _score(database, policies, real)
    database.close()


def _score(database: Database, policies: policy.PolicySet, real: RealFirm) -> int:
    party = real.firm.party["id"]
    told = {name: value for name, value in real.firm.party.items() if name != "id"}
    registration = codec.load(Registration, told)
    database.transact(lambda tx: files.put_party(tx, OPERATOR, party, registration))
    invoices.load_file(database, OPERATOR, party, io.StringIO(real.invoices.decode()), real.covers_until)
    firm = Principal("acc_firm", Role.SME, party)
    return database.transact(lambda tx: reading.get_score(tx, firm, policies, party)).points


def _labels(file: Path) -> dict[str, bool]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        return {row["企业代号"]: row["是否违约"] == "是" for row in csv.DictReader(text)}


def _figures(scores: dict[str, int], labels: dict[str, bool]) -> dict[str, float | int | str]:
    defaulted = [labels[firm] for firm in scores]
    risk = [-points for points in scores.values()]
    judge: Any = metrics  # scikit-learn carries no types
    rates = judge.roc_curve(defaulted, risk)
    auc = judge.roc_auc_score(defaulted, risk)
    return {
        "data": FOLDER,
        "firms": len(scores),
        "defaults": sum(defaulted),
        "auc": round(float(auc), 3),
        "ks": round(float(max(rates[1] - rates[0])), 3),
    }
