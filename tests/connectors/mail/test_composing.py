"""Outgoing mails: whatever comes from outside stays inside its header or its part."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.mail.composing import OutgoingFile, OutgoingMail
from connectors.mail.wording import paragraphs, worded
from tests.connectors.mail.conftest import parsed

VALUES = {
    "number": "WN-20260504-000001",
    "title": "打印机 {{ 7 * 7 }} <b>坏</b>了",
    "contact": "王小明",
    "company": "服务台",
    "brand_color": "#0f766e",
    "tracking_url": "http://desk.test/t/abc.def-_",
    "rating_url": "http://desk.test/t/abc.def-_#rate",
    "reopen_days": 7,
    "subject": "",
    "words": "第一段\n\n<script>alert(1)</script>",
    "author": "李雷",
}


def outgoing(**changes: Any) -> OutgoingMail:
    given: dict[str, Any] = {
        "message_id": "<1-abcdefghijklmnop.00@desk.test>",
        "from_name": "服务台",
        "from_address": "desk@desk.test",
        "to_name": "王小明",
        "to_address": "wang@example.com",
        "reply_to": "desk+1-abcdefghijklmnop@desk.test",
        "subject": "打印机坏了",
        "text": "您好\n",
        "html": "<p>您好</p>",
        "date": datetime(2026, 5, 4, tzinfo=UTC),
    }
    return OutgoingMail(**{**given, **changes})


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x0b", "\u2028", "\x85", "\0"])
@pytest.mark.parametrize("field", ["subject", "to_name", "from_name", "in_reply_to", "to_address"])
def test_no_value_begins_a_new_header(field: str, break_: str) -> None:
    raw = outgoing(**{field: f"x{break_}Bcc: victim@example.com{break_}{break_}body"}).as_bytes()
    message = parsed(raw)
    assert message["Bcc"] is None
    assert len(list(message.iter_parts())) == 2


def test_lines_end_in_crlf_and_are_seven_bit_and_short() -> None:
    raw = outgoing(
        subject="很长的主题" * 60, references=[f"<{i}@example.com>" for i in range(40)]
    ).as_bytes()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert parsed(raw)["Subject"] == "很长的主题" * 60


def test_references_keep_the_beginning_and_the_end() -> None:
    message = parsed(outgoing(references=[f"<{i}@example.com>" for i in range(40)]).as_bytes())
    ids = str(message["References"]).split()
    assert ids[0] == "<0@example.com>"
    assert ids[-1] == "<39@example.com>"
    assert len(ids) == 21


def test_files_go_along_with_their_chinese_names() -> None:
    file = OutgoingFile("报价 单.pdf", "application/pdf", b"%PDF-1.4\x00\xff")
    message = parsed(outgoing(files=[file]).as_bytes())
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "报价 单.pdf"
    assert attachment.get_payload(decode=True) == b"%PDF-1.4\x00\xff"


@pytest.mark.parametrize("kind", ["acknowledgement", "reply", "ended", "cancelled", "reopened", "message"])
@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_every_mail_is_worded_in_both_languages(kind: Any, locale: str) -> None:
    words = worded(kind, locale, VALUES)
    assert "WN-20260504-000001" in words.subject
    assert "{{ 7 * 7 }}" in words.subject  # what customers write is never a template
    assert "http://desk.test/t/abc.def-_" in words.text
    assert 'href="http://desk.test/t/abc.def-_' in words.html
    assert "<script" not in words.html
    assert ("工单" in words.text) == (locale == "zh_CN")


def test_the_html_of_a_reply_stands_where_its_words_stand() -> None:
    words = worded("reply", "en", VALUES, html_body="<p>rich <strong>words</strong></p>")
    assert "<p>rich <strong>words</strong></p>" in words.html
    assert "第一段" in words.text
    assert "第一段" not in words.html


def test_text_becomes_paragraphs_with_links() -> None:
    html = paragraphs('a & b\nsee https://example.com/x?a=1&b=2.\n\n"c"')
    assert html == (
        '<p>a &amp; b<br>\nsee <a href="https://example.com/x?a=1&amp;b=2">'
        "https://example.com/x?a=1&amp;b=2</a>.</p>\n<p>&#34;c&#34;</p>"
    )
