"""A short selection of the requests; the long run is `make faults`."""

from tests.faults.doors.run import run


def test_no_request_about_a_thing_that_exists_breaks_lending() -> None:
    report = run(seconds=0, first_seed=20261123, examples=3)

    assert not report.broken, str(report)
    assert report.answers[200] + report.answers[201] >= 20  # it came through the doors, not only up to them
