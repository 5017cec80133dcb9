"""Header fields as they come: folded, encoded, doubled, broken."""

from datetime import UTC, datetime

import pytest

from connectors.mail.parsing import Address, parse_mail, thread_ids
from connectors.mail.parsing.addresses import parse_addresses
from connectors.mail.parsing.fields import parse_date
from connectors.mail.parsing.headers import decode_words, parameters
from tests.connectors.mail.parsing.mails import mail


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("=?utf-8?B?5L2g5aW9?=", "你好"),
        ("=?utf-8?B?5L2g5Q==?= =?utf-8?B?pb0=?=", "你好"),  # a character cut in two
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("Re: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= again", "Re: Grüße again"),
        ("=?UTF-8?Q?a?= =?UTF-8?Q?b?= c", "ab c"),
        ("=?NONE?B?VEVTVA=?=", "TEST"),
        ("=?utf-8?Q?blanks in it?=", "blanks in it"),
        ("=?utf-8*en?Q?lang?=", "lang"),
        ("=?utf-8?Q?cut off", "cut off"),
        ("=?not really", "=?not really"),
        ("a=?utf-8?Q?b?=c", "abc"),
    ],
)
def test_encoded_words(encoded: str, decoded: str):
    assert decode_words(encoded) == decoded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.c", [("", "a@b.c")]),
        ("Li Lei <li@b.c>", [("Li Lei", "li@b.c")]),
        ('"Lei, Li" <li@b.c>, x@y.z', [("Lei, Li", "li@b.c"), ("", "x@y.z")]),
        ("Lei, Li <li@b.c>", [("Lei, Li", "li@b.c")]),
        ("a@b.c (Li Lei)", [("Li Lei", "a@b.c")]),
        ("a@b.c x@y.z", [("", "a@b.c"), ("", "x@y.z")]),
        ("Li Lei a@b.c", [("Li Lei", "a@b.c")]),
        ("Team: a@b.c, Li <x@y.z>; d@e.f", [("", "a@b.c"), ("Li", "x@y.z"), ("", "d@e.f")]),
        ("undisclosed-recipients:;", []),
        (", , a@b.c ,", [("", "a@b.c")]),
        ("<a@b.c", [("", "a@b.c")]),
        ('"unclosed <a@b.c>', [("unclosed", "a@b.c")]),
        ("Li <<a@b.c>>", [("Li", "a@b.c")]),
        ("'Li Lei' <a@b.c>", [("Li Lei", "a@b.c")]),
        ('"a@b.c" <a@b.c>', [("", "a@b.c")]),
        ("<@relay.net:a@b.c>", [("", "a@b.c")]),
        ("mailto:a@b.c", [("", "a@b.c")]),
        ("Pete(A \\) chap) <pete(his)@b.c>", [("Pete", "pete@b.c")]),
        ("=?utf-8?B?5L2g5aW9?= <a@b.c>", [("你好", "a@b.c")]),
        ("=?utf-8?Q?Li=2C_Lei?= <a@b.c>", [("Li, Lei", "a@b.c")]),
        ("jdoe@test . example", [("", "jdoe@test.example")]),
        ("Nobody", [("", "Nobody")]),
        ("Nobody At All", [("Nobody At All", "")]),
        ("jöhn@mächine.example", [("", "jöhn@mächine.example")]),
        ('"john doe"@b.c', [("", '"john doe"@b.c')]),
    ],
)
def test_address_lists(text: str, expected: list[tuple[str, str]]):
    assert parse_addresses(text) == [Address(*pair) for pair in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 2 Jan 2024 10:11:12 +0800", datetime(2024, 1, 2, 2, 11, 12, tzinfo=UTC)),
        ("2 Jan 24 10:11 GMT", datetime(2024, 1, 2, 10, 11, tzinfo=UTC)),
        ("Tue, 2 Jan 2024 10:11:12 GMT+08:00", datetime(2024, 1, 2, 2, 11, 12, tzinfo=UTC)),
        ("2024-01-02T10:11:12Z", datetime(2024, 1, 2, 10, 11, 12, tzinfo=UTC)),
        ("2024-01-02 10:11:12 +0800", datetime(2024, 1, 2, 2, 11, 12, tzinfo=UTC)),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
         datetime(1997, 11, 21, 15, 55, 6, tzinfo=UTC)),
        ("Mon, 30 Jun 3609 15:33:50 +0600", None),
        ("Pn, 29 paX 2007 21:13:00 +0100", None),
        ("soon", None),
        ("", None),
    ],
)  # fmt: skip
def test_dates(text: str, expected: datetime | None):
    assert parse_date(text) == expected


def test_an_absurd_date_gives_way_to_the_day_of_arrival():
    raw = mail(date="Mon, 30 Jun 3609 15:33:50 +0600",
               received="from a by b; Tue, 2 Jan 2024 10:00:00 +0000")  # fmt: skip
    parsed = parse_mail(raw)
    assert parsed.date == datetime(2024, 1, 2, 10, tzinfo=UTC)
    assert parsed.date_is_estimated


@pytest.mark.parametrize(
    ("field", "name"),
    [
        (b"attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8.pdf", "发票.pdf"),
        (b"attachment; filename*0*=utf-8''%E5%8F; filename*1*=%91%E7%A5%A8; filename*2=.pdf",
         "发票.pdf"),
        (b'attachment; filename="=?gb2312?B?t6LGsS5wZGY=?="', "发票.pdf"),
        ("attachment; filename=发票.pdf".encode("gb18030"), "发票.pdf"),
        ("attachment; filename=发票.pdf".encode(), "发票.pdf"),
        (b"attachment; filename=This is a test.txt", "This is a test.txt"),
        (b'attachment; filename="a;b.txt"; size=3', "a;b.txt"),
        (b'attachment; filename="unclosed.txt', "unclosed.txt"),
        (b'attachment; filename="a \\"b\\".txt"', 'a "b".txt'),
    ],
)  # fmt: skip
def test_parameters(field: bytes, name: str):
    assert parameters(field, "gb2312")[1]["filename"] == name


def test_folded_subject_with_tabs_is_one_line():
    assert parse_mail(mail(subject="one\r\n\ttwo\r\n three")).subject == "one two three"


def test_the_first_of_two_subjects_counts_unless_it_is_blank():
    raw = b"Subject: \nSubject: real\nFrom: a@b.c\n\nx"
    assert parse_mail(raw).subject == "real"


def test_a_stray_line_among_the_fields_ends_nothing():
    raw = b"From: a@b.c\nquite a stray line\nTo: d@e.f\nSubject: s\n\nbody"
    parsed = parse_mail(raw)
    assert (parsed.subject, parsed.text, parsed.to[0].address) == ("s", "body", "d@e.f")


def test_a_missing_blank_line_loses_no_word():
    parsed = parse_mail(b"From: a@b.c\nSubject: s\nDear all,\nthe printer: broken\n")
    assert parsed.subject == "s"
    assert parsed.text == "Dear all,\nthe printer: broken"


@pytest.mark.parametrize("first", [b"From a@b.c Tue Jan  2 10:11:12 2024\n", b"From a@b.c\n",
                                   b"\r\n\r\n", b"\xef\xbb\xbf"])  # fmt: skip
def test_lines_before_the_header_are_passed_over(first: bytes):
    assert parse_mail(first + mail()).subject == "A question"


def test_carriage_returns_alone_end_lines():
    parsed = parse_mail(mail("one\r\ntwo").replace(b"\r\n", b"\r"))
    assert (parsed.subject, parsed.text) == ("A question", "one\ntwo")


def test_nuls_are_taken_out():
    parsed = parse_mail(mail(b"o\x00ne", subject=b"A\x00B"))
    assert (parsed.subject, parsed.text) == ("AB", "one")


@pytest.mark.parametrize("missing", ["sender", "return_path"])
def test_the_sender_is_found_without_a_from_field(missing: str):
    parsed = parse_mail(mail(**{"from": "", missing: "<li@example.com>"}))
    assert parsed.from_ == Address("", "li@example.com")


def test_the_envelope_is_the_last_resort_for_the_sender():
    parsed = parse_mail(mail(**{"from": "Li Lei at work"}), envelope_from="<li@example.com>")
    assert parsed.from_ == Address("Li Lei at work", "li@example.com")


def test_threading_prefers_the_mail_replied_to_and_then_the_newest_reference():
    parsed = parse_mail(
        mail(in_reply_to="<c@x> (your mail)", references="<a@x>\r\n <b@x>\t<c@x> <a@x>")
    )
    assert parsed.references == ("a@x", "b@x", "c@x")
    assert thread_ids(parsed) == ("c@x", "b@x", "a@x")


def test_ids_are_normalised():
    parsed = parse_mail(mail(message_id="  <one\r\n @example.com> ", in_reply_to="two@example.com"))
    assert parsed.message_id == "one@example.com"
    assert parsed.in_reply_to == ("two@example.com",)
