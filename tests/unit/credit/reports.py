"""A report to look at: made up, with something in every section."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import IpRightKind
from libs.registry.size import Size, SizeIndicator
from services.credit.domain.advice import BetterAnswer, Improvement, LatePayment
from services.credit.domain.consent import Purpose, ReadKind
from services.credit.domain.facts import SizeBasis
from services.credit.domain.party import IpRight, PartyStatus
from services.credit.domain.records import Record, RecordKind, RecordList, RecordState, Severity
from services.credit.domain.relations import Relations, Shareholder
from services.credit.domain.report import (
    Group,
    Identity,
    InvoiceMonth,
    Report,
    ReportConsent,
    ReportRead,
    ScoreSection,
    ScoreState,
    SizeBound,
)
from services.credit.domain.score import Score, ScoreReason
from services.credit.domain.sources import Confidence, ItemState, Source
from services.credit.domain.view import Item
from tests.unit.credit.world import BANK, FIRM, NAME, OTHER

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TODAY = date(2026, 11, 22)
BANK_NAME = "黄河青岚银行"
CONSENT = "cst_01M0VTQ5XKZ8N7JR3C9D2BFGHW"
DEBTS = (RecordKind.CREDIT_LINE, RecordKind.LOAN, RecordKind.PAST_DUE)


def item(fact: str, value: str, source: Source = Source.TAX) -> Item:
    return Item(
        fact=fact,
        state=ItemState.KNOWN,
        value=value,
        source=source,
        observed_on=date(2026, 10, 31),
        recorded_at=NOON,
        confidence=Confidence.HIGH,
    )


def record(kind: RecordKind, **more: Any) -> Record:
    told = {
        "state": RecordState.IN_USE,
        "reference": "金市监罚〔2026〕12号",
        "source": Source.MARKET_REGULATION,
        "dated_on": date(2026, 3, 1),
        "observed_on": date(2026, 3, 4),
    }
    return Record(id="rec_1", party=FIRM, kind=kind, recorded_at=NOON, **(told | more))


def month(number: int) -> InvoiceMonth:
    """Of two years; the tenth with more refunds than sales, purchases known from the fifth on."""
    sales = -20_000_000 if number == 9 else (120 + number * 7 + number % 5 * 30) * 1_000_000
    return InvoiceMonth(
        month=f"{2024 + (number + 10) // 12}-{(number + 10) % 12 + 1:02}",
        sales_fen=sales,
        purchases_fen=(60 + number * 4) * 1_000_000 if number > 3 else None,
    )


REASON = ScoreReason(
    code="TAX_GRADE",
    fact="tax_grade",
    text="纳税信用A级",
    text_en="tax grade A",
    points=22,
    best_points=22,
    bank_text="纳税信用级别：对评分最有利",
    bank_text_en="tax credit grade: the best answer",
)
SCORE = Score(
    party=FIRM,
    points=668,
    grade="G2",
    grade_text="较强",
    grade_text_en="strong",
    scorecard="expert_first_loan/1",
    expert=True,
    note="专家评分：分值由专家设定，未经违约数据检验。",
    note_en="Expert score: points were set by people, not learned from defaults.",
    reasons=(REASON,),
    as_of=TODAY,
    policy_set="pol_1",
)
ADVISED = replace(
    SCORE,
    improvements=(
        Improvement(
            code="DEBT_RATIO",
            fact="debt_ratio_bp",
            label="资产负债率",
            label_en="debt ratio",
            now="未授权或没有财务报表",
            now_en="statements not known, or no consent",
            missing=True,
            scope="statements",
            document="上年末资产负债表",
            document_en="balance sheet of last year",
            better=(
                BetterAnswer(
                    text="资产负债率低于50%", text_en="debt ratio under 50 %", gain=10, points=678, grade="G2"
                ),
            ),
        ),
    ),
    late_payment=LatePayment(
        facts=("past_due_now",),
        points=668,
        grade="G2",
        pd_ppm=None,
        late_points=572,
        late_grade="G4",
        late_pd_ppm=None,
        text="若有一笔贷款逾期：评分由668分变为572分，等级由G2变为G4。",
        text_en="With one loan past due: 668 points would become 572, grade G2 G4.",
    ),
)
IDENTITY = Identity(
    name=NAME,
    kind=OwnerKind.ENTERPRISE,
    county="640106",
    industry="6513",
    established_on=date(2023, 3, 10),
    status=PartyStatus.ACTIVE,
    size=Size.SMALL,
    size_basis=SizeBasis(year=2025),
    size_bounds=(
        SizeBound(indicator=SizeIndicator.EMPLOYEES, value=35, large=300, medium=100, small=10),
        SizeBound(
            indicator=SizeIndicator.REVENUE,
            value=1_200_000_000,
            large=1_000_000_000_000,
            medium=100_000_000_000,
            small=5_000_000_000,
        ),
    ),
)
PUBLIC = Group(
    scope="public",
    state=ItemState.KNOWN,
    items=(
        item("high_tech", "true", Source.TECHNOLOGY),
        item("penalties_24m", "1", Source.MARKET_REGULATION),
    ),
)
TAX_PAID = replace(item("tax_paid_12m_fen", "5000000"), disputed=True, statement="有一笔税款已于10月补缴")
TAX = Group(scope="tax", state=ItemState.KNOWN, items=(TAX_PAID,))
INVOICES = Group(
    scope="invoices",
    state=ItemState.KNOWN,
    items=(item("invoiced_12m_fen", "123400000000", Source.INVOICES),),
)
ADVERSE = (
    record(RecordKind.PENALTY, severity=Severity.GENERAL),
    record(RecordKind.COURT_CASE, state=RecordState.DISPUTED, reference="(2026)宁0106民初88号"),
)
LOAN = record(
    RecordKind.LOAN, amount_fen=50_000_000, balance_fen=30_000_000, institution="星海泽银行", reference="JK-1"
)
OWN = Report(
    id="rep_01M0VTQ5XKZ8N7JR3C9D2BFGHW",
    party=FIRM,
    reader=FIRM,
    reader_name=NAME,
    own=True,
    made_at=NOON,
    as_of=TODAY,
    policy_set="pol_1",
    identity=IDENTITY,
    score=ScoreSection(state=ScoreState.SHOWN, score=ADVISED),
    groups=(PUBLIC, TAX, INVOICES, Group(scope="social_insurance", state=ItemState.KNOWN)),
    months=tuple(map(month, range(24))),
    ip_rights=(
        IpRight(
            id="ZL202310000001.2",
            kind=IpRightKind.INVENTION,
            expires_on=date(2043, 1, 1),
            appraised_fen=300_000_000,
        ),
    ),
    records=RecordList(items=(*ADVERSE, LOAN)),
    relations=Relations(
        party=FIRM,
        legal_representative="person:hand-0000001",
        shareholders=(Shareholder(party=OTHER, share_bp=6_000),),
        group=(OTHER,),
    ),
    consents=(
        ReportConsent(
            id=CONSENT,
            recipient=BANK_NAME,
            purpose=Purpose.CREDIT_DECISION,
            scopes=("tax", "invoices", "score"),
            valid_from=date(2026, 1, 1),
            valid_until=date(2027, 1, 1),
        ),
    ),
    reads=(ReportRead(reader=BANK_NAME, what=ReadKind.REPORT, consents=(CONSENT,), read_at=NOON),),
)
OF_BANK = replace(
    OWN,
    reader=BANK,
    reader_name=BANK_NAME,
    own=False,
    score=ScoreSection(state=ScoreState.SHOWN, score=SCORE),
    groups=(PUBLIC, TAX, Group(scope="invoices", state=ItemState.NOT_AUTHORISED)),
    months=(),
    records=RecordList(items=ADVERSE, not_authorised=DEBTS),
    reads=(),
)


def named(name: str, report: Report = OWN) -> Report:
    return replace(report, reader_name=name, identity=replace(report.identity, name=name))
