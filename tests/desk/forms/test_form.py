"""The form as a whole: pages and programs, summaries, and that nothing written is lost."""

from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import fromstring

from tests.desk.forms.building import SHANGHAI, YES_NO, entries, field, form, page, send

EVERYTHING = form(
    field("textfield", "name"),
    field("textfield", "contact.mail"),
    field("textarea", "story"),
    field("number", "amount"),
    field("number", "exact", serializeToString=True),
    field("checkbox", "agree"),
    field("radio", "urgent", values=YES_NO),
    field("select", "part", valuesExpression='=["disk", 2, true]'),
    field("checklist", "when", values=YES_NO),
    field("taglist", "tags", valuesExpression="=[1, 2, 3]"),
    field("datetime", "day"),
    field("datetime", "clock", subtype="time"),
    field("datetime", "moment", subtype="datetime", timeSerializingFormat="utc_offset"),
    field("textfield", "reason", conditional={"hide": '=urgent != "yes"'}),
    {"type": "group", "id": "g", "path": "address", "components": [field("textfield", "city")]},
    {
        "type": "dynamiclist",
        "id": "l",
        "path": "items",
        "components": [
            field("textarea", "what"),
            field("checkbox", "spare"),
            field("checklist", "sides", values=YES_NO),
            field("number", "n", conditional={"hide": "=this.spare"}),
        ],
    },
)

_STORABLE = st.characters(
    exclude_categories=["Cs", "Cc"], include_characters="\t", exclude_characters="\ufffd"
)
LINES = st.lists(st.text(_STORABLE, max_size=20), max_size=4).map("\n".join)
TEXTS = LINES.filter(lambda text: text == "" or text.strip() != "")
ONE_LINE = st.text(_STORABLE, max_size=30).map(
    lambda text: "".join(char for char in text if char not in "\t\x85\u2028\u2029").strip()
)
NUMBERS = (
    st.none()
    | st.integers(-(10**15), 10**15)
    | st.decimals(-(10**6), 10**6, allow_nan=False, places=3).map(float)
)
SIDES = st.lists(st.sampled_from(["yes", "no"]), unique=True).map(lambda found: sorted(found)[::-1])


@st.composite
def filled(draw):
    """Values that EVERYTHING may hold."""
    urgent = draw(st.sampled_from([None, "yes", "no"]))
    rows = []
    for spare in draw(st.lists(st.booleans(), max_size=3)):
        row = {"what": draw(TEXTS), "spare": spare, "sides": draw(SIDES)}
        rows.append(row if spare else {**row, "n": draw(NUMBERS)})
    values = {
        "name": draw(ONE_LINE),
        "contact": {"mail": draw(ONE_LINE)},
        "story": draw(TEXTS),
        "amount": draw(NUMBERS),
        "exact": draw(st.sampled_from([None, "12.5", "0.12345678901234567890123"])),
        "agree": draw(st.booleans()),
        "urgent": urgent,
        "part": draw(st.sampled_from([None, "disk", 2, True])),
        "when": draw(SIDES),
        "tags": sorted(draw(st.sets(st.sampled_from([1, 2, 3])))),
        "day": draw(st.none() | st.dates().map(lambda day: day.isoformat())),
        "clock": draw(st.none() | st.sampled_from(["00:00", "23:59", "09:30:15"])),
        "moment": draw(st.sampled_from([None, "2026-05-31T09:30+08:00"])),
        "address": {"city": draw(ONE_LINE)},
        "items": rows,
    }
    return {**values, "reason": draw(ONE_LINE)} if urgent == "yes" else values


@settings(max_examples=150)
@given(filled())
def test_what_is_rendered_comes_back_as_it_was(values):
    tree = page(EVERYTHING, values)
    done = send(EVERYTHING, entries(tree))
    assert done.errors == {}
    assert done.action is None
    assert _normal(done.values) == _normal(values)


@settings(max_examples=100)
@given(filled())
def test_programs_and_pages_agree(values):
    done = EVERYTHING.validate_json(values, locale="en", zone=SHANGHAI)
    assert done.errors == {}
    assert done.values == send(EVERYTHING, entries(page(EVERYTHING, done.values))).values


def _normal(value):
    """12.0 and 12 are one number in JSON; NFKC is not applied to texts, so they stay."""
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_normal(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


NAMES = st.sampled_from(
    ["name", "amount", "agree", "urgent", "part", "when", "tags", "day", "moment", "reason",
     "items", "items.0.what", "items.1.n", "items.1", "items.x.n", "address.city", "address",
     "__action", "__shown", "nothing", "contact.mail.more", ""]
)  # fmt: skip
JUNK = st.text(max_size=20) | st.sampled_from(
    ["yes", "0", "1", "add:items", "remove:items.0", "refresh", "2026-05-31", ":id_reason", "true"]
)


@settings(max_examples=300)
@given(st.lists(st.tuples(NAMES, JUNK), max_size=25))
def test_any_page_is_answered_and_can_be_shown_again(fields):
    done = send(EVERYTHING, fields)
    assert set(done.values) <= EVERYTHING.keys
    again = page(EVERYTHING, done.merged({}), errors=done.errors)
    for name in done.errors:
        assert again.xpath("//*[@data-ld-field=$n or @data-ld-list=$n]", n=name)
    if done.complete:
        assert send(EVERYTHING, entries(again)).values == done.values


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["what", "n", "spare", "city", "mail", "x"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([*sorted(EVERYTHING.keys), "nothing"]), JSON))
def test_any_json_is_answered_and_can_be_shown(payload):
    done = EVERYTHING.validate_json(payload, locale="zh_CN", zone=SHANGHAI)
    assert set(done.values) <= EVERYTHING.keys
    assert ("nothing" in done.errors) == ("nothing" in payload)
    page(EVERYTHING, done.merged({}), errors=done.errors)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING.keys)), JSON))
def test_any_data_can_be_shown(data):
    page(EVERYTHING, data)
    page(EVERYTHING, data, readonly=True)


def test_a_wrong_entry_comes_back_with_the_rest_and_words_at_the_field():
    drawn = form(
        field("textfield", "name", validate={"required": True}),
        field("number", "amount"),
        field("select", "part", values=YES_NO),
        field("textarea", "story"),
    )
    done = send(drawn, {"name": "", "amount": "ten", "part": "?", "story": "kept"}, locale="zh_CN")
    assert list(done.errors) == ["name", "amount", "part"]
    tree = page(drawn, done.merged({}), errors=done.errors, locale="zh_CN")
    assert tree.xpath("//textarea")[0].text.strip() == "kept"
    assert tree.xpath("//input[@name='amount']/@value") == ["ten"]
    for name, words in done.errors.items():
        (control,) = tree.xpath("//*[@name=$n]", n=name)
        assert control.get("aria-invalid") == "true"
        assert tree.get_element_by_id(f"f-{name}--error").text == words
        assert f"f-{name}--error" in control.get("aria-describedby").split()


def test_the_summary_links_to_the_fields_by_their_labels():
    drawn = form(
        field("textfield", "name", label="姓名", properties={"label:en": "Name"}),
        {"type": "dynamiclist", "id": "l", "label": "Items", "path": "items",
         "components": [field("textfield", "what", label="What")]},
    )  # fmt: skip
    errors = {"name": "wrong", "items.1.what": "bad", "items": "too many", "other": "strange"}
    tree = fromstring(drawn.error_summary(errors, "en", id_prefix="t"))
    assert tree.get("role") == "alert"
    assert [(link.get("href"), link.text) for link in tree.iter("a")] == [
        ("#t-name", "Name: wrong"),
        ("#t-items-1-what", "Entry 2 · What: bad"),
        ("#t-items", "Items: too many"),
    ]
    assert "strange" in tree.text_content()
    assert "4 entries" in tree.text_content()
    shown = page(drawn, {"items": [{}, {}]}, errors=errors, id_prefix="t")
    for link in tree.iter("a"):
        assert shown.get_element_by_id(link.get("href")[1:]) is not None
    assert drawn.error_summary({}, "en") == ""
    assert "姓名：错" in drawn.error_summary({"name": "错"}, "zh_CN")


def test_every_control_has_a_label_and_every_id_is_single():
    tree = page(EVERYTHING, {"urgent": "yes", "items": [{}, {}]})
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for control in tree.xpath("//input[not(@type='hidden')]|//select|//textarea"):
        inside = control.xpath("ancestor::label")
        assert inside or tree.xpath("//label[@for=$id]", id=control.get("id"))
    for described in tree.xpath("//@aria-describedby"):
        assert all(part in ids for part in described.split())


def test_pages_may_send_more_than_the_form_has_and_programs_may_not():
    drawn = form(field("textfield", "name"))
    sent = {"name": "a", "csrf_token": "t", "is_admin": "true"}
    assert send(drawn, sent).values == {"name": "a"}
    done = drawn.validate_json({"name": "a", "is_admin": True}, locale="zh_CN")
    assert done.errors == {"is_admin": "表单中没有此字段。"}
    assert done.values == {"name": "a"}


def test_strays_are_found_wherever_they_hide():
    payload = {"address": {"city": "x", "zip": 1}, "items": [{"what": "a"}, {"wat": 1}]}
    assert list(EVERYTHING.validate_json(payload, locale="en").errors) == [
        "address.zip",
        "items.1.wat",
    ]
    assert list(EVERYTHING.validate_json({"address": "x"}, locale="en").errors) == ["address"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("name", 5, "文本"),
        ("agree", "true", "布尔值"),
        ("amount", "12", "数字"),
        ("tags", "1", "列表"),
        ("day", 20260531, "ISO 8601"),
    ],
)
def test_programs_are_told_which_type_is_wanted(name, value, words):
    done = EVERYTHING.validate_json({name: value}, locale="zh_CN")
    assert words in done.errors[name]
    assert done.values[name] == value


def test_what_is_nested_without_end_is_refused():
    deep: list = []
    for _ in range(50_000):
        deep = [deep]
    done = EVERYTHING.validate_json({"urgent": deep}, locale="zh_CN")
    assert done.errors == {"": "嵌套层数过多。"}


def test_null_empties():
    filled_in = {"name": "a", "agree": True, "tags": [1], "amount": 5}
    done = EVERYTHING.validate_json(dict.fromkeys(filled_in), locale="en", data=filled_in)
    assert {key: done.values[key] for key in filled_in} == {
        "name": "",
        "agree": False,
        "tags": [],
        "amount": None,
    }


def test_what_the_data_holds_is_held_to_the_rules_too():
    assert "amount" in EVERYTHING.validate_json({}, locale="en", data={"amount": "lots"}).errors


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_a_payload_that_is_no_object_is_refused(payload):
    assert form(field("textfield")).validate_json(payload, locale="en").errors


def test_programs_need_not_repeat_what_is_there():
    drawn = form(
        field("textfield", "name", validate={"required": True}),
        field("textfield", "note", defaultValue="none"),
    )
    done = drawn.validate_json({}, locale="en", data={"name": "Ada"})
    assert done.errors == {}
    assert done.values == {"name": "Ada", "note": "none"}
    assert drawn.validate_json({"name": None}, locale="en", data={"name": "Ada"}).errors


def test_a_default_is_for_what_is_not_there_and_not_for_what_was_emptied():
    drawn = form(field("textfield", "note", defaultValue="none"))
    assert page(drawn).xpath("//input/@value") == ["none"]
    done = send(drawn, {"note": ""})
    assert done.values == {"note": ""}
    assert page(drawn, done.merged({})).xpath("//input/@value") == [""]


def test_values_are_laid_over_the_data():
    done = send(EVERYTHING, {"contact.mail": "a@b.c"})
    merged = done.merged({"contact": {"id": 7, "mail": ""}, "items": [{"what": "old"}]})
    assert merged["contact"] == {"id": 7, "mail": "a@b.c"}
    assert merged["items"] == []


def test_data_is_never_changed():
    data = {"items": [{"what": "a", "sides": ["yes"]}], "contact": {"mail": "m"}}
    before = repr(data)
    page(EVERYTHING, MappingProxyType(data))
    done = send(EVERYTHING, [("items.0.what", "b"), ("__action", "add:items")], data=data)
    done.values["items"].append({})
    done.values["contact"]["mail"] = "changed"
    assert repr(data) == before


def test_one_form_serves_many():
    first = send(EVERYTHING, {"items.0.what": "a"})
    second = send(EVERYTHING, {"items.0.what": "b"})
    first.values["items"][0]["sides"].append("x")
    assert second.values["items"][0]["sides"] == []
