"""filepicker: files travel beside the values."""

from desk.forms.limits import FILES
from tests.desk.forms.building import field, form, page, send, upload

PHOTO = {"accept": "image/*,.pdf"}


def test_a_file_comes_beside_the_values():
    drawn = form(field("filepicker", **PHOTO))
    photo = upload("门.png")
    done = send(drawn, {}, files=[("x", photo)])
    assert done.errors == {}
    assert done.files == [("x", photo)]
    assert done.values == {"x": None}


def test_an_empty_file_control_is_no_file():
    required = form(field("filepicker", validate={"required": True}))
    done = send(required, {}, files=[("x", upload("", b""))])
    assert done.errors == {"x": "Please choose a file."}
    assert done.files == []


def test_kinds_and_number_of_files():
    drawn = form(field("filepicker", **PHOTO))
    assert send(drawn, files=[("x", upload("a.PDF", mimetype="application/pdf"))]).errors == {}
    done = send(drawn, files=[("x", upload("a.exe", mimetype="application/x-msdownload"))])
    assert "a.exe" in done.errors["x"]
    assert done.files == []
    two = [("x", upload("a.png")), ("x", upload("b.png"))]
    assert "one file" in send(drawn, files=two).errors["x"]
    several = form(field("filepicker", multiple=True, **PHOTO))
    assert [name for name, _ in send(several, files=two).files] == ["x", "x"]
    many = [("x", upload(f"{number}.png")) for number in range(FILES + 1)]
    assert str(FILES) in send(several, files=many).errors["x"]


def test_what_is_attached_already_is_listed_and_counts():
    drawn = form(field("filepicker", validate={"required": True}, multiple="=many"))
    data = {"x": [{"id": 1, "name": "<b>door.png"}], "many": True}
    tree = page(drawn, data)
    assert tree.xpath("//li/text()") == ["<b>door.png"]
    assert not tree.xpath("//input/@required")
    assert tree.xpath("//input/@multiple")
    done = send(drawn, {}, data=data)
    assert done.errors == {}
    assert done.values == {"x": data["x"]}


def test_files_for_a_hidden_or_fixed_field_are_not_taken():
    hidden = form(field("textfield", "a"), field("filepicker", conditional={"hide": '=a = "no"'}))
    done = send(hidden, {"a": "no"}, files=[("x", upload("a.png"))])
    assert done.files == []
    assert done.values == {"a": "no"}
    for fixed in ({"readonly": True}, {"disabled": True}):
        drawn = form(field("filepicker", **fixed))
        assert send(drawn, files=[("x", upload("a.png"))]).files == []


def test_files_in_rows():
    drawn = form(
        {
            "type": "dynamiclist",
            "id": "l",
            "path": "items",
            "components": [field("filepicker", "p")],
        }
    )
    done = send(
        drawn,
        [("items", "0"), ("items", "3")],
        files=[("items.3.p", upload("a.png")), ("items.9.p", upload("b.png"))],
    )
    assert [name for name, _ in done.files] == ["items.1.p"]


def test_programs_send_ids():
    drawn = form(field("filepicker", validate={"required": True}))
    assert drawn.validate_json({"x": "f1"}, locale="en").values == {"x": ["f1"]}
    assert drawn.validate_json({"x": ["f1"]}, locale="en").errors == {}
    assert drawn.validate_json({"x": ["f1", "f2"]}, locale="en").errors
    assert drawn.validate_json({"x": []}, locale="en").errors
    assert drawn.validate_json({"x": [{"id": 1}]}, locale="en").errors
    assert drawn.validate_json({}, locale="en").errors


def test_the_control_says_what_it_takes():
    (control,) = page(form(field("filepicker", accept="image/*"))).xpath("//input")
    assert control.get("accept") == "image/*"
    assert control.get("data-ld-image") is not None
