"""`rongqiao match` against the platform's own doors over real HTTP: what is printed, and with which code it ends."""

import json
from collections.abc import Generator

import pytest
from rich.cells import cell_len

from app import cli
from app.match_command import Unreadable, fen
from libs.chassis.http import Door, make_app
from libs.chassis.limits import RateLimit
from libs.chassis.principal import Principal, Role
from libs.chassis.tokens import TokenChecker
from services.matching.http import routers
from tests.support.services import KEYS, token_of
from tests.unit.lending.test_conformance import serving
from tests.unit.matching.conftest import house  # noqa: F401  the fixture of matching's own tests
from tests.unit.matching.house import SME, House
from tests.unit.matching.world import PARTY


@pytest.fixture
def url(house: House) -> Generator[str]:  # noqa: F811
    door = Door(house.database, TokenChecker(KEYS), RateLimit(60_000), house.desk)
    with serving(make_app("test", list(routers), door)) as found:
        yield found


def match(*more: str, url: str, by: Principal = SME, code: int = 0) -> None:
    """Run the command; `code` is how it has to end."""
    told = ["match", "--base-url", url, "--token", token_of(by), "--width", "160", *more]
    with pytest.raises(SystemExit) as ended:
        cli.main(told)
    assert ended.value.code == code


NEED = ("--party", PARTY, "--amount", "100万", "--term", "12")


def test_plans_are_a_table_in_which_chinese_keeps_its_columns(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    match(*NEED, url=url)
    out = capsys.readouterr().out
    assert "1,000,000元 · 12个月" in out
    assert "首贷 first loan" in out and "政府性融资担保" in out
    assert "担保 guarantee: 兴庆融资担保" in out
    assert "暂无方案 no plan yet" in out and "知识产权质押" in out
    lines = [line for line in out.splitlines() if line.startswith(("┏", "┃", "┡", "│", "└"))]
    assert len(lines) >= 5
    assert len({cell_len(line) for line in lines}) == 1


def test_json_is_the_answer_as_the_platform_gave_it_and_a_key_gives_it_again(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    match(*NEED, "--json", "--key", "mine", url=url)
    first = capsys.readouterr().out
    match(*NEED, "--json", "--key", "mine", url=url)
    assert json.loads(first)["amount_fen"] == 100_000_000
    assert capsys.readouterr().out == first


def test_an_answer_without_a_plan_says_so_and_ends_with_a_code_of_its_own(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    match("--party", PARTY, "--amount", "9亿", "--term", "12", url=url, code=3)
    assert "首贷 first loan" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "by", "code", "says"),
    [
        (("--amount", "50块", "--term", "12"), SME, 2, "such as 500000 or 50万"),
        (("--amount", "0.001", "--term", "12"), SME, 2, "smaller than a fen"),
        (("--amount", "50万", "--term", "601"), SME, 1, "Give 1 to 600."),
        (("--amount", "50万", "--term", "12", "--kinds", "GIFT"), SME, 1, "kinds"),
        (
            ("--amount", "50万", "--term", "12"),
            Principal("acc_b", Role.BANK_OFFICER, "org_east", "64"),
            1,
            "SERVICE_CENTRE",
        ),
    ],
)
def test_what_cannot_be_is_told_in_plain_words(
    url: str,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    by: Principal,
    code: int,
    says: str,
) -> None:
    match("--party", PARTY, *more, url=url, by=by, code=code)
    told = capsys.readouterr()
    assert says in told.err
    assert "Traceback" not in told.err and told.out == ""


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "nonsense", "http://"])
def test_a_platform_that_is_not_there_is_no_riddle(base: str, capsys: pytest.CaptureFixture[str]) -> None:
    match(*NEED, url=base, code=2)
    assert "does not answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("500000", 50_000_000), ("50万", 50_000_000), ("1.5亿元", 15_000_000_000), ("5,000.05", 500_005)],
)
def test_an_amount_is_read_as_people_write_it(typed: str, amount: int) -> None:
    assert fen(typed) == amount


@pytest.mark.parametrize("typed", ["", "万", "5十", "-5", "5e3", "0x10", "1.2.3"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        fen(typed)
