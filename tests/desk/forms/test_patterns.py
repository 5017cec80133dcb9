"""Which patterns are taken: JavaScript's meaning, and none that can hang a worker."""

import re

import pytest

from desk.forms.patterns import UnsafePattern, compile_pattern


@pytest.mark.parametrize(
    ("source", "yes", "no"),
    [
        (r"^WN-\d{8}-\d{6}$", "WN-20261120-000001", "WN-2026"),
        (r"^\d+$", "12", "１２"),
        (r"^[\u4e00-\u9fa5]{2,4}$", "张伟", "Zhang"),
        (r"^(?<area>0\d{2,3})-\d{7,8}$", "010-65529988", "65529988"),
        (r"^(?=.*\d)(?=.*[a-z])\w{8,20}$", "abcdefg1", "abcdefgh"),
        (r"^(\d{4}-){3}\d{4}$", "1234-1234-1234-1234", "1234"),
        (r"(?<!x)y", "ay", "xy"),
        (r"a\/b", "a/b", "ab"),
        (r"^(foo|bar)$", "bar", "baz"),
    ],
)
def test_patterns_of_forms_mean_what_they_mean_in_a_browser(source, yes, no):
    pattern = compile_pattern(source)
    assert pattern.search(yes)
    assert not pattern.search(no)


@pytest.mark.parametrize(
    "source",
    [
        r"(a+)+$",
        r"(a*)*",
        r"(?:\d|\d\d)+x",
        r"((ab)*c)*",
        r"(a?){30}",
        r"(?:(?:x+)y*)+",
        r"(a|b|ab)*c",
        r"(x)?(?(1)a+|b)",
    ],
)
def test_patterns_that_can_hang_are_refused(source):
    with pytest.raises(UnsafePattern):
        compile_pattern(source)


def test_what_is_no_pattern_is_refused():
    with pytest.raises(re.error):
        compile_pattern("[a-")
