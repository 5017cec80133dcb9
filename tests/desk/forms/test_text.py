"""textfield and textarea: what is taken, what is refused, and in which words."""

import pytest

from desk.forms.limits import TEXT_AREA, TEXT_LINE
from tests.desk.forms.building import field, form, page, send


def entered(text, **more):
    return send(form(field("textfield", **more)), {"x": text})


@pytest.mark.parametrize(
    "text", ["ada@example.com", "a.b+c@sub.example.org", "ada＠example.com", " ada@example.com "]
)
def test_mail_addresses_are_taken_as_people_type_them(text):
    done = entered(text, validate={"validationType": "email"})
    assert done.errors == {}
    assert done.values["x"].endswith("example.com") or done.values["x"].endswith("example.org")


@pytest.mark.parametrize("text", ["ada", "ada@", "@example.com", "a da@example.com", "a@b..c"])
def test_what_is_no_mail_address_is_kept_with_words_at_it(text):
    done = entered(text, validate={"validationType": "email"})
    assert "e-mail" in done.errors["x"]
    assert done.values["x"] == text


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        "138 0013 8000",
        "+86 138-0013-8000",
        "010-65529988",
        "(010) 6552 9988 ext. 12",
        "400-820-8820转8",
        "+4930664040900",
        "0049 30 664040900",
        "１３８００１３８０００",
    ],
)
def test_phone_numbers_are_taken_national_and_international(text):
    assert entered(text, validate={"validationType": "phone"}).errors == {}


@pytest.mark.parametrize("text", ["12", "call me", "----------", "1" * 60, "138+00138000"])
def test_what_is_no_phone_number_is_refused(text):
    assert "x" in entered(text, validate={"validationType": "phone"}).errors


def test_lengths_are_counted_without_the_spaces_around():
    rule = {"minLength": 2, "maxLength": 4}
    assert entered("  ab  ", validate=rule).values == {"x": "ab"}
    assert entered("a   ", validate=rule).errors == {"x": "Please write at least 2 characters."}
    assert "5 characters; 4" in entered("abcde", validate=rule).errors["x"]
    assert entered("", validate=rule).errors == {}


def test_lengths_may_be_feel():
    drawn = form(
        field("textfield", validate={"maxLength": "=limit"}),
    )
    assert "2 are allowed" in send(drawn, {"x": "abc"}, data={"limit": 2}).errors["x"]
    assert send(drawn, {"x": "abc"}, data={"limit": 3}).errors == {}
    assert send(drawn, {"x": "abc"}, data={"limit": "soon"}).errors == {}


@pytest.mark.parametrize(("kind", "limit"), [("textfield", TEXT_LINE), ("textarea", TEXT_AREA)])
def test_over_long_input_is_refused_and_kept_whole(kind, limit):
    text = "长" * (limit + 1)
    done = send(form(field(kind)), {"x": text}, locale="zh_CN")
    assert str(limit) in done.errors["x"]
    assert done.values["x"] == text


def test_patterns_say_the_implementers_words():
    rule = {"pattern": r"^\d{3}$", "patternErrorMessage": "三位数字"}
    drawn = field("textfield", validate=rule, properties={"patternErrorMessage:en": "Three digits"})
    assert send(form(drawn), {"x": "12"}, locale="zh_CN").errors == {"x": "三位数字"}
    assert send(form(drawn), {"x": "12"}, locale="en").errors == {"x": "Three digits"}
    assert send(form(drawn), {"x": "123"}).errors == {}
    assert "format" in entered("12", validate={"pattern": r"^\d{3}$"}).errors["x"]


def test_a_pattern_is_not_tried_on_endless_text():
    done = entered("9" * 300, validate={"pattern": r"^\d*\d*\d*x$"})
    assert "256" in done.errors["x"]


def test_one_line_stays_one_line_and_several_keep_their_breaks():
    assert entered("a\r\nb\tc").values == {"x": "a b c"}
    done = send(form(field("textarea")), {"x": "a\r\nb\rc\n"})
    assert done.values == {"x": "a\nb\nc\n"}


@pytest.mark.parametrize("kind", ["textfield", "textarea"])
def test_what_no_database_can_hold_is_replaced(kind):
    drawn = form(field(kind))
    assert send(drawn, {"x": "a\x00b\x1b"}).values == {"x": "a\ufffdb\ufffd"}
    done = drawn.validate_json({"x": "a\ud800b"}, locale="en")
    assert done.values == {"x": "a\ufffdb"}
    done.values["x"].encode("utf-8")


@pytest.mark.parametrize("kind", ["textfield", "textarea"])
def test_spaces_are_nothing_where_something_is_required(kind):
    done = send(form(field(kind, validate={"required": True})), {"x": "  \n "}, locale="zh_CN")
    assert done.errors == {"x": "请填写此项。"}


def test_keyboards_and_autofill_fit_the_field():
    (control,) = page(form(field("textfield", validate={"validationType": "phone"}))).xpath(
        "//input"
    )
    assert (control.get("type"), control.get("inputmode")) == ("tel", "tel")
    assert control.get("autocomplete") == "tel"
    named = form(field("textfield", properties={"autocomplete": "street-address"}))
    assert page(named).xpath("//input/@autocomplete") == ["street-address"]


def test_no_browser_may_cut_what_is_pasted():
    assert not page(form(field("textfield", validate={"maxLength": 3}))).xpath("//@maxlength")


def test_adorners_stand_beside_the_control_and_describe_it():
    appearance = {"prefixAdorner": "https://", "suffixAdorner": "=domain"}
    tree = page(form(field("textfield", appearance=appearance)), {"domain": ".cn"})
    assert tree.xpath("//span[@class='input-group-text']/text()") == ["https://", ".cn"]
    described = tree.xpath("//input/@aria-describedby")[0].split()
    assert described == tree.xpath("//span/@id")
