"""`rongqiao matching …` on the home of an embedded platform in which one answer was given."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import grpc
import pytest
import sqlalchemy as sa

from app import cli
from app.assembly import build, make_context
from libs.chassis import codec
from libs.chassis.principal import service as principal
from libs.chassis.tables import chassis_metadata
from libs.eventing.tables import eventing_metadata
from services.matching.desk import Desk
from services.matching.domain.answer import Match, MatchRequest
from services.matching.domain.firm import ItemState, PartyStatus, Profile, SummaryItem
from services.matching.operations.records import Asked
from services.matching.store.profiles import put_profile
from services.matching.store.rulebooks import rulebooks
from services.matching.store.tables import matches
from tests.support.services import settings_of_tests
from tests.unit.matching.world import FIRM, FIRST_LOAN, ORDINARY, YUAN, product

REQUEST = MatchRequest(party=FIRM.party, amount_fen=1_000_000 * YUAN, term_months=12)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """The home, and the answer that was given in it before its market changed."""
    settings = settings_of_tests(tmp_path)
    service = build("matching", make_context(settings, lambda peer: grpc.insecure_channel(f"{peer}:0")))
    for part in (chassis_metadata, eventing_metadata, service.metadata):
        part.create_all(service.database.engine)
    desk = cast(Desk, service.parts)
    score = SummaryItem(fact="score", state=ItemState.KNOWN, value="640")
    profile = Profile(party=FIRM.party, status=PartyStatus.ACTIVE, dimensions=FIRM.dimensions, items=(score,))
    with service.database.write() as tx:
        put_profile(tx, profile)
    desk.catalogue.put_programme(ORDINARY)
    desk.catalogue.put_product(FIRST_LOAN)
    answer = desk.ask(Asked(principal("coordination"), REQUEST, None)).result()
    desk.catalogue.put_product(product("later"))
    desk.ask(Asked(principal("coordination"), REQUEST, None)).result()
    yield tmp_path, codec.from_json(Match, answer.document).id
    service.close()
    service.database.close()


def rongqiao(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(["matching", *arguments])
    return int(left.value.code or 0)


def database(home: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{home / 'matching.db'}")


def test_an_answer_is_replayed_by_its_id(home: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, match_id = home
    assert rongqiao("replay", match_id, "--home", str(folder)) == 0
    assert capsys.readouterr().out.startswith(f"{match_id}: equal\n")


def test_all_are_replayed_and_one_that_was_changed_is_named(
    home: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, match_id = home
    assert rongqiao("replay", "--all", "--home", str(folder)) == 0
    assert "2 equal" in capsys.readouterr().out
    with database(folder).begin() as tx:
        given = codec.from_json(
            Match, tx.execute(sa.select(matches.c.document).where(matches.c.id == match_id)).scalar_one()
        )
        document = codec.to_json(replace(given, products_eligible=7)).decode()
        tx.execute(sa.update(matches).where(matches.c.id == match_id).values(document=document))
    assert rongqiao("replay", "--all", "--home", str(folder)) == 1
    assert f"{match_id}: products_eligible" in capsys.readouterr().out
    assert rongqiao("replay", match_id, "--home", str(folder)) == 1
    assert "products_eligible: 7 -> 1" in capsys.readouterr().out


def test_an_answer_that_was_never_given_is_not_found(
    home: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert rongqiao("replay", "mat_none", "--home", str(home[0])) == 2
    assert "mat_none" in capsys.readouterr().err


def test_corrections_are_listed_with_what_they_change(
    home: tuple[Path, str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, match_id = home
    assert rongqiao("corrections", "--home", str(folder)) == 0
    assert "0 rulebooks" in capsys.readouterr().out
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "later.yaml").write_text(LATER, encoding="utf-8")
    monkeypatch.setenv("RONGQIAO_POLICIES_OVERLAY", str(overlay))
    assert rongqiao("corrections", "--home", str(folder)) == 1
    assert "matching.ranking; 2 answers" in capsys.readouterr().out
    with database(folder).begin() as tx:
        rulebook = tx.execute(sa.select(rulebooks.c.id)).scalar_one()
    assert rongqiao("corrections", "--answers", rulebook, "--home", str(folder)) == 1
    assert f"{match_id}" in capsys.readouterr().out


LATER = """
- id: matching.ranking
  description: known later
  unit: record
  values:
    - value: {id: value, version: 9, reference_ppm: 90_000, day_ppm: 100, missing_ppm: 1_000}
      effective: 2019-08-20
      recorded: 2030-01-01
      source: {document: a test, paragraph: "1"}
      confidence: low
"""
