"""Conditions and texts of forms know the same functions, in the zone of the page."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from desk.forms.expressions import Expression, Scope, Template

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("is working time(now())", True),
        ("is working time(now() + duration(h))", False),
        ('contains any(subject, ["REFUND"])', True),
        ("mask phone(phone)", "138****8000"),
    ],
)
def test_conditions(text: str, value: object) -> None:
    data = {"h": "PT3H", "subject": "A refund", "phone": "13800138000"}
    assert Expression.compile(text).evaluate(Scope.root(data, MONDAY)) == value


def test_texts() -> None:
    template = Template.compile("Due at {{business duration(wanted).hour}}")
    assert template.fill(Scope.root({"wanted": "PT1H"}, MONDAY)) == "Due at 10"
