"""What the form editor changes goes into the form as it was; keys that it does not know stay."""

import json
from typing import Any

import pytest

from designer_api.files.grafting import NotGraftable
from designer_api.files.grafting_forms import graft_form

FIELD: dict[str, Any] = {"type": "textfield", "key": "a", "label": "A", "x-vendor": {"deep": [1, 2.0]}}
CHOICES = [{"label": "One", "value": "1", "colour": "red"}, {"label": "Two", "value": "2", "colour": "blue"}]
KEPT: dict[str, Any] = {
    "exporter": {"name": "other"},
    "components": [
        FIELD,
        {"type": "group", "id": "g", "components": [{"type": "select", "id": "s", "values": CHOICES, "v": 1}]},
    ],
    "type": "default",
    "vendor": {"owner": "me"},
}


def editors(change: Any = None) -> str:
    """As form-js writes it: an id for each component, no exporter, no vendor's keys."""
    form = json.loads(json.dumps(KEPT))
    del form["exporter"], form["vendor"], form["components"][0]["x-vendor"]
    form["components"][0]["id"] = "Field_1"
    for choice in form["components"][1]["components"][0]["values"]:
        del choice["colour"]
    if change:
        change(form)
    return json.dumps(form, indent=2)


def grafted(change: Any) -> Any:
    kept = json.dumps(KEPT, indent=4).replace("\n", "\r\n").encode() + b"\r\n"
    after = graft_form(kept, editors(), editors(change))
    assert (after[:7], after[-3:]) == (b"{\r\n    ", b"}\r\n")
    assert after.count(b"\n") == after.count(b"\r\n")
    return json.loads(after)


def with_(change: Any) -> Any:
    form = json.loads(json.dumps(KEPT))
    change(form)
    return form


@pytest.mark.parametrize(
    "change",
    [
        lambda form: form.update(title="Words"),
        lambda form: form["components"][0].update(label="B", validate={"required": True}),
        lambda form: form["components"][0].pop("label"),
        lambda form: form["components"][1]["components"][0]["values"][1].update(label="Zwei"),
        lambda form: form["components"][1]["components"][0]["values"].reverse(),
        lambda form: form["components"].reverse(),
        lambda form: form["components"].pop(0),
        lambda form: form["components"].append({"type": "number", "id": "n", "key": "n"}),
        lambda form: form["components"][1]["components"].append(form["components"].pop(0)),
        lambda form: form["components"].insert(0, form["components"][1]["components"].pop()),
    ],
)
def test_what_was_changed_is_all_that_changes(change: Any) -> None:
    assert grafted(change) == with_(change)


def test_without_a_change_the_bytes_stay_as_they_are_written() -> None:
    kept = json.dumps(KEPT, indent="\t", ensure_ascii=False).encode()
    assert graft_form(kept, editors(), editors()) == kept


@pytest.mark.parametrize("wrong", ["", "[]", "{", "nonsense", "[" * 100_000])
def test_what_is_no_form_is_not_mixed(wrong: str) -> None:
    with pytest.raises(NotGraftable):
        graft_form(json.dumps(KEPT).encode(), wrong, editors())
    with pytest.raises(NotGraftable):
        graft_form(wrong.encode(), editors(), editors())
