"""Dynamic lists: rows, adding and removing them without JavaScript, scopes of their conditions."""

import pytest

from desk.forms.limits import ROWS, ROWS_IN_ALL
from tests.desk.forms.building import entries, field, form, page, send

ITEMS = {
    "type": "dynamiclist",
    "id": "list",
    "label": "物品",
    "path": "items",
    "properties": {"label:en": "Item"},
    "components": [
        field("textfield", "what", validate={"required": True}),
        field("checkbox", "spare"),
    ],
}


def press(drawn, tree, action, **more):
    """Send the page as it stands by one of its action buttons."""
    assert action in tree.xpath("//button[@name='__action']/@value")
    return send(drawn, [*entries(tree), ("__action", action)], **more)


def test_a_list_starts_with_its_default_repetitions():
    assert len(page(form(ITEMS)).find_class("ld-list-row")) == 1
    assert len(page(form({**ITEMS, "defaultRepetitions": 3})).find_class("ld-list-row")) == 3
    assert page(form(ITEMS), {"items": []}).find_class("ld-list-row") == []


def test_rows_are_added_and_removed_by_buttons_and_nothing_is_lost():
    drawn = form(ITEMS)
    done = press(drawn, page(drawn, {"items": [{"what": "disk", "spare": True}]}), "add:items")
    assert done.action == "add:items"
    assert done.errors == {}
    assert done.values["items"] == [
        {"what": "disk", "spare": True},
        {"what": "", "spare": False},
    ]
    tree = page(drawn, done.merged({}))
    assert len(tree.find_class("ld-list-row")) == 2
    done = press(drawn, tree, "remove:items.0")
    assert done.values == {"items": [{"what": "", "spare": False}]}
    done = press(drawn, page(drawn, done.values), "remove:items.0")
    assert done.values == {"items": []}
    assert send(drawn, entries(page(drawn, done.values))).values == {"items": []}


def test_rows_are_numbered_anew_and_errors_point_at_the_new_numbers():
    """A script may take a row out of the page; the numbers then have a gap."""
    done = send(
        form(ITEMS),
        [("items", "0"), ("items.0.what", "a"), ("items", "2"), ("items.2.what", "")],
    )
    assert [row["what"] for row in done.values["items"]] == ["a", ""]
    assert list(done.errors) == ["items.1.what"]
    removed = send(
        form(ITEMS),
        [("items.0.what", "a"), ("items.2.what", "b"), ("__action", "remove:items.2")],
    )
    assert removed.values == {"items": [{"what": "a", "spare": False}]}


def test_pressing_enter_does_not_remove_a_row():
    buttons = page(form(ITEMS)).xpath("//button")
    assert buttons[0].get("name") is None
    assert buttons[0].get("type") == "submit"


@pytest.mark.parametrize(
    "action",
    ["add:other", "remove:items.7", "remove:items", "remove:items.x", "add:", "drop:items", "add"],
)
def test_an_action_that_is_none_of_the_forms_is_ignored(action):
    done = send(form(ITEMS), {"items.0.what": "a", "__action": action})
    assert done.complete
    assert len(done.values["items"]) == 1


def test_the_number_of_rows_is_limited():
    drawn = form(ITEMS)
    many = [(f"items.{number}.what", "x") for number in range(ROWS + 5)]
    done = send(drawn, many)
    assert str(ROWS) in done.errors["items"]
    assert len(done.values["items"]) == ROWS
    full = [(f"items.{number}.what", "x") for number in range(ROWS)]
    assert len(send(drawn, [*full, ("__action", "add:items")]).values["items"]) == ROWS
    assert page(drawn, {"items": [{}] * (ROWS + 50)}).find_class("ld-list-add") == []
    assert send(drawn, [("items.99999999999999999999.what", "x")]).values == {"items": []}


def test_lists_in_lists():
    inner = {
        "type": "dynamiclist",
        "id": "in",
        "path": "parts",
        "components": [field("number", "n")],
    }
    drawn = form({**ITEMS, "components": [inner]})
    data = {"items": [{"parts": [{"n": 1}, {"n": 2}]}, {"parts": []}]}
    tree = page(drawn, data)
    assert send(drawn, entries(tree)).values == data
    done = press(drawn, tree, "add:items.1.parts")
    assert done.values["items"][1] == {"parts": [{"n": None}]}
    done = press(drawn, tree, "remove:items.0.parts.0")
    assert done.values["items"][0] == {"parts": [{"n": 2}]}
    flood = [(f"items.{row}.parts.{part}.n", "1") for row in range(ROWS) for part in range(ROWS)]
    rows = send(drawn, flood).values["items"]
    assert len(rows) + sum(len(row["parts"]) for row in rows) == ROWS_IN_ALL


def test_conditions_in_a_row_see_the_row_its_number_and_the_whole():
    drawn = form(
        field("checkbox", "detailed"),
        {
            **ITEMS,
            "components": [
                field("textfield", "what"),
                field("textfield", "a", conditional={"hide": '=this.what != "disk"'}),
                field("textfield", "b", conditional={"hide": "=i[1] > 1"}),
                field("textfield", "c", conditional={"hide": "=not(detailed)"}),
                field("textfield", "d", conditional={"hide": "=count(parent.items) < 3"}),
                field("textfield", "e", conditional={"hide": '=_this_.what = "disk"'}),
            ],
        },
    )
    done = send(drawn, [("items.0.what", "disk"), ("items.1.what", "fan"), ("detailed", "true")])
    assert [set(row) for row in done.values["items"]] == [
        {"what", "a", "b", "c"},
        {"what", "c", "e"},
    ]


def test_a_list_that_cannot_change_has_the_desks_rows():
    fixed = form(
        {
            **ITEMS,
            "allowAddRemove": False,
            "components": [field("textfield", "what", readonly=True), field("checkbox", "done")],
        }
    )
    data = {"items": [{"what": "disk"}, {"what": "fan"}]}
    assert page(fixed, data).xpath("//button[@name]") == []
    sent = [("items", "0"), ("items.0.what", "x"), ("items.1.done", "true"), ("items.7.done", "1")]
    done = send(fixed, [*sent, ("__action", "remove:items.0")], data=data)
    assert done.complete
    assert done.values == {
        "items": [{"what": "disk", "done": False}, {"what": "fan", "done": True}]
    }
    told = fixed.validate_json({"items": [{"done": True}]}, locale="en", data=data)
    assert "2 entries" in told.errors["items"]


def test_earlier_rows_do_not_slip_into_new_ones():
    drawn = form(
        {
            **ITEMS,
            "components": [field("textfield", "a"), field("textfield", "b", conditional={
                "hide": '=this.a = "hide"'})],
        }
    )  # fmt: skip
    data = {"items": [{"a": "x", "b": "secret"}]}
    done = send(drawn, [("__shown", ""), ("items.0.a", "y")], data=data)
    assert done.values == {"items": [{"a": "y", "b": ""}]}


def test_a_list_that_does_not_repeat_is_a_group():
    drawn = form({**ITEMS, "isRepeating": False, "allowAddRemove": True})
    assert send(drawn, {"items.what": "a"}).values == {"items": {"what": "a", "spare": False}}


def test_rows_are_named_for_those_who_do_not_see_them():
    tree = page(form(ITEMS), {"items": [{}, {}]}, locale="en")
    legends = [" ".join(legend.itertext()).strip() for legend in tree.xpath("//legend")]
    assert legends == ["Item", "Item 1", "Item 2"]
    button = tree.find_class("ld-list-remove")[1]
    assert " ".join(button.text_content().split()) == "Remove Item 2"


@pytest.mark.parametrize("value", ["text", 5, {"a": 1}, [1], [[]], None])
def test_programs_send_lists_of_objects(value):
    done = form(ITEMS).validate_json({"items": value}, locale="en")
    assert "items" in done.errors
