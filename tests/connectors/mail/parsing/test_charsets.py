"""Every way in which the words of a mail can be encoded, declared, and declared wrongly."""

import base64
import quopri

import pytest

from connectors.mail.parsing import parse_mail
from connectors.mail.parsing.charsets import clean_text, decode
from tests.connectors.mail.parsing.mails import mail

CHINESE = "打印机无法连接，请尽快安排工程师上门处理。"
GERMAN = "Für die Prüfung fehlt ein Gerät, schöne Grüße"
RUSSIAN = "Принтер не работает, пришлите мастера"


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gb18030", None),
        (CHINESE, "gb18030", "iso-8859-1"),
        (CHINESE, "gb18030", "us-ascii"),
        (CHINESE, "gb18030", "utf-8"),
        (CHINESE, "utf-8", "iso-8859-1"),
        (CHINESE, "utf-8", "gb2312"),
        (CHINESE, "utf-8", None),
        (CHINESE, "utf-8", "utf8mb4"),
        (CHINESE, "utf-16", "utf-16"),
        ("會議改期，請查收附件資料", "big5", "big5"),
        (GERMAN, "iso-8859-1", "iso-8859-1"),
        (GERMAN, "iso-8859-1", "us-ascii"),
        (GERMAN, "iso-8859-1", None),
        (GERMAN, "iso-8859-1", "utf-8"),
        ("Formação concluída, não há mais dúvidas", "iso-8859-1", None),
        ("“quoted” – and so on…", "cp1252", "iso-8859-1"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (RUSSIAN, "koi8-r", None),
        (RUSSIAN, "cp1251", None),
        ("すみません。会議", "iso2022_jp", "iso-2022-jp"),
        ("すみません。会議", "iso2022_jp", None),
        ("このメールはテストです", "shift_jis", "Shift_JIS"),
        ("안녕하세요", "cp949", "ks_c_5601-1987"),
        ("naïve £5", "utf-7", "utf-7"),
    ],
)
def test_text_is_read_whatever_the_declaration(text: str, encoding: str, declared: str | None):
    assert decode(text.encode(encoding), declared)[0] == text


@pytest.mark.parametrize("lead", ["", "a", "re: "])
@pytest.mark.parametrize("encoding", ["gb18030", "shift_jis", "big5"])
def test_long_text_without_any_ascii_is_read(lead: str, encoding: str):
    text = {
        "gb18030": CHINESE,
        "shift_jis": "このメールはテストです。",
        "big5": "會議改期請查收附件資料",
    }
    whole = lead + text[encoding].replace("，", "").replace("。", "") * 400
    assert decode(whole.encode(encoding))[0] == whole


def test_gbk_characters_under_the_name_of_gb2312_are_read():
    assert decode("朱镕基，喆".encode("gbk"), "gb2312")[0] == "朱镕基，喆"


def test_windows_characters_in_iso_2022_jp_are_read():
    assert decode(b"\x1b$B-!\x1b(B x \x1b$B;d\x1b(B", "iso-2022-jp")[0] == "① x 私"


def test_big5_that_a_gateway_took_for_latin_is_read():
    text = "大補泡麵專賣 每日聽講"
    twice = text.encode("big5").decode("latin-1").encode("utf-8")
    assert decode(twice, "big5")[0] == text


def test_latin_words_in_utf8_are_left_alone_where_the_mail_is_chinese():
    assert decode("señor Muñoz, café".encode(), None, "gb18030")[0] == "señor Muñoz, café"


def test_a_broken_byte_costs_one_character_and_not_the_text():
    data = CHINESE.encode("gb18030")
    text, codec = decode(data[:20] + b"\xff" + data[20:], "gb18030")
    assert codec == "gb18030"
    assert text.count("\ufffd") == 1
    assert text.startswith(CHINESE[:10])


@pytest.mark.parametrize("label", ["base64", "rot13", "unicode_escape", "undefined", "x" * 500])
def test_codecs_that_are_no_charsets_are_not_used(label: str):
    assert decode(b"aGVsbG8=", label)[0] == "aGVsbG8="


def test_text_is_clean_of_what_no_column_takes():
    assert clean_text("a\x00b\r\nc\rd\x1b\ud800\ufeff") == "ab\nc\nd\ufffd"


def test_utf7_cannot_smuggle_surrogates():
    parsed = parse_mail(mail(b"+2AA-x", content_type="text/plain; charset=utf-7"))
    parsed.text.encode("utf-8")


@pytest.mark.parametrize("declared", ["text/plain; charset=iso-8859-1", "text/plain", ""])
def test_raw_gb18030_mail(declared: str):
    raw = mail(
        CHINESE.encode("gb18030"),
        subject="打印机坏了，紧急报修".encode("gb18030"),
        **{"from": "李雷".encode("gb18030") + b" <li@example.com>"},
        content_type=declared,
    )
    parsed = parse_mail(raw)
    assert parsed.text == CHINESE
    assert parsed.subject == "打印机坏了，紧急报修"
    assert parsed.from_ is not None
    assert (parsed.from_.name, parsed.from_.address) == ("李雷", "li@example.com")


def test_quoted_printable_latin():
    raw = mail(
        quopri.encodestring(GERMAN.encode("iso-8859-1")),
        content_type="text/plain; charset=ISO-8859-1",
        content_transfer_encoding="Quoted-Printable",
    )
    assert parse_mail(raw).text == GERMAN


def test_html_charset_comes_from_its_meta_element():
    html = f'<html><head><meta charset="gb2312"></head><body>{CHINESE}</body></html>'
    raw = mail(
        base64.encodebytes(html.encode("gb18030")),
        content_type="text/html",
        content_transfer_encoding="base64",
    )
    assert parse_mail(raw).text == CHINESE
