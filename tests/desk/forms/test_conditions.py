"""Fields that a condition hides: never required, never returned, and never skipped unseen."""

import pytest

from engine.feel import FeelBudgetError
from tests.desk.forms.building import YES_NO, entries, field, form, page, send

URGENT = form(
    field("radio", "urgent", values=YES_NO),
    field(
        "textarea",
        "why",
        validate={"required": True},
        conditional={"hide": '=urgent != "yes"'},
    ),
)


def test_a_hidden_field_is_neither_shown_nor_required_nor_returned():
    assert page(URGENT, {"urgent": "no"}).xpath("//textarea") == []
    done = send(URGENT, {"urgent": "no", "why": "because"})
    assert done.complete
    assert done.values == {"urgent": "no"}


def test_a_visible_one_is():
    assert page(URGENT, {"urgent": "yes"}).xpath("//textarea/@name") == ["why"]
    done = send(URGENT, {"urgent": "yes", "why": ""})
    assert done.errors == {"why": "Please fill this in."}


def test_what_a_person_has_not_seen_is_shown_before_the_form_is_done():
    """Without JavaScript nothing appears while a person fills the page."""
    seen = entries(page(URGENT))
    sent = [*seen, ("urgent", "yes")]
    done = send(URGENT, sent, locale="zh_CN")
    assert done.action == "refresh"
    assert "新的问题" in done.notice
    assert done.errors == {}
    again = page(URGENT, done.merged({}))
    assert again.xpath("//textarea/@name") == ["why"]
    assert again.xpath("//input[@checked]/@value") == ["yes"]
    sent = [(name, "fire" if name == "why" else value) for name, value in entries(again)]
    done = send(URGENT, sent)
    assert done.complete
    assert done.values == {"urgent": "yes", "why": "fire"}


def test_what_was_seen_and_is_wrong_is_said_at_once():
    drawn = form(
        field("number", "age"),
        field("textfield", "guardian", conditional={"hide": "=age = null or age >= 18"}),
        field("textfield", "name", validate={"required": True}),
    )
    done = send(drawn, [("__shown", ""), ("age", "9"), ("name", "")])
    assert done.action == "refresh"
    assert done.errors == {"name": "Please fill this in."}


def test_a_list_that_appears_is_shown_first_even_when_it_is_empty():
    drawn = form(
        field("checkbox", "more"),
        {
            "type": "dynamiclist",
            "id": "l",
            "path": "items",
            "defaultRepetitions": 0,
            "conditional": {"hide": "=more != true"},
            "components": [field("textfield", "what")],
        },
    )
    done = send(drawn, [*entries(page(drawn)), ("more", "true")])
    assert done.action == "refresh"
    assert send(drawn, entries(page(drawn, done.values))).complete


def test_a_text_that_appears_does_not_hold_people_up():
    drawn = form(
        field("textfield", "a"),
        {"type": "text", "id": "t", "text": "!", "conditional": {"hide": '=a != "x"'}},
    )
    assert send(drawn, [("__shown", ""), ("a", "x")]).complete


def test_a_hidden_field_that_was_not_shown_keeps_its_value_for_other_conditions():
    drawn = form(
        field("textfield", "a", conditional={"hide": "=locked"}),
        field("textfield", "b", conditional={"hide": '=a != "x"'}),
    )
    data = {"locked": True, "a": "x"}
    sent = entries(page(drawn, data))
    assert ("b", "") in sent
    done = send(drawn, [(name, value or "here") for name, value in sent], data=data)
    assert done.complete
    assert done.values == {"b": "here"}


def test_a_hidden_group_hides_what_is_in_it():
    drawn = form(
        field("checkbox", "more"),
        {
            "type": "group",
            "id": "g",
            "path": "extra",
            "conditional": {"hide": "=more != true"},
            "components": [field("textfield", "note", validate={"required": True})],
        },
    )
    assert send(drawn, {"extra.note": "n"}).values == {"more": False}
    assert "extra.note" in send(drawn, {"more": "true"}).errors
    first = send(drawn, [*entries(page(drawn)), ("more", "true")])
    assert first.action == "refresh"


def test_a_condition_may_be_fixed():
    drawn = form(field("textfield", "a", conditional={"hide": True}))
    assert page(drawn).xpath("//input[@type='text']") == []
    assert send(drawn, {"a": "x"}).values == {}


@pytest.mark.parametrize("hide", ["=nobody", "=1 + 1", '="true"', "=null"])
def test_only_true_hides(hide):
    drawn = form(field("textfield", "a", conditional={"hide": hide}))
    assert send(drawn, {"a": "x"}).values == {"a": "x"}


def test_a_refresh_that_is_asked_for_says_nothing_about_errors():
    done = send(URGENT, {"urgent": "yes", "__action": "refresh"})
    assert (done.action, done.errors, done.notice) == ("refresh", {}, "")


def test_a_condition_that_runs_away_is_stopped():
    endless = "=count(for a in 1..9999, b in 1..9999 return a) > 0"
    with pytest.raises(FeelBudgetError):
        page(form(field("textfield", conditional={"hide": endless})))


class TestFixedFields:
    """readonly and disabled: the desk's own value counts, whatever is sent."""

    def test_a_readonly_value_is_the_desks(self):
        drawn = form(field("textfield", readonly=True))
        assert page(drawn, {"x": "mine"}).xpath("//input") == []
        assert "mine" in page(drawn, {"x": "mine"}).text_content()
        done = send(drawn, {"x": "yours"}, data={"x": "mine"})
        assert done.complete
        assert done.values == {"x": "mine"}

    def test_a_disabled_value_is_not_returned(self):
        drawn = form(field("textfield", disabled=True))
        assert page(drawn, {"x": "mine"}).xpath("//input/@disabled")
        assert send(drawn, {"x": "yours"}, data={"x": "mine"}).values == {}

    def test_conditions_see_the_desks_value_even_if_the_field_is_hidden(self):
        drawn = form(
            field("textfield", "approved", readonly=True, conditional={"hide": True}),
            field("textfield", "pay", conditional={"hide": '=approved != "yes"'}),
        )
        done = send(drawn, {"approved": "yes", "pay": "1000"}, data={"approved": "no"})
        assert done.values == {}

    def test_feel_may_decide(self):
        drawn = form(field("textfield", readonly='=role = "agent"'))
        assert send(drawn, {"x": "b"}, data={"role": "agent", "x": "a"}).values == {"x": "a"}
        assert send(drawn, {"x": "b"}, data={"role": "chief", "x": "a"}).values == {"x": "b"}

    def test_a_program_that_tries_is_told(self):
        drawn = form(field("textfield", readonly=True))
        for payload in ({"x": "mine"}, {}):
            done = drawn.validate_json(payload, locale="en", data={"x": "mine"})
            assert done.errors == {}
            assert done.values == {"x": "mine"}
        done = drawn.validate_json({"x": "yours"}, locale="zh_CN", data={"x": "mine"})
        assert done.errors == {"x": "此字段不可修改。"}

    def test_nobody_is_asked_to_mend_what_cannot_be_changed(self):
        drawn = form(field("textfield", readonly=True, validate={"required": True}))
        assert send(drawn, {}).complete

    def test_a_whole_form_may_be_shown_only(self):
        drawn = form(
            field("textfield", "a"),
            field("radio", "b", values=YES_NO, properties={"values:en": "yes=Yes"}),
            field("checkbox", "c"),
            {"type": "dynamiclist", "id": "l", "path": "items",
             "components": [field("number", "n", appearance={"suffixAdorner": "kg"})]},
        )  # fmt: skip
        data = {"a": "text", "b": "yes", "c": True, "items": [{"n": 1.5}]}
        tree = page(drawn, data, readonly=True)
        assert tree.xpath("//input|//button|//select|//textarea") == []
        shown = [" ".join(value.text_content().split()) for value in tree.find_class("ld-value")]
        assert shown == ["text", "Yes", "Yes", "1.5 kg"]
