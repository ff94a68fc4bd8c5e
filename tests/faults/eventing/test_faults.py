"""A short selection of the fault run; the long one is `make faults`."""

import pytest

from tests.faults.eventing.run import run


@pytest.mark.faults
def test_nothing_is_lost_doubled_or_out_of_order_whatever_dies() -> None:
    report = run(seconds=30, seed=20261122, least=8)

    assert report.good, str(report)
