"""Keys are made once, for this machine's owner alone; an id tells its kind and its birth."""

import stat
from pathlib import Path

import pytest

from libs.chassis.ids import new_id
from libs.chassis.settings import Keys, Settings


def test_the_first_start_makes_keys_that_only_their_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "var" / "keys.json"

    made = Keys.load_or_make(path)

    assert Keys.load_or_make(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGQIAO_PORT", "9100")

    assert (Settings().port, Settings().public_grpc_port) == (9100, 9101)


def test_each_service_has_a_file_of_its_own(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).database_url("lending") == f"sqlite:///{tmp_path}/lending.db"


def test_ids_sort_by_birth() -> None:
    made = [new_id("prd") for _ in range(200)]

    assert made == sorted(made)
    assert {len(made_id) for made_id in made} == {len("prd_") + 26}
    assert len(set(made)) == 200
