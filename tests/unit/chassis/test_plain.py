"""Text as people may be shown it."""

import pytest
from markupsafe import Markup

from libs.chassis.plain import seen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("银川市蓝鹊测试科技有限公司", "银川市蓝鹊测试科技有限公司"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x\u200by\u2066z\u0007", "xyz"),
        ("עברית ﷽ 🐎", "עברית ﷽ 🐎"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_what_cannot_be_seen_is_left_out_and_nothing_else(text: str, shown: str) -> None:
    assert seen(text) == shown


def test_markup_of_our_own_and_other_values_stay_as_they_are() -> None:
    ours = Markup("<b>\u202e</b>")
    assert seen(ours) is ours
    assert seen(12) == 12
    assert seen(None) is None
