"""Short ways to draw a form, send a page and read HTML in the tests of this folder."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
from werkzeug.datastructures import FileStorage, MultiDict

from desk.forms import Form, FormSchemaError, Problem, Submission

SHANGHAI = ZoneInfo("Asia/Shanghai")
YES_NO = [{"label": "是", "value": "yes"}, {"label": "否", "value": "no"}]


def schema(*components: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "default", "schemaVersion": 19, "components": list(components)}


def form(*components: Mapping[str, Any]) -> Form:
    return Form.from_schema(schema(*components))


def field(kind: str, key: str = "x", **more: Any) -> dict[str, Any]:
    """An input with id and label named after its key."""
    return {"type": kind, "key": key, "id": f"id_{key}", "label": key.upper(), **more}


def problems(*components: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What the schema is refused for; () if it is taken."""
    try:
        form(*components)
    except FormSchemaError as error:
        return error.problems
    return ()


def upload(name: str, content: bytes = b"x", mimetype: str = "image/png") -> FileStorage:
    return FileStorage(BytesIO(content), filename=name, content_type=mimetype)


def send(
    drawn: Form,
    fields: Sequence[tuple[str, str]] | Mapping[str, str] = (),
    *,
    files: Sequence[tuple[str, FileStorage]] = (),
    locale: str = "en",
    **more: Any,
) -> Submission:
    """What comes of a page with these controls."""
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    return drawn.parse(
        MultiDict(pairs), MultiDict(list(files)), locale=locale, zone=SHANGHAI, **more
    )


def page(drawn: Form, data: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """The rendered form as an lxml tree inside a <form>."""
    more.setdefault("locale", "en")
    html = drawn.render(data or {}, zone=SHANGHAI, **more)
    return lxml.html.fromstring(f"<form>{html}</form>")


def entries(tree: Any) -> list[tuple[str, str]]:
    """What a browser would send for the page as it stands (HTML 4.10.21.4), files left out."""
    sent = []
    for control in tree.iter("input", "select", "textarea"):
        name = control.get("name")
        if not name or control.get("disabled") is not None or control.get("type") == "file":
            continue
        if control.tag == "select":
            options = list(control.iter("option"))
            chosen = [o.get("value") for o in options if o.get("selected") is not None]
            if not chosen and control.get("multiple") is None:
                chosen = [options[0].get("value")]
            sent += [(name, value) for value in chosen]
        elif control.get("type") in ("checkbox", "radio"):
            if control.get("checked") is not None:
                sent.append((name, control.get("value")))
        elif control.tag == "textarea":
            text = (control.text or "").removeprefix("\n")
            sent.append((name, text.replace("\n", "\r\n")))
        else:
            sent.append((name, control.get("value") or ""))
    return sent
