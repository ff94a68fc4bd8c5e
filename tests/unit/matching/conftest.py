"""Matching on each engine, with the small market in memory and one party's summary in its database."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from libs.chassis.ids import new_id
from services.matching.desk import Desk
from services.matching.store import metadata
from tests.support.services import opened
from tests.unit.matching.house import House
from tests.unit.matching.world import FIRST_LOAN, GUARANTEED, IP_LOAN, POLICIES, catalogue


@pytest.fixture(scope="session")
def tables() -> sa.MetaData:
    return metadata


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    with opened(database_url, metadata) as database:
        desk = Desk(database, catalogue(FIRST_LOAN, IP_LOAN, GUARANTEED), POLICIES, new_id, looks=1)
        made = House(database, desk)
        made.tell(made.summary())
        yield made
        desk.close()
