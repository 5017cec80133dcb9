"""Addresses that are the same are stored the same."""

import pytest

from desk.contacts.addresses import (
    InvalidAddress,
    company_domains,
    normal_mail,
    normal_phone,
    shown_phone,
)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("Li.Lei@Example.COM", "li.lei@example.com"),
        ("  <a@b.cn> ", "a@b.cn"),
        ("mailto:a@b.cn", "a@b.cn"),
        ("张三@例子.中国", "张三@xn--fsqu00a.xn--fiqs8s"),
        ("a＠ｂ.cn", "a@b.cn"),
        ("a@host_name.local", "a@host_name.local"),
        ("root@localhost", "root@localhost"),
        ('"a b"@c.de', '"a b"@c.de'),
    ],
)
def test_mail(raw: str, normal: str) -> None:
    assert normal_mail(raw) == normal


@pytest.mark.parametrize(
    "raw", ["", "a", "a@", "@b.cn", "a b@c.de", "a@b c", "a@b..c", "x" * 300 + "@b.cn"]
)
def test_not_a_mail_address(raw: str) -> None:
    with pytest.raises(InvalidAddress):
        normal_mail(raw)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("013800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("021-88881234", "+862188881234"),
        ("+86 (0)21 8888 1234", "+862188881234"),
        ("(021) 8888 1234 转 801", "+862188881234#801"),
        ("400-800-8000", "+864008008000"),
        ("+49 30 1234567", "+49301234567"),
        ("0049 30 1234567", "+49301234567"),
        ("88881234", "88881234"),
        ("10086", "10086"),
        ("801", "801"),
    ],
)
def test_phone(raw: str, normal: str) -> None:
    assert normal_phone(raw) == normal
    assert normal_phone(normal) == normal


@pytest.mark.parametrize("raw", ["", "12", "call me", "000000", "1" * 19, "abc13800138000"])
def test_not_a_phone_number(raw: str) -> None:
    with pytest.raises(InvalidAddress):
        normal_phone(raw)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+8613800138000", "138 0013 8000"),
        ("+862188881234#801", "02188881234#801"),
        ("+864008008000", "400-800-8000"),
        ("+49301234567", "+49301234567"),
        ("801", "801"),
    ],
)
def test_phone_for_readers(value: str, shown: str) -> None:
    assert shown_phone(value) == shown


def test_free_mail_names_no_company() -> None:
    assert company_domains("a@qq.com") == []
    assert company_domains("a@mail.acme.com.cn") == ["mail.acme.com.cn", "acme.com.cn", "com.cn"]
