"""123 real firms of a public contest (CUMCM 2020, problem C) and their VAT invoices, as parties of the demo.

Real: the masked names, every invoice, void and refunded ones among them. Made up, and marked as such: the code (a valid
check character, but `CUM` in the organisation code belongs to nobody), the county (dealt out in turn), the kind of
owner and the industry (guessed from words of the name), the day of registration (the first invoice: a firm is at least
that old), the amount asked for. The data end in February 2020; all days are moved on by the same number of whole
months, so that the last complete month of the data is the last one before today. The contest's rating and default
label are never read: they are what a model would have to find out.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from app.demo.doors import Account
from app.demo.population.shapes import AskInput, DemoFirm, PartyInput, consent
from libs.finance.daycount import add_months
from libs.registry.dimensions import OwnerKind
from libs.registry.regions import counties
from libs.registry.uscc import Uscc, complete, organisation_check

FOLDER = "cumcm2020c"
LAST_MONTH = date(2020, 1, 1)  # the last complete one of the data
SCOPES = ("invoices", "score")
LABEL = "（真实数据，测试代码）"
HEADER = "number,direction,issued_on,counterparty,net_fen,tax_fen,status\n"

# The contest's own terms: 100,000 to 1,000,000 yuan for one year. We ask for a tenth of the last year's sales.
LEAST_FEN, MOST_FEN, STEP_FEN = 10_000_000, 100_000_000, 1_000_000
TERM_MONTHS = 12

# The first word found in the name decides; GB/T 4754 divisions. A name that tells nothing counts as wholesale, the
# most frequent business of these firms.
INDUSTRIES = (
    ("建筑劳务", "50"), ("劳务", "72"), ("消防", "49"), ("装饰", "50"), ("油气工程", "48"), ("地质", "74"),
    ("建设工程", "48"), ("建筑", "47"), ("土地整理", "79"), ("园林", "48"), ("景观", "48"), ("勘察", "74"),
    ("造价", "74"), ("物流", "54"), ("快递", "60"), ("供应链", "72"), ("汽车美容", "81"), ("租赁", "71"),
    ("物业", "70"), ("酒店", "61"), ("福利", "85"), ("图书", "52"), ("药", "52"), ("农业", "01"),
    ("蔬菜", "01"), ("园艺", "01"), ("花木", "01"), ("兰花", "52"), ("食品", "14"), ("调味品", "14"),
    ("化工", "26"), ("木业", "20"), ("鞋", "19"), ("服饰", "18"), ("门窗", "33"), ("超硬材料", "30"),
    ("灯饰", "38"), ("电力设备", "38"), ("控制设备", "40"), ("机械", "35"), ("机电", "35"), ("安防", "39"),
    ("环保", "77"), ("信息", "65"), ("科学研究", "73"), ("技术", "65"), ("科技", "65"), ("电脑", "65"),
    ("文化", "87"), ("传媒", "87"), ("广告", "72"), ("美工", "72"), ("咨询", "72"), ("财务", "72"),
    ("电器", "51"), ("家电", "52"), ("贸易", "51"), ("商贸", "51"), ("建材", "51"),
)  # fmt: skip
NOT_TOLD = "51"
_SHOPS = ("店", "部", "房", "场")


class DataMissing(Exception):
    """The folder does not hold the contest's files, or what reads them is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealFirm:
    """`firm.key` is the contest's number (E1 …). `invoices` is a CSV in credit's format; it covers `covers_until`."""

    firm: DemoFirm
    invoices: bytes
    rows: int
    covers_until: date


Row = tuple[
    str, int, str, str, float, float, str
]  # firm, number, day, counterparty, net and tax in yuan, state


def real_firms(data: Path, today: date) -> Iterator[RealFirm]:
    """The firms in the order of the contest, each read when its turn comes. Raises DataMissing."""
    folder = data / FOLDER
    moved = Calendar(today)
    sales = groupby(_rows(folder / "credit_history_output_invoice.parquet", "购方单位代号"), itemgetter(0))
    purchases = groupby(_rows(folder / "credit_history_input_invoice.parquet", "销方单位代号"), itemgetter(0))
    for number, (key, name) in enumerate(_names(folder / "enterprises.csv"), 1):
        sold, bought = (list(_of(key, group)) for group in (next(sales), next(purchases)))
        yield _firm(number, key, name, sold, bought, moved)


def deliver(carrier: Account, firm: RealFirm) -> dict[str, Any]:
    """Put the invoices into the firm's file, as whoever brings shared data; the outcome counts the rows."""
    path = f"/v1/parties/{firm.firm.party['id']}/invoices"
    return carrier.upload(
        path, f"{firm.firm.key}.csv", firm.invoices, covers_until=firm.covers_until.isoformat()
    )


class Calendar:
    """The days of the data as days of today's demo."""

    def __init__(self, today: date) -> None:
        self.today = today
        last = (today + timedelta(days=1)).replace(day=1) - timedelta(days=1)
        self.covers_until = last
        self.months = (last.year - LAST_MONTH.year) * 12 + last.month - LAST_MONTH.month
        self.moved = cache(self._moved)

    def _moved(self, day: str) -> date:
        year, month, date_of_month = map(int, day.split("/"))
        return add_months(date(year, month, date_of_month), self.months)


def uscc_of(number: int, kind: OwnerKind, county: str) -> Uscc:
    """A valid code that no real firm has: organisation codes begin with digits or MA, never with CUM."""
    authority = {OwnerKind.ENTERPRISE: "91", OwnerKind.INDIVIDUAL_BUSINESS: "92", OwnerKind.COOPERATIVE: "93"}
    organisation = f"CUM{number:05d}"
    return complete(authority[kind] + county + organisation + organisation_check(organisation))


def industry_of(name: str) -> str:
    return next((division for word, division in INDUSTRIES if word in name), NOT_TOLD)


def kind_of(name: str) -> OwnerKind:
    if "合作社" in name:
        return OwnerKind.COOPERATIVE
    alone = "公司" not in name and name.endswith(_SHOPS)
    return OwnerKind.INDIVIDUAL_BUSINESS if alone or name.startswith("个体经营") else OwnerKind.ENTERPRISE


def _firm(number: int, key: str, name: str, sold: list[Row], bought: list[Row], moved: Calendar) -> RealFirm:
    places = counties()
    county, kind = places[number % len(places)].code, kind_of(name)
    party = PartyInput(
        id=uscc_of(number, kind, county).party,
        kind=kind.value,
        name=f"{name}{LABEL}",
        county=county,
        industry=industry_of(name),
        established_on=min(moved.moved(row[2]) for row in (*sold, *bought)).isoformat(),
    )
    lines = [*_lines("SALE", sold, moved), *_lines("PURCHASE", bought, moved)]
    return RealFirm(
        firm=DemoFirm(
            key=key,
            party=party,
            facts=(),
            ip_rights=(),
            consents=(consent(party["id"], SCOPES, moved.today),),
            ask=_ask(party["id"], sold, moved),
        ),
        invoices=(HEADER + "".join(lines)).encode(),
        rows=len(lines),
        covers_until=moved.covers_until,
    )


def _lines(direction: str, rows: Iterable[Row], moved: Calendar) -> Iterator[str]:
    """CSV lines without those of the few days in the last, incomplete month that would still be to come."""
    for _, number, day, counterparty, net, tax, state in rows:
        issued = moved.moved(day)
        if issued <= moved.today:
            status = "VOID" if "作废" in state else "VALID"
            yield f"{number},{direction},{issued},{counterparty},{round(net * 100)},{round(tax * 100)},{status}\n"


def _ask(party: str, sold: Iterable[Row], moved: Calendar) -> AskInput:
    since = add_months(moved.covers_until.replace(day=1), -11)
    year = [
        row for row in sold if since <= moved.moved(row[2]) <= moved.covers_until and "作废" not in row[6]
    ]
    tenth = round(sum(row[4] for row in year) * 10) // STEP_FEN * STEP_FEN
    return AskInput(
        party=party,
        amount_fen=min(MOST_FEN, max(LEAST_FEN, tenth)),
        term_months=TERM_MONTHS,
        kinds=[],
        purpose="补充流动资金",
    )


def _names(file: Path) -> Iterator[tuple[str, str]]:
    """Number and masked name; the columns with rating and default stay unread."""
    if not file.exists():
        raise DataMissing(f"{file} is not there. Give the folder that holds {FOLDER}/.")
    with file.open(encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text):
            yield row["企业代号"], row["企业名称"]


def _rows(file: Path, counterparty: str) -> Iterator[Row]:
    columns = ["企业代号", "发票号码", "开票日期", counterparty, "金额", "税额", "发票状态"]
    for batch in _parquet().ParquetFile(file).iter_batches(batch_size=20_000, columns=columns):
        found: dict[str, list[Any]] = batch.to_pydict()
        yield from zip(*(found[name] for name in columns), strict=True)


def _of(key: str, group: tuple[str, Iterable[Row]]) -> Iterable[Row]:
    if group[0] != key:
        raise DataMissing(f"The invoices of {group[0]} stand where those of {key} should.")
    return group[1]


def _parquet() -> Any:
    try:
        return import_module("pyarrow.parquet")
    except ModuleNotFoundError as missing:
        raise DataMissing(
            "Real firms come as parquet, which pyarrow reads. `make setup` installs it."
        ) from missing
