"""Values and rules in the words that people read."""

import pytest

from libs.criteria.notation import parse_criterion
from libs.criteria.vocabulary import Words
from libs.criteria.wording import requirement, value_words


@pytest.mark.parametrize(
    ("fact", "text", "zh", "en"),
    [
        ("tax_paid_12m_fen", "5000000", "5万元", "CNY 50,000.00"),
        ("tax_paid_12m_fen", "123450000", "123.45万元", "CNY 1,234,500.00"),
        ("tax_paid_12m_fen", "1000001", "10,000.01元", "CNY 10,000.01"),
        ("tax_paid_12m_fen", "99999", "999.99元", "CNY 999.99"),
        ("debt_ratio_bp", "6550", "65.5%", "65.5 %"),
        ("invoice_growth_bp", "-1000", "-10%", "-10 %"),
        ("months_since_registration", "1", "1个月", "1 month"),
        ("score", "600", "600分", "600 points"),
        ("employees", "12", "12", "12"),
        ("srdi", "true", "是", "yes"),
        ("environment_grade", "GREEN", "绿", "GREEN"),
    ],
)
def test_a_value_is_said_with_its_unit(fact: str, text: str, zh: str, en: str) -> None:
    assert value_words(fact, text) == Words(zh, en)


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        (
            'months_since_registration GE 24 !PUBLIC ""',
            "成立月数：不低于24个月",
            "months since registration: at least 24 months",
        ),
        ('tax_grade IN A,B !PUBLIC ""', "纳税信用级别：A级或B级", "tax credit grade: A or B"),
        (
            'environment_grade NOT_IN RED,BLACK !PUBLIC ""',
            "环保信用等级：不是红或黑",
            "environment credit grade: not RED or BLACK",
        ),
        ('past_due_now EQ false !PUBLIC ""', "当前贷款逾期：否", "loan past due now: no"),
    ],
)
def test_a_rule_is_said_in_both_languages(line: str, zh: str, en: str) -> None:
    assert requirement(parse_criterion(line)) == Words(zh, en)
