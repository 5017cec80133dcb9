"""Texts, dates and numbers in the language of a document, also where no page is being answered."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

from flask import Flask, has_app_context
from flask_babel import force_locale, format_datetime

from desk.application import EXTENSION, Desk
from desk.web.localisation import localise


@contextmanager
def speaking(desk: Desk, locale: str) -> Iterator[None]:
    """Inside, gettext and dates are in `locale` and in the desk's zone; a worker has no application, so it gets one."""
    with (
        nullcontext() if has_app_context() else _application(desk).app_context(),
        force_locale(locale),
    ):
        yield


def _application(desk: Desk) -> Flask:
    app = Flask("printing")
    app.extensions[EXTENSION] = desk
    localise(app, desk.settings)
    return app


def moment(when: datetime | None) -> str:
    """Date and time as documents show it; empty for none."""
    return str(format_datetime(when, "short")) if when else ""


def second(when: datetime | None) -> str:
    """Date and time to the second."""
    return str(format_datetime(when, "yyyy-MM-dd HH:mm:ss")) if when else ""
