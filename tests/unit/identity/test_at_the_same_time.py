"""What many do at once must end as if one had come after the other."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.lockout import FREE_TRIES, pause_after
from tests.unit.identity.test_organisations_and_accounts import FIRM


def test_of_many_enrolments_of_one_firm_one_wins(http: TestClient) -> None:
    bodies = [FIRM | {"login": f"hongyuan{number}"} for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda body: http.post("/v1/enrolments", json=body).status_code, bodies))

    assert Counter(answers) == {201: 1, 409: 5}


def test_many_guesses_at_once_are_no_way_round_the_pause(http: TestClient) -> None:
    guesses = [{"login": "operator", "password": f"guess number {number}"} for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda guess: http.post("/v1/tokens", json=guess).status_code, guesses))

    assert Counter(answers) == {401: FREE_TRIES, 429: 12 - FREE_TRIES}


@given(st.integers(min_value=0, max_value=10_000))
def test_a_pause_never_gets_shorter_nor_longer_than_a_quarter_of_an_hour(failures: int) -> None:
    assert pause_after(failures) <= pause_after(failures + 1)
    assert pause_after(failures).total_seconds() <= 900
