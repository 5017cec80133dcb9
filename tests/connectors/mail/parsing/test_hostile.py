"""Mails made to break the reader: it stays total, bounded, and linear."""

import contextlib
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.mail.parsing import Limits, MailUnparseable, ParsedMail, parse_mail
from tests.connectors.mail.parsing.mails import mail, multipart, part

TOKENS = [b"\x00", b"\r", b"\n\n", b"--b", b"\n--b\n", b"=?utf-8?B?", b"?=", b'"', b"<", b">", b"(", b";",
          b"\nContent-Type: multipart/mixed; boundary=b\n", b"\nContent-Transfer-Encoding: base64\n",
          b"\nContent-Type: text/html; charset=utf-7\n", b"\x1b$B", b"\xff\xfe", b"&#xD800;",
          b"+2AA-", b"<!--", b"<blockquote type=cite>", b"<pre>", b"begin 644 x\n", b"\nend\n",
          b"From: a@b\n", b"\nSubject: ", b"\n> x\n", b"On 1.1.2024 a@b wrote:\n", b"\n-- \n"]  # fmt: skip


def readable(parsed: ParsedMail) -> None:
    for text in (parsed.subject, parsed.text, parsed.html, parsed.newest_text, parsed.quoted_text,
                 parsed.message_id or "", *(a.filename for a in parsed.attachments)):  # fmt: skip
        text.encode("utf-8")
        assert "\x00" not in text


@settings(max_examples=150)
@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=12)), max_size=40))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]):
    with contextlib.suppress(MailUnparseable):
        readable(parse_mail(b"".join(pieces)))


def test_damaged_mails_are_read():
    chance = random.Random(7)
    whole = multipart("mixed", part("Hello\n\n> old"), part("<p>x</p>", "text/html"),
                      part(mail("inner"), "message/rfc822"))  # fmt: skip
    for _ in range(150):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randint(0, 30)] = chance.choice(TOKENS)
        readable(parse_mail(bytes(raw)))


def cpu_seconds(raw: bytes) -> float:
    started = time.process_time()
    parse_mail(raw)
    return time.process_time() - started


@pytest.mark.parametrize(
    "build",
    [
        lambda n: mail("<div>" * n + "x", content_type="text/html"),
        lambda n: mail("<a b='" * n, content_type="text/html"),
        lambda n: mail("<a " * n, content_type="text/html"),
        lambda n: mail("<script" * n, content_type="text/html"),
        lambda n: mail("<!--" * n, content_type="text/html"),
        lambda n: mail("<style>" * n, content_type="text/html"),
        lambda n: mail("<blockquote type=cite>" * n + "x", content_type="text/html"),
        lambda n: mail("> a\nb\n" * n),
        lambda n: mail("On 2024-01-01 a@b.c wrote:\n\n" * n),
        lambda n: mail("From: a@b.c\n" * n),
        lambda n: mail("_____\nx\n" * n),
        lambda n: mail("begin 644 a\nx\nend\n" * n),
        lambda n: mail("a \n" * n, content_type="text/plain; format=flowed"),
        lambda n: multipart("mixed", *[part("x")] * n),
        lambda n: b"Subject: " + b"=?utf-8?q?a" * n + b"\n\nx",
        lambda n: b"From: a@b\n" + b"junk\n" * n + b"\nx",
        lambda n: b"To: " + b"(<" * n + b"\n\nx",
        lambda n: b"To: " + b"a b " * n + b"\n\nx",
        lambda n: b"References: " + b"<" * n + b"\n\nx",
        lambda n: b"Auto-Submitted: " + b" " * n + b"(\n\nx",
        lambda n: b"References: " + b"a" * n + b"\n\nx",
        lambda n: b"From: " + b"a" * n + b"\n\nx",
        lambda n: b"From: a@b" + b" " * n + b"c.d\n\nx",
        lambda n: b"Date: 1 Jan 2024 12" + b" " * n + b"30\n\nx",
        lambda n: b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i)
            for i in range(n // 20)
        ),
    ],
)
def test_work_grows_with_size_and_not_faster(build: Callable[[int], bytes]):
    """Eight times the size may cost no more than thirty times the work (noise allowed for)."""
    small = min(cpu_seconds(build(4_000)) for _ in range(3))
    large = min(cpu_seconds(build(32_000)) for _ in range(2))
    assert large < 0.1 or large < 30 * small


def test_too_many_parts_are_kept_together():
    raw = multipart("mixed", *[part(f"part {i}") for i in range(50)])
    parsed = parse_mail(raw, limits=Limits(parts=10))
    assert "too many parts" in parsed.defects
    assert b"part 49" in parsed.attachments[-1].content


def test_too_deep_a_nest_is_kept_as_a_file():
    raw = mail("bottom")
    for depth in range(30):
        raw = multipart("mixed", raw[raw.index(b"Content-Type") :] if depth else part("bottom"),
                        boundary=f"b{depth}")  # fmt: skip
    parsed = parse_mail(raw)
    assert "nested too deeply" in parsed.defects
    assert b"bottom" in parsed.attachments[0].content


def test_long_texts_are_kept_whole_beside_the_cut():
    parsed = parse_mail(mail("x" * 500), limits=Limits(text_characters=100))
    assert len(parsed.text) == 100
    assert parsed.attachments[0].content == b"x" * 500


def test_long_headers_are_cut():
    parsed = parse_mail(mail(subject="x" * 5_000), limits=Limits(header_value=1_000))
    assert len(parsed.subject) < 1_001
    assert parsed.text == "Hello"
    assert "header longer than the bound" in parsed.defects


def test_a_pile_of_recipients_is_bounded():
    to = ", ".join(f"a{i}@example.com" for i in range(50))
    assert len(parse_mail(mail(to=to), limits=Limits(addresses=20)).to) == 20
