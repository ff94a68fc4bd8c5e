import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from libs.chassis.clock import SettableClock
from libs.chassis.database import Database
from libs.chassis.ids import new_id
from services.guarantee import store
from tests.support.services import NOON, opened
from tests.unit.guarantee.chain import HELAN, YINCHUAN, house_rules, open_business
from tests.unit.guarantee.losses import make_room


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return store.metadata


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The guarantee business on an ordinary day, with two guarantors."""
    with opened(database_url, store.metadata) as database:
        open_business(database, house_rules(), HELAN, YINCHUAN)
        yield database


@pytest.fixture(scope="session")
def business_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A guarantee business with so much released in the year that no cap stands in the way of a claim."""
    path = tmp_path_factory.mktemp("business") / "guarantee.db"
    with opened(f"sqlite:///{path}", store.metadata) as database:
        open_business(database, house_rules(), HELAN)
        make_room(database)
    return path


@pytest.fixture
def business(business_file: Path, tmp_path: Path) -> Iterator[Database]:
    """A copy of that, on SQLite alone: what locks decide has tests of its own, on both engines."""
    copy = shutil.copy(business_file, tmp_path / "guarantee.db")
    database = Database(f"sqlite:///{copy}", clock=SettableClock(NOON), ids=new_id)
    yield database
    database.close()
