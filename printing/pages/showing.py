"""What a page shows of a printed sheet: pictures of its first pages, and in words what was left out or went wrong."""

import base64
from collections.abc import Callable
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _

from printing.fonts import MISSING, chinese_font
from printing.press import PrintRefused, Sheet
from printing.queries import Layout

PICTURES = 4  # pages


def preview(make: Callable[[], Sheet]) -> dict[str, Any]:
    """For the template `printing/_preview.html`: pictures, pages, notes, problem."""
    try:
        sheet = make()
    except PrintRefused as error:
        return {"pictures": [], "pages": 0, "notes": [], "problem": refused_words(error)}
    return {
        "pictures": [base64.b64encode(picture).decode() for picture in sheet.pictures],
        "pages": sheet.pages,
        "notes": [note_words(note) for note in sheet.notes],
        "problem": None,
    }


def refused_words(error: PrintRefused) -> str:
    """Why something cannot be printed."""
    return error.words.in_(str(get_locale() or "en"))


def note_words(note: str) -> str:
    """`kind:detail` of printing.press.notes in words."""
    kind, _colon, detail = note.partition(":")
    if kind == "value":
        return _("There is no value called “%(name)s”; nothing is printed for it.", name=detail)
    if kind == "address":
        return _("“%(address)s” was not fetched: layouts show nothing but the desk's own files.",
                 address=detail)  # fmt: skip
    return detail


def font_problem() -> str | None:
    """What to say when Chinese cannot be printed on this machine."""
    return None if chinese_font() else MISSING.in_(str(get_locale() or "en"))


def layout_words(layout: Layout) -> str:
    """The name of a layout in the reader's language."""
    mine = "zh" if str(get_locale() or "en").startswith("zh") else "en"
    return layout.name.get(mine) or next(filter(None, layout.name.values()), layout.key)
