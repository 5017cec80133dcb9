"""The component types of form-js that the server renders, one module a family."""

from collections.abc import Callable
from typing import Final

from desk.forms.fields.base import Component
from desk.forms.fields.choice import Checkbox, MultipleChoice, SingleChoice
from desk.forms.fields.container import Components, DynamicList, Group
from desk.forms.fields.file import FilePicker
from desk.forms.fields.moment import Moment
from desk.forms.fields.number import Number
from desk.forms.fields.static import Button, HtmlView, ImageView, Separator, Spacer, TextView
from desk.forms.fields.text import TextArea, TextField
from desk.forms.schema import Reader

LEAVES: Final[dict[str, Callable[[Reader, str], Component]]] = {
    "textfield": TextField.read,
    "textarea": TextArea.read,
    "number": Number.read,
    "checkbox": Checkbox.read,
    "radio": lambda reader, id: SingleChoice.read(reader, id, "radio"),
    "select": lambda reader, id: SingleChoice.read(reader, id, "select"),
    "checklist": lambda reader, id: MultipleChoice.read(reader, id, "checklist"),
    "taglist": lambda reader, id: MultipleChoice.read(reader, id, "taglist"),
    "datetime": Moment.read,
    "filepicker": FilePicker.read,
    "text": TextView.read,
    "html": HtmlView.read,
    "image": ImageView.read,
    "separator": Separator.read,
    "spacer": Spacer.read,
    "button": Button.read,
}


def _list_or_group(reader: Reader, component_id: str, components: Components) -> Component:
    """form-js: a dynamiclist that does not repeat is a group with a path."""
    if reader.boolean("isRepeating", True):
        return DynamicList.read(reader, component_id, components)
    reader.accept("allowAddRemove", "defaultRepetitions", "disableCollapse", "nonCollapsedItems")
    return Group.read(reader, component_id, components)


CONTAINERS: Final[dict[str, Callable[[Reader, str, Components], Component]]] = {
    "group": Group.read,
    "dynamiclist": _list_or_group,
}
