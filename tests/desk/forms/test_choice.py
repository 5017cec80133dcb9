"""checkbox, radio, select, checklist, taglist and where their options come from."""

import pytest

from desk.forms import MissingOptions, Option
from desk.forms.limits import OPTIONS
from tests.desk.forms.building import YES_NO, field, form, page, send

SINGLE = ["radio", "select"]
MULTIPLE = ["checklist", "taglist"]


def labels(tree):
    return [text.strip() for text in tree.xpath("//option/text()|//label/span/text()")]


def test_a_checkbox_is_true_or_false():
    drawn = form(field("checkbox"))
    assert send(drawn, {"x": "true"}).values == {"x": True}
    assert send(drawn, {}).values == {"x": False}
    required = form(field("checkbox", validate={"required": True}))
    assert send(required, {}, locale="zh_CN").errors == {"x": "请勾选此项。"}
    assert page(form(field("checkbox", defaultValue=True))).xpath("//input[@checked]")


@pytest.mark.parametrize("kind", SINGLE)
def test_one_of_the_options_or_none(kind):
    drawn = form(field(kind, values=YES_NO))
    assert send(drawn, {"x": "yes"}).values == {"x": "yes"}
    assert send(drawn, {}).values == {"x": None}
    assert send(drawn, {"x": ""}).values == {"x": None}
    done = send(drawn, {"x": "maybe"})
    assert "not offered" in done.errors["x"]


@pytest.mark.parametrize("kind", MULTIPLE)
def test_several_options_in_their_order_and_once(kind):
    drawn = form(field(kind, values=YES_NO))
    assert send(drawn, [("x", "no"), ("x", "yes"), ("x", "no")]).values == {"x": ["yes", "no"]}
    assert send(drawn, {}).values == {"x": []}
    assert "x" in send(drawn, [("x", "yes"), ("x", "maybe")]).errors
    required = form(field(kind, values=YES_NO, validate={"required": True}))
    assert "at least one" in send(required, {}).errors["x"]


@pytest.mark.parametrize("kind", SINGLE + MULTIPLE)
def test_labels_are_translated_in_the_custom_properties(kind):
    properties = {"label:en": "Urgent?", "values:en": "yes=Yes, please; no = No"}
    drawn = form(field(kind, label="紧急？", values=YES_NO, properties=properties))
    assert {"Yes, please", "No"} <= set(labels(page(drawn, locale="en")))
    assert {"是", "否"} <= set(labels(page(drawn, locale="zh_CN")))
    assert "Urgent?" in page(drawn, locale="en").text_content()
    assert "紧急？" in page(drawn, locale="zh_CN").text_content()


def test_an_option_without_translation_keeps_its_name():
    drawn = form(field("select", values=YES_NO, properties={"values:en": "yes=Yes"}))
    assert {"Yes", "否"} <= set(labels(page(drawn, locale="en")))


def test_options_from_the_data():
    drawn = form(field("select", valuesKey="lists.cities"))
    entries = ["Berlin", {"value": "sh", "label": "上海", "label:en": "Shanghai"}, 7, "", None,
               {"label": "no value"}, {"value": True}]  # fmt: skip
    data = {"lists": {"cities": entries}}
    assert labels(page(drawn, data))[1:] == ["Berlin", "Shanghai", "7", "true"]
    assert send(drawn, {"x": "sh"}, data=data).values == {"x": "sh"}
    assert send(drawn, {"x": "7"}, data=data).values == {"x": 7}
    assert send(drawn, {"x": "true"}, data=data).values == {"x": True}
    assert "x" in send(drawn, {"x": "sh"}, data={}).errors


def test_options_from_feel_follow_other_fields_of_the_same_page():
    options = '=if kind = "hw" then ["disk", "fan"] else ["bug"]'
    drawn = form(field("textfield", "kind"), field("radio", "part", valuesExpression=options))
    assert labels(page(drawn, {"kind": "hw"})) == ["disk", "fan"]
    assert send(drawn, {"kind": "hw", "part": "fan"}).values["part"] == "fan"
    assert "part" in send(drawn, {"kind": "sw", "part": "fan"}).errors


def test_options_that_are_objects_keep_their_values():
    drawn = form(field("checklist", valuesKey="rooms"))
    rooms = [{"label": "A", "value": {"id": 1}}, {"label": "B", "value": {"id": 2}}]
    tree = page(drawn, {"rooms": rooms, "x": [{"id": 2}]})
    (token,) = tree.xpath("//input[@checked]/@value")
    assert send(drawn, {"x": token}, data={"rooms": rooms}).values == {"x": [{"id": 2}]}


def test_options_from_the_caller():
    drawn = form(field("select", values=[], properties={"source": "people"}))
    people = {"people": [Option(7, "Ada"), Option(8, "张伟", {"en": "Zhang Wei"})]}
    assert labels(page(drawn, options=people))[1:] == ["Ada", "Zhang Wei"]
    assert send(drawn, {"x": "8"}, options=people).values == {"x": 8}
    assert "x" in send(drawn, {"x": "9"}, options=people).errors
    with pytest.raises(MissingOptions, match="people"):
        page(drawn)


def test_more_options_than_a_page_bears_are_cut_and_it_says_so():
    drawn = form(field("select", valuesKey="all"))
    data = {"all": [f"v{number}" for number in range(50_000)]}
    tree = page(drawn, data)
    assert len(tree.xpath("//option")) == OPTIONS + 1
    assert f"first {OPTIONS}" in tree.text_content()


@pytest.mark.parametrize("source", ["none", 5, {"a": 1}, None])
def test_a_source_that_is_no_list_offers_nothing(source):
    drawn = form(field("checklist", valuesKey="all"))
    assert page(drawn, {"all": source}).xpath("//input[@type='checkbox']") == []


@pytest.mark.parametrize("kind", SINGLE + MULTIPLE)
def test_programs_send_values(kind):
    drawn = form(field(kind, valuesExpression="=[1, 2, 3]"))
    good = [2] if kind in MULTIPLE else 2
    assert drawn.validate_json({"x": good}, locale="en").values == {"x": good}
    bad = [9] if kind in MULTIPLE else 9
    assert drawn.validate_json({"x": bad}, locale="en").errors
    wrong = 2 if kind in MULTIPLE else [2]
    assert drawn.validate_json({"x": wrong}, locale="en").errors


def test_a_group_of_boxes_is_a_fieldset_and_links_lead_to_its_first_box():
    drawn = form(field("radio", values=YES_NO, validate={"required": True}, description="Help"))
    errors = send(drawn, {}).errors
    tree = page(drawn, errors=errors)
    (fieldset,) = tree.xpath("//fieldset")
    assert "required" in fieldset.xpath("legend/@class")[0]
    described = fieldset.get("aria-describedby").split()
    assert "".join(tree.get_element_by_id(part).text_content() for part in described) == (
        "Help" + errors["x"]
    )
    assert tree.get_element_by_id("f-x").get("type") == "radio"
    assert 'href="#f-x"' in drawn.error_summary(errors, "en")
