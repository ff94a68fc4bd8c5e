"""The pages of credit, of the messages that credit sends: in both languages, with names that mean harm."""

from typing import Any

import pytest

from libs.chassis.principal import Role
from rongqiao.credit.v1 import credit_pb2 as credit
from rongqiao.credit.v1 import documents_pb2 as documents
from rongqiao.credit.v1 import repairs_pb2 as repairs
from rongqiao.credit.v1 import scores_pb2 as scores
from services.portal.choices import consent_scopes
from services.portal.dossier import opened_to
from services.portal.files import saved, shown
from services.portal.forms import fresh
from services.portal.pages import credit_desk, mandates, my_documents, my_repairs
from services.portal.wording import LANGUAGES
from tests.unit.portal import samples
from tests.unit.portal.pages import Page
from tests.unit.portal.pages import shown as page_of

TODAY = "2026-11-22"
HARM = '<script>alert("x")</script>\u202e"><b>'

SCORE = credit.Score(
    party=samples.PARTY,
    points=668,
    grade="G2",
    grade_text="较强",
    grade_text_en="strong",
    scorecard="expert_first_loan/1",
    note="专家评分，不是信用评级。",
    note_en="Expert score, not a rating.",
    as_of=TODAY,
    improvements=[
        credit.Improvement(
            fact="tax_grade",
            label="纳税信用级别",
            label_en="tax credit grade",
            now="未授权或没有纳税信用级别",
            now_en="tax grade not known, or no consent",
            missing=True,
            scope="tax",
            document="纳税信用级别证明",
            document_en="tax credit grade certificate",
            better=[
                credit.BetterAnswer(
                    text="纳税信用A级", text_en="tax grade A", gain=28, points=696, grade="G1"
                )
            ],
        )
    ],
    late_payment=credit.LatePayment(
        points=668,
        grade="G2",
        late_points=572,
        late_grade="G4",
        text="若有一笔贷款逾期：评分由668分变为572分。",
        text_en="With one loan past due: 668 points would become 572.",
    ),
)
DOCUMENT = documents.Document(
    id="doc_1",
    party=samples.PARTY,
    kind=documents.DOCUMENT_KIND_TAX_CERTIFICATE,
    title=HARM,
    versions=[
        documents.DocumentVersion(
            version=2,
            state=documents.DOCUMENT_STATE_UNSCANNED,
            format=documents.CONTENT_FORMAT_PDF,
            file_name=HARM,
            size=123_456,
            sha256="ab" * 32,
            uploaded_at="2026-11-22T04:00:00Z",
            kept_until="2031-11-22",
        )
    ],
)
RECORD = credit.Record(
    id="rec_1",
    party=samples.PARTY,
    kind=credit.RECORD_KIND_PENALTY,
    reference=HARM,
    dated_on="2026-03-01",
    severity=credit.SEVERITY_GENERAL,
    source=credit.SOURCE_MARKET_REGULATION,
    observed_on="2026-03-04",
    state=credit.RECORD_STATE_IN_USE,
)
REPAIR = repairs.Repair(
    id="rpr_1",
    party=samples.PARTY,
    record_id="rec_1",
    evidence=["doc_1"],
    corrected_on="2026-04-01",
    status=repairs.REPAIR_STATUS_APPLIED,
    rule="信用修复管理办法",
    applied_on="2026-11-20",
    decide_by="2026-12-04",
)
DISPUTE = repairs.Dispute(
    id="dsp_1",
    party=samples.PARTY,
    fact=repairs.FactAt(fact="tax_grade", source=credit.SOURCE_TAX, observed_on="2026-04-30"),
    claim=HARM,
    status=repairs.DISPUTE_STATUS_OPEN,
    opened_on="2026-11-20",
    decide_by="2026-12-10",
)
CONSENT = credit.Consent(
    id="cst_1",
    party=samples.PARTY,
    scopes=["tax", "score"],
    documents=["doc_1"],
    purpose=credit.PURPOSE_CREDIT_DECISION,
    recipient=samples.BANK,
    valid_from="2026-01-01",
    valid_until="2027-01-01",
)
ITEM = credit.Item(
    fact="tax_grade",
    state=credit.ITEM_STATE_KNOWN,
    value="B",
    source=credit.SOURCE_TAX,
    observed_on="2026-04-30",
)
MANDATE = credit.Mandate(
    id="mdt_1",
    party=samples.PARTY,
    agent="uscc:91640106DEM0000148",
    scopes=["statements"],
    valid_from="2026-01-01",
    valid_until="2027-01-01",
)
CARD = scores.Scorecard(
    id="first_loan",
    version=2,
    kind=scores.CARD_KIND_LEARNED,
    segment="firms",
    state=scores.CARD_STATE_CANDIDATE,
    sha256="cd" * 32,
    zh="首贷评分卡",
    en="First loans",
    proposals=[
        scores.CardProposal(
            id="cpr_1",
            card="first_loan",
            version=2,
            action=scores.CARD_ACTION_PROMOTE,
            effective_on="2026-12-01",
            reason=HARM,
            proposed_by="acc_1",
            proposed_at="2026-11-22T04:00:00Z",
            decision=scores.CARD_DECISION_OPEN,
        )
    ],
)
GATE = scores.LegalGate(
    open=True,
    words="依据《函》提供。",
    words_en="Given on a basis.",
    items=[
        scores.LegalBasis(
            id="lgb_1",
            kind=scores.BASIS_KIND_GOVERNMENT_MANDATE,
            document=HARM,
            number="1",
            valid_from="2026-01-01",
            valid_until="2027-01-01",
            recorded_at="2026-11-22T04:00:00Z",
        )
    ],
)
PAGES: dict[str, tuple[Role, dict[str, Any]]] = {
    "sme/credit.html": (Role.SME, {"score": SCORE, "given": [], "gate": GATE}),
    "sme/documents.html": (
        Role.SME,
        {"documents": [DOCUMENT], "opened": {"doc_1": [CONSENT]}, "kinds": my_documents.KINDS},
    ),
    "sme/repairs.html": (
        Role.SME,
        {
            "records": [RECORD],
            "repairs": [REPAIR],
            "disputes": [DISPUTE],
            "facts": [ITEM],
            "papers": [DOCUMENT],
            "separator": my_repairs.FACT,
        },
    ),
    "sme/record.html": (Role.SME, {"record": RECORD, "repairable": True, "papers": [DOCUMENT]}),
    "sme/mandates.html": (
        Role.SME,
        {"given": [MANDATE], "held": [MANDATE], "scopes": mandates.FILLED},
    ),
    "operator/basis.html": (Role.OPERATOR, {"gate": GATE, "kinds": credit_desk.BASES}),
    "operator/cards.html": (Role.OPERATOR, {"cards": [CARD], "actions": credit_desk.ACTIONS}),
    "operator/asked.html": (
        Role.OPERATOR,
        {"repairs": [REPAIR], "disputes": [DISPUTE], "about": ""},
    ),
}


def drawn(template: str, language: str = "zh", **changes: Any) -> Page:
    role, values = PAGES[template]
    return page_of(template, role, language, **({"form": fresh()} | values | changes))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", PAGES)
def test_whatever_people_wrote_is_only_text_and_every_entry_has_a_name(template: str, language: str) -> None:
    page = drawn(template, language)
    assert page.inline == []
    assert "<script" not in page.html
    assert "\u202e" not in page.html
    assert page.nameless() == []
    assert len(page.ids) == len(set(page.ids))
    assert all("form_token" in form["names"] for form in page.forms if form["method"] == "post")


def test_a_firm_reads_what_would_raise_its_score_and_what_a_late_payment_costs() -> None:
    text = drawn("sme/credit.html").text
    assert "+28 → 696 G1" in text
    assert "或授权查询纳税信息" in text
    assert "-96" in text


def test_a_firm_whose_score_cannot_be_told_still_gets_its_report() -> None:
    page = drawn("sme/credit.html", score=None)
    assert "信息还不够，暂时不能评分" in page.text
    assert [form["action"] for form in page.forms].count("/credit/report") == 4


def test_a_document_says_to_whom_it_is_opened_and_until_when() -> None:
    assert "星海泽银行 至 2027-01-01" in drawn("sme/documents.html").text
    assert "还没有授权给任何机构" in drawn("sme/documents.html", opened={}).text


def test_a_document_that_is_gone_cannot_be_opened_or_taken_back() -> None:
    gone = documents.Document()
    gone.CopyFrom(DOCUMENT)
    gone.versions[0].state = documents.DOCUMENT_STATE_WITHDRAWN
    actions = [form["action"] for form in drawn("sme/documents.html", documents=[gone]).forms]
    assert actions == ["/sign-out", "/documents"]


def test_a_loan_is_disputed_and_never_repaired() -> None:
    actions = [form["action"] for form in drawn("sme/record.html", repairable=False).forms]
    assert actions == ["/sign-out", "/repairs/rec_1/dispute"]


def test_a_card_in_force_by_the_policies_is_not_promoted_from_the_desk() -> None:
    expert = scores.Scorecard(
        id="expert_first_loan", version=1, kind=scores.CARD_KIND_EXPERT, state=scores.CARD_STATE_ACTIVE
    )
    actions = [form["action"] for form in drawn("operator/cards.html", cards=[expert]).forms]
    assert actions == ["/sign-out"]


def test_what_is_opened_to_a_bank_is_what_holds_today_for_a_decision() -> None:
    old = credit.Consent(
        scopes=["invoices"],
        purpose=credit.PURPOSE_CREDIT_DECISION,
        valid_from="2025-01-01",
        valid_until="2026-11-21",
    )
    opened = opened_to([CONSENT, old], [DOCUMENT], TODAY)
    assert opened.scopes == ("tax", "score")
    assert opened.shut == tuple(scope for scope in consent_scopes() if scope not in ("tax", "score"))
    assert opened_to([old], [], TODAY).scopes == ()


def test_a_report_is_shown_where_it_can_do_nothing_and_a_document_is_saved() -> None:
    page = shown(b"<p>x</p>", "text/html; charset=utf-8", "rep_1.html")
    assert "sandbox" in page.headers["content-security-policy"]
    assert "content-disposition" not in page.headers
    paper = saved(b"%PDF-", "application/pdf", '缴款"凭证\r\n.pdf')
    assert paper.headers["content-disposition"] == (
        "attachment; filename*=UTF-8''%E7%BC%B4%E6%AC%BE%22%E5%87%AD%E8%AF%81%0D%0A.pdf"
    )


def card(*consents: credit.Consent) -> Page:
    """What a bank sees on the page of an application."""
    opened = opened_to(consents, [DOCUMENT] if consents else [], TODAY)
    return page_of("bank/_credit.html", Role.BANK_OFFICER, credit=opened, base="/bank/applications/app_1")


def test_a_bank_fetches_only_what_is_opened_and_reads_what_is_not() -> None:
    page = card(CONSENT)
    assert "企业授权贵行查看： 纳税信息 平台信用评分" in page.text
    assert "财务和用工申报" in page.text.partition("未授权的部分")[2]
    actions = [form["action"] for form in page.forms]
    assert actions.count("/bank/applications/app_1/report") == 4
    assert actions[-1] == "/bank/applications/app_1/documents/doc_1"
    assert page.inline == []


def test_without_a_consent_a_bank_finds_no_button_but_what_is_missing() -> None:
    page = card()
    assert page.forms == []
    assert "请企业在“信息授权”中选择贵行" in page.text
