"""What of form-js is taken, and that everything else is refused with the component's id."""

from dataclasses import FrozenInstanceError

import pytest

from desk.forms import Form, FormSchemaError
from desk.forms.limits import COMPONENTS, DEPTH, OPTIONS
from tests.desk.forms.building import YES_NO, field, form, problems, schema


def test_a_refusal_lists_all_problems_in_both_languages():
    with pytest.raises(FormSchemaError) as caught:
        form(
            {"type": "iframe", "id": "frame", "url": "https://bpmn.io"},
            field("textfield", "name", colour="red"),
        )
    assert [problem.component for problem in caught.value.problems] == ["frame", "id_name"]
    assert caught.value.component_id == "frame"
    assert "iframe" in caught.value.message["en"]
    assert "不支持组件类型" in caught.value.message["zh"]
    assert "colour" in caught.value.message["zh"]


@pytest.mark.parametrize("kind", ["iframe", "table", "expression", "documentPreview", "rating", 3])
def test_component_types_that_are_not_rendered_are_refused(kind):
    (problem,) = problems({"type": kind, "id": "it", "key": "x"})
    assert problem.component == "it"
    assert str(kind) in problem.en


@pytest.mark.parametrize(
    ("component", "words"),
    [
        (field("textfield", colour="red"), "colour"),
        (field("textfield", validate={"required": True, "min": 3}), "validate.min"),
        (field("checkbox", validate={"pattern": "x"}), "validate.pattern"),
        (field("textarea", appearance={"prefixAdorner": "€"}), "appearance"),
        (field("textfield", conditional={"show": "=true"}), "conditional.show"),
        (field("textfield", validate={"required": "yes"}), "true or false"),
        (field("textfield", validate={"pattern": "("}), "pattern"),
        (field("textfield", validate={"pattern": "(a+)+"}), "repeat"),
        (field("textfield", validate={"validationType": "iban"}), "one of"),
        (field("textfield", validate={"minLength": "many"}), "number"),
        (field("textfield", readonly="maybe"), "readonly"),
        (field("textfield", "a b"), "a b"),
        (field("textfield", "__action"), "reserved"),
        (field("textfield", "csrf_token"), "reserved"),
        (field("textfield", ""), "key"),
        (field("textfield", layout=3), "layout"),
        (field("textfield", properties=[]), "properties"),
        (field("textfield", properties={"lable:en": "Name"}), "lable:en"),
        (field("textfield", properties={"autocomplete": '" onfocus="x'}), "autocomplete"),
        (field("textfield", label="{{#if x}}a{{/if}}"), "{{#if x}}"),
        (field("textfield", label="{{1 +}}"), "“label” is not valid FEEL"),
        (field("textfield", description=5), "a text"),
        (field("number", defaultValue="ten"), "defaultValue"),
        (field("number", defaultValue="0.12345678901234567890123"), "digits"),
        (field("number", increment=0), "increment"),
        (field("number", decimalDigits=-1), "decimalDigits"),
        (field("datetime", subtype="week"), "subtype"),
        (field("datetime", defaultValue="tomorrow"), "defaultValue"),
        (field("datetime", timeInterval=61), "timeInterval"),
        (field("select"), "no options"),
        (field("select", values=[]), "no options"),
        (field("select", values=[{"label": "x"}]), "value"),
        (field("select", values=YES_NO + YES_NO), "twice"),
        (field("select", values=YES_NO, defaultValue="maybe"), "maybe"),
        (field("checklist", values=YES_NO, defaultValue=["maybe"]), "among"),
        (field("checklist", values=YES_NO, defaultValue="yes"), "list"),
        (field("radio", values=YES_NO, properties={"values:en": "yess=Yes"}), "yess"),
        ({"type": "button", "id": "b", "action": "reset"}, "reset"),
        ({"type": "group", "id": "g"}, "components"),
        ({"type": "dynamiclist", "id": "l", "components": []}, "path"),
        ({"type": "spacer", "id": "s", "height": "tall"}, "height"),
        ("textfield", "not a component"),
    ],
)
def test_what_would_not_work_as_drawn_is_refused_in_words(component, words):
    found = problems(component)
    assert any(words in problem.en for problem in found), found


def test_bad_feel_is_refused_with_the_place_of_the_fault():
    (problem,) = problems(field("textfield", conditional={"hide": "=a >"}))
    assert problem.component == "id_x"
    assert "conditional.hide" in problem.en
    assert "FEEL" in problem.zh


@pytest.mark.parametrize(
    "components",
    [
        (field("textfield", "a"), {**field("textfield", "a"), "id": "other"}),
        (field("textfield", "a"), field("textfield", "a.b")),
        (field("textfield", "a.b"), field("textfield", "a")),
        (
            {"type": "dynamiclist", "id": "l", "path": "a", "components": []},
            field("textfield", "a.b"),
        ),
        (
            {"type": "group", "id": "g", "path": "a", "components": [field("textfield", "b")]},
            {**field("textfield", "a.b"), "id": "other"},
        ),
    ],
)
def test_two_components_never_write_the_same_data(components):
    (problem,) = problems(*components)
    assert "another component" in problem.en


def test_ids_are_unique():
    (problem,) = problems(field("textfield", "a"), {**field("textfield", "b"), "id": "id_a"})
    assert "same id" in problem.en


@pytest.mark.parametrize(
    "drawn",
    [
        None,
        [],
        {"type": "default"},
        {"components": []},
        {**schema(), "schemaVersion": 20},
        {**schema(), "schemaVersion": "19"},
        {**schema(), "theme": "dark"},
        {**schema(), "components": {}},
    ],
)
def test_what_is_no_form_is_refused(drawn):
    with pytest.raises(FormSchemaError):
        Form.from_schema(drawn)


def test_what_editors_write_around_the_components_is_taken():
    drawn = {
        **schema(field("textfield")),
        "id": "Form_1",
        "exporter": {"name": "form-js", "version": "1.23.0"},
        "executionPlatform": "Camunda Cloud",
    }
    assert Form.from_schema(drawn).keys == {"x"}


def test_forms_have_limits():
    inner = field("textfield")
    for depth in range(DEPTH):
        inner = {"type": "group", "id": f"g{depth}", "components": [inner]}
    assert any("deep" in problem.en for problem in problems(inner))
    many = [{"type": "separator", "id": f"s{number}"} for number in range(COMPONENTS + 10)]
    assert len(problems(*many)) == 1
    values = [{"label": str(number), "value": str(number)} for number in range(OPTIONS + 1)]
    assert problems(field("select", values=values))


def test_a_form_knows_what_it_writes_and_needs():
    drawn = form(
        field("textfield", "customer.name"),
        field("textfield", "customer.phone"),
        field("select", "team", values=[], properties={"source": "teams"}),
        {
            "type": "dynamiclist",
            "id": "list",
            "path": "items",
            "components": [field("filepicker", "photo")],
        },
        {"type": "text", "id": "t", "text": "Hello"},
    )
    assert drawn.keys == {"customer", "team", "items"}
    assert drawn.sources == {"teams"}
    assert drawn.has_files


def test_a_parsed_form_cannot_change():
    drawn = form(field("textfield"))
    with pytest.raises(FrozenInstanceError):
        drawn.components[0].required = True


def test_a_list_whose_rows_can_go_has_no_fixed_fields():
    rows = {
        "type": "dynamiclist",
        "id": "list",
        "path": "items",
        "components": [field("textfield", "name", readonly=True)],
    }
    (problem,) = problems(rows)
    assert "allowAddRemove" in problem.en
    assert problems({**rows, "allowAddRemove": False}) == ()
