"""`rongqiao credit …`, as it is typed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from libs.chassis import codec
from services.credit.cardfile import read_card_file
from services.credit.domain.card import CardKind
from services.credit.training.challenger import load
from services.credit.training.stability import Baseline
from tests.unit.credit.training.made import DICTIONARY, frame


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(["credit", *map(str, arguments)])
    return int(left.value.code or 0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    frame().to_csv(folder / "rows.csv", index=False)
    (folder / "made.yaml").write_bytes(codec.to_json(DICTIONARY))  # JSON is YAML
    told = ("--data", folder / "rows.csv", "--dictionary", folder / "made.yaml", "--out", folder)
    assert run("train", *told, "--name", "made_up") == 0
    assert run("validate", *told) == 0
    return folder


def test_training_leaves_a_card_a_challenger_and_pages_that_fetch_nothing(trained: Path) -> None:
    card = read_card_file((trained / "made_up_1.json").read_bytes())
    boosted = load(
        (trained / "challenger.skops").read_bytes(), (trained / "challenger.skops.sha256").read_text().strip()
    )
    pages = [(trained / name).read_text() for name in ("report.html", "validation.html")]

    assert card.kind is CardKind.LEARNED
    assert card.training is not None
    assert card.training.rows == 600
    assert hasattr(boosted, "predict_proba")
    assert "CANDIDATE" in (trained / "made_up_1.md").read_text()
    for page in pages:
        assert not re.search(r"https?://|src='(?!data:)|<link|<script|@import|url\(", page)
        assert page.index("评分卡") < page.index("class='en'")
        assert page.count("data:image/png;base64,") >= 5


def test_monitoring_is_quiet_until_something_moves(trained: Path) -> None:
    given = frame(300, seed=21).assign(given_on="2026-09-15")
    given.to_csv(trained / "steady.csv", index=False)
    given.assign(sales=given["sales"] / 8, given_on="2026-10-15").to_csv(trained / "moved.csv", index=False)
    files = ("--card", trained / "made_up_1.json", "--baseline", trained / "baseline.json", "--out", trained)

    assert run("monitor", *files, "--data", trained / "steady.csv") == 0
    assert run("monitor", *files, "--data", trained / "moved.csv") == 1
    assert "2026-10" in (trained / "monitoring.html").read_text()


def test_a_baseline_of_another_card_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = codec.from_json(Baseline, (trained / "baseline.json").read_bytes())
    told = codec.to_json(other).replace(other.card_sha256.encode(), b"0" * 64)
    (trained / "other.json").write_bytes(told)

    code = run("monitor", "--card", trained / "made_up_1.json", "--baseline", trained / "other.json")

    assert code == 2
    assert "another card" in capsys.readouterr().err


def test_a_pickle_is_no_card(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "card.json").write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")

    assert run("score", "--data", trained, "--card", tmp_path / "card.json") == 2
    assert "no JSON" in capsys.readouterr().err


def test_what_serves_never_loads_what_learns() -> None:
    program = """
import pkgutil, sys, importlib, services
for service in pkgutil.iter_modules(services.__path__):
    if importlib.util.find_spec(f"services.{service.name}.service"):
        importlib.import_module(f"services.{service.name}.service")
import app.cli
app.cli._parser()
learns = {"sklearn", "optbinning", "pandas", "matplotlib", "skops", "pyarrow", "services.credit.training"}
print(sorted(learns & set(sys.modules)), "services.credit.service" in sys.modules)
"""
    told = subprocess.run(
        [sys.executable, "-c", "import importlib.util\n" + program], capture_output=True, text=True
    )

    assert told.stdout.strip() == "[] True", told.stderr
