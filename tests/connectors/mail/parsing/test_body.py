"""The MIME tree turned into words and files, also where the tree is broken."""

import base64
import binascii
import struct

import pytest

from connectors.mail.parsing import MailUnparseable, parse_mail
from connectors.mail.parsing.filenames import safe_filename
from connectors.mail.parsing.rtf import decompress_rtf
from tests.connectors.mail.parsing.mails import mail, multipart, part

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(60))


def encoded(content: bytes) -> bytes:
    return base64.encodebytes(content)


def test_alternatives_are_one_body():
    raw = multipart("alternative", part("plain words"), part("<b>plain words</b>", "text/html"))
    parsed = parse_mail(raw)
    assert (parsed.text, parsed.html, parsed.attachments) == (
        "plain words", "<b>plain words</b>", ())  # fmt: skip


def test_html_alone_gives_text():
    parsed = parse_mail(mail("<p>One<br>two</p><p>three</p>", content_type="text/html"))
    assert parsed.text == "One\ntwo\n\nthree"


def test_a_placeholder_for_html_is_not_the_text():
    html = "<p>" + "The printer is broken, please send somebody soon. " * 5 + "</p>"
    raw = multipart(
        "alternative", part("Your client does not support HTML."), part(html, "text/html")
    )
    assert parse_mail(raw).text.startswith("The printer")


def test_inline_image_is_kept_and_told_from_files():
    html = '<p>See <img src="cid:shot%40x"> and <img src="https://t.example/p.gif"></p>'
    raw = multipart(
        "related",
        part(html, "text/html"),
        part(
            encoded(PNG), "image/png", "Content-ID: <shot@x>", "Content-Transfer-Encoding: base64"
        ),
        part(encoded(b"pdf"), "application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64"),
    )
    parsed = parse_mail(raw)
    assert '<img src="cid:shot@x">' in parsed.html
    assert '<img data-src="https://t.example/p.gif">' in parsed.html
    image, pdf = parsed.attachments
    assert (image.content, image.content_id, image.is_inline) == (PNG, "shot@x", True)
    assert (pdf.filename, pdf.content, pdf.is_inline) == ("a.pdf", b"pdf", False)


def test_an_image_named_by_its_location_is_inline():
    raw = multipart(
        "related",
        part('<img src="http://x/a.png">', "text/html"),
        part(encoded(PNG), "image/png", "Content-Location: http://x/a.png",
             "Content-Transfer-Encoding: base64"),
    )  # fmt: skip
    parsed = parse_mail(raw)
    assert parsed.attachments[0].is_inline
    assert f'src="cid:{parsed.attachments[0].content_id}"' in parsed.html


def test_html_declared_plain_is_html():
    parsed = parse_mail(mail("<html><body><p>Hello</p></body></html>", content_type="text/plain"))
    assert (parsed.text, parsed.html) == ("Hello", "<p>Hello</p>")


def test_words_and_files_in_turn_are_one_body():
    inner = b"Content-Type: multipart/mixed; boundary=in\r\n\r\n"
    for piece in (part("<p>one</p>", "text/html"), part("PDF", "application/pdf; name=a.pdf"),
                  part("<p>two</p>", "text/html")):  # fmt: skip
        inner += b"--in\r\n" + piece + b"\r\n"
    parsed = parse_mail(multipart("alternative", part("plain"), inner + b"--in--"))
    assert (parsed.text, parsed.html) == ("plain", "<p>one</p>\n<p>two</p>")
    assert [a.filename for a in parsed.attachments] == ["a.pdf"]


def test_a_file_name_escaped_as_in_an_address():
    raw = multipart("mixed", part("x", 'application/pdf; name="%E5%8F%91%E7%A5%A8.pdf"'))
    assert parse_mail(raw).attachments[0].filename == "发票.pdf"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\发票.pdf", "发票.pdf"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\x00b\n.txt", "ab.txt"),
        ("...", "attachment-1.pdf"),
        ("", "attachment-1.pdf"),
        ("a:b|c?.txt", "a_b_c_.txt"),
    ],
)
def test_file_names_are_made_harmless(name: str, safe: str):
    assert safe_filename(name, "application/pdf", 1) == safe


def test_long_file_names_keep_their_extension():
    name = safe_filename("票" * 300 + ".pdf", "application/pdf", 1)
    assert name.endswith("票.pdf")
    assert len(name.encode()) <= 200


def test_a_mail_within_the_mail_is_a_file_and_is_shown():
    inner = mail("inner words", subject="Inner")
    parsed = parse_mail(multipart("mixed", part("see below"), part(inner, "message/rfc822")))
    (attachment,) = parsed.attachments
    assert (attachment.filename, attachment.content) == ("Inner.eml", inner)
    assert "inner words" in parsed.text
    assert parsed.newest_text == "see below"


def test_an_invite_is_a_file_and_speaks_where_nothing_else_does():
    calendar = ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Review\\, part 2\nDTSTART:20240102T101500Z\n"
                "LOCATION:Room 3\nORGANIZER;CN=Li:mailto:li@example.com\nEND:VEVENT\n")  # fmt: skip
    parsed = parse_mail(mail(calendar, content_type="text/calendar; method=REQUEST"))
    assert parsed.text == "Review, part 2\n2024-01-02 10:15 UTC\nRoom 3\nLi <li@example.com>"
    assert parsed.attachments[0].filename == "invite-1.ics"


def test_signatures_and_encrypted_parts_stay_files():
    raw = multipart(
        "signed", part("signed words"), part("sig", "application/pkcs7-signature; name=smime.p7s")
    )
    parsed = parse_mail(raw)
    assert (parsed.text, parsed.attachments[0].filename) == ("signed words", "smime.p7s")


def test_uuencoded_file_in_a_text():
    lines = binascii.b2a_uu(b"file content")
    parsed = parse_mail(mail(b"before\n\nbegin 644 a.txt\n" + lines + b"`\nend\nafter"))
    assert (parsed.attachments[0].filename, parsed.attachments[0].content) == (
        "a.txt", b"file content")  # fmt: skip
    assert parsed.text.split() == ["before", "after"]


def test_flowed_text_is_unfolded():
    raw = mail("one \ntwo\n>  quoted \n> on\n-- \nLi", content_type="text/plain; format=flowed")
    assert parse_mail(raw).text == "one two\n>  quoted on\n-- \nLi"


@pytest.mark.parametrize("declared", ["7-bit", "8bits", "plain", "", "text/html", "spam"])
def test_unknown_transfer_encodings_leave_the_words(declared: str):
    assert (
        parse_mail(mail("words = here", content_transfer_encoding=declared)).text == "words = here"
    )


def test_text_that_is_not_the_base64_it_claims_to_be():
    raw = mail("This was never encoded, was it?\n", content_transfer_encoding="base64")
    assert parse_mail(raw).text == "This was never encoded, was it?"


def test_base64_with_a_footer_of_a_list_server():
    body = encoded("正文在此".encode()) + b"\r\n_____\r\nlist footer at http://list.example\r\n"
    raw = mail(body, content_transfer_encoding="base64", content_type="text/plain; charset=utf-8")
    text = parse_mail(raw).text
    assert text.startswith("正文在此")
    assert "list footer" in text


@pytest.mark.parametrize("broken", [b"!!", b"=", b"\x00"])
def test_broken_base64_still_gives_the_file(broken: bytes):
    content = bytes(range(200))
    text = base64.b64encode(content)
    raw = multipart("mixed", part(text[:80] + broken + text[80:], "application/pdf; name=a.pdf",
                                  "Content-Transfer-Encoding: base64"))  # fmt: skip
    assert parse_mail(raw).attachments[0].content == content


def test_a_boundary_that_is_not_the_declared_one_is_found():
    raw = multipart("mixed", part("one"), part("x", "text/x; name=b.txt"),
                    content_type="multipart/mixed; boundary=other")  # fmt: skip
    parsed = parse_mail(raw)
    assert (parsed.text, parsed.attachments[0].filename) == ("one", "b.txt")
    assert "boundary not as declared" in parsed.defects


def test_no_boundary_at_all_is_text():
    assert parse_mail(mail("just words", content_type="multipart/mixed")).text == "just words"


def test_a_missing_last_boundary_loses_nothing():
    raw = multipart("mixed", part("one"), part("two", "text/x; name=b"))
    parsed = parse_mail(raw[: raw.rindex(b"--frontier--")])
    assert (parsed.text, parsed.attachments[0].content) == ("one", b"two\r\n")


def test_similar_boundaries_are_not_mixed_up():
    inner = multipart("alternative", part("deep"), boundary="b_alt")
    inner = inner[inner.index(b"Content-Type") :]
    parsed = parse_mail(multipart("mixed", inner, part("x", "text/x; name=b"), boundary="b"))
    assert (parsed.text, len(parsed.attachments)) == ("deep", 1)


def test_of_two_content_types_the_one_that_fits_wins():
    raw = multipart("mixed", part("one")).replace(
        b"Content-Type: multipart", b"Content-Type: text/plain\r\nContent-Type: multipart", 1
    )
    assert parse_mail(raw).text == "one"


def test_words_without_any_header_are_words():
    assert (
        parse_mail(b"nothing but words\nfrom a script\n").text == "nothing but words\nfrom a script"
    )


@pytest.mark.parametrize("raw", [b"", b"\r\n \x00\n", bytes(range(8)) * 100])
def test_what_has_nothing_to_read_is_refused(raw: bytes):
    with pytest.raises(MailUnparseable):
        parse_mail(raw)


# -- winmail.dat ---------------------------------------------------------------------------------


def attribute(level: int, identifier: int, value: bytes) -> bytes:
    checksum = sum(value) & 0xFFFF
    return (
        struct.pack("<BHHI", level, identifier, 0, len(value)) + value + struct.pack("<H", checksum)
    )


def properties(*values: tuple[int, int, bytes]) -> bytes:
    out = struct.pack("<I", len(values))
    for kind, identifier, value in values:
        out += struct.pack("<HHII", kind, identifier, 1, len(value)) + value
        out += b"\0" * (-len(value) % 4)
    return out


def tnef(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def winmail(content: bytes) -> bytes:
    return multipart("mixed", part(" "), part(encoded(content), "application/ms-tnef; name=winmail.dat",
                                              "Content-Transfer-Encoding: base64"))  # fmt: skip


def test_winmail_is_unpacked():
    content = tnef(
        attribute(1, 0x9003, properties((0x1F, 0x1000, "正文".encode("utf-16-le")))),
        attribute(2, 0x9002, b"\0" * 14),
        attribute(2, 0x8010, b"SHORT~1.PDF\0"),
        attribute(2, 0x800F, b"pdf bytes"),
        attribute(2, 0x9005, properties((0x1F, 0x3707, "长名字.pdf".encode("utf-16-le")),
                                        (0x1E, 0x370E, b"application/pdf\0"))),
    )  # fmt: skip
    parsed = parse_mail(winmail(content))
    assert parsed.text == "正文"
    (attachment,) = parsed.attachments
    assert (attachment.filename, attachment.content_type, attachment.content) == (
        "长名字.pdf", "application/pdf", b"pdf bytes")  # fmt: skip


def test_winmail_with_its_words_in_rtf():
    rtf = rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0 Arial;}}Hello\par \'c4\'e3\u22909?\par}"
    compressed = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    content = tnef(attribute(1, 0x9003, properties((0x102, 0x1009, compressed))))
    assert parse_mail(winmail(content)).text == "Hello\n你好"


def test_compressed_rtf_is_decompressed():
    # The example of [MS-OXRTFCP] §4.1.
    data = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
        "0af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress_rtf(data, 1000) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize("content", [b"no tnef", tnef(b"\x02\x0f\x80\0\0\xff\xff\xff\x7f")])
def test_winmail_that_cannot_be_read_stays_a_file(content: bytes):
    parsed = parse_mail(winmail(content))
    (attachment,) = parsed.attachments
    assert (attachment.filename, attachment.content) == ("winmail.dat", content)
    assert parsed.defects[0].startswith("winmail.dat cannot be read")
