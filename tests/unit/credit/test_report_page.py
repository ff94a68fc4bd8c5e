"""The page of a report: all words in both languages, no guest that could act, nothing shown that is not opened."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit.domain.report import InvoiceMonth, Language, Report, ScoreSection, ScoreState
from services.credit.report.chart import HEIGHT, WIDTH, chart_of
from services.credit.report.composition import issued
from services.credit.report.rendering import page
from services.credit.report.words import wording
from tests.unit.credit.reports import BANK_NAME, CONSENT, OF_BANK, OWN, named
from tests.unit.credit.world import NAME

LANGUAGES = tuple(Language)


class Reader(HTMLParser):
    """What a browser would make of it: elements with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append(" ".join(data.split()))


def shown(report: Report, language: Language = Language.ZH) -> Reader:
    return Reader(page(issued(report), language))


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    for key, words in wording(Language.ZH).table.items():
        assert words.zh and words.en, key
        assert set(re.findall(r"\{(\w+)\}", words.zh)) == set(re.findall(r"\{(\w+)\}", words.en)), key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("report", [OWN, OF_BANK], ids=["firm", "bank"])
def test_a_report_renders_whole(report: Report, language: Language) -> None:
    read = shown(report, language)
    assert (NAME in read.text, report.id in read.text, issued(report).sha256 in read.text) == (True,) * 3


def test_an_english_report_speaks_english_but_for_names() -> None:
    text = re.sub("[（(].*?[)）]", "", shown(OF_BANK, Language.EN).text)
    names = (
        "有一笔税款已于10月补缴",
        NAME,
        BANK_NAME,
        "宁夏回族自治区 银川市 金凤区",
        "6513 应用软件开发",
        "金市监罚〔2026〕12号",
        "宁0106民初88号",
    )
    for name in names:
        text = text.replace(name, "")
    assert re.findall("[\u4e00-\u9fff]+", text) == []


def test_the_reader_the_time_and_the_number_stand_on_the_report_of_a_bank() -> None:
    mark = shown(OF_BANK).words[-1000:]
    line = next(words for words in mark if "不得转交他人" in words)
    assert all(part in line for part in (BANK_NAME, "2026-11-22 12:00", OF_BANK.id))


def test_it_says_that_a_score_is_an_input_and_which_card_gave_it() -> None:
    text = shown(OF_BANK).text
    assert "评分只供决策参考，不是信用评级。" in text
    assert "专家评分卡 · 评分卡 expert_first_loan/1" in text


def test_a_probability_is_shown_only_where_the_card_was_learned() -> None:
    assert OWN.score.score is not None
    learned = replace(OWN.score.score, pd_ppm=23_400, expert=False)
    report = replace(OWN, score=replace(OWN.score, score=learned))
    assert "违约概率" not in shown(OWN).text
    assert "2.34%" in shown(report).text


def test_a_bank_reads_how_an_answer_weighs_and_the_firm_what_it_was() -> None:
    assert "纳税信用级别：对评分最有利" in shown(OF_BANK).text
    assert "纳税信用A级" in shown(OWN).text


def test_only_the_firm_reads_what_would_raise_its_score_and_what_a_late_payment_costs() -> None:
    assert "评分由668分变为572分" in shown(OWN).text
    assert "+10 → 678 (G2)" in shown(OWN).text
    assert "怎样提高评分" not in shown(OF_BANK).text


@pytest.mark.parametrize(
    ("state", "said"),
    [(ScoreState.NO_CONSENT, "没有授权读取人查看评分"), (ScoreState.NO_LEGAL_BASIS, "法律依据尚未登记")],
)
def test_a_score_that_is_not_shown_says_which_key_is_missing(state: ScoreState, said: str) -> None:
    text = shown(replace(OF_BANK, score=ScoreSection(state=state))).text
    assert said in text
    assert "等级：" not in text


def test_what_is_not_authorised_is_said_to_be_so_and_never_drawn() -> None:
    read = shown(OF_BANK)
    assert (
        read.text.count("不代表没有信息，也不代表数值为零") == 3
    )  # the facts, the chart, credit lines and loans
    assert "svg" not in {tag for tag, _ in read.elements}
    assert "星海泽银行" not in read.text


def test_what_is_disputed_is_marked_with_the_firms_own_words() -> None:
    text = shown(OWN).text
    assert text.count("有异议，核查中") == 2  # a fact and a court case
    assert "企业声明：" in text and "有一笔税款已于10月补缴" in text


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>x</script>",
    "{{ 7*7 }}{% raw %}",
    "'; } @import url(http://elsewhere.example/x.css); {",
    "公司" * 100,
    "W" * 200,
    "\u202egnp.exe\u202c עברית",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_text(name: str) -> None:
    plain, attacked = shown(OWN), shown(named(name))

    assert [tag for tag, _ in attacked.elements] == [tag for tag, _ in plain.elements]
    assert [attributes for _, attributes in attacked.elements] == [
        attributes for _, attributes in plain.elements
    ]
    assert "\u202e" not in attacked.text


@given(st.text(min_size=1, max_size=80))
def test_no_name_changes_what_the_page_is_made_of(name: str) -> None:
    assert [tag for tag, _ in shown(named(name, OF_BANK)).elements] == [
        tag for tag, _ in shown(OF_BANK).elements
    ]


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    html = page(issued(OWN), Language.ZH)
    tags = {tag for tag, _ in Reader(html).elements}
    assert tags.isdisjoint({"script", "img", "link", "iframe", "object", "form", "a"})
    assert "url(" not in html and "@import" not in html


def test_consents_are_named_by_their_number() -> None:
    assert CONSENT in shown(OWN).text


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(-(10**15), 10**15)), st.one_of(st.none(), st.integers(0, 10**15))
        ),
        max_size=24,
    )
)
def test_every_bar_stands_inside_the_chart_on_the_line_of_zero(
    amounts: list[tuple[int | None, int | None]],
) -> None:
    months = [InvoiceMonth(month="2026-01", sales_fen=a, purchases_fen=b) for a, b in amounts]
    chart = chart_of(months)
    if chart is None:
        assert not any(fen for pair in amounts for fen in pair)
        return
    zero = next(line.at for line in chart.lines if line.fen == 0)
    assert len(chart.lines) <= 12
    for bar in chart.bars:
        assert chart.left <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.01
        assert min(abs(bar.y - zero), abs(bar.y + bar.height - zero)) < 0.02
