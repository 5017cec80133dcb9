"""Who writes, and about what: read from a filled form by the keys of its fields, or by their kind.

A field with the key `name`, `mail`, `phone`, `title` or `text` says just that. Where a form calls its fields otherwise,
the first mail field, the first phone field and the first textarea that were filled are taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desk.forms import Form
from desk.forms.fields.base import Input
from desk.forms.fields.text import TextArea, TextField
from desk.forms.tree import get


@dataclass(frozen=True)
class Submitted:
    """A filled form. `values` is all of it, as it goes into the ticket."""

    values: Mapping[str, Any]
    name: str
    mail: str | None
    phone: str | None
    title: str
    text: str


def read_submitted(form: Form, values: Mapping[str, Any], *, title: str) -> Submitted:
    """`title` is that of the form link, for forms that do not ask for one."""
    fields = form.inputs
    mails = [f for f in fields if isinstance(f, TextField) and f.kind == "email"]
    phones = [f for f in fields if isinstance(f, TextField) and f.kind == "phone"]
    areas = [f for f in fields if isinstance(f, TextArea)]
    return Submitted(
        values,
        name=_said(values, "name"),
        mail=_said(values, "mail", mails) or None,
        phone=_said(values, "phone", phones) or None,
        title=_said(values, "title") or title,
        text=_said(values, "text", areas),
    )


def _said(values: Mapping[str, Any], key: str, instead: Sequence[Input] = ()) -> str:
    """The text under `key`, else that of the first filled field of `instead`."""
    for value in (values.get(key), *(get(values, field.key) for field in instead)):
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
