from collections.abc import Iterator

import pytest

from libs.chassis.database import Database
from services.guarantee import store
from tests.support.services import opened
from tests.unit.guarantee.chain import HELAN, YINCHUAN, house_rules, open_business


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The guarantee business on an ordinary day, with two guarantors."""
    with opened(database_url, store.metadata) as database:
        open_business(database, house_rules(), HELAN, YINCHUAN)
        yield database
