"""The reader's language and zone, and how times, sizes and words in two languages are shown to them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, format_datetime, get_locale

from desk.application import current_desk
from desk.people.access import signed_in_user
from desk.settings import Settings
from engine.operators import Text
from engine.timestamps import utc_now

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
LOCALES: Final[dict[str, str]] = {"zh_CN": "中文", "en": "English"}
COOKIE = "lanedesk_lang"
COOKIE_AGE = 365 * 24 * 3600  # seconds


def localise(app: Flask, settings: Settings) -> None:
    """Set up gettext, dates and numbers for the reader of each page, and the filters that templates use."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(
        app,
        default_locale=settings.locale,
        default_timezone=settings.timezone,
        locale_selector=select_locale,
        timezone_selector=lambda: settings.timezone,
    )
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters.update(
        relative_time=relative_time, absolute_time=absolute_time, file_size=file_size, words=words
    )

    @app.after_request
    def remember_choice(response: Response) -> Response:
        chosen = request.args.get("lang")
        if chosen in LOCALES:
            response.set_cookie(
                COOKIE,
                chosen,
                max_age=COOKIE_AGE,
                secure=app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
                samesite="Lax",
            )
        return response


def select_locale() -> str:
    """The user's own; for guests `?lang=`, then what they chose before, then the browser's; then the desk's."""
    if not has_request_context():
        return current_desk().settings.locale
    user = signed_in_user()
    wishes = [user.locale] if user else []
    wishes += [request.args.get("lang", ""), request.cookies.get(COOKIE, "")]
    wishes += [tag for tag, _quality in request.accept_languages]
    return next(filter(None, map(_known, wishes)), current_desk().settings.locale)


def _known(tag: str) -> str | None:
    """Our name of the locale for a tag such as `zh_CN`, `zh-Hans-CN` or `en-GB`."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    return {"zh": "zh_CN", "en": "en"}.get(language)


def language_links() -> list[dict[str, Any]]:
    """The links by which a guest changes the language of this page: `label`, `href`, `tag`, `current`."""
    chosen = select_locale()
    others = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return [
        {
            "label": name,
            "href": f"{request.path}?{urlencode([*others, ('lang', locale)])}",
            "tag": locale.replace("_", "-"),
            "current": locale == chosen,
        }
        for locale, name in LOCALES.items()
    ]


def relative_time(when: datetime) -> str:
    """`in 12 minutes`, `3 hours ago`, in the reader's language. Naive datetimes are taken as UTC."""
    return format_timedelta(
        _aware(when) - utc_now(), add_direction=True, locale=get_locale() or "en"
    )


def absolute_time(when: datetime, format: str = "medium") -> str:
    """Date and time in the reader's zone and language; `format` is short, medium, long or full."""
    return str(format_datetime(_aware(when), format))


def _aware(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when


def file_size(size: int) -> str:
    """`1.4 MB` for a number of bytes (1 KB = 1,024 bytes)."""
    value, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    shown = format_decimal(
        value, "#,##0" if unit == "B" else "#,##0.#", locale=get_locale() or "en"
    )
    return f"{shown} {unit}"


def words(value: Text | Mapping[str, str] | str | None) -> str:
    """The reader's language of a text that carries both: `{"zh": …, "en": …}` or `Text`; plain text stays.

    Where the reader's language is missing, any other is better than nothing.
    """
    if value is None:
        return ""
    if isinstance(value, Text):
        return value.in_(str(get_locale() or "en"))
    if isinstance(value, Mapping):
        mine = "zh" if str(get_locale() or "en").startswith("zh") else "en"
        return value.get(mine) or next((text for text in value.values() if text), "")
    return str(value)
